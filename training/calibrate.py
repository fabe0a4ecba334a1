"""From logits to probabilities, and from probabilities to a verdict. Pure numpy."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.figures import Scores, Truths
from training.sources import Label

# What an abstention costs, a wrong verdict costing 1.
UNCERTAIN_COST = 0.25


@dataclass(frozen=True)
class Allowance:
    """What a pair of thresholds may do to a source that chooses it; shares between 0 and 1.

    `false_positives` is among the answered images of every real source, `uncertain` among all images of every source.
    """

    false_positives: float
    uncertain: float


# Tried in this order. All lie below the bar of 15 % false positives, because the images they are held to later are others.
ALLOWANCES = (
    Allowance(0.10, 0.15),
    Allowance(0.13, 0.19),
)
# Shares of fakes the probabilities may assume; the next is tried when no allowance can be kept. Fewer fakes move 0.5,
# which has to lie between the thresholds, to where unknown photographs are spared.
FAKE_SHARES = tuple(percent / 100 for percent in range(50, 9, -2))


@dataclass(frozen=True)
class Platt:
    """P(fake) = sigmoid(a · logit + b)."""

    a: float
    b: float

    def probabilities(self, logits: Scores) -> Scores:
        """P(fake) of each logit."""
        return _sigmoid(self.a * logits + self.b)


@dataclass(frozen=True)
class Decision:
    """`fake` from `fake_at` upwards, `real` from `real_at` downwards, `uncertain` between; 0.5 always lies in between."""

    fake_at: float
    real_at: float


@dataclass(frozen=True)
class Group:
    """The probabilities of one source, on the images that may take part in choosing the decision."""

    source: str
    label: Label
    probabilities: Scores


@dataclass(frozen=True)
class Calibration:
    """Probabilities and thresholds, with the share of fakes the first assume and the allowance the second keep."""

    platt: Platt
    decision: Decision
    fake_share: float
    allowance: Allowance


class NoDecision(ValueError):
    """No pair of thresholds keeps the allowed false positives and the allowed abstentions."""


def in_choosing_half(path: str) -> bool:
    """Whether an image of a left-out real source helps to calibrate and to choose thresholds; the other half measures them."""
    return hashlib.sha256(path.encode()).digest()[0] % 2 == 0


def fit_platt(logits: Scores, is_fake: Truths, weights: Scores, steps: int = 100) -> Platt:
    """Weighted maximum likelihood by damped Newton steps (Lin, Lin & Weng 2007, Machine Learning 68).

    A trace of a penalty on the slope keeps it finite when the labels can be separated.
    """
    inputs = np.stack([logits, np.ones_like(logits)], axis=1)
    penalty = np.array([1e-3, 0.0])
    signs = np.where(is_fake, -1.0, 1.0)

    def loss(candidate: Scores) -> float:
        misfit = weights @ np.logaddexp(0.0, signs * (inputs @ candidate))
        return float(misfit + penalty @ candidate**2 / 2)

    found = np.array([1.0, 0.0])
    for _ in range(steps):
        stated = _sigmoid(inputs @ found)
        slope = inputs.T @ (weights * (stated - is_fake)) + penalty * found
        curve = (inputs * (weights * stated * (1 - stated))[:, None]).T @ inputs
        change = np.linalg.solve(curve + np.diag(penalty + 1e-9), slope)
        size = 1.0
        while size > 1e-6 and loss(found - size * change) > loss(found):
            size /= 2
        found = found - size * change
        if float(np.abs(size * change).max()) < 1e-9:
            break
    return Platt(float(found[0]), float(found[1]))


def calibration_weights(
    is_fake: Truths, is_left_out: NDArray[np.bool_], fake_share: float
) -> Scores:
    """As if `fake_share` of the images were fakes, and half of the reals came from sources that training never saw.

    That second assumption keeps probabilities honest on photographs unlike the training data: a network is
    surer than it should be on the sources it knows.
    """
    weights = np.zeros(len(is_fake), dtype=np.float64)
    for members, mass in (
        (is_fake, fake_share),
        (~is_fake & ~is_left_out, (1 - fake_share) / 2),
        (~is_fake & is_left_out, (1 - fake_share) / 2),
    ):
        if members.any():
            weights[members] = mass / members.sum()
    return weights * len(is_fake)


def choose_decision(groups: Sequence[Group], allowance: Allowance) -> Decision:
    """The cheapest pair of thresholds that every group allows.

    Cost: wrong verdicts among the answered, averaged over the sources of a label and then over both labels, plus
    abstentions at `UNCERTAIN_COST`. Raises NoDecision when no pair on the grid of whole percents is allowed.
    """
    best: tuple[float, Decision] | None = None
    for fake_at in range(50, 100):
        for real_at in range(2, 51):
            decision = Decision(fake_at / 100, real_at / 100)
            cost = _cost(groups, decision, allowance)
            if cost is not None and (best is None or cost < best[0]):
                best = (cost, decision)
    if best is None:
        raise NoDecision(f"no thresholds keep {allowance}")
    return best[1]


def _cost(groups: Sequence[Group], decision: Decision, allowance: Allowance) -> float | None:
    by_label: dict[Label, list[float]] = {label: [] for label in Label}
    for group in groups:
        said_fake = float((group.probabilities >= decision.fake_at).mean())
        said_real = float((group.probabilities <= decision.real_at).mean())
        answered = said_fake + said_real
        wrong = (said_fake if group.label is Label.REAL else said_real) / max(answered, 1e-9)
        if 1 - answered > allowance.uncertain:
            return None
        if group.label is Label.REAL and wrong > allowance.false_positives:
            return None
        by_label[group.label].append(wrong + UNCERTAIN_COST * (1 - answered))
    return float(np.mean([np.mean(costs) for costs in by_label.values() if costs]))


def _sigmoid(values: Scores) -> Scores:
    """Without overflow, whatever the size."""
    return np.asarray((1 + np.tanh(values / 2)) / 2, dtype=np.float64)
