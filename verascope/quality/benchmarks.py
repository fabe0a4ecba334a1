"""Stored benchmarks as the API and the command line show them."""

from dataclasses import asdict
from typing import Any

from verascope import clock
from verascope.errors import Invalid
from verascope.queries.record import cursor, seq_of
from verascope.store import benchmarks as store
from verascope.store.benchmarks import Benchmark
from verascope.store.database import Database


def listed(database: Database, tenant_id: int, limit: int, after: str | None) -> dict[str, Any]:
    """A page, newest first; `next_cursor` is None on the last. Raises Invalid for a foreign cursor."""
    before = None
    if after:
        before = seq_of(after)
        if before is None:
            raise Invalid.of("cursor", after, "next_cursor of an earlier page, unchanged")
    with database.reading() as connection:
        found = store.page(connection, tenant_id, before, limit + 1)
    shown = found[:limit]
    return {
        "items": [benchmark_json(one.id, one.benchmark) for one in shown],
        "next_cursor": cursor(shown[-1].id) if len(found) > limit else None,
    }


def benchmark_json(benchmark_id: int, benchmark: Benchmark) -> dict[str, Any]:
    """The fields of `Benchmark` under an id, with the time as text."""
    values = asdict(benchmark)
    timestamp = clock.to_iso(values.pop("timestamp_us"))
    return {"id": benchmark_id, "timestamp": timestamp, **values}


def report(found: Benchmark) -> list[str]:
    """The figures as lines for people, each with its interval."""
    detail = found.detail or {}
    intervals = detail.get("intervals", {})

    def line(label: str, value: float | None, unit: str, name: str = "", digits: int = 1) -> str:
        if value is None:
            return f"{label:<22}  unknown: nothing was counted"
        ends = intervals.get(name)
        band = f"  ({ends[0]:.{digits}f} to {ends[1]:.{digits}f})" if ends else ""
        return f"{label:<22}  {value:.{digits}f}{unit}{band}"

    return [
        f"{found.detector} {found.model_version} on {found.dataset} ({found.dataset_hash})",
        f"{found.real_count} real, {found.fake_count} fake, {found.failed_count} without a verdict, "
        f"{detail.get('skipped', 0)} files passed over",
        line("accuracy", found.accuracy_rate, " %", "accuracy_rate"),
        line("AUC", found.auc, "", "auc", 4),
        line("false positives", found.false_positive_rate, " %", "false_positive_rate"),
        line("false negatives", found.false_negative_rate, " %", "false_negative_rate"),
        line("uncertain", found.uncertain_share, " %", "uncertain_share"),
        line("calibration error", found.calibration_error, "", digits=4),
        line("latency mean", found.avg_inference_time, " ms"),
        line("latency p50", found.latency_p50, " ms"),
        line("latency p95", found.latency_p95, " ms"),
        line("latency p99", found.latency_p99, " ms"),
        line("throughput", found.throughput_per_second, " images/s"),
        "Accuracy is of answered images; in brackets 95 % intervals.",
    ]
