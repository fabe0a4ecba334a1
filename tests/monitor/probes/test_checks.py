"""Every kind of check against real sockets on the loopback, well-behaved and not."""

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tests.monitor.probes.targets import (
    Handler,
    answering,
    babbling,
    certificate,
    dripping,
    endless,
    hanging,
    lying_about_length,
    name_server,
    request_of,
    resetting,
    serving,
    until_closed,
)
from verascope.clock import now_us
from verascope.errors import DetectorBroken
from verascope.monitor.probes.check import Own, check
from verascope.monitor.probes.connect import Watch
from verascope.monitor.probes.probe import Finding, Probe, Reference
from verascope.monitor.probes.settings import read
from verascope.records import Outcome, Verdict

PATIENCE = 8.0
SHORT = 0.3


def no_detector(_: bytes) -> Verdict:
    raise AssertionError("nobody asked for it")


def found(
    kind: str,
    target: str,
    *,
    reference: Reference | None = None,
    own: Own | None = None,
    timeout: float = PATIENCE,
    **settings: Any,
) -> Finding:
    """What one check says of a probe that somebody wrote down so."""
    body = {
        "name": "p",
        "kind": kind,
        "target": target,
        "settings": settings,
        "timeout_seconds": timeout,
    }
    probe: Probe = read(body, 0)
    own = own or Own("http://127.0.0.1:1", True, no_detector)
    with Watch(probe.timeout_seconds) as watch:
        return check(probe, reference, own, now_us, watch)


def http(handler: Handler, path: str = "/", **settings: Any) -> Finding:
    with serving(handler) as port:
        return found("http", f"http://127.0.0.1:{port}{path}", **settings)


# --- HTTP ------------------------------------------------------------------------------------------


def test_an_answer_as_expected_is_ok_and_timed() -> None:
    one = http(answering())
    assert (one.ok, one.reason) == (True, None)
    assert one.response_ms is not None
    assert one.detail == {"status": 200, "bytes": 4, "redirects": 0}


def test_the_request_is_what_was_set_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROBE_KEY", "Bearer hush")
    (tmp_path / "secret").write_text("from a file\n")
    heard: list[bytes] = []
    headers = {
        "Authorization": "env:PROBE_KEY",
        "X-Api-Key": f"file:{tmp_path / 'secret'}",
        "X-Plain": "a",
    }
    one = http(answering(heard=heard), "/a?b=c", method="POST", body="hello", headers=headers)
    assert one.ok
    head, _, body = heard[0].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /a?b=c HTTP/1.1"
    assert {"Authorization: Bearer hush", "X-Api-Key: from a file", "X-Plain: a"} <= set(lines)
    assert any(line.startswith("User-Agent: verascope-probe/") for line in lines)
    assert body == b"hello"


def test_a_secret_that_is_missing_is_named_and_nothing_is_sent() -> None:
    heard: list[bytes] = []
    one = http(answering(heard=heard), headers={"Authorization": "env:NOT_SET_ANYWHERE"})
    assert (
        one.reason
        == "The header Authorization has no value: the variable NOT_SET_ANYWHERE is not set."
    )
    assert heard == []


@pytest.mark.parametrize(
    ("accepted", "ok"),
    [([200], False), (["200-299"], False), ([404, 503], True), (["500-599"], True)],
)
def test_a_status_is_judged_against_the_set(accepted: list[Any], ok: bool) -> None:
    one = http(answering(status="503 Service Unavailable"), expect_status=accepted)
    assert one.ok is ok
    assert ok or "The status is 503" in str(one.reason)


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        ({"path": "/status", "op": "equals", "value": "healthy"}, None),
        (
            {"path": "/status", "op": "equals", "value": "ill"},
            "/status is 'healthy'; equals 'ill' is accepted.",
        ),
        ({"path": "/status", "op": "not_equals", "value": "ill"}, None),
        ({"path": "/queue/0/depth", "op": "below", "value": 10}, None),
        (
            {"path": "/queue/0/depth", "op": "above", "value": 10},
            "/queue/0/depth is 3; above 10 is accepted.",
        ),
        ({"path": "/names", "op": "contains", "value": "b"}, None),
        (
            {"path": "/names", "op": "contains", "value": "c"},
            "/names is ['a', 'b']; contains 'c' is accepted.",
        ),
        ({"path": "/is", "op": "equals", "value": 1}, "/is is True; equals 1 is accepted."),
        ({"path": "/none", "op": "absent"}, None),
        ({"path": "/none", "op": "exists"}, "/none is missing."),
        ({"path": "/none", "op": "above", "value": 1}, "/none is missing."),
        ({"path": "/a~1b", "op": "equals", "value": None}, None),
    ],
)
def test_json_conditions(condition: dict[str, Any], reason: str | None) -> None:
    answer = {
        "status": "healthy",
        "queue": [{"depth": 3}],
        "names": ["a", "b"],
        "is": True,
        "a/b": None,
    }
    assert http(answering(json.dumps(answer).encode()), json=[condition]).reason == reason


