"""POST /predict: one answer, one row, whatever is sent."""

import contextlib
import hashlib
import json
import socket
import sqlite3
import struct
import time
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import httpx
import pytest

from tests.conftest import (
    FAKE,
    OVERFLOWING,
    REAL,
    UNCERTAIN,
    Server,
    free_port,
    picture,
    write_model,
)
from verascope.api.verdict import Verdict


def row_of(server: Server, prediction_id: str) -> dict[str, object]:
    (row,) = server.rows("SELECT * FROM predictions WHERE id = ?", prediction_id)
    return dict(row)


def problem_of(response: httpx.Response) -> dict[str, object]:
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, object] = response.json()
    assert body["status"] == response.status_code
    assert {"type", "title", "detail"} <= body.keys()
    return body


@pytest.mark.parametrize(
    ("shade", "verdict"), [(FAKE, "fake"), (REAL, "real"), (UNCERTAIN, "uncertain")]
)
def test_image_gets_a_verdict_that_is_on_record_when_it_arrives(
    server: Server, shade: int, verdict: str
) -> None:
    image = picture(shade)
    response = server.predict(image, data={"client": "acme", "use_case": "kyc"})
    assert response.status_code == 200
    body = response.json()
    Verdict.model_validate(body)
    row = row_of(server, body["id"])
    assert body["prediction"] == row["prediction"] == verdict
    assert body["confidence"] == row["confidence"]
    assert body["real_probability"] + body["fake_probability"] == pytest.approx(100)
    assert row["file_hash"] == body["file_hash"] == hashlib.sha256(image).hexdigest()
    assert row["file_size"] == len(image)
    assert (row["image_width"], row["image_height"], row["image_format"]) == (64, 48, "PNG")
    assert isinstance(row["perceptual_hash"], bytes)
    assert len(row["perceptual_hash"]) == 32
    assert (row["client"], row["use_case"], row["success"]) == ("acme", "kyc", 1)
    assert (row["billable"], row["price_micros"], row["billing_rule"]) == (1, 50_000, 1)
    assert 0 < body["inference_time_ms"] <= body["response_time_ms"]


def test_row_without_a_client_is_anonymous_and_keeps_no_plain_address(server: Server) -> None:
    row = row_of(server, server.predict(picture()).json()["id"])
    assert (row["client"], row["use_case"], row["country"]) == (
        "anonymous",
        "unspecified",
        "unknown",
    )
    assert len(str(row["user_ip"])) == 64
    assert "127.0.0.1" not in json.dumps(row, default=str)


@pytest.mark.parametrize(
    ("name", "image", "status", "message"),
    [
        ("empty.png", b"", 400, "The file is empty."),
        ("broken.png", picture()[:200], 400, "The image is truncated or corrupt."),
        (
            "page.png",
            b"<html>no image</html>",
            415,
            "The file is not an image in a supported format.",
        ),
        ("small.png", picture(width=31), 400, "The image is smaller than 32 pixels on a side."),
    ],
)
def test_refused_image_is_recorded_as_failed_and_named_in_the_answer(
    server: Server, name: str, image: bytes, status: int, message: str
) -> None:
    response = server.predict(image, filename=name)
    assert response.status_code == status
    body = problem_of(response)
    assert body["title"] == message
    row = row_of(server, str(body["prediction_id"]))
    assert (row["success"], row["prediction"], row["error_message"]) == (0, None, message)
    assert (row["billable"], row["price_micros"], row["file_size"]) == (0, 0, len(image))


def test_decompression_bomb_is_refused_before_decoding(server: Server) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + crc

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0))
    response = server.predict(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", b"x" * 50))
    assert response.status_code == 413
    row = row_of(server, str(problem_of(response)["prediction_id"]))
    assert row["error_message"] == "The image has more pixels than the limit."


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"files": {"image": ("a.png", picture())}}, 422),
        ({"files": {"other": (None, "text")}}, 422),
        ({"files": {"file": (None, "text, not a file")}}, 422),
        ({"files": [("file", ("a.png", picture())), ("file", ("b.png", picture()))]}, 422),
        ({"files": [("file", ("a.png", picture())), ("more", ("b.png", picture()))]}, 422),
        ({"data": {"file": "text"}}, 415),
        ({"json": {"file": "text"}}, 415),
        ({"content": picture()}, 415),
        ({"content": b"", "headers": {"content-type": "multipart/form-data"}}, 400),
        (
            {"content": b"rubbish", "headers": {"content-type": "multipart/form-data; boundary=x"}},
            400,
        ),
        ({"content": b"", "headers": {"content-type": "multipart/form-data; boundary=x"}}, 422),
    ],
)
def test_request_without_exactly_one_image_is_refused_and_not_counted(
    server: Server, options: dict[str, object], status: int
) -> None:
    before = server.count()
    with server.client() as client:
        response = client.post("/predict", **options)  # type: ignore[arg-type]
    assert response.status_code == status, response.text
    assert "file" in response.text
    assert "prediction_id" not in problem_of(response)
    assert server.count() == before


