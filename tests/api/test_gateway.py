"""`/predict` in front of a detection API: what that does, well or badly, is on record, and the server
stays up.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import FAKE, Server, free_port, picture
from tests.detectors.remote_server import Remote, Reply, remote


@pytest.fixture
def api() -> Iterator[Remote]:
    with remote() as running:
        yield running


@pytest.fixture
def gateway(start: Callable[..., Server], tmp_path: Path, api: Remote) -> Callable[..., Server]:
    def make(**sections: Any) -> Server:
        sidecar = {
            "name": "acme",
            "version": "2026-01",
            "kind": "remote",
            "url": api.url,
            "request": {"secret_headers": {"X-Key": {"file": "key"}}},
            "response": {"score": "/score"},
            "decision": {"fake_at": 0.6, "real_at": 0.4},
            "timeouts": {"connect": 1, "read": 0.5, "total": 2},
            "retries": {"attempts": 1, "wait": 0, "longest_wait": 0},
            "breaker": {"failures": 3, "open_seconds": 600},
            **sections,
        }
        (tmp_path / "key").write_text("s3cret")
        (tmp_path / "acme.json").write_text(json.dumps(sidecar))
        return start(detection_detector=tmp_path / "acme.json")

    return make


def test_the_remotes_verdict_is_answered_recorded_and_its_secret_shown_nowhere(
    gateway: Callable[..., Server], api: Remote
) -> None:
    api.answers({"score": 0.75})
    server = gateway()
    image = picture(FAKE)
    body = server.predict(image).json()
    assert (body["prediction"], body["fake_probability"]) == ("fake", 75.0)
    assert body["model_version"] == "2026-01"
    assert image in api.requests[0].body
    (row,) = server.rows("SELECT prediction, model_version FROM predictions")
    assert tuple(row) == ("fake", "2026-01")
    told = json.dumps([server.get(path).text for path in ("/info", "/health", "/metrics")])
    assert "s3cret" not in told + (server.home / "logs" / "enterprise_monitoring.log").read_text()
    assert server.get("/info").json()["device"] == "remote"


def test_a_bad_image_never_reaches_the_remote(gateway: Callable[..., Server], api: Remote) -> None:
    api.answers({"score": 0.75})
    server = gateway()
    assert server.predict(b"no image").status_code == 415
    assert api.requests == []


@pytest.mark.parametrize(
    ("reply", "status", "message", "named"),
    [
        (
            Reply({"score": "high"}),
            502,
            "The detector's answer can't be understood.",
            "response.score",
        ),
        (Reply(b"<html>"), 502, "The detector's answer can't be understood.", "response"),
        (Reply(status=503), 503, "The detector can't be reached.", "status 503"),
        (Reply(status=415), 400, "The detector does not take this image.", "status 415"),
        ("silence", 504, "The detector did not answer in time.", ""),
    ],
)
def test_what_goes_wrong_is_named_and_on_record(
    gateway: Callable[..., Server],
    api: Remote,
    reply: object,
    status: int,
    message: str,
    named: str,
) -> None:
    api.answers((lambda _: bool(api.ended.wait(20)) and None) if reply == "silence" else reply)
    server = gateway()
    headers = {"Idempotency-Key": "once"}
    first = server.predict(picture(FAKE), headers=headers)
    assert first.status_code == status
    body = first.json()
    assert body["title"] == message
    assert named in body["detail"]
    assert (status == 503) == ("retry-after" in first.headers)
    row = server.rows("SELECT * FROM predictions WHERE id = ?", body["prediction_id"])[0]
    assert (row["success"], row["error_message"]) == (0, message)
    assert row["model_version"] == "2026-01"
    again = server.predict(picture(FAKE), headers=headers)
    assert (again.status_code, again.headers["idempotent-replayed"]) == (status, "true")
    health = server.get("/health").json()
    assert (health["status"] == "degraded") == (status >= 500)
    api.answers({"score": 0.1})
    assert server.predict(picture(FAKE)).json()["prediction"] == "real"
    assert server.get("/health").json()["status"] == "healthy"


def test_a_remote_that_is_not_there_lets_the_server_start_and_is_then_left_alone(
    gateway: Callable[..., Server], api: Remote
) -> None:
    server = gateway(url=f"http://127.0.0.1:{free_port()}/")
    answers = [server.predict(picture(FAKE, seed=n)) for n in range(4)]
    assert [answer.status_code for answer in answers] == [503] * 4
    assert [answer.json()["title"] for answer in answers[2:]] == [
        "The detector can't be reached.",
        "The detector is left alone for a while after failures in a row.",
    ]
    assert server.count() == 4
    reasons = server.get("/health").json()["reasons"]
    assert "The detector is left alone for a while after failures in a row." in reasons


def test_a_sidecar_that_can_not_be_meant_keeps_the_server_from_starting(
    start: Callable[..., Server], tmp_path: Path
) -> None:
    (tmp_path / "acme.json").write_text(
        '{"name": "a", "version": "1", "kind": "remote", "url": "acme", "response": {"score": "s"}}'
    )
    server = start(detection_detector=tmp_path / "acme.json", wait=False)
    assert server.process.wait(40) == 1
    (line,) = server.settled_errors()
    assert "acme.json: url: 'acme'" in line
    assert "response.score: 's'" in line
    assert "decision" in line
