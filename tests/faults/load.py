"""Many callers of `/predict` at once, who note what they sent and what they were told."""

import contextlib
import hashlib
import http.client
import json
import random
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from tests.conftest import FAKE, REAL, UNCERTAIN, picture

CALLERS = 8
CLIENTS = ("acme", "Müller & Söhne", "globex")
USE_CASES = ("kyc", "news")

ANSWERED = (200, 400, 415)
"""A verdict, or the refusal of an image: both are on record."""


@dataclass(slots=True)
class Attempt:
    """One image, sent once or, with its key, several times. Every image has bytes of its own.

    answers: (status, body) of each sending that was answered.
    """

    image: bytes
    client: str
    use_case: str
    key: str | None
    answers: list[tuple[int, dict[str, Any]]] = field(default_factory=list)

    @property
    def file_hash(self) -> str:
        return hashlib.sha256(self.image).hexdigest()

    @property
    def ids(self) -> set[str]:
        """The ids that were acknowledged; more than one is a fault."""
        return {
            body.get("id") or body["prediction_id"]
            for status, body in self.answers
            if status in ANSWERED
        }

    def send(self, connection: http.client.HTTPConnection) -> int:
        """The status of the answer, which is noted. Raises OSError or HTTPException when there is none."""
        headers = {"Content-Type": "multipart/form-data; boundary=edge"}
        if self.key is not None:
            headers["Idempotency-Key"] = self.key
        connection.request("POST", "/predict", self._body(), headers)
        answer = connection.getresponse()
        body = json.loads(answer.read())
        if answer.status == 503:
            assert answer.headers["Retry-After"], body
        self.answers.append((answer.status, body))
        return answer.status

    def _body(self) -> bytes:
        def part(disposition: str, content: bytes) -> bytes:
            head = f"--edge\r\nContent-Disposition: form-data; {disposition}\r\n\r\n"
            return head.encode() + content + b"\r\n"

        return (
            part('name="client"', self.client.encode())
            + part('name="use_case"', self.use_case.encode())
            + part('name="file"; filename="image"', self.image)
            + b"--edge--\r\n"
        )


def attempt(dice: random.Random) -> Attempt:
    """A good image mostly; else one that is cut off, too small, or none at all. Every third has a key."""
    drawn = picture(dice.choice([FAKE, REAL, UNCERTAIN]), seed=dice.getrandbits(60))
    kind = dice.random()
    if kind < 0.10:
        drawn = drawn[: len(drawn) // 2]
    elif kind < 0.15:
        drawn = picture(width=16, height=16, seed=dice.getrandbits(60))
    elif kind < 0.20:
        drawn = dice.randbytes(500)
    key = f"key-{dice.getrandbits(60)}" if dice.random() < 0.33 else None
    return Attempt(drawn, dice.choice(CLIENTS), dice.choice(USE_CASES), key)


class Load:
    """Sends from the start of the block until `stop`, or until the server is gone."""

    def __init__(self, port: int, seed: int) -> None:
        self.attempts: list[Attempt] = []
        self._port = port
        self._seed = seed
        self._ended = threading.Event()
        self._callers = [
            threading.Thread(target=self._call, args=(number,)) for number in range(CALLERS)
        ]

    def __enter__(self) -> "Load":
        for caller in self._callers:
            caller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Returns once every caller has its last answer, or none."""
        self._ended.set()
        for caller in self._callers:
            caller.join()

    def _call(self, number: int) -> None:
        dice = random.Random(f"{self._seed} {number}")
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        with contextlib.closing(connection):
            while not self._ended.is_set():
                try:
                    if self._next(dice).send(connection) == 503:
                        time.sleep(0.05)
                except ConnectionRefusedError:
                    return
                except (OSError, http.client.HTTPException):
                    connection.close()

    def _next(self, dice: random.Random) -> Attempt:
        """A new image, or again one of the last that have a key, which may still be under way."""
        if dice.random() < 0.2:
            again = [one for one in self.attempts[-CALLERS:] if one.key is not None]
            if again:
                return dice.choice(again)
        new = attempt(dice)
        self.attempts.append(new)
        return new


def send_all(port: int, attempts: list[Attempt]) -> None:
    """Send each once, one after another; every one must be answered with a verdict or a refusal."""
    with contextlib.closing(
        http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    ) as connection:
        for one in attempts:
            assert one.send(connection) in ANSWERED, one.answers
