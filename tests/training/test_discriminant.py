"""The linear half of the head, on clouds of points."""

from __future__ import annotations

import numpy as np
import pytest

from training.discriminant import discriminant


def _clouds(offsets: dict[str, tuple[float, float]], n: int = 400) -> tuple[np.ndarray, ...]:
    """Sources of round clouds around their offsets; names that start with f are fakes."""
    rng = np.random.default_rng(3)
    x = np.concatenate([rng.normal(size=(n, 2)) + at for at in offsets.values()])
    names = np.repeat(list(offsets), n)
    odds = np.full(len(names), 1 / len(names), dtype=np.float32)
    return x.astype(np.float32), np.char.startswith(names, "f"), names, odds


def test_the_direction_goes_from_reals_to_fakes() -> None:
    direction = discriminant(*_clouds({"r1": (0, 0), "f1": (3, 0)}), ridge=0.1, between_sources=0.2)
    assert direction[0] > 0
    assert abs(direction[1]) < 0.1 * direction[0]


def test_the_distance_between_sources_turns_the_direction_as_far_as_it_counts() -> None:
    clouds = _clouds({"r1": (0, 0), "f1": (2, 7), "f2": (2, -3)})
    slopes = []
    for between_sources in (0.0, 0.2, 1.0):
        direction = discriminant(*clouds, ridge=0.1, between_sources=between_sources)
        slopes.append(direction[1] / direction[0])
    assert slopes[0] == pytest.approx(1, abs=0.1)
    assert slopes[0] > 1.5 * slopes[1] > 3 * slopes[2] > 0


def test_statistics_that_vary_inside_a_source_count_less() -> None:
    x, truths, names, odds = _clouds({"r1": (0, 0), "f1": (1, 1)})
    for name in ("r1", "f1"):
        here = names == name
        x[here, 1] += 4 * (x[here, 1] - x[here, 1].mean())
    direction = discriminant(x, truths, names, odds, ridge=0.0, between_sources=0.2)
    assert direction[0] > 10 * abs(direction[1])


def test_a_row_without_weight_changes_nothing() -> None:
    x, truths, names, odds = _clouds({"r1": (0, 0), "f1": (3, 0)})
    odds[-1] = 0
    before = discriminant(x, truths, names, odds, ridge=0.1, between_sources=0.2)
    x[-1] = (-4, 4)
    assert discriminant(x, truths, names, odds, ridge=0.1, between_sources=0.2) == pytest.approx(
        before, abs=1e-6
    )


def test_one_label_alone_is_refused() -> None:
    x, truths, names, odds = _clouds({"f1": (0, 0), "f2": (3, 0)})
    with pytest.raises(ValueError, match="both labels"):
        discriminant(x, truths, names, odds, ridge=0.1, between_sources=0.2)