def test_empty_file_box_of_a_browser_is_no_image(server: Server) -> None:
    before = server.count()
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename=""\r\n\r\n\r\n--x--\r\n'
    kind = {"content-type": "multipart/form-data; boundary=x"}
    with server.client() as client:
        assert client.post("/predict", content=body, headers=kind).status_code == 422
    assert server.count() == before


@pytest.mark.parametrize("field", ["client", "use_case"])
def test_unusable_name_is_refused_by_field_and_not_counted(server: Server, field: str) -> None:
    before = server.count()
    response = server.predict(picture(), data={field: "x" * 121})
    assert response.status_code == 422
    (error,) = problem_of(response)["errors"]  # type: ignore[misc]
    assert error["field"] == field
    assert "120" in error["accepted"]
    assert server.count() == before


def test_retry_with_the_same_key_is_answered_and_not_counted_or_billed_again(
    server: Server,
) -> None:
    image, headers = picture(seed=1), {"Idempotency-Key": "retry-1"}
    first = server.predict(image, headers=headers)
    before = server.rows("SELECT COUNT(*), SUM(price_micros) FROM predictions")[0]
    again = server.predict(image, headers=headers)
    assert again.json() == first.json()
    assert (first.headers.get("idempotent-replayed"), again.headers["idempotent-replayed"]) == (
        None,
        "true",
    )
    assert tuple(server.rows("SELECT COUNT(*), SUM(price_micros) FROM predictions")[0]) == tuple(
        before
    )


def test_retry_of_a_refused_image_gets_the_same_refusal(server: Server) -> None:
    headers = {"Idempotency-Key": "retry-2"}
    first = server.predict(b"no image", headers=headers)
    count = server.count()
    again = server.predict(b"no image", headers=headers)
    assert (first.status_code, again.status_code) == (415, 415)
    assert problem_of(first)["prediction_id"] == problem_of(again)["prediction_id"]
    assert problem_of(first)["title"] == problem_of(again)["title"]
    assert again.headers["idempotent-replayed"] == "true"
    assert server.count() == count


def test_key_outlives_a_restart(start: Callable[..., Server]) -> None:
    image, headers = picture(), {"Idempotency-Key": "k"}
    server = start()
    first = server.predict(image, headers=headers)
    assert server.stop() == 0
    again = start(server.home).predict(image, headers=headers)
    assert again.json() == first.json()
    assert server.count() == 1


@pytest.mark.parametrize("other", ["image", "use_case"])
def test_same_key_for_another_request_is_a_conflict(server: Server, other: str) -> None:
    headers = {"Idempotency-Key": f"conflict-{other}"}
    assert server.predict(picture(seed=1), headers=headers).status_code == 200
    count = server.count()
    if other == "image":
        response = server.predict(picture(seed=2), headers=headers)
    else:
        response = server.predict(picture(seed=1), headers=headers, data={"use_case": "kyc"})
    assert response.status_code == 422
    assert problem_of(response)["type"] == "urn:verascope:problem:conflict"
    assert server.count() == count


def test_concurrent_duplicates_wait_for_the_first(server: Server) -> None:
    image, headers = picture(seed=3), {"Idempotency-Key": "at once"}
    before = server.count()
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: server.predict(image, headers=headers), range(24)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sum("idempotent-replayed" not in answer.headers for answer in answers) == 1
    assert server.count() == before + 1


@pytest.mark.parametrize("key", ["", "x" * 201, "tab\there"])
def test_unusable_idempotency_key_is_refused_by_name(server: Server, key: str) -> None:
    before = server.count()
    response = server.predict(picture(), headers={"Idempotency-Key": key})
    assert response.status_code == 422
    (error,) = problem_of(response)["errors"]  # type: ignore[misc]
    assert error["field"] == "Idempotency-Key"
    assert server.count() == before


def test_file_above_the_limit_is_refused_with_413_and_recorded(
    start: Callable[..., Server],
) -> None:
    server = start(detection_max_bytes=100_000)
    response = server.predict(b"\x89PNG\r\n\x1a\n" + b"x" * 200_000)
    assert response.status_code == 413
    row = row_of(server, str(problem_of(response)["prediction_id"]))
    assert row["error_message"] == "The file is larger than the limit."
    assert row["file_size"] == 200_008


