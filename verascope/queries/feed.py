"""The live feed: every prediction as it is committed, as server-sent events, for a thousand listeners.

One task reads what is new once for all, encodes it once, and hands the same bytes to everybody. When nobody
listens nothing is read. https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec

from verascope import clock
from verascope.clock import Now
from verascope.queries.record import cursor, prediction_json, seq_of
from verascope.store import events
from verascope.store.database import Database
from verascope.store.events import EventFilter, StoredPrediction

log = logging.getLogger(__name__)

PING_SECONDS = 10.0
PING = b": ping\n\n"
REPLAY_LIMIT = 500
"""Missed events that are sent after a reconnect; who missed more fetches the page again."""

SHORTEST_PAUSE = 0.05
"""Seconds between two reads, so that a flood of commits is read in batches."""
WRITES_PER_SECOND = 3000
"""With many listeners the pause grows, so that the writes to all of them stay below this (about 15 % of a core)."""

FOREIGN_SECONDS = 1.0
"""How often we look for rows of another process (an import), whose commits nobody announces."""

SINGLY = 10
"""Up to so many predictions of one read are sent one by one, more as one `predictions` event."""
LARGEST_BATCH = 100
"""The newest of a read that are sent; nobody can follow more."""

QUEUE_LIMIT = 64
"""Messages a slow listener may lag behind before it is told to fetch the page again."""


class Commits(Protocol):
    """What the feed needs of the writer: callbacks, called in the writer's thread after each commit."""

    on_commit: list[Callable[[int], None]]


class _Listener:
    """One open stream: messages waiting for it, and a wake-up."""

    __slots__ = ("messages", "woken")

    def __init__(self) -> None:
        self.messages: deque[bytes] = deque()
        self.woken = asyncio.Event()

    def push(self, message: bytes, place: str) -> None:
        """place: cursor of the newest event, for the `resync` of a listener that reads too slowly."""
        if len(self.messages) >= QUEUE_LIMIT:
            self.messages.clear()
            message = _resync("This connection reads more slowly than predictions arrive.", place)
        self.messages.append(message)
        self.woken.set()


@dataclass(slots=True)
class _Channel:
    """The listeners of one tenant. Everything up to `position` was pushed to them or came before them."""

    position: int
    listeners: set[_Listener] = field(default_factory=set)


