"""The line in front of a shadow is bounded, and what finds it full is counted."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from PIL import Image

from tests.predictions import make
from verascope.detectors.image import Picture
from verascope.ingest import shadows
from verascope.ingest.shadows import Shadows
from verascope.records import Outcome, Verdict


class Slow:
    """A detector that waits until it may go on."""

    name, version, problem = "slow", "1", None

    def __init__(self) -> None:
        self.may_go = threading.Event()
        self.was_asked = threading.Event()
        self.is_closed = False

    def describe(self) -> Any:
        raise NotImplementedError

    def detect(self, picture: Picture) -> Verdict:
        self.was_asked.set()
        assert self.may_go.wait(20)
        return Verdict(Outcome.REAL, 90_000, 10_000, "1")

    def close(self) -> None:
        self.is_closed = True


def at_once(job: Callable[[Any], Any]) -> Future[Any]:
    done: Future[Any] = Future()
    done.set_result(None)
    return done


def test_a_full_line_drops_and_counts_and_never_waits() -> None:
    detector = Slow()
    all_of_them = Shadows([detector], at_once)
    all_of_them.start()
    picture = Picture.made(Image.new("RGB", (8, 8)))
    for _ in range(shadows.QUEUE_PICTURES + 10):
        all_of_them.offer(make(), picture)
    (one,) = all_of_them.each
    assert one.dropped in (9, 10)  # one may be in the detector's hands already
    detector.may_go.set()
    all_of_them.stop()
    assert detector.is_closed


def test_large_pictures_fill_the_line_by_their_bytes() -> None:
    detector = Slow()
    all_of_them = Shadows([detector], at_once)  # not started: all of it waits
    picture = Picture.made(Image.new("RGB", (4000, 4000)))  # 48 MB decoded
    for _ in range(4):
        all_of_them.offer(make(), picture)
    assert all_of_them.each[0].dropped == 2
    all_of_them.stop()


def test_what_was_scored_is_kept_when_it_stops() -> None:
    detector, jobs = Slow(), []

    def submit(job: Callable[[Any], Any]) -> Future[Any]:
        jobs.append(job)
        return at_once(job)

    all_of_them = Shadows([detector], submit)
    all_of_them.start()
    all_of_them.offer(make(), Picture.made(Image.new("RGB", (8, 8))))
    assert detector.was_asked.wait(20)
    detector.may_go.set()
    all_of_them.stop()
    (job,) = jobs
    (note,) = job.keywords["notes"]
    assert note.verdict.outcome is Outcome.REAL
