"""What the logits of a run say: figures per source, over the test images, and on sources left out. Pure numpy."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.calibrate import Evidence, Platt, own_map
from training.figures import (
    Interval,
    Scores,
    Share,
    Truths,
    auc,
    auc_interval,
    expected_calibration_error,
)
from training.sources import FACE_SWAP_SOURCES, Fold, Label, Sample, Split
from training.thresholds import Decision, verdict_shares


@dataclass(frozen=True)
class RunFacts:
    """How a run came about. samples: rows its head was trained on, changed copies included."""

    fold: int
    samples: int
    minutes: float
    seed: int
    trained_on: str


@dataclass(frozen=True)
class Scored:
    """A finished run: one logit of the int8 model per line of the manifest, NaN for images it was trained on.

    `fp32`: the same of the model before quantisation, over the test images only.
    """

    facts: RunFacts
    int8: Scores
    fp32: Scores

    def save(self, folder: Path) -> None:
        """As `fold-<n>.npz` and `fold-<n>.json`."""
        np.savez_compressed(folder / f"fold-{self.facts.fold}.npz", int8=self.int8, fp32=self.fp32)
        (folder / f"fold-{self.facts.fold}.json").write_text(
            json.dumps(asdict(self.facts)), encoding="utf-8"
        )

    @classmethod
    def load(cls, folder: Path, fold: int) -> Scored | None:
        """None when that fold has not been run."""
        facts, logits = folder / f"fold-{fold}.json", folder / f"fold-{fold}.npz"
        if not facts.exists() or not logits.exists():
            return None
        with np.load(logits) as stored:
            return cls(
                RunFacts(**json.loads(facts.read_text(encoding="utf-8"))),
                stored["int8"],
                stored["fp32"],
            )


@dataclass(frozen=True)
class Area:
    """An AUC with its interval."""

    value: float
    interval: Interval
    n: int


@dataclass(frozen=True)
class SourceFigures:
    """One source at the thresholds. `right_or_wrong`: false positives of reals, recall of fakes, among the answered.

    `area`: against the seen test images of the other label; of a left-out source against the fold's left-out sources of the other label.
    """

    source: str
    label: Label
    generator: str
    seen: bool
    n: int
    area: Area
    right_or_wrong: Share
    uncertain: Share


@dataclass(frozen=True)
class Pooled:
    """Several sources together."""

    accuracy: Share
    area: Area
    calibration_error: float
    uncertain: Share


@dataclass(frozen=True)
class Figures:
    """Everything measured about one run under one map and decision. `unseen` is None for the run that leaves nothing out."""

    test: Pooled
    unseen: Pooled | None
    whole_image: Area
    sources: tuple[SourceFigures, ...]


class View:
    """The manifest as arrays, seen from one fold."""

    def __init__(self, samples: Sequence[Sample], fold: Fold) -> None:
        self.samples = samples
        self.is_fake: Truths = np.array([s.label is Label.FAKE for s in samples])
        self.source = np.array([s.source for s in samples])
        self.left_out: NDArray[np.bool_] = np.isin(self.source, fold.left_out)
        self.test: NDArray[np.bool_] = np.array([s.split is Split.TEST for s in samples])
        self.val: NDArray[np.bool_] = np.array([s.split is Split.VAL for s in samples])

    @property
    def to_score(self) -> NDArray[np.int64]:
        """Every image the run was not trained on."""
        return np.flatnonzero(self.val | self.test | self.left_out)


def own_map_of(view: View, logits: Scores) -> Platt:
    """The run's own map, from the validation images of sources it knows."""
    chosen = view.val & ~view.left_out
    return own_map(logits[chosen], view.is_fake[chosen])


def evidence_of(view: View, logits: Scores, fold: Fold) -> Evidence:
    """What a fold's run has to say about the shared map and the thresholds."""
    chosen = np.flatnonzero((view.val & ~view.left_out) | view.left_out)
    return Evidence(
        log_odds=own_map_of(view, logits).log_odds(logits[chosen]),
        is_fake=view.is_fake[chosen],
        is_unseen=view.left_out[chosen],
        fold=np.full(len(chosen), fold.number),
        source=view.source[chosen],
    )


def figures_of(view: View, logits: Scores, platt: Platt, decision: Decision) -> Figures:
    """On the test images of seen sources and on every image of the sources left out. `platt`: from the run's logits to P(fake)."""
    seen = view.test & ~view.left_out
    measured = seen | view.left_out
    return Figures(
        test=pooled(view, logits, platt, decision, seen),
        unseen=pooled(view, logits, platt, decision, view.left_out)
        if view.left_out.any()
        else None,
        whole_image=area_of(view, logits, seen & ~np.isin(view.source, list(FACE_SWAP_SOURCES))),
        sources=tuple(
            _source(view, logits, platt, decision, source)
            for source in sorted(set(view.source[measured]))
        ),
    )


def area_of(view: View, logits: Scores, members: NDArray[np.bool_]) -> Area:
    """AUC over the members."""
    scores, truths = logits[members], view.is_fake[members]
    return Area(auc(scores, truths), auc_interval(scores, truths), int(members.sum()))


def pooled(
    view: View, logits: Scores, platt: Platt, decision: Decision, members: NDArray[np.bool_]
) -> Pooled:
    """The members together."""
    probabilities, truths = platt.probabilities(logits[members]), view.is_fake[members]
    _, wrongly_unsure, caught = verdict_shares(probabilities[truths], decision)
    spared, unsure, _ = verdict_shares(probabilities[~truths], decision)
    abstained = wrongly_unsure + unsure
    return Pooled(
        accuracy=Share(caught + spared, len(truths) - abstained),
        area=area_of(view, logits, members),
        calibration_error=expected_calibration_error(probabilities, truths),
        uncertain=Share(abstained, len(truths)),
    )


def _source(
    view: View, logits: Scores, platt: Platt, decision: Decision, source: str
) -> SourceFigures:
    here = view.source == source
    first = view.samples[int(np.flatnonzero(here)[0])]
    seen = not bool(view.left_out[here].any())
    opposite = view.is_fake != (first.label is Label.FAKE)
    kind = view.test & ~view.left_out if seen else view.left_out
    members = here & kind
    real, uncertain, fake = verdict_shares(platt.probabilities(logits[members]), decision)
    return SourceFigures(
        source=source,
        label=first.label,
        generator=first.generator,
        seen=seen,
        n=int(members.sum()),
        area=area_of(view, logits, kind & (here | opposite)),
        right_or_wrong=Share(fake, fake + real),
        uncertain=Share(uncertain, int(members.sum())),
    )
