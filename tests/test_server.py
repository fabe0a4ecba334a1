"""The server as a process: how it starts, what it refuses, how it ends."""

import contextlib
import json
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.conftest import ROOT, Server, free_port, picture, write_model

Start = Callable[..., Server]


def assert_refused(server: Server, *words: str) -> None:
    """It ended with code 1 and one line on stderr that holds these words."""
    assert server.process.wait(60) == 1
    (line,) = server.settled_errors()
    assert line.startswith("verascope: ")
    for word in words:
        assert word in line
    assert "Traceback" not in line
    assert not server.lines


def test_first_start_makes_what_it_needs_and_says_where_it_is(start: Start) -> None:
    server = start()
    assert server.lines == [f"Verascope is ready: http://localhost:{server.port}/dashboard"]
    assert (server.home / "analytics" / "analytics.db").exists()
    assert (server.home / "logs" / "enterprise_monitoring.log").exists()
    assert (server.home / "analytics" / "secret.key").stat().st_mode & 0o777 == 0o600
    assert server.get("/health").json()["status"] == "healthy"
    assert server.stop() == 0
    assert server.errors == []


def test_busy_port_is_refused(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert_refused(start(port=port, wait=False), str(port), "VERASCOPE_PORT")


def test_host_that_is_none_is_refused(start: Start) -> None:
    assert_refused(start(host="no.such.host.invalid", wait=False), "no.such.host.invalid")


def test_second_server_of_the_same_home_is_refused(start: Start) -> None:
    first = start()
    second = start(first.home, port=free_port(), wait=False)
    assert_refused(second, "in use by another Verascope server")
    assert first.get("/health").status_code == 200


def test_unwritable_folder_is_refused(start: Start, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "analytics").write_text("a file stands where the folder should be")
    assert_refused(start(home, wait=False), str(home / "analytics"))


def test_unwritable_log_is_refused(start: Start, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "logs").write_text("a file stands where the folder should be")
    assert_refused(start(home, wait=False), "enterprise_monitoring.log")


def test_unknown_settings_are_refused_by_name(start: Start, tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "config").mkdir(parents=True)
    (home / "config" / "monitoring.json").write_text('{"cpu_usage": 80, "cpu_usgae": 90}')
    assert_refused(start(home, wait=False), "cpu_usgae")
    (home / "config" / "monitoring.json").unlink()
    assert_refused(start(home, wait=False, prot="8001"), "VERASCOPE_PROT")


def test_trusted_proxy_that_is_no_address_is_refused(start: Start) -> None:
    server = start(server_trusted_proxies="proxy.example", wait=False)
    assert_refused(server, "server.trusted_proxies", "proxy.example")


def test_newer_schema_is_refused_and_left_alone(start: Start) -> None:
    first = start()
    assert first.stop() == 0
    path = first.home / "analytics" / "analytics.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999_from_the_future'")
        connection.commit()
        before = list(connection.iterdump())
    assert_refused(start(first.home, wait=False), "9999_from_the_future", "newer")
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert list(connection.iterdump()) == before


@pytest.mark.parametrize("kind", ["foreign", "damaged"])
def test_database_that_is_not_ours_is_refused_and_left_alone(
    start: Start, tmp_path: Path, kind: str
) -> None:
    folder = tmp_path / "home" / "analytics"
    folder.mkdir(parents=True)
    path = folder / "analytics.db"
    if kind == "foreign":
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE recipes (name TEXT)")
            connection.commit()
    else:
        path.write_bytes(b"this is no database" * 1000)
    before = path.read_bytes()
    assert_refused(start(tmp_path / "home", wait=False), str(path))
    assert path.read_bytes() == before


def test_detector_that_cannot_be_loaded_is_refused(start: Start, tmp_path: Path) -> None:
    sidecar = write_model(tmp_path)
    (tmp_path / "tiny.onnx").write_bytes(b"no model")
    assert_refused(start(detection_detector=sidecar, wait=False), "tiny")


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_signal_drains_every_accepted_prediction_is_finished_and_committed(
    start: Start, how: signal.Signals
) -> None:
    server = start(detection_threads=1)
    image = picture(width=1200, height=1200)
    answers: list[httpx.Response] = []

    def send(_: int) -> None:
        with contextlib.suppress(httpx.TransportError):
            answers.append(server.predict(image))

    with ThreadPoolExecutor(8) as pool:
        sent = [pool.submit(send, number) for number in range(8)]
        deadline = time.monotonic() + 20
        while not server.count():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert server.stop(how) == 0
        for one in sent:
            one.result()
    acknowledged = {answer.json()["id"] for answer in answers if answer.status_code == 200}
    stored = {row["id"] for row in server.rows("SELECT id FROM predictions")}
    assert acknowledged
    assert acknowledged <= stored
    folded = server.rows("SELECT SUM(total) FROM rollups WHERE grain = 'day' AND dimension = 'all'")
    assert folded[0][0] == len(stored)
    with contextlib.closing(
        sqlite3.connect(server.home / "analytics" / "analytics.db")
    ) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_live_feeds_end_at_once_when_the_server_stops(start: Start) -> None:
    server = start()
    ended = threading.Event()

    def listen() -> None:
        with server.client() as client, client.stream("GET", "/api/v1/live") as stream:
            for _ in stream.iter_bytes():
                opened.set()
        ended.set()

    opened = threading.Event()
    threading.Thread(target=listen, daemon=True).start()
    assert opened.wait(10)
    started = time.monotonic()
    assert server.stop() == 0
    assert ended.wait(1)
    assert time.monotonic() - started < 10


