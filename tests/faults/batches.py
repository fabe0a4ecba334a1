"""Senders of batches at once, who note what they sent and what they were told."""

import contextlib
import http.client
import json
import random
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import uuid_utils

from tests.conftest import Server
from tests.faults.load import CLIENTS, USE_CASES

SENDERS = 3
PATH = "/api/v1/predictions"


@dataclass(slots=True)
class Batch:
    """Events sent together, once or several times. answers: (status, body) of each sending that was answered."""

    events: list[dict[str, Any]]
    answers: list[tuple[int, dict[str, Any]]] = field(default_factory=list)

    @property
    def ids(self) -> list[str]:
        return [event["id"] for event in self.events]

    @property
    def is_acknowledged(self) -> bool:
        return any(status == 200 for status, _ in self.answers)

    def send(self, connection: http.client.HTTPConnection) -> int:
        """The status of the answer, which is noted. Raises OSError or HTTPException when there is none."""
        body = json.dumps(self.events).encode()
        connection.request("POST", PATH, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        told = json.loads(answer.read())
        if answer.status == 503:
            assert answer.headers["Retry-After"], told
        self.answers.append((answer.status, told))
        return answer.status


def batch(dice: random.Random, size: int | None = None) -> Batch:
    """Events of the last seconds, every tenth of them failed; from one to 400, unless `size` says how many."""
    return Batch([_event(dice) for _ in range(size or dice.choice((1, 10, 100, 400)))])


def _event(dice: random.Random) -> dict[str, Any]:
    common = {
        "id": str(uuid_utils.uuid7()),
        "timestamp": datetime.now(UTC).isoformat(),
        "client": dice.choice(CLIENTS),
        "use_case": dice.choice(USE_CASES),
    }
    if dice.random() < 0.1:
        return {**common, "success": False, "error_message": "The image could not be read."}
    return {
        **common,
        "prediction": dice.choice(("real", "fake")),
        "confidence": round(dice.uniform(50, 100), 3),
        "inference_time_ms": round(dice.uniform(5, 90), 3),
    }


class BatchLoad:
    """Sends from the start of the block until `stop`, or until the server is gone."""

    def __init__(self, port: int, seed: int) -> None:
        self.batches: list[Batch] = []
        self._port = port
        self._seed = seed
        self._ended = threading.Event()
        self._senders = [
            threading.Thread(target=self._send, args=(number,)) for number in range(SENDERS)
        ]

    def __enter__(self) -> "BatchLoad":
        for sender in self._senders:
            sender.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Returns once every sender has its last answer, or none."""
        self._ended.set()
        for sender in self._senders:
            sender.join()

    def _send(self, number: int) -> None:
        dice = random.Random(f"batches {self._seed} {number}")
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        with contextlib.closing(connection):
            while not self._ended.is_set():
                new = batch(dice)
                self.batches.append(new)
                try:
                    if new.send(connection) == 503:
                        time.sleep(0.05)
                except ConnectionRefusedError:
                    return
                except (OSError, http.client.HTTPException):
                    connection.close()


def assert_batches_kept(server: Server, batches: list[Batch]) -> None:
    """Acknowledged events are there once; of a batch without an answer all events are there, or none; refused ones aren't."""
    for one in batches:
        stored = _stored(server, one.ids)
        assert len(stored) == len(set(stored)), "recorded twice"
        unexpected = [told for status, told in one.answers if status not in (200, 503)]
        assert not unexpected, unexpected
        if one.is_acknowledged:
            assert set(stored) == set(one.ids), f"acknowledged and lost: {one.answers}"
            assert all(
                told["stored"] + told["duplicate"] == len(one.ids)
                for status, told in one.answers
                if status == 200
            ), one.answers
        elif one.answers:
            assert not stored, f"recorded, but answered {one.answers}"
        else:
            assert len(stored) in (0, len(one.ids)), f"half there: {len(stored)}, {len(one.ids)}"


def _stored(server: Server, ids: list[str]) -> list[str]:
    marks = ", ".join("?" * len(ids))
    return [
        row["id"] for row in server.rows(f"SELECT id FROM predictions WHERE id IN ({marks})", *ids)
    ]


def send_again(port: int, batches: list[Batch]) -> None:
    """Send each once more; every one must be answered with a receipt."""
    with contextlib.closing(
        http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    ) as connection:
        for one in batches:
            assert one.send(connection) == 200, one.answers
