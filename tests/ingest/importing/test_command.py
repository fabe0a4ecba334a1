"""`verascope import` as a process: beside a server, killed, and with its exit codes."""

import json
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import REAL, Server, picture
from tests.ingest.importing.moving import failed, said, write_csv, write_sqlite
from verascope import clock

Run = Callable[..., subprocess.CompletedProcess[str]]
Environ = Callable[..., dict[str, str]]


def ago(seconds: float) -> str:
    """A naive UTC time before the present."""
    return clock.to_text(clock.now_us() - round(seconds * clock.US))


def rows(number: int) -> list[dict[str, Any]]:
    """Of the last two days, one in ten failed, oldest first."""
    made = (failed(n) if n % 10 == 0 else said(n) for n in range(1, number + 1))
    span = 2 * clock.DAY
    return [
        {**row, "timestamp": ago(span * (number - n) / number + 60)} for n, row in enumerate(made)
    ]


def stored(home: Path, sql: str) -> list[tuple[Any, ...]]:
    path = home / "analytics" / "analytics.db"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return connection.execute(sql).fetchall()


def summary_of(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_one_command_moves_a_database_and_says_what_came_of_it(run: Run, tmp_path: Path) -> None:
    metrics = [{"timestamp": ago(60 * n), "cpu_usage": 12.5} for n in range(3)]
    write_sqlite(tmp_path / "old.db", {"predictions": rows(30), "system_metrics": metrics})
    foreseen = run("import", "old.db", "--dry-run", "--json")
    assert foreseen.returncode == 0, foreseen.stderr
    assert not (tmp_path / "home" / "analytics").exists()
    done = run("import", "old.db", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    tables = summary_of(done)["tables"]
    assert tables == summary_of(foreseen)["tables"]
    assert {name: (count["read"], count["stored"]) for name, count in tables.items()} == {
        "predictions": (30, 30),
        "system_metrics": (3, 3),
    }
    again = run("import", "old.db")
    assert again.returncode == 0
    assert "predictions: 30 read = 0 stored + 30 duplicate + 0 rejected" in again.stdout
    checks = json.loads(run("doctor", "--json").stdout)
    assert {one["check"]: one["ok"] for one in checks}["summaries"]
    exported = json.loads(run("export", "--days", "4").stdout)["summary"]
    assert (exported["total_predictions"], exported["error_count"]) == (30, 3)


def test_rejected_rows_are_exit_code_1_and_stand_in_the_errors_file(
    run: Run, tmp_path: Path
) -> None:
    wrong = [
        said(1, timestamp=ago(60)),
        said(2, timestamp="2020-01-01 00:00:00"),
        said(3, confidence="x"),
    ]
    write_csv(tmp_path / "x.csv", wrong)
    done = run("import", "x.csv", "--errors", "errors.jsonl")
    assert done.returncode == 1
    assert "predictions: 3 read = 1 stored + 0 duplicate + 2 rejected" in done.stdout
    assert "VERASCOPE_RECORDING_RETENTION_DAYS" in done.stdout
    lines = [json.loads(line) for line in (tmp_path / "errors.jsonl").read_text().splitlines()]
    assert [(one["line"], one["code"], one["field"]) for one in lines] == [
        (3, "too_old", "timestamp"),
        (4, "invalid", "confidence"),
    ]


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["nowhere.csv"], "does not exist"),
        (["x.csv", "--timezone", "Mars"], "--timezone"),
        (["x.csv", "--map", "confidence"], "--map"),
        (["x.csv", "--format", "xml"], "--format"),
        (["x.csv"], "predictions.camera: unknown column"),
        (["x.csv", "--ignore-unknown", "--errors", "nowhere/e"], "--errors"),
    ],
)
def test_wrong_use_is_exit_code_2_and_stores_nothing(
    run: Run, tmp_path: Path, args: list[str], told: str
) -> None:
    write_csv(tmp_path / "x.csv", [{**said(1, timestamp=ago(60)), "camera": "front"}])
    done = run("import", *args)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    if (tmp_path / "home" / "analytics").exists():
        assert stored(tmp_path / "home", "SELECT COUNT(*) FROM predictions") == [(0,)]


def test_a_damaged_file_is_exit_code_1_in_one_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"SQLite format 3\0 and nothing more")
    done = run("import", "x.db")
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert "damaged" in line


class Moving:
    """An import that runs as a process of its own."""

    def __init__(self, path: Path, home: Path, environ: Environ) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "verascope", "import", str(path), "--json"],
            env=environ(home),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_for_rows(self, home: Path, number: int) -> None:
        """Until that many are committed, or the process has ended."""
        while self.process.poll() is None:
            try:
                if stored(home, "SELECT COUNT(*) FROM predictions")[0][0] >= number:
                    return
            except sqlite3.OperationalError:
                pass  # not made yet
            time.sleep(0.01)

    def end(self) -> subprocess.CompletedProcess[str]:
        out, err = self.process.communicate(timeout=120)
        return subprocess.CompletedProcess([], self.process.returncode, out, err)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 6))
