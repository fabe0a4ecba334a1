"""The command `verascope`: what it prints, and its exit codes 0 done, 1 failed, 2 wrong use."""

import contextlib
import csv
import io
import json
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import FAKE, REAL, Server, picture

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.mark.parametrize(
    "command", [[], ["serve"], ["key"], ["key", "create"], ["predict"], ["export"], ["doctor"]]
)
def test_every_command_has_help(run: Run, command: list[str]) -> None:
    found = run(*command, "--help")
    assert found.returncode == 0
    assert "Usage: verascope" in found.stdout


@pytest.mark.parametrize(
    "args",
    [
        ["nothing"],
        ["serve", "--port", "0"],
        ["serve", "--colour"],
        ["key", "create"],
        ["key", "create", "--client", " "],
        ["predict"],
        ["export", "--days", "401"],
        ["export", "--format", "xml"],
    ],
)
def test_wrong_use_is_told_and_exits_with_2(run: Run, args: list[str]) -> None:
    found = run(*args)
    assert found.returncode == 2
    assert found.stdout == ""
    assert "Traceback" not in found.stderr


def test_wrong_settings_are_one_line_and_exit_code_1(run: Run) -> None:
    found = run("key", "list", server_port="99999")
    assert (found.returncode, found.stdout) == (1, "")
    (line,) = found.stderr.splitlines()
    assert "server.port" in line


def test_key_is_printed_once_listed_without_its_secret_and_revoked(run: Run) -> None:
    made = run("key", "create", "--client", "Müller & Söhne")
    secret = made.stdout.strip()
    assert made.returncode == 0
    assert len(secret) == 43
    assert "only time" in made.stderr
    listed = run("key", "list", "--json")
    (row,) = json.loads(listed.stdout)
    assert (row["client"], row["prefix"], row["revoked_at"]) == (
        "Müller & Söhne",
        secret[:10],
        None,
    )
    assert secret not in listed.stdout
    assert "Müller & Söhne" in run("key", "list").stdout
    assert run("key", "revoke", secret[:10]).returncode == 0
    assert json.loads(run("key", "list", "--json").stdout)[0]["revoked_at"]
    again = run("key", "revoke", secret[:10])
    assert (again.returncode, len(again.stderr.splitlines())) == (1, 1)


def test_predict_judges_files_here_and_records_nothing(run: Run, tmp_path: Path) -> None:
    for name, shade in (("fake.png", FAKE), ("real.png", REAL)):
        (tmp_path / name).write_bytes(picture(shade))
    found = run("predict", "--json", "fake.png", "real.png")
    assert found.returncode == 0
    rows = [json.loads(line) for line in found.stdout.splitlines()]
    assert [(row["file"], row["prediction"]) for row in rows] == [
        ("fake.png", "fake"),
        ("real.png", "real"),
    ]
    assert all(row["inference_time_ms"] > 0 for row in rows)
    assert not (tmp_path / "home" / "analytics").exists()


def test_predict_names_each_file_that_has_no_verdict_and_exits_with_1(
    run: Run, tmp_path: Path
) -> None:
    (tmp_path / "good.png").write_bytes(picture())
    (tmp_path / "bad.png").write_bytes(b"no image")
    found = run("predict", "missing.png", "bad.png", "good.png")
    assert found.returncode == 1
    head, missing, bad, good = found.stdout.splitlines()
    assert head.split()[:2] == ["file", "prediction"]
    assert "can't be read" in missing
    assert "are accepted" in bad
    assert "fake" in good


def test_export_equals_the_running_server(run: Run, server: Server) -> None:
    server.predict(picture())
    served = server.get("/export/analytics", params={"days": 3}).json()
    found = run("export", "--days", "3", home=server.home)
    assert found.returncode == 0, found.stderr
    printed = json.loads(found.stdout)
    for part in ("summary", "daily_breakdown", "error_patterns", "range"):
        assert printed[part] == served[part]


def test_export_works_without_a_server(run: Run, start: Callable[..., Server]) -> None:
    server = start()
    server.predict(picture())
    server.predict(b"no image")
    assert server.stop() == 0
    found = run("export", "--days", "1", "--format", "csv")
    assert found.returncode == 0, found.stderr
    (row,) = csv.DictReader(io.StringIO(found.stdout))
    assert (row["Total"], row["Failed"], row["Success_Rate"]) == ("2", "1", "50.0000")


def test_doctor_finds_a_healthy_home_healthy(run: Run, server: Server) -> None:
    found = run("doctor", "--json", home=server.home)
    assert found.returncode == 0, found.stdout
    checks = {row["check"]: row for row in json.loads(found.stdout)}
    assert checks.keys() == {"settings", "disk", "detector", "database", "summaries"}
    assert all(row["ok"] for row in checks.values())


def test_doctor_finds_summaries_that_differ_from_the_rows(
    run: Run, start: Callable[..., Server]
) -> None:
    server = start()
    server.predict(picture())
    assert server.stop() == 0
    path = server.home / "analytics" / "analytics.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "UPDATE rollups SET total = total + 1 WHERE dimension = 'all' AND grain = 'day'"
        )
        connection.commit()
    found = run("doctor")
    assert found.returncode == 1
    (line,) = [line for line in found.stdout.splitlines() if line.startswith("BAD")]
    assert "day: total is 2, the rows say 1" in line


def test_doctor_names_a_wrong_setting_and_a_missing_detector(run: Run, tmp_path: Path) -> None:
    wrong = run("doctor", server_prot="1")
    assert wrong.returncode == 1
    assert "VERASCOPE_SERVER_PROT" in wrong.stdout
    missing = run("doctor", "--json", detection_detector=tmp_path / "missing.json")
    assert missing.returncode == 1
    bad = [row for row in json.loads(missing.stdout) if not row["ok"]]
    assert [row["check"] for row in bad] == ["detector"]
