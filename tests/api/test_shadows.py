"""Shadow detectors: they see what is answered, take notes, and never stand in the way."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import FAKE, OVERFLOWING, REAL, UNCERTAIN, Server, picture, write_model
from verascope.api.shadows import ShadowReport


@pytest.fixture
def shadow(tmp_path: Path) -> Callable[..., Path]:
    """The sidecar of another tiny model."""

    def make(name: str, **options: object) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        path = write_model(folder, **options)  # type: ignore[arg-type]
        path.write_text(json.dumps({**json.loads(path.read_text()), "name": name}))
        return path

    return make


def wait_for_notes(server: Server, n: int) -> None:
    deadline = time.monotonic() + 20
    while len(server.rows("SELECT id FROM shadow_verdicts")) < n:
        assert time.monotonic() < deadline, "the shadow's notes did not come"
        time.sleep(0.05)


def test_notes_stand_beside_the_answers_and_are_compared(
    start: Callable[..., Server], shadow: Callable[..., Path]
) -> None:
    # The opposite model: what is bright is real.
    server = start(detection_shadows=f"{shadow('opposite', version='9', scale=-1.0)}")
    ids = [server.predict(picture(shade)).json()["id"] for shade in (FAKE, FAKE, REAL, UNCERTAIN)]
    assert server.predict(b"no image").status_code == 415
    wait_for_notes(server, 4)
    rows = server.rows("SELECT * FROM shadow_verdicts ORDER BY id")
    assert [row["prediction_id"] for row in rows] == ids
    assert [row["prediction"] for row in rows] == ["real", "real", "fake", "uncertain"]
    assert {(row["detector"], row["model_version"], row["error_message"]) for row in rows} == {
        ("opposite", "9", None)
    }
    assert all(row["inference_time_ms"] > 0 for row in rows)
    body = server.get("/api/v1/shadows?days=1").json()
    ShadowReport.model_validate(body)
    assert body["loaded"] == [{"detector": "opposite", "model_version": "9", "dropped": 0}]
    (found,) = body["comparisons"]
    assert (found["answered_by"], found["n"], found["failed"]) == ("1.0.0", 4, 0)
    assert found["agreement"] == 25.0
    low, high = found["agreement_interval"]
    assert (round(low, 1), round(high, 1)) == (4.6, 69.9)
    assert found["outcomes"]["fake"] == {"real": 2, "fake": 0, "uncertain": 0}
    assert found["outcomes"]["real"] == {"real": 0, "fake": 1, "uncertain": 0}
    assert found["outcomes"]["uncertain"] == {"real": 0, "fake": 0, "uncertain": 1}
    assert server.get("/info").json()["shadows"] == ["opposite 9"]
    assert server.count() == 5, "a shadow's note is no prediction"


def test_a_shadow_that_fails_is_noted_and_degrades_health_but_no_answer(
    start: Callable[..., Server], shadow: Callable[..., Path]
) -> None:
    server = start(detection_shadows=shadow("broken", scale=OVERFLOWING))
    assert server.predict(picture(FAKE)).status_code == 200
    wait_for_notes(server, 1)
    (row,) = server.rows("SELECT prediction, error_message FROM shadow_verdicts")
    assert tuple(row) == (None, "The detector failed on this image.")
    health = server.get("/health").json()
    assert health["status"] == "degraded"
    assert health["reasons"] == ["The shadow detector broken 1.0.0 failed within the last minute."]
    (found,) = server.get("/api/v1/shadows?days=1").json()["comparisons"]
    assert (found["n"], found["failed"], found["agreement"]) == (0, 1, None)


@pytest.mark.parametrize("problem", ["missing", "same"])
def test_a_shadow_that_can_not_be_used_keeps_the_server_from_starting(
    start: Callable[..., Server], tiny_model: Path, tmp_path: Path, problem: str
) -> None:
    path = tmp_path / "absent.json" if problem == "missing" else tiny_model
    server = start(detection_shadows=path, wait=False)
    assert server.process.wait(40) == 1
    (line,) = server.settled_errors()
    assert "detection.shadows" in line
