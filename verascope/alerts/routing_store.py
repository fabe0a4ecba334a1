"""The routing tree of a tenant as it is kept, and whether a new one can be followed."""

import msgspec
from sqlalchemy import Connection, select

from verascope.alerts import history
from verascope.alerts.history import Kind
from verascope.alerts.routing import EVERY_CHANNEL, FIRST, Routing
from verascope.errors import FieldError, Invalid, shown
from verascope.store.notification_tables import channels
from verascope.store.pipeline_tables import alert_routes as table


def load(connection: Connection, tenant_id: int) -> Routing:
    """The one in force: the stored one, else the built-in one."""
    text = connection.execute(
        select(table.c.document).where(table.c.tenant_id == tenant_id)
    ).scalar()
    return FIRST if text is None else msgspec.json.decode(text, type=Routing)


def save(
    connection: Connection, tenant_id: int, routing: Routing, who: str, now_us: int
) -> Routing:
    """Put it in force. Raises Invalid when it names a channel that doesn't exist."""
    check(connection, tenant_id, routing)
    before = load(connection, tenant_id)
    values = {
        "document": msgspec.json.encode(routing).decode(),
        "updated_at": now_us,
        "updated_by": who,
    }
    changed = connection.execute(
        table.update().where(table.c.tenant_id == tenant_id).values(values)
    ).rowcount
    if not changed:
        connection.execute(table.insert().values(tenant_id=tenant_id, **values))
    if before != routing:
        history.append(
            connection,
            tenant_id,
            Kind.ROUTING,
            "Routing was changed",
            now_us,
            who=who,
            detail={"before": before, "after": routing},
        )
    return routing


def check(connection: Connection, tenant_id: int, routing: Routing) -> None:
    """Raises Invalid with every channel that doesn't exist."""
    known = set(names(connection, tenant_id))
    accepted = f"a channel that is set up ({', '.join(sorted(known)) or 'there is none yet'}), or {EVERY_CHANNEL!r} for all"
    places = [
        ("default", routing.default.channels),
        *((f"routes.{place}", route.channels) for place, route in enumerate(routing.routes)),
        *((f"escalation.{place}", step.channels) for place, step in enumerate(routing.escalation)),
    ]
    problems = [
        FieldError(f"{where}.channels", shown(name), accepted)
        for where, named in places
        for name in named
        if name != EVERY_CHANNEL and name not in known
    ]
    if problems:
        raise Invalid(*problems)


def names(connection: Connection, tenant_id: int, *, enabled_only: bool = False) -> list[str]:
    """The channels of a tenant, in alphabetical order."""
    query = select(channels.c.name).where(channels.c.tenant_id == tenant_id)
    if enabled_only:
        query = query.where(channels.c.enabled == 1)
    return list(connection.execute(query.order_by(channels.c.name)).scalars())
