"""The dictionary of numbers."""

from math import ceil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from verascope.metrics import GAMMA, METRICS, quantile_of
from verascope.store.slices import duration_bins
from verascope.store.tables import COUNTERS

NOTHING = dict.fromkeys((*COUNTERS, "seconds"), 0)


@given(
    st.lists(st.integers(1, 10**12), min_size=1, max_size=300),
    st.sampled_from([0.01, 0.5, 0.95, 0.99, 1.0]),
)
def test_a_quantile_lies_within_two_percent_of_the_exact_nearest_rank(
    us: list[int], q: float
) -> None:
    bins, n = np.unique(duration_bins(np.array(us, dtype=np.int64)), return_counts=True)
    estimate = quantile_of(dict(zip(bins.tolist(), n.tolist(), strict=True)), q)
    exact = sorted(us)[ceil(q * len(us)) - 1] / 1000
    assert estimate is not None
    assert abs(estimate - exact) <= 0.02 * exact


def test_no_measurements_have_no_quantile_and_zero_durations_read_as_zero() -> None:
    assert quantile_of({}, 0.5) is None
    assert quantile_of({int(duration_bins(np.array([0]))[0]): 3}, 0.5) == 0.0
    assert GAMMA == 1.04


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_a_metric_of_nothing_claims_nothing(metric) -> None:  # type: ignore[no-untyped-def]
    if metric.compute is None:
        assert metric.quantile is not None or metric.is_peak or metric.is_labelled
        return
    assert set(metric.parts) <= set(NOTHING)
    value = metric.compute({name: NOTHING[name] for name in metric.parts})
    assert value in (0, None, "0.000000")
    assert metric.definition.endswith(".")


def test_success_rate_and_error_rate_add_up_to_a_hundred() -> None:
    parts = {**NOTHING, "total": 1247, "failed": 22}
    success, error = METRICS["success_rate"].compute, METRICS["error_rate"].compute
    assert success is not None
    assert error is not None
    assert success(parts) + error(parts) == pytest.approx(100)  # type: ignore[operator]
    assert round(success(parts), 1) == 98.2  # type: ignore[arg-type]
