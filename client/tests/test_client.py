"""`record` and what reaches the server."""

from __future__ import annotations

import json
import logging
import threading
import time
from pathlib import Path
from typing import Any, Callable

import pytest
from client.tests.driven import Driven
from client.tests.receiver import Receiver, hang, status

from verascope_client import Client, Stats

FAKE: dict[str, Any] = {"prediction": "fake", "confidence": 97.5}

Connect = Callable[..., Client]
Drive = Callable[..., Driven]


def test_a_recorded_prediction_arrives(receiver: Receiver, connect: Connect) -> None:
    client = connect(key="vs_key")
    assert client.record(**FAKE, client="acme", inference_time_ms=41.5)
    assert client.flush(20)
    (event,) = receiver.events.values()
    assert (event["prediction"], event["client"]) == ("fake", "acme")
    (batch,) = receiver.batches
    assert batch.path == "/api/v1/predictions"
    assert batch.headers["authorization"] == "Bearer vs_key"
    assert batch.headers["content-type"] == "application/x-ndjson"
    assert batch.headers["content-encoding"] == "gzip"
    assert batch.headers["user-agent"].startswith("verascope-client/0.1.0 (python 3.")
    assert batch.headers["verascope-sender"] == client.sender
    assert batch.headers["verascope-dropped"] == "0"
    assert client.stats() == Stats(recorded=1, delivered=1)


def test_a_prefix_of_a_reverse_proxy_is_kept(receiver: Receiver, connect: Connect) -> None:
    client = connect(receiver.url + "/verascope/")
    client.record(**FAKE)
    assert client.flush(20)
    assert receiver.batches[0].path == "/verascope/api/v1/predictions"


def test_the_time_is_that_of_the_call_and_not_of_the_sending(
    receiver: Receiver, drive: Drive
) -> None:
    client = drive(batch_seconds=30)
    client.record(**FAKE)
    client.time.seconds = 10
    client.record(**FAKE)
    client.spend(60)
    first, second = (event["timestamp"] for event in receiver.events.values())
    assert (first[14:19], second[14:19]) == ("13:20", "13:30")


def test_batches_are_full_or_wait_until_their_time_has_come(
    receiver: Receiver, drive: Drive
) -> None:
    client = drive(batch_events=100, batch_seconds=5)
    for _ in range(250):
        client.record(**FAKE)
    client.spend(1)
    assert [len(batch.events) for batch in receiver.batches] == [100, 100]
    client.spend(4.5)
    assert [len(batch.events) for batch in receiver.batches] == [100, 100, 50]


def test_batches_are_bounded_in_bytes(receiver: Receiver, drive: Drive) -> None:
    client = drive(batch_bytes=10_000)
    for _ in range(100):
        client.record(error_message="x" * 450)
    client.spend(5)
    assert len(receiver.events) == 100
    assert all(len(batch.events) < 20 for batch in receiver.batches)


def test_one_connection_carries_all_batches(receiver: Receiver, connect: Connect) -> None:
    client = connect()
    for _ in range(5):
        client.record(**FAKE)
        assert client.flush(20)
    assert receiver._server is not None
    assert len(receiver._server._open) == 1


class Nasty:
    def __float__(self) -> float:
        raise RuntimeError("no number today")

    def __str__(self) -> str:
        raise RuntimeError("no text either")


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"nonsense": 1},
        {"prediction": object(), "confidence": Nasty()},
        {"error_message": Nasty()},
        {"prediction": "fake", "confidence": 1, "tags": Nasty()},
        {"prediction": "fake", "confidence": 1, "client": b"bytes"},
    ],
)
def test_record_never_raises_and_counts_what_can_not_be_right(
    fields: dict[str, Any], receiver: Receiver, connect: Connect
) -> None:
    client = connect()
    client.record(**fields)
    client.record(**FAKE)
    assert client.flush(20)
    stats = client.stats()
    assert (stats.delivered, stats.dropped) == (1, 1)
    client.record(**FAKE)
    assert client.flush(20)
    assert receiver.dropped == {client.sender: 1}


def test_a_positional_argument_is_counted_and_not_raised(connect: Connect) -> None:
    client = connect()
    client.record("fake", 97.5)  # type: ignore[arg-type]
    assert client.flush(20)
    assert client.stats().dropped_by == {"invalid unknown": 1}


