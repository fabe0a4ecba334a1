"""The measures of quality, each with its 95 % interval. Pure numpy.

Shares are percent; areas and calibration errors run from 0 to 1. Nothing counted is None, never 0.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from verascope.metrics import Z95, Interval, wilson

Scores = NDArray[np.float64]
Truths = NDArray[np.bool_]

CALIBRATION_BINS = 15


@dataclass(frozen=True, slots=True)
class Share:
    """`part` of `n`. Unknown while n is 0."""

    part: int
    n: int

    @property
    def percent(self) -> float | None:
        return 100 * self.part / self.n if self.n else None

    @property
    def interval(self) -> Interval | None:
        """Wilson's (Wilson 1927, JASA 22), in percent."""
        return wilson(self.part, self.n) if self.n else None


@dataclass(frozen=True, slots=True)
class Area:
    """The area under the ROC curve, and its interval."""

    value: float
    interval: Interval | None


def auc(scores: Scores, is_fake: Truths) -> Area | None:
    """How often a fake scores above a real picture, ties half; None without both kinds.

    The interval is DeLong's (DeLong, DeLong & Clarke-Pearson 1988, Biometrics 44), clipped to 0–1; it
    needs two of each kind.
    """
    fakes, reals = scores[is_fake], scores[~is_fake]
    if not len(fakes) or not len(reals):
        return None
    of_fakes = _share_below(fakes, reals)
    area = float(of_fakes.mean())
    if len(fakes) < 2 or len(reals) < 2:
        return Area(area, None)
    of_reals = 1 - _share_below(reals, fakes)
    variance = float(of_fakes.var(ddof=1)) / len(fakes) + float(of_reals.var(ddof=1)) / len(reals)
    spread = Z95 * math.sqrt(variance)
    return Area(area, Interval(max(0.0, area - spread), min(1.0, area + spread)))


def calibration_error(
    probabilities: Scores, is_fake: Truths, bins: int = CALIBRATION_BINS
) -> float | None:
    """Mean distance between the stated and the observed share of fakes over bins of equal mass, 0–1
    (expected calibration error); None when there is nothing to compare.
    """
    if not len(probabilities):
        return None
    order = np.argsort(probabilities, kind="stable")
    error = 0.0
    for part in np.array_split(order, bins):
        if len(part):
            distance = float(probabilities[part].mean()) - float(is_fake[part].mean())
            error += len(part) * abs(distance)
    return error / len(order)


def percentile(values: Scores, percent: float) -> float | None:
    """The least value that `percent` of the values don't exceed (nearest rank)."""
    if not len(values):
        return None
    rank = max(1, math.ceil(percent / 100 * len(values)))
    return float(np.sort(values)[rank - 1])


def _share_below(these: Scores, those: Scores) -> Scores:
    """For each of these, which share of those lies below it; ties count half."""
    ordered = np.sort(those)
    below = np.searchsorted(ordered, these, side="left")
    not_above = np.searchsorted(ordered, these, side="right")
    return (below + not_above) / (2 * len(ordered))
