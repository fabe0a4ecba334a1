"""The two parts of a map."""

from __future__ import annotations

import numpy as np
import pytest

from training.regions import region_weights


@pytest.mark.parametrize("side", [7, 14, 28])
def test_both_parts_are_means_and_share_no_place(side: int) -> None:
    weights = region_weights(side)
    assert weights.shape == (side * side, 2)
    assert weights.sum(axis=0) == pytest.approx([1, 1], abs=1e-5)
    assert ((weights > 0).sum(axis=1) == 1).all()


def test_the_middle_is_the_middle_and_higher_than_wide() -> None:
    middle = (region_weights(14)[:, 0] > 0).reshape(14, 14)
    assert middle[6:8, 6:8].all()
    assert not middle[[0, 0, -1, -1], [0, -1, 0, -1]].any()
    assert middle.any(axis=1).sum() > middle.any(axis=0).sum()
    assert np.array_equal(middle, middle[::-1, ::-1])


def test_a_map_without_two_parts_is_refused() -> None:
    with pytest.raises(ValueError, match="1 × 1"):
        region_weights(1)
