"""The server fails in all ways; every event is counted once."""

from __future__ import annotations

import logging
import socket
from typing import Any, Callable

import pytest
from client.tests.driven import Driven
from client.tests.receiver import (
    Batch,
    Handler,
    Receiver,
    Trouble,
    hang,
    lie,
    reset,
    status,
    store_and_cut,
    store_and_reset,
)

from verascope_client import Client
from verascope_client.receipt import Delivered, Retry, allowance, decide, retry_after
from verascope_client.wire import Answer

FAKE: dict[str, Any] = {"prediction": "fake", "confidence": 97.5}

Connect = Callable[..., Client]
Drive = Callable[..., Driven]

TROUBLES: dict[str, Trouble] = {
    "500": status(500),
    "502 of a proxy": status(502, problem=False),
    "400 of a proxy": status(400, problem=False),
    "413 of a proxy": status(413, problem=False),
    "401": status(401),
    "403": status(403),
    "404": status(404),
    "408": status(408),
    "302": status(302, Location="https://elsewhere.example/"),
    "429 with Retry-After": status(429, Retry_After="2"),
    "503 with Retry-After": status(503, Retry_After="2"),
    "503 with a date": status(503, Retry_After="Mon, 21 Sep 2026 14:13:40 GMT"),
    "200 of a captive portal": lie,
    "reset": reset,
}


@pytest.mark.parametrize("name", TROUBLES)
def test_nothing_is_lost_or_doubled_by(name: str, receiver: Receiver, drive: Drive) -> None:
    receiver.troubles.extend([TROUBLES[name]] * 3)
    client = drive()
    for number in range(20):
        client.record(**FAKE, use_case=str(number))
    client.spend(600)
    assert len(receiver.events) == 20
    assert receiver.duplicates == 0
    assert (client.stats.delivered, client.stats.dropped, client.stats.pending) == (20, 0, 0)


@pytest.mark.parametrize("trouble", [store_and_cut, store_and_reset], ids=lambda one: one.__name__)
def test_events_whose_receipt_was_lost_come_again_under_the_same_ids(
    trouble: Trouble, receiver: Receiver, drive: Drive
) -> None:
    receiver.troubles.extend([trouble, trouble])
    client = drive()
    for _ in range(20):
        client.record(**FAKE)
    client.spend(600)
    assert len(receiver.events) == 20
    assert receiver.duplicates >= 20
    assert (client.stats.delivered, client.stats.duplicate, client.stats.pending) == (20, 20, 0)


def test_a_server_that_hangs_is_left_after_the_timeout(
    receiver: Receiver, connect: Connect
) -> None:
    receiver.troubles.append(hang)
    client = connect(timeout=0.2)
    client.record(**FAKE)
    assert client.flush(20)
    assert len(receiver.events) == 1


def test_a_server_that_is_away_and_comes_back(receiver: Receiver, drive: Drive) -> None:
    receiver.stop()
    client = drive()
    client.record(**FAKE)
    client.spend(300)
    assert client.stats.pending == 1
    receiver.start()
    client.spend(120)
    assert len(receiver.events) == 1


def test_a_connection_that_the_server_closed_while_idle_costs_no_retry(
    receiver: Receiver, drive: Drive, caplog: pytest.LogCaptureFixture
) -> None:
    client = drive()
    client.record(**FAKE)
    client.spend(10)
    receiver.stop()
    receiver.start()
    client.record(**FAKE)
    client.spend(10)
    assert len(receiver.events) == 2
    assert caplog.records == []


