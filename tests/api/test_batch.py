"""POST /predict/batch: up to 64 files, each its own row and its own result."""

import hashlib
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psutil
import pytest

from tests.conftest import FAKE, OVERFLOWING, REAL, Server, picture, write_model
from verascope.api.batch import BatchResult


def send(
    server: Server, *files: tuple[str, bytes], field: str = "files", **more: Any
) -> httpx.Response:
    with server.client() as client:
        return client.post("/predict/batch", files=[(field, file) for file in files], **more)


def form(*parts: tuple[str, str | None, bytes]) -> dict[str, Any]:
    """content and headers of a body with these parts, in this order: name, file name, content."""
    body = b""
    for name, filename, content in parts:
        head = f'Content-Disposition: form-data; name="{name}"'
        head += "" if filename is None else f'; filename="{filename}"'
        body += b"--x\r\n" + head.encode() + b"\r\n\r\n" + content + b"\r\n"
    kind = {"content-type": "multipart/form-data; boundary=x"}
    return {"content": body + b"--x--\r\n", "headers": kind}


def test_each_file_has_its_own_result_in_order_and_its_own_row(server: Server) -> None:
    before = server.count()
    files = [("a.png", picture(FAKE)), ("b.txt", b"no image"), ("c.png", picture(REAL, seed=7))]
    response = send(server, *files, data={"client": "acme", "use_case": "kyc"})
    assert response.status_code == 200
    body = response.json()
    assert (body["received"], body["succeeded"], body["failed"]) == (3, 2, 1)
    first, second, third = body["results"]
    assert [one["index"] for one in body["results"]] == [0, 1, 2]
    assert [one["filename"] for one in body["results"]] == ["a.png", "b.txt", "c.png"]
    assert (first["verdict"]["prediction"], third["verdict"]["prediction"]) == ("fake", "real")
    assert (second["status"], second["problem"]["status"]) == (415, 415)
    assert "problem" not in first
    assert "verdict" not in second
    ids = [first["verdict"]["id"], second["problem"]["prediction_id"], third["verdict"]["id"]]
    for prediction_id, (_, data) in zip(ids, files, strict=True):
        (row,) = server.rows("SELECT * FROM predictions WHERE id = ?", prediction_id)
        assert (row["file_hash"], row["client"], row["use_case"]) == (
            hashlib.sha256(data).hexdigest(),
            "acme",
            "kyc",
        )
    assert server.count() == before + 3
    BatchResult.model_validate(body)


def test_the_field_of_single_images_is_taken_too(server: Server) -> None:
    body = send(server, ("a.png", picture(FAKE)), field="file").json()
    assert (body["received"], body["succeeded"]) == (1, 1)


def test_sixty_four_are_analysed_and_the_next_is_told_so(server: Server) -> None:
    before = server.count()
    body = send(server, *((f"{n}.png", picture(FAKE, seed=n)) for n in range(66))).json()
    assert (body["received"], body["succeeded"], body["failed"]) == (66, 64, 2)
    (error,) = body["results"][65]["problem"]["errors"]
    assert (error["field"], "at most 64" in error["accepted"]) == ("files", True)
    assert "prediction_id" not in body["results"][65]["problem"]
    assert server.count() == before + 64


@pytest.mark.parametrize(
    ("options", "status", "said"),
    [
        (form(), 422, "files"),
        (form(("client", None, b"acme")), 422, "files"),
        (form(("files", "", b"")), 422, "files"),
        (form(("other", "a.png", b"x")), 422, "other"),
        (form(("client", None, b"x" * 121), ("files", "a.png", b"x")), 422, "client"),
        (form(("client", None, b"x" * 2000), ("files", "a.png", b"x")), 422, "client"),
        (form(("client", None, b"a"), ("client", None, b"b"), ("files", "a", b"x")), 422, "client"),
        ({"json": {"files": []}}, 415, "multipart/form-data"),
        ({"content": b"", "headers": {"content-type": "multipart/form-data"}}, 400, "boundary"),
        ({**form(), "content": b"rubbish"}, 400, "form"),
        ({**form(("files", "a.png", b"x")), "content": b"--x\r\n"}, 400, "middle"),
    ],
)
def test_what_is_no_batch_is_refused_and_not_counted(
    server: Server, options: dict[str, Any], status: int, said: str
) -> None:
    before = server.count()
    with server.client() as client:
        response = client.post("/predict/batch", **options)
    assert response.status_code == status, response.text
    assert said in response.text
    assert server.count() == before


def test_a_field_after_a_file_is_refused_by_name_and_says_what_is_on_record(server: Server) -> None:
    before = server.count()
    with server.client() as client:
        options = form(("files", "a.png", picture(FAKE)), ("client", None, b"acme"))
        response = client.post("/predict/batch", **options)
    assert response.status_code == 422
    (error,) = response.json()["errors"]
    assert error["field"] == "client"
    assert "before the files (1 files before it were accepted" in error["accepted"]
    wait_for(server, before + 1)


