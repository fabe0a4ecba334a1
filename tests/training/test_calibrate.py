"""Probabilities: a run's own map, the map all runs share, and what each is made from."""

from __future__ import annotations

import numpy as np
import pytest

from training.calibrate import (
    ALLOWANCES,
    FAKE_SHARES,
    LAST_RESORT,
    Evidence,
    Platt,
    calibrate,
    evidence_weights,
    fit_platt,
    pooled,
)
from training.figures import expected_calibration_error


def _drawn(a: float, b: float, n: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    logits = rng.normal(scale=3, size=n)
    return logits, rng.random(n) < Platt(a, b).probabilities(logits)


def _evidence(fold: int, shift: float = 0.0, apart: float = 2.0) -> Evidence:
    """200 seen and 200 unseen images of each label. `shift` moves the unseen reals towards fake, `apart` is half their distance."""
    rng = np.random.default_rng(fold)
    is_fake = np.tile(np.repeat([True, False], 200), 2)
    is_unseen = np.repeat([False, True], 400)
    log_odds = rng.normal(size=800) + np.where(is_fake, 1.0, -1.0) * np.where(is_unseen, apart, 4.0)
    log_odds[is_unseen & ~is_fake] += shift
    source = np.array(
        [
            f"{'new' if u else 'old'}_{'gan' if f else 'camera'}"
            for f, u in zip(is_fake, is_unseen, strict=True)
        ]
    )
    return Evidence(log_odds, is_fake, is_unseen, np.full(800, fold), source)


def test_platt_finds_the_slope_and_shift_that_made_the_data() -> None:
    logits, is_fake = _drawn(0.6, -0.8)
    found = fit_platt(logits, is_fake, np.ones(len(logits)))
    assert found.a == pytest.approx(0.6, abs=0.03)
    assert found.b == pytest.approx(-0.8, abs=0.06)


def test_platt_follows_the_weights() -> None:
    logits, is_fake = _drawn(0.6, -0.8)
    heavier_reals = fit_platt(logits, is_fake, np.where(is_fake, 1.0, 4.0))
    assert heavier_reals.b < fit_platt(logits, is_fake, np.ones(len(logits))).b - 0.5


def test_two_maps_after_each_other_are_one() -> None:
    first, second = Platt(0.5, 1.0), Platt(2.0, -0.3)
    logits = np.linspace(-5, 5, 7)
    together = second.after(first).probabilities(logits)
    assert together == pytest.approx(second.probabilities(first.log_odds(logits)))


def test_every_fold_and_label_of_the_unseen_weighs_the_same_however_many_images_it_has() -> None:
    large, small = _evidence(1), _evidence(2)
    few = np.ones(800, dtype=bool)
    few[500:590] = False
    small = Evidence(
        small.log_odds[few],
        small.is_fake[few],
        small.is_unseen[few],
        small.fold[few],
        small.source[few],
    )
    both = pooled([large, small])
    weights = evidence_weights(both, 0.4)
    assert weights.sum() == pytest.approx(len(weights))
    cells = {
        (fold, fake): weights[both.is_unseen & (both.fold == fold) & (both.is_fake == fake)].sum()
        for fold in (1, 2)
        for fake in (True, False)
    }
    assert list(cells.values()) == pytest.approx([0.1 * len(weights)] * 4)


def test_easy_sources_keep_the_first_allowance_with_as_many_fakes_as_reals() -> None:
    evidence = pooled([_evidence(fold) for fold in (1, 2)])
    found = calibrate(evidence)
    assert (found.allowance, found.fake_share) == (ALLOWANCES[0], FAKE_SHARES[0])
    unseen = evidence.is_unseen
    stated = found.shared.probabilities(evidence.log_odds[unseen])
    assert expected_calibration_error(stated, evidence.is_fake[unseen]) < 0.1


def test_a_kept_allowance_holds_for_the_worst_source() -> None:
    evidence = pooled([_evidence(1), _evidence(2, shift=1.0)])
    found = calibrate(evidence)
    assert found.allowance != LAST_RESORT
    for fold in (1, 2):
        reals = evidence.is_unseen & ~evidence.is_fake & (evidence.fold == fold)
        stated = found.shared.probabilities(evidence.log_odds[reals])
        fake = (stated >= found.decision.fake_at).mean()
        real = (stated <= found.decision.real_at).mean()
        assert fake / (fake + real) <= found.allowance.false_positives
        assert 1 - fake - real <= found.allowance.uncertain


def test_hopeless_sources_get_thresholds_all_the_same() -> None:
    found = calibrate(_evidence(1, shift=6.0, apart=0.0))
    assert found.allowance == LAST_RESORT
    assert found.decision.real_at <= 0.5 <= found.decision.fake_at


def test_a_fold_is_forgotten_altogether() -> None:
    first, second = _evidence(1), _evidence(2, shift=2.0)
    assert calibrate(pooled([first, second]).without(2)) == calibrate(first)
