"""From the finished runs to the report and the shipped file: chooses, measures, copies."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from training.calibrate import Calibration, Evidence, calibrate, pooled
from training.data import Pixels
from training.figures import Scores
from training.measure import answers_to_drawings, robustness, speed
from training.report import FoldReport, Report, unseen_of
from training.results import (
    Scored,
    View,
    area_of,
    evidence_of,
    figures_of,
    own_map_of,
)
from training.runs import changed_of, drawn_of, model_of
from training.sources import ALL_SOURCES, FOLDS, Fold, Sample


def missing_runs(work: Path) -> list[int]:
    """Numbers of the runs that have not been made."""
    return [fold.number for fold in (*FOLDS, ALL_SOURCES) if Scored.load(work, fold.number) is None]


def assemble(
    work: Path,
    models: Path,
    version: str,
    samples: Sequence[Sample],
    images: Sequence[Pixels],
) -> Report:
    """Puts the model among the models. Raises ValueError naming runs that have not been made."""
    if missing := missing_runs(work):
        raise ValueError(f"runs {missing} have not been made in {work}")
    scored = {fold.number: Scored.load(work, fold.number) for fold in (*FOLDS, ALL_SOURCES)}
    run = [(fold, one) for fold in FOLDS if (one := scored[fold.number]) is not None]
    evidence = pooled([evidence_of(View(samples, fold), one.int8, fold) for fold, one in run])
    chosen = calibrate(evidence)
    folds = [_fold_report(fold, one, samples, evidence, chosen) for fold, one in run]
    shipped = scored[ALL_SOURCES.number]
    assert shipped is not None
    view = View(samples, ALL_SOURCES)
    own = own_map_of(view, shipped.int8)
    platt = chosen.shared.after(own)
    file = models / f"verascope-reference-{version}.onnx"
    models.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(model_of(work), file)
    print("measuring speed", flush=True)
    return Report(
        version=f"vs-ref-{version}",
        file=file.name,
        sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
        bytes=file.stat().st_size,
        facts=shipped.facts,
        samples=samples,
        own=own,
        calibration=chosen,
        figures=figures_of(view, shipped.int8, platt, chosen.decision),
        fp32_area=area_of(view, shipped.fp32, view.test),
        robustness=robustness(_stored(changed_of(work)), view, platt, chosen.decision),
        drawings=answers_to_drawings(_stored(drawn_of(work)), platt, chosen.decision),
        speed=speed(file, [images[i] for i in np.flatnonzero(view.test)[:100]]),
        folds=folds,
        unseen=unseen_of(
            evidence, [fold.blind.unseen for fold in folds if fold.blind.unseen is not None]
        ),
    )


def _stored(path: Path) -> dict[str, Scores]:
    with np.load(path) as stored:
        return {name: stored[name] for name in stored.files}


def _fold_report(
    fold: Fold,
    scored: Scored,
    samples: Sequence[Sample],
    evidence: Evidence,
    chosen: Calibration,
) -> FoldReport:
    view = View(samples, fold)
    own = own_map_of(view, scored.int8)
    of_others = calibrate(evidence.without(fold.number))
    blind, shipped = (
        figures_of(view, scored.int8, one.shared.after(own), one.decision)
        for one in (of_others, chosen)
    )
    return FoldReport(fold, scored.facts, of_others, blind, shipped)
