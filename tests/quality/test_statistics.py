"""Each figure against values computed by hand."""

import numpy as np
import pytest

from verascope.metrics import wilson
from verascope.quality.statistics import Share, auc, calibration_error, percentile


def test_wilsons_interval_of_eight_in_ten() -> None:
    found = wilson(8, 10)
    assert (found.low, found.high) == pytest.approx((49.02, 94.33), abs=0.01)


def test_wilsons_interval_of_nobody_and_of_all() -> None:
    assert (wilson(0, 10).low, wilson(0, 10).high) == pytest.approx((0, 27.75), abs=0.01)
    assert (wilson(10, 10).low, wilson(10, 10).high) == pytest.approx((72.25, 100), abs=0.01)
    assert (wilson(0, 0).low, wilson(0, 0).high) == (0, 100)


@pytest.mark.parametrize("n", range(1, 300))
def test_wilsons_interval_holds_its_share_to_the_last_bit(n: int) -> None:
    assert wilson(0, n).low == 0
    assert wilson(n, n).high == 100
    assert all(
        wilson(part, n).low <= 100 * part / n <= wilson(part, n).high for part in range(n + 1)
    )


def test_a_share_of_nothing_is_unknown() -> None:
    assert (Share(0, 0).percent, Share(0, 0).interval) == (None, None)
    assert Share(1, 4).percent == 25


def test_auc_counts_pairs_and_halves_ties() -> None:
    # Fakes 0.9, 0.8, 0.4 against reals 0.7, 0.3, 0.2, 0.4: 4 + 4 + 2.5 of 12 pairs.
    scores = np.array([0.9, 0.8, 0.4, 0.7, 0.3, 0.2, 0.4])
    truths = np.array([True] * 3 + [False] * 4)
    found = auc(scores, truths)
    assert found is not None
    assert found.interval is not None
    assert found.value == pytest.approx(0.875)
    # Components 1, 1, 0.625 and 2/3, 1, 1, 5/6: variance 0.046875/3 + 0.025463/4 = 0.0219907.
    assert found.interval.low == pytest.approx(0.875 - 1.959964 * 0.0219907**0.5, abs=1e-6)
    assert found.interval.high == 1.0


def test_auc_needs_both_kinds_and_two_of_each_for_an_interval() -> None:
    assert auc(np.array([0.5, 0.6]), np.array([True, True])) is None
    found = auc(np.array([0.6, 0.5]), np.array([True, False]))
    assert found is not None
    assert (found.value, found.interval) == (1.0, None)


def test_calibration_error_weighs_bins_of_equal_mass() -> None:
    # Bins {0.1, 0.2} and {0.8, 0.9}: stated 0.15 and 0.85, observed 0.5 and 1.
    probabilities = np.array([0.9, 0.1, 0.8, 0.2])
    truths = np.array([True, False, True, True])
    assert calibration_error(probabilities, truths, bins=2) == pytest.approx(0.25)
    assert calibration_error(np.array([]), np.array([], bool)) is None


def test_with_fewer_pictures_than_bins_each_is_a_bin() -> None:
    assert calibration_error(np.array([0.2, 0.7]), np.array([False, True])) == pytest.approx(0.25)


def test_percentiles_are_nearest_ranks() -> None:
    values = np.array([5.0, 1, 4, 2, 3, 10, 9, 8, 7, 6])
    assert [percentile(values, p) for p in (50, 95, 99, 10)] == [5, 10, 10, 1]
    assert percentile(np.array([]), 50) is None
