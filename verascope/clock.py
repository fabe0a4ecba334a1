"""Time: UTC instants, ranges, buckets and the tenant's time zone.

Instants are `int` microseconds since 1970 UTC inside (`_us`), text only at the edges. A *bucket* is named
by the epoch second at which it starts, so the repeated hour of an autumn night is two buckets and a
day of 23 or 25 hours is one. Buckets of a day or an hour are cut in the tenant's zone.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
from numpy.typing import NDArray

from verascope.errors import Invalid

MINUTE = 60
HOUR = 3600
DAY = 86_400
US = 1_000_000

Now = Callable[[], int]
"""Gives the present instant in microseconds since 1970 UTC. Passed in, so that tests own the time."""


def now_us() -> int:
    """The present instant, microseconds since 1970 UTC."""
    return time.time_ns() // 1000


class Latest:
    """The latest instant it can be: a wall clock that is set back can't make it earlier.

    Between two readings it goes on at least as fast as the monotonic clock. Thread-safe.
    """

    def __init__(
        self, wall: Now = now_us, monotonic_ns: Callable[[], int] = time.monotonic_ns
    ) -> None:
        self._wall = wall
        self._monotonic_ns = monotonic_ns
        self._base_us = wall()
        self._base_ns = monotonic_ns()

    def __call__(self) -> int:
        passed_us = (self._monotonic_ns() - self._base_ns) // 1000
        return max(self._wall(), self._base_us + passed_us)


class Grain(StrEnum):
    """How wide a bucket is."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"


def zone(name: str) -> ZoneInfo:
    """The zone called `name` (IANA). Raises Invalid for a name the tz database does not hold."""
    if name not in _zone_names():
        raise Invalid.of("time_zone", name, "an IANA time zone such as UTC or Europe/Berlin")
    return ZoneInfo(name)


@lru_cache(maxsize=1)
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones())


def to_text(instant_us: int) -> str:
    """UTC text as the store keeps it: `YYYY-MM-DD HH:MM:SS.ffffff`."""
    return to_datetime(instant_us).isoformat(" ", "microseconds")[:26]


def to_texts(instants_us: NDArray[np.int64]) -> list[str]:
    """`to_text` for an array, raises OverflowError as it does."""
    if not len(instants_us):
        return []
    to_datetime(int(instants_us.min()))
    to_datetime(int(instants_us.max()))
    known = np.datetime_as_string(instants_us.astype("datetime64[us]")).tolist()
    # One replacement in one text costs less than one in each.
    return "\n".join(known).replace("T", " ").split("\n")


def from_text(text: str) -> int:
    """The instant of a stored UTC text (see `to_text`)."""
    return from_datetime(datetime.fromisoformat(text).replace(tzinfo=UTC))


def to_iso(instant_us: int) -> str:
    """ISO 8601 with microseconds and `Z`, as the API speaks."""
    return to_datetime(instant_us).isoformat("T", "microseconds")[:26] + "Z"


def iso_or_none(instant_us: int | None) -> str | None:
    """`to_iso` of what may not have happened."""
    return None if instant_us is None else to_iso(instant_us)


def from_iso(field: str, text: str) -> int:
    """The instant of an ISO 8601 text with an offset. Raises Invalid naming `field` when it has none."""
    accepted = "an ISO 8601 time with an offset such as 2026-01-31T09:00:00Z"
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid.of(field, text, accepted) from None
    if parsed.tzinfo is None:
        raise Invalid.of(field, text, accepted)
    try:
        return from_datetime(parsed)
    except OverflowError:
        raise Invalid.of(field, text, accepted) from None


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_datetime(instant_us: int) -> datetime:
    """The aware UTC datetime of an instant, exact to the microsecond."""
    return _EPOCH + timedelta(microseconds=instant_us)


def from_datetime(value: datetime) -> int:
    """The instant of an aware datetime, exact to the microsecond."""
    return (value - _EPOCH) // timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Range:
    """Half open: `start_us <= t < end_us`."""

    start_us: int
    end_us: int

    @property
    def seconds(self) -> float:
        return (self.end_us - self.start_us) / US


def floor(instant_us: int, grain: Grain, tz: ZoneInfo) -> int:
    """Epoch second at which the bucket of `instant_us` starts."""
    second = instant_us // US
    match grain:
        case Grain.MINUTE:
            return second - second % MINUTE
        case Grain.HOUR:
            # Zones with offsets of 30 or 45 minutes have hours that start there in UTC as well.
            offset = _offset_s(second, tz)
            return (second + offset) // HOUR * HOUR - offset
        case Grain.DAY:
            local = datetime.fromtimestamp(second, tz)
            return midnight(local.date(), tz)


def following(bucket: int, grain: Grain, tz: ZoneInfo) -> int:
    """Epoch second at which the bucket after `bucket` starts."""
    match grain:
        case Grain.MINUTE:
            return bucket + MINUTE
        case Grain.HOUR:
            # An offset change inside the hour (Lord Howe: 30 minutes) makes the next floor come early.
            return (
                floor((bucket + HOUR) * US, Grain.HOUR, tz)
                if _shifts(bucket, tz)
                else bucket + HOUR
            )
        case Grain.DAY:
            return midnight(datetime.fromtimestamp(bucket, tz).date() + timedelta(days=1), tz)


@lru_cache(maxsize=8192)
def midnight(day: date, tz: ZoneInfo) -> int:
    """Epoch second at which the local date `day` starts (the first instant that carries that date)."""
    start = int(datetime(day.year, day.month, day.day, tzinfo=tz).timestamp())
    # Where midnight itself is skipped (Cairo, Santiago), the day starts at the jump.
    while datetime.fromtimestamp(start, tz).date() < day:
        start += 15 * MINUTE
    return start


def buckets(span: Range, grain: Grain, tz: ZoneInfo) -> list[int]:
    """Every bucket that touches `span`, oldest first."""
    found = []
    bucket = floor(span.start_us, grain, tz)
    while bucket * US < span.end_us:
        found.append(bucket)
        bucket = following(bucket, grain, tz)
    return found


def floor_all(instants_us: NDArray[np.int64], grain: Grain, tz: ZoneInfo) -> NDArray[np.int64]:
    """`floor` for an array; zones are asked once per quarter of an hour that occurs."""
    seconds = instants_us // US
    if grain is Grain.MINUTE:
        return seconds - seconds % MINUTE
    # Every offset change of the tz database since 1970 falls on a quarter of an hour.
    quarters, inverse = np.unique(seconds // (15 * MINUTE), return_inverse=True)
    starts = [floor(int(quarter) * 15 * MINUTE * US, grain, tz) for quarter in quarters]
    return np.array(starts, dtype=np.int64)[inverse]


def _offset_s(second: int, tz: ZoneInfo) -> int:
    offset = datetime.fromtimestamp(second, tz).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())


def _shifts(bucket: int, tz: ZoneInfo) -> bool:
    return _offset_s(bucket, tz) != _offset_s(bucket + HOUR, tz)


def offsets(span: Range, tz: ZoneInfo) -> list[tuple[int, int]]:
    """(from epoch second, offset in seconds) for each offset in force during `span`, oldest first."""
    start, end = span.start_us // US, -(-span.end_us // US)
    found = [(start, _offset_s(start, tz))]
    step = 6 * HOUR
    for probe in range(start + step, end + step, step):
        offset = _offset_s(probe, tz)
        if offset != found[-1][1]:
            low, high = probe - step, probe
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (
                    (middle, high) if _offset_s(middle, tz) == found[-1][1] else (low, middle)
                )
            found.append((high, offset))
    return found
