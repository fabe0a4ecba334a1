"""`POST /api/v1/predictions` against a real server: receipts, identity, encodings, keys, limits."""

import gzip
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import uuid_utils

from tests.conftest import Server
from tests.faults.test_store_trouble import disk_full
from verascope.api.ingestion import Receipt
from verascope.ingest.batch import zstd

PATH = "/api/v1/predictions"
NOW = datetime.now(UTC)


def event(**fields: Any) -> dict[str, Any]:
    plain = {
        "id": str(uuid_utils.uuid7()),
        "timestamp": NOW.isoformat(),
        "client": "acme",
        "prediction": "fake",
        "confidence": 90.5,
    }
    return {**plain, **fields}


def send(server: Server, body: Any, **options: Any) -> httpx.Response:
    options.setdefault("headers", {}).setdefault("Content-Type", "application/json")
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    with server.client() as client:
        return client.post(PATH, content=data, **options)


def receipt(response: httpx.Response) -> Receipt:
    assert response.status_code == 200, response.text
    found = Receipt.model_validate(response.json())
    assert found.received == found.stored + found.duplicate + found.rejected
    return found


def counts(response: httpx.Response) -> tuple[int, int, int, int]:
    found = receipt(response)
    return found.received, found.stored, found.duplicate, found.rejected


def test_one_event_is_on_record_when_it_is_answered(server: Server) -> None:
    one = event(tags={"batch": "7"}, use_case="kyc")
    assert counts(send(server, one)) == (1, 1, 0, 0)
    stored = server.get(f"{PATH}/{one['id']}").json()
    assert (stored["client"], stored["use_case"], stored["source"]) == ("acme", "kyc", "ingest")
    assert stored["tags"] == {"batch": "7"}
    assert stored["price"] == "0.050000"


def test_good_events_are_stored_and_bad_ones_explained(server: Server) -> None:
    good, bad = event(), event(confidence=120, country="QQ")
    response = send(server, [good, bad, {"success": False}])
    assert counts(response) == (3, 1, 0, 2)
    errors = [(one.index, one.id, one.code, one.field) for one in receipt(response).errors]
    assert errors == [
        (1, bad["id"], "invalid", "confidence"),
        (1, bad["id"], "invalid", "country"),
        (2, None, "invalid", "error_message"),
    ]
    assert server.get(f"{PATH}/{bad['id']}").status_code == 404


def test_the_same_batch_again_is_all_duplicates(server: Server) -> None:
    batch = [event() for _ in range(50)]
    before = server.count()
    assert counts(send(server, batch)) == (50, 50, 0, 0)
    assert counts(send(server, batch)) == (50, 0, 50, 0)
    assert server.count() == before + 50


def test_an_event_without_a_time_may_be_sent_again_too(server: Server) -> None:
    one = event(timestamp=None)
    assert counts(send(server, one)) == (1, 1, 0, 0)
    assert counts(send(server, one)) == (1, 0, 1, 0)


def test_the_same_id_with_other_content_is_a_conflict_and_never_an_overwrite(
    server: Server,
) -> None:
    one = event()
    send(server, one)
    response = send(server, [{**one, "confidence": 50.0}, event()])
    assert counts(response) == (2, 1, 0, 1)
    (error,) = receipt(response).errors
    assert (error.index, error.id, error.code, error.field) == (0, one["id"], "conflict", "id")
    assert server.get(f"{PATH}/{one['id']}").json()["confidence"] == 90.5


def test_repetitions_inside_a_batch_are_judged_like_those_after_it(server: Server) -> None:
    one = event()
    assert counts(send(server, [one, one, {**one, "client": "globex"}])) == (3, 1, 1, 1)


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_lines_and_packed_bodies_are_understood(server: Server, encoding: str) -> None:
    lines = "\n".join(json.dumps(event()) for _ in range(2_000)).encode()
    pack = gzip.compress if encoding == "gzip" else zstd.compress
    headers = {"Content-Type": "application/x-ndjson", "Content-Encoding": encoding}
    assert counts(send(server, pack(lines), headers=headers)) == (2_000, 2_000, 0, 0)


