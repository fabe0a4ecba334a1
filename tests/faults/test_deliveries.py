"""kill -9 between sending a message and recording its answer: it is sent again, under the same id, in order."""

import random
import threading
import time

import pytest

from tests.conftest import Server
from tests.faults.house import House
from tests.notifications.receiver import Receiver, receiver
from tests.notifications.test_outbox import MESSAGE
from verascope import clock
from verascope.config import Settings
from verascope.notifications import outbox
from verascope.notifications.message import Message
from verascope.store.database import Database

pytestmark = pytest.mark.faults

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MESSAGES = 12


def test_a_message_interrupted_by_a_kill_is_delivered_and_known_by_its_id(
    house: House, seed: int
) -> None:
    dice = random.Random(seed)
    (house.home / "config").mkdir(exist_ok=True)
    (house.home / "config" / "monitoring.json").write_text(
        '{"alerts": {"allow_private_webhooks": true}}'
    )
    fatal = dice.randrange(1, MESSAGES + 1)
    is_reached, may_go = threading.Event(), threading.Event()

    def answer(handler: Receiver) -> None:
        if len(handler.asked) == fatal:
            # Received, and not answered yet: the claim is stored, what came of it is not.
            is_reached.set()
            may_go.wait(60)
        handler.respond(204, b"")

    with receiver(answer) as (port, asked):
        channel = f"hook-{seed}"
        server = house.up()
        with server.client() as client:
            made = client.post(
                "/api/v1/channels",
                json={
                    "name": channel,
                    "kind": "webhook",
                    "settings": {"url": f"http://127.0.0.1:{port}/", "secret": SECRET},
                },
            )
        assert made.status_code == 201, made.text
        wanted = put(house, channel, dice)
        assert is_reached.wait(60)
        house.crash()
        may_go.set()

        server = house.up()
        deadline = time.monotonic() + 60
        while (found := states(server, channel)) != {"delivered": MESSAGES}:
            assert time.monotonic() < deadline, found
            time.sleep(0.2)

    ids = [headers["webhook-id"] for _, headers, _ in asked]
    shown = list(dict.fromkeys(ids))
    assert shown == wanted, "each once by its id, in the order in which they were asked for"
    assert len(ids) == MESSAGES + 1, "only the interrupted one came twice"
    assert ids[fatal - 1] == ids[fatal]
    assert {body for _, headers, body in asked if headers["webhook-id"] == ids[fatal]} == {
        asked[fatal][2]
    }


def put(house: House, channel: str, dice: random.Random) -> list[str]:
    """The ids of messages that another process puts into the outbox."""
    database = Database.open(Settings(home=house.home))
    try:
        with database.writing() as connection:
            return [
                outbox.enqueue(connection, 1, channel, _message(dice), str(n), clock.now_us())
                for n in range(MESSAGES)
            ]
    finally:
        database.close()


def _message(dice: random.Random) -> Message:
    return Message(
        moment=MESSAGE.moment,
        severity=MESSAGE.severity,
        title=f"{dice.random():.9f}",
        summary="",
        facts=(),
        links=(),
        dedup_key=f"alert {dice.randrange(3)}",
        occurred_us=clock.now_us(),
        tenant="default",
    )


def states(server: Server, channel: str) -> dict[str, int]:
    found: dict[str, int] = {}
    rows = server.rows(
        "SELECT state, COUNT(*) FROM deliveries WHERE channel = ? GROUP BY state", channel
    )
    for state, n in rows:
        found[state] = n
    return found
