"""Who is told of what: the routing tree of a tenant, as a value that is stored and edited whole. Pure.

Routes are tried in order. The first one that matches ends the search unless it says `continue`; an alert that none
matches goes the default way.
"""

from collections.abc import Mapping, Sequence
from typing import TypeVar

import msgspec

from verascope.alerts.matcher import Field, Target
from verascope.records import Severity

T = TypeVar("T")

EVERY_CHANNEL = "*"
"""Stands for every channel that is set up and enabled at the time of telling."""

WAIT_SECONDS = 30
INTERVAL_SECONDS = 300
REPEAT_SECONDS = 4 * 3600


class Match(msgspec.Struct, frozen=True):
    """An empty list accepts everything; the lists are joined by *and*."""

    severity: tuple[Severity, ...] = ()
    group: tuple[str, ...] = ()
    rule: tuple[str, ...] = ()

    def accepts(self, target: Target) -> bool:
        return (
            (not self.severity or target.severity in self.severity)
            and (not self.group or target.group in self.group)
            and (not self.rule or target.rule in self.rule)
        )


class Timing(msgspec.Struct, frozen=True):
    """Seconds. group_wait: from the first alert of a group to its message; group_interval: from a message to the
    next one with news; repeat: from a message to a reminder without any. group_by: what alerts of a group share.
    """

    group_wait_seconds: int = WAIT_SECONDS
    group_interval_seconds: int = INTERVAL_SECONDS
    repeat_seconds: int = REPEAT_SECONDS
    group_by: tuple[Field, ...] = (Field.RULE,)


class Default(Timing, frozen=True):
    channels: tuple[str, ...] = (EVERY_CHANNEL,)


class Route(msgspec.Struct, frozen=True, rename={"goes_on": "continue"}):
    """Timing that is None is the default way's. Without channels an alert is recorded and nobody is told."""

    match: Match = Match()
    channels: tuple[str, ...] = ()
    goes_on: bool = False
    group_wait_seconds: int | None = None
    group_interval_seconds: int | None = None
    repeat_seconds: int | None = None
    group_by: tuple[Field, ...] | None = None


class Step(msgspec.Struct, frozen=True):
    """Who is told too when nobody has acknowledged `after_seconds` after the first message."""

    after_seconds: int
    channels: tuple[str, ...]
    severity: tuple[Severity, ...] = ()


class Inhibition(msgspec.Struct, frozen=True):
    """While an alert that fits `source` fires, nobody is told of those that fit `target` and share `equal`."""

    source: Mapping[Field, str]
    target: Mapping[Field, str]
    equal: tuple[Field, ...] = ()


class Routing(msgspec.Struct, frozen=True):
    """incidents: severities for which an alert opens an incident."""

    default: Default = Default()
    routes: tuple[Route, ...] = ()
    escalation: tuple[Step, ...] = ()
    inhibit: tuple[Inhibition, ...] = ()
    incidents: tuple[Severity, ...] = (Severity.CRITICAL,)


FIRST = Routing(routes=(Route(match=Match(severity=(Severity.INFO,))),))
"""What is in force until somebody edits it: critical and warning to every channel, info only recorded."""


class Way(msgspec.Struct, frozen=True):
    """One way an alert is told. key: stable while the route's match is, so that editing timing keeps its groups."""

    key: str
    name: str
    channels: tuple[str, ...]
    timing: Timing


def ways(routing: Routing, target: Target) -> list[Way]:
    """Every way that `target` goes, at least one."""
    found = []
    seen: dict[str, int] = {}
    for number, route in enumerate(routing.routes, 1):
        key = _key(route.match)
        seen[key] = seen.get(key, 0) + 1
        if not route.match.accepts(target):
            continue
        nth = "" if seen[key] == 1 else f"#{seen[key]}"
        found.append(
            Way(key + nth, f"route {number}", route.channels, _timing(routing.default, route))
        )
        if not route.goes_on:
            break
    if not found:
        found.append(Way("default", "the default", routing.default.channels, routing.default))
    return found


def group_key(way: Way, target: Target) -> str:
    """What the alerts of one message share: the way and the values of `group_by`."""
    shared = [f"{field.value}={target.value(field)}" for field in way.timing.group_by]
    return "|".join([way.key, *shared])


def reached(channels: Sequence[str], enabled: Sequence[str]) -> list[str]:
    """The channels that are meant, each once. enabled: those that `EVERY_CHANNEL` stands for."""
    named = [
        one for channel in channels for one in (enabled if channel == EVERY_CHANNEL else (channel,))
    ]
    return list(dict.fromkeys(named))


def inhibiting(
    inhibitions: Sequence[Inhibition], target: Target, firing: Sequence[Target]
) -> Target | None:
    """The firing alert because of which nobody is told of `target`, None when there is none.

    An alert never inhibits itself, and of two that fit both sides neither inhibits the other.
    """
    for inhibition in inhibitions:
        if not _fits(inhibition.target, target):
            continue
        is_both = _fits(inhibition.source, target)
        for source in firing:
            if source.key == target.key or not _fits(inhibition.source, source):
                continue
            if is_both and _fits(inhibition.target, source):
                continue
            if all(source.value(field) == target.value(field) for field in inhibition.equal):
                return source
    return None


def _fits(wanted: Mapping[Field, str], target: Target) -> bool:
    return bool(wanted) and all(target.value(field) == value for field, value in wanted.items())


def _timing(default: Default, route: Route) -> Timing:
    return Timing(
        _chosen(route.group_wait_seconds, default.group_wait_seconds),
        _chosen(route.group_interval_seconds, default.group_interval_seconds),
        _chosen(route.repeat_seconds, default.repeat_seconds),
        _chosen(route.group_by, default.group_by),
    )


def _chosen(own: T | None, inherited: T) -> T:
    return inherited if own is None else own


def _key(match: Match) -> str:
    parts = [
        f"{name}:{','.join(sorted(values))}"
        for name, values in (
            ("severity", match.severity),
            ("group", match.group),
            ("rule", match.rule),
        )
        if values
    ]
    return ";".join(parts) or "any"