def test_a_backfilled_event_counts_on_the_day_it_happened(server: Server) -> None:
    when = NOW - timedelta(days=200)
    client = f"backfill-{uuid_utils.uuid7()}"
    batch = [event(timestamp=when.isoformat(), client=client) for _ in range(7)]
    assert counts(send(server, batch)) == (7, 7, 0, 0)
    params = {
        "metrics": "total_predictions", "client": client, "interval": "day", "days": 400,
    }  # fmt: skip
    rows = server.get("/api/v1/query", params=params).json()["rows"]
    days = {
        row["bucket"][:10]: row["total_predictions"] for row in rows if row["total_predictions"]
    }
    assert days == {when.date().isoformat(): 7}


def test_too_old_is_rejected_and_ahead_is_kept_by_the_sender(server: Server) -> None:
    old = event(timestamp=(NOW - timedelta(days=401)).isoformat())
    ahead = event(timestamp=(datetime.now(UTC) + timedelta(minutes=6)).isoformat())
    response = send(server, [old, ahead])
    found = [(one.code, one.retryable, one.field) for one in receipt(response).errors]
    assert found == [("too_old", False, "timestamp"), ("clock_skew", True, "timestamp")]


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"Content-Type": "text/plain"}, b"{}", 415),
        ({"Content-Encoding": "br"}, b"{}", 415),
        ({"Content-Encoding": "gzip"}, b"{}", 400),
        ({"Content-Encoding": "zstd"}, gzip.compress(b"{}", mtime=0), 400),
        ({}, b"", 400),
        ({}, b"[1, 2", 400),
        ({}, b" " * 16_000_001, 413),
        ({"Verascope-Dropped": "-1"}, b"{}", 422),
        ({"Verascope-Sender": "x" * 65}, b"{}", 422),
    ],
)
def test_an_unusable_body_is_refused_whole(
    server: Server, headers: dict[str, str], body: bytes, status: int
) -> None:
    before = server.count()
    response = send(server, body, headers=headers)
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["ratelimit"].startswith('"events";r=')
    assert server.count() == before


def test_a_gzip_bomb_is_refused_and_memory_stays(server: Server) -> None:
    bomb = gzip.compress(b"\0" * 200_000_000)
    status = f"/proc/{server.process.pid}/status"
    before = resident(status)
    responses = [send(server, bomb, headers={"Content-Encoding": "gzip"}) for _ in range(3)]
    assert [one.status_code for one in responses] == [413] * 3
    assert resident(status) - before < 100_000_000
    assert server.get("/health").status_code == 200


def resident(path: str) -> int:
    with open(path) as file:  # noqa: PTH123
        (line,) = [line for line in file if line.startswith("VmRSS")]
    return int(line.split()[1]) * 1024


def test_half_a_body_stores_nothing(server: Server) -> None:
    before = server.count()
    body = json.dumps([event()]).encode()
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        head = (
            f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body) + 100}\r\n\r\n"
        )
        connection.sendall(head.encode() + body)
    assert server.get("/health").json()["status"] == "healthy"
    assert server.count() == before


