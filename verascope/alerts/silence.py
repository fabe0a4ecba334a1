"""A silence: for some time nobody is told of the alerts it matches. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from verascope.alerts.matcher import Matcher, Target, all_match


@dataclass(frozen=True, slots=True)
class Silence:
    """In force from `starts_us` until `ends_us`; ending it early moves `ends_us`, and `ended_by` says who did."""

    id: str
    matchers: tuple[Matcher, ...]
    starts_us: int
    ends_us: int
    comment: str
    author: str
    created_us: int
    ended_by: str | None = None

    def is_active(self, now_us: int) -> bool:
        return self.starts_us <= now_us < self.ends_us

    def covers(self, target: Target) -> bool:
        return all_match(self.matchers, target)


def silencing(silences: Sequence[Silence], target: Target, now_us: int) -> Silence | None:
    """The silence in force for `target`; of several the one that lasts longest."""
    found = [one for one in silences if one.is_active(now_us) and one.covers(target)]
    return max(found, key=lambda one: (one.ends_us, one.id), default=None)
