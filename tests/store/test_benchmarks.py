"""Benchmarks come back as they were stored, a page at a time."""

import pytest

from verascope.errors import Invalid
from verascope.quality import benchmarks
from verascope.store import benchmarks as store
from verascope.store.benchmarks import Benchmark
from verascope.store.database import Database

FOUND = Benchmark(
    timestamp_us=1_700_000_000_123_456,
    detector="tiny",
    model_version="1",
    dataset="faces",
    dataset_hash="ab" * 32,
    total_processed=9,
    real_count=3,
    fake_count=4,
    failed_count=2,
    accuracy_rate=83.25,
    auc=0.875,
    false_positive_rate=0.0,
    false_negative_rate=25.0,
    calibration_error=None,
    uncertain_share=12.5,
    avg_inference_time=2.5,
    latency_p50=2.0,
    latency_p95=4.0,
    latency_p99=4.0,
    throughput_per_second=100.0,
    detail={"intervals": {"auc": [0.5, 1.0]}, "sources": [], "failures": [{"file": "é"}]},
)


def test_pages_are_newest_first_and_of_one_tenant(database: Database) -> None:
    with database.writing() as connection:
        ids = [store.insert(connection, 1, FOUND) for _ in range(3)]
        store.insert(connection, 2, FOUND)
    first = benchmarks.listed(database, 1, 2, None)
    assert [one["id"] for one in first["items"]] == [ids[2], ids[1]]
    second = benchmarks.listed(database, 1, 2, first["next_cursor"])
    assert ([one["id"] for one in second["items"]], second["next_cursor"]) == ([ids[0]], None)
    with database.reading() as connection:
        (stored,) = store.page(connection, 2, None, 10)
    assert stored.benchmark == FOUND
    with pytest.raises(Invalid, match="cursor"):
        benchmarks.listed(database, 1, 2, "rubbish")
