"""The pool: what it may hold, and what it says when that is too much."""

import asyncio
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.conftest import FAKE, OVERFLOWING, REAL, picture, write_model
from verascope.detectors import ImageLimits, load
from verascope.detectors.detector import Explanation
from verascope.errors import Busy, DetectorBroken
from verascope.ingest.detection import EXPLANATIONS_AT_ONCE, DetectionPool


@pytest.fixture
def pool(tiny_model: Path) -> DetectionPool:
    return DetectionPool(load(str(tiny_model), tiny_model.parent), ImageLimits(), 2)


def test_explanations_have_few_places_and_give_them_back(pool: DetectionPool) -> None:
    with ExitStack() as places:
        for _ in range(EXPLANATIONS_AT_ONCE):
            places.enter_context(pool.explaining())
        with pytest.raises(Busy, match="4 explanations"), pool.explaining():
            pass
        assert not pool.is_full, "predictions have places of their own"
    with pool.explaining():
        pass
    pool.close()


def test_an_explanation_decodes_and_asks_by_itself(pool: DetectionPool) -> None:
    async def explained() -> Explanation:
        with pool.explaining() as explain:
            return await explain(picture(FAKE))

    found = asyncio.run(explained())
    assert (len(found.values), len(found.values[0])) == (7, 7)
    assert any(value > 0 for row in found.values for value in row)
    pool.close()


def test_a_detector_that_fails_meanwhile_fails_its_explanation(tmp_path: Path) -> None:
    path = write_model(tmp_path, scale=OVERFLOWING)
    pool = DetectionPool(load(str(path), tmp_path), ImageLimits(), 1)

    async def explained() -> Explanation:
        with pool.explaining() as explain:
            return await explain(picture(FAKE))

    with pytest.raises(DetectorBroken):
        asyncio.run(explained())
    pool.close()


def test_a_failure_is_a_problem_until_the_next_verdict(tmp_path: Path) -> None:
    path = write_model(tmp_path, scale=OVERFLOWING)
    pool = DetectionPool(load(str(path), tmp_path), ImageLimits(), 1)
    with pytest.raises(Exception, match="The detector failed on this image"):
        asyncio.run(pool.see(picture(FAKE)))
    assert pool.problems == ["The detector failed within the last minute."]
    pool.close()


def test_a_remote_asks_for_more_threads_than_there_are_cores(tmp_path: Path) -> None:
    (tmp_path / "acme.json").write_text(
        '{"name": "a", "version": "1", "kind": "remote", "url": "http://127.0.0.1:9/", "concurrency": 40,'
        '"response": {"score": "/s"}, "decision": {"fake_at": 0.5, "real_at": 0.5}}'
    )
    detector = load(str(tmp_path / "acme.json"), tmp_path)
    by_itself, as_told = (DetectionPool(detector, ImageLimits(), n) for n in (0, 3))
    assert (by_itself.threads, as_told.threads) == (40, 3)
    for pool in (by_itself, as_told):
        pool.close()


def test_the_picture_stays_at_hand_with_its_bytes_and_name(pool: DetectionPool) -> None:
    data = picture(REAL)
    seen = asyncio.run(pool.see(data, "a.png"))
    assert (seen.picture.data, seen.picture.filename) == (data, "a.png")
    pool.close()
