"""A question's range in instants: where it starts and ends in the tenant's zone, and what it is compared with."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import assert_never
from zoneinfo import ZoneInfo

from verascope import clock
from verascope.clock import DAY, HOUR, MINUTE, US, Grain, Range
from verascope.errors import Invalid
from verascope.queries.query import Compare, Everything, Last, Query, Unit

MAX_BUCKETS = 10_000
MAX_ROWS = 100_000
MAX_MINUTES_S = 2 * DAY
"""The longest range that may be cut into minutes, in seconds."""
AUTO_MINUTES_S = 12 * HOUR
AUTO_HOURS_S = 62 * DAY + HOUR
"""The longest ranges that `auto` cuts into minutes and into hours, in seconds; as many points as a picture shows."""

_WIDTH = {Grain.MINUTE: MINUTE, Grain.HOUR: HOUR, Grain.DAY: DAY}


@dataclass(frozen=True, slots=True)
class Span:
    """A resolved range.

    previous: the range of equal length just before, None when no comparison was asked. While the
    range is unfinished, previous ends where as much of it has passed as of the range itself (`is_cut`).
    """

    range: Range
    zone: ZoneInfo
    now_us: int
    previous: Range | None = None
    is_cut: bool = False

    @property
    def is_unfinished(self) -> bool:
        return self.range.end_us > self.now_us

    def buckets(self, interval: Grain) -> list[int]:
        """Every bucket of the range up to now, oldest first; none when the range lies in the future."""
        passed = Range(self.range.start_us, min(self.range.end_us, self.now_us + 1))
        return clock.buckets(passed, interval, self.zone) if passed.seconds > 0 else []


def resolve(query: Query, zone: ZoneInfo, now_us: int, reach: Range | None) -> Span:
    """The instants a question means.

    reach: from the tenant's first to past its last prediction, None when it has none; `all` starts on
    the day of the first. Raises Invalid when the interval cuts the range into too many buckets, naming one that
    fits.
    """
    asked = query.range
    match asked:
        case Last(n, Unit.DAYS):
            today = clock.to_datetime(now_us).astimezone(zone).date()
            found = _days(today - timedelta(days=n - 1), n, zone)
        case Last(n, Unit.HOURS):
            found = _clock_hours(n, zone, now_us)
        case Last(n, Unit.MINUTES):
            minute = clock.floor(now_us, Grain.MINUTE, zone) + MINUTE
            found = Range((minute - n * MINUTE) * US, minute * US)
        case Range():
            found = asked
        case Everything():
            found = _everything(zone, now_us, reach)
        case Last():
            raise AssertionError(f"no such unit: {asked.unit}")
        case _:
            assert_never(asked)
    check_interval(query, found)
    if query.compare is None:
        return Span(found, zone, now_us)
    if query.compare is Compare.WEEKDAYS:
        previous, is_cut = _weeks_before(found, zone, now_us)
    else:
        previous, is_cut = _previous(asked, found, zone, now_us)
    return Span(found, zone, now_us, previous, is_cut)


def fitting(found: Range) -> Grain:
    """The interval that `auto` stands for."""
    if found.seconds <= AUTO_MINUTES_S:
        return Grain.MINUTE
    return Grain.HOUR if found.seconds <= AUTO_HOURS_S else Grain.DAY


def _days(first: date, n: int, zone: ZoneInfo) -> Range:
    start = clock.midnight(first, zone)
    return Range(start * US, clock.midnight(first + timedelta(days=n), zone) * US)


def _clock_hours(n: int, zone: ZoneInfo, now_us: int) -> Range:
    this_hour = clock.floor(now_us, Grain.HOUR, zone)
    start = clock.floor((this_hour - (n - 1) * HOUR) * US, Grain.HOUR, zone)
    return Range(start * US, clock.following(this_hour, Grain.HOUR, zone) * US)


def _everything(zone: ZoneInfo, now_us: int, reach: Range | None) -> Range:
    today = clock.floor(now_us, Grain.DAY, zone)
    tomorrow = clock.following(today, Grain.DAY, zone)
    if reach is None:
        return Range(today * US, tomorrow * US)
    start = min(today, clock.floor(reach.start_us, Grain.DAY, zone))
    # A caller's clock may run ahead; everything means everything.
    last_day = clock.floor(reach.end_us - 1, Grain.DAY, zone)
    return Range(start * US, max(tomorrow, clock.following(last_day, Grain.DAY, zone)) * US)


def _previous(
    asked: Last | Range | Everything, found: Range, zone: ZoneInfo, now_us: int
) -> tuple[Range, bool]:
    """The range before, and whether it was cut to the part that has passed of `found`."""
    if isinstance(asked, Last) and asked.unit is Unit.DAYS:
        # Calendar days: a week of 23-hour days is compared with seven days, and 15:00 with 15:00.
        first = clock.to_datetime(found.start_us).astimezone(zone).date()
        whole = _days(first - timedelta(days=asked.n), asked.n, zone)
        local_now = clock.to_datetime(now_us).astimezone(zone)
        then = local_now.replace(tzinfo=None) - timedelta(days=asked.n)
        cut = clock.from_datetime(datetime.combine(then.date(), then.time(), tzinfo=zone))
    else:
        length = found.end_us - found.start_us
        whole = Range(found.start_us - length, found.start_us)
        cut = now_us - length
    return _passed(whole, cut, is_unfinished=found.end_us > now_us)


def _weeks_before(found: Range, zone: ZoneInfo, now_us: int) -> tuple[Range, bool]:
    """The range as few whole weeks earlier as keep the two apart, on the tenant's clock, cut like `_previous`."""
    start, end, now = (
        clock.to_datetime(moment).astimezone(zone).replace(tzinfo=None)
        for moment in (found.start_us, found.end_us, now_us)
    )
    weeks = timedelta(weeks=max(1, -((start - end) // timedelta(weeks=1))))
    first, last, cut = (
        clock.from_datetime(datetime.combine((t - weeks).date(), (t - weeks).time(), tzinfo=zone))
        for t in (start, end, now)
    )
    # Where the clocks shift between the two, the same wall-clock time may have come later.
    last = min(last, found.start_us)
    whole = Range(min(first, last), last)
    return _passed(whole, cut, is_unfinished=found.end_us > now_us)


def _passed(whole: Range, cut: int, *, is_unfinished: bool) -> tuple[Range, bool]:
    """`whole` up to `cut` while the range it is compared with is unfinished."""
    if not is_unfinished:
        return whole, False
    return Range(whole.start_us, min(max(cut, whole.start_us), whole.end_us)), True


def check_interval(query: Query, found: Range) -> None:
    """Refuse more buckets, or more rows of groups and buckets, than one answer may carry."""
    interval = query.interval
    if interval is None:
        return
    counts = {grain: int(found.seconds // _WIDTH[grain]) + 2 for grain in Grain}
    fitting = [grain for grain in Grain if _fits(grain, counts[grain], found)]
    if interval not in fitting:
        accepted = (
            f"{' or '.join(fitting)} for this range" if fitting else "none: this range is too long"
        )
        raise Invalid.of("interval", interval.value, accepted)
    if query.dimensions and counts[interval] * query.limit > MAX_ROWS:
        most = MAX_ROWS // counts[interval]
        accepted = (
            f"1 to {most} groups when each has {counts[interval] - 2} buckets, or a wider interval"
        )
        raise Invalid.of("limit", query.limit, accepted)


def _fits(grain: Grain, count: int, found: Range) -> bool:
    is_short = grain is not Grain.MINUTE or found.seconds <= MAX_MINUTES_S
    return count - 2 <= MAX_BUCKETS and is_short