def test_a_body_that_is_not_json_is_said_so() -> None:
    condition = {"path": "/a", "op": "exists"}
    assert http(answering(b"<html>"), json=[condition]).reason == "The body is not JSON."


def test_text_that_must_and_must_not_be_there() -> None:
    assert http(answering(b"all is well"), contains="well", lacks="error").ok
    assert http(answering(b"an error"), contains="well", lacks="error").reason == (
        "The body does not contain 'well'. The body contains 'error'."
    )


def test_an_answer_slower_than_allowed_is_a_failure_with_its_time() -> None:
    def slow(connection: Any) -> None:
        request_of(connection)
        threading.Event().wait(0.15)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    one = http(slow, max_response_ms=100)
    assert not one.ok
    assert "at most 100 ms are accepted" in str(one.reason)
    assert one.response_ms is not None
    assert one.response_ms > 100


@pytest.mark.parametrize("handler", [hanging, dripping, until_closed])
def test_a_server_that_does_not_finish_is_cut_off(handler: Handler) -> None:
    one = http(handler, timeout=SHORT)
    assert (one.ok, one.reason) == (False, "No whole answer within 0.3 seconds.")


def test_a_connection_that_is_reset_is_a_failure() -> None:
    assert str(http(resetting).reason).startswith("The answer broke off: ")


def test_an_answer_shorter_than_announced_is_a_failure() -> None:
    assert http(lying_about_length).reason == (
        "The answer ends early: 5 bytes came, 995 more were announced."
    )


def test_an_endless_body_is_read_up_to_the_limit() -> None:
    assert http(endless, max_bytes=100_000).detail["bytes"] == 100_000
    judged = http(endless, max_bytes=100_000, contains="y")
    assert judged.reason == "The body has more than 100000 bytes, so it is not judged."


def test_something_else_than_http_is_a_failure() -> None:
    assert http(babbling).reason == "The answer broke off: what came back is not HTTP."


def test_a_port_nobody_listens_on_is_a_failure() -> None:
    with serving(answering()) as port:
        pass
    assert found("http", f"http://127.0.0.1:{port}/").reason == (
        f"127.0.0.1 port {port} can't be reached: connection refused."
    )


def test_redirects_are_not_followed_unless_told_and_then_without_secrets_elsewhere() -> None:
    heard: list[bytes] = []
    with serving(answering(heard=heard)) as there:
        away = answering(b"", "302 Found", Location=f"http://127.0.0.1:{there}/new")
        assert http(away).reason == "The status is 302; 200-299 is accepted."
        assert heard == []
        one = http(away, redirects=1, headers={"X-Token": "s"})
    assert one.ok
    assert one.detail["redirects"] == 1
    assert heard[0].startswith(b"GET /new HTTP/1.1")
    assert b"X-Token" not in heard[0]


def test_a_redirect_to_something_else_than_the_web_is_not_followed() -> None:
    one = http(answering(b"", "302 Found", Location="file:///etc/passwd"), redirects=3)
    assert one.reason == "It redirects to 'file:///etc/passwd', which is no web address."


def test_a_circle_of_redirects_ends() -> None:
    assert http(answering(b"", "302 Found", Location="/"), redirects=2).detail["redirects"] == 2


def test_our_own_address_is_wherever_we_listen() -> None:
    heard: list[bytes] = []
    with serving(answering(heard=heard)) as port:
        own = Own(f"http://127.0.0.1:{port}", True, no_detector)
        assert found("http", "own:/health", own=own).ok
    assert heard[0].startswith(b"GET /health ")


def test_off_the_loopback_our_own_refusal_shows_that_we_are_well() -> None:
    with serving(answering(b"{}", "403 Forbidden")) as port:
        place = f"http://127.0.0.1:{port}"
        assert found("http", "own:/health", own=Own(place, False, no_detector)).ok
        assert not found("http", "own:/health", own=Own(place, True, no_detector)).ok


def test_https_tells_how_long_the_certificate_lasts(tmp_path: Path) -> None:
    context, ca_file = certificate(tmp_path, days_left=30)
    with serving(answering(), context) as port:
        url = f"https://127.0.0.1:{port}/"
        assert found("http", url, ca_file=str(ca_file)).certificate_days == pytest.approx(
            30, abs=0.1
        )
        refused = found("http", url)
        assert str(refused.reason).startswith(
            "The certificate is not accepted: self-signed certificate"
        )
        assert found("http", url, verify=False).ok


# --- TCP -------------------------------------------------------------------------------------------


def test_a_port_that_takes_connections_is_ok() -> None:
    with serving(until_closed) as port:
        assert found("tcp", f"127.0.0.1:{port}").ok


