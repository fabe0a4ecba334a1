"""The one writer: group commit, acknowledge after the commit, a bounded queue.

While one group is being synced to disk the next one gathers, so the groups grow with the load by
themselves. Folds and every other write run in the same thread, between groups.
"""

import asyncio
import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection

from verascope.errors import Busy, Conflict, Invalid, VerascopeError
from verascope.records import Prediction, Source
from verascope.store import events
from verascope.store.database import Database
from verascope.store.events import IdempotencyKey, Insertion
from verascope.store.tables import tenants

log = logging.getLogger(__name__)

T = TypeVar("T")

GROUP_LIMIT = 2_000
PROBE_SECONDS = 2.0
RESERVED_SHARE = 0.1
"""Part of the queue that only `/predict` may fill: its callers wait, senders of batches can come again."""


@dataclass(frozen=True, slots=True, eq=False)
class _Entry:
    prediction: Prediction
    key: IdempotencyKey | None
    answer: asyncio.Future[Insertion]
    loop: asyncio.AbstractEventLoop


@dataclass(frozen=True, slots=True)
class _Job:
    run: Callable[[Connection], Any]
    future: Future[Any]


class Writer:
    """Owns every write of the server process. Start it before, stop it after everything that records."""

    def __init__(self, database: Database, queue_limit: int) -> None:
        self._database = database
        self._limit = queue_limit
        self._queue: queue.SimpleQueue[_Entry | _Job | None] = queue.SimpleQueue()
        self._depth = 0
        self._depth_lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = False
        self.on_commit: list[Callable[[int], None]] = []
        self.last_seq = 0
        self.commits = 0
        self.problem: str | None = None

    @property
    def depth(self) -> int:
        """Predictions accepted and not yet committed."""
        return self._depth

    @property
    def limit(self) -> int:
        return self._limit

    @property
    def is_alive(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Begin writing."""
        with self._database.reading() as connection:
            self.last_seq = events.last_seq(connection)
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def stop(self, drain_seconds: float) -> bool:
        """Refuse what is new, commit what was accepted; False when that took longer than allowed."""
        self._closed = True
        self._queue.put(None)
        if self._thread is None:
            return True
        self._thread.join(drain_seconds)
        return not self._thread.is_alive()

    async def record(self, prediction: Prediction, key: IdempotencyKey | None = None) -> Insertion:
        """Store one prediction; returns after the commit that holds it.

        Raises Busy when the queue is full, the store can't be written or the server stops (nothing was
        recorded); Conflict when its id, or its key, is bound to something else; Invalid when the
        database can't hold one of its values.
        """
        allowed = self._limit
        if prediction.source is not Source.PREDICT:
            allowed = int(allowed * (1 - RESERVED_SHARE))
        with self._depth_lock:
            if self._closed:
                raise Busy("The server is stopping; nothing was recorded.", 5)
            if self._depth >= allowed:
                raise Busy(f"{self._depth} predictions wait to be recorded; this one was not.", 1)
            self._depth += 1
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Insertion] = loop.create_future()
        self._queue.put(_Entry(prediction, key, answer, loop))
        # A caller that goes away must not take the answer of an accepted prediction with it.
        return await asyncio.shield(answer)

    def submit(self, job: Callable[[Connection], T]) -> Future[T]:
        """Run any other write in a transaction of its own; see `store.fold.Submit`."""
        future: Future[T] = Future()
        if self._thread is not None and not self._thread.is_alive():
            future.set_exception(Busy("The writer has stopped."))
        else:
            self._queue.put(_Job(job, future))
        return future

    async def run(self, job: Callable[[Connection], T]) -> T:
        """`submit`, awaited."""
        return await asyncio.wrap_future(self.submit(job))

    def _run(self) -> None:
        stopping = False
        while not stopping or not self._queue.empty():
            try:
                item = self._queue.get(timeout=PROBE_SECONDS if self.problem else None)
            except queue.Empty:
                self._probe()
                continue
            group: list[_Entry] = []
            while True:
                if isinstance(item, _Entry):
                    group.append(item)
                elif item is None:
                    stopping = True
                else:
                    self._commit(group)
                    group = []
                    self._do(item)
                if len(group) >= GROUP_LIMIT or self._queue.empty():
                    break
                item = self._queue.get()
            self._commit(group)

    def _probe(self) -> None:
        """See whether the store takes writes again, so that a mended cause is noticed without traffic."""
        try:
            with self._database.writing() as connection:
                connection.execute(tenants.update().values(name=tenants.c.name))
        except Exception as error:
            self.problem = f"Predictions can't be recorded: {_reason(error)}."
        else:
            self.problem = None

    def _do(self, job: _Job) -> None:
        try:
            with self._database.writing() as connection:
                result = job.run(connection)
        except BaseException as error:
            job.future.set_exception(error)
        else:
            job.future.set_result(result)

    def _commit(self, group: list[_Entry]) -> None:
        if not group:
            return
        outcomes: list[Insertion | VerascopeError]
        try:
            outcomes = self._store(group)
        except Exception as error:
            # Whatever it was, the transaction is rolled back: nothing of it may be acknowledged.
            log.exception("%d predictions could not be recorded", len(group))
            self.problem = f"Predictions can't be recorded: {_reason(error)}."
            outcomes = [Busy(self.problem, 5)] * len(group)
        else:
            self.problem = None
            self.commits += 1
        with self._depth_lock:
            self._depth -= len(group)
        for callback in self.on_commit:
            callback(self.last_seq)
        _answer(group, outcomes)

    def _store(self, group: list[_Entry]) -> list[Insertion | VerascopeError]:
        with self._database.writing() as connection:
            events.order_commits(connection)
            bound = _bound(connection, group)
            free = [entry for entry in group if entry not in bound]
            insertions = events.insert(connection, [entry.prediction for entry in free])
            for entry, insertion in zip(free, insertions, strict=True):
                if entry.key is not None and insertion is Insertion.STORED:
                    events.remember(connection, entry.key, entry.prediction)
            self.last_seq = events.last_seq(connection)
        judged = iter(
            [_judged(entry, outcome) for entry, outcome in zip(free, insertions, strict=True)]
        )
        taken = Conflict("This Idempotency-Key was used a moment ago; ask again for its answer.")
        return [taken if entry in bound else next(judged) for entry in group]


def _bound(connection: Connection, group: list[_Entry]) -> list[_Entry]:
    """Entries whose key is taken: by a stored prediction, or by an earlier entry of the group."""
    seen: set[tuple[int, str]] = set()
    bound = []
    for entry in group:
        if entry.key is None:
            continue
        scope = (entry.key.tenant_id, entry.key.key_hash)
        if scope in seen or events.remembered(connection, entry.key) is not None:
            bound.append(entry)
        seen.add(scope)
    return bound


def _judged(entry: _Entry, insertion: Insertion) -> Insertion | VerascopeError:
    match insertion:
        case Insertion.CONFLICT:
            return Conflict(
                f"The id {entry.prediction.id} belongs to another prediction, which stays."
            )
        case Insertion.REFUSED:
            return Invalid.of(
                "prediction", entry.prediction.id, "values that the database can hold"
            )
        case _:
            return insertion


def _reason(error: Exception) -> str:
    original = getattr(error, "orig", None) or error
    return (
        str(original).strip().splitlines()[0] if str(original).strip() else type(original).__name__
    )


def _answer(group: list[_Entry], outcomes: list[Insertion | VerascopeError]) -> None:
    """Hand the outcomes back, with one wake-up for each event loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[_Entry, Insertion | VerascopeError]]] = {}
    for entry, outcome in zip(group, outcomes, strict=True):
        by_loop.setdefault(entry.loop, []).append((entry, outcome))
    for loop, pairs in by_loop.items():
        try:
            loop.call_soon_threadsafe(_resolve, pairs)
        except RuntimeError:
            log.warning("%d recorded predictions had no one left to answer", len(pairs))


def _resolve(pairs: list[tuple[_Entry, Insertion | VerascopeError]]) -> None:
    for entry, outcome in pairs:
        if entry.answer.done():
            continue
        if isinstance(outcome, VerascopeError):
            entry.answer.set_exception(outcome)
        else:
            entry.answer.set_result(outcome)
