"""`/predict?explain=1`: the verdict and where in the picture it comes from."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import FAKE, Server, picture
from verascope.api.verdict import Verdict


def test_the_map_comes_with_the_verdict_and_one_row(server: Server) -> None:
    before = server.count()
    response = server.predict(picture(FAKE), params={"explain": "1"})
    assert response.status_code == 200
    body = response.json()
    Verdict.model_validate(body)
    found = body["explanation"]
    assert (found["method"], found["columns"], found["rows"]) == ("occlusion", 7, 7)
    assert [len(row) for row in found["values"]] == [7] * 7
    assert set(found["area"]) == {"left", "top", "width", "height"}
    assert server.count() == before + 1


def test_without_asking_there_is_no_map(server: Server) -> None:
    assert "explanation" not in server.predict(picture(FAKE)).json()
    assert "explanation" not in server.predict(picture(FAKE), params={"explain": "0"}).json()
    assert server.get("/info").json()["explains"] is True


def test_a_replay_has_no_map(server: Server) -> None:
    options = {"params": {"explain": "1"}, "headers": {"Idempotency-Key": "explained"}}
    first, again = (server.predict(picture(FAKE), **options) for _ in range(2))
    assert "explanation" in first.json()
    assert "explanation" not in again.json()
    assert again.json()["id"] == first.json()["id"]


def test_a_refused_image_is_refused_as_without(server: Server) -> None:
    response = server.predict(b"no image", params={"explain": "1"})
    assert (response.status_code, "prediction_id" in response.json()) == (415, True)


@pytest.mark.parametrize("value", ["2", "true", ""])
def test_another_value_is_refused_by_name(server: Server, value: str) -> None:
    before = server.count()
    response = server.predict(picture(FAKE), params={"explain": value})
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "explain"
    assert server.count() == before


def test_a_detector_that_can_not_explain_says_so_and_nothing_is_counted(
    start: Callable[..., Server], tmp_path: Path
) -> None:
    path = tmp_path / "acme.json"
    sidecar = {
        "name": "acme",
        "version": "1",
        "kind": "remote",
        "url": "http://127.0.0.1:9/",
        "response": {"score": "/score"},
        "decision": {"fake_at": 0.5, "real_at": 0.5},
    }
    path.write_text(json.dumps(sidecar))
    server = start(detection_detector=path)
    response = server.predict(picture(FAKE), params={"explain": "1"})
    assert response.status_code == 422
    (error,) = response.json()["errors"]
    assert error["field"] == "explain"
    assert "acme 1" in error["accepted"]
    assert server.count() == 0
    assert server.get("/info").json()["explains"] is False


def test_the_map_lies_over_the_upright_picture(server: Server) -> None:
    pixels = np.full((64, 128, 3), 40, np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned: upright it is 64 wide and 128 high
    target = io.BytesIO()
    Image.fromarray(pixels).save(target, "JPEG", exif=exif)
    area = server.predict(target.getvalue(), params={"explain": "1"}).json()["explanation"]["area"]
    assert (area["width"], area["height"]) == (1.0, 0.5)