def test_the_same_mistake_is_logged_once(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    client = connect()
    for number in range(500):
        client.record(prediction="fake", confidence=1000 + number)
    assert client.flush(20)
    assert [record.getMessage() for record in caplog.records] == [
        "An event was dropped: confidence: must be 0 to 100 percent, not 1000. This is said once"
    ]


def test_record_returns_while_the_server_hangs(receiver: Receiver, connect: Connect) -> None:
    receiver.always = hang
    client = connect()
    client.record(**FAKE)
    while not receiver.batches:
        time.sleep(0.01)
    assert all(client.record(**FAKE) for _ in range(1000))
    assert client.stats().pending == 1001


def test_memory_is_bounded_and_the_oldest_give_way(receiver: Receiver, drive: Drive) -> None:
    receiver.always = status(503)
    client = drive(max_events=1000, batch_events=100)
    for number in range(5000):
        client.record(**FAKE, use_case=str(number))
        if number % 500 == 0:
            client.spend(0.1)
    pending = client.stats.pending
    assert pending <= 1000 + 100
    assert client.stats.dropped_by == {"memory": 5000 - pending}
    receiver.always = None
    client.spend(600)
    # The batch under way was spared; behind it are the newest.
    kept = sorted(int(event["use_case"]) for event in receiver.events.values())
    assert kept[-1000:] == list(range(4000, 5000))
    assert client.stats == Stats(
        5000, delivered=pending, dropped=5000 - pending, dropped_by={"memory": 5000 - pending}
    )
    assert receiver.dropped == {client.pipeline.sender_id: 5000 - pending}


def test_memory_is_bounded_in_bytes_too(receiver: Receiver, drive: Drive) -> None:
    receiver.always = status(503)
    client = Client(receiver.url, max_bytes=100_000)
    try:
        for _ in range(100):
            client.record(error_message="x" * 20_000)
        assert client.stats().dropped >= 95
    finally:
        client.close(0)


def test_many_threads_record_and_nothing_is_lost(receiver: Receiver, connect: Connect) -> None:
    client = connect(max_events=100_000)

    def work(number: int) -> None:
        for count in range(500):
            client.record(**FAKE, use_case=f"{number}-{count}")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert client.flush(60)
    assert len({event["use_case"] for event in receiver.events.values()}) == 4000
    assert client.stats() == Stats(recorded=4000, delivered=4000)


def test_flush_says_when_the_time_was_not_enough(receiver: Receiver, connect: Connect) -> None:
    receiver.always = status(503)
    client = connect()
    client.record(**FAKE)
    assert not client.flush(0.2)
    receiver.always = None
    assert client.flush(20)


def test_flush_does_not_wait_for_the_turn_of_a_retry(receiver: Receiver, connect: Connect) -> None:
    receiver.troubles.append(status(500))
    client = connect(retry_seconds=3600)
    client.record(**FAKE)
    while not receiver.batches:
        time.sleep(0.01)
    assert client.flush(20)


def test_close_sends_what_waits(receiver: Receiver, connect: Connect) -> None:
    with connect(batch_seconds=3600) as client:
        client.record(**FAKE)
    assert len(receiver.events) == 1
    assert not client.record(**FAKE)
    assert client.stats().dropped_by == {"closed": 1}
    assert client.close()


def test_close_is_bounded_and_says_what_is_lost(
    receiver: Receiver, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.always = hang
    client = connect()
    client.record(**FAKE)
    assert client.close(0.3)
    assert client.stats().dropped_by == {"exit": 1}
    assert "1 events were not delivered before the end and are lost" in caplog.text


def test_the_last_drops_are_reported_when_the_client_is_closed(
    receiver: Receiver, connect: Connect
) -> None:
    client = connect()
    client.record(**FAKE)
    assert client.flush(20)
    client.record(prediction="maybe")
    client.close(20)
    assert receiver.dropped == {client.sender: 1}
    assert receiver.batches[-1].events == []


def test_wrong_options_are_told_all_at_once() -> None:
    with pytest.raises(ValueError, match=r"batch_events.*durability.*key") as caught:
        Client("http://x", batch_events=0, durability="sometimes", key="ü")
    assert "batch_events: must be 1 to 10,000, not 0" in str(caught.value)
    with pytest.raises(ValueError, match="needs a spool"):
        Client("http://x", durability="write")


@pytest.mark.parametrize(
    "url", ["", "verascope", "ftp://x", "http://", "http://u:p@x", "http://x?y=1", "http://x:99999"]
)
def test_an_address_that_is_none_is_refused_at_once(url: str) -> None:
    with pytest.raises(ValueError, match=r"url: |Port out of range"):
        Client(url)


def test_a_key_that_travels_in_the_clear_is_warned_of(
    caplog: pytest.LogCaptureFixture, drive: Drive
) -> None:
    client = drive("http://192.0.2.1:1", key="secret")
    assert client.pipeline._wire.shows_key
    assert not drive(key="secret").pipeline._wire.shows_key


def test_the_key_is_never_logged(
    receiver: Receiver, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    receiver.always = status(401)
    client = connect(key="vs_very_secret")
    client.record(**FAKE)
    assert not client.flush(0.2)
    client.close(0)
    assert "answered 401" in caplog.text
    assert "vs_very_secret" not in caplog.text + repr(client.__dict__.keys())


def test_the_lines_are_valid_json_each(receiver: Receiver, connect: Connect) -> None:
    client = connect()
    client.record(**FAKE, client='a "quoted"\nname\u2028')
    assert client.flush(20)
    (event,) = receiver.events.values()
    assert event["client"] == 'a "quoted"\nname\u2028'
    assert json.dumps(event)


def test_a_burst_goes_through_a_spool_without_losing_any(
    receiver: Receiver, connect: Connect, tmp_path: Path
) -> None:
    client = connect(spool=tmp_path, spool_seconds=60, max_events=50_000, batch_events=5000)
    for _ in range(20_000):
        client.record(**FAKE)
    assert client.flush(60)
    assert client.stats() == Stats(recorded=20_000, delivered=20_000)


def test_less_memory_than_a_batch_still_balances(receiver: Receiver, drive: Drive) -> None:
    receiver.always = status(503)
    client = drive(max_events=10, batch_events=500)
    for _ in range(100):
        client.record(**FAKE)
        client.spend(1)
    receiver.always = None
    client.spend(600)
    stats = client.stats
    assert stats.pending == 0
    assert stats.delivered + stats.dropped == stats.recorded == 100
    assert len(receiver.events) == stats.delivered >= 10
