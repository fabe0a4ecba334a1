"""RemoteDetector against a real HTTP server that answers well, badly, slowly, hugely or not at all."""

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from email.parser import BytesParser
from email.policy import HTTP
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import free_port, picture
from tests.detectors.remote_server import Remote, Reply, Request, remote
from verascope.detectors import Detector, ImageLimits, Picture, decode, load
from verascope.detectors import remote as module
from verascope.detectors.breaker import Breaker
from verascope.errors import DetectorBroken
from verascope.records import Outcome

Load = Callable[..., Detector]

DATA = picture(200, image_format="JPEG")


@pytest.fixture
def api() -> Iterator[Remote]:
    with remote() as running:
        yield running


@pytest.fixture
def make(tmp_path: Path, api: Remote) -> Iterator[Load]:
    """Loads the detector of a sidecar; `sections` change or add to it."""
    made: list[Detector] = []

    def loaded(**sections: Any) -> Detector:
        sidecar: dict[str, Any] = {
            "name": "acme",
            "version": "2026-01",
            "kind": "remote",
            "url": api.url,
            "response": {"score": "/score"},
            "decision": {"fake_at": 0.6, "real_at": 0.4},
            "timeouts": {"connect": 2, "read": 5, "total": 8},
            "retries": {"attempts": 3, "wait": 0, "longest_wait": 0},
        }
        sidecar = {
            name: value for name, value in {**sidecar, **sections}.items() if value is not None
        }
        path = tmp_path / "acme.json"
        path.write_text(json.dumps(sidecar))
        made.append(load(str(path), tmp_path))
        return made[-1]

    yield loaded
    for detector in made:
        detector.close()


def shot(filename: str | None = None) -> Picture:
    return decode(DATA, ImageLimits(), filename)


def trouble(detector: Detector) -> DetectorBroken:
    with pytest.raises(DetectorBroken) as caught:
        detector.detect(shot())
    return caught.value


def parts(request: Request) -> dict[str, tuple[str | None, str, bytes]]:
    """field -> (filename, content type, content) of a multipart body."""
    head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + request.body)
    return {
        str(part.get_param("name", header="content-disposition")): (
            part.get_filename(),
            part.get_content_type(),
            bytes(part.get_payload(decode=True) or b""),
        )
        for part in message.iter_parts()
    }


def test_the_original_bytes_go_out_and_the_score_comes_back(make: Load, api: Remote) -> None:
    api.answers({"score": 0.9})
    verdict = make().detect(shot("anna's passport.jpg"))
    assert (verdict.outcome, verdict.fake_probability_mpct) == (Outcome.FAKE, 90_000)
    assert verdict.model_version == "2026-01"
    (request,) = api.requests
    assert request.path == "/v1/analyse?mode=full"
    assert parts(request) == {"file": ("image.jpeg", "image/jpeg", DATA)}


