"""Host metrics, benchmarks and alerts of the brief's shape."""

import sqlite3
from pathlib import Path

from tests.ingest.importing.moving import Desk, at, counts, write_sqlite

ALERT = {
    "timestamp": "2026-03-27 14:00:00",
    "alert_type": "high_cpu",
    "severity": "CRITICAL",
    "message": "CPU at 93 %",
    "metric_value": 93.0,
    "threshold_value": 80,
    "resolved": 0,
}
BENCHMARK = {
    "timestamp": at(),
    "avg_inference_time": 41.5,
    "throughput_per_second": 22,
    "accuracy_rate": 94.2,
    "total_processed": 1247,
}
METRIC = {
    "timestamp": at(),
    "cpu_usage": 12.5,
    "memory_usage": 40,
    "active_connections": 3,
    "error_rate": 0.0,
}


def test_all_four_tables_are_moved_with_their_times_in_utc(desk: Desk, tmp_path: Path) -> None:
    path = write_sqlite(
        tmp_path / "x",
        {
            "predictions": [],
            "system_metrics": [METRIC],
            "performance_benchmarks": [BENCHMARK],
            "alerts": [ALERT],
        },
    )
    summary = desk.move(path, time_zone="Europe/Berlin")
    assert {name: counts(summary, name)[:2] for name in summary.tables} == {
        "predictions": (0, 0),
        "system_metrics": (1, 1),
        "performance_benchmarks": (1, 1),
        "alerts": (1, 1),
    }
    (alert,) = desk.rows("SELECT * FROM alerts")
    assert alert["timestamp"] == "2026-03-27 13:00:00.000000"
    assert (alert["severity"], alert["message"], alert["resolved"]) == (
        "critical",
        "CPU at 93 %",
        0,
    )
    (metric,) = desk.rows("SELECT * FROM system_metrics")
    assert (metric["cpu_usage"], metric["active_connections"], metric["disk_usage"]) == (
        12.5,
        3,
        None,
    )
    (benchmark,) = desk.rows("SELECT * FROM performance_benchmarks")
    assert (benchmark["total_processed"], benchmark["accuracy_rate"]) == (1247, 94.2)


def test_equal_rows_are_kept_apart_and_never_stored_twice(desk: Desk, tmp_path: Path) -> None:
    path = write_sqlite(tmp_path / "x", {"system_metrics": [METRIC, METRIC]})
    assert counts(desk.move(path), "system_metrics") == (2, 2, 0, 0)
    assert counts(desk.move(path, client="acme"), "system_metrics") == (2, 0, 2, 0)


def test_an_alert_that_was_resolved_since_is_resolved_here(desk: Desk, tmp_path: Path) -> None:
    desk.move(write_sqlite(tmp_path / "x", {"alerts": [ALERT, ALERT]}))
    done = {**ALERT, "id": 1, "resolved": 1, "resolved_at": "2026-03-27 15:00:00"}
    later = write_sqlite(tmp_path / "y", {"alerts": [done, {**ALERT, "id": 2}]})
    assert counts(desk.move(later), "alerts") == (2, 0, 2, 0)
    found = desk.rows("SELECT resolved, resolved_at FROM alerts ORDER BY id")
    assert [tuple(row.values()) for row in found] == [(1, "2026-03-27 15:00:00.000000"), (0, None)]


def test_wrong_rows_are_rejected_by_field_and_by_age(desk: Desk, tmp_path: Path) -> None:
    path = write_sqlite(
        tmp_path / "x",
        {
            "system_metrics": [
                {**METRIC, "cpu_usage": "much", "total_requests": 1.5},
                {**METRIC, "timestamp": None},
                {**METRIC, "timestamp": "2020-01-01 00:00:00"},
                {**METRIC, "timestamp": "2027-01-01 00:00:00"},
            ],
            "alerts": [{**ALERT, "message": None}, {**ALERT, "resolved": 7, "resolved_at": "soon"}],
        },
    )
    summary = desk.move(path)
    metrics, alerts = summary.tables["system_metrics"], summary.tables["alerts"]
    assert (metrics.read, metrics.rejected) == (4, 4)
    assert metrics.reasons == {"invalid": 2, "too_old": 1, "clock_skew": 1}
    assert metrics.fields == {"cpu_usage": 1, "total_requests": 1, "timestamp": 3}
    assert alerts.fields == {"message": 1, "resolved": 1, "resolved_at": 1}


def test_tables_that_are_not_ours_are_left_alone_and_named(desk: Desk, tmp_path: Path) -> None:
    path = write_sqlite(tmp_path / "x", {"system_metrics": [METRIC]})
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE invoices (id)")
    other.close()
    summary = desk.move(path)
    assert summary.tables_left_alone == ["invoices"]
    assert "left alone: invoices" in summary.lines(400, None)[-1]
