"""Detectors that look at the same pictures as the one that answers, and only take notes.

Each has one thread of its own, of low priority where the system knows such threads, so that a shadow
never holds a place that an answer needs. The line in front of it is bounded by pictures and by bytes;
what finds it full is dropped and counted.
"""

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from verascope.detectors.detector import Detector
from verascope.detectors.image import Picture
from verascope.errors import DETECTOR_FAILED, DetectorBroken
from verascope.records import Prediction, Verdict
from verascope.store import shadows as store
from verascope.store.fold import Submit
from verascope.store.shadows import ShadowVerdict

log = logging.getLogger(__name__)

QUEUE_PICTURES = 64
QUEUE_BYTES = 100_000_000
"""Decoded pixels and files that may wait for one shadow; a single picture may be larger."""

FLUSH_SECONDS = 1.0
FLUSH_ROWS = 200
STOP_SECONDS = 10.0
UNSOUND_SECONDS = 60
NICENESS = 10


@dataclass(frozen=True, slots=True)
class _Job:
    prediction: Prediction
    picture: Picture

    @property
    def bytes(self) -> int:
        width, height = self.picture.pixels.size
        return 3 * width * height + len(self.picture.data)


class Shadow:
    """One detector and its line. `offer` is called from the event loop, the rest from its thread."""

    def __init__(self, detector: Detector, submit: Submit) -> None:
        self.detector = detector
        self.dropped = 0
        self._submit = submit
        self._jobs: deque[_Job] = deque()
        self._bytes = 0
        self._changed = threading.Condition()
        self._is_ending = False
        self._failed_at: float | None = None
        self._notes: list[ShadowVerdict] = []
        self._thread = threading.Thread(
            target=self._run, name=f"shadow {detector.name}", daemon=True
        )

    @property
    def problems(self) -> list[str]:
        """What is wrong with it, as sentences."""
        name = f"The shadow detector {self.detector.name} {self.detector.version}"
        found = [f"{name}: {self.detector.problem}"] if self.detector.problem else []
        if self._failed_at is not None and time.monotonic() - self._failed_at < UNSOUND_SECONDS:
            found.append(f"{name} failed within the last minute.")
        return found

    def start(self) -> None:
        self._thread.start()

    def offer(self, job: _Job) -> None:
        with self._changed:
            is_full = len(self._jobs) >= QUEUE_PICTURES or (
                self._jobs and self._bytes + job.bytes > QUEUE_BYTES
            )
            if is_full or self._is_ending:
                self.dropped += 1
                return
            self._jobs.append(job)
            self._bytes += job.bytes
            self._changed.notify()

    def stop(self) -> None:
        """Drops what waits, notes what was scored, and lets go of the detector."""
        with self._changed:
            self._is_ending = True
            self.dropped += len(self._jobs)
            self._jobs.clear()
            self._changed.notify()
        if self._thread.ident is not None:
            self._thread.join(STOP_SECONDS)
        self.detector.close()

    def _run(self) -> None:
        with suppress(AttributeError, OSError):  # no such threads here: it runs like any other
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
        flush_at = time.monotonic() + FLUSH_SECONDS
        while True:
            job, is_ending = self._next()
            if job is not None:
                self._notes.append(self._judged(job))
            is_due = time.monotonic() >= flush_at or len(self._notes) >= FLUSH_ROWS or is_ending
            if is_due:
                self._flush(wait=is_ending)
                flush_at = time.monotonic() + FLUSH_SECONDS
            if is_ending:
                return

    def _next(self) -> tuple[_Job | None, bool]:
        with self._changed:
            if not self._jobs and not self._is_ending:
                self._changed.wait(FLUSH_SECONDS if self._notes else None)
            if not self._jobs:
                return None, self._is_ending
            job = self._jobs.popleft()
            self._bytes -= job.bytes
            return job, self._is_ending

    def _judged(self, job: _Job) -> ShadowVerdict:
        started = time.perf_counter_ns()
        verdict: Verdict | None = None
        trouble: str | None = None
        try:
            verdict = self.detector.detect(job.picture)
        except Exception as error:
            # A detector may be anybody's code; a shadow that fails is a note, nothing more.
            is_ours = isinstance(error, DetectorBroken)
            trouble = error.reason if isinstance(error, DetectorBroken) else DETECTOR_FAILED
            detail = error.detail if isinstance(error, DetectorBroken) else repr(error)
            log.warning("shadow %s failed: %s", self.detector.name, detail, exc_info=not is_ours)
            self._failed_at = time.monotonic()
        else:
            self._failed_at = None
        return ShadowVerdict(
            tenant_id=job.prediction.tenant_id,
            prediction_id=job.prediction.id,
            timestamp_us=job.prediction.timestamp_us,
            detector=self.detector.name,
            model_version=verdict.model_version if verdict else self.detector.version,
            verdict=verdict,
            inference_us=(time.perf_counter_ns() - started) // 1000 if verdict else None,
            error_message=trouble,
        )

    def _flush(self, *, wait: bool) -> None:
        notes, self._notes = self._notes, []
        if not notes:
            return
        noted = self._submit(partial(store.insert, notes=notes))
        noted.add_done_callback(partial(self._look, len(notes)))
        if wait:
            with suppress(Exception):  # it is counted and logged
                noted.result(STOP_SECONDS)

    def _look(self, count: int, noted: "Future[None]") -> None:
        error = noted.exception()
        if error is not None:
            self.dropped += count
            log.warning("%d verdicts of shadow %s are lost: %s", count, self.detector.name, error)


class Shadows:
    """All of them. Start them after the writer, stop them before it."""

    def __init__(self, detectors: Sequence[Detector], submit: Submit) -> None:
        self.each = tuple(Shadow(detector, submit) for detector in detectors)

    @property
    def detectors(self) -> list[Detector]:
        return [shadow.detector for shadow in self.each]

    @property
    def problems(self) -> list[str]:
        return [problem for shadow in self.each for problem in shadow.problems]

    def start(self) -> None:
        for shadow in self.each:
            shadow.start()

    def offer(self, prediction: Prediction, picture: Picture) -> None:
        """Let every shadow look at a picture whose prediction is on record. Never waits."""
        job = _Job(prediction, picture)
        for shadow in self.each:
            shadow.offer(job)

    def stop(self) -> None:
        for shadow in self.each:
            shadow.stop()