def test_what_a_port_says_is_compared() -> None:
    def greeting(connection: Any) -> None:
        if connection.recv(100) == b"hello":
            connection.sendall(b"220 ready\r\n")

    with serving(greeting) as port:
        assert found("tcp", f"127.0.0.1:{port}", send="hello", expect="ready").ok
        other = found("tcp", f"127.0.0.1:{port}", send="hello", expect="READY")
        assert other.reason == "It says '220 ready\\r\\n'; 'READY' is expected."
    with serving(until_closed) as port:
        silent = found("tcp", f"127.0.0.1:{port}", expect="ready", timeout=SHORT)
        assert silent.reason == "No whole answer within 0.3 seconds."


# --- TLS -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days_left", "reason"),
    [
        (60, None),
        (5, "The certificate expires in 5.0 days; at least 14 are wanted."),
        (-3, "The certificate expired 3.0 days ago."),
    ],
)
def test_days_until_expiry(tmp_path: Path, days_left: float, reason: str | None) -> None:
    context, ca_file = certificate(tmp_path, days_left=days_left)
    with serving(until_closed, context) as port:
        one = found("tls", f"127.0.0.1:{port}", ca_file=str(ca_file))
    assert one.reason == reason
    assert one.certificate_days == pytest.approx(days_left, abs=0.1)


def test_a_chain_that_is_not_trusted_is_a_failure_and_the_days_are_still_told(
    tmp_path: Path,
) -> None:
    context, _ = certificate(tmp_path, days_left=60)
    with serving(until_closed, context) as port:
        one = found("tls", f"127.0.0.1:{port}")
        assert str(one.reason).startswith("The certificate is not accepted: self-signed")
        assert one.certificate_days == pytest.approx(60, abs=0.1)
        assert found("tls", f"127.0.0.1:{port}", verify=False).ok


def test_a_certificate_of_another_name_is_a_failure(tmp_path: Path) -> None:
    context, ca_file = certificate(tmp_path, days_left=60)
    with serving(until_closed, context) as port:
        one = found("tls", f"127.0.0.1:{port}", ca_file=str(ca_file), server_name="other.example")
    assert "other.example" in str(one.reason)


def test_a_port_without_tls_is_a_failure() -> None:
    def greeting(connection: Any) -> None:
        connection.sendall(b"220 mail.example ESMTP\r\n")

    with serving(greeting) as port:
        assert "TLS can't be agreed on" in str(found("tls", f"127.0.0.1:{port}").reason)
    with serving(until_closed) as port:
        silent = found("tls", f"127.0.0.1:{port}", timeout=SHORT)
        assert silent.reason == "No whole answer within 0.3 seconds."


# --- DNS -------------------------------------------------------------------------------------------

ZONE = {
    ("a.example", "A"): ["192.0.2.1", "192.0.2.2"],
    ("a.example", "TXT"): ['"v=1 Mixed"'],
    ("a.example", "MX"): ["10 mail.a.example."],
}


def test_expected_answers_must_be_among_those_given() -> None:
    with name_server(ZONE) as address:
        assert found("dns", "a.example", resolver=address, expect=["192.0.2.2"]).ok
        one = found("dns", "a.example", resolver=address, expect=["192.0.2.9"])
        assert one.reason == "The answer is 192.0.2.1, 192.0.2.2; 192.0.2.9 is missing."
        alone = found(
            "dns", "a.example", resolver=address, expect=["192.0.2.1"], only_expected=True
        )
        assert alone.reason == "The answer is 192.0.2.1, 192.0.2.2; 192.0.2.2 is not expected."
        assert found("dns", "a.example", resolver=address, record="TXT", expect=["v=1 mixed"]).ok
        assert found(
            "dns", "a.example", resolver=address, record="MX", expect=["10 mail.a.example"]
        ).ok


def test_a_name_that_does_not_exist_and_one_without_such_a_record() -> None:
    with name_server(ZONE) as address:
        assert (
            found("dns", "b.example", resolver=address).reason
            == "The name b.example does not exist."
        )
        assert (
            found("dns", "a.example", resolver=address, record="AAAA").reason
            == "There is no AAAA record."
        )


def test_a_name_server_that_is_silent_is_cut_off() -> None:
    with name_server(ZONE, is_silent=True) as address:
        one = found("dns", "a.example", resolver=address, timeout=SHORT)
    assert one.reason == "No whole answer within 0.3 seconds."


def test_the_machine_resolves_its_own_name() -> None:
    one = found("dns", "localhost")
    assert one.ok
    assert one.detail["answers"] == ["127.0.0.1"]


# --- Known answers ---------------------------------------------------------------------------------


def detector(verdict: str, score: float, heard: list[bytes] | None = None) -> Handler:
    body = json.dumps({"prediction": verdict, "fake_probability": score}).encode()
    return answering(body, heard=heard)


