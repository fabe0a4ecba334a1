"""Alerts over the API: from failing images to an acknowledged alert, silences, routing, history and its export."""

import csv
import io
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.alerting import prepare
from tests.conftest import Server, free_port
from verascope import clock
from verascope.alerts import wording
from verascope.clock import HOUR, US
from verascope.security import links, secrets

WAIT_SECONDS = 90


@pytest.fixture(scope="module")
def alarmed(
    tmp_path_factory: pytest.TempPathFactory, environ: Callable[..., dict[str, str]]
) -> Iterator[Server]:
    """A server on which an alert fires, and one channel that takes nothing."""
    home = tmp_path_factory.mktemp("alarmed")
    prepare(home)
    settings = {
        "alerts_slack_webhook_url": "http://127.0.0.1:9/hook",
        "alerts_allow_private_webhooks": "true",
    }
    running = Server(home, environ(home, port=free_port(), **settings)).wait_until_ready()
    for _ in range(5):
        running.predict(b"not an image")
    wait_for(lambda: alerts(running) and alerts(running)[0]["notified"])
    yield running
    assert running.stop() == 0, running.errors


def wait_for(happened: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + WAIT_SECONDS
    while not (found := happened()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.3)
    return found


def alerts(server: Server, **params: str) -> list[dict[str, Any]]:
    asked = {"rule": "failing_now", **params}
    items: list[dict[str, Any]] = server.get("/api/v1/alerts", params=asked).json()["items"]
    return items


def send(server: Server, method: str, path: str, body: object = None) -> httpx.Response:
    with server.client() as client:
        return client.request(method, path, json=body)


def test_an_alert_says_what_where_since_when_and_why(alarmed: Server) -> None:
    (alert,) = alerts(alarmed)
    assert (alert["rule"], alert["severity"], alert["phase"]) == (
        "failing_now",
        "critical",
        "firing",
    )
    assert (alert["metric"], alert["unit"], alert["limit"]) == ("error_rate", "percent", 5)
    assert alert["value"] == 100
    assert alert["incident_id"] is not None
    detail = alarmed.get(f"/api/v1/alerts/{alert['id']}").json()
    assert {"transition", "incident"} <= {one["kind"] for one in detail["timeline"]}
    incidents = alarmed.get("/api/v1/incidents").json()["items"]
    assert alert["id"] in {one["alert_id"] for one in incidents}


def test_an_unknown_alert_is_not_found(alarmed: Server) -> None:
    assert alarmed.get("/api/v1/alerts/none").status_code == 404
    assert send(alarmed, "POST", "/api/v1/alerts/none/acknowledge", {}).status_code == 404


def test_a_silence_is_made_matches_and_ends(alarmed: Server) -> None:
    path = "/api/v1/alerts/silences"
    ends_at = clock.to_iso(clock.now_us() + HOUR * US)
    matchers = [{"field": "subject", "op": "is", "value": "elsewhere"}]
    made = send(
        alarmed, "POST", path, {"matchers": matchers, "ends_at": ends_at, "comment": "move"}
    )
    assert made.status_code == 201, made.text
    silence = made.json()
    assert (silence["active"], silence["matches"], silence["author"]) == (True, 0, "owner")
    assert alarmed.get(path).json()["items"][0] == silence
    ended = send(alarmed, "DELETE", f"{path}/{silence['id']}").json()
    assert (ended["active"], ended["ended_by"]) == (False, "owner")
    assert send(alarmed, "DELETE", f"{path}/none").status_code == 404


def test_a_wrong_silence_is_refused_with_every_reason(alarmed: Server) -> None:
    body = {"matchers": [{"field": "colour", "value": ""}], "ends_at": "soon", "why": 1}
    refused = send(alarmed, "POST", "/api/v1/alerts/silences", body)
    assert refused.status_code == 422
    fields = {one["field"] for one in refused.json()["errors"]}
    assert fields == {"matchers.0.field", "matchers.0.value", "why"}
    body = {"matchers": [{"field": "rule", "value": "x"}], "ends_at": "2020-01-01T00:00:00Z"}
    refused = send(alarmed, "POST", "/api/v1/alerts/silences", body)
    assert [one["field"] for one in refused.json()["errors"]] == ["ends_at"]


def test_routing_is_read_changed_whole_and_previewed(alarmed: Server) -> None:
    path = "/api/v1/alerts/routing"
    document = alarmed.get(path).json()
    try:
        changed = {
            "default": {"channels": []},
            "routes": [
                {"match": {"severity": ["critical"]}, "channels": ["slack"], "continue": True},
                {"match": {"group": ["performance"]}, "channels": ["*"], "repeat_seconds": 60},
            ],
            "inhibit": [{"source": {"rule": "network"}, "target": {"severity": "warning"}}],
        }
        stored = send(alarmed, "PUT", path, changed)
        assert stored.status_code == 200, stored.text
        assert stored.json()["routes"][0]["continue"] is True
        assert stored.json() == alarmed.get(path).json()
        seen = send(
            alarmed, "POST", f"{path}/preview", {"severity": "critical", "group": "performance"}
        )
        assert seen.json()["channels"] == ["slack"]
        nobody = send(alarmed, "POST", f"{path}/preview", {"severity": "info"}).json()
        assert nobody["channels"] == []
        wrong = {"routes": [{"channels": ["pager"]}]}
        refused = send(alarmed, "PUT", path, wrong)
        assert refused.json()["errors"][0]["field"] == "routes.0.channels"
    finally:
        assert send(alarmed, "PUT", path, document).status_code == 200


def test_the_history_is_searched_paged_and_exported_whole(alarmed: Server) -> None:
    path = "/api/v1/alerts/history"
    page = alarmed.get(path, params={"limit": 1}).json()
    assert len(page["items"]) == 1
    assert page["next_cursor"] is not None
    following = alarmed.get(path, params={"limit": 1, "cursor": page["next_cursor"]}).json()
    assert following["items"][0]["id"] != page["items"][0]["id"]
    found = alarmed.get(path, params={"q": "images FAIL", "kind": "transition"}).json()["items"]
    assert found
    assert {one["kind"] for one in found} == {"transition"}
    assert alarmed.get(path, params={"from": "2999-01-01T00:00:00Z"}).json()["items"] == []

    lines = alarmed.get(path, params={"format": "ndjson"}).text.splitlines()
    rows = list(csv.DictReader(io.StringIO(alarmed.get(path, params={"format": "csv"}).text)))
    assert len(lines) >= len(found)
    exported = {json.loads(line)["id"] for line in lines}
    assert exported <= {row["id"] for row in rows}


def test_a_formula_in_the_history_is_disarmed_in_csv(alarmed: Server) -> None:
    matchers = [{"field": "rule", "op": "is", "value": "=1+1"}]
    ends_at = clock.to_iso(clock.now_us() + HOUR * US)
    made = send(
        alarmed, "POST", "/api/v1/alerts/silences", {"matchers": matchers, "ends_at": ends_at}
    )
    assert made.status_code == 201
    text = alarmed.get("/api/v1/alerts/history", params={"format": "csv"}).text
    assert "'=1+1" in {row["rule"] for row in csv.DictReader(io.StringIO(text))}


def test_the_link_of_a_message_asks_first_and_works_for_strangers(alarmed: Server) -> None:
    (alert,) = alerts(alarmed)
    (row,) = alarmed.rows(
        "SELECT message FROM deliveries WHERE moment = 'trigger' ORDER BY seq LIMIT 1"
    )
    urls = {link["name"]: link["url"] for link in json.loads(row["message"])["links"]}
    assert alert["id"] in urls["Dashboard"]
    path = urls["Acknowledge"].removeprefix(f"http://localhost:{alarmed.port}")
    passed_on = {"X-Forwarded-For": "203.0.113.7"}
    shown = alarmed.get(path, headers=passed_on)
    assert shown.status_code == 200
    assert '<form method="post">' in shown.text
    assert alerts(alarmed)[0]["acknowledged"] is None, "looking is not acknowledging"
    with alarmed.client() as client:
        done = client.post(path, headers=passed_on)
        assert done.status_code == 200, done.text
        again = client.post(path, headers=passed_on)
    assert again.status_code == 200
    (after,) = alerts(alarmed)
    assert after["acknowledged"]["by"] == "the link in a message"
    incident = alarmed.get(f"/api/v1/incidents/{after['incident_id']}").json()
    assert incident["state"] == "acknowledged"


def test_a_changed_or_expired_link_is_refused_with_a_page(alarmed: Server) -> None:
    key = secrets.load_key(alarmed.home / "analytics" / "notify.key")
    vault = secrets.Vault(key, lambda _: None, {})
    expired = links.sign(vault.link_key, wording.ACKNOWLEDGE, "1/x:1", clock.now_us() - US)
    other = links.sign(vault.link_key, "silence", "1/x:1", clock.now_us() + HOUR * US)
    for token in (expired, other, expired[:-3] + "abc", "x"):
        for method in ("GET", "POST"):
            refused = send(alarmed, method, f"/api/v1/acknowledge/{token}")
            assert refused.status_code == 403
            assert refused.headers["content-type"].startswith("text/html")
            assert "<form" not in refused.text
