"""The measures of the report, with their intervals. Pure numpy."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]
Truths = NDArray[np.bool_]

_Z95 = 1.959963984540054


@dataclass(frozen=True)
class Interval:
    """A 95 % interval, in the unit of the figure it belongs to."""

    low: float
    high: float


@dataclass(frozen=True)
class Share:
    """`part` of `n`, in percent, with its Wilson interval. `percent` is None when n is 0."""

    part: int
    n: int

    @property
    def percent(self) -> float | None:
        """100 · part / n."""
        return 100 * self.part / self.n if self.n else None

    @property
    def interval(self) -> Interval:
        """In percent."""
        return wilson(self.part, self.n)


def wilson(part: int, n: int) -> Interval:
    """Wilson's 95 % interval of a share, in percent (Wilson 1927, JASA 22); 0–100 when nothing was counted."""
    if n == 0:
        return Interval(0.0, 100.0)
    share = part / n
    centre = share + _Z95**2 / (2 * n)
    spread = _Z95 * math.sqrt(share * (1 - share) / n + _Z95**2 / (4 * n**2))
    scale = 1 + _Z95**2 / n
    low, high = (centre - spread) / scale, (centre + spread) / scale
    return Interval(100 * max(0.0, low), 100 * min(1.0, high))


def auc(scores: Scores, is_fake: Truths) -> float:
    """Area under the ROC curve: how often a fake scores above a real image, ties half. NaN without both kinds."""
    fakes, reals = scores[is_fake], scores[~is_fake]
    if not len(fakes) or not len(reals):
        return math.nan
    return float(_share_below(fakes, reals).mean())


def auc_interval(scores: Scores, is_fake: Truths) -> Interval:
    """95 % interval of the AUC by DeLong's variance (DeLong, DeLong & Clarke-Pearson 1988, Biometrics 44)."""
    fakes, reals = scores[is_fake], scores[~is_fake]
    if len(fakes) < 2 or len(reals) < 2:
        return Interval(0.0, 1.0)
    of_fakes = _share_below(fakes, reals)
    of_reals = 1 - _share_below(reals, fakes)
    area = float(of_fakes.mean())
    variance = float(of_fakes.var(ddof=1)) / len(fakes) + float(of_reals.var(ddof=1)) / len(reals)
    spread = _Z95 * math.sqrt(variance)
    return Interval(max(0.0, area - spread), min(1.0, area + spread))


def expected_calibration_error(probabilities: Scores, is_fake: Truths, bins: int = 15) -> float:
    """Mean distance between stated and observed share of fakes over bins of equal mass, 0–1."""
    order = np.argsort(probabilities, kind="stable")
    error = 0.0
    for part in np.array_split(order, bins):
        if len(part):
            error += len(part) * abs(
                float(probabilities[part].mean()) - float(is_fake[part].mean())
            )
    return error / len(order)


def _share_below(these: Scores, those: Scores) -> Scores:
    """For each of these, which share of those lies below it; ties count half."""
    ordered = np.sort(those)
    below = np.searchsorted(ordered, these, side="left")
    not_above = np.searchsorted(ordered, these, side="right")
    return (below + not_above) / (2 * len(ordered))
