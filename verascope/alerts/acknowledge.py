"""Acknowledging: somebody says that they look after an alert. It is kept once; the first one counts."""

from sqlalchemy import Connection, and_, func, select
from sqlalchemy.dialects import postgresql, sqlite

from verascope.alerts import episode, groups, history, record, wording
from verascope.alerts.desk import Desk
from verascope.alerts.episode import Episode
from verascope.alerts.history import Kind
from verascope.errors import Forbidden, NotFound, shown
from verascope.monitor import incidents
from verascope.notifications import outbox
from verascope.security import links
from verascope.store.incident_tables import incident_events
from verascope.store.incident_tables import incidents as incident_table
from verascope.store.pipeline_tables import acknowledgements as table
from verascope.store.pipeline_tables import alert_episodes, notification_log


def acknowledge(
    connection: Connection,
    tenant_id: int,
    desk: Desk,
    alert_id: str,
    who: str,
    note: str | None,
    via: str,
    now_us: int,
) -> Episode:
    """Acknowledge an alert and its incident, and tell those who were told of it; again changes nothing.

    via: api, link or incident. Raises NotFound.
    """
    before = episode.of_ids(connection, tenant_id, [alert_id]).get(alert_id)
    if before is None:
        raise NotFound(f"There is no alert {shown(alert_id)}.")
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    is_first = connection.execute(
        insert(table)
        .values(tenant_id=tenant_id, alert_id=alert_id, at=now_us, who=who, note=note, via=via)
        .on_conflict_do_nothing(index_elements=["tenant_id", "alert_id"])
    ).rowcount
    if not is_first:
        return before
    target = before.target
    history.append(
        connection,
        tenant_id,
        Kind.ACKNOWLEDGED,
        f"{before.headline}: acknowledged by {who}" + (f": {note}" if note else ""),
        now_us,
        severity=target.severity.value,
        rule=target.rule,
        subject=target.subject,
        alert_id=alert_id,
        who=who,
        detail={"note": note, "via": via},
        reference=alert_id,
    )
    if before.incident_id is not None:
        incidents.acknowledge(connection, tenant_id, before.incident_id, who, now_us)
    found = episode.of_ids(connection, tenant_id, [alert_id])[alert_id]
    if found.ended_us is None:
        _tell(connection, tenant_id, desk, found, who, note, now_us)
    return found


def _tell(
    connection: Connection,
    tenant_id: int,
    desk: Desk,
    one: Episode,
    who: str,
    note: str | None,
    now_us: int,
) -> None:
    """To those who were told, once everything they were told of is acknowledged."""
    for stored in groups.load(connection, tenant_id).values():
        if stored.ids.get(one.target.key) != one.alert_id:
            continue
        others = episode.of_ids(connection, tenant_id, list(stored.ids.values())).values()
        if any(other.acknowledged is None and other.ended_us is None for other in others):
            continue
        message = wording.acknowledged(desk, one, who, note, stored.dedup_key, now_us)
        message_key = f"{stored.dedup_key}:acknowledged:{one.alert_id}"
        for channel in stored.channels:
            delivery_id = outbox.enqueue(
                connection, tenant_id, channel, message, message_key, now_us
            )
            record.sent(
                connection, tenant_id, one, stored.key, message_key, channel, message,
                f"acknowledged by {who}", delivery_id, now_us,
            )  # fmt: skip


def of_token(
    connection: Connection, key: bytes, token: str, now_us: int
) -> tuple[int, list[Episode]]:
    """The tenant and the alerts of the message whose link this is. Raises Forbidden for a link that is not valid."""
    value = links.check(key, wording.ACKNOWLEDGE, token, now_us)
    tenant, _, message_key = value.partition("/")
    tenant_id = int(tenant)
    log = notification_log.c
    ids = connection.execute(
        select(log.alert_id)
        .where(log.tenant_id == tenant_id, log.message_key == message_key)
        .distinct()
    ).scalars()
    found = episode.of_ids(connection, tenant_id, [one for one in ids if one is not None])
    if not found:
        raise Forbidden("The message this link belongs to is not on record.")
    keys = {one.target.key for one in found.values()}
    # What ended and came back without another message is still what the message is about.
    back = [one for one in episode.open_ones(connection, tenant_id) if one.target.key in keys]
    return tenant_id, list({**found, **{one.alert_id: one for one in back}}.values())


def follow_incidents(connection: Connection, tenant_id: int, desk: Desk, now_us: int) -> None:
    """Acknowledge open alerts whose incident somebody has acknowledged."""
    actor = (
        select(incident_events.c.actor)
        .where(
            incident_events.c.tenant_id == tenant_id,
            incident_events.c.incident_id == incident_table.c.id,
            incident_events.c.kind == incidents.Kind.ACKNOWLEDGED.value,
        )
        .order_by(incident_events.c.at.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = connection.execute(
        select(alert_episodes.c.alert_id, func.coalesce(actor, "somebody").label("who"))
        .select_from(
            alert_episodes.join(
                incident_table,
                and_(
                    incident_table.c.tenant_id == alert_episodes.c.tenant_id,
                    incident_table.c.id == alert_episodes.c.incident_id,
                ),
            ).outerjoin(
                table,
                and_(
                    table.c.tenant_id == alert_episodes.c.tenant_id,
                    table.c.alert_id == alert_episodes.c.alert_id,
                ),
            )
        )
        .where(
            alert_episodes.c.tenant_id == tenant_id,
            alert_episodes.c.ended_at.is_(None),
            incident_table.c.state == incidents.State.ACKNOWLEDGED.value,
            table.c.alert_id.is_(None),
        )
    ).all()
    for row in rows:
        acknowledge(connection, tenant_id, desk, row.alert_id, row.who, None, "incident", now_us)
