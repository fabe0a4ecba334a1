"""What becomes of deliveries that their channel can't send: they go to the fallback, wait, or end."""

from dataclasses import replace

from sqlalchemy import ColumnElement, Connection, select, update

from verascope.clock import US
from verascope.notifications import channels as kept
from verascope.notifications.channels import Stored
from verascope.notifications.message import Fact, Message, Moment, decode
from verascope.notifications.outbox import State, enqueue
from verascope.store.notification_tables import deliveries as table

HOURS = 24
"""How long a delivery is tried."""
HANDED_OVER = 200
"""Rows that one transaction gives to a fallback."""


def tidy(
    connection: Connection, tenant_id: int, channel: str, stored: Stored | None, now_us: int
) -> None:
    """Waiting deliveries of a channel that is gone have failed; of one that is off they go to its fallback, or wait
    for a day.
    """
    fallback = None if stored is None else standing_in(connection, stored)
    reason = f"The channel {channel} was removed."
    if stored is not None:
        reason = (
            f"The channel {channel} is off: {stored.disabled_reason or 'somebody switched it off'}"
        )
    waiting = [*open_rows(tenant_id, channel), table.c.next_attempt_at.is_not(None)]
    if stored is not None and fallback is None:
        waiting.append(table.c.created_at <= now_us - HOURS * 3600 * US)
    state = State.FAILED if stored is None or fallback is not None else State.GIVEN_UP
    rows = connection.execute(
        select(table).where(*waiting).order_by(table.c.seq).limit(HANDED_OVER)
    ).all()
    for row in rows:
        connection.execute(
            update(table)
            .where(table.c.seq == row.seq, table.c.tenant_id == tenant_id)
            .values(state=state, next_attempt_at=None, error=reason)
        )
        if stored is not None:
            fall_back(connection, stored, row.id, decode(row.message), reason, now_us)


def give_up_old(connection: Connection, stored: Stored, error: str, now_us: int) -> None:
    """What waited for a day behind an outage."""
    rows = connection.execute(
        select(table)
        .where(
            *open_rows(stored.tenant_id, stored.name),
            table.c.created_at <= now_us - HOURS * 3600 * US,
        )
        .order_by(table.c.seq)
        .limit(HANDED_OVER)
    ).all()
    for row in rows:
        connection.execute(
            update(table)
            .where(table.c.seq == row.seq, table.c.tenant_id == stored.tenant_id)
            .values(state=State.GIVEN_UP, next_attempt_at=None, error=error)
        )
        fall_back(connection, stored, row.id, decode(row.message), error, now_us)


def fall_back(
    connection: Connection,
    stored: Stored,
    delivery_id: str,
    message: Message,
    reason: str,
    now_us: int,
) -> None:
    fallback = standing_in(connection, stored)
    if fallback is None or message.moment is Moment.TEST:
        return
    told = Fact("Sent here instead of", f"{stored.name} ({reason[:200]})")
    enqueue(
        connection,
        stored.tenant_id,
        fallback,
        replace(message, facts=(*message.facts, told)),
        f"instead of {delivery_id}",
        now_us,
        fallback_of=delivery_id,
    )


def standing_in(connection: Connection, stored: Stored) -> str | None:
    """The first channel along the fallbacks that is on."""
    seen, at = {stored.name}, stored.fallback
    while at is not None and at not in seen:
        found = kept.find(connection, stored.tenant_id, at)
        if found is None:
            return None
        if found.enabled:
            return at
        seen.add(at)
        at = found.fallback
    return None


def open_rows(tenant_id: int, channel: str) -> list[ColumnElement[bool]]:
    return [
        table.c.tenant_id == tenant_id,
        table.c.channel == channel,
        table.c.state == State.WAITING,
        table.c.next_attempt_at.is_not(None),
    ]
