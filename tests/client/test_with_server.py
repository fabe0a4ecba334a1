"""The client and the real server: what is recorded there is stored here, once."""

import random
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from verascope_client import Client
from verascope_client.event import Fields

from tests.conftest import ROOT, Server, free_port

pytestmark = pytest.mark.slow

FAKE: dict[str, Any] = {"prediction": "fake", "confidence": 97.5}


def test_every_field_of_the_client_is_one_of_the_server(server: Server) -> None:
    """One event with all fields that go together, and one that failed."""
    fields: Fields = {
        "prediction": "real",
        "confidence": 81.0,
        "real_probability": 81.0,
        "fake_probability": 19.0,
        "inference_time_ms": 12.5,
        "response_time_ms": 20.0,
        "success": True,
        "client": "all-fields",
        "use_case": "kyc",
        "model_version": "2.1",
        "country": "DE",
        "user_ip": "203.0.113.9",
        "user_agent": "curl/8",
        "file_hash": "ab" * 32,
        "file_size": 2048,
        "image_format": "JPEG",
        "image_width": 640,
        "image_height": 480,
        "label": "fake",
        "tags": {"team": "north"},
    }
    with Client(server.url) as client:
        client.record(**fields)
        client.record(client="all-fields", error_message="no GPU")
        assert client.flush(30)
        stats = client.stats()
    assert (stats.delivered, stats.rejected, stats.dropped) == (2, 0, 0)
    assert set(fields) | {"id", "timestamp", "error_message"} == set(Fields.__annotations__)
    good, failed = server.rows(
        "SELECT * FROM predictions WHERE client = 'all-fields' ORDER BY success DESC"
    )
    assert (good["prediction"], good["confidence"], good["use_case"]) == ("real", 81.0, "kyc")
    assert (good["file_hash"], good["image_width"]) == ("ab" * 32, 640)
    assert (failed["success"], failed["error_message"]) == (0, "no GPU")


def test_drops_are_listed_under_the_sender(server: Server) -> None:
    client = Client(server.url)
    client.record(**FAKE)
    assert client.flush(30)
    # Told at the end, in a batch without events.
    client.record(prediction="maybe")
    client.close()
    ours: dict[str, Any] = {}
    while ours.get("dropped") != 1:
        # The list is written a moment after the answer.
        senders = server.get("/api/v1/senders").json()["senders"]
        ours = next((one for one in senders if one["sender"] == client.sender), {})
        time.sleep(0.05)
    assert ours["user_agent"].startswith("verascope-client/")


def test_a_key_speaks_for_its_client(
    start: Callable[..., Server], run: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    port = free_port()
    server = start(port=port)
    made = run("key", "create", "--client", "acme", home=server.home)
    key = made.stdout.split()[-1]
    with Client(server.url, key=key) as client:
        client.record(**FAKE)
        client.record(**FAKE, client="somebody else")
        assert client.flush(30)
        assert (client.stats().delivered, client.stats().rejected) == (1, 1)
    (row,) = server.rows("SELECT client FROM predictions")
    assert row["client"] == "acme"


def test_a_clock_that_is_ahead_costs_no_event(server: Server) -> None:
    from datetime import UTC, datetime, timedelta

    with Client(server.url) as client:
        client.record(**FAKE, timestamp=datetime.now(UTC) + timedelta(minutes=10))
        client.record(**FAKE)
        client.flush(3)
        stats = client.stats()
        assert (stats.delivered, stats.rejected, stats.dropped, stats.pending) == (1, 0, 0, 1)
        client.close(0)


PROGRAM = """
import sys, time, uuid
from verascope_client import Client

url, spool = sys.argv[1:]
client = Client(url, spool=spool, durability="write", batch_events=40, batch_seconds=0.05, retry_seconds=1)
while True:
    name = str(uuid.uuid4())
    if client.record(id=name, client="killed", prediction="fake", confidence=97.5):
        print(name, flush=True)
    time.sleep(0.0005)
"""


@pytest.mark.faults
@pytest.mark.parametrize("dice", [1, 2, 3])
def test_kills_of_client_and_server_leave_every_acknowledged_event_exactly_once(
    dice: int, start: Callable[..., Server], tmp_path: Path
) -> None:
    chance = random.Random(dice)
    port = free_port()
    server = start(port=port)
    acknowledged: set[str] = set()
    for round_ in range(3):
        process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                textwrap.dedent(PROGRAM),
                f"http://127.0.0.1:{port}",
                str(tmp_path / "spool"),
            ],
            env={"PYTHONPATH": str(ROOT / "client" / "src")},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert process.stdout is not None
        acknowledged.add(process.stdout.readline().strip())
        time.sleep(chance.uniform(0.1, 0.8))
        if round_ == 1:
            server.stop(signal.SIGKILL)
            time.sleep(chance.uniform(0.1, 0.5))
        process.kill()
        out, _ = process.communicate()
        acknowledged.update(out.split("\n")[:-1])
        if round_ == 1:
            server = start(port=port)
    acknowledged.discard("")
    heir = Client(server.url, spool=tmp_path / "spool")
    heir.record(**FAKE, client="heir")
    while len([path for path in (tmp_path / "spool").iterdir() if path.is_dir()]) > 1:
        heir.flush(0.2)
    assert heir.flush(60)
    heir.close()
    rows = server.rows(
        "SELECT id, COUNT(*) AS n FROM predictions WHERE client='killed' GROUP BY id"
    )
    assert {row["n"] for row in rows} == {1}
    assert acknowledged - {row["id"] for row in rows} == set()
    assert len(acknowledged) > 20
    assert len(rows) - len(acknowledged) <= 3
