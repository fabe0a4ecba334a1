"""What is configured and where it came from; changing what may change while the server runs."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.conftest import FAKE, Server, free_port, picture
from verascope.api.settings import Setting, SettingsPage


@pytest.fixture(scope="module")
def tuned(
    tmp_path_factory: pytest.TempPathFactory, environ: Callable[..., dict[str, str]]
) -> Iterator[Server]:
    """A server with a threshold in its file, another in its environment, and a secret."""
    home = tmp_path_factory.mktemp("tuned")
    (home / "config").mkdir()
    email = {"smtp_server": "mail", "sender_email": "a@example.com", "sender_password": "hush"}
    (home / "config" / "monitoring.json").write_text(
        json.dumps({"cpu_usage": 70, "alerts": {"email": email}})
    )
    running = Server(home, environ(home, port=free_port(), thresholds_error_rate=7))
    yield running.wait_until_ready()
    assert running.stop() == 0, running.errors


def setting(server: Server, name: str) -> dict[str, Any]:
    page = server.get("/api/v1/settings").json()
    SettingsPage.model_validate(page)
    (found,) = [one for part in page["sections"] for one in part["settings"] if one["name"] == name]
    return dict(found)


def put(server: Server, name: str, value: object) -> httpx.Response:
    with server.client() as client:
        return client.put(f"/api/v1/settings/{name}", json={"value": value})


def delete(server: Server, name: str) -> httpx.Response:
    with server.client() as client:
        return client.delete(f"/api/v1/settings/{name}")


def price_of_a_new_one(server: Server, seed: int) -> str:
    prediction_id = server.predict(picture(FAKE, seed=seed)).json()["id"]
    return str(server.get(f"/api/v1/predictions/{prediction_id}").json()["price"])


def test_every_setting_says_where_it_came_from(tuned: Server) -> None:
    found = setting(tuned, "thresholds.cpu_usage")
    assert (found["value"], found["default"], found["source"]) == (70.0, 80.0, "file")
    assert (found["where"], found["is_fixed"], found["is_editable"]) == (
        "config/monitoring.json", True, False,
    )  # fmt: skip
    found = setting(tuned, "thresholds.error_rate")
    assert (found["source"], found["where"]) == ("environment", "VERASCOPE_THRESHOLDS_ERROR_RATE")
    found = setting(tuned, "server.port")
    assert (found["source"], found["where"]) == ("environment", "VERASCOPE_PORT")
    found = setting(tuned, "privacy.address")
    assert (found["source"], found["choices"][0]) == ("default", "full")
    assert not found["is_editable"]
    assert "when the server starts" in found["why_not"]


def test_secrets_are_never_shown(tuned: Server) -> None:
    assert setting(tuned, "alerts.email.sender_password")["value"] == "set"
    assert "hush" not in tuned.get("/api/v1/settings").text


def test_a_new_price_counts_for_what_comes_and_rewrites_nothing(tuned: Server) -> None:
    old = tuned.predict(picture(FAKE, seed=1)).json()["id"]
    answer = put(tuned, "pricing.default_price", "0.125")
    assert answer.status_code == 200
    Setting.model_validate(answer.json())
    assert (answer.json()["value"], answer.json()["source"]) == ("0.125", "stored")
    assert answer.json()["updated_by"] == "owner"
    assert price_of_a_new_one(tuned, 2) == "0.125000"
    assert tuned.get(f"/api/v1/predictions/{old}").json()["price"] == "0.050000"
    assert delete(tuned, "pricing.default_price").json()["source"] == "default"
    assert price_of_a_new_one(tuned, 3) == "0.050000"


def test_a_stored_value_outlives_a_restart_and_the_environment_wins_over_it(
    start: Callable[..., Server],
) -> None:
    server = start()
    assert put(server, "business.value_per_fake", 2500).status_code == 200
    server.stop()
    server = start()
    assert setting(server, "business.value_per_fake")["value"] == "2500"
    server.stop()
    server = start(business_value_per_fake=3)
    found = setting(server, "business.value_per_fake")
    assert (found["value"], found["source"]) == ("3", "environment")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("pricing.default_price", "-1"),
        ("pricing.default_price", "0.0000001"),
        ("pricing.default_price", "1e999999"),
        ("pricing.default_price", "NaN"),
        ("thresholds.memory_usage", -1),
        ("thresholds.memory_usage", "inf"),
        ("thresholds.memory_usage", True),
        ("recording.retention_days", 0),
        ("recording.retention_days", [1]),
        ("recording.retention_days", "many"),
    ],
)
def test_a_value_outside_its_limits_is_refused_with_them(
    tuned: Server, name: str, value: object
) -> None:
    answer = put(tuned, name, value)
    assert answer.status_code == 422, answer.text
    (error,) = answer.json()["errors"]
    assert error["field"] == name
    assert error["accepted"]


def test_what_is_fixed_is_refused_with_what_fixes_it(tuned: Server) -> None:
    for name, word in (
        ("thresholds.cpu_usage", "config/monitoring.json"),
        ("thresholds.error_rate", "VERASCOPE_THRESHOLDS_ERROR_RATE"),
        ("server.port", "VERASCOPE_PORT"),
    ):
        for answer in (put(tuned, name, 1), delete(tuned, name)):
            assert answer.status_code == 409
            assert word in answer.json()["detail"]
    assert put(tuned, "colour", 1).status_code == 404
