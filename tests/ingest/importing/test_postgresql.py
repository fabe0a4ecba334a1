"""The same import into PostgreSQL."""

import tempfile
from pathlib import Path

import psycopg
import pytest

from tests.ingest.importing.moving import Desk, at, counts, failed, said, write_sqlite
from tests.store import postgres
from verascope import config

pytestmark = pytest.mark.slow


def test_all_tables_are_moved_once_and_the_counts_reconcile(tmp_path: Path) -> None:
    path = write_sqlite(
        tmp_path / "old.db",
        {
            "predictions": [said(1), failed(2), said(3, confidence=400)],
            "system_metrics": [{"timestamp": at(n), "cpu_usage": n} for n in range(3)],
            "alerts": [{"timestamp": at(), "alert_type": "cpu", "severity": "info", "message": "hot", "resolved": 1}],
        },
    )  # fmt: skip
    # The default base of pytest is closed to other users, and PostgreSQL does not run as root.
    with (
        tempfile.TemporaryDirectory(prefix="verascope-import-") as folder,
        postgres.running(Path(folder)) as url,
    ):
        with psycopg.connect(url.format("postgres"), autocommit=True) as connection:
            connection.execute("CREATE DATABASE moving")
        environ = {"VERASCOPE_HOME": str(tmp_path), "VERASCOPE_DATABASE_URL": url.format("moving")}
        desk = Desk(config.load(environ))
        foreseen = desk.move(path, dry_run=True)
        first, again = desk.move(path), desk.move(path)
        for summary in (foreseen, first):
            assert counts(summary) == (3, 2, 0, 1)
            assert counts(summary, "system_metrics") == (3, 3, 0, 0)
            assert counts(summary, "alerts") == (1, 1, 0, 0)
        assert counts(again) == (3, 0, 2, 1)
        assert counts(again, "system_metrics") == (3, 0, 3, 0)
        stored = desk.rows("SELECT success, error_message FROM predictions ORDER BY seq")
        assert [tuple(row.values()) for row in stored] == [(1, None), (0, "bad file 17")]
        desk.database.close()
