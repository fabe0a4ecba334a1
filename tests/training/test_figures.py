"""The measures of the training report, against values known otherwise."""

from __future__ import annotations

import numpy as np
import pytest

from training.figures import Share, auc, auc_interval, expected_calibration_error, wilson


def test_auc_counts_a_tie_as_half() -> None:
    scores = np.array([0.1, 0.5, 0.5, 0.9])
    is_fake = np.array([False, False, True, True])
    assert auc(scores, is_fake) == pytest.approx((1 + 0.5 + 1 + 1) / 4)


def test_auc_equals_the_share_of_pairs_in_the_right_order() -> None:
    rng = np.random.default_rng(1)
    is_fake = rng.random(200) < 0.4
    scores = np.round(rng.normal(size=200) + is_fake, 1)
    pairs = [(f > r) + 0.5 * (f == r) for f in scores[is_fake] for r in scores[~is_fake]]
    assert auc(scores, is_fake) == pytest.approx(float(np.mean(pairs)))


def test_auc_of_one_kind_only_is_not_a_number() -> None:
    assert np.isnan(auc(np.array([0.2, 0.3]), np.array([True, True])))


def test_auc_interval_covers_the_true_area_about_95_times_in_100() -> None:
    rng = np.random.default_rng(2)
    true_area = 0.7602499  # two normals of unit variance, means one apart: Phi(1 / sqrt 2)
    is_fake = np.repeat([True, False], 80)
    covered = 0
    for _ in range(300):
        found = auc_interval(rng.normal(size=160) + is_fake, is_fake)
        covered += found.low <= true_area <= found.high
    assert 0.90 <= covered / 300 <= 0.99


def test_wilson_agrees_with_the_published_example() -> None:
    # Newcombe 1998, Statistics in Medicine 17, table I: 81 of 263 gives 0.2553 to 0.3662.
    found = wilson(81, 263)
    assert found.low == pytest.approx(25.53, abs=0.01)
    assert found.high == pytest.approx(36.62, abs=0.01)


def test_wilson_never_claims_certainty_from_a_clean_sample() -> None:
    assert wilson(30, 30).low < 90
    assert wilson(0, 30).high > 10


def test_share_of_nothing_is_unknown() -> None:
    assert Share(0, 0).percent is None
    assert (Share(0, 0).interval.low, Share(0, 0).interval.high) == (0, 100)


def test_calibration_error_is_small_for_honest_and_large_for_boastful_probabilities() -> None:
    rng = np.random.default_rng(3)
    honest = rng.random(20_000)
    truths = rng.random(20_000) < honest
    assert expected_calibration_error(honest, truths) < 0.02
    assert expected_calibration_error(np.where(honest > 0.5, 0.99, 0.01), truths) > 0.2
