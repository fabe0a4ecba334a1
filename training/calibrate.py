"""From logits to probabilities, and from probabilities to a verdict. Pure numpy.

The rule is written down in README.md beside this file and was fixed before the figures it is judged by were read.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.figures import Scores, Truths, expected_calibration_error
from training.sources import Label
from training.thresholds import Allowance, Decision, Group, decide

# The demands on calibration errors, which say how the two are weighed against each other.
SEEN_ERROR = 0.05
UNSEEN_ERROR = 0.10
# A smaller source has no say in the choice of thresholds.
FEWEST_IMAGES = 30
# Shares of fakes the probabilities may assume; the next is tried when no allowance can be kept.
FAKE_SHARES = (0.50, 0.45, 0.40, 0.35)
ALLOWANCES = (Allowance(0.12, 0.18), Allowance(0.145, 0.195))
LAST_RESORT = Allowance(1.0, 0.20)


@dataclass(frozen=True)
class Platt:
    """P(fake) = sigmoid(a · logit + b)."""

    a: float
    b: float

    def log_odds(self, logits: Scores) -> Scores:
        """a · logit + b."""
        return self.a * logits + self.b

    def probabilities(self, logits: Scores) -> Scores:
        """P(fake) of each logit."""
        return _sigmoid(self.log_odds(logits))

    def after(self, first: Platt) -> Platt:
        """The one map that does `first` and then this."""
        return Platt(self.a * first.a, self.a * first.b + self.b)


@dataclass(frozen=True)
class Evidence:
    """What the shared map and the thresholds are chosen from: one entry an image of a fold's run.

    `log_odds` come from the run's own map; unseen images belong to the sources the fold left out, the others to its validation images.
    """

    log_odds: Scores
    is_fake: Truths
    is_unseen: NDArray[np.bool_]
    fold: NDArray[np.int64]
    source: NDArray[np.str_]

    def without(self, fold: int) -> Evidence:
        """As if that fold had never been run."""
        kept = self.fold != fold
        return Evidence(
            self.log_odds[kept],
            self.is_fake[kept],
            self.is_unseen[kept],
            self.fold[kept],
            self.source[kept],
        )

    def groups(self, platt: Platt) -> list[Group]:
        """The sources of each fold under a shared map."""
        found = []
        for fold in sorted(set(self.fold.tolist())):
            here = self.fold == fold
            for source in sorted(set(self.source[here].tolist())):
                members = np.flatnonzero(here & (self.source == source))
                if len(members) >= FEWEST_IMAGES:
                    label = Label.FAKE if self.is_fake[members[0]] else Label.REAL
                    probabilities = platt.probabilities(self.log_odds[members])
                    found.append(
                        Group(source, label, bool(self.is_unseen[members[0]]), probabilities)
                    )
        return found


@dataclass(frozen=True)
class Calibration:
    """The shared map and thresholds, and what had to be assumed for them. `allowance` is LAST_RESORT when none could be kept."""

    shared: Platt
    decision: Decision
    unseen_weight: float
    fake_share: float
    allowance: Allowance


def own_map(logits: Scores, is_fake: Truths) -> Platt:
    """A run's own map, from its validation images of seen sources."""
    return fit_platt(logits, is_fake, np.ones(len(logits)))


def calibrate(evidence: Evidence) -> Calibration:
    """The rule's steps 2 and 3."""
    weight, fitted = _shared_map(evidence)
    for fake_share in FAKE_SHARES:
        shared = Platt(fitted.a, fitted.b + math.log(fake_share / (1 - fake_share)))
        groups = evidence.groups(shared)
        for allowance in ALLOWANCES:
            decision = decide(groups, allowance)
            if decision is not None:
                return Calibration(shared, decision, weight, fake_share, allowance)
    decision = decide(evidence.groups(fitted), LAST_RESORT, spare_reals=True)
    assert decision is not None  # without a band between the thresholds nothing is uncertain
    return Calibration(fitted, decision, weight, FAKE_SHARES[0], LAST_RESORT)


def evidence_weights(evidence: Evidence, unseen_weight: float) -> Scores:
    """Seen images share 1 - `unseen_weight` evenly; of the rest every fold and label gets the same. They add up to the number of images."""
    weights = np.zeros(len(evidence.fold), dtype=np.float64)
    seen = ~evidence.is_unseen
    weights[seen] = (1 - unseen_weight) / max(1, int(seen.sum()))
    cells = [
        evidence.is_unseen & (evidence.fold == fold) & (evidence.is_fake == is_fake)
        for fold in set(evidence.fold.tolist())
        for is_fake in (True, False)
    ]
    for cell in cells:
        weights[cell] = unseen_weight / len(cells) / max(1, int(cell.sum()))
    return weights * len(weights)


def _shared_map(evidence: Evidence) -> tuple[float, Platt]:
    seen, unseen = ~evidence.is_unseen, evidence.is_unseen
    tried: list[tuple[float, float, Platt]] = []
    for tenths in range(11):
        weights = evidence_weights(evidence, tenths / 10)
        platt = fit_platt(evidence.log_odds, evidence.is_fake, weights)
        stated = platt.probabilities(evidence.log_odds)
        worst = max(
            expected_calibration_error(stated[seen], evidence.is_fake[seen]) / SEEN_ERROR,
            expected_calibration_error(stated[unseen], evidence.is_fake[unseen]) / UNSEEN_ERROR,
        )
        tried.append((worst, tenths / 10, platt))
    _, weight, platt = min(tried, key=lambda one: one[0])
    return weight, platt


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


def pooled(parts: Sequence[Evidence]) -> Evidence:
    """Several folds' evidence as one."""
    return Evidence(
        np.concatenate([part.log_odds for part in parts]),
        np.concatenate([part.is_fake for part in parts]),
        np.concatenate([part.is_unseen for part in parts]),
        np.concatenate([part.fold for part in parts]),
        np.concatenate([part.source for part in parts]),
    )


def _sigmoid(values: Scores) -> Scores:
    """Without overflow, whatever the size."""
    return np.asarray((1 + np.tanh(values / 2)) / 2, dtype=np.float64)
