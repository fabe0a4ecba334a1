"""The outbox: what is to be sent is stored in the transaction that decided it, and is read back from here.

A row ends as `delivered`, `failed` (it would never have worked) or `given_up` (it did not work for a day); until then it
is `waiting` or `sending`.
"""

from dataclasses import dataclass
from enum import StrEnum

import uuid_utils
from sqlalchemy import Connection, Row, and_, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from verascope.notifications.message import Message, encode
from verascope.store.notification_tables import channels
from verascope.store.notification_tables import deliveries as table
from verascope.store.pipeline_tables import notification_log

DIRECT_US = 60_000_000
"""How long a delivery that its caller sends is left to it."""


class State(StrEnum):
    WAITING = "waiting"
    SENDING = "sending"
    DELIVERED = "delivered"
    FAILED = "failed"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message on its way through one channel.

    answer: what the receiver said. error: what went wrong at the last attempt. fallback_of: the delivery it stands in for.
    """

    seq: int
    id: str
    channel: str
    dedup_key: str
    moment: str
    severity: str
    title: str
    state: State
    attempts: int
    created_us: int
    next_attempt_us: int | None
    delivered_us: int | None
    answer: str | None
    error: str | None
    fallback_of: str | None


def enqueue(
    connection: Connection,
    tenant_id: int,
    channel: str,
    message: Message,
    key: str,
    now_us: int,
    *,
    fallback_of: str | None = None,
    is_direct: bool = False,
) -> str:
    """Put a message into the outbox, inside the caller's transaction; the id of its delivery.

    key: why it is sent, unique for each channel. The same key again gives the delivery that is there, and nothing is
    sent twice. A channel that does not exist gives a delivery that has failed, which says so. is_direct: the caller sends it
    with `Deliverer.send`; if it dies before, the periodic job does, a little later.
    """
    is_known = connection.execute(
        select(channels.c.name).where(channels.c.tenant_id == tenant_id, channels.c.name == channel)
    ).scalar()
    values = {
        "tenant_id": tenant_id,
        "id": str(uuid_utils.uuid7()),
        "channel": channel,
        "key": key,
        "dedup_key": message.dedup_key,
        "moment": message.moment.value,
        "severity": message.severity.value,
        "title": message.title,
        "message": encode(message),
        "state": State.WAITING if is_known else State.FAILED,
        "attempts": 0,
        "created_at": now_us,
        "next_attempt_at": now_us + (DIRECT_US if is_direct else 0) if is_known else None,
        "error": None if is_known else f"There is no channel called {channel!r}.",
        "fallback_of": fallback_of,
    }
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    connection.execute(
        insert(table)
        .values(values)
        .on_conflict_do_nothing(index_elements=["tenant_id", "channel", "key"])
    )
    found: str = connection.execute(
        select(table.c.id).where(
            table.c.tenant_id == tenant_id, table.c.channel == channel, table.c.key == key
        )
    ).scalar_one()
    return found


def get(connection: Connection, tenant_id: int, delivery_id: str) -> Delivery | None:
    row = connection.execute(
        select(table).where(table.c.tenant_id == tenant_id, table.c.id == delivery_id)
    ).first()
    return None if row is None else of_row(row)


def listed(
    connection: Connection,
    tenant_id: int,
    limit: int,
    *,
    before_seq: int | None = None,
    channel: str | None = None,
    state: State | None = None,
    about: str | None = None,
) -> list[Delivery]:
    """The newest first, of those asked for before `before_seq`. about: a dedup key, or the id of an alert."""
    logged = select(notification_log.c.delivery_id).where(
        notification_log.c.tenant_id == tenant_id, notification_log.c.alert_id == about
    )
    wanted = [
        # Without the sum SQLite would take an index of the tenant and sort; the primary key is the order.
        table.c.tenant_id + 0 == tenant_id,
        table.c.seq < before_seq if before_seq is not None else None,
        table.c.channel == channel if channel is not None else None,
        table.c.state == state if state is not None else None,
        or_(table.c.dedup_key == about, table.c.id.in_(logged)) if about is not None else None,
    ]
    rows = connection.execute(
        select(table)
        .where(and_(*(part for part in wanted if part is not None)))
        .order_by(table.c.seq.desc())
        .limit(limit)
    )
    return [of_row(row) for row in rows]


def of_ids(connection: Connection, tenant_id: int, ids: list[str]) -> dict[str, Delivery]:
    """Those of `ids` that exist, and what stands in for them, by their ids; for histories that name deliveries."""
    rows = connection.execute(
        select(table).where(
            table.c.tenant_id == tenant_id, or_(table.c.id.in_(ids), table.c.fallback_of.in_(ids))
        )
    )
    return {row.id: of_row(row) for row in rows}


def of_row(row: Row[tuple[object, ...]]) -> Delivery:
    """A row of the table as a value."""
    return Delivery(
        seq=row.seq,
        id=row.id,
        channel=row.channel,
        dedup_key=row.dedup_key,
        moment=row.moment,
        severity=row.severity,
        title=row.title,
        state=State(row.state),
        attempts=row.attempts,
        created_us=row.created_at,
        next_attempt_us=row.next_attempt_at,
        delivered_us=row.delivered_at,
        answer=row.answer,
        error=row.error,
        fallback_of=row.fallback_of,
    )
