"""An alert rule: which number, over which window, and when it is too much.

A rule names a metric of the dictionary, so it watches exactly what the dashboard shows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from verascope.records import Severity


class Side(StrEnum):
    """On which side of its limit a value is bad."""

    ABOVE = "above"
    BELOW = "below"


class NoData(StrEnum):
    """What an alert does while its metric has no value: keep its state, count as fine, or as bad."""

    KEEP = "keep"
    FINE = "fine"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Threshold:
    """Bad beyond `limit`, fine again only past `recovery` (None: the limit), in the metric's unit."""

    side: Side
    limit: float
    recovery: float | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """Bad when the value lies more than `percent` on that side of the window before; fine again within
    `recovery_percent` (None: `percent`).
    """

    side: Side
    percent: float
    recovery_percent: float | None = None


@dataclass(frozen=True, slots=True)
class Seasonal:
    """Bad when the value lies more than `k` deviations from what is usual at this hour of the week.

    Usual: the median of the same hour in the weeks before; a deviation: 1.4826 × their median absolute deviation
    (Leys et al. 2013, doi:10.1016/j.jesp.2013.03.013). Below `weeks` of history it is learning and never bad.
    """

    side: Side
    k: float = 4.0
    weeks: int = 3


@dataclass(frozen=True, slots=True)
class BurnRate:
    """Bad when the error budget of `objective` percent burns faster than `factor` times in both windows.

    At `factor` 1 the budget lasts exactly its period. min_bad: fewer bad events in the long window are never
    bad, because at fifty calls an hour a single failure is 2 %. (Google, The Site Reliability Workbook, ch. 5.)
    """

    objective: float
    factor: float
    short_seconds: int
    min_bad: int = 5


Condition = Threshold | Change | Seasonal | BurnRate


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. The name is unique in its tenant and stays; everything else may be edited.

    window_seconds: how far back a value looks (the long window of a burn rate). for_seconds: how long a
    value must be bad before it fires; recover_seconds: how long it must be fine before it resolves.
    min_samples: with fewer events in the window nothing is said.
    """

    name: str
    group: str
    metric: str
    severity: Severity
    condition: Condition
    window_seconds: int
    title: str = ""
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    for_seconds: int = 0
    recover_seconds: int = 0
    min_samples: int = 0
    no_data: NoData = NoData.KEEP
    is_enabled: bool = True
