"""What the logits of one run say: figures per source, over the test images, and on sources left out. Pure numpy."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.calibrate import (
    ALLOWANCES,
    FAKE_SHARES,
    Calibration,
    Decision,
    Group,
    NoDecision,
    Platt,
    calibration_weights,
    choose_decision,
    fit_platt,
    in_choosing_half,
)
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


@dataclass(frozen=True)
class RunFacts:
    """How a run came about."""

    fold: int
    samples: int
    minutes: float
    seed: int
    trained_on: str


@dataclass(frozen=True)
class Scored:
    """A finished run: one logit of the int8 model per line of the manifest, NaN for images it was trained on."""

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
    """One source at the thresholds. `right_or_wrong`: false positives of reals, recall of fakes, among the answered."""

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
    """Everything measured about one run under one calibration and decision."""

    test: Pooled
    unseen: Pooled
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
        half = np.array([in_choosing_half(s.path) for s in samples])
        self.choosing: NDArray[np.bool_] = (self.val & ~self.left_out) | (
            self.left_out & ~self.is_fake & half
        )

    @property
    def to_score(self) -> NDArray[np.int64]:
        """Every image the run was not trained on."""
        return np.flatnonzero(self.val | self.test | self.left_out)


def calibrate(view: View, logits: Scores) -> Calibration:
    """From validation images of seen sources and one half of the left-out real source.

    Raises NoDecision when not even the last allowance can be kept with the fewest fakes.
    """
    chosen = np.flatnonzero(view.choosing)
    truths, is_left_out = view.is_fake[chosen], view.left_out[chosen]
    for fake_share in FAKE_SHARES:
        weights = calibration_weights(truths, is_left_out, fake_share)
        platt = fit_platt(logits[chosen], truths, weights)
        for allowance in ALLOWANCES:
            with contextlib.suppress(NoDecision):
                decision = choose_decision(_groups(view, logits, platt, chosen), allowance)
                return Calibration(platt, decision, fake_share, allowance)
    raise NoDecision(f"no thresholds keep {ALLOWANCES[-1]}, however few fakes are assumed")


def _groups(view: View, logits: Scores, platt: Platt, chosen: NDArray[np.int64]) -> list[Group]:
    """Sources with fewer than 30 images to choose with have no say."""
    groups = []
    for source in sorted(set(view.source[chosen])):
        members = chosen[view.source[chosen] == source]
        if len(members) >= 30:
            label = Label.FAKE if view.is_fake[members[0]] else Label.REAL
            groups.append(Group(source, label, platt.probabilities(logits[members])))
    return groups


def figures_of(view: View, logits: Scores, calibration: Calibration) -> Figures:
    """Thresholds and calibration are measured only on images that took no part in choosing them; AUCs don't depend on either."""
    platt, decision = calibration.platt, calibration.decision
    measured = ~view.choosing & (view.test | view.left_out)
    return Figures(
        test=_pooled(view, logits, platt, decision, view.test & measured, view.test),
        unseen=_pooled(view, logits, platt, decision, view.left_out & measured, view.left_out),
        whole_image=area_of(
            view, logits, view.test & ~np.isin(view.source, list(FACE_SWAP_SOURCES))
        ),
        sources=tuple(
            _source(view, logits, platt, decision, source, measured)
            for source in sorted(set(view.source[measured]))
        ),
    )


def area_of(view: View, logits: Scores, members: NDArray[np.bool_]) -> Area:
    """AUC over the members."""
    scores, truths = logits[members], view.is_fake[members]
    return Area(auc(scores, truths), auc_interval(scores, truths), int(members.sum()))


def verdict_shares(probabilities: Scores, decision: Decision) -> tuple[int, int, int]:
    """How many are called real, uncertain, fake."""
    fake = int((probabilities >= decision.fake_at).sum())
    real = int((probabilities <= decision.real_at).sum())
    return real, len(probabilities) - real - fake, fake


def _pooled(
    view: View,
    logits: Scores,
    platt: Platt,
    decision: Decision,
    members: NDArray[np.bool_],
    for_area: NDArray[np.bool_],
) -> Pooled:
    probabilities, truths = platt.probabilities(logits[members]), view.is_fake[members]
    _, wrongly_unsure, caught = verdict_shares(probabilities[truths], decision)
    spared, unsure, _ = verdict_shares(probabilities[~truths], decision)
    abstained = wrongly_unsure + unsure
    return Pooled(
        accuracy=Share(caught + spared, len(truths) - abstained),
        area=area_of(view, logits, for_area),
        calibration_error=expected_calibration_error(probabilities, truths),
        uncertain=Share(abstained, len(truths)),
    )


def _source(
    view: View,
    logits: Scores,
    platt: Platt,
    decision: Decision,
    source: str,
    measured: NDArray[np.bool_],
) -> SourceFigures:
    here = view.source == source
    first = view.samples[int(np.flatnonzero(here)[0])]
    seen = not bool(view.left_out[here].any())
    opposite = view.is_fake != (first.label is Label.FAKE)
    # A left-out source is compared with the left-out source of the other label, a seen one with seen test images.
    against = opposite & (view.test & ~view.left_out if seen else view.left_out)
    own = here & (view.test if seen else view.left_out)
    members = here & measured
    real, uncertain, fake = verdict_shares(platt.probabilities(logits[members]), decision)
    return SourceFigures(
        source=source,
        label=first.label,
        generator=first.generator,
        seen=seen,
        n=int(members.sum()),
        area=area_of(view, logits, own | against),
        right_or_wrong=Share(fake, fake + real),
        uncertain=Share(uncertain, int(members.sum())),
    )
