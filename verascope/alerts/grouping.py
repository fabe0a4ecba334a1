"""When a group of alerts is told, and of what. Pure: a decision with its reason, and the group after it.

A group is told of by (rule, subject), not by episode: an alert that ends and begins again before its end was told is
still the one that people know of. One that comes and goes is told as over only once it has been calm.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from verascope import clock
from verascope.alerts.matcher import Key
from verascope.alerts.routing import Timing
from verascope.clock import US

RECENT_US = 3600 * US
COMES_AND_GOES = 2
"""After so many beginnings within `RECENT_US` and an end is told only once it has been calm for `CALM_US`."""
CALM_US = 1800 * US

ACKNOWLEDGED = "acknowledged"


class Action(StrEnum):
    """trigger: something new fires, or some of it is over; repeat: a reminder; resolve: all of it is over."""

    TRIGGER = "trigger"
    REPEAT = "repeat"
    RESOLVE = "resolve"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Group:
    """waiting_us: since when something of it waits to be told for the first time, None when nothing does. flushed_us:
    the last message; told_us: the last that said that something fires. checked_us: when a reminder was last left out.
    told: what people know to be firing. starts: who of it began to fire within the last hour, and when. ends: when
    those that were told ended.
    """

    waiting_us: int | None = None
    flushed_us: int | None = None
    told_us: int | None = None
    checked_us: int | None = None
    told: frozenset[Key] = frozenset()
    starts: tuple[tuple[Key, int], ...] = ()
    ends: Mapping[Key, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """reason: why so, in words. new, over: the news among what fires and what was told."""

    action: Action
    reason: str
    new: frozenset[Key] = frozenset()
    over: frozenset[Key] = frozenset()


def decide(
    group: Group,
    firing: Mapping[Key, bool],
    open_keys: frozenset[Key],
    timing: Timing,
    now_us: int,
) -> Decision:
    """firing: the alerts of the group that people should hear of → whether somebody has acknowledged them.
    open_keys: every alert that goes on, muted ones too: being silenced is not being over.
    """
    new = frozenset(firing) - group.told
    over = group.told - open_keys
    if not new and not over:
        return _reminder(group, firing, timing, now_us)
    if group.flushed_us is None:
        due_us = (
            now_us if group.waiting_us is None else group.waiting_us
        ) + timing.group_wait_seconds * US
        waiting = "waits for others of its group"
    else:
        due_us = group.flushed_us + timing.group_interval_seconds * US
        waiting = "the group was told lately; waits"
    if now_us < due_us:
        return Decision(Action.NOTHING, f"{waiting} until {clock.to_iso(due_us)}")
    held = {key: _held(group, key, timing, now_us) for key in over}
    over = frozenset(key for key, reason in held.items() if reason is None)
    if new:
        return Decision(Action.TRIGGER, "begins to fire", new, over)
    if not over:
        return Decision(Action.NOTHING, next(reason for reason in held.values() if reason))
    if group.told - over:
        return Decision(Action.TRIGGER, "some of it is over", over=over)
    return Decision(Action.RESOLVE, "is over", over=over)


def _held(group: Group, key: Key, timing: Timing, now_us: int) -> str | None:
    """Why its end is not told yet, None when it may be."""
    ended_us = group.ends.get(key, now_us)
    due_us = ended_us + timing.group_interval_seconds * US
    if now_us < due_us:
        return f"is over; told when it hasn't come back until {clock.to_iso(due_us)}"
    recent = sum(1 for one, at in group.starts if one == key and now_us - at < RECENT_US)
    calm_us = ended_us + CALM_US
    if recent < COMES_AND_GOES or now_us >= calm_us:
        return None
    return (
        f"flapping: began {recent} times within an hour; its end is told when it stays calm "
        f"until {clock.to_iso(calm_us)}"
    )


def _reminder(group: Group, firing: Mapping[Key, bool], timing: Timing, now_us: int) -> Decision:
    if not firing or group.told_us is None:
        return Decision(Action.NOTHING, "nothing to tell")
    last_us = max(group.told_us, group.checked_us or group.told_us)
    due_us = last_us + timing.repeat_seconds * US
    if now_us < due_us:
        reason = f"already told at {clock.to_iso(group.told_us)}; repeat not due until {clock.to_iso(due_us)}"
        return Decision(Action.NOTHING, reason)
    if all(firing.values()):
        return Decision(Action.NOTHING, ACKNOWLEDGED)
    return Decision(Action.REPEAT, "still fires")


def after(group: Group, decision: Decision, firing: Mapping[Key, bool], now_us: int) -> Group:
    """The group once what was decided is in the outbox."""
    ends = {key: at for key, at in group.ends.items() if key not in decision.over}
    match decision.action:
        case Action.TRIGGER | Action.REPEAT:
            told = (group.told | frozenset(firing)) - decision.over
            return Group(None, now_us, now_us, None, told, group.starts, ends)
        case Action.RESOLVE:
            # The next alert finds a group that waits as a new one does; only its restlessness is remembered.
            return Group(starts=group.starts, ends=ends)
        case Action.NOTHING if decision.reason == ACKNOWLEDGED:
            return replace(group, checked_us=now_us)
        case _:
            return group


def gathered(group: Group, firing: Mapping[Key, bool], now_us: int) -> Group:
    """The group with its wait begun when something fires that nobody knows of, and ended when that is over."""
    if group.told:
        return group
    if not firing:
        return replace(group, waiting_us=None)
    return replace(group, waiting_us=now_us) if group.waiting_us is None else group


def began(group: Group, key: Key, at_us: int) -> Group:
    """The group with one more beginning on record."""
    recent = tuple(one for one in group.starts if at_us - one[1] < RECENT_US)
    ends = {one: at for one, at in group.ends.items() if one != key}
    return replace(group, starts=(*recent, (key, at_us)), ends=ends)


def ended(group: Group, key: Key, at_us: int) -> Group:
    """The group with the end of one of its alerts on record, as far as people know of it."""
    return replace(group, ends={**group.ends, key: at_us}) if key in group.told else group
