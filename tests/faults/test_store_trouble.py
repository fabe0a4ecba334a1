"""A disk that takes no more and a database that others hold: refused honestly, and mended without a restart."""

import contextlib
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Server
from tests.faults.batches import BatchLoad, assert_batches_kept, batch, send_again
from tests.faults.books import (
    assert_all_agree,
    assert_kept,
    assert_refused_left_nothing,
    assert_served,
)
from tests.faults.house import House
from tests.faults.load import Load, attempt, send_all

pytestmark = pytest.mark.faults

RECOVERY_SECONDS = 15
LOCKED_SECONDS = 30


def test_full_disk_is_refused_with_503_and_recovers_by_itself(house: House) -> None:
    server = house.up()
    dice = random.Random(1)
    send_all(server.port, [attempt(dice) for _ in range(5)])
    assert_all_agree(server)
    before = server.count()
    with disk_full(server):
        refused = server.predict(attempt(dice).image)
        assert refused.status_code == 503, refused.text
        assert int(refused.headers["Retry-After"]) > 0
        assert server.count() == before
        health = server.get("/health")
        assert (health.status_code, health.json()["status"]) == (200, "degraded")
        assert any("can't be recorded" in reason for reason in health.json()["reasons"])
        # What is on record can be asked for all the while.
        assert server.get("/analytics?days=2").json()["summary"]["total_predictions"] == before

    assert_healthy_again(server)
    send_all(server.port, [attempt(dice)])
    assert_all_agree(server)


def test_disk_that_fills_up_under_load_loses_nothing_acknowledged(house: House) -> None:
    server = house.up()
    with Load(server.port, 2) as load:
        for _ in range(2):
            time.sleep(0.7)
            with disk_full(server):
                time.sleep(0.7)
        assert_healthy_again(server)
        time.sleep(0.5)
    house.attempts += load.attempts
    assert any(status == 503 for one in load.attempts for status, _ in one.answers)
    assert_kept(server, house.attempts)
    assert_served(server, load.attempts)
    assert_refused_left_nothing(server, load.attempts)
    assert_all_agree(server)


def test_database_locked_by_another_program_is_refused_and_recovers_by_itself(
    house: House,
) -> None:
    server = house.up()
    dice = random.Random(3)
    send_all(server.port, [attempt(dice)])
    before = server.count()
    waiting, waiting_batch = attempt(dice), batch(dice, 100)
    with locked(house):
        started = time.monotonic()
        refused = server.predict(waiting.image)
        assert refused.status_code == 503, refused.text
        assert int(refused.headers["Retry-After"]) > 0
        health = server.get("/health").json()
        assert health["status"] == "degraded"
        assert any("locked" in reason for reason in health["reasons"])
        with contextlib.closing(HTTPConnection("127.0.0.1", server.port, timeout=60)) as line:
            assert waiting_batch.send(line) == 503, waiting_batch.answers
        time.sleep(max(0.0, LOCKED_SECONDS - (time.monotonic() - started)))
    assert_healthy_again(server)
    assert server.count() == before
    send_all(server.port, [waiting])
    send_again(server.port, [waiting_batch])
    assert_batches_kept(server, [waiting_batch])
    assert_all_agree(server)


@pytest.fixture
def small_disk(tmp_path: Path, environ: Callable[..., dict[str, str]]) -> Iterator[House]:
    """A house on a disk of its own, of 64 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(disk)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"a disk of its own can't be mounted here: {mounted.stderr.strip()}")
    built = House(disk, environ)
    yield built
    built.crash()
    subprocess.run(["umount", str(disk)], check=True)


def test_disk_without_a_block_left_loses_no_acknowledged_batch(small_disk: House) -> None:
    server = small_disk.up()
    dice = random.Random(4)
    with BatchLoad(server.port, 4) as sent:
        for _ in range(2):
            time.sleep(0.7)
            filler = small_disk.home / "filler"
            fill(filler)
            wait_for_refusal(sent)
            health = server.get("/health").json()
            assert health["status"] == "degraded", health
            assert any("full" in reason for reason in health["reasons"]), health
            filler.unlink()
            assert_healthy_again(server)
    assert_batches_kept(server, sent.batches)
    assert_all_agree(server)
    send_again(server.port, [*sent.batches, batch(dice)])
    assert_batches_kept(server, sent.batches)
    assert_all_agree(server)


def fill(filler: Path) -> None:
    """Take every block that is left on the disk."""
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(65_536))
    with filler.open("ab", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(512))


def wait_for_refusal(sent: BatchLoad) -> None:
    """Until a batch is answered with 503 that was not there at the call. What is committed may fill free pages first."""
    before = _refused(sent)
    end = time.monotonic() + RECOVERY_SECONDS
    while _refused(sent) == before:
        assert time.monotonic() < end, "nothing was refused on a full disk"
        time.sleep(0.05)


def _refused(sent: BatchLoad) -> int:
    return sum(status == 503 for one in list(sent.batches) for status, _ in list(one.answers))


@contextlib.contextmanager
def disk_full(server: Server) -> Iterator[None]:
    """Every write of the server to a file fails inside the block, as if no block were left."""
    limit = resource.RLIMIT_FSIZE
    _, hard = resource.prlimit(server.process.pid, limit)
    resource.prlimit(server.process.pid, limit, (0, hard))
    try:
        yield
    finally:
        resource.prlimit(server.process.pid, limit, (hard, hard))


_LOCK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
connection.execute("ROLLBACK")
"""


@contextlib.contextmanager
def locked(house: House) -> Iterator[None]:
    """Another process holds the write lock inside the block."""
    with subprocess.Popen(
        [sys.executable, "-c", _LOCK, str(house.database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"locked\n"
        # Leaving closes its stdin, which ends it.
        yield


def assert_healthy_again(server: Server) -> None:
    """Without being sent anything."""
    end = time.monotonic() + RECOVERY_SECONDS
    health: dict[str, Any] = {}
    while time.monotonic() < end:
        health = server.get("/health").json()
        if health["status"] == "healthy":
            return
        time.sleep(0.2)
    pytest.fail(f"after {RECOVERY_SECONDS} s: {health['reasons']}")
