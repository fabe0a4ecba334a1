"""What somebody writes is judged whole: every wrong field is told at once, and no secret is repeated."""

from typing import Any

import pytest

from verascope.errors import Invalid
from verascope.monitor.probes.probe import DnsSettings, HttpSettings, Kind, Origin
from verascope.monitor.probes.settings import read

WEB = {"name": "p", "kind": "http", "target": "https://example.com/"}


def wrong(body: dict[str, Any], **options: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        read(body, 0, **options)
    return {one.field: one.accepted for one in caught.value.fields}


def test_the_shortest_description_of_each_kind_is_enough() -> None:
    targets = {
        "http": "http://localhost:1/", "tcp": "localhost:22", "dns": "example.com", "tls": "example.com",
        "known_answer": "own:detector", "heartbeat": "",
    }  # fmt: skip
    for kind in Kind:
        probe = read({"name": "p", "kind": kind.value, "target": targets[kind]}, 7)
        assert (probe.kind, probe.origin, probe.enabled, probe.created_us) == (
            kind,
            Origin.USER,
            True,
            7,
        )
    assert set(targets) == set(Kind)


def test_every_wrong_field_is_told_at_once() -> None:
    found = wrong(
        {
            "name": "-p", "kind": "http", "target": "ftp://x", "interval_seconds": 1, "timeout_seconds": 99,
            "fail_after": 0, "ok_after": 1.5, "enabled": "yes", "colour": 1,
            "settings": {"method": "BREW", "expect_status": [99], "redirects": 11, "max_bytes": 0, "size": 1},
        }
    )  # fmt: skip
    assert set(found) == {
        "name", "target", "interval_seconds", "timeout_seconds", "fail_after", "ok_after", "enabled", "colour",
        "settings.method", "settings.expect_status", "settings.redirects", "settings.max_bytes", "settings.size",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"expect_status": []}, "settings.expect_status"),
        ({"expect_status": ["299-200"]}, "settings.expect_status"),
        ({"expect_status": [True]}, "settings.expect_status"),
        ({"json": [{"path": "status", "op": "exists"}]}, "settings.json.0.path"),
        ({"json": [{"path": "/a", "op": "above", "value": "5"}]}, "settings.json.0.value"),
        ({"json": [{"path": "/a", "op": "like"}]}, "settings.json"),
        ({"method": "HEAD", "contains": "x"}, "settings.method"),
        ({"max_response_ms": 0}, "settings.max_response_ms"),
        ({"contains": ""}, "settings.contains"),
        ({"headers": {"Content-Length": "5"}}, "settings.headers.Content-Length"),
        ({"headers": {"a b": "5"}}, "settings.headers.a b"),
        ({"headers": {"X": "a\nb"}}, "settings.headers.X"),
    ],
)
def test_settings_of_http(settings: dict[str, Any], field: str) -> None:
    assert set(wrong({**WEB, "settings": settings})) == {field}


def test_a_secret_in_a_header_is_refused_and_not_repeated() -> None:
    body = {**WEB, "settings": {"headers": {"Authorization": "Bearer hush", "X": "a\x00hush"}}}
    with pytest.raises(Invalid) as caught:
        read(body, 0)
    assert "hush" not in str(caught.value)
    assert "env:NAME or file:PATH" in str(caught.value)


@pytest.mark.parametrize(
    "target",
    [
        "example.com",
        "file:///etc/passwd",
        "gopher://x",
        "http://",
        "http://u:p@x/",
        "http://x:99999/",
        "http://a b/",
        "",
    ],
)
def test_targets_that_are_no_web_addresses(target: str) -> None:
    assert set(wrong({**WEB, "target": target})) == {"target"}


@pytest.mark.parametrize("target", ["localhost", "localhost:0", "localhost:x", ":80", "a/b:80"])
def test_targets_that_are_no_ports(target: str) -> None:
    assert set(wrong({"name": "p", "kind": "tcp", "target": target})) == {"target"}


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"resolver": "dns.example"}, "settings.resolver"),
        ({"record": "TXT"}, "settings.record"),
        ({"record": "ANY"}, "settings.record"),
        ({"only_expected": True}, "settings.expect"),
    ],
)
def test_settings_of_dns(settings: dict[str, Any], field: str) -> None:
    assert set(
        wrong({"name": "p", "kind": "dns", "target": "a.example", "settings": settings})
    ) == {field}


def test_name_servers_are_addresses() -> None:
    for address in ("192.0.2.1", "192.0.2.1:5353", "2001:db8::1", "[2001:db8::1]:5353"):
        body = {
            "name": "p",
            "kind": "dns",
            "target": "a.example",
            "settings": {"resolver": address, "record": "TXT"},
        }
        assert isinstance(read(body, 0).settings, DnsSettings)


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"tolerance": -1}, "settings.tolerance"),
        ({"expect_score": 101}, "settings.expect_score"),
        ({"verdict_path": None, "score_path": None}, "settings.verdict_path"),
        ({"verdict_path": None, "expect_verdict": "real"}, "settings.expect_verdict"),
        ({"field": 'a"b'}, "settings.field"),
    ],
)
def test_settings_of_known_answers(settings: dict[str, Any], field: str) -> None:
    body = {"name": "p", "kind": "known_answer", "target": "http://x/predict", "settings": settings}
    assert set(wrong(body)) == {field}


def test_our_own_predict_is_refused_because_it_would_count_as_a_customer() -> None:
    body = {"name": "p", "kind": "known_answer", "target": "http://localhost:8001/predict"}
    assert "counts as a customer's image" in wrong(body, own_port=8001)["target"]
    assert read({**body, "target": "http://localhost:8002/predict"}, 0, own_port=8001)


def test_name_and_kind_of_a_probe_stay() -> None:
    before = read(WEB, 5)
    assert set(wrong({**WEB, "name": "q", "kind": "tcp", "target": "a:1"}, before=before)) == {
        "name",
        "kind",
    }
    after = read({"target": "http://other/", "settings": {"contains": "x"}}, 9, before)
    assert (after.name, after.created_us, after.updated_us) == ("p", 5, 9)
    assert isinstance(after.settings, HttpSettings)


def test_a_timeout_is_never_longer_than_the_interval() -> None:
    assert "timeout_seconds" in wrong({**WEB, "interval_seconds": 10, "timeout_seconds": 11})