def test_killed_at_any_moment_the_same_command_ends_in_the_same_state(
    tmp_path: Path, environ: Environ, run: Run, seed: int
) -> None:
    dice = random.Random(seed)
    without_ids = [
        {name: value for name, value in row.items() if name != "id"} for row in rows(3_000)
    ]
    source = tmp_path / "old"
    if seed % 2:
        write_csv(source, [row for row in without_ids for _ in range(3)])
    else:
        write_sqlite(source, {"predictions": rows(9_000)})
    home = tmp_path / "home"
    home.mkdir()
    for _ in range(2):
        moving = Moving(source, home, environ)
        moving.wait_for_rows(home, dice.randrange(9_000))
        time.sleep(dice.uniform(0, 0.2))
        moving.process.kill()
        moving.end()
        if (home / "analytics" / "analytics.db").exists():
            (found,) = stored(home, "SELECT COUNT(*), COUNT(DISTINCT id) FROM predictions")
            assert found[0] == found[1]
    done = run("import", str(source), "--json")
    assert done.returncode == 0, done.stderr
    found = summary_of(done)
    resumed = found["resumed_after"]
    count = found["tables"]["predictions"]
    assert (count["read"], count["rejected"]) == (9_000, 0)
    assert resumed % 2_000 == 0 or resumed == 9_000
    assert stored(home, "SELECT COUNT(*), SUM(success = 0) FROM predictions") == [(9_000, 900)]
    checks = json.loads(run("doctor", "--json").stdout)
    assert {one["check"]: one["ok"] for one in checks}["summaries"]


@pytest.mark.slow
def test_interrupted_it_says_how_to_go_on(tmp_path: Path, environ: Environ, run: Run) -> None:
    source = write_csv(tmp_path / "x.csv", rows(30_000))
    home = tmp_path / "home"
    home.mkdir()
    moving = Moving(source, home, environ)
    moving.wait_for_rows(home, 2_000)
    moving.process.send_signal(signal.SIGINT)
    done = moving.end()
    assert (done.returncode, done.stdout) == (1, "")
    assert "the same command goes on" in done.stderr
    assert "Traceback" not in done.stderr
    assert (
        summary_of(run("import", str(source), "--json"))["tables"]["predictions"]["stored"]
        == 30_000
    )


def test_beside_a_server_dashboard_analytics_and_sql_agree(
    tmp_path: Path, environ: Environ, start: Callable[..., Server]
) -> None:
    server = start()
    source = write_sqlite(tmp_path / "old.db", {"predictions": rows(12_000)})
    moving = Moving(source, server.home, environ)
    answers = 0
    while moving.process.poll() is None:
        assert server.predict(picture(REAL, seed=answers)).status_code == 200
        answers += 1
        analytics = server.get("/analytics?days=4").json()["summary"]
        outcomes = ("real", "fake", "uncertain", "failed")
        assert analytics["total_predictions"] == sum(
            analytics[f"{name}_predictions"] for name in outcomes
        )
    done = moving.end()
    assert done.returncode == 0, done.stderr
    assert summary_of(done)["tables"]["predictions"]["stored"] == 12_000
    assert_agree(server, 12_000 + answers)


def assert_agree(server: Server, total: int) -> None:
    """`/analytics`, the dashboard's question from rollups and from columns, and the brief's SQL."""
    analytics = server.get("/analytics?days=4").json()
    summary = analytics["summary"]
    assert summary["total_predictions"] == total == server.count()
    daily = {row["date"]: row["total"] for row in analytics["daily_breakdown"] if row["total"]}
    by_day = server.rows("SELECT DATE(timestamp) AS d, COUNT(*) AS n FROM predictions GROUP BY d")
    assert daily == {row["d"]: row["n"] for row in by_day}
    revenue = server.rows(
        "SELECT DATE(timestamp) AS date, COUNT(*) * 0.05 AS estimated_revenue FROM predictions "
        "WHERE success = 1 GROUP BY DATE(timestamp)"
    )
    assert float(summary["revenue"]) == pytest.approx(
        sum(row["estimated_revenue"] for row in revenue)
    )
    errors = server.rows(
        "SELECT error_message, COUNT(*) AS n FROM predictions WHERE success = 0 GROUP BY error_message"
    )
    assert sum(row["n"] for row in errors) == summary["error_count"]
    trends = server.rows(
        "SELECT AVG(inference_time_ms) AS ms, AVG(confidence) AS c FROM predictions WHERE success = 1"
    )
    assert summary["avg_inference_time"] == pytest.approx(trends[0]["ms"])
    assert summary["avg_confidence"] == pytest.approx(trends[0]["c"])
    question = {"metrics": ["total_predictions", "failed_predictions"], "range": {"all": True}}
    with server.client() as client:
        plain = client.post("/api/v1/query", json=question).json()
        filtered = client.post(
            "/api/v1/query",
            json={**question, "filters": {"client": ["anonymous"], "use_case": ["unspecified"]}},
        ).json()
    assert (plain["source"], filtered["source"]) == ("rollups", "columns")
    assert plain["totals"] == filtered["totals"]
    assert plain["totals"]["total_predictions"] == total
