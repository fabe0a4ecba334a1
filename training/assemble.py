"""From the finished runs to the report and the shipped file: chooses, measures, copies."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from training.calibrate import Calibration, Evidence, calibrate, pooled
from training.data import Pixels
from training.measure import Model, answers_to_drawings, robustness, speed
from training.report import FoldReport, Report, unseen_of
from training.results import (
    Scored,
    View,
    area_of,
    evidence_of,
    figures_of,
    own_map_of,
)
from training.runs import FIRST_FOLD, files_of
from training.sources import ALL_SOURCES, FOLDS, Fold, Sample


def missing_runs(work: Path) -> list[int]:
    """Numbers of the runs a report still waits for; 0 is the shipped one."""
    return [fold.number for fold in (*FOLDS, ALL_SOURCES) if Scored.load(work, fold.number) is None]


def assemble(
    work: Path,
    models: Path,
    version: str,
    samples: Sequence[Sample],
    images: Sequence[Pixels],
    threads: int,
) -> Report:
    """Puts the model among the models and measures it there. Raises ValueError naming the runs that are missing."""
    if missing := missing_runs(work):
        raise ValueError(f"runs {missing} have not been made in {work}")
    scored = {fold.number: _scored(work, fold) for fold in (*FOLDS, ALL_SOURCES)}
    evidence = pooled(
        [evidence_of(View(samples, fold), scored[fold.number].int8, fold) for fold in FOLDS]
    )
    chosen = calibrate(evidence)
    folds = [_fold_report(fold, scored[fold.number], samples, evidence, chosen) for fold in FOLDS]
    shipped, view = scored[ALL_SOURCES.number], View(samples, ALL_SOURCES)
    own = own_map_of(view, shipped.int8)
    platt = chosen.shared.after(own)
    file = models / f"verascope-reference-{version}.onnx"
    models.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(files_of(work, ALL_SOURCES)[1], file)
    print("measuring robustness and speed", flush=True)
    model = Model(file, threads)
    return Report(
        version=f"vs-ref-{version}",
        file=file.name,
        sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
        bytes=file.stat().st_size,
        facts=shipped.facts,
        before=scored[FIRST_FOLD].facts,
        samples=samples,
        own=own,
        calibration=chosen,
        figures=figures_of(view, shipped.int8, platt, chosen.decision),
        fp32_area=area_of(view, shipped.fp32, view.test),
        robustness=robustness(model, view, images, platt, chosen.decision),
        drawings=answers_to_drawings(model, platt, chosen.decision),
        speed=speed(file, [images[i] for i in np.flatnonzero(view.test)[:100]]),
        folds=folds,
        unseen=unseen_of(
            evidence, [fold.blind.unseen for fold in folds if fold.blind.unseen is not None]
        ),
    )


def _scored(work: Path, fold: Fold) -> Scored:
    found = Scored.load(work, fold.number)
    assert found is not None
    return found


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
