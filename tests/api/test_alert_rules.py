"""The alert rules over HTTP: listing, changing, refusing, trying on history."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.conftest import FAKE, Server, free_port, picture
from verascope.api.alert_rules import BacktestResult, RuleInForce, RuleList

PATH = "/api/v1/alerts/rules"
MINE = {
    "name": "globex_errors",
    "title": "Errors of Globex",
    "metric": "error_rate",
    "filters": {"client": ["globex"]},
    "severity": "warning",
    "condition": {"kind": "threshold", "side": "above", "limit": 10, "recovery": 8},
    "window_seconds": 600,
    "for_seconds": 120,
    "min_samples": 5,
}


@pytest.fixture(scope="module")
def watched(
    tmp_path_factory: pytest.TempPathFactory, environ: Callable[..., dict[str, str]]
) -> Iterator[Server]:
    """A server whose file fixes one limit."""
    home = tmp_path_factory.mktemp("watched")
    (home / "config").mkdir()
    (home / "config" / "monitoring.json").write_text(json.dumps({"cpu_usage": 70}))
    running = Server(home, environ(home, port=free_port())).wait_until_ready()
    for seed in range(3):
        assert running.predict(picture(FAKE, seed=seed)).is_success
    yield running
    assert running.stop() == 0, running.errors


def rules(server: Server) -> dict[str, dict[str, Any]]:
    page = server.get(PATH).json()
    RuleList.model_validate(page)
    return {one["name"]: one for one in page["rules"]}


def send(server: Server, method: str, path: str = "", body: object = None) -> httpx.Response:
    with server.client() as client:
        return client.request(method, PATH + path, json=body)


def plain(rule: dict[str, Any]) -> dict[str, Any]:
    """What may be sent back."""
    told = ("state", "origin", "fixed_by", "is_edited", "unit", "source", "problem")
    return {name: value for name, value in rule.items() if name not in told}


def test_default_rules_say_what_they_watch_and_what_fixes_them(watched: Server) -> None:
    found = rules(watched)
    fixed = found["cpu_usage"]
    assert (fixed["condition"]["limit"], fixed["origin"]) == (70.0, "file")
    assert (fixed["fixed_by"], fixed["unit"], fixed["source"]) == (
        "config/monitoring.json", "percent", "system",
    )  # fmt: skip
    assert fixed["condition"]["recovery"] == pytest.approx(63)
    free = found["error_rate"]
    assert (free["condition"]["limit"], free["origin"], free["fixed_by"]) == (5.0, "default", None)
    assert found["network"]["enabled"]


def test_a_rule_is_made_changed_and_deleted_and_each_change_is_kept(watched: Server) -> None:
    made = send(watched, "POST", body=MINE)
    assert made.status_code == 201
    RuleInForce.model_validate(made.json())
    assert made.json()["origin"] == "user"
    again = send(watched, "POST", body=MINE)
    assert (again.status_code, again.json()["errors"][0]["field"]) == (422, "name")
    changed = send(watched, "PUT", "/globex_errors", {**MINE, "severity": "critical"})
    assert changed.json()["severity"] == "critical"
    assert send(watched, "DELETE", "/globex_errors").status_code == 204
    assert "globex_errors" not in rules(watched)
    rows = watched.rows(
        "SELECT kind, by, summary FROM rule_changes WHERE rule = 'globex_errors' ORDER BY seq"
    )
    assert [tuple(row) for row in rows] == [
        ("created", "owner", "rule created"),
        ("changed", "owner", "rule changed: severity warning → critical"),
        ("deleted", "owner", "rule deleted"),
    ]


def test_every_wrong_field_is_named_at_once(watched: Server) -> None:
    wrong = {
        **MINE,
        "name": "Not A Name",
        "metric": "eror_rate",
        "severity": "urgent",
        "filters": {"cliant": ["x"]},
        "window_seconds": 90,
        "for_seconds": -1,
        "no_data": "panic",
        "enabled": "yes",
        "condition": {"kind": "threshold", "side": "above", "limit": 5, "recovery": 6, "factor": 2},
        "colour": "red",
    }
    answer = send(watched, "POST", body=wrong)
    assert answer.status_code == 422
    problems = {one["field"]: one for one in answer.json()["errors"]}
    assert set(problems) == {
        "name", "metric", "severity", "filters.cliant", "window_seconds", "for_seconds", "no_data",
        "enabled", "condition.recovery", "condition.factor", "colour",
    }  # fmt: skip
    assert "did you mean error_rate" in problems["metric"]["accepted"]
    assert "did you mean client" in problems["filters.cliant"]["accepted"]


def test_a_rule_about_probes_is_filtered_by_probe_and_by_nothing_else(watched: Server) -> None:
    mine = {
        **MINE,
        "name": "own_health_slow",
        "metric": "probe_response_time",
        "filters": {"probe": ["own-health"]},
    }
    answer = send(watched, "POST", body=mine)
    assert answer.status_code == 201, answer.text
    assert answer.json()["filters"] == {"probe": ["own-health"]}
    wrong = {**mine, "name": "other", "filters": {"client": ["acme"]}}
    (problem,) = send(watched, "POST", body=wrong).json()["errors"]
    assert problem["field"] == "filters.client"
    assert "probe" in problem["accepted"]
    dictionary = {one["name"]: one for one in watched.get("/api/v1/metrics").json()["metrics"]}
    assert dictionary["probe_response_time"]["filters"] == ["probe", "kind"]
    assert "client" in dictionary["error_rate"]["filters"]
    assert dictionary["cpu_usage"]["filters"] == []


@pytest.mark.parametrize(
    ("condition", "field"),
    [
        (None, "condition"),
        ({"kind": "magic"}, "condition.kind"),
        ({"kind": "threshold", "side": "above", "limit": 1e300}, "condition.limit"),
        ({"kind": "threshold", "side": "above", "limit": True}, "condition.limit"),
        ({"kind": "change", "side": "below", "percent": 150}, "condition.percent"),
        ({"kind": "seasonal", "side": "above", "weeks": 9}, "condition.weeks"),
        ({"kind": "burn_rate", "objective": 100, "factor": 2, "short_seconds": 60}, "condition.objective"),
        ({"kind": "burn_rate", "objective": 99, "factor": 2, "short_seconds": 600}, "condition.short_seconds"),
    ],
)  # fmt: skip
def test_a_condition_that_makes_no_sense_is_refused(
    watched: Server, condition: object, field: str
) -> None:
    answer = send(watched, "POST", body={**MINE, "condition": condition})
    assert answer.status_code == 422
    assert field in {one["field"] for one in answer.json()["errors"]}


def test_a_limit_that_the_file_fixes_stays_and_the_rest_may_change(watched: Server) -> None:
    fixed = plain(rules(watched)["cpu_usage"])
    higher = {**fixed, "condition": {**fixed["condition"], "limit": 95}}
    refused = send(watched, "PUT", "/cpu_usage", higher)
    assert refused.status_code == 409
    assert "config/monitoring.json" in refused.json()["detail"]
    assert send(watched, "PUT", "/cpu_usage", {**fixed, "severity": "critical"}).is_success
    assert rules(watched)["cpu_usage"]["severity"] == "critical"


def test_a_limit_is_one_number_in_the_rule_and_in_the_settings(watched: Server) -> None:
    free = plain(rules(watched)["response_time"])
    lower = {
        **free,
        "condition": {"kind": "threshold", "side": "above", "limit": 900, "recovery": 800},
    }
    assert send(watched, "PUT", "/response_time", lower).is_success
    sections = watched.get("/api/v1/settings").json()["sections"]
    values = {one["name"]: one["value"] for part in sections for one in part["settings"]}
    assert values["thresholds.response_time"] == 900
    with watched.client() as client:
        client.put("/api/v1/settings/thresholds.response_time", json={"value": 1800})
    condition = rules(watched)["response_time"]["condition"]
    assert (condition["limit"], condition["recovery"]) == (1800, 1600)


def test_a_default_rule_is_switched_off_instead_of_deleted_and_can_be_reset(
    watched: Server,
) -> None:
    gone = send(watched, "DELETE", "/usage_spike")
    assert (gone.status_code, gone.json()["enabled"]) == (200, False)
    assert rules(watched)["usage_spike"]["is_edited"]
    back = send(watched, "POST", "/usage_spike/reset").json()
    assert (back["enabled"], back["is_edited"]) == (True, False)


@pytest.mark.parametrize(("method", "path"), [("PUT", "/nothing"), ("DELETE", "/nothing")])
def test_an_unknown_rule_is_not_found(watched: Server, method: str, path: str) -> None:
    assert send(watched, method, path, {**MINE, "name": "nothing"}).status_code == 404


def test_a_name_stays(watched: Server) -> None:
    answer = send(watched, "PUT", "/usage_surge", {**MINE, "name": "other"})
    assert answer.status_code == 422


def test_a_rule_is_tried_on_history_before_it_is_saved(watched: Server) -> None:
    busy = {
        **MINE,
        "metric": "total_predictions",
        "filters": {},
        "min_samples": 0,
        "for_seconds": 0,
        "condition": {"kind": "threshold", "side": "above", "limit": 2},
    }
    answer = send(watched, "POST", "/backtest", {"rule": busy, "days": 1})
    assert answer.status_code == 200
    BacktestResult.model_validate(answer.json(), strict=False)
    found = answer.json()
    (episode,) = found["episodes"]
    assert (episode["peak_value"], found["limit"]) == (3.0, 2.0)
    assert found["notifications_estimate"] in (1, 2)
    wrong = send(watched, "POST", "/backtest", {"rule": {**busy, "metric": "x"}, "days": 0})
    assert {one["field"] for one in wrong.json()["errors"]} == {"days", "rule.metric"}


def test_the_dictionary_names_what_rules_can_watch(watched: Server) -> None:
    known = {one["name"]: one for one in watched.get("/api/v1/metrics").json()["metrics"]}
    assert known["error_rate"]["source"] == "predictions"
    assert (known["cpu_usage"]["source"], known["disk_free_bytes"]["unit"]) == ("system", "bytes")
    assert known["near_duplicate_fakes"]["source"] == "fraud"
