"""One submitted image, from acceptance to the committed row, whatever its client does meanwhile.

The work runs in a task of its own: a client that disconnects does not take an accepted prediction
with it. A repeated Idempotency-Key gets the stored answer; repetitions that arrive at the same time
wait for the first.
"""

import asyncio
import hashlib
import logging
import time
from dataclasses import dataclass, replace
from typing import Any

from anyio.to_thread import run_sync

from verascope.detectors.image import CORRUPT, EMPTY, TOO_MANY_BYTES, TOO_MANY_PIXELS, UNSUPPORTED
from verascope.detectors.remote import STATUS as REMOTE_STATUS
from verascope.errors import DETECTOR_FAILED, Busy, Conflict
from verascope.ingest.detection import Refused, Seen
from verascope.ingest.pipeline import Caller, Observation, check_names, prediction
from verascope.records import Prediction
from verascope.runtime import Runtime
from verascope.store import events
from verascope.store.events import IdempotencyKey

log = logging.getLogger(__name__)

_STATUS = {
    EMPTY: 400,
    CORRUPT: 400,
    UNSUPPORTED: 415,
    TOO_MANY_BYTES: 413,
    TOO_MANY_PIXELS: 413,
    DETECTOR_FAILED: 500,
    **REMOTE_STATUS,
}


@dataclass(frozen=True, slots=True)
class Submitted:
    """What is on record. detail: a sentence on a refused image, more exact than its error_message."""

    prediction: Prediction
    detail: str = ""
    was_replayed: bool = False

    @property
    def status(self) -> int:
        """The HTTP status of the answer; the same for a stored answer as for the first one."""
        message = self.prediction.error_message
        return 200 if message is None else _STATUS.get(message, 400)


@dataclass(frozen=True, slots=True)
class Submission:
    """An image as it was accepted. data is None when it was cut off above the limit.

    arrived_us: wall clock; arrived_ns: `time.perf_counter_ns` of the same moment. filename: as the
    caller named the file; it is not kept.
    """

    data: bytes | None
    caller: Caller
    arrived_us: int
    arrived_ns: int
    filename: str | None = None

    def fingerprint(self) -> str:
        """Equal for equal requests: the image and the fields that were sent with it."""
        image = "cut off" if self.data is None else hashlib.sha256(self.data).hexdigest()
        parts = (image, self.caller.client or "", self.caller.use_case or "")
        return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


class Submissions:
    """The images between acceptance and commit. Used from one event loop."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._tasks: set[asyncio.Task[Any]] = set()
        self._by_key: dict[tuple[int, str], tuple[str, asyncio.Task[Submitted]]] = {}

    async def submit(self, submission: Submission, key: str | None) -> Submitted:
        """Analyse and record, once for each key. key: the caller's Idempotency-Key with its scope,
        hashed.

        Raises Busy when nothing was recorded, Conflict when the key belongs to another request,
        Invalid for unusable names.
        """
        check_names(submission.caller)
        if key is None:
            return await self._run(submission, None)
        fingerprint = await run_sync(submission.fingerprint)
        bound = IdempotencyKey(submission.caller.tenant_id, key, fingerprint)
        while (running := self._by_key.get((bound.tenant_id, key))) is not None:
            first_fingerprint, first = running
            if first_fingerprint != fingerprint:
                raise _conflict()
            await asyncio.wait([first])
            if first.exception() is None:
                return replace(first.result(), was_replayed=True)
        return await self._run(submission, bound)

    async def _run(self, submission: Submission, key: IdempotencyKey | None) -> Submitted:
        task = asyncio.create_task(self._process(submission, key))
        self.keep(task)
        if key is not None:
            place = (key.tenant_id, key.key_hash)
            self._by_key[place] = (key.request_hash, task)
            task.add_done_callback(lambda _: self._by_key.pop(place))
        # Perhaps nobody is left to hear of it; the log is.
        task.add_done_callback(_look_at_exception)
        return await asyncio.shield(task)

    def keep(self, task: "asyncio.Task[Any]") -> None:
        """Let a task that has accepted an image live until it ends, and `drain` wait for it."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def drain(self, seconds: float) -> None:
        """Waits until everything accepted is committed or has failed, at most so long."""
        if self._tasks:
            _, unfinished = await asyncio.wait(self._tasks, timeout=seconds)
            if unfinished:
                log.error("%d accepted images could not be finished in time", len(unfinished))

    async def _process(self, submission: Submission, key: IdempotencyKey | None) -> Submitted:
        if key is not None and (stored := await run_sync(self._stored, key)) is not None:
            return stored
        detail, picture = "", None
        try:
            found = await self._look(submission)
            seen, picture = found.observation, found.picture
        except Refused as refused:
            seen, detail = refused.observation, refused.detail
        spent_us = (time.perf_counter_ns() - submission.arrived_ns) // 1000
        fact = prediction(
            submission.caller, seen, submission.arrived_us, spent_us, self._runtime.rules
        )
        try:
            await self._runtime.writer.record(fact, key)
        except Conflict:
            # Another process recorded the same key between our look-up and our commit.
            stored = None if key is None else await run_sync(self._stored, key)
            if stored is None:
                raise
            return stored
        if seen.verdict is not None and seen.inference_us is not None:
            self._runtime.meters.observe_inference(seen.inference_us)
        if picture is not None:
            self._runtime.shadows.offer(fact, picture)
        return Submitted(fact, detail or fact.error_message or "")

    async def _look(self, submission: Submission) -> Seen:
        if submission.data is None:
            limit = self._runtime.settings.detection.max_bytes
            seen = Observation(None, error_message=TOO_MANY_BYTES)
            raise Refused(seen, 413, f"The file has more than the {limit} bytes that are accepted.")
        return await self._runtime.detection.see(submission.data, submission.filename)

    def _stored(self, key: IdempotencyKey) -> Submitted | None:
        """The answer that `key` was bound to. Raises Conflict when that was another request."""
        with self._runtime.database.reading() as connection:
            bound = events.remembered(connection, key)
            if bound is None:
                return None
            prediction_id, request_hash = bound
            if request_hash != key.request_hash:
                raise _conflict()
            stored = events.get(connection, key.tenant_id, prediction_id)
        if stored is None:
            raise Conflict("The answer to this Idempotency-Key was deleted; use a new key.")
        return Submitted(
            stored.prediction, stored.prediction.error_message or "", was_replayed=True
        )


def _conflict() -> Conflict:
    return Conflict(
        "This Idempotency-Key was used before with another image or other fields; use a new key for a new request."
    )


def _look_at_exception(task: "asyncio.Task[Submitted]") -> None:
    if not task.cancelled() and isinstance(error := task.exception(), Busy):
        log.warning("an accepted image was not recorded: %s", error)
