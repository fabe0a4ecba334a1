"""Up or down, from one check to the next: so many failures in a row make down, so many successes make up again.

Pure. In maintenance good news counts and bad news does not.
"""

from dataclasses import dataclass, replace
from enum import StrEnum


class Phase(StrEnum):
    """unknown: not enough has been seen yet."""

    UNKNOWN = "unknown"
    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class State:
    """since_us: when the phase began. At most one of the two counts is above 0."""

    phase: Phase
    since_us: int
    failures_in_a_row: int = 0
    successes_in_a_row: int = 0


@dataclass(frozen=True, slots=True)
class Limits:
    """fail_after, ok_after: checks in a row, each at least 1."""

    fail_after: int
    ok_after: int


def first(now_us: int) -> State:
    """The state before the first check."""
    return State(Phase.UNKNOWN, now_us)


def advance(
    state: State, ok: bool, limits: Limits, at_us: int, *, in_maintenance: bool = False
) -> State:
    """The state after a check that ended at `at_us`. The first success ever makes it up at once."""
    if ok:
        successes = state.successes_in_a_row + 1
        counted = replace(state, failures_in_a_row=0, successes_in_a_row=successes)
        is_up = state.phase is Phase.UNKNOWN or successes >= limits.ok_after
        return _into(counted, Phase.UP, at_us) if is_up else counted
    if in_maintenance:
        return replace(state, failures_in_a_row=0, successes_in_a_row=0)
    failures = state.failures_in_a_row + 1
    counted = replace(state, failures_in_a_row=failures, successes_in_a_row=0)
    return _into(counted, Phase.DOWN, at_us) if failures >= limits.fail_after else counted


def next_due(due_us: int, now_us: int, interval_us: int, chance: float) -> int:
    """When the next check is due: an interval on, give or take a twentieth, so that probes made together drift apart.

    chance: from 0 to 1. What was missed is not made up for.
    """
    step_us = round(interval_us * (0.95 + 0.1 * chance))
    base_us = due_us if due_us + step_us > now_us else now_us
    return base_us + step_us


def _into(state: State, phase: Phase, at_us: int) -> State:
    return state if state.phase is phase else replace(state, phase=phase, since_us=at_us)
