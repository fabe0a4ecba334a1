"""Probes, heartbeats and maintenance over HTTP, with a real server."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import httpx
import pytest

from tests.conftest import Server
from tests.monitor.probes.targets import answering, hanging, serving
from verascope.api.heartbeats import BEATS_A_MINUTE, WRONG_A_MINUTE
from verascope.api.maintenance import MaintenancePage, MaintenanceWindow
from verascope.api.probes import ProbeHistory, ProbePage, ProbeRecord

WAIT_SECONDS = 30
PROBES, MAINTENANCE = "/api/v1/probes", "/api/v1/maintenance"


def call(
    server: Server, method: str, path: str, body: Any = None, **options: Any
) -> httpx.Response:
    with server.client() as client:
        return client.request(method, path, json=body, **options)


def probe(server: Server, name: str) -> ProbeRecord:
    return ProbeRecord.model_validate(server.get(f"{PROBES}/{name}").json())


def until(server: Server, name: str, is_so: Callable[[ProbeRecord], bool]) -> ProbeRecord:
    deadline = time.monotonic() + WAIT_SECONDS
    while not is_so(found := probe(server, name)):
        assert time.monotonic() < deadline, found
        time.sleep(0.1)
    return found


@pytest.fixture
def watched(server: Server) -> Iterator[Callable[..., ProbeRecord]]:
    """Makes probes that go away with the test."""
    made: list[str] = []

    def add(
        name: str, kind: str = "http", target: str = "http://127.0.0.1:1/", **body: Any
    ) -> ProbeRecord:
        answer = call(
            server, "POST", PROBES, {"name": name, "kind": kind, "target": target, **body}
        )
        assert answer.status_code == 201, answer.text
        made.append(name)
        return ProbeRecord.model_validate(answer.json())

    yield add
    for name in made:
        with suppress(httpx.HTTPError):
            call(server, "DELETE", f"{PROBES}/{name}")


def test_our_own_doors_and_dns_are_watched_from_the_start(server: Server) -> None:
    page = ProbePage.model_validate(server.get(PROBES).json())
    assert {one.name for one in page.items} >= {"own-health", "own-dashboard", "own-dns"}
    for name in ("own-health", "own-dashboard", "own-dns"):
        found = until(server, name, lambda one: one.last is not None)
        assert (found.origin, found.status, found.last and found.last.reason) == (
            "default",
            "up",
            None,
        )
        assert found.availability_24h == 100


def test_a_probe_is_added_runs_changes_and_goes(
    server: Server, watched: Callable[..., ProbeRecord]
) -> None:
    with serving(answering(b'{"queue": 3}')) as port:
        made = watched("shop", target=f"http://127.0.0.1:{port}/", interval_seconds=3600)
        assert (made.origin, made.interval_seconds, made.fail_after) == ("user", 3600, 3)
        assert until(server, "shop", lambda one: one.status == "up").last
        condition = [{"path": "/queue", "op": "below", "value": 3}]
        changed = call(
            server, "PUT", f"{PROBES}/shop", {"settings": {"json": condition}, "fail_after": 1}
        )
        found = ProbeRecord.model_validate(changed.json())
        assert (found.target, found.fail_after, found.status) == (made.target, 1, "unknown")
        call(server, "POST", f"{PROBES}/shop/run")
        found = until(server, "shop", lambda one: one.status == "down")
    assert found.last
    assert found.last.reason == "/queue is 3; below 3 is accepted."
    history = ProbeHistory.model_validate_json(server.get(f"{PROBES}/shop/history").text)
    assert history.step_seconds == 300
    assert history.failures[0].reason == found.last.reason
    assert history.availability["24h"] is not None
    assert history.availability["24h"] < 100
    assert sum(1 for _, up, _ in history.points if up is not None) >= 1
    assert call(server, "DELETE", f"{PROBES}/shop").status_code == 204
    assert server.get(f"{PROBES}/shop").status_code == 404


def test_every_wrong_field_is_told(server: Server) -> None:
    body = {"name": "", "kind": "http", "target": "x", "colour": 1, "settings": {"redirects": 99}}
    answer = call(server, "POST", PROBES, body)
    assert answer.status_code == 422
    assert {one["field"] for one in answer.json()["errors"]} == {
        "name", "target", "colour", "settings.redirects",
    }  # fmt: skip
    assert call(server, "POST", PROBES, {"name": "x", "kind": "smoke"}).status_code == 422
    assert call(server, "POST", PROBES, {}).status_code == 422
    assert server.get(f"{PROBES}/own-health/history", params={"hours": 0}).status_code == 422


def test_a_name_is_given_once(server: Server, watched: Callable[..., ProbeRecord]) -> None:
    watched("twice", enabled=False)
    again = call(server, "POST", PROBES, {"name": "twice", "kind": "http", "target": "http://a/"})
    assert again.status_code == 422


def test_our_own_predict_is_not_a_target(server: Server) -> None:
    body = {"name": "p", "kind": "known_answer", "target": f"{server.url}/predict"}
    assert "own:detector" in call(server, "POST", PROBES, body).text


def test_the_known_answer_of_our_own_detector_is_no_prediction(
    server: Server, watched: Callable[..., ProbeRecord]
) -> None:
    before = server.count()
    watched("own-answer", "known_answer", "own:detector", interval_seconds=3600)
    found = until(server, "own-answer", lambda one: one.reference is not None)
    assert found.status == "up"
    assert found.reference
    assert found.reference["version"] == "1.0.0"
    assert call(server, "DELETE", f"{PROBES}/own-answer/reference").status_code == 204
    assert probe(server, "own-answer").reference is None
    assert server.count() == before


def test_a_default_probe_is_paused_instead_of_deleted(server: Server) -> None:
    assert call(server, "DELETE", f"{PROBES}/own-dns").status_code == 204
    assert probe(server, "own-dns").status == "paused"
    call(server, "PUT", f"{PROBES}/own-dns", {"enabled": True})
    assert until(server, "own-dns", lambda one: one.status == "up").enabled


def test_a_job_calls_in_from_anywhere(server: Server, watched: Callable[..., ProbeRecord]) -> None:
    path = watched("job", "heartbeat", "", interval_seconds=3600).target
    elsewhere = {"X-Forwarded-For": "203.0.113.9", "Host": "monitoring.example"}
    assert server.get(PROBES, headers=elsewhere).status_code == 403
    assert probe(server, "job").status == "unknown"
    assert call(server, "POST", path, headers=elsewhere).status_code == 200
    assert until(server, "job", lambda one: one.status == "up").last


def test_beats_and_guesses_are_limited(server: Server, watched: Callable[..., ProbeRecord]) -> None:
    path = watched("chatty", "heartbeat", "").target
    with server.client() as client:

        def first_refusal(to: str, most: int) -> list[int]:
            """The answers up to the first 429. Places come back with time, hence some patience."""
            answers: list[int] = []
            while 429 not in answers and len(answers) < most:
                answers.append(client.post(to).status_code)
            return answers

        beats = first_refusal(path, 20 * BEATS_A_MINUTE)
        guesses = first_refusal(path[:-3] + "AAA", 20 * WRONG_A_MINUTE)
    assert (beats[0], beats[-1], set(beats)) == (200, 429, {200, 429})
    assert (guesses[0], guesses[-1], set(guesses)) == (404, 429, {404, 429})


def test_the_address_of_a_job_is_not_in_the_database(
    server: Server, watched: Callable[..., ProbeRecord]
) -> None:
    secret = watched("quiet", "heartbeat", "").target.rpartition(".")[2]
    for name in ("probes", "probe_states"):
        assert not any(secret in str(tuple(row)) for row in server.rows(f"SELECT * FROM {name}"))


def test_maintenance_is_planned_and_seen_and_ends(
    server: Server, watched: Callable[..., ProbeRecord]
) -> None:
    watched("patched", fail_after=1)
    body = {
        "name": "patches", "probes": ["patched"], "starts_at": "2020-01-01T00:00:00+01:00",
        "ends_at": "2020-01-02T00:00:00+01:00", "repeat": "daily", "time_zone": "Europe/Berlin", "comment": "nightly",
    }  # fmt: skip
    answer = call(server, "POST", MAINTENANCE, body)
    assert answer.status_code == 201, answer.text
    window = MaintenanceWindow.model_validate(answer.json())
    assert (window.active, window.starts_at) == (True, "2019-12-31T23:00:00.000000Z")
    assert window in MaintenancePage.model_validate(server.get(MAINTENANCE).json()).items
    assert probe(server, "patched").status == "maintenance"
    call(server, "POST", f"{PROBES}/patched/run")
    found = until(server, "patched", lambda one: one.last is not None)
    assert found.last
    assert not found.last.ok
    assert call(server, "DELETE", f"{MAINTENANCE}/{window.id}").status_code == 204
    assert call(server, "DELETE", f"{MAINTENANCE}/{window.id}").status_code == 404
    assert probe(server, "patched").status in ("unknown", "down")


def test_wrong_maintenance_is_told_whole(server: Server) -> None:
    body = {
        "name": "", "probes": ["nobody"], "starts_at": "tomorrow", "ends_at": "2026-01-01T00:00:00Z",
        "repeat": "hourly", "time_zone": "Mars/Base", "by": "me",
    }  # fmt: skip
    answer = call(server, "POST", MAINTENANCE, body)
    assert {one["field"] for one in answer.json()["errors"]} == {
        "name", "probes", "starts_at", "repeat", "time_zone", "by",
    }  # fmt: skip
    body = {
        "name": "w",
        "starts_at": "2026-01-01T00:00:00Z",
        "ends_at": "2026-01-03T00:00:00Z",
        "repeat": "daily",
    }
    (wrong,) = call(server, "POST", MAINTENANCE, body).json()["errors"]
    assert (wrong["field"], wrong["accepted"]) == (
        "ends_at",
        "later than starts_at, by at most 1 day",
    )


def test_probes_stand_after_a_restart_as_they_stood_before(start: Callable[..., Server]) -> None:
    first = start()
    body = {
        "name": "away",
        "kind": "tcp",
        "target": "127.0.0.1:1",
        "fail_after": 1,
        "interval_seconds": 3600,
    }
    assert call(first, "POST", PROBES, body).status_code == 201
    job = {"name": "job", "kind": "heartbeat", "interval_seconds": 3600}
    path = call(first, "POST", PROBES, job).json()["target"]
    assert call(first, "POST", path).status_code == 200
    before = until(first, "away", lambda one: one.status == "down")
    until(first, "job", lambda one: one.status == "up")
    assert first.stop() == 0
    second = start(home=first.home)
    after = probe(second, "away")
    assert (after.status, after.since, after.last) == (before.status, before.since, before.last)
    assert probe(second, "job").target == path
    assert probe(second, "job").status == "up"
    assert second.stop() == 0


def test_a_stop_does_not_wait_for_a_target_that_hangs(start: Callable[..., Server]) -> None:
    server = start()
    with serving(hanging) as port:
        body = {
            "name": "slow",
            "kind": "http",
            "target": f"http://127.0.0.1:{port}/",
            "timeout_seconds": 60,
        }
        assert call(server, "POST", PROBES, body).status_code == 201
        time.sleep(2)
        assert server.stop() == 0
    assert server.rows("SELECT last_at FROM probe_states WHERE probe = 'slow'")[0][0] is None
