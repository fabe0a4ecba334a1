"""The one writer: group commit, acknowledge after the commit, a bounded queue.

While one group is being synced to disk the next one gathers, so the groups grow with the load by
themselves. Folds and every other write run in the same thread, between groups.
"""

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection

from verascope.errors import Busy, Conflict, Invalid, VerascopeError
from verascope.records import Prediction, Source
from verascope.store import events, tags
from verascope.store.committed import Commit, Committed
from verascope.store.database import Database
from verascope.store.events import IdempotencyKey, Insertion
from verascope.store.tables import tenants

log = logging.getLogger(__name__)

T = TypeVar("T")

_Outcome = list[Insertion] | VerascopeError
"""What an entry's caller hears."""

GROUP_LIMIT = 2_000
CROWD = 4
"""So many callers in the group before mean that more are about to come."""
GATHER_SECONDS = 0.003
"""Then a group waits for them: a commit costs the same for one caller and for fifty, and while the writer works, the
event loop hardly gets to read the next request. One caller at a time never waits."""
PROBE_SECONDS = 2.0
RESERVED_SHARE = 0.1
"""Part of the queue that only `/predict` may fill: its callers wait, senders of batches can come again."""


@dataclass(frozen=True, slots=True, eq=False)
class _Entry:
    """What one caller waits for: predictions that are committed together."""

    predictions: Sequence[Prediction]
    key: IdempotencyKey | None
    answer: asyncio.Future[list[Insertion]]
    loop: asyncio.AbstractEventLoop


@dataclass(frozen=True, slots=True)
class _Job:
    run: Callable[[Connection], Any]
    future: Future[Any]


class Writer:
    """Owns every write of the server process. Start it before, stop it after everything that records."""

    def __init__(
        self, database: Database, queue_limit: int, indexed_tags: Sequence[str] = ()
    ) -> None:
        self._database = database
        self._indexed_tags = frozenset(indexed_tags)
        self._limit = queue_limit
        self._queue: queue.SimpleQueue[_Entry | _Job | None] = queue.SimpleQueue()
        self._depth = 0
        self._depth_lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = False
        self.on_commit: list[Callable[[int], None]] = []
        self.committed = Committed()
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
        (insertion,) = await self._enqueue((prediction,), key)
        match insertion:
            case Insertion.CONFLICT:
                raise Conflict(
                    f"The id {prediction.id} belongs to another prediction, which stays."
                )
            case Insertion.REFUSED:
                raise Invalid.of("prediction", prediction.id, "values that the database can hold")
            case _:
                return insertion

    async def record_all(self, predictions: Sequence[Prediction]) -> list[Insertion]:
        """Store all of them in one commit; what came of each, in order. Raises Busy as `record` does."""
        return await self._enqueue(predictions, None) if predictions else []

    async def _enqueue(
        self, predictions: Sequence[Prediction], key: IdempotencyKey | None
    ) -> list[Insertion]:
        n, allowed = len(predictions), self._limit
        if predictions[0].source is not Source.PREDICT:
            allowed = int(allowed * (1 - RESERVED_SHARE))
        with self._depth_lock:
            if self._closed:
                raise Busy("The server is stopping; nothing was recorded.", 5)
            # A batch larger than the queue goes alone.
            if self._depth and self._depth + n > allowed:
                raise Busy(f"{self._depth} predictions wait to be recorded; nothing was added.", 1)
            self._depth += n
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[list[Insertion]] = loop.create_future()
        self._queue.put(_Entry(predictions, key, answer, loop))
        # A caller that goes away cancels its own future only: what was accepted is committed all the same.
        return await answer

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
        callers = 0
        while not stopping or not self._queue.empty():
            try:
                item = self._queue.get(timeout=PROBE_SECONDS if self.problem else None)
            except queue.Empty:
                self._probe()
                continue
            if callers >= CROWD and self._depth < GROUP_LIMIT:
                time.sleep(GATHER_SECONDS)
            group: list[_Entry] = []
            n = callers = 0
            while True:
                if isinstance(item, _Entry):
                    group.append(item)
                    callers += 1
                    n += len(item.predictions)
                elif item is None:
                    stopping = True
                else:
                    self._commit(group)
                    group, n = [], 0
                    self._do(item)
                if n >= GROUP_LIMIT or self._queue.empty():
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
        n = sum(len(entry.predictions) for entry in group)
        outcomes: list[_Outcome]
        try:
            outcomes = self._store(group)
        except Exception as error:
            # Whatever it was, the transaction is rolled back: nothing of it may be acknowledged.
            log.exception("%d predictions could not be recorded", n)
            self.problem = f"Predictions can't be recorded: {_reason(error)}."
            outcomes = [Busy(self.problem, 5)] * len(group)
        else:
            self.problem = None
            self.commits += 1
        with self._depth_lock:
            self._depth -= n
        for callback in self.on_commit:
            callback(self.last_seq)
        _answer(group, outcomes)

    def _store(self, group: list[_Entry]) -> list[_Outcome]:
        with self._database.writing() as connection:
            events.order_commits(connection)
            before = events.last_seq(connection)
            bound = _bound(connection, group)
            free = [entry for entry in group if entry not in bound]
            new = [prediction for entry in free for prediction in entry.predictions]
            insertions = events.insert(connection, new)
            if self._indexed_tags:
                tags.index(connection, new, insertions, self._indexed_tags)
            parts = iter(_parts(free, insertions))
            outcomes: list[_Outcome] = []
            for entry in group:
                if entry in bound:
                    outcomes.append(Conflict(_KEY_TAKEN))
                    continue
                part = next(parts)
                if entry.key is not None and part == [Insertion.STORED]:
                    events.remember(connection, entry.key, entry.predictions[0])
                outcomes.append(part)
            last = events.last_seq(connection)
        self.last_seq = last
        stored = new
        if any(insertion is not Insertion.STORED for insertion in insertions):
            pairs = zip(new, insertions, strict=True)
            stored = [one for one, insertion in pairs if insertion is Insertion.STORED]
        if stored:
            self.committed.put(Commit.of(before, last, stored))
        return outcomes


_KEY_TAKEN = "This Idempotency-Key was used a moment ago; ask again for its answer."


def _parts(entries: list[_Entry], insertions: list[Insertion]) -> Iterator[list[Insertion]]:
    """What belongs to each entry."""
    start = 0
    for entry in entries:
        end = start + len(entry.predictions)
        yield insertions[start:end]
        start = end


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


def _reason(error: Exception) -> str:
    original = getattr(error, "orig", None) or error
    return (
        str(original).strip().splitlines()[0] if str(original).strip() else type(original).__name__
    )


def _answer(group: list[_Entry], outcomes: list[_Outcome]) -> None:
    """Hand the outcomes back, with one wake-up for each event loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[_Entry, _Outcome]]] = {}
    for entry, outcome in zip(group, outcomes, strict=True):
        by_loop.setdefault(entry.loop, []).append((entry, outcome))
    for loop, pairs in by_loop.items():
        try:
            loop.call_soon_threadsafe(_resolve, pairs)
        except RuntimeError:
            log.warning("%d recorded predictions had no one left to answer", len(pairs))


def _resolve(pairs: list[tuple[_Entry, _Outcome]]) -> None:
    for entry, outcome in pairs:
        if entry.answer.done():
            continue
        if isinstance(outcome, VerascopeError):
            entry.answer.set_exception(outcome)
        else:
            entry.answer.set_result(outcome)
