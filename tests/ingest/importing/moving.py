"""Files of another system, and imports of them in the test's own process."""

import csv
import json
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.predictions import NOON
from verascope import clock
from verascope.config import Settings
from verascope.ingest.importing.options import parse
from verascope.ingest.importing.progress import Progress
from verascope.ingest.importing.run import Importer
from verascope.ingest.importing.summary import Summary
from verascope.ingest.pipeline import Clients, Rules
from verascope.store.database import Database

COLUMNS = {
    "predictions": (
        "id INTEGER PRIMARY KEY AUTOINCREMENT, timestamp TEXT, prediction TEXT, confidence REAL, real_probability REAL, "
        "fake_probability REAL, inference_time_ms REAL, file_hash TEXT, file_size INTEGER, image_width INTEGER, "
        "image_height INTEGER, user_ip TEXT, user_agent TEXT, success INTEGER, error_message TEXT"
    ),
    "system_metrics": (
        "id INTEGER PRIMARY KEY AUTOINCREMENT, timestamp TEXT, cpu_usage REAL, memory_usage REAL, disk_usage REAL, "
        "active_connections INTEGER, total_requests INTEGER, error_rate REAL"
    ),
    "performance_benchmarks": (
        "id INTEGER PRIMARY KEY AUTOINCREMENT, timestamp TEXT, avg_inference_time REAL, throughput_per_second REAL, "
        "accuracy_rate REAL, total_processed INTEGER"
    ),
    "alerts": (
        "id INTEGER PRIMARY KEY AUTOINCREMENT, timestamp TEXT, alert_type TEXT, severity TEXT, message TEXT, "
        "metric_value REAL, threshold_value REAL, resolved INTEGER, resolved_at TEXT"
    ),
}
"""The brief's tables as a plain script would have made them."""


def at(seconds: float = 0) -> str:
    """A naive time, `seconds` after 2026-03-27 12:00."""
    return clock.to_text(NOON - clock.DAY * clock.US + round(seconds * clock.US))


def said(number: int = 1, **changes: Any) -> dict[str, Any]:
    """A good row of `predictions`, percent."""
    fake = number * 7 % 101
    row = {
        "id": number,
        "timestamp": at(number),
        "prediction": "fake" if fake >= 50 else "real",
        "confidence": float(max(fake, 100 - fake)),
        "real_probability": 100.0 - fake,
        "fake_probability": float(fake),
        "inference_time_ms": 12.5,
        "file_hash": f"{number:064x}",
        "file_size": 1000 + number,
        "image_width": 640,
        "image_height": 480,
        "user_ip": "192.0.2.1",
        "user_agent": "curl/8",
        "success": 1,
        "error_message": None,
    }
    return {**row, **changes}


def failed(number: int = 1, **changes: Any) -> dict[str, Any]:
    """A failed row as scripts write it: with a verdict that says nothing."""
    empty = {"confidence": 0.0, "real_probability": 0.0, "fake_probability": 0.0}
    return said(
        number,
        **{"prediction": "error", **empty, "success": 0, "error_message": "bad file 17", **changes},
    )


def write_csv(
    path: Path, rows: Iterable[Mapping[str, Any]], delimiter: str = ",", encoding: str = "utf-8"
) -> Path:
    rows = list(rows)
    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", newline="", encoding=encoding) as file:
        writer = csv.DictWriter(file, names, delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_jsonl(path: Path, rows: Iterable[Mapping[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def write_sqlite(
    path: Path, tables: Mapping[str, Iterable[Mapping[str, Any]]], journal: str = "delete"
) -> Path:
    """Adds to the database when it is there."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"PRAGMA journal_mode = {journal}")
        for table, rows in tables.items():
            connection.execute(f"CREATE TABLE IF NOT EXISTS {table} ({COLUMNS[table]})")
            for row in rows:
                marks = ", ".join("?" * len(row))
                connection.execute(
                    f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", list(row.values())
                )
    return path


class Desk:
    """A database of ours and the means to import into it."""

    def __init__(self, settings: Settings) -> None:
        self.database = Database.open(settings)
        self.now_us = NOON
        self.retention_days = 400

    def importer(self, **options: Any) -> Importer:
        rules = Rules(50_000, "none", b"k" * 32, Clients(1000))
        return Importer(
            self.database,
            1,
            rules,
            self.retention_days,
            lambda: self.now_us,
            progress=Progress(),
            **options,
        )

    def move(
        self, path: Path, *, dry_run: bool = False, errors: Path | None = None, **options: Any
    ) -> Summary:
        return self.importer(dry_run=dry_run, errors=errors).run(path, parse(**options))

    def rows(self, sql: str = "SELECT * FROM predictions ORDER BY seq") -> list[dict[str, Any]]:
        with self.database.reading() as connection:
            return [dict(row) for row in connection.exec_driver_sql(sql).mappings()]


def counts(summary: Summary, table: str = "predictions") -> tuple[int, int, int, int]:
    """(read, stored, duplicate, rejected)."""
    count = summary.tables[table]
    assert count.read == count.stored + count.duplicate + count.rejected
    assert count.rejected == sum(count.reasons.values())
    return count.read, count.stored, count.duplicate, count.rejected
