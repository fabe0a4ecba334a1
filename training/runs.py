"""One run from statistics to logits: train a head, join it to the trunk, score. Its files in the work folder are what the report is made from."""

from __future__ import annotations

import datetime
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.data import Pixels
from training.export import write_description, write_int8, write_model, write_trunk
from training.features import Describer, Floats, changed, described, plain
from training.head import Head, Plan, fit, odds_of
from training.measure import Model, changed_logits, drawn_logits
from training.network import pretrained
from training.results import RunFacts, Scored, View
from training.sources import (
    ALL_SOURCES,
    FOLDS,
    Fold,
    Label,
    Sample,
    Split,
    seen_in_training,
    source_weights,
)

_CALIBRATION_IMAGES = 256
COPIES = 2
"""Randomly changed squares of each training image, besides the plain one."""


@dataclass(frozen=True)
class Statistics:
    """(n, d) of every image: plain through the int8 trunk; the test images' through the fp32 one; changed copies of the training images'."""

    plain: Floats
    fp32: Floats
    changed: tuple[Floats, ...]


def describe(
    samples: Sequence[Sample], images: Sequence[Pixels], work: Path, seed: int, threads: int
) -> Statistics:
    """Writes both trunks and describes every image; what an earlier start has finished is kept.

    Quantisation ranges come from sources that no fold leaves out, so that one trunk serves all runs.
    """
    fp32, int8 = trunk_of(work, "fp32"), trunk_of(work, "int8")
    train = [i for i, s in enumerate(samples) if s.split is Split.TRAIN]
    test = [i for i, s in enumerate(samples) if s.split is Split.TEST]
    if not int8.exists():
        kept_out = {source for fold in FOLDS for source in fold.left_out}
        common = [i for i in train if samples[i].source not in kept_out]
        spread = np.linspace(0, len(common) - 1, _CALIBRATION_IMAGES).astype(int)
        write_trunk(pretrained(), fp32)
        write_int8(fp32, int8, [images[common[i]] for i in spread])
    describers = []
    for trunk in (int8, fp32):
        path = trunk.with_name(trunk.name.replace("trunk", "described"))
        write_description(trunk, path)
        describers.append(Describer(path, threads))
    small, exact = describers
    return Statistics(
        described(small, images, range(len(images)), plain, work / "plain-int8.npz"),
        described(exact, images, test, plain, work / "plain-fp32.npz"),
        tuple(
            described(small, images, train, changed(seed + copy), work / f"changed-{copy}-int8.npz")
            for copy in range(1, COPIES + 1)
        ),
    )


def run(
    fold: Fold,
    plan: Plan,
    samples: Sequence[Sample],
    images: Sequence[Pixels],
    statistics: Statistics,
    work: Path,
) -> None:
    """Leaves `fold-<n>` files in the work folder: logits and facts; for fold 0, the shipped run, the model too and its
    answers to changed images and to drawings.
    """
    started = time.monotonic()
    head, rows = _trained(fold, plan, samples, statistics)
    minutes = (time.monotonic() - started) / 60
    view = View(samples, fold)
    if fold == ALL_SOURCES:
        write_model(trunk_of(work, "int8"), head, model_of(work))
        model = Model(model_of(work), threads=1)
        _check_joined(model, head, images, statistics)
        changes, drawn = changed_logits(model, view, images), drawn_logits(model)
        np.savez_compressed(changed_of(work), **changes)  # type: ignore[arg-type]
        np.savez_compressed(drawn_of(work), **drawn)  # type: ignore[arg-type]
    facts = RunFacts(
        fold.number,
        rows,
        minutes,
        plan.seed,
        datetime.datetime.now(datetime.UTC).date().isoformat(),
    )
    Scored(
        facts,
        _scored(head, statistics.plain, view.to_score),
        _scored(head, statistics.fp32, np.flatnonzero(view.test)),
    ).save(work)


def trunk_of(work: Path, kind: str) -> Path:
    """kind: fp32 or int8."""
    return work / f"trunk-{kind}.onnx"


def model_of(work: Path) -> Path:
    """The file that is shipped."""
    return work / "model-int8.onnx"


def changed_of(work: Path) -> Path:
    """Logits of the shipped run on changed test images."""
    return work / "fold-0-changed.npz"


def drawn_of(work: Path) -> Path:
    """Logits of the shipped run on drawings."""
    return work / "fold-0-drawn.npz"


def _trained(
    fold: Fold, plan: Plan, samples: Sequence[Sample], statistics: Statistics
) -> tuple[Head, int]:
    chosen = seen_in_training(samples, fold, Split.TRAIN)
    is_fake = np.array([samples[i].label is Label.FAKE for i in chosen])
    sources = [samples[i].source for i in chosen]
    odds = np.zeros(len(chosen), dtype=np.float32)
    for label in (False, True):
        here = np.flatnonzero(is_fake == label)
        names = [sources[i] for i in here]
        odds[here] = odds_of(source_weights(names), names) / 2
    copies = (statistics.plain, *statistics.changed)
    features = np.concatenate([one[chosen] for one in copies])
    head = fit(
        plan,
        features,
        np.tile(is_fake, len(copies)),
        np.tile(np.array(sources), len(copies)),
        np.tile(odds, len(copies)) / len(copies),
    )
    return head, len(features)


def _scored(head: Head, features: Floats, members: np.ndarray) -> np.ndarray:
    logits = np.full(len(features), np.nan)
    logits[members] = head.logits(features[members])
    return logits


def _check_joined(
    model: Model, head: Head, images: Sequence[Pixels], statistics: Statistics
) -> None:
    """Raises ValueError when the file answers otherwise than trunk and head did."""
    looked_at = np.linspace(0, len(images) - 1, 50).astype(int)
    apart = np.abs(
        model.logits([images[i] for i in looked_at]) - head.logits(statistics.plain[looked_at])
    ).max()
    if apart > 1e-3:
        raise ValueError(f"the joined file's logits lie {apart:.4f} from those it was judged by")
