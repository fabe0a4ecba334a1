"""Everything that was measured about the shipped model and the folds, in one record, and how it stands against the bars."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.calibrate import Calibration, Evidence, Platt, calibrate
from training.figures import Interval, Share, expected_calibration_error
from training.measure import Answers, Changed, Speed
from training.results import Area, Figures, Pooled, RunFacts, SourceFigures
from training.sources import Fold, Label, Sample
from training.thresholds import Decision, verdict_shares


@dataclass(frozen=True)
class FoldReport:
    """One fold's run, judged twice: with map and thresholds chosen from the other folds only, and with the shipped ones.

    The first is what an unknown source can expect; the second had this fold's sources in its choice.
    """

    fold: Fold
    facts: RunFacts
    of_others: Calibration
    blind: Figures
    shipped: Figures

    @property
    def left_out(self) -> list[SourceFigures]:
        """Of the blind figures."""
        return [source for source in self.blind.sources if not source.seen]


@dataclass(frozen=True)
class Unseen:
    """The sources left out of all folds together, each fold with the map and thresholds of the others.

    `area`: the mean of the folds' AUCs; scores of different runs are never compared.
    """

    area: float
    interval: Interval
    accuracy: Share
    uncertain: Share
    calibration_error: float


@dataclass(frozen=True)
class Report:
    """All of it measured; the sidecar and the card only phrase it."""

    version: str
    file: str
    sha256: str
    bytes: int
    facts: RunFacts
    samples: Sequence[Sample]
    own: Platt
    calibration: Calibration
    figures: Figures
    fp32_area: Area
    robustness: Sequence[Changed]
    drawings: Sequence[Answers]
    speed: Speed
    folds: Sequence[FoldReport]
    unseen: Unseen

    @property
    def platt(self) -> Platt:
        """From the shipped model's logit to P(fake)."""
        return self.calibration.shared.after(self.own)

    @property
    def int8_minus_fp32(self) -> float:
        """Difference of the AUC over all test images."""
        return self.figures.test.area.value - self.fp32_area.value


def unseen_of(evidence: Evidence, figures: Sequence[Pooled]) -> Unseen:
    """`figures`: the unseen part of every fold's blind figures, in any order."""
    stated, truths = [], []
    right = answered = unsure = 0
    for fold in sorted(set(evidence.fold.tolist())):
        chosen = calibrate(evidence.without(fold))
        members = evidence.is_unseen & (evidence.fold == fold)
        probabilities = chosen.shared.probabilities(evidence.log_odds[members])
        stated.append(probabilities)
        truths.append(evidence.is_fake[members])
        part = _counted(probabilities, evidence.is_fake[members], chosen.decision)
        right, answered, unsure = right + part[0], answered + part[1], unsure + part[2]
    spreads = [(one.area.interval.high - one.area.interval.low) / 2 for one in figures]
    area = float(np.mean([one.area.value for one in figures]))
    spread = math.sqrt(sum(spread**2 for spread in spreads)) / len(spreads)
    return Unseen(
        area=area,
        interval=Interval(area - spread, min(1.0, area + spread)),
        accuracy=Share(right, answered),
        uncertain=Share(unsure, answered + unsure),
        calibration_error=expected_calibration_error(
            np.concatenate(stated), np.concatenate(truths)
        ),
    )


def _counted(
    probabilities: np.ndarray, is_fake: np.ndarray, decision: Decision
) -> tuple[int, int, int]:
    """Right, answered, uncertain."""
    _, unsure_fakes, caught = verdict_shares(probabilities[is_fake], decision)
    spared, unsure_reals, _ = verdict_shares(probabilities[~is_fake], decision)
    unsure = unsure_fakes + unsure_reals
    return caught + spared, len(is_fake) - unsure, unsure


@dataclass(frozen=True)
class Bar:
    """One demand on the model and what was measured."""

    demand: str
    measured: str
    met: bool


def bars(report: Report) -> list[Bar]:
    """The demands that were set before training; those on unknown sources are judged by the blind figures of the folds."""
    figures, unseen = report.figures, report.unseen
    found = [
        _at_least("AUC, whole-image synthesis of the test split", figures.whole_image.value, 0.97),
        _at_least("AUC, all of the test split", figures.test.area.value, 0.93),
    ]
    for fold in report.folds:
        assert fold.blind.unseen is not None
        area = fold.blind.unseen.area.value
        found.append(_at_least(f"AUC, sources left out, fold {fold.fold.number}", area, 0.88))
    found.append(_at_least("AUC, sources left out, mean of the folds", unseen.area, 0.88))
    for fold in report.folds:
        found += [_source_bar(source, fold.fold.number) for source in fold.left_out]
    found += [
        _uncertain_bar("the worst source of the test split", figures.sources),
        _uncertain_bar(
            "the worst left-out source", [one for fold in report.folds for one in fold.left_out]
        ),
        _at_most("calibration error, test split", figures.test.calibration_error, 0.05),
        _at_most("calibration error, sources left out", unseen.calibration_error, 0.10),
        _at_most(
            "ms of processor time an image on one thread, JPEG bytes to logit",
            report.speed.whole_ms,
            15,
            1,
        ),
        _at_most(
            "distance of the int8 from the fp32 test AUC", abs(report.int8_minus_fp32), 0.005, 4
        ),
        _at_most("size of the file in MB", report.bytes / 1e6, 6, 1),
    ]
    return found


def _source_bar(source: SourceFigures, fold: int) -> Bar:
    percent = min(99.9, source.right_or_wrong.percent or 0.0)  # no sample shows perfection
    if source.label is Label.REAL:
        return _at_most(
            f"percent false positives on left-out {source.source} (fold {fold})", percent, 15, 1
        )
    return _at_least(f"percent recall on left-out {source.source} (fold {fold})", percent, 70, 1)


def _uncertain_bar(which: str, sources: Sequence[SourceFigures]) -> Bar:
    most = max(sources, key=lambda source: source.uncertain.percent or 0.0)
    return _at_most(
        f"percent answered uncertain, {which} ({most.source}, n {most.n})",
        most.uncertain.percent or 0.0,
        20,
        1,
    )


def _at_least(demand: str, value: float, bar: float, digits: int = 3) -> Bar:
    return Bar(f"{demand} ≥ {bar}", f"{value:.{digits}f}", value >= bar)


def _at_most(demand: str, value: float, bar: float, digits: int = 3) -> Bar:
    return Bar(f"{demand} ≤ {bar}", f"{value:.{digits}f}", value <= bar)