def test_a_name_that_is_unknown_keeps_the_events(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror("Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    client = drive("http://verascope.invalid")
    client.record(**FAKE)
    client.spend(100)
    assert client.stats.pending == 1


# --- When it is tried again ----------------------------------------------------------------------


def test_retries_grow_apart_up_to_the_limit_and_are_spread(
    receiver: Receiver, drive: Drive
) -> None:
    receiver.always = status(500)
    client = drive(retry_seconds=60)
    client.record(**FAKE)
    times: list[float] = []
    client.pipeline.sender._wire.send = _noting(  # type: ignore[method-assign]
        client, client.pipeline.sender._wire.send, times
    )
    client.spend(24 * 3600)
    waits = [later - sooner for sooner, later in zip(times, times[1:])]
    assert all(wait <= 60 for wait in waits)
    assert waits[0] <= 0.5
    assert waits[1] <= 1
    # Full jitter: half of the limit on average.
    assert 27 < sum(waits[20:]) / len(waits[20:]) < 33
    assert len(set(waits)) == len(waits)


def _noting(client: Driven, send: Callable[..., Answer], times: list[float]) -> Any:
    def noted(*args: Any) -> Answer:
        times.append(client.time.seconds)
        return send(*args)

    return noted


@pytest.mark.parametrize("code", [429, 503])
def test_retry_after_is_obeyed(code: int, receiver: Receiver, drive: Drive) -> None:
    receiver.troubles.append(status(code, Retry_After="120"))
    client = drive(batch_seconds=0)
    client.record(**FAKE)
    client.spend(119)
    client.pipeline.sender.hurry()
    client.spend(0)
    assert len(receiver.batches) == 1
    client.spend(20)
    assert len(receiver.batches) == 2


def test_a_batch_is_no_larger_than_what_the_rate_limit_leaves(
    receiver: Receiver, drive: Drive
) -> None:
    receiver.headers = {
        "RateLimit-Policy": '"events";q=100;w=60',
        "RateLimit": '"events";r=30;t=60',
    }
    client = drive(batch_events=100)
    for _ in range(160):
        client.record(**FAKE)
    client.spend(2)
    assert [len(batch.events) for batch in receiver.batches] == [100, 30, 30]
    receiver.headers["RateLimit"] = '"events";r=0;t=50'
    for _ in range(30):
        client.record(**FAKE)
    client.spend(5)
    sent = len(receiver.batches)
    client.record(**FAKE)
    client.spend(40)
    assert len(receiver.batches) == sent
    client.spend(15)
    assert len(receiver.batches) == sent + 1
    assert client.stats.pending == 0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("7", 7),
        ("99999999", 3600),
        ("Mon, 21 Sep 2026 14:13:50 GMT", 30),
        ("Mon, 21 Sep 2020 14:13:50 GMT", 0),
        ("-5", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, 1_790_000_000) == seconds


def test_the_rate_limit_header_is_read() -> None:
    assert allowance('"events";r=30;t=60') == (30, 60)
    assert allowance('"events"; r=30; t=60') == (30, 60)
    assert allowance("nonsense") is None
    assert allowance(None) is None


# --- Receipts ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"{}",
        b'{"received": 2, "stored": 1, "duplicate": 0, "rejected": 0, "errors": []}',
        b'{"received": 3, "stored": 3, "duplicate": 0, "rejected": 0, "errors": []}',
        b'{"received": 2, "stored": 1, "duplicate": 0, "rejected": 1, "errors": [{"index": 7, "retryable": true}]}',
        b'{"received": 2, "stored": 2, "duplicate": 0, "rejected": 0, "errors": [{"index": 1, "retryable": true}]}',
        b'{"received": "x", "stored": 2, "duplicate": 0, "rejected": 0}',
    ],
)
def test_a_receipt_that_does_not_add_up_is_none(body: bytes) -> None:
    assert isinstance(decide(Answer(200, {}, body), 2, 0), Retry)


def test_several_errors_of_one_event_are_one_rejection() -> None:
    errors = ",".join(
        f'{{"index": 1, "code": "invalid", "retryable": false, "field": "{name}", "accepted": "x"}}'
        for name in ("client", "confidence")
    )
    body = f'{{"received": 2, "stored": 1, "duplicate": 0, "rejected": 1, "errors": [{errors}]}}'
    found = decide(Answer(200, {}, body.encode()), 2, 0)
    assert found == Delivered(1, 0, 1, [], {1: "client: invalid, accepted is x"})


