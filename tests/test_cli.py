"""The command `verascope`: what it prints, and its exit codes 0 done, 1 failed, 2 wrong use."""

import contextlib
import csv
import io
import json
import os
import pty
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import FAKE, REAL, UNCERTAIN, Server, picture, write_model
from tests.detectors.remote_server import remote
from verascope.api.benchmarks import BenchmarkRecord

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.mark.parametrize(
    "command",
    [[], ["serve"], ["key"], ["key", "create"], ["predict"], ["benchmark"], ["export"], ["doctor"]],
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
        ["benchmark"],
        ["benchmark", "no such folder"],
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


def test_predict_walks_through_folders_in_order_and_counts_what_it_passes_over(
    run: Run, tmp_path: Path
) -> None:
    for name in ("b/2.png", "b/10.png", "a.jpg", "c/deep/x.PNG"):
        path = tmp_path / "set" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture(FAKE))
    (tmp_path / "set" / "notes.txt").write_text("no image")
    (tmp_path / "set" / "c" / "loop").symlink_to(tmp_path / "set")
    found = run("predict", "--json", "set")
    assert found.returncode == 0
    rows = [json.loads(line) for line in found.stdout.splitlines()]
    expected = ["set/a.jpg", "set/b/10.png", "set/b/2.png", "set/c/deep/x.PNG"]
    assert [row["file"] for row in rows] == expected
    assert found.stderr == "2 files in the folders are no images by their names.\n"


def test_predict_of_a_folder_without_images_says_so(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    found = run("predict", "empty")
    assert (found.returncode, found.stdout) == (1, "")
    assert "no image" in found.stderr


def test_progress_is_shown_on_a_terminal_only_and_not_among_the_data(
    run: Run, tmp_path: Path, environ: Callable[..., dict[str, str]]
) -> None:
    (tmp_path / "a.png").write_bytes(picture(FAKE))
    (tmp_path / "home").mkdir()
    terminal, end = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "verascope", "predict", "--json", "a.png"],
        env=environ(tmp_path / "home"),
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=end,
    )
    out, _ = process.communicate(timeout=60)
    os.close(end)
    shown = os.read(terminal, 10_000).decode()
    os.close(terminal)
    assert "Analysing" in shown
    assert "100%" in shown
    (line,) = out.splitlines()
    assert json.loads(line)["prediction"] == "fake"
    assert run("predict", "--json", "a.png").stderr == ""


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """Four fakes of two sources (one looks real), three photographs (one uncertain), and two bad files."""
    folder = tmp_path / "faces"
    shades = {
        "fake/gan": [FAKE, FAKE, REAL],
        "fake/diffusion": [FAKE],
        "real": [REAL, REAL, UNCERTAIN],
    }
    for place, values in shades.items():
        (folder / place).mkdir(parents=True)
        for seed, shade in enumerate(values):
            (folder / place / f"{seed}.png").write_bytes(picture(shade, seed=seed))
    (folder / "real" / "broken.png").write_bytes(b"no image")
    (folder / "real" / "gone.png").symlink_to("nowhere.png")
    (folder / "real" / "notes.txt").write_text("notes")
    return folder


def test_benchmark_measures_records_and_lists_what_it_could_not_read(
    run: Run, labelled: Path, start: Callable[..., Server]
) -> None:
    server = start()
    found = run("benchmark", "--json", str(labelled))
    assert found.returncode == 0, found.stderr
    body = json.loads(found.stdout)
    assert (body["detector"], body["model_version"], body["dataset"]) == ("tiny", "1.0.0", "faces")
    counts = [
        body[name] for name in ("total_processed", "real_count", "fake_count", "failed_count")
    ]
    assert counts == [9, 3, 4, 2]
    # Six were answered, one fake was called real; the uncertain one stands apart.
    assert body["accuracy_rate"] == pytest.approx(100 * 5 / 6)
    assert (body["false_positive_rate"], body["false_negative_rate"]) == (0.0, 25.0)
    assert body["uncertain_share"] == pytest.approx(100 / 7)
    detail = body["detail"]
    assert detail["intervals"]["accuracy_rate"] == pytest.approx([43.65, 96.99], abs=0.01)
    assert detail["skipped"] == 1
    assert [one["file"] for one in detail["failures"]] == ["real/broken.png", "real/gone.png"]
    sources = {(one["source"], one["label"]): one for one in detail["sources"]}
    assert sources.keys() == {("gan", "fake"), ("diffusion", "fake"), ("(none)", "real")}
    assert sources["gan", "fake"]["accuracy_rate"] == pytest.approx(200 / 3)
    assert (sources["(none)", "real"]["answered"], sources["(none)", "real"]["failed"]) == (2, 2)
    (item,) = server.get("/api/v1/benchmarks").json()["items"]
    assert item == body
    BenchmarkRecord.model_validate(item)
    assert server.count() == 0, "a benchmark is no traffic"


