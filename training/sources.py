"""Which images there are, where they come from, and which are left out of each run."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Label(StrEnum):
    """What an image is."""

    REAL = "real"
    FAKE = "fake"


class Split(StrEnum):
    """The part of the data an image belongs to, as the manifest fixes it."""

    TRAIN = "train"
    VAL = "val"
    TEST = "test"


@dataclass(frozen=True)
class Sample:
    """One line of the manifest. `path` is also the member's name inside `<split>.tar`."""

    path: str
    label: Label
    source: str
    generator: str
    licence: str
    split: Split


@dataclass(frozen=True)
class Fold:
    """Sources that training never sees: one generator (all its sources) and one source of real photographs."""

    number: int
    fake_sources: tuple[str, ...]
    real_sources: tuple[str, ...]

    @property
    def left_out(self) -> tuple[str, ...]:
        """Every source that this fold keeps away from training and validation."""
        return self.fake_sources + self.real_sources


# Every real source left out has at least 300 images, so that a false-positive rate near 15 % is known to about 3 points.
FOLDS: tuple[Fold, ...] = (
    Fold(1, ("stylegan3_skl",), ("yonsei_real",)),
    Fold(2, ("sfhq_sdxl",), ("unsplash_hard",)),
    Fold(3, ("sdfd_sd21",), ("muxspace",)),
    Fold(4, ("stylegan2_dina", "stylegan2_hard"), ("web_nomask",)),
)

# The face-swap source pairs with the reals it was cut from, and its fakes differ from them in more than
# the swap (54 % men against 36 %), so both sides count less.
_REDUCED_WEIGHT = {"ds10k_ai": 0.5, "ds10k_real": 0.5}

# Whole pictures made by a generator, in contrast to faces pasted into a photograph.
FACE_SWAP_SOURCES = frozenset({"ds10k_ai"})


# Nothing left out: the run whose file is shipped.
ALL_SOURCES = Fold(0, (), ())


def fold_of(number: int) -> Fold:
    """Raises ValueError for a number without a fold."""
    for fold in (ALL_SOURCES, *FOLDS):
        if fold.number == number:
            return fold
    raise ValueError(
        f"fold {number} does not exist; choose one of {[fold.number for fold in FOLDS]}"
    )


def read_manifest(path: Path) -> list[Sample]:
    """Raises KeyError when a column is missing, ValueError for an unknown label or split."""
    with path.open(newline="", encoding="utf-8") as lines:
        return [
            Sample(
                path=row["path"],
                label=Label(row["label"]),
                source=row["source"],
                generator=row["generator"],
                licence=row["licence"],
                split=Split(row["split"]),
            )
            for row in csv.DictReader(lines)
        ]


def seen_in_training(samples: Sequence[Sample], fold: Fold, split: Split) -> list[int]:
    """Positions of the samples of one split, without the sources that the fold leaves out."""
    return [i for i, s in enumerate(samples) if s.split is split and s.source not in fold.left_out]


def left_out(samples: Sequence[Sample], fold: Fold) -> list[int]:
    """Positions of all samples, whatever their split, of the sources that the fold leaves out."""
    return [i for i, s in enumerate(samples) if s.source in fold.left_out]


def source_weights(sources: Iterable[str]) -> dict[str, float]:
    """How often each source is drawn within its label; the values add up to 1.

    A source counts by the square root of its size: large ones don't drown the small, small ones aren't learned by heart.
    """
    sizes = Counter(sources)
    raw = {source: size**0.5 * _REDUCED_WEIGHT.get(source, 1.0) for source, size in sizes.items()}
    total = sum(raw.values())
    return {source: weight / total for source, weight in raw.items()}
