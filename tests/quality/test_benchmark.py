"""From judged pictures to figures."""

from pathlib import Path

import pytest

from verascope.quality import benchmarks
from verascope.quality.benchmark import Failure, Judged, measured
from verascope.quality.dataset import Dataset, Example
from verascope.records import Outcome
from verascope.store.benchmarks import Benchmark


def judged(
    is_fake: bool, outcome: Outcome, fake: float, us: int = 1000, version: str = "1"
) -> Judged:
    return Judged(Example(Path("x"), "x", is_fake, "lab"), outcome, fake, us, version)


def figures(pictures: list[Judged], failures: list[Failure] | None = None) -> Benchmark:
    return measured(
        Dataset("set", ()),
        pictures,
        failures or [],
        detector="tiny",
        model_version="1",
        dataset_hash="ab",
        seconds=2.0,
        threads=2,
        now_us=1_700_000_000_000_000,
    )


def test_abstentions_stand_apart_from_every_rate() -> None:
    found = figures(
        [
            judged(True, Outcome.FAKE, 0.9, 1000),
            judged(True, Outcome.UNCERTAIN, 0.5, 2000),
            judged(False, Outcome.FAKE, 0.8, 3000),
            judged(False, Outcome.REAL, 0.1, 4000),
        ]
    )
    assert (found.accuracy_rate, found.uncertain_share) == (pytest.approx(200 / 3), 25.0)
    assert (found.false_positive_rate, found.false_negative_rate) == (50.0, 0.0)
    assert found.auc == 0.75  # of all scores: 0.9 and 0.5 against 0.8 and 0.1
    assert (found.avg_inference_time, found.latency_p50, found.latency_p99) == (2.5, 2.0, 4.0)
    assert found.throughput_per_second == 2.0


def test_nothing_counted_is_unknown_not_zero() -> None:
    failure = Failure(Example(Path("x"), "x", True, "lab"), "It can't be read.")
    found = figures([], [failure])
    assert (found.total_processed, found.failed_count) == (1, 1)
    assert found.accuracy_rate is found.auc is found.latency_p50 is found.calibration_error is None
    assert found.detail is not None
    assert found.detail["sources"][0]["failed"] == 1
    assert any("unknown" in line for line in benchmarks.report(found))


def test_versions_that_a_remote_named_are_the_ones_on_record() -> None:
    pictures = [judged(True, Outcome.FAKE, 0.9, version=version) for version in ("b", "a", "b")]
    assert figures(pictures).model_version == "a, b"
