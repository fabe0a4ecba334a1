"""One run from start to its logits: train, export, score. Its files in the work folder are what the report is made from."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from training.data import Pixels
from training.export import write_fp32, write_int8
from training.measure import Model
from training.results import RunFacts, Scored, View
from training.sources import ALL_SOURCES, Fold, Sample, Split, seen_in_training
from training.train import Plan, train

# The fold whose weights the shipped run begins with; it is trained longest.
FIRST_FOLD = 1
_CALIBRATION_IMAGES = 256


def run(
    fold: Fold,
    plan: Plan,
    samples: Sequence[Sample],
    images: Sequence[Pixels],
    work: Path,
    resume: bool,
) -> None:
    """Leaves `fold-<n>` files in the work folder: checkpoint, both ONNX files, logits and facts; fold 0 is the shipped run.

    Raises FileNotFoundError when the shipped run is to begin and the first fold has no checkpoint.
    """
    start = checkpoint_of(work, FIRST_FOLD) if fold == ALL_SOURCES else None
    trained = train(plan, fold, samples, images, checkpoint_of(work, fold.number), resume, start)
    fp32, int8 = files_of(work, fold)
    print("exporting", flush=True)
    write_fp32(trained.network.eval(), fp32)
    chosen = seen_in_training(samples, fold, Split.TRAIN)
    spread = np.linspace(0, len(chosen) - 1, _CALIBRATION_IMAGES).astype(int)
    write_int8(fp32, int8, [images[chosen[i]] for i in spread])
    print("scoring", flush=True)
    view = View(samples, fold)
    facts = RunFacts(
        fold.number,
        trained.samples,
        trained.minutes,
        plan.seed,
        datetime.datetime.now(datetime.UTC).date().isoformat(),
    )
    Scored(
        facts,
        _score(int8, images, view.to_score, plan.threads),
        _score(fp32, images, np.flatnonzero(view.test), plan.threads),
    ).save(work)


def checkpoint_of(work: Path, fold: int) -> Path:
    """Where a run's weights are kept."""
    return work / f"fold-{fold}.pt"


def files_of(work: Path, fold: Fold) -> tuple[Path, Path]:
    """The exported fp32 and int8 files."""
    return work / f"fold-{fold.number}-fp32.onnx", work / f"fold-{fold.number}-int8.onnx"


def _score(
    path: Path, images: Sequence[Pixels], members: Sequence[int] | np.ndarray, threads: int
) -> np.ndarray:
    model = Model(path, threads)
    logits = np.full(len(images), np.nan)
    logits[members] = model.logits([images[i] for i in members])
    return logits
