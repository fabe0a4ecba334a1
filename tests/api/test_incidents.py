"""`/api/v1/incidents` on a real server."""

from typing import Any

import httpx

from tests.conftest import Server
from verascope.api.incidents import IncidentDetail, IncidentPage, IncidentStatistics

PATH = "/api/v1/incidents"


def post(server: Server, path: str, body: Any = None) -> httpx.Response:
    with server.client() as client:
        return client.post(path) if body is None else client.post(path, json=body)


def opened(server: Server, **changes: Any) -> dict[str, Any]:
    body = {"title": "Half of the uploads fail", "severity": "critical", "summary": "", **changes}
    answer = post(server, PATH, body)
    assert answer.status_code == 201
    IncidentDetail.model_validate(answer.json())
    found: dict[str, Any] = answer.json()
    return found


def test_an_incident_by_hand_is_looked_after_until_it_is_resolved(server: Server) -> None:
    one = opened(server, summary="Since the deployment at nine.", about="errors")
    assert (one["state"], one["source"], one["alert_id"]) == ("open", "manual", None)
    place = f"{PATH}/{one['id']}"
    assert post(server, f"{place}/acknowledge").json()["state"] == "acknowledged"
    assert post(server, f"{place}/assign", {"assignee": "Ann"}).json()["assignee"] == "Ann"
    assert post(server, f"{place}/severity", {"severity": "info"}).json()["severity"] == "info"
    post(server, f"{place}/note", {"text": "The disk was full."})
    resolved = post(server, f"{place}/resolve").json()
    assert resolved["state"] == "resolved"
    assert 0 <= resolved["seconds_to_acknowledge"] <= resolved["seconds_to_resolve"]
    assert post(server, f"{place}/reopen").json()["seconds_to_resolve"] is None
    told = server.get(place).json()["timeline"]
    assert [entry["text"] for entry in told] == [
        "Opened by hand, severity critical.",
        "Acknowledged.",
        "Assigned to Ann.",
        "Severity changed to info.",
        "The disk was full.",
        "Resolved.",
        "Re-opened.",
    ]
    assert {entry["by"] for entry in told} == {"owner"}


def test_acknowledging_twice_changes_nothing_and_a_resolved_one_is_refused(server: Server) -> None:
    place = f"{PATH}/{opened(server)['id']}"
    post(server, f"{place}/acknowledge")
    assert len(post(server, f"{place}/acknowledge").json()["timeline"]) == 2
    post(server, f"{place}/resolve")
    refused = post(server, f"{place}/acknowledge")
    assert refused.status_code == 409
    assert "re-open it" in refused.json()["detail"]
    assert server.get(place).json()["state"] == "resolved"


def test_every_wrong_field_is_named(server: Server) -> None:
    answer = post(server, PATH, {"title": " ", "severity": "fatal", "colour": 1, "summary": 3})
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == [
        "colour",
        "title",
        "severity",
        "summary",
    ]
    place = f"{PATH}/{opened(server)['id']}"
    for path, body, field in (
        ("note", {}, "text"),
        ("assign", {}, "assignee"),
        ("assign", {"assignee": ""}, "assignee"),
        ("severity", {"severity": None}, "severity"),
    ):
        refused = post(server, f"{place}/{path}", body)
        assert refused.status_code == 422
        assert [one["field"] for one in refused.json()["errors"]] == [field]
    assert post(server, f"{place}/assign", {"assignee": None}).status_code == 200
    wrong = server.get(PATH, params={"state": "gone", "cursor": "?"})
    assert [one["field"] for one in wrong.json()["errors"]] == ["state", "cursor"]


def test_an_unknown_incident_is_not_found(server: Server) -> None:
    assert server.get(f"{PATH}/nobody").status_code == 404
    assert post(server, f"{PATH}/nobody/resolve").status_code == 404
    assert post(server, f"{PATH}/nobody/note", {"text": "x"}).status_code == 404


def test_lists_are_paged_and_kept_apart_by_state(server: Server) -> None:
    ours = [opened(server, title=f"No {i}") for i in range(3)]
    post(server, f"{PATH}/{ours[1]['id']}/resolve")
    numbers = []
    cursor = None
    while True:
        params = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = server.get(PATH, params=params).json()
        IncidentPage.model_validate(page)
        numbers += [one["number"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert numbers == list(range(len(numbers), 0, -1))
    open_ids = [one["id"] for one in server.get(PATH, params={"state": "open"}).json()["items"]]
    done_ids = [one["id"] for one in server.get(PATH, params={"state": "resolved"}).json()["items"]]
    assert open_ids[:2] == [ours[2]["id"], ours[0]["id"]]
    assert done_ids[0] == ours[1]["id"]


def test_statistics_tell_each_month_and_severity(server: Server) -> None:
    one = opened(server, severity="warning", about="errors")
    post(server, f"{PATH}/{one['id']}/resolve")
    answer = server.get(f"{PATH}/statistics", params={"months": 2}).json()
    IncidentStatistics.model_validate(answer)
    assert len(answer["items"]) == 6
    warning = answer["items"][1]
    assert warning["severity"] == "warning"
    assert warning["resolved_about_errors"] >= 1
    assert warning["mttr_error_seconds"] >= 0
    refused = server.get(f"{PATH}/statistics", params={"months": 99})
    assert refused.json()["errors"][0]["accepted"] == "a whole number from 1 to 36"