def test_a_retry_of_the_batch_gets_the_first_results(server: Server) -> None:
    files = [
        ("a.png", picture(FAKE, seed=71)),
        ("b.txt", b"none"),
        ("c.png", picture(REAL, seed=72)),
    ]
    headers = {"Idempotency-Key": "batch-1"}
    first = send(server, *files, headers=headers).json()
    count = server.count()
    again = send(server, *files, headers=headers).json()
    assert again["results"][0] == first["results"][0]
    assert again["results"][2] == first["results"][2]
    ids = [one["results"][1]["problem"]["prediction_id"] for one in (first, again)]
    assert ids[0] == ids[1]
    assert server.count() == count
    # The key of a batch is another than the same key of a single image.
    assert server.predict(files[0][1], headers=headers).status_code == 200
    other = send(server, files[2], files[1], headers=headers).json()
    assert [one["status"] for one in other["results"]] == [422, 415]
    assert other["results"][0]["problem"]["type"] == "urn:verascope:problem:conflict"


def test_an_unusable_key_is_refused_by_name(server: Server) -> None:
    response = send(server, ("a.png", picture()), headers={"Idempotency-Key": "x" * 201})
    assert (response.status_code, "Idempotency-Key" in response.text) == (422, True)


def wait_for(server: Server, count: int) -> None:
    deadline = time.monotonic() + 20
    while server.count() < count:
        assert time.monotonic() < deadline, "a prediction was lost"
        time.sleep(0.05)


def test_files_that_arrived_are_on_record_when_the_caller_goes_away(server: Server) -> None:
    before = server.count()
    parts = [("files", f"{n}.png", picture(FAKE, 300, 300, seed=n)) for n in range(3)]
    body = form(*parts)["content"]
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(
            b"POST /predict/batch HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Type: multipart/form-data; boundary=x\r\n"
            b"Content-Length: %d\r\n\r\n" % (len(body) + 1000) + body[:-8]
        )
    wait_for(server, before + 2)


def test_files_above_the_limit_fail_alone(start: Callable[..., Server]) -> None:
    server = start(detection_max_bytes=100_000)
    large = b"\x89PNG\r\n\x1a\n" + b"x" * 300_000
    body = send(server, ("a.png", picture(FAKE)), ("b.png", large), ("c.png", picture(REAL))).json()
    assert [one["status"] for one in body["results"]] == [200, 413, 200]
    messages = [row[0] for row in server.rows("SELECT error_message FROM predictions ORDER BY seq")]
    assert sorted(filter(None, messages)) == ["The file is larger than the limit."]


def test_a_body_above_the_total_is_refused_before_it_is_read(start: Callable[..., Server]) -> None:
    server = start(detection_max_bytes=1000)
    response = send(server, *((f"{n}.png", b"x" * 40_000) for n in range(64)))
    assert response.status_code == 413
    assert server.count() == 0


def test_a_chunked_body_is_cut_off_at_the_total(start: Callable[..., Server]) -> None:
    server = start(detection_max_bytes=1000)
    content = form(("files", "a.png", b"x" * 500), ("files", "b.png", b"x" * 3_000_000))["content"]

    def chunks() -> Any:
        for begin in range(0, len(content), 50_000):
            yield content[begin : begin + 50_000]

    with server.client() as client:
        kind = {"content-type": "multipart/form-data; boundary=x"}
        response = client.post("/predict/batch", content=chunks(), headers=kind)
    assert [one["status"] for one in response.json()["results"]] == [415, 413]
    assert server.count() == 2


def test_a_broken_detector_fails_each_file_and_the_server_goes_on(
    start: Callable[..., Server], tmp_path: Any
) -> None:
    server = start(detection_detector=write_model(tmp_path, scale=OVERFLOWING))
    body = send(server, ("a.png", picture(FAKE)), ("b.png", picture(FAKE, seed=2))).json()
    assert [one["status"] for one in body["results"]] == [500, 500]
    assert server.count() == 2


def test_many_batches_at_once_lose_nothing(start: Callable[..., Server]) -> None:
    server = start(detection_threads=2)
    image = picture(FAKE, 400, 400)
    with ThreadPoolExecutor(5) as pool:
        sent = [pool.submit(send, server, *[("a.png", image)] * 30) for _ in range(5)]
    answers = [one.result() for one in sent]
    assert {answer.status_code for answer in answers} <= {200, 503}
    done = [answer.json() for answer in answers if answer.status_code == 200]
    assert len(done) >= 2
    assert all(body["succeeded"] == 30 for body in done)
    assert all(int(a.headers["retry-after"]) >= 1 for a in answers if a.status_code == 503)
    assert server.count() == 30 * len(done)


def test_a_large_batch_does_not_sit_in_memory(start: Callable[..., Server]) -> None:
    server = start()
    process = psutil.Process(server.process.pid)
    server.predict(picture())
    before = process.memory_info().rss
    # 64 files of 6 MB; refused quickly, so that this measures memory rather than decoding.
    files = [(f"{n}.png", bytes([n]) * 6_000_000) for n in range(64)]
    with ThreadPoolExecutor(1) as pool:
        sent = pool.submit(send, server, *files)
        highest = before
        while not sent.done():
            highest = max(highest, process.memory_info().rss)
            time.sleep(0.02)
    assert [one["status"] for one in sent.result().json()["results"]] == [415] * 64
    assert highest - before < 200_000_000