def test_field_headers_secrets_and_file_name_go_out_as_the_sidecar_says(
    make: Load, api: Remote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.answers({"score": 0.1})
    monkeypatch.setenv("ACME_KEY", "s3cret-one")
    (tmp_path / "key").write_text("s3cret-two\n")
    detector = make(
        request={
            "field": "photo",
            "fields": {"mode": "fast"},
            "headers": {"X-Team": "trust"},
            "secret_headers": {
                "Authorization": {"env": "ACME_KEY", "prefix": "Bearer "},
                "X-Key": {"file": "key"},
            },
            "send_filename": True,
        }
    )
    detector.detect(shot("photo.jpg"))
    (request,) = api.requests
    assert parts(request)["photo"] == ("photo.jpg", "image/jpeg", DATA)
    assert parts(request)["mode"][2] == b"fast"
    assert request.headers["Authorization"] == "Bearer s3cret-one"
    assert (request.headers["X-Key"], request.headers["X-Team"]) == ("s3cret-two", "trust")
    assert "s3cret" not in repr(detector.describe())


@pytest.mark.parametrize(
    ("response", "answer", "outcome", "fake"),
    [
        ({"score": "/a/0/s~1~0"}, {"a": [{"s/~": 0.7}]}, "fake", 70_000),
        ({"score": "/score", "score_of": "real"}, {"score": 0.7}, "real", 30_000),
        ({"score": "/score", "scale": {"kind": "percent"}}, {"score": 50}, "uncertain", 50_000),
        ({"score": "/score", "scale": {"kind": "logit"}}, {"score": 0}, "uncertain", 50_000),
        ({"score": "/score", "scale": {"kind": "logit"}}, {"score": -1e6}, "real", 0),
        (
            {"score": "/score", "scale": {"kind": "range", "min": -1, "max": 1}},
            {"score": 0.5},
            "fake",
            75_000,
        ),
    ],
)
def test_scores_of_every_scale_become_probabilities(
    make: Load, api: Remote, response: dict[str, Any], answer: object, outcome: str, fake: int
) -> None:
    api.answers(answer)
    verdict = make(response=response).detect(shot())
    assert (verdict.outcome, verdict.fake_probability_mpct) == (outcome, fake)


WORDS = {"real": ["authentic", "false"], "fake": ["GAN", "true"], "uncertain": ["unsure"]}


@pytest.mark.parametrize(
    ("more", "answer", "expected"),
    [
        # The remote's own threshold may lie at 30 %: the label decides, the score is kept.
        ({"score": "/score"}, {"label": " gan ", "score": 0.35}, ("fake", 35_000, 35_000)),
        ({"score": "/score"}, {"label": False, "score": 0.2}, ("real", 80_000, 20_000)),
        ({"score": "/score"}, {"label": "unsure", "score": 0.2}, ("uncertain", 80_000, 20_000)),
        (
            {"score": "/score", "score_of": "label"},
            {"label": "authentic", "score": 0.9},
            ("real", 90_000, 10_000),
        ),
        (
            {"score": "/score", "score_of": "label"},
            {"label": "unsure", "score": 0.9},
            ("uncertain", 50_000, 50_000),
        ),
        (
            {"label_probabilities": {"real": 0.05, "fake": 0.95, "uncertain": 0.5}},
            {"label": True},
            ("fake", 95_000, 95_000),
        ),
    ],
)
def test_labels_are_read_in_the_remotes_own_words(
    make: Load, api: Remote, more: dict[str, Any], answer: object, expected: tuple[str, int, int]
) -> None:
    api.answers(answer)
    detector = make(response={"label": "/label", "labels": WORDS, **more}, decision=None)
    verdict = detector.detect(shot())
    assert (verdict.outcome, verdict.confidence_mpct, verdict.fake_probability_mpct) == expected


def test_the_version_in_the_answer_is_the_one_on_record(make: Load, api: Remote) -> None:
    api.answers({"score": 0.1, "model": {"v": 7}})
    detector = make(response={"score": "/score", "version": "/model/v"})
    assert detector.detect(shot()).model_version == "7"


@pytest.mark.parametrize(
    ("answer", "field"),
    [
        (b"<html>busy</html>", "response"),
        (b"", "response"),
        (b"[" * 100_000, "response"),
        (b'"\xff"', "response"),
        ({}, "response.score"),
        ([0.5], "response.score"),
        ({"score": None}, "response.score"),
        ({"score": "0.9"}, "response.score"),
        ({"score": True}, "response.score"),
        ({"score": 1.01}, "response.score"),
        ({"score": -0.01}, "response.score"),
        (b'{"score": NaN}', "response"),
        (b'{"score": 1e999}', "response"),
        ({"score": 0.5}, "response.label"),
        ({"score": 0.5, "label": "alien"}, "response.label"),
        ({"score": 0.5, "label": {"a": 1}}, "response.label"),
        ({"score": 0.5, "label": "gan", "version": ""}, "response.version"),
        ({"score": 0.5, "label": "gan", "version": "x" * 121}, "response.version"),
    ],
)
def test_garbage_is_a_502_that_names_the_field_and_repeats_nothing_to_the_sender(
    make: Load, api: Remote, answer: object, field: str
) -> None:
    api.answers(answer)
    response: dict[str, Any] = {"score": "/score"}
    if field in ("response.label", "response.version"):
        response |= {"label": "/label", "labels": WORDS}
    if field == "response.version":
        response |= {"version": "/version"}
    found = trouble(make(response=response))
    assert (found.reason, found.status) == (module.UNREADABLE, 502)
    assert found.told.startswith(f"{field}: ")
    assert f"({field}: " in found.detail
    assert "alien" not in found.told
    assert len(api.requests) == 1, "an answer is not asked for twice"


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_busy_remote_is_asked_again(make: Load, api: Remote, status: int) -> None:
    api.answers(Reply(status=status), Reply(status=status), {"score": 0.9})
    assert make().detect(shot()).outcome is Outcome.FAKE
    assert len(api.requests) == 3


def test_attempts_are_bounded(make: Load, api: Remote) -> None:
    api.answers(Reply(status=503))
    found = trouble(make())
    assert (found.reason, found.status, len(api.requests)) == (module.UNREACHABLE, 503, 3)
    assert "status 503" in found.told


def test_a_wait_that_does_not_fit_into_the_total_is_not_begun(make: Load, api: Remote) -> None:
    api.answers(Reply(status=429, headers={"Retry-After": "3600"}))
    assert "status 429" in trouble(make()).told
    assert len(api.requests) == 1


def test_retry_after_is_waited_for_within_the_total(make: Load, api: Remote) -> None:
    api.answers(Reply(status=503, headers={"Retry-After": "1"}), {"score": 0.9})
    assert make().detect(shot()).outcome is Outcome.FAKE


@pytest.mark.parametrize(
    ("status", "reason", "code"),
    [
        (500, module.UNREADABLE, 502),
        (401, module.UNREADABLE, 502),
        (404, module.UNREADABLE, 502),
        (415, module.DECLINED, 400),
        (422, module.DECLINED, 400),
    ],
)
def test_other_refusals_are_not_asked_again(
    make: Load, api: Remote, status: int, reason: str, code: int
) -> None:
    api.answers(Reply(status=status))
    found = trouble(make())
    assert (found.reason, found.status, len(api.requests)) == (reason, code, 1)


def test_redirects_are_not_followed(make: Load, api: Remote) -> None:
    api.answers(Reply(status=307, headers={"Location": api.url}), {"score": 0.9})
    found = trouble(make())
    assert (found.status, len(api.requests)) == (502, 1)
    assert found.told.startswith("url: ")


def test_nobody_there_is_a_503(make: Load, api: Remote) -> None:
    found = trouble(make(url=f"http://127.0.0.1:{free_port()}/"))
    assert (found.reason, found.status) == (module.UNREACHABLE, 503)


def test_a_connection_that_breaks_is_tried_again(make: Load, api: Remote) -> None:
    api.answers(lambda peer: peer.shutdown(socket.SHUT_RDWR), {"score": 0.9})
    assert make().detect(shot()).outcome is Outcome.FAKE


def test_silence_is_a_504(make: Load, api: Remote) -> None:
    api.answers(lambda _: bool(api.ended.wait(20)) and None)
    found = trouble(make(timeouts={"connect": 1, "read": 0.2, "total": 8}))
    assert (found.reason, found.status, len(api.requests)) == (module.TOO_SLOW, 504, 1)


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nX-", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_an_answer_that_drips_ends_with_the_total(make: Load, api: Remote, head: bytes) -> None:
    def drip(peer: socket.socket) -> None:
        peer.sendall(head)
        while not api.ended.wait(0.05):
            peer.sendall(b"x")

    api.answers(drip)
    found = trouble(make(timeouts={"connect": 1, "read": 5, "total": 0.5}))
    assert (found.reason, found.status) == (module.TOO_SLOW, 504)


def test_a_huge_answer_is_cut_off_and_named(make: Load, api: Remote) -> None:
    def flood(peer: socket.socket) -> None:
        peer.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while not api.ended.is_set():
            peer.sendall(b" " * 65_536)

    api.answers(flood)
    found = trouble(make(max_response_bytes=100_000))
    assert (found.status, found.told.startswith("max_response_bytes: ")) == (502, True)


def test_rubbish_in_place_of_http_is_an_error_of_the_remote(make: Load, api: Remote) -> None:
    api.answers(Reply(raw=b"\x00\x01 hello\r\n\r\n"))
    assert trouble(make()).status == 503


def test_a_foreign_certificate_is_refused(make: Load, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            try:
                while True:
                    peer, _ = listener.accept()
                    with peer:
                        peer.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            except OSError:
                pass

        threading.Thread(target=answer, daemon=True).start()
        found = trouble(make(url=f"https://127.0.0.1:{listener.getsockname()[1]}/"))
        assert found.status == 503
        listener.shutdown(socket.SHUT_RDWR)


def test_certificates_and_names_are_checked(make: Load) -> None:
    detector = make(url="https://localhost:1/")
    context = detector._pool.conn_kw["ssl_context"]  # type: ignore[attr-defined]
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_after_failures_in_a_row_the_remote_is_left_alone_and_asked_once_later(
    make: Load, api: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.answers(Reply(status=500))
    detector = make(breaker={"failures": 2, "open_seconds": 30})
    now = 0.0
    detector._breaker = Breaker(2, 30, lambda: now)  # type: ignore[attr-defined]
    trouble(detector)
    assert detector.problem is None
    trouble(detector)
    found = trouble(detector)
    assert (found.reason, found.status, len(api.requests)) == (module.PAUSED, 503, 2)
    assert detector.problem == module.PAUSED
    now = 31.0
    assert trouble(detector).reason == module.UNREADABLE
    assert trouble(detector).reason == module.PAUSED
    now = 62.0
    api.answers({"score": 0.9})
    assert detector.detect(shot()).outcome is Outcome.FAKE
    assert detector.problem is None


def test_images_that_the_remote_declines_never_open_the_breaker(make: Load, api: Remote) -> None:
    api.answers(Reply(status=415))
    detector = make(breaker={"failures": 1, "open_seconds": 30})
    assert [trouble(detector).reason for _ in range(3)] == [module.DECLINED] * 3


def test_only_one_caller_probes_an_open_breaker() -> None:
    now = 0.0
    breaker = Breaker(1, 10, lambda: now)
    assert breaker.admits()
    breaker.failed()
    assert not breaker.admits()
    now = 10.0
    assert [breaker.admits() for _ in range(3)] == [True, False, False]
    breaker.succeeded()
    assert breaker.admits()


LABELLED = {"label": "/label", "labels": WORDS, "score": "/s"}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"url": "ftp://example.org"}, "url: 'ftp://example.org'"),
        ({"url": "http://"}, "url"),
        ({"url": "http://host:99999/"}, "url"),
        ({"url": "http://me:pw@host/"}, "url: carries a user name"),
        ({"name": ""}, "name: is empty"),
        ({"typo": 1}, "typo"),
        ({"request": {"method": "GET"}}, "method"),
        ({"request": {"field": ""}}, "request.field"),
        ({"request": {"fields": {"file": "x"}}}, "request.fields"),
        ({"request": {"headers": {"X-A": "a\r\nX-B: b"}}}, "request.headers.X-A"),
        ({"request": {"headers": {"a b": "c"}}}, "request.headers"),
        ({"request": {"headers": {"Host": "c"}}}, "request.headers.Host"),
        ({"request": {"secret_headers": {"X-A": {}}}}, "request.secret_headers.X-A"),
        (
            {"request": {"secret_headers": {"X-A": {"env": "NOT_SET_ANYWHERE"}}}},
            "request.secret_headers.X-A.env: NOT_SET_ANYWHERE is not set",
        ),
        (
            {"request": {"secret_headers": {"X-A": {"file": "absent"}}}},
            "request.secret_headers.X-A.file: absent",
        ),
        ({"response": {}}, "response: score or label"),
        ({"response": {"score": "score"}}, "response.score: 'score'"),
        ({"response": {"score": "/a~2"}}, "response.score"),
        ({"response": {"score": "/s", "score_of": "label"}}, "response.score_of"),
        ({"response": {"score": "/s", "score_of": "human"}}, "$.response.score_of"),
        ({"response": {"score": "/s", "scale": {"kind": "range", "min": 1}}}, "response.scale"),
        (
            {"response": {"score": "/s", "scale": {"kind": "range", "min": 1, "max": 1}}},
            "response.scale: min 1.0",
        ),
        ({"response": {"score": "/s", "scale": {"kind": "percent", "min": 1}}}, "response.scale"),
        ({"response": {"score": "/s", "labels": WORDS}}, "response.labels"),
        ({"response": {**LABELLED, "labels": {"real": ["a"]}}}, "response.labels"),
        (
            {"response": {**LABELLED, "labels": {"real": ["a"], "fake": ["A "]}}},
            "response.labels: a stand for two classes",
        ),
        ({"response": {**LABELLED, "labels": {"human": ["a"]}}}, "$.response.labels"),
        (
            {"response": {**LABELLED, "score": None, "label_probabilities": {"real": 2}}},
            "response.label_probabilities.real",
        ),
        ({"response": {**LABELLED, "label_probabilities": {"real": 0}}}, "label_probabilities"),
        ({"decision": None}, "decision"),
        ({"decision": {"fake_at": 0.4, "real_at": 0.6}}, "decision"),
        ({"timeouts": {"total": 0}}, "timeouts.total: 0.0"),
        ({"retries": {"attempts": 0}}, "retries.attempts: 0"),
        ({"breaker": {"failures": 0}}, "breaker.failures: 0"),
        ({"concurrency": 0}, "concurrency: 0"),
        ({"url": "https://host/", "ca_file": "absent.pem"}, "ca_file: absent.pem"),
    ],
)
def test_a_sidecar_that_can_not_be_meant_is_refused_by_file_and_field(
    make: Load, change: dict[str, Any], named: str
) -> None:
    with pytest.raises(DetectorBroken) as caught:
        make(**change)
    assert "acme.json" in caught.value.detail
    assert named in caught.value.detail


def test_all_that_is_wrong_is_said_at_once(make: Load) -> None:
    with pytest.raises(DetectorBroken, match=r"url: .*breaker\.failures: 0"):
        make(url="gopher:", breaker={"failures": 0})
