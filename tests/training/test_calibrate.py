"""Calibration and the choice of thresholds."""

from __future__ import annotations

import numpy as np
import pytest

from training.calibrate import (
    Allowance,
    Group,
    NoDecision,
    Platt,
    calibration_weights,
    choose_decision,
    fit_platt,
    in_choosing_half,
)
from training.sources import Label


def _drawn(a: float, b: float, n: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    logits = rng.normal(scale=3, size=n)
    return logits, rng.random(n) < Platt(a, b).probabilities(logits)


def test_platt_finds_the_slope_and_shift_that_made_the_data() -> None:
    logits, is_fake = _drawn(0.6, -0.8)
    found = fit_platt(logits, is_fake, np.ones(len(logits)))
    assert found.a == pytest.approx(0.6, abs=0.03)
    assert found.b == pytest.approx(-0.8, abs=0.06)


def test_platt_follows_the_weights() -> None:
    logits, is_fake = _drawn(0.6, -0.8)
    heavier_reals = fit_platt(logits, is_fake, np.where(is_fake, 1.0, 4.0))
    assert heavier_reals.b < fit_platt(logits, is_fake, np.ones(len(logits))).b - 0.5


def test_weights_balance_labels_and_give_left_out_reals_half_of_the_reals() -> None:
    is_fake = np.array([True] * 10 + [False] * 70 + [False] * 20)
    is_left_out = np.array([False] * 80 + [True] * 20)
    weights = calibration_weights(is_fake, is_left_out, fake_share=0.5)
    assert weights[is_fake].sum() == pytest.approx(50)
    assert weights[:80][~is_fake[:80]].sum() == pytest.approx(25)
    assert weights[is_left_out].sum() == pytest.approx(25)


def _groups(easy: bool) -> list[Group]:
    rng = np.random.default_rng(5)
    spread = 0.1 if easy else 0.35
    return [
        Group("photos", Label.REAL, np.clip(0.2 + spread * rng.normal(size=2000), 0.001, 0.999)),
        Group("made", Label.FAKE, np.clip(0.8 + spread * rng.normal(size=2000), 0.001, 0.999)),
    ]


@pytest.mark.parametrize("easy", [True, False])
def test_decision_keeps_its_promises_and_one_half_inside_the_band(easy: bool) -> None:
    allowed = 0.10 if easy else 0.20
    photos, made = _groups(easy)
    decision = choose_decision([photos, made], Allowance(allowed, 0.15))
    assert decision.real_at <= 0.5 <= decision.fake_at
    for group in (photos, made):
        uncertain = (group.probabilities > decision.real_at) & (
            group.probabilities < decision.fake_at
        )
        assert uncertain.mean() <= 0.15
    answered = (photos.probabilities >= decision.fake_at) | (
        photos.probabilities <= decision.real_at
    )
    assert (photos.probabilities >= decision.fake_at).sum() / answered.sum() <= allowed


def test_decision_is_refused_when_no_thresholds_can_keep_the_promise() -> None:
    fooled = Group("photos", Label.REAL, np.full(100, 0.995))
    with pytest.raises(NoDecision):
        choose_decision([fooled, _groups(True)[1]], Allowance(0.1, 0.15))


def test_halves_are_stable_and_about_equal() -> None:
    paths = [f"real/somewhere/{number}.jpg" for number in range(2000)]
    chosen = [in_choosing_half(path) for path in paths]
    assert chosen == [in_choosing_half(path) for path in paths]
    assert 900 < sum(chosen) < 1100


def test_fewer_fakes_assumed_make_reals_heavier() -> None:
    is_fake = np.array([True] * 50 + [False] * 50)
    is_left_out = np.array([False] * 75 + [True] * 25)
    weights = calibration_weights(is_fake, is_left_out, fake_share=0.2)
    assert weights[is_fake].sum() == pytest.approx(20)
    assert weights[~is_fake].sum() == pytest.approx(80)