def test_upload_far_above_the_limit_is_cut_off_recorded_and_still_answered(
    start: Callable[..., Server],
) -> None:
    server = start(detection_max_bytes=100_000)
    endless = b"\x89PNG\r\n\x1a\n" + b"x" * 12_000_000
    response = server.predict(endless, data={"client": "acme"})
    assert response.status_code == 413
    row = row_of(server, str(problem_of(response)["prediction_id"]))
    assert row["error_message"] == "The file is larger than the limit."
    assert (row["file_size"], row["client"]) == (None, "acme")
    assert server.predict(picture()).status_code == 200


def test_form_that_is_too_large_without_any_image_is_not_counted(
    start: Callable[..., Server],
) -> None:
    server = start(detection_max_bytes=100_000)
    with server.client() as client:
        fields = {f"field{n}": "x" * 400_000 for n in range(5)}
        response = client.post("/predict", data=fields, files={"other": (None, "text")})
    assert response.status_code == 413
    assert "prediction_id" not in problem_of(response)
    assert server.count() == 0


def test_client_that_disconnects_does_not_lose_an_accepted_prediction(server: Server) -> None:
    image = picture(width=1500, height=1500, seed=int(time.time()))
    digest = hashlib.sha256(image).hexdigest()
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
    body = head + image + b"\r\n--x--\r\n"
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(
            b"POST /predict HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Type: multipart/form-data; boundary=x\r\n"
            b"Content-Length: %d\r\n\r\n" % len(body) + body
        )
    deadline = time.monotonic() + 20
    while not server.rows("SELECT id FROM predictions WHERE file_hash = ?", digest):
        assert time.monotonic() < deadline, "the prediction was lost"
        time.sleep(0.05)


def test_full_detection_queue_answers_503_and_records_nothing_of_it(
    start: Callable[..., Server],
) -> None:
    server = start(detection_threads=1)
    image = picture(width=1400, height=1400)
    with ThreadPoolExecutor(24) as pool:
        answers = list(pool.map(lambda _: server.predict(image), range(24)))
    refused = [answer for answer in answers if answer.status_code == 503]
    assert refused, "two dozen large images at once must not all fit"
    assert {answer.status_code for answer in answers} == {200, 503}
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in refused)
    assert problem_of(refused[0])["type"] == "urn:verascope:problem:busy"
    assert server.count() == len(answers) - len(refused)


def test_full_queue_of_the_writer_answers_503_and_records_nothing_of_it(
    start: Callable[..., Server],
) -> None:
    server = start(recording_queue_limit=1, detection_threads=4)
    server.predict(picture())
    path = server.home / "analytics" / "analytics.db"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")  # the first one waits for this lock, in the queue
        with ThreadPoolExecutor(4) as pool:
            sent = [pool.submit(server.predict, picture(seed=seed)) for seed in range(4)]
            done, _ = wait(sent, timeout=3, return_when="ALL_COMPLETED")
            connection.execute("ROLLBACK")
    answers = [one.result() for one in sent]
    refused = [answer for answer in answers if answer.status_code == 503]
    assert len(done) == len(refused) == 3, "who finds the queue full hears so at once"
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in refused)
    assert server.count() == 2


def test_clients_past_the_limit_are_counted_together_and_kept_by_name(
    start: Callable[..., Server],
) -> None:
    server = start(recording_client_limit=2)
    for name in ("acme", "globex", "initech", "umbrella"):
        assert server.predict(picture(), data={"client": name}).json()["client"] == name
    assert server.stop() == 0
    server = start(server.home, port=free_port(), recording_client_limit=2)
    server.predict(picture(), data={"client": "acme"})
    server.predict(picture(), data={"client": "hooli"})
    answer = server.get("/api/v1/query?metrics=total_predictions&dimensions=client&days=1").json()
    counts = {row["client"]: row["total_predictions"] for row in answer["rows"]}
    assert counts == {"acme": 2, "globex": 1, "(other)": 3}


def test_broken_detector_is_a_recorded_failure_and_degrades_health(
    start: Callable[..., Server], tmp_path: Path
) -> None:
    server = start(detection_detector=write_model(tmp_path, scale=OVERFLOWING))
    response = server.predict(picture(FAKE))
    assert response.status_code == 500
    body = problem_of(response)
    assert body["type"] == "urn:verascope:problem:detector-failed"
    row = row_of(server, str(body["prediction_id"]))
    assert (row["success"], row["model_version"]) == (0, "1.0.0")
    health = server.get("/health")
    assert health.status_code == 200
    assert health.json()["status"] == "degraded"
    assert "The detector failed within the last minute." in health.json()["reasons"]
