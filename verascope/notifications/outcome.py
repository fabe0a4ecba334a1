"""What came of a claimed delivery, and what follows from it."""

import json
import random
from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Connection, update

from verascope.clock import US
from verascope.notifications.channel import Blame, Sent, Trouble
from verascope.notifications.channels import Stored
from verascope.notifications.claims import Claim
from verascope.notifications.fallback import HOURS, fall_back, give_up_old, standing_in
from verascope.notifications.message import Moment
from verascope.notifications.outbox import State
from verascope.store.notification_tables import channels
from verascope.store.notification_tables import deliveries as table

FIRST_SECONDS = 10
LONGEST_OUTAGE_SECONDS = 600
LONGEST_LATER_SECONDS = 3600

Chance = Callable[[], float]
default_chance: Chance = random.random


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
            if standing_in(connection, claim.channel) is not None:
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
            give_up_old(connection, claim.channel, trouble.detail, now_us)


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
        fall_back(connection, claim.channel, claim.id, claim.message, error, now_us)


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


def _is_channel(stored: Stored) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return channels.c.tenant_id == stored.tenant_id, channels.c.name == stored.name
