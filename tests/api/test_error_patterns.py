"""`/api/v1/error-patterns` on a real server."""

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx
import uuid_utils

from tests.conftest import Server
from verascope.api.error_patterns import ErrorPatternDetail, PatternPage
from verascope.api.predictions import PredictionRecord

PATH = "/api/v1/error-patterns"


def send(server: Server, message: str, client: str = "acme", n: int = 1) -> None:
    """Failed predictions of another service, now."""
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    new = [
        {
            "id": str(uuid_utils.uuid7()),
            "timestamp": now,
            "client": client,
            "error_message": message,
        }
        for _ in range(n)
    ]
    with server.client() as client_of:
        answer = client_of.post("/api/v1/predictions", json=new)
    assert answer.status_code == 200, answer.text
    assert answer.json()["stored"] == n, answer.text


def post(server: Server, pattern: str, action: str, body: Any = None) -> httpx.Response:
    path = f"{PATH}/{quote(pattern, safe='')}/{action}"
    with server.client() as client:
        return client.post(path) if body is None else client.post(path, json=body)


def one(server: Server, pattern: str, days: int = 7) -> dict[str, Any]:
    answer = server.get(f"{PATH}/{quote(pattern, safe='')}", params={"range_days": days})
    assert answer.status_code == 200, answer.text
    ErrorPatternDetail.model_validate(answer.json())
    found: dict[str, Any] = answer.json()
    return found


def listed(server: Server, **params: Any) -> dict[str, Any]:
    answer = server.get(PATH, params=params)
    assert answer.status_code == 200, answer.text
    PatternPage.model_validate(answer.json())
    found: dict[str, Any] = answer.json()
    return found


def names(server: Server, **params: Any) -> list[str]:
    return [item["pattern"] for item in listed(server, **params)["items"]]


def test_failures_stand_in_groups_with_the_counts_of_every_other_surface(
    start: Callable[..., Server],
) -> None:
    server = start()
    send(server, "Timeout after 31 s", "acme", 3)
    send(server, "Timeout after 7 s", "bolt", 2)
    send(server, "I/O error in C:\\temp\\x", "acme")
    page = listed(server, range_days=1)
    timeout, other = page["items"]
    assert timeout["pattern"] == "Timeout after <n> s"
    assert timeout["message"] == "Timeout after 7 s"
    assert (timeout["count"], other["count"], page["failed"], page["left_out"]) == (5, 1, 6, 0)
    assert round(timeout["share"], 6) == round(500 / 6, 6)
    assert timeout["clients"] == [{"name": "acme", "count": 3}, {"name": "bolt", "count": 2}]
    assert timeout["affected_clients"] == 2
    assert (timeout["status"], timeout["version"]) == ("new", 1)
    assert sum(timeout["trend"]) == 5
    assert len(timeout["trend"]) == len(page["trend_starts"])
    asked = server.get(
        "/api/v1/query", params={"metrics": "failed_predictions", "dimensions": "error_pattern", "days": 1}
    ).json()["rows"]  # fmt: skip
    assert {row["error_pattern"]: row["failed_predictions"] for row in asked} == {
        item["pattern"]: item["count"] for item in page["items"]
    }
    dashboard = server.get("/analytics", params={"days": 1}).json()["error_patterns"]
    assert {row["error"]: row["count"] for row in dashboard} == {
        item["pattern"]: item["count"] for item in page["items"]
    }
    detail = one(server, "Timeout after <n> s")
    assert len(detail["samples"]) == 5
    for sample in detail["samples"]:
        PredictionRecord.model_validate(sample)
        assert sample["error_pattern"] == "Timeout after <n> s"
    assert [entry["kind"] for entry in detail["timeline"]] == ["first_seen"]

    # A slash in a pattern is part of its name.
    slashed = other["pattern"]
    assert "/" in slashed
    assert post(server, slashed, "assign", {"assignee": "Ann"}).json()["assignee"] == "Ann"
    assert one(server, slashed)["assignee"] == "Ann"

    first = listed(server, limit=1)
    second = listed(server, limit=1, cursor=first["next_cursor"])
    assert [item["count"] for item in first["items"] + second["items"]] == [5, 1]
    assert second["next_cursor"] is None


