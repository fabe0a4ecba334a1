"""Where P(fake) becomes `fake`, `real` or `uncertain`, and how that is chosen. Pure numpy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.figures import Scores
from training.sources import Label

# What an abstention costs, a wrong verdict costing 1.
UNCERTAIN_COST = 0.25

_FAKE_AT = np.arange(50, 100) / 100
_REAL_AT = np.arange(2, 51) / 100


@dataclass(frozen=True)
class Decision:
    """`fake` from `fake_at` upwards, `real` from `real_at` downwards, `uncertain` between; 0.5 always lies in between."""

    fake_at: float
    real_at: float


@dataclass(frozen=True)
class Allowance:
    """What thresholds may do to a source; shares between 0 and 1.

    `false_positives` is among the answered images of a left-out real source, `uncertain` among all images of any source.
    """

    false_positives: float
    uncertain: float


@dataclass(frozen=True)
class Group:
    """The probabilities of one source in one run."""

    source: str
    label: Label
    unseen: bool
    probabilities: Scores


@dataclass(frozen=True)
class _Grid:
    """Shares for every pair of thresholds, `fake_at` down, `real_at` across."""

    wrong: NDArray[np.float64]
    uncertain: NDArray[np.float64]


def decide(
    groups: Sequence[Group], allowance: Allowance, spare_reals: bool = False
) -> Decision | None:
    """The cheapest pair of whole percents that every group allows; None when no pair is allowed.

    Cost: wrong verdicts among the answered plus abstentions at `UNCERTAIN_COST`, averaged over the unseen sources of a
    label, then over both labels; with `spare_reals` the false positives of the worst unseen real source instead.
    """
    shape = (len(_FAKE_AT), len(_REAL_AT))
    allowed = np.ones(shape, dtype=bool)
    worst = np.zeros(shape)
    costs: dict[Label, list[NDArray[np.float64]]] = {label: [] for label in Label}
    for group in groups:
        grid = _grid(group)
        allowed &= grid.uncertain <= allowance.uncertain
        if not group.unseen:
            continue
        costs[group.label].append(grid.wrong + UNCERTAIN_COST * grid.uncertain)
        if group.label is Label.REAL:
            allowed &= grid.wrong <= allowance.false_positives
            worst = np.maximum(worst, grid.wrong)
    if not allowed.any():
        return None
    by_label = [np.mean(of_label, axis=0) for of_label in costs.values() if of_label]
    cost = worst if spare_reals else np.mean(by_label, axis=0)
    row, column = np.unravel_index(int(np.argmin(np.where(allowed, cost, np.inf))), shape)
    return Decision(float(_FAKE_AT[row]), float(_REAL_AT[column]))


def verdict_shares(probabilities: Scores, decision: Decision) -> tuple[int, int, int]:
    """How many are called real, uncertain, fake."""
    fake = int((probabilities >= decision.fake_at).sum())
    real = int((probabilities <= decision.real_at).sum())
    if decision.fake_at == decision.real_at:  # the one value both claim counts as fake
        real = len(probabilities) - fake
    return real, len(probabilities) - real - fake, fake


def _grid(group: Group) -> _Grid:
    ordered = np.sort(group.probabilities)
    n = len(ordered)
    fake = (n - np.searchsorted(ordered, _FAKE_AT, side="left"))[:, None] / n
    real = np.searchsorted(ordered, _REAL_AT, side="right")[None, :] / n
    answered = np.minimum(fake + real, 1.0)
    wrong = fake if group.label is Label.REAL else real
    return _Grid(np.broadcast_to(wrong, answered.shape) / np.maximum(answered, 1e-9), 1 - answered)