def known(handler: Handler, reference: Reference | None = None, **settings: Any) -> Finding:
    with serving(handler) as port:
        return found(
            "known_answer", f"http://127.0.0.1:{port}/predict", reference=reference, **settings
        )


def test_the_first_answer_becomes_the_reference() -> None:
    heard: list[bytes] = []
    one = known(detector("real", 12.5, heard))
    assert (one.ok, one.shift) == (True, 0)
    assert one.reference is not None
    assert (one.reference.verdict, one.reference.score) == ("real", 12.5)
    assert b'name="file"; filename="known.png"' in heard[0]
    assert b"\x89PNG\r\n\x1a\n" in heard[0]


def test_every_request_carries_the_same_image() -> None:
    heard: list[bytes] = []
    for _ in range(2):
        known(detector("real", 1, heard))
    first, second = (one[one.index(b"\x89PNG") : one.index(b"IEND")] for one in heard)
    assert first == second


def test_a_score_within_the_tolerance_is_ok_and_one_beyond_is_not() -> None:
    before = Reference("real", 12.5, None, 0)
    near = known(detector("real", 16.0), before)
    assert (near.ok, near.shift, near.reference) == (True, 3.5, None)
    far = known(detector("real", 30.0), before)
    assert far.reason == "The score is 30.0 %, 17.5 points from 12.5 %; 5 are tolerated."
    assert known(detector("real", 30.0), before, tolerance=20).ok


def test_another_verdict_is_a_failure_even_within_the_tolerance() -> None:
    one = known(detector("fake", 51), Reference("real", 49, None, 0))
    assert one.reason == "The verdict is 'fake'; it was 'real'."


def test_a_stated_reference_wins_over_a_remembered_one() -> None:
    one = known(
        detector("real", 12), Reference("real", 12, None, 0), expect_verdict="fake", expect_score=90
    )
    assert not one.ok
    assert one.shift == 78


def test_other_detectors_answer_in_other_shapes() -> None:
    body = json.dumps({"result": [{"label": "genuine", "p": 0.25}]}).encode()
    one = known(
        answering(body), field="image", fields={"mode": "fast"},
        verdict_path="/result/0/label", score_path="/result/0/p", score_scale="probability",
    )  # fmt: skip
    assert one.reference is not None
    assert (one.reference.verdict, one.reference.score) == ("genuine", 25)


@pytest.mark.parametrize(
    ("handler", "reason"),
    [
        (answering(b"{}", "500 Oops"), "The detector answers with status 500."),
        (answering(b"<html>"), "The detector's answer is not JSON."),
        (answering(b"{}"), "The answer has no /prediction."),
        (
            answering(b'{"prediction": "real", "fake_probability": "x"}'),
            "/fake_probability is 'x', not a number.",
        ),
    ],
)
def test_an_answer_that_is_none_is_a_failure(handler: Handler, reason: str) -> None:
    one = known(handler, Reference("real", 1, None, 0))
    assert (one.ok, one.reason) == (False, reason)


def test_our_own_detector_is_asked_in_process_and_judged_by_version() -> None:
    seen: list[bytes] = []

    def detect(data: bytes) -> Verdict:
        seen.append(data)
        return Verdict(Outcome.REAL, 87_500, 12_500, "tiny-2")

    own = Own("http://127.0.0.1:1", True, detect)
    old = Reference("fake", 99, "tiny-1", 0)
    one = found("known_answer", "own:detector", own=own, reference=old)
    assert one.ok
    assert one.reference is not None
    assert (one.reference.score, one.reference.version) == (12.5, "tiny-2")
    moved = found(
        "known_answer", "own:detector", own=own, reference=Reference("real", 50, "tiny-2", 0)
    )
    assert not moved.ok
    assert len(seen) == 2


def test_our_own_detector_that_breaks_is_a_failure() -> None:
    def detect(_: bytes) -> Verdict:
        raise DetectorBroken("The remote is away.")

    own = Own("http://127.0.0.1:1", True, detect)
    one = found("known_answer", "own:detector", own=own)
    assert one.reason == "The detector gives no verdict: The remote is away."


# --- All kinds -------------------------------------------------------------------------------------


def test_a_check_can_be_cut_off_from_outside() -> None:
    watch = Watch(60)
    got: list[Finding] = []
    with serving(hanging) as port:
        body = {
            "name": "p",
            "kind": "http",
            "target": f"http://127.0.0.1:{port}/",
            "timeout_seconds": 60,
        }
        probe = read(body, 0)

        def run() -> None:
            with watch:
                got.append(check(probe, None, Own("", True, no_detector), now_us, watch))

        thread = threading.Thread(target=run)
        thread.start()
        time.sleep(0.1)
        watch.cut()
        thread.join(10)
    assert not got[0].ok