def test_two_clients_that_retry_one_batch_at_once_store_it_once(server: Server) -> None:
    before = server.count()
    batch = [event() for _ in range(500)]
    answers: list[tuple[int, int, int, int]] = []

    def push() -> None:
        answers.append(counts(send(server, batch)))

    threads = [threading.Thread(target=push) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert server.count() == before + 500
    assert sum(stored for _, stored, _, _ in answers) == 500
    assert sum(duplicate for _, _, duplicate, _ in answers) == 1500


def test_what_senders_dropped_is_known_and_counts_once(server: Server) -> None:
    sender = f"host-{uuid_utils.uuid7()}"
    for dropped in ("3", "17", "17"):
        headers = {"Verascope-Sender": sender, "Verascope-Dropped": dropped, "User-Agent": "v/1"}
        assert counts(send(server, event(), headers=headers))[1] == 1
    deadline = time.monotonic() + 20
    while not (found := [s for s in senders(server) if s["sender"] == sender]):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert [(one["dropped"], one["user_agent"]) for one in found] == [(17, "v/1")]
    assert "verascope_sender_dropped_total 17.0" in server.get("/metrics").text


def senders(server: Server) -> list[dict[str, Any]]:
    return list(server.get("/api/v1/senders").json()["senders"])


def made_key(server: Server, environ: Callable[..., dict[str, str]], *options: str) -> str:
    made = subprocess.run(
        [sys.executable, "-m", "verascope", "key", "create", "--json", *options],
        env=environ(server.home),
        capture_output=True,
        text=True,
        check=True,
    )
    time.sleep(0.6)  # a running server knows a new key within half a second
    return str(json.loads(made.stdout)["key"])


def from_elsewhere(key: str) -> dict[str, str]:
    return {"X-Forwarded-For": "203.0.113.7", "Authorization": f"Bearer {key}"}


def test_a_key_is_needed_from_elsewhere_and_counts_for_its_client(
    server: Server, environ: Callable[..., dict[str, str]]
) -> None:
    assert send(server, event(), headers={"X-Forwarded-For": "203.0.113.7"}).status_code == 403
    headers = from_elsewhere(made_key(server, environ, "--client", "globex"))
    own = event(client=None)
    assert counts(send(server, own, headers=headers)) == (1, 1, 0, 0)
    assert server.get(f"{PATH}/{own['id']}").json()["client"] == "globex"
    foreign = send(server, event(client="acme"), headers=headers)
    assert [(one.field, one.code) for one in receipt(foreign).errors] == [("client", "invalid")]


def test_a_gateways_key_may_name_clients(
    server: Server, environ: Callable[..., dict[str, str]]
) -> None:
    key = made_key(server, environ, "--client", "gateway", "--names-clients")
    one, other = event(client="initech"), event(client=None)
    assert counts(send(server, [one, other], headers=from_elsewhere(key))) == (2, 2, 0, 0)
    assert server.get(f"{PATH}/{one['id']}").json()["client"] == "initech"
    assert server.get(f"{PATH}/{other['id']}").json()["client"] == "gateway"


def test_the_rate_limit_is_told_and_kept(start: Callable[..., Server]) -> None:
    server = start(recording_rate_limit=60)
    response = send(server, [event() for _ in range(50)])
    assert response.headers["ratelimit-policy"] == '"events";q=60;w=60'
    assert response.headers["ratelimit"].startswith('"events";r=10;t=')
    refused = send(server, [event() for _ in range(50)])
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) >= 30
    assert refused.headers["ratelimit"].startswith('"events";r=1')
    assert server.count() == 50


def test_what_can_not_be_recorded_is_told_with_503_and_costs_nothing(
    start: Callable[..., Server],
) -> None:
    server = start(recording_rate_limit=60)
    batch = [event() for _ in range(60)]
    with disk_full(server):
        for _ in range(3):
            refused = send(server, batch)
            assert refused.status_code == 503, refused.text
            assert int(refused.headers["retry-after"]) > 0
            assert refused.headers["ratelimit"] == '"events";r=60;t=0'
    assert counts(send(server, batch)) == (60, 60, 0, 0)


def test_predictions_are_found_by_tags_that_are_indexed(start: Callable[..., Server]) -> None:
    server = start(recording_indexed_tags="batch")
    batch = [event(tags={"batch": str(n % 3), "other": "x"}) for n in range(9)]
    assert counts(send(server, batch)) == (9, 9, 0, 0)
    found = server.get(PATH, params={"tag.batch": "1"}).json()["items"]
    assert {one["id"] for one in found} == {batch[n]["id"] for n in (1, 4, 7)}
    refused = server.get(PATH, params={"tag.other": "x"})
    assert refused.status_code == 422
    (error,) = refused.json()["errors"]
    assert error["field"] == "tag.other"
    assert "recording.indexed_tags" in error["accepted"]


def test_every_surface_counts_what_was_sent(start: Callable[..., Server]) -> None:
    server = start()
    batch = [event() for _ in range(30)]
    batch += [event(prediction="real") for _ in range(20)]
    batch += [event(prediction=None, confidence=None, error_message="broken") for _ in range(5)]
    assert counts(send(server, batch)) == (55, 55, 0, 0)
    summary = server.get("/analytics").json()["summary"]
    assert summary["total_predictions"] == 55
    assert summary["fake_predictions"] == 30
    assert summary["failed_predictions"] == 5
    assert summary["revenue"] == "2.500000"
    assert 'verascope_predictions_total{outcome="fake"} 30.0' in server.get("/metrics").text


def test_the_openapi_page_describes_the_route(server: Server) -> None:
    schema = server.get("/openapi.json").json()
    operation = schema["paths"][PATH]["post"]
    assert set(operation["requestBody"]["content"]) == {"application/json", "application/x-ndjson"}
    assert operation["security"] == [{}, {"key": []}]
    fields = schema["components"]["schemas"]["Event"]["properties"]
    assert all(one["description"] for one in fields.values())
    Receipt.model_validate(
        operation["responses"]["200"]["content"]["application/json"]["examples"]["mixed"]["value"]
    )
    assert "get" in schema["paths"][PATH]