def test_benchmark_by_manifest_and_for_people(run: Run, labelled: Path, tmp_path: Path) -> None:
    manifest = tmp_path / "list.csv"
    manifest.write_text("path,label,source\nfake/gan/0.png,fake,lab\nreal/0.png,REAL,\n")
    found = run("benchmark", str(labelled), "--manifest", str(manifest))
    assert found.returncode == 0, found.stderr
    assert "accuracy                100.0 %  (34.2 to 100.0)" in found.stdout
    assert "lab" in found.stdout


def test_benchmark_measures_another_detector_than_the_configured_one(
    run: Run, labelled: Path, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    other = write_model(tmp_path / "other", version="7", scale=-1.0)
    body = json.loads(run("benchmark", "--json", "--detector", str(other), str(labelled)).stdout)
    assert (body["model_version"], body["accuracy_rate"]) == ("7", pytest.approx(100 / 6))


def test_a_wrong_set_is_refused_in_one_line_and_nothing_is_recorded(
    run: Run, tmp_path: Path
) -> None:
    (tmp_path / "real").mkdir()
    found = run("benchmark", str(tmp_path))
    assert (found.returncode, found.stdout) == (1, "")
    assert "missing: fake" in found.stderr
    manifest = tmp_path / "list.csv"
    manifest.write_text("path,label\na.png,true\n,fake\n")
    found = run("benchmark", str(tmp_path), "--manifest", str(manifest))
    assert found.returncode == 1
    assert "line 2, label: 'true'" in found.stderr
    assert "line 3, path" in found.stderr


def test_an_interrupted_benchmark_records_nothing(
    labelled: Path, tmp_path: Path, environ: Callable[..., dict[str, str]]
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with remote() as api:
        asked = threading.Event()

        def never(_: object) -> None:
            asked.set()
            api.ended.wait(60)

        api.answers(never)
        sidecar = {
            "name": "acme",
            "version": "1",
            "kind": "remote",
            "url": api.url,
            "response": {"score": "/score"},
            "decision": {"fake_at": 0.5, "real_at": 0.5},
            "timeouts": {"total": 3},
        }
        (tmp_path / "acme.json").write_text(json.dumps(sidecar))
        process = subprocess.Popen(
            [sys.executable, "-m", "verascope", "benchmark", str(labelled)],
            env=environ(home, detection_detector=tmp_path / "acme.json"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert asked.wait(60)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, b"")
    path = home / "analytics" / "analytics.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM performance_benchmarks").fetchone() == (0,)


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


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (
            "UPDATE rollups SET total = total + 1 WHERE dimension = 'all' AND grain = 'day'",
            "day: total is 2, the rows say 1",
        ),
        (
            "UPDATE rollup_histograms SET n = n + 1 WHERE measure = 'inference' AND grain = 'hour' "
            "AND dimension = 'all'",
            "the inference histogram of 1 bucket",
        ),
        (
            "DELETE FROM rollup_histograms WHERE measure = 'confidence' AND grain = 'day' "
            "AND dimension = 'model'",
            "the confidence histogram of 1 bucket, the first of",
        ),
    ],
)
def test_doctor_finds_summaries_that_differ_from_the_rows(
    run: Run, start: Callable[..., Server], damage: str, said: str
) -> None:
    server = start()
    server.predict(picture())
    assert server.stop() == 0
    path = server.home / "analytics" / "analytics.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute(damage).rowcount > 0
        connection.commit()
    found = run("doctor")
    assert found.returncode == 1
    (line,) = [line for line in found.stdout.splitlines() if line.startswith("BAD")]
    assert said in line


def test_doctor_names_a_wrong_setting_and_a_missing_detector(run: Run, tmp_path: Path) -> None:
    wrong = run("doctor", server_prot="1")
    assert wrong.returncode == 1
    assert "VERASCOPE_SERVER_PROT" in wrong.stdout
    for setting in ("detection_detector", "detection_shadows"):
        missing = run("doctor", "--json", **{setting: tmp_path / "missing.json"})
        assert missing.returncode == 1
        bad = [row for row in json.loads(missing.stdout) if not row["ok"]]
        assert [row["check"] for row in bad] == ["detector"]
