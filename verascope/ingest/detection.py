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
from concurrent.futures import ThreadPoolExecutor

from PIL import Image

from verascope.detectors.detector import Detector
from verascope.detectors.image import ImageLimits, decode, inspect
from verascope.errors import Busy, DetectorBroken, ImageRefused
from verascope.ingest.pipeline import Observation

log = logging.getLogger(__name__)

WAITING_PER_THREAD = 8
DETECTOR_FAILED = "The detector failed on this image."
UNSOUND_SECONDS = 60


class Refused(Exception):
    """An image that got no verdict, with what is known of it. `status`: the HTTP status that fits."""

    def __init__(self, observation: Observation, status: int, detail: str) -> None:
        super().__init__(detail)
        self.observation = observation
        self.status = status
        self.detail = detail


def look(data: bytes, detector: Detector, limits: ImageLimits) -> Observation:
    """Decode `data` and ask the detector. Raises Refused when there is no verdict, and never
    anything else.
    """
    started = time.perf_counter_ns()
    try:
        image = decode(data, limits)
    except ImageRefused as refusal:
        seen = Observation(inspect(data), error_message=refusal.reason)
        raise Refused(seen, refusal.status, refusal.detail) from None
    try:
        verdict = detector.detect(image.pixels)
    except Exception as error:
        # A detector may be anybody's code; whatever it raises is one failed prediction, never a
        # lost one.
        trouble = error.detail if isinstance(error, DetectorBroken) else repr(error)
        log.exception("detector %s failed: %s", detector.version, trouble)
        seen = Observation(
            image.facts, error_message=DETECTOR_FAILED, model_version=detector.version
        )
        detail = "The detector failed. The failure is recorded; try again, or tell the operator."
        raise Refused(seen, 500, detail) from error
    spent_us = (time.perf_counter_ns() - started) // 1000
    return Observation(image.facts, verdict=verdict, inference_us=spent_us)


class DetectionPool:
    """Runs `look` on `threads` cores (0: all of them). Used from one event loop."""

    def __init__(self, detector: Detector, limits: ImageLimits, threads: int = 0) -> None:
        self.detector = detector
        self.limits = limits
        self.threads = threads or os.cpu_count() or 1
        self.capacity = self.threads * (1 + WAITING_PER_THREAD)
        self.inside = 0
        self._failed_at: float | None = None
        self._pool = ThreadPoolExecutor(self.threads, thread_name_prefix="detect")

    @property
    def is_full(self) -> bool:
        return self.inside >= self.capacity

    @property
    def failed_lately(self) -> bool:
        """Whether the detector failed within the last minute and has given no verdict since."""
        return self._failed_at is not None and time.monotonic() - self._failed_at < UNSOUND_SECONDS

    def warm_up(self) -> None:
        """Decode and judge one small picture, so that the first caller doesn't wait for what loads
        lazily.
        """
        picture = io.BytesIO()
        Image.new("RGB", (self.limits.min_side,) * 2, "grey").save(picture, "PNG")
        self._pool.submit(look, picture.getvalue(), self.detector, self.limits).exception()

    async def look(self, data: bytes) -> Observation:
        """Raises Refused when the image gets no verdict, Busy when too many are waiting."""
        if self.is_full:
            raise Busy(
                f"{self.inside} images are being analysed or waiting; at most {self.capacity} may.",
                1,
            )
        self.inside += 1
        try:
            loop = asyncio.get_running_loop()
            seen = await loop.run_in_executor(self._pool, look, data, self.detector, self.limits)
        except Refused as refused:
            if refused.status == 500:
                self._failed_at = time.monotonic()
            raise
        finally:
            self.inside -= 1
        self._failed_at = None
        return seen

    def close(self) -> None:
        """Lets go of the detector. Whoever waits for an image has waited before."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self.detector.close()
