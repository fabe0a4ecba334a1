"""Everything that was measured about the shipped model, in one record, and how it stands against the bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from training.calibrate import Calibration
from training.measure import Answers, Changed, Speed
from training.results import Area, Figures, RunFacts, SourceFigures
from training.sources import Fold, Label, Sample


@dataclass(frozen=True)
class FoldReport:
    """A further fold's run, judged twice: by thresholds chosen for it, and by the shipped ones unchanged."""

    fold: Fold
    facts: RunFacts
    own: Figures
    shipped_thresholds: Figures


@dataclass(frozen=True)
class Report:
    """All of it measured; the sidecar and the card only phrase it."""

    version: str
    file: str
    sha256: str
    bytes: int
    fold: Fold
    facts: RunFacts
    samples: Sequence[Sample]
    calibration: Calibration
    figures: Figures
    fp32_area: Area
    robustness: Sequence[Changed]
    drawings: Sequence[Answers]
    speed: Speed
    folds: Sequence[FoldReport]

    @property
    def int8_minus_fp32(self) -> float:
        """Difference of the AUC over all test images."""
        return self.figures.test.area.value - self.fp32_area.value

    @property
    def unseen_sources(self) -> list[SourceFigures]:
        """Of the shipped model."""
        return [source for source in self.figures.sources if not source.seen]


@dataclass(frozen=True)
class Bar:
    """One demand on the model and what was measured."""

    demand: str
    measured: str
    met: bool


def bars(report: Report) -> list[Bar]:
    """The demands that were set before training."""
    figures = report.figures
    found = [
        _at_least("AUC, whole-image synthesis of the test split", figures.whole_image.value, 0.97),
        _at_least("AUC, all of the test split", figures.test.area.value, 0.93),
        _at_least(
            f"AUC, sources left out (fold {report.fold.number}, shipped model)",
            figures.unseen.area.value,
            0.88,
        ),
    ]
    found += [
        _at_least(
            f"AUC, sources left out (fold {other.fold.number})", other.own.unseen.area.value, 0.88
        )
        for other in report.folds
    ]
    for source in report.unseen_sources:
        found.append(_source_bar(source, f"fold {report.fold.number}, shipped model"))
    for other in report.folds:
        for source in other.shipped_thresholds.sources:
            if not source.seen:
                found.append(_source_bar(source, f"fold {other.fold.number}, shipped thresholds"))
    most = max(figures.sources, key=lambda source: source.uncertain.percent or 0.0)
    found += [
        _at_most(
            f"percent answered uncertain, the worst source ({most.source}, n {most.n})",
            most.uncertain.percent or 0.0,
            20,
            1,
        ),
        _at_most("calibration error, test split", figures.test.calibration_error, 0.05),
        _at_most("calibration error, sources left out", figures.unseen.calibration_error, 0.10),
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


def _source_bar(source: SourceFigures, where: str) -> Bar:
    percent = source.right_or_wrong.percent or 0.0
    if source.label is Label.REAL:
        return _at_most(
            f"percent false positives on left-out {source.source} ({where})", percent, 15, 1
        )
    return _at_least(f"percent recall on left-out {source.source} ({where})", percent, 70, 1)


def _at_least(demand: str, value: float, bar: float, digits: int = 3) -> Bar:
    return Bar(f"{demand} ≥ {bar}", f"{value:.{digits}f}", value >= bar)


def _at_most(demand: str, value: float, bar: float, digits: int = 3) -> Bar:
    return Bar(f"{demand} ≤ {bar}", f"{value:.{digits}f}", value <= bar)
