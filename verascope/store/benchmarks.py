"""Benchmarks as rows of `performance_benchmarks`."""

from dataclasses import dataclass, fields
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from verascope.store.tables import performance_benchmarks as table


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One run of a detector over labelled pictures. Rates and shares are percent, times ms; auc and
    calibration_error run from 0 to 1. None: nothing was counted, or an older version wrote the row.

    total_processed = real_count + fake_count (with a verdict) + failed_count. detail: intervals,
    sources, failures.
    """

    timestamp_us: int
    detector: str | None
    model_version: str | None
    dataset: str | None
    dataset_hash: str | None
    total_processed: int | None
    real_count: int | None
    fake_count: int | None
    failed_count: int | None
    accuracy_rate: float | None
    auc: float | None
    false_positive_rate: float | None
    false_negative_rate: float | None
    calibration_error: float | None
    uncertain_share: float | None
    avg_inference_time: float | None
    latency_p50: float | None
    latency_p95: float | None
    latency_p99: float | None
    throughput_per_second: float | None
    detail: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class StoredBenchmark:
    id: int
    benchmark: Benchmark


_PLAIN = tuple(
    field.name for field in fields(Benchmark) if field.name not in ("timestamp_us", "detail")
)


def insert(connection: Connection, tenant_id: int, benchmark: Benchmark) -> int:
    """The id under which it is kept, inside the caller's transaction."""
    detail = benchmark.detail
    values = {
        **{name: getattr(benchmark, name) for name in _PLAIN},
        "tenant_id": tenant_id,
        "timestamp": benchmark.timestamp_us,
        "detail": None if detail is None else msgspec.json.encode(detail).decode(),
    }
    key = connection.execute(table.insert().values(values)).inserted_primary_key
    assert key is not None
    return int(key[0])


def page(
    connection: Connection, tenant_id: int, before_id: int | None, limit: int
) -> list[StoredBenchmark]:
    """Up to `limit` benchmarks that were stored before `before_id`, newest first."""
    conditions = [table.c.tenant_id == tenant_id]
    if before_id is not None:
        conditions.append(table.c.id < before_id)
    rows = connection.execute(
        select(table).where(*conditions).order_by(table.c.id.desc()).limit(limit)
    )
    return [
        StoredBenchmark(
            row.id,
            Benchmark(
                timestamp_us=row.timestamp,
                detail=None if row.detail is None else msgspec.json.decode(row.detail),
                **{name: row._mapping[name] for name in _PLAIN},
            ),
        )
        for row in rows
    ]