def test_refused_events_are_counted_and_do_not_hold_up_others(
    receiver: Receiver, drive: Drive, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.refuse = lambda event: ("invalid", False) if event.get("use_case") == "bad" else None
    client = drive()
    for number in range(30):
        client.record(**FAKE, use_case="bad" if number % 3 == 0 else "good")
    client.spend(10)
    assert (client.stats.delivered, client.stats.rejected, client.stats.pending) == (20, 10, 0)
    assert [one.getMessage() for one in caplog.records] == [
        "Verascope refused an event for good: confidence: invalid, accepted is 0 to 100 percent"
    ]


def test_events_ahead_of_the_servers_clock_are_kept_and_sent_again(
    receiver: Receiver, drive: Drive
) -> None:
    """The client's clock is ten minutes ahead; the server takes five."""
    client = drive()

    def refuse(event: dict[str, Any]) -> tuple[str, bool] | None:
        return ("clock_skew", True) if int(event["use_case"]) > client.time.seconds - 300 else None

    receiver.refuse = refuse
    for _ in range(100):
        client.record(**FAKE, use_case=str(int(client.time.seconds)))
        client.spend(10)
    assert 40 < client.stats.delivered < 100
    client.spend(600)
    assert client.stats.delivered == len(receiver.events) == 100
    # Offered once a minute and not in a loop.
    assert len(receiver.batches) < 200


def test_an_event_ahead_for_a_whole_day_is_given_up(receiver: Receiver, drive: Drive) -> None:
    receiver.refuse = lambda event: ("clock_skew", True)
    client = drive()
    client.record(**FAKE)
    client.spend(26 * 3600)
    assert client.stats.dropped_by == {"clock_skew": 1}
    assert client.stats.pending == 0


def _poisoned_by(word: str, code: int) -> Trouble:
    def answer(handler: Handler, batch: Batch) -> None:
        if any(event.get("use_case") == word for event in batch.events):
            status(code)(handler, batch)
        else:
            handler.accept(batch)

    return answer


@pytest.mark.parametrize("code", [400, 413, 422])
@pytest.mark.parametrize("place", [0, 137, 299])
def test_one_event_that_spoils_its_batch_is_found_and_the_others_arrive(
    place: int, code: int, receiver: Receiver, drive: Drive
) -> None:
    receiver.always = _poisoned_by("poison", code)
    client = drive(batch_events=300)
    for number in range(300):
        client.record(**FAKE, use_case="poison" if number == place else "good")
    client.spend(60)
    assert len(receiver.events) == 299
    assert (client.stats.delivered, client.stats.rejected, client.stats.pending) == (299, 1, 0)
    assert len(receiver.batches) < 60


def test_a_proxy_with_a_small_limit_gets_small_batches(receiver: Receiver, drive: Drive) -> None:
    def narrow(handler: Handler, batch: Batch) -> None:
        if len(batch.events) > 40:
            status(413, problem=False)(handler, batch)
        else:
            handler.accept(batch)

    receiver.always = narrow
    client = drive(batch_events=500)
    for _ in range(500):
        client.record(**FAKE)
    client.spend(60)
    assert (client.stats.delivered, client.stats.rejected) == (500, 0)


def test_a_proxy_that_refuses_everything_costs_no_event(receiver: Receiver, drive: Drive) -> None:
    receiver.always = status(413, problem=False)
    client = drive()
    for _ in range(50):
        client.record(**FAKE)
    client.spend(3600)
    assert client.stats.pending == 50
    assert len(receiver.batches) < 250
    receiver.always = None
    client.spend(120)
    assert len(receiver.events) == 50


# --- What is logged ------------------------------------------------------------------------------


def test_an_outage_is_one_warning_and_its_end_one_line(
    receiver: Receiver, drive: Drive, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "verascope_client")
    receiver.always = status(503)
    client = drive()
    for _ in range(100):
        client.record(**FAKE)
        client.spend(60)
    receiver.always = None
    client.spend(120)
    levels = [(one.levelname, one.getMessage().split(";")[0]) for one in caplog.records]
    assert levels == [
        ("WARNING", f"Verascope at {receiver.url} answered 503 (No)"),
        ("INFO", f"Verascope at {receiver.url} takes events again"),
    ]


def test_a_server_that_comes_and_goes_is_told_once_an_hour(
    receiver: Receiver, drive: Drive, caplog: pytest.LogCaptureFixture
) -> None:
    client = drive(batch_seconds=0)
    for _ in range(180):
        receiver.troubles.append(status(500))
        client.record(**FAKE)
        client.spend(60)
    assert len(receiver.events) == 180
    assert len(caplog.records) == 3
