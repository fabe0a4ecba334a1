"""The rows of the outbox on their way: which is next, claiming it, and recording what came of it.

Each function is one step inside the caller's transaction; nothing is sent here. A claim is a conditional update, and its
instant is the mark by which the answer is recorded, so a claim that was given up meanwhile records nothing.
"""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select, update

from verascope.clock import US
from verascope.notifications import channels as kept
from verascope.notifications.channel import Blame, Sent, Trouble
from verascope.notifications.channels import Stored
from verascope.notifications.message import Fact, Message, Moment, decode
from verascope.notifications.outbox import State, enqueue
from verascope.store.notification_tables import channels
from verascope.store.notification_tables import deliveries as table

HOURS = 24
"""How long a delivery is tried."""
LEASE_SECONDS = 600
"""A claim this old was made by a process that is gone; sending takes a tenth of it at most."""
FIRST_SECONDS = 10
LONGEST_OUTAGE_SECONDS = 600
LONGEST_LATER_SECONDS = 3600
HANDED_OVER = 200
"""Rows that one transaction gives to a fallback."""

Chance = Callable[[], float]


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
        _tidy(connection, tenant_id, channel, stored, now_us)
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
            *_open(stored.tenant_id, stored.name),
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


def record_sent(
    connection: Connection, claim: Claim, sent: Sent, now_us: int, chance: Chance
) -> None:
    """What the receiver said; recipients that remain are tried again."""
    _rest(connection, claim, 0, None)
    if not sent.remaining:
        _write(
            connection, claim,
            state=State.DELIVERED, delivered_at=now_us, next_attempt_at=None,
            answer=sent.answer, error=None, remaining=None,
        )  # fmt: skip
        return
    told = f"Not accepted yet by {', '.join(sent.remaining)}."
    if _is_over(claim, now_us):
        _write(
            connection,
            claim,
            state=State.GIVEN_UP,
            next_attempt_at=None,
            answer=sent.answer,
            error=told,
        )
        return
    next_us = now_us + _wait_us(claim.attempts, LONGEST_LATER_SECONDS, 0, chance)
    _write(
        connection, claim,
        state=State.WAITING, next_attempt_at=next_us, claimed_at=None,
        answer=sent.answer, error=told, remaining=json.dumps(sent.remaining),
    )  # fmt: skip


def record_trouble(
    connection: Connection, claim: Claim, trouble: Trouble, now_us: int, chance: Chance
) -> None:
    """What went wrong, and what follows from it: another attempt, a rest for the channel, its end, or the fallback."""
    if claim.message.moment is Moment.TEST:
        # Somebody looks at it right now; nothing follows.
        _write(connection, claim, state=State.FAILED, next_attempt_at=None, error=trouble.detail)
        return
    match trouble.blame:
        case Blame.REFUSED:
            _end(connection, claim, State.FAILED, trouble.detail, now_us)
        case Blame.BROKEN:
            _switch_off(connection, claim.channel, trouble.detail)
            if _standing_in(connection, claim.channel) is not None:
                _end(connection, claim, State.FAILED, trouble.detail, now_us)
            else:
                # Nobody else can tell it: it waits until somebody mends the channel.
                _again(connection, claim, trouble.detail, now_us, now_us)
        case Blame.LATER:
            wait_us = _wait_us(claim.attempts, LONGEST_LATER_SECONDS, trouble.wait_seconds, chance)
            _again(connection, claim, trouble.detail, now_us + wait_us, now_us)
        case Blame.OUTAGE:
            failures = claim.channel.failures + 1
            wait_us = _wait_us(failures, LONGEST_OUTAGE_SECONDS, trouble.wait_seconds, chance)
            _rest(connection, claim, failures, now_us + wait_us)
            _again(connection, claim, trouble.detail, now_us + wait_us, now_us)
            _give_up_old(connection, claim.channel, trouble.detail, now_us)


def _again(connection: Connection, claim: Claim, error: str, next_us: int, now_us: int) -> None:
    if _is_over(claim, now_us):
        _end(connection, claim, State.GIVEN_UP, error, now_us)
        return
    _write(
        connection,
        claim,
        state=State.WAITING,
        next_attempt_at=next_us,
        claimed_at=None,
        error=error,
    )


