"""Bodies that stall, end early or are not what they say: refused, nothing is half there, others are served."""

import contextlib
import gzip
import json
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import uuid_utils

from tests.conftest import Server
from tests.faults.books import assert_all_agree
from tests.faults.house import House
from tests.faults.load import CLIENTS, USE_CASES

pytestmark = pytest.mark.faults

PATH = "/api/v1/predictions"
STALLED = 40


def test_stalled_bodies_hold_up_nobody_and_store_nothing(house: House) -> None:
    """Forty senders open a body and fall silent; a forty-first is served, and they hear 408."""
    server = house.up()
    stalled = batch(100)
    body = json.dumps(stalled).encode()
    served = batch(100)
    with contextlib.ExitStack() as lines:
        open_ = [lines.enter_context(connected(server)) for _ in range(STALLED)]
        for one in open_:
            one.sendall(head(server, len(body)) + body[:-1])
        send(server, served)
        assert {answered(one) for one in open_} == {408}
    assert (stored(server, served), stored(server, stalled)) == (100, 0)
    assert_all_agree(server)
    assert send(server, stalled)["stored"] == 100


@pytest.mark.parametrize("kept", [0, 1, 500, 5_000])
def test_a_body_that_ends_early_stores_nothing(house: House, kept: int) -> None:
    server = house.up()
    sent = batch(100)
    body = json.dumps(sent).encode()
    with connected(server) as line:
        line.sendall(head(server, len(body)) + body[:kept])
    assert not stored(server, sent)
    assert send(server, sent)["stored"] == 100


def test_a_body_longer_than_it_says_is_cut_where_it_said(house: House) -> None:
    server = house.up()
    sent = batch(10)
    body = json.dumps(sent).encode()
    with connected(server) as line:
        line.sendall(head(server, len(body) - 1) + body)
        assert answered(line) == 400
    assert not stored(server, sent)


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
@pytest.mark.parametrize("form", ["plain", "half"])
def test_a_body_packed_otherwise_than_it_says_is_refused(
    house: House, encoding: str, form: str
) -> None:
    server = house.up()
    sent = batch(100)
    body = json.dumps(sent).encode()
    if form == "half":
        packed = gzip.compress(body)
        body = packed[: len(packed) // 2]
    with connected(server) as line:
        line.sendall(head(server, len(body), f"Content-Encoding: {encoding}\r\n") + body)
        assert answered(line) == 400
    assert not stored(server, sent)
    assert server.get("/health").json()["status"] == "healthy"


_SET_BACK = """
import os, time
wall_ns = time.time_ns
def time_ns():
    return wall_ns() - (3_600_000_000_000 if os.path.exists({flag!r}) else 0)
time.time_ns = time_ns
time.time = lambda: time_ns() / 1e9
"""


def test_a_wall_clock_set_back_an_hour_rejects_nothing(
    tmp_path: Path, environ: Callable[..., dict[str, str]]
) -> None:
    """Senders whose clocks are right seem an hour ahead to the server, and are served all the same."""
    flag, site = tmp_path / "set-back", tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(_SET_BACK.format(flag=str(flag)))

    def shifted(home: Path, **settings: object) -> dict[str, str]:
        plain = environ(home, **settings)
        return {**plain, "PYTHONPATH": f"{site}:{plain['PYTHONPATH']}"}

    home = tmp_path / "home"
    home.mkdir()
    house = House(home, shifted)
    try:
        server = house.up()
        before, after = batch(100), batch(100)
        assert send(server, before)["stored"] == 100
        flag.touch()
        assert send(server, after)["stored"] == 100
        unstamped = {"id": "unstamped", "prediction": "fake", "confidence": 90}
        assert send(server, [unstamped, *before])["duplicate"] == 100
        # What the server itself takes for now has gone back, or this would test nothing.
        newest, arrived = server.rows(
            "SELECT MAX(timestamp), MAX(CASE id WHEN 'unstamped' THEN received_at END) FROM predictions"
        )[0]
        assert arrived < newest
        assert server.count() == 201
    finally:
        house.crash()


def batch(size: int) -> list[dict[str, Any]]:
    """Events that happened just now."""
    return [
        {
            "id": str(uuid_utils.uuid7()),
            "timestamp": datetime.now(UTC).isoformat(),
            "client": CLIENTS[number % len(CLIENTS)],
            "use_case": USE_CASES[number % len(USE_CASES)],
            "prediction": "fake",
            "confidence": 90.5,
        }
        for number in range(size)
    ]


def send(server: Server, sent: list[dict[str, Any]]) -> dict[str, Any]:
    """The receipt."""
    with server.client() as client:
        response = client.post(PATH, json=sent)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def connected(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=90)


def head(server: Server, length: int, more: str = "") -> bytes:
    return (
        f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {length}\r\n{more}\r\n"
    ).encode()


def answered(line: socket.socket) -> int:
    """The status of the next answer."""
    return int(line.makefile("rb").readline().split()[1])


def stored(server: Server, sent: list[dict[str, Any]]) -> int:
    marks = ", ".join("?" * len(sent))
    sql = f"SELECT COUNT(*) FROM predictions WHERE id IN ({marks})"
    return int(server.rows(sql, *(one["id"] for one in sent))[0][0])
