"""Which images choose, which are measured, and what the figures count."""

from __future__ import annotations

import numpy as np

from training.calibrate import Platt
from training.results import View, evidence_of, figures_of
from training.sources import ALL_SOURCES, Fold, Label, Sample, Split
from training.thresholds import Decision

_FOLD = Fold(9, ("new_gan",), ("new_camera",))
_DECISION = Decision(fake_at=0.6, real_at=0.4)
_AS_IS = Platt(1.0, 0.0)


def _samples() -> list[Sample]:
    kinds = (
        ("old_gan", Label.FAKE),
        ("old_camera", Label.REAL),
        ("new_gan", Label.FAKE),
        ("new_camera", Label.REAL),
    )
    return [
        Sample(f"{source}/{split}/{number}", label, source, "-", "-", split)
        for source, label in kinds
        for split in Split
        for number in range(40)
    ]


def test_seen_sources_are_measured_on_test_images_and_left_out_ones_on_all() -> None:
    view = View(_samples(), _FOLD)
    logits = np.where(view.is_fake, 3.0, -3.0)
    figures = figures_of(view, logits, _AS_IS, _DECISION)
    assert {source.source: source.n for source in figures.sources} == {
        "old_gan": 40,
        "old_camera": 40,
        "new_gan": 120,
        "new_camera": 120,
    }
    assert figures.test.accuracy.n == 80
    assert figures.unseen is not None
    assert figures.unseen.accuracy.n == 240


def test_the_run_on_all_sources_has_no_unseen_figures() -> None:
    view = View(_samples(), ALL_SOURCES)
    logits = np.where(view.is_fake, 3.0, -3.0)
    figures = figures_of(view, logits, _AS_IS, _DECISION)
    assert figures.unseen is None
    assert all(source.seen and source.n == 40 for source in figures.sources)


def test_test_images_of_seen_sources_choose_nothing() -> None:
    view = View(_samples(), _FOLD)
    logits = np.where(view.is_fake, 3.0, -3.0)
    untouched = evidence_of(view, logits, _FOLD)
    changed = logits.copy()
    changed[view.test & ~view.left_out] = np.nan
    assert np.array_equal(evidence_of(view, changed, _FOLD).log_odds, untouched.log_odds)
    assert int(untouched.is_unseen.sum()) == 240
    assert int((~untouched.is_unseen).sum()) == 80


def test_the_scale_of_a_run_does_not_matter() -> None:
    view = View(_samples(), _FOLD)
    rng = np.random.default_rng(7)
    logits = rng.normal(size=len(view.is_fake)) + np.where(view.is_fake, 1.0, -1.0)
    one, other = (evidence_of(view, scale * logits, _FOLD).log_odds for scale in (1.0, 5.0))
    assert np.allclose(one, other, atol=0.02)


def test_images_seen_in_training_are_never_scored() -> None:
    samples = _samples()
    scored = {
        samples[i].split
        for i in View(samples, _FOLD).to_score
        if samples[i].source not in _FOLD.left_out
    }
    assert scored == {Split.VAL, Split.TEST}


def test_abstentions_count_apart_from_right_and_wrong() -> None:
    view = View(_samples(), _FOLD)
    logits = np.where(view.is_fake, 3.0, -3.0)
    unsure = np.flatnonzero(view.test & (view.source == "old_camera"))[:10]
    wrong = np.flatnonzero(view.test & (view.source == "old_camera"))[10:13]
    logits[unsure], logits[wrong] = 0.0, 3.0
    figures = figures_of(view, logits, _AS_IS, _DECISION)
    camera = next(s for s in figures.sources if s.source == "old_camera")
    assert (camera.uncertain.part, camera.uncertain.n) == (10, 40)
    assert (camera.right_or_wrong.part, camera.right_or_wrong.n) == (3, 30)
