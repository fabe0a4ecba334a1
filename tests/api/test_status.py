"""`/api/v1/status`: the parts are what their own addresses answer, and a broken one takes no other with it."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import Server
from verascope.alerts import alert_list
from verascope.api import status
from verascope.api.alerts import AlertPage
from verascope.api.status import Status
from verascope.config import Detection, Settings
from verascope.runtime import open_runtime
from verascope.store.tables import DEFAULT_TENANT

PATH = "/api/v1/status"


def test_every_part_is_what_its_own_address_answers(start: Callable[..., Server]) -> None:
    server = start()
    with server.client() as client:
        client.put("/api/v1/settings/branding.name", json={"value": "Acme"}).raise_for_status()
    found = server.get(PATH).json()
    Status.model_validate(found)
    for moving in ("uptime_seconds", "disk_free_bytes", "fold_lag", "queue_depth"):
        found["health"].pop(moving)
    assert found["health"].items() <= server.get("/health").json().items()
    alerts = server.get("/api/v1/alerts").json()
    AlertPage.model_validate(alerts)
    assert [one["rule"] for one in found["alerts"]] == [one["rule"] for one in alerts["items"]]
    probes = server.get("/api/v1/probes").json()["items"]
    assert [one["name"] for one in found["probes"]] == [one["name"] for one in probes]
    assert found["probes"], "the service watches its own endpoints from the start"
    assert found["branding"] == server.get("/api/v1/branding").json()
    assert found["branding"]["name"] == "Acme"


def test_a_part_that_can_not_be_read_is_null(
    tmp_path: Any, tiny_model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("no such table")

    settings = Settings(home=tmp_path, detection=Detection(detector=str(tiny_model)))
    with open_runtime(settings) as runtime:
        monkeypatch.setattr(alert_list, "page", broken)
        found = status.parts_of(runtime, DEFAULT_TENANT)
    assert found["alerts"] is None
    assert [one["status"] for one in found["probes"]] == ["unknown"] * len(found["probes"])
    assert found["branding"]["is_default"] is True
