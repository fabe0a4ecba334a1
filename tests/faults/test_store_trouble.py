"""A disk that takes no more and a database that others hold: refused honestly, and mended without a restart."""

import contextlib
import random
import resource
import sqlite3
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import Server
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
LOCKED_SECONDS = 8


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
    waiting = attempt(dice)
    with locked(house):
        started = time.monotonic()
        refused = server.predict(waiting.image)
        assert refused.status_code == 503, refused.text
        assert int(refused.headers["Retry-After"]) > 0
        health = server.get("/health").json()
        assert health["status"] == "degraded"
        assert any("locked" in reason for reason in health["reasons"])
        time.sleep(max(0.0, LOCKED_SECONDS - (time.monotonic() - started)))
    assert_healthy_again(server)
    assert server.count() == before
    send_all(server.port, [waiting])
    assert_all_agree(server)


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


@contextlib.contextmanager
def locked(house: House) -> Iterator[None]:
    """This process holds the write lock inside the block."""
    with contextlib.closing(sqlite3.connect(house.database, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        yield
        connection.execute("ROLLBACK")


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
