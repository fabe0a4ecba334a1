"""Which images choose, which are measured, and what the figures count."""

from __future__ import annotations

import numpy as np

from training.calibrate import Allowance, Calibration, Decision, Platt
from training.results import View, calibrate, figures_of, verdict_shares
from training.sources import Fold, Label, Sample, Split

_FOLD = Fold(9, ("new_gan",), ("new_camera",))
_DECISION = Decision(fake_at=0.6, real_at=0.4)
_CALIBRATION = Calibration(Platt(1.0, 0.0), _DECISION, 0.5, Allowance(0.1, 0.15))


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


def test_no_image_both_chooses_and_is_measured() -> None:
    samples = _samples()
    view = View(samples, _FOLD)
    logits = np.where(view.is_fake, 3.0, -3.0)
    figures = figures_of(view, logits, _CALIBRATION)
    by_source = {source.source: source for source in figures.sources}
    assert by_source["old_camera"].n == 40
    assert by_source["new_gan"].n == 120
    assert by_source["new_camera"].n == 120 - int(
        (view.choosing & (view.source == "new_camera")).sum()
    )
    assert not (view.choosing & view.test & ~view.left_out).any()


def test_images_seen_in_training_are_never_scored() -> None:
    samples = _samples()
    scored = {
        samples[i].split
        for i in View(samples, _FOLD).to_score
        if samples[i].source not in _FOLD.left_out
    }
    assert scored == {Split.VAL, Split.TEST}


def test_abstentions_count_apart_from_right_and_wrong() -> None:
    samples = _samples()
    view = View(samples, _FOLD)
    logits = np.where(view.is_fake, 3.0, -3.0)
    unsure = np.flatnonzero(view.test & (view.source == "old_camera"))[:10]
    wrong = np.flatnonzero(view.test & (view.source == "old_camera"))[10:13]
    logits[unsure], logits[wrong] = 0.0, 3.0
    camera = next(
        s for s in figures_of(view, logits, _CALIBRATION).sources if s.source == "old_camera"
    )
    assert (camera.uncertain.part, camera.uncertain.n) == (10, 40)
    assert (camera.right_or_wrong.part, camera.right_or_wrong.n) == (3, 30)


def test_verdicts_add_up_to_all_images() -> None:
    probabilities = np.array([0.0, 0.4, 0.41, 0.5, 0.59, 0.6, 1.0])
    assert verdict_shares(probabilities, _DECISION) == (2, 3, 2)


def test_calibration_assumes_fewer_fakes_when_unknown_photographs_look_fake() -> None:
    samples = _samples()
    view = View(samples, _FOLD)
    rng = np.random.default_rng(7)
    logits = rng.normal(scale=0.7, size=len(samples)) + np.where(view.is_fake, 3.0, -3.0)
    assert calibrate(view, logits).fake_share == 0.5
    logits[view.source == "new_camera"] += 5.0
    strained = calibrate(view, logits)
    spared = strained.platt.probabilities(logits[view.choosing & (view.source == "new_camera")])
    assert (spared >= strained.decision.fake_at).mean() <= strained.allowance.false_positives
