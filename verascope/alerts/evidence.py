"""What rules are judged by: which numbers of which ranges each needs, and where numbers come from.

Windows are cut at the minute, as the dashboard's ranges are. A threshold and a burn rate look at the last
minutes with the present one included; what is compared with other times looks at minutes that have ended, so
that all of them are equally long.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from verascope import clock
from verascope.alerts.judge import Evidence
from verascope.alerts.rule import BurnRate, Change, Rule, Seasonal
from verascope.clock import MINUTE, US, Range
from verascope.metrics import Better, Metric

SEASON_WEEKS = 8
"""How many weeks back a seasonal rule looks."""

Filters = tuple[tuple[str, tuple[str, ...]], ...]
Found = Mapping[str, tuple[float | None, int]]
"""Subject → (value, samples it is made of). The subject is empty for a metric that is one number."""


@dataclass(frozen=True, slots=True)
class Read:
    """One metric over one range, of what matches every filter."""

    metric: str
    range: Range
    filters: Filters = ()


class Source(Protocol):
    """Where some metrics come from. metrics: name → its entry, in the form of the dictionary."""

    @property
    def metrics(self) -> Mapping[str, Metric]: ...

    def values(
        self,
        connection: Connection,
        tenant_id: int,
        metric: str,
        filters: Mapping[str, tuple[str, ...]],
        start_us: int,
        end_us: int,
    ) -> Found:
        """What is known of the metric in start <= t < end; empty when nothing is."""


class Batched(ABC):
    """A source that answers many questions in fewer reads."""

    @abstractmethod
    def read(
        self, connection: Connection, tenant_id: int, reads: Collection[Read]
    ) -> Mapping[Read, Found]: ...

    def values(
        self,
        connection: Connection,
        tenant_id: int,
        metric: str,
        filters: Mapping[str, tuple[str, ...]],
        start_us: int,
        end_us: int,
    ) -> Found:
        """As of any `Source`."""
        one = Read(metric, Range(start_us, end_us), tuple(sorted(filters.items())))
        return self.read(connection, tenant_id, [one])[one]


@dataclass(frozen=True, slots=True)
class Reads:
    """What one rule needs at one moment. short: of a burn rate. before: of a change. weeks: of a season."""

    now: Read
    short: Read | None = None
    before: Read | None = None
    weeks: tuple[Read, ...] = ()

    def all(self) -> Iterable[Read]:
        yield self.now
        if self.short is not None:
            yield self.short
        if self.before is not None:
            yield self.before
        yield from self.weeks


def reads_of(rule: Rule, now_us: int, zone: ZoneInfo) -> Reads:
    """The numbers that `rule` is judged by at `now_us`."""
    filters = tuple(sorted(rule.filters.items()))
    length = rule.window_seconds * US
    minute = now_us // US // MINUTE * MINUTE * US

    def read(start_us: int, end_us: int) -> Read:
        return Read(rule.metric, Range(start_us, end_us), filters)

    match rule.condition:
        case Change():
            return Reads(
                read(minute - length, minute), before=read(minute - 2 * length, minute - length)
            )
        case Seasonal():
            weeks = [_weeks_before(minute, back, zone) for back in range(1, SEASON_WEEKS + 1)]
            return Reads(
                read(minute - length, minute),
                weeks=tuple(read(end - length, end) for end in weeks),
            )
        case BurnRate():
            end = minute + MINUTE * US
            short = read(end - rule.condition.short_seconds * US, end)
            return Reads(read(end - length, end), short=short)
        case _:
            end = minute + MINUTE * US
            return Reads(read(end - length, end))


def _weeks_before(instant_us: int, weeks: int, zone: ZoneInfo) -> int:
    """The same time of the same weekday on the tenant's clock."""
    local = clock.to_datetime(instant_us).astimezone(zone).replace(tzinfo=None)
    earlier = local - timedelta(weeks=weeks)
    found = clock.from_datetime(datetime.combine(earlier.date(), earlier.time(), tzinfo=zone))
    return found // US // MINUTE * MINUTE * US


def evidence_of(
    metric: Metric | None, reads: Reads, found: Mapping[Read, Found]
) -> dict[str, Evidence]:
    """Subject → what its judgement is made of. Empty when nothing is known of any subject."""
    now = found.get(reads.now, {})
    evidence = {}
    for subject, (value, samples) in now.items():
        before = usual = None
        if reads.before is not None:
            before = found.get(reads.before, {}).get(subject, (None, 0))[0]
        if reads.weeks:
            weeks = (found.get(week, {}).get(subject, (None, 0))[0] for week in reads.weeks)
            usual = tuple(one for one in weeks if one is not None)
        good = bad = short_good = short_bad = 0
        if reads.short is not None:
            good, bad = _events(metric, value, samples)
            short_good, short_bad = _events(
                metric, *found.get(reads.short, {}).get(subject, (None, 0))
            )
        evidence[subject] = Evidence(
            value, samples, before, usual or (), good, bad, short_good, short_bad
        )
    return evidence


def _events(metric: Metric | None, value: float | None, samples: int) -> tuple[int, int]:
    """(good, bad) events behind a percentage."""
    if value is None or metric is None:
        return 0, 0
    share = value if metric.higher_is is Better.LOWER else 100 - value
    bad = round(samples * share / 100)
    return samples - bad, bad
