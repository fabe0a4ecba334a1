"""The rows of the outbox on their way: which is next, and claiming it; `outcome` records what came of it.

Each function is one step inside the caller's transaction; nothing is sent here. A claim is a conditional update, and its
instant is the mark by which the answer is recorded, so a claim that was given up meanwhile records nothing.
"""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, exists, or_, select, update

from verascope.clock import US
from verascope.notifications import channels as kept
from verascope.notifications.channels import Stored
from verascope.notifications.fallback import HOURS, open_rows, tidy
from verascope.notifications.message import Message, decode
from verascope.notifications.outbox import State
from verascope.store.notification_tables import channels
from verascope.store.notification_tables import deliveries as table

LEASE_SECONDS = 600
"""A claim this old was made by a process that is gone; sending takes a tenth of it at most."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery that is ours to send."""

    seq: int
    id: str
    channel: Stored
    message: Message
    attempts: int
    created_us: int
    claimed_us: int
    remaining: tuple[str, ...]


def busy_channels(connection: Connection, now_us: int) -> list[tuple[int, str]]:
    """(tenant, channel) of everything that has something to send now or to be tidied."""
    joined = table.outerjoin(
        channels,
        and_(channels.c.tenant_id == table.c.tenant_id, channels.c.name == table.c.channel),
    )
    can_send = and_(
        channels.c.enabled == 1,
        or_(channels.c.paused_until.is_(None), channels.c.paused_until <= now_us),
    )
    must_tidy = or_(
        channels.c.name.is_(None),
        and_(channels.c.enabled == 0, channels.c.fallback.is_not(None)),
        and_(channels.c.enabled == 0, table.c.created_at <= now_us - HOURS * 3600 * US),
    )
    rows = connection.execute(
        select(table.c.tenant_id, table.c.channel)
        .select_from(joined)
        .where(
            table.c.next_attempt_at <= now_us,
            table.c.state == State.WAITING,
            or_(can_send, must_tidy),
        )
        .distinct()
        .order_by(table.c.tenant_id, table.c.channel)
    )
    return [(row.tenant_id, row.channel) for row in rows]


def release(connection: Connection, claimed_before_us: int) -> int:
    """Give back what was claimed before that and never recorded: its process died, or lost the store. How many.

    They may have been sent, so they are sent again; receivers know them by their id.
    """
    return connection.execute(
        update(table)
        .where(table.c.state == State.SENDING, table.c.claimed_at < claimed_before_us)
        .values(state=State.WAITING, claimed_at=None)
    ).rowcount


def has_next(connection: Connection, tenant_id: int, channel: str, now_us: int) -> bool:
    """Whether `claim_next` would have something to do."""
    stored = kept.find(connection, tenant_id, channel)
    if stored is None or not stored.enabled:
        return True
    return _next(connection, stored, now_us) is not None


def claim_next(connection: Connection, tenant_id: int, channel: str, now_us: int) -> Claim | None:
    """The next delivery of a channel, now `sending`; None when there is none that may be sent.

    A channel that is off or gone gets its deliveries tidied away here.
    """
    stored = kept.find(connection, tenant_id, channel)
    if stored is None or not stored.enabled:
        tidy(connection, tenant_id, channel, stored, now_us)
        return None
    found = _next(connection, stored, now_us)
    return None if found is None else _claim(connection, stored, found, now_us)


def claim_one(
    connection: Connection, tenant_id: int, delivery_id: str, now_us: int
) -> Claim | None:
    """This delivery whatever its channel's state; None when somebody else has it or it is over."""
    row = connection.execute(
        select(table).where(
            table.c.tenant_id == tenant_id,
            table.c.id == delivery_id,
            table.c.state == State.WAITING,
        )
    ).first()
    if row is None:
        return None
    return _claim(connection, kept.get(connection, tenant_id, row.channel), row, now_us)


def _next(connection: Connection, stored: Stored, now_us: int) -> Any:
    if stored.paused_until_us is not None and stored.paused_until_us > now_us:
        return None
    earlier = table.alias("earlier")
    is_overtaking = exists().where(
        earlier.c.tenant_id == table.c.tenant_id,
        earlier.c.dedup_key == table.c.dedup_key,
        earlier.c.channel == table.c.channel,
        earlier.c.seq < table.c.seq,
        earlier.c.state.in_((State.WAITING, State.SENDING)),
    )
    return connection.execute(
        select(table)
        .where(
            *open_rows(stored.tenant_id, stored.name),
            table.c.next_attempt_at <= now_us,
            ~is_overtaking,
        )
        .order_by(table.c.seq)
        .limit(1)
    ).first()


def _claim(connection: Connection, stored: Stored, row: Any, now_us: int) -> Claim | None:
    changed = connection.execute(
        update(table)
        .where(
            table.c.seq == row.seq,
            table.c.tenant_id == row.tenant_id,
            table.c.state == State.WAITING,
        )
        .values(state=State.SENDING, claimed_at=now_us, attempts=table.c.attempts + 1)
    )
    if not changed.rowcount:
        return None
    return Claim(
        seq=row.seq,
        id=row.id,
        channel=stored,
        message=decode(row.message),
        attempts=row.attempts + 1,
        created_us=row.created_at,
        claimed_us=now_us,
        remaining=tuple(json.loads(row.remaining or "[]")),
    )