class Feed:
    """Belongs to one event loop; `running` goes around the server's life."""

    def __init__(self, database: Database, writer: Commits, now: Now = clock.now_us) -> None:
        self._database = database
        self._writer = writer
        self._now = now
        self._channels: dict[int, _Channel] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._fresh = asyncio.Event()
        self._is_announced = False
        self._has_ended = False
        self.on_end: list[Callable[[], None]] = []

    @property
    def listeners(self) -> int:
        """Open streams."""
        return sum(len(channel.listeners) for channel in self._channels.values())

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Follow the writer's commits inside the block; its end closes every stream."""
        self._loop = asyncio.get_running_loop()
        self._writer.on_commit.append(self._committed)
        tasks = [asyncio.create_task(self._pump()), asyncio.create_task(self._ping())]
        try:
            yield
        finally:
            self._writer.on_commit.remove(self._committed)
            self.end()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def end(self) -> None:
        """Close every stream at once and open no more. Call in the loop's thread."""
        self._has_ended = True
        self._fresh.set()
        for callback in self.on_end:
            callback()
        for channel in self._channels.values():
            for listener in channel.listeners:
                listener.woken.set()

    async def subscribe(
        self, tenant_id: int, last_event_id: str | None = None
    ) -> AsyncGenerator[bytes, None]:
        """The stream of one listener: `hello`, what it missed since `last_event_id`, then what comes.

        Nothing is left out or repeated, or a `resync` says so: the id is unknown, too much was missed, or
        the listener reads too slowly. In a flood the newest of each batch are sent, as one event.
        """
        listener = _Listener()
        try:
            position = await self._join(tenant_id, listener)
            yield await self._greeting(tenant_id, last_event_id or None, position)
            while not self._has_ended:
                if not listener.messages:
                    listener.woken.clear()
                    await listener.woken.wait()
                    continue
                chunk = b"".join(listener.messages)
                listener.messages.clear()
                yield chunk
        finally:
            self._leave(tenant_id, listener)

    async def _join(self, tenant_id: int, listener: _Listener) -> int:
        """Push to `listener` from now on; the place up to which it has to fetch for itself."""
        if tenant_id not in self._channels:
            position = await asyncio.to_thread(self._last_seq)
            self._channels.setdefault(tenant_id, _Channel(position))
            # What was committed since that read was announced to nobody.
            self._fresh.set()
        channel = self._channels[tenant_id]
        channel.listeners.add(listener)
        return channel.position

    def _leave(self, tenant_id: int, listener: _Listener) -> None:
        channel = self._channels.get(tenant_id)
        if channel is not None:
            channel.listeners.discard(listener)
            if not channel.listeners:
                del self._channels[tenant_id]

    async def _greeting(self, tenant_id: int, last_event_id: str | None, position: int) -> bytes:
        place = cursor(position)
        data = {"cursor": place, "generated_at": clock.to_iso(self._now())}
        if last_event_id is None:
            return _event("hello", data, place)
        # Without an id: a connection that breaks before the replay must not resume behind it.
        hello = _event("hello", data)
        since = seq_of(last_event_id)
        if since is None or since > position:
            return hello + _resync("The Last-Event-ID is not known here.", place)
        if since == position:
            return hello
        missed = await asyncio.to_thread(self._after, tenant_id, since, REPLAY_LIMIT + 1)
        if len(missed) > REPLAY_LIMIT:
            return hello + _resync(f"More than {REPLAY_LIMIT} predictions were missed.", place)
        return hello + b"".join(_single(stored) for stored in missed if stored.seq <= position)

    def labelled(self, tenant_id: int, stored: StoredPrediction) -> None:
        """Tell everybody about a label. Call in the loop's thread; who is not there reads it with the prediction."""
        channel = self._channels.get(tenant_id)
        if channel is not None:
            message = _event("labelled", prediction_json(stored))
            for listener in channel.listeners:
                listener.push(message, cursor(channel.position))

    def _committed(self, seq: int) -> None:
        """Called in the writer's thread after each commit; one wake-up stands for all until we read."""
        if self._channels and not self._is_announced and self._loop is not None:
            self._is_announced = True
            with suppress(RuntimeError):  # the loop is closed: nobody listens any more
                self._loop.call_soon_threadsafe(self._fresh.set)

    async def _pump(self) -> None:
        while not self._has_ended:
            # Not wait_for: in Python 3.11 it may swallow a cancellation. https://github.com/python/cpython/issues/86296
            with suppress(TimeoutError):
                async with asyncio.timeout(FOREIGN_SECONDS):
                    await self._fresh.wait()
            self._fresh.clear()
            self._is_announced = False
            try:
                for tenant_id, channel in list(self._channels.items()):
                    await self._publish(tenant_id, channel)
            except Exception:
                # The loop must survive: positions stand still, the next round tries again.
                log.exception("the live feed can't read new predictions")
                await asyncio.sleep(FOREIGN_SECONDS)
            await asyncio.sleep(max(SHORTEST_PAUSE, self.listeners / WRITES_PER_SECOND))

    async def _publish(self, tenant_id: int, channel: _Channel) -> None:
        """Push what is new to everyone: one message of shared bytes."""
        new = await asyncio.to_thread(self._new, tenant_id, channel.position)
        if not new:
            return
        message = b"".join(map(_single, new)) if len(new) <= SINGLY else _batch(new)
        channel.position = new[-1].seq
        place = cursor(channel.position)
        for listener in channel.listeners:
            listener.push(message, place)

    async def _ping(self) -> None:
        while not self._has_ended:
            await asyncio.sleep(PING_SECONDS)
            everyone = [one for channel in self._channels.values() for one in channel.listeners]
            for number, listener in enumerate(everyone):
                if not listener.messages:
                    listener.messages.append(PING)
                    listener.woken.set()
                if number % 50 == 49:  # a thousand writes at once would hold up a prediction
                    await asyncio.sleep(0.02)

    def _last_seq(self) -> int:
        with self._database.reading() as connection:
            return events.last_seq(connection)

    def _after(self, tenant_id: int, seq: int, limit: int) -> list[StoredPrediction]:
        with self._database.reading() as connection:
            return events.after(connection, tenant_id, seq, limit)

    def _new(self, tenant_id: int, position: int) -> list[StoredPrediction]:
        """What came after `position`, oldest first; of a flood the newest only."""
        with self._database.reading() as connection:
            new = events.after(connection, tenant_id, position, LARGEST_BATCH + 1)
            if len(new) > LARGEST_BATCH:
                new = events.page(connection, tenant_id, EventFilter(), None, LARGEST_BATCH)[::-1]
        return new


def _event(name: str, data: Any, place: str | None = None) -> bytes:
    head = f"event: {name}\n" if place is None else f"event: {name}\nid: {place}\n"
    return head.encode() + b"data: " + msgspec.json.encode(data) + b"\n\n"


def _single(stored: StoredPrediction) -> bytes:
    return _event("prediction", prediction_json(stored), cursor(stored.seq))


def _batch(new: list[StoredPrediction]) -> bytes:
    return _event("predictions", [prediction_json(stored) for stored in new], cursor(new[-1].seq))


def _resync(reason: str, place: str) -> bytes:
    return _event("resync", {"reason": reason}, place)