def test_a_resolved_pattern_that_happens_again_has_regressed(
    start: Callable[..., Server],
) -> None:
    server = start()
    send(server, "The disk is full.")
    pattern = "The disk is full."
    resolved = post(server, pattern, "resolve").json()
    ErrorPatternDetail.model_validate(resolved)
    assert resolved["status"] == "resolved"
    assert names(server) == []
    assert names(server, state="resolved") == [pattern]
    time.sleep(1.1)  # the sender's time has whole seconds
    send(server, pattern)
    deadline = time.monotonic() + 20
    while names(server, state="regressed") != [pattern]:
        assert time.monotonic() < deadline, "the regression was not noticed"
        time.sleep(0.2)
    assert names(server) == [pattern]
    detail = one(server, pattern)
    assert [(entry["kind"], entry["by"]) for entry in detail["timeline"]] == [
        ("first_seen", None),
        ("resolved", "owner"),
        ("regressed", "Verascope"),
    ]
    assert post(server, pattern, "reopen").json()["status"] == "new"


def test_an_ignored_pattern_is_counted_and_not_listed_among_the_open_ones(
    start: Callable[..., Server],
) -> None:
    server = start()
    pattern = "The file is empty."
    send(server, pattern)
    until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
    answer = post(server, pattern, "ignore", {"until": until})
    assert answer.json()["status"] == "ignored"
    assert names(server) == []
    (item,) = listed(server, state="ignored")["items"]
    assert item["count"] == 1
    assert item["ignored_until"] == until.replace("Z", ".000000Z")
    assert post(server, pattern, "reopen").json()["ignored_until"] is None
    assert names(server) == [pattern]


def test_a_range_of_ones_own_ends_where_it_says(server: Server) -> None:
    pattern = "The detector is out of reach."
    send(server, pattern)
    now = time.time()
    stamp = [time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now + s)) for s in (-90, -60, 60)]
    around = {"start": stamp[0], "end": stamp[2]}
    before = {"start": stamp[0], "end": stamp[1]}
    assert pattern in names(server, state="all", **around)
    assert pattern not in names(server, state="all", **before)
    counts = []
    for params in (around, before):
        answer = server.get(f"{PATH}/{quote(pattern)}", params=params)
        assert answer.status_code == 200, answer.text
        ErrorPatternDetail.model_validate(answer.json())
        counts.append(answer.json()["count"])
    assert counts == [1, 0]


def test_every_wrong_value_is_named(server: Server) -> None:
    wrong = server.get(PATH, params={"state": "gone", "cursor": "?"})
    assert wrong.status_code == 422
    assert [one["field"] for one in wrong.json()["errors"]] == ["state", "cursor"]
    assert server.get(PATH, params={"range_days": 401}).status_code == 422
    noon, later = "2026-01-01T12:00:00Z", "2026-01-02T12:00:00Z"
    ranges: list[tuple[dict[str, str], list[str], str]] = [
        ({"start": noon}, ["end"], "since `start` is given"),
        ({"end": noon}, ["start"], "since `end` is given"),
        ({"start": "soon", "end": "later"}, ["start", "end"], "ISO 8601"),
        ({"start": later, "end": noon}, ["end"], "a time after `start`"),
        ({"start": "2020-01-01T00:00:00Z", "end": noon}, ["end"], "at most 400 days later"),
    ]
    for params, fields, accepted in ranges:
        for path in (PATH, f"{PATH}/x"):
            refused = server.get(path, params=params)
            assert refused.status_code == 422, refused.text
            assert [one["field"] for one in refused.json()["errors"]] == fields
            assert accepted in refused.json()["errors"][0]["accepted"]
    for body in ({}, {"until": "soon"}, {"until": "2020-01-01T00:00:00Z"}, {"until": 5}):
        refused = post(server, "x", "ignore", body)
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["field"] == "until"
        assert "a time in the next 366 days" in refused.json()["errors"][0]["accepted"]
    two = post(server, "x", "assign", {"assignee": 3, "colour": "red"})
    assert [one["field"] for one in two.json()["errors"]] == ["colour", "assignee"]


def test_an_unknown_pattern_is_not_found(server: Server) -> None:
    assert server.get(f"{PATH}/nothing").status_code == 404
    assert post(server, "nothing", "resolve").status_code == 404
    assert post(server, "nothing", "assign", {"assignee": None}).status_code == 404


def test_times_of_incidents_are_in_the_dictionary_and_no_question_to_predictions(
    server: Server,
) -> None:
    metrics = {one["name"]: one for one in server.get("/api/v1/metrics").json()["metrics"]}
    assert metrics["time_to_resolve"]["source"] == "incidents"
    assert metrics["time_to_resolve"]["unit"] == "seconds"
    assert metrics["error_rate"]["source"] == "predictions"
    refused = server.get("/api/v1/query", params={"metrics": "time_to_resolve", "days": 1})
    assert refused.status_code == 422
    assert "/api/v1/incidents/statistics" in refused.json()["errors"][0]["accepted"]
