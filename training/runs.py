"""One run from start to its logits: train, export, score. Its files in the work folder are what the report is made from."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from training.data import Pixels
from training.export import write_fp32, write_int8
from training.measure import Model, changed_logits, drawn_logits
from training.results import RunFacts, Scored, View
from training.sources import ALL_SOURCES, Fold, Sample, Split, seen_in_training
from training.train import Plan, Trained, mean_network, train

# The fold whose weights the shipped run begins with; it is trained longest.
FIRST_FOLD = 1
_CALIBRATION_IMAGES = 256
# Runs with different seeds from the same weights, whose mean is shipped.
MEMBERS = 2


def run(
    fold: Fold,
    plan: Plan,
    samples: Sequence[Sample],
    images: Sequence[Pixels],
    work: Path,
    resume: bool,
) -> None:
    """Leaves `fold-<n>` files in the work folder: checkpoint, both ONNX files, logits and facts; fold 0 is the shipped run,
    whose answers to changed images and to drawings are kept too.

    Raises FileNotFoundError when the shipped run is to begin and the first fold has no checkpoint.
    """
    trained = (
        _shipped(plan, samples, images, work, resume)
        if fold == ALL_SOURCES
        else train(plan, fold, samples, images, checkpoint_of(work, fold.number), resume)
    )
    fp32, int8 = files_of(work, fold)
    print("exporting", flush=True)
    write_fp32(trained.network.eval(), fp32)
    chosen = seen_in_training(samples, fold, Split.TRAIN)
    spread = np.linspace(0, len(chosen) - 1, _CALIBRATION_IMAGES).astype(int)
    write_int8(fp32, int8, [images[chosen[i]] for i in spread])
    print("scoring", flush=True)
    view = View(samples, fold)
    model = Model(int8, threads=1)
    if fold == ALL_SOURCES:
        changed, drawn = changed_logits(model, view, images), drawn_logits(model)
        np.savez_compressed(changed_of(work), **changed)  # type: ignore[arg-type]
        np.savez_compressed(drawn_of(work), **drawn)  # type: ignore[arg-type]
    facts = RunFacts(
        fold.number,
        trained.samples,
        trained.minutes,
        plan.seed,
        datetime.datetime.now(datetime.UTC).date().isoformat(),
        MEMBERS if fold == ALL_SOURCES else 1,
    )
    Scored(
        facts,
        _score(model, images, view.to_score),
        _score(Model(fp32, threads=1), images, np.flatnonzero(view.test)),
    ).save(work)


def checkpoint_of(work: Path, fold: int, member: int = 0) -> Path:
    """Where a run's weights are kept."""
    return work / (f"fold-{fold}-{member}.pt" if member else f"fold-{fold}.pt")


def files_of(work: Path, fold: Fold) -> tuple[Path, Path]:
    """The exported fp32 and int8 files."""
    return work / f"fold-{fold.number}-fp32.onnx", work / f"fold-{fold.number}-int8.onnx"


def changed_of(work: Path) -> Path:
    """Logits of the shipped run on changed test images."""
    return work / "fold-0-changed.npz"


def drawn_of(work: Path) -> Path:
    """Logits of the shipped run on drawings."""
    return work / "fold-0-drawn.npz"


def _shipped(
    plan: Plan, samples: Sequence[Sample], images: Sequence[Pixels], work: Path, resume: bool
) -> Trained:
    """Every member sees every source. The plan's minutes are each member's; samples and minutes are counted together."""
    members = [
        train(
            replace(plan, seed=plan.seed + member),
            ALL_SOURCES,
            samples,
            images,
            checkpoint_of(work, ALL_SOURCES.number, member),
            resume,
            start=checkpoint_of(work, FIRST_FOLD),
        )
        for member in range(MEMBERS)
    ]
    return Trained(
        mean_network([member.network for member in members]),
        sum(member.samples for member in members),
        sum(member.minutes for member in members),
        plan,
    )


def _score(model: Model, images: Sequence[Pixels], members: np.ndarray) -> np.ndarray:
    logits = np.full(len(images), np.nan)
    logits[members] = model.logits([images[i] for i in members])
    return logits
