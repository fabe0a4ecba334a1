"""Saying that a verdict was wrong, over HTTP."""

import threading
from typing import Any

import httpx
import pytest

from tests.conftest import FAKE, Server, picture
from verascope.api.predictions import LabelHistory, PredictionRecord


@pytest.fixture
def prediction_id(server: Server) -> str:
    return str(server.predict(picture(FAKE, seed=9001)).json()["id"])


def label(server: Server, prediction_id: str, **body: Any) -> httpx.Response:
    with server.client() as client:
        return client.post(f"/api/v1/predictions/{prediction_id}/label", json=body)


def test_a_label_is_stored_and_shown_wherever_the_prediction_is(
    server: Server, prediction_id: str
) -> None:
    answer = label(server, prediction_id, label="real", reason="a known passport")
    assert answer.status_code == 200
    record = answer.json()
    PredictionRecord.model_validate(record)
    assert (record["label"], record["label_reason"]) == ("real", "a known passport")
    assert record["labelled_by"] == "owner"
    assert server.get(f"/api/v1/predictions/{prediction_id}").json() == record
    row = server.rows("SELECT label, label_reason FROM predictions WHERE id = ?", prediction_id)
    assert tuple(row[0]) == ("real", "a known passport")
    assert label(server, prediction_id, label=None).json()["label"] is None
    history = server.get(f"/api/v1/predictions/{prediction_id}/labels").json()
    LabelHistory.model_validate(history)
    assert [one["label"] for one in history["items"]] == [None, "real"]
    assert history["items"][1]["origin"] == "chosen"


def test_every_wrong_field_of_a_label_is_named(server: Server, prediction_id: str) -> None:
    answer = label(
        server, prediction_id, label="maybe", reason="x" * 501, origin="sent", colour="red"
    )
    assert answer.status_code == 422
    named = {error["field"] for error in answer.json()["errors"]}
    assert named == {"label", "reason", "origin", "colour"}
    assert label(server, prediction_id).status_code == 422
    assert label(server, "unknown", label="real").status_code == 404


def test_a_failed_prediction_is_refused_clearly(server: Server) -> None:
    failed = server.predict(b"no image").json()["prediction_id"]
    answer = label(server, failed, label="fake")
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["field"] == "label"
    assert "no verdict" in error["accepted"]


def test_the_live_feed_tells_of_a_label(server: Server, prediction_id: str) -> None:
    with (
        server.client() as client,
        client.stream("GET", "/api/v1/live") as stream,
    ):
        lines = stream.iter_lines()
        assert next(lines) == "event: hello"
        threading.Timer(0.2, label, (server, prediction_id), {"label": "real"}).start()
        assert any(line == "event: labelled" for line in lines)
        assert f'"id":"{prediction_id}"' in next(lines)
