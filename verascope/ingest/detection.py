"""Looking at images in a pool of threads, so that the event loop never waits for a decoder or a
model.

The line in front of the pool is bounded: past it callers hear `Busy` at once instead of waiting
longer and longer.
"""

import asyncio
import io
import logging
import os
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from PIL import Image

from verascope.detectors.detector import Detector, Explainer, Explanation
from verascope.detectors.image import ImageLimits, Picture, decode, inspect
from verascope.errors import DETECTOR_FAILED, Busy, DetectorBroken, ImageRefused
from verascope.ingest.pipeline import Observation

log = logging.getLogger(__name__)

WAITING_PER_THREAD = 8
UNSOUND_SECONDS = 60
EXPLANATIONS_AT_ONCE = 4
"""One is being made, the others wait. Each costs about fifty inferences."""


class Refused(Exception):
    """An image that got no verdict, with what is known of it. `status`: the HTTP status that fits."""

    def __init__(self, observation: Observation, status: int, detail: str) -> None:
        super().__init__(detail)
        self.observation = observation
        self.status = status
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Seen:
    """What was observed, and the decoded picture for whoever wants to look at it again."""

    observation: Observation
    picture: Picture


def see(data: bytes, detector: Detector, limits: ImageLimits, filename: str | None = None) -> Seen:
    """Decode `data` and ask the detector. Raises Refused when there is no verdict, and never
    anything else.
    """
    started = time.perf_counter_ns()
    try:
        picture = decode(data, limits, filename)
    except ImageRefused as refusal:
        seen = Observation(inspect(data), error_message=refusal.reason)
        raise Refused(seen, refusal.status, refusal.detail) from None
    try:
        verdict = detector.detect(picture)
    except DetectorBroken as broken:
        # Of a model in this process the traceback says more than its message.
        is_ours = broken.status == 500
        log.warning("detector %s failed: %s", detector.version, broken.detail, exc_info=is_ours)
        seen = Observation(
            picture.facts, error_message=broken.reason, model_version=detector.version
        )
        raise Refused(seen, broken.status, f"{broken.reason} {broken.told}") from broken
    except Exception as error:
        # A detector may be anybody's code; whatever it raises is one failed prediction, never a
        # lost one.
        log.exception("detector %s failed: %r", detector.version, error)
        seen = Observation(
            picture.facts, error_message=DETECTOR_FAILED, model_version=detector.version
        )
        detail = "The detector failed. The failure is recorded; try again, or tell the operator."
        raise Refused(seen, 500, detail) from error
    spent_us = (time.perf_counter_ns() - started) // 1000
    return Seen(Observation(picture.facts, verdict=verdict, inference_us=spent_us), picture)


def look(
    data: bytes, detector: Detector, limits: ImageLimits, filename: str | None = None
) -> Observation:
    """`see`, without the picture."""
    return see(data, detector, limits, filename).observation


Explain = Callable[[bytes], Awaitable[Explanation]]


class DetectionPool:
    """Runs `see` in `threads` threads (0: as many as the detector asks for, or as there are cores).
    Used from one event loop.
    """

    def __init__(self, detector: Detector, limits: ImageLimits, threads: int = 0) -> None:
        self.detector = detector
        self.limits = limits
        self.threads = threads or detector.describe().concurrency or os.cpu_count() or 1
        self.capacity = self.threads * (1 + WAITING_PER_THREAD)
        self.inside = 0
        self._failed_at: float | None = None
        self._pool = ThreadPoolExecutor(self.threads, thread_name_prefix="detect")
        # A thread of their own: however many are asked for, they take one core from predictions.
        self._explainer = ThreadPoolExecutor(1, thread_name_prefix="explain")
        self._explaining = 0

    @property
    def is_full(self) -> bool:
        return self.inside >= self.capacity

    @property
    def problems(self) -> list[str]:
        """What is wrong with the detector, as sentences: what it says itself, and that it failed
        within the last minute and has given no verdict since.
        """
        found = [self.detector.problem] if self.detector.problem else []
        if self._failed_at is not None and time.monotonic() - self._failed_at < UNSOUND_SECONDS:
            found.append("The detector failed within the last minute.")
        return found

    @property
    def can_explain(self) -> bool:
        return isinstance(self.detector, Explainer)

    def warm_up(self) -> None:
        """Decode one small picture, so that the first caller doesn't wait for what loads lazily.
        Models warm up when they are loaded; a remote one is not asked.
        """
        picture = io.BytesIO()
        Image.new("RGB", (self.limits.min_side,) * 2, "grey").save(picture, "PNG")
        self._pool.submit(decode, picture.getvalue(), self.limits).exception()

    async def see(self, data: bytes, filename: str | None = None) -> Seen:
        """Raises Refused when the image gets no verdict, Busy when too many are waiting."""
        if self.is_full:
            raise Busy(
                f"{self.inside} images are being analysed or waiting; at most {self.capacity} may.",
                1,
            )
        self.inside += 1
        try:
            loop = asyncio.get_running_loop()
            seen = await loop.run_in_executor(
                self._pool, see, data, self.detector, self.limits, filename
            )
        except Refused as refused:
            if refused.status >= 500:
                self._failed_at = time.monotonic()
            raise
        finally:
            self.inside -= 1
        self._failed_at = None
        return seen

    @contextmanager
    def explaining(self) -> Iterator[Explain]:
        """A place among those who get an explanation; gives the function that makes it.

        It raises what `decode` and the detector raise. Raises Busy when all places are taken.
        """
        if self._explaining >= EXPLANATIONS_AT_ONCE:
            raise Busy(
                f"{self._explaining} explanations are being made; at most {EXPLANATIONS_AT_ONCE} may.",
                2,
            )
        self._explaining += 1
        try:
            yield self._explain
        finally:
            self._explaining -= 1

    async def _explain(self, data: bytes) -> Explanation:
        detector = self.detector
        assert isinstance(detector, Explainer)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._explainer, lambda: detector.explain(decode(data, self.limits))
        )

    def close(self) -> None:
        """Lets go of the detector. Whoever waits for an image has waited before."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._explainer.shutdown(wait=False, cancel_futures=True)
        self.detector.close()