def _end(connection: Connection, claim: Claim, state: State, error: str, now_us: int) -> None:
    """It will not be sent through this channel; the fallback gets it, if there is one."""
    if _write(connection, claim, state=state, next_attempt_at=None, error=error):
        _fall_back(connection, claim.channel, claim.id, claim.message, error, now_us)


def _tidy(
    connection: Connection, tenant_id: int, channel: str, stored: Stored | None, now_us: int
) -> None:
    """Waiting deliveries of a channel that is gone have failed; of one that is off they go to its fallback, or wait
    for a day.
    """
    fallback = None if stored is None else _standing_in(connection, stored)
    reason = f"The channel {channel} was removed."
    if stored is not None:
        reason = (
            f"The channel {channel} is off: {stored.disabled_reason or 'somebody switched it off'}"
        )
    waiting = [*_open(tenant_id, channel), table.c.next_attempt_at.is_not(None)]
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
            _fall_back(connection, stored, row.id, decode(row.message), reason, now_us)


def _give_up_old(connection: Connection, stored: Stored, error: str, now_us: int) -> None:
    """What waited for a day behind an outage."""
    rows = connection.execute(
        select(table)
        .where(
            *_open(stored.tenant_id, stored.name), table.c.created_at <= now_us - HOURS * 3600 * US
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
        _fall_back(connection, stored, row.id, decode(row.message), error, now_us)


def _fall_back(
    connection: Connection,
    stored: Stored,
    delivery_id: str,
    message: Message,
    reason: str,
    now_us: int,
) -> None:
    fallback = _standing_in(connection, stored)
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


def _standing_in(connection: Connection, stored: Stored) -> str | None:
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


def _switch_off(connection: Connection, stored: Stored, reason: str) -> None:
    connection.execute(
        update(channels)
        .where(*_is_channel(stored), channels.c.enabled == 1)
        .values(enabled=0, disabled_reason=reason)
    )


def _rest(connection: Connection, claim: Claim, failures: int, until_us: int | None) -> None:
    if failures or claim.channel.failures:
        connection.execute(
            update(channels)
            .where(*_is_channel(claim.channel))
            .values(failures=failures, paused_until=until_us)
        )


def _write(connection: Connection, claim: Claim, **values: Any) -> bool:
    """Whether the claim still held."""
    changed = connection.execute(
        update(table)
        .where(
            table.c.seq == claim.seq,
            table.c.tenant_id == claim.channel.tenant_id,
            table.c.state == State.SENDING,
            table.c.claimed_at == claim.claimed_us,
        )
        .values(values)
    )
    return bool(changed.rowcount)


def _is_over(claim: Claim, now_us: int) -> bool:
    return now_us - claim.created_us >= HOURS * 3600 * US


def _wait_us(failures: int, longest_seconds: int, asked_seconds: float, chance: Chance) -> int:
    """Doubling, between the half and the whole of it, so that many don't come back at once; never sooner than asked
    for, within reason.
    """
    wanted = min(float(longest_seconds), FIRST_SECONDS * 2.0 ** min(failures - 1, 30))
    seconds = max(wanted * (0.5 + 0.5 * chance()), min(asked_seconds, LONGEST_LATER_SECONDS))
    return round(seconds * US)


def _open(tenant_id: int, channel: str) -> list[ColumnElement[bool]]:
    return [
        table.c.tenant_id == tenant_id,
        table.c.channel == channel,
        table.c.state == State.WAITING,
        table.c.next_attempt_at.is_not(None),
    ]


def _is_channel(stored: Stored) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return channels.c.tenant_id == stored.tenant_id, channels.c.name == stored.name


def waiting(connection: Connection, tenant_id: int) -> int:
    """How many deliveries are not over."""
    found = connection.execute(
        select(func.count())
        .select_from(table)
        .where(table.c.tenant_id == tenant_id, table.c.next_attempt_at.is_not(None))
    ).scalar()
    return int(found or 0)


default_chance: Chance = random.random