def test_connection_that_never_finishes_its_upload_does_not_hold_the_server_up_for_ever(
    start: Start,
) -> None:
    server = start(server_drain_seconds=1)
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(
            b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n"
            b"Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\n"
        )
        time.sleep(0.5)
        started = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - started < 15


def test_killed_server_starts_again_with_everything_it_acknowledged(start: Start) -> None:
    server = start()
    ids = {server.predict(picture(seed=seed)).json()["id"] for seed in range(5)}
    server.process.kill()
    server.process.wait()
    again = start(server.home)
    assert {row["id"] for row in again.rows("SELECT id FROM predictions")} == ids
    assert again.get("/analytics").json()["summary"]["total_predictions"] == 5


def test_entry_script_serves_from_any_working_directory(
    environ: Callable[..., dict[str, str]], tmp_path: Path
) -> None:
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    for folder in (home, elsewhere):
        folder.mkdir()
    port = free_port()
    environment = environ(home, port=port)
    del environment["PYTHONPATH"]
    with subprocess.Popen(
        [sys.executable, str(ROOT / "api" / "main.py")],
        env=environment,
        cwd=elsewhere,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline().startswith("Verascope is ready")
            answer = httpx.get(f"http://127.0.0.1:{port}/health", trust_env=False)
            assert answer.json()["status"] == "healthy"
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(40) == 0
    assert list(elsewhere.iterdir()) == []


def test_entry_script_without_an_installation_says_in_one_line_what_to_run(tmp_path: Path) -> None:
    (tmp_path / "api").mkdir()
    script = shutil.copy(ROOT / "api" / "main.py", tmp_path / "api" / "main.py")
    found = subprocess.run(
        [sys.executable, "-S", "-I", str(script)], capture_output=True, text=True, check=False
    )
    assert found.returncode == 1
    assert found.stdout == ""
    assert found.stderr.splitlines() == [
        f"Verascope is not installed yet; run `make serve` in {tmp_path}."
    ]


def test_entry_script_uses_the_projects_own_python(tmp_path: Path) -> None:
    (tmp_path / "api").mkdir()
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    script = shutil.copy(ROOT / "api" / "main.py", tmp_path / "api" / "main.py")
    python = tmp_path / ".venv" / "bin" / "python"
    python.write_text('#!/bin/sh\necho "run with: $@"\n')
    python.chmod(0o755)
    found = subprocess.run(
        [sys.executable, "-S", "-I", str(script), "--port", "9"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.stdout == f"run with: {script} --port 9\n"


def test_log_holds_one_line_an_event_and_no_address(start: Start) -> None:
    server = start()
    server.predict(picture(), headers={"User-Agent": "evil\tagent"})
    server.get("/nothing")
    assert server.stop() == 0
    text = (server.home / "logs" / "enterprise_monitoring.log").read_text()
    assert "ready at" in text
    assert "Traceback" not in text
    assert "127.0.0.1" not in text


def test_database_that_cannot_be_written_answers_503_and_counts_nothing(start: Start) -> None:
    server = start()
    assert server.predict(picture()).status_code == 200
    before = server.count()
    path = server.home / "analytics" / "analytics.db"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        started = time.monotonic()
        answer = server.predict(picture(seed=1))
        assert time.monotonic() - started < 25
        connection.execute("ROLLBACK")
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1
    assert server.count() == before
    deadline = time.monotonic() + 20
    while server.predict(picture(seed=2)).status_code != 200:
        assert time.monotonic() < deadline
    # The summaries try again a moment later than the writer.
    while (health := server.get("/health").json())["status"] != "healthy":
        assert time.monotonic() < deadline, health["reasons"]
        time.sleep(0.1)


def test_settings_come_from_file_and_environment(start: Start, tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "config").mkdir(parents=True)
    settings = {
        "cpu_usage": 70,
        "pricing": {"default_price": "0.01"},
        "detection": {"min_side": 100},
    }
    (home / "config" / "monitoring.json").write_text(json.dumps(settings))
    server = start(home, detection_min_side=40)
    assert server.predict(picture(width=50, height=50)).status_code == 200
    assert server.predict(picture(width=39, height=50)).status_code == 400
    assert [row["price_micros"] for row in server.rows("SELECT price_micros FROM predictions")] == [
        10_000,
        0,
    ]
