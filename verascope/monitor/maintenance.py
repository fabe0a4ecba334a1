"""Maintenance windows: when what a probe finds does not count against it.

A window repeats at the same wall-clock time of its zone, whatever the offset is that day. A start that
the clock skips moves to the hour after it, an end that comes twice means the second one, and no occurrence
is shorter than the window as it was set up. Pure.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from verascope import clock
from verascope.clock import DAY, Range


class Repeat(StrEnum):
    NONE = "none"
    DAILY = "daily"
    WEEKLY = "weekly"


LONGEST = {Repeat.NONE: 366 * DAY, Repeat.DAILY: DAY, Repeat.WEEKLY: 7 * DAY}
"""Seconds that a window may last: one that repeats must end before it begins again."""


@dataclass(frozen=True, slots=True)
class Window:
    """probes: names, empty for all. The first occurrence lasts from starts_us to ends_us."""

    id: str
    name: str
    probes: frozenset[str]
    starts_us: int
    ends_us: int
    repeat: Repeat
    time_zone: str
    comment: str
    created_us: int
    created_by: str

    def covers(self, probe: str, now_us: int) -> bool:
        """Whether what `probe` finds now does not count."""
        return (not self.probes or probe in self.probes) and self.is_active(now_us)

    def is_active(self, now_us: int) -> bool:
        return self.current(now_us) is not None

    def current(self, now_us: int) -> Range | None:
        """The occurrence that is going on; None between two."""
        if now_us < self.starts_us:
            return None
        if self.repeat is Repeat.NONE:
            return Range(self.starts_us, self.ends_us) if now_us < self.ends_us else None
        step = 1 if self.repeat is Repeat.DAILY else 7
        zone = ZoneInfo(self.time_zone)
        day = timedelta(days=1)
        passed = (_local(now_us, zone).date() - _local(self.starts_us, zone).date()) // day
        latest = passed // step
        # The one before may still be going on, when a window reaches over midnight or a clock went back.
        for number in (latest + 1, latest, latest - 1):
            found = self._occurrence(number * step, zone)
            if number >= 0 and found.start_us <= now_us < found.end_us:
                return found
        return None

    def _occurrence(self, days: int, zone: ZoneInfo) -> Range:
        if days == 0:
            return Range(self.starts_us, self.ends_us)
        later = timedelta(days=days)
        start_us = _instant(_local(self.starts_us, zone) + later, zone, fold=0)
        end_us = _instant(_local(self.ends_us, zone) + later, zone, fold=1)
        return Range(start_us, max(end_us, start_us + self.ends_us - self.starts_us))


def is_over(window: Window, now_us: int) -> bool:
    """Whether it will never be active again."""
    return window.repeat is Repeat.NONE and now_us >= window.ends_us


def _local(instant_us: int, zone: ZoneInfo) -> datetime:
    """Wall-clock time without a zone."""
    return clock.to_datetime(instant_us).astimezone(zone).replace(tzinfo=None)


def _instant(local: datetime, zone: ZoneInfo, *, fold: int) -> int:
    """fold: 0 the first, 1 the second of a time that comes twice; a skipped one is read by the offset before it."""
    at = local.replace(tzinfo=zone, fold=fold)
    if _is_skipped(local, zone):
        at = local.replace(tzinfo=zone, fold=0)
    return clock.from_datetime(at.astimezone(ZoneInfo("UTC")))


def _is_skipped(local: datetime, zone: ZoneInfo) -> bool:
    back = local.replace(tzinfo=zone).astimezone(ZoneInfo("UTC")).astimezone(zone)
    return back.replace(tzinfo=None) != local
