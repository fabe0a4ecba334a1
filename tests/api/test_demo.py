"""The demonstration in one click: the same interface over a database of its own, and back again."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import FAKE, Server, picture
from verascope.api.demo import Demo

pytestmark = pytest.mark.slow


def told(server: Server) -> dict[str, Any]:
    body = server.get("/api/v1/demo").json()
    Demo.model_validate(body)
    return dict(body)


def opened(server: Server) -> dict[str, Any]:
    """Open it, and wait until it is there."""
    with server.client() as client:
        assert client.post("/api/v1/demo").status_code == 202
    deadline = time.monotonic() + 240
    while (found := told(server))["state"] == "preparing":
        assert time.monotonic() < deadline, found
        time.sleep(0.2)
    return found


def test_the_demonstration_opens_beside_the_real_thing_and_goes_away_again(
    start: Callable[..., Server],
) -> None:
    server = start()
    assert told(server) == {"state": "absent", "progress": None, "url": None, "problem": None}
    assert server.get("/demo/dashboard").headers["location"] == "/dashboard"
    assert server.get("/demo/api/v1/metrics").status_code == 404
    assert server.predict(picture(FAKE)).status_code == 200

    assert opened(server)["url"] == "/demo/dashboard"
    assert server.get("/demo/dashboard").status_code == 200
    assert server.get("/demo/").headers["location"] == "/demo/dashboard"
    assert server.get("/demo/api/v1/metrics").json()["tenant"]["name"] == "DEMO"
    assert server.get("/demo/api/v1/demo").status_code == 404
    question = "/api/v1/query?metrics=total_predictions,fake_predictions&all=true"
    made_up = server.get(f"/demo{question}").json()["totals"]
    assert made_up["total_predictions"] > 50_000
    assert server.get(question).json()["totals"]["total_predictions"] == 1
    with server.client() as client:
        answer = client.post(
            "/demo/api/v1/sql",
            json={"sql": "SELECT origin, COUNT(*) FROM labels GROUP BY origin ORDER BY origin"},
        )
        assert [row[0] for row in answer.json()["rows"]] == ["chosen", "random"]
        with client.stream("GET", "/demo/api/v1/live") as stream:
            assert next(stream.iter_lines()) == "event: hello"
        assert client.delete("/api/v1/demo").json()["state"] == "absent"
    assert not (server.home / "demo" / "analytics").exists()
    assert server.get("/demo/api/v1/metrics").status_code == 404
    assert server.get(question).json()["totals"]["total_predictions"] == 1


def test_a_server_that_stops_takes_an_unfinished_demonstration_with_it(
    start: Callable[..., Server],
) -> None:
    server = start()
    with server.client() as client:
        client.post("/api/v1/demo")
        client.post("/api/v1/demo")
    assert server.stop() == 0
    assert not (server.home / "demo" / "analytics" / "made.json").exists()
