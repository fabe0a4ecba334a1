"""Bounded memory: what the host's calls leave behind, and encoded events on their way out."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Callable, NamedTuple

from verascope_client.event import Item

Read = Callable[[], Iterable[Mapping[str, Any]]]
"""Makes the fields of some events out of what was seen; called in the background."""


class Raw(NamedTuple):
    """A call of `record` as it came, or something seen that is still to be read. size: bytes, estimated."""

    now_ns: int
    payload: Mapping[str, Any] | Read
    size: int


class Buffer:
    """The newest calls, up to a count and a size; the oldest give way. total: all there ever were."""

    def __init__(self, max_events: int, max_bytes: int) -> None:
        self._max_events = max_events
        self._max_bytes = max_bytes
        self._raws: deque[Raw] = deque()
        self._bytes = 0
        self.total = 0
        # Re-entrant: a signal handler or destructor that records must not wait for itself.
        self._lock = threading.RLock()

    def put(self, raw: Raw) -> tuple[int, int]:
        """(how many are waiting now, how many gave way)."""
        with self._lock:
            self._raws.append(raw)
            self.total += 1
            self._bytes += raw.size
            gone = 0
            while len(self._raws) > self._max_events or self._bytes > self._max_bytes:
                self._bytes -= self._raws.popleft().size
                gone += 1
            return len(self._raws), gone

    def take(self, most: int) -> list[Raw]:
        """The oldest, at most so many."""
        with self._lock:
            taken = [self._raws.popleft() for _ in range(min(most, len(self._raws)))]
            self._bytes -= sum(raw.size for raw in taken)
            return taken

    def __len__(self) -> int:
        return len(self._raws)


class MemoryQueue:
    """Encoded events, first in first out. The batch under way is never among those that give way."""

    def __init__(self, max_events: int, max_bytes: int) -> None:
        self._max_events = max_events
        self._max_bytes = max_bytes
        self._held: deque[Item] = deque()
        self._items: deque[Item] = deque()
        self._bytes = 0
        self._lock = threading.Lock()

    def append(self, items: Sequence[Item]) -> int:
        """How many older ones gave way."""
        with self._lock:
            self._items.extend(items)
            self._bytes += sum(len(item.line) for item in items)
            gone = 0
            while len(self._items) > self._max_events or self._bytes > self._max_bytes:
                self._bytes -= len(self._items.popleft().line)
                gone += 1
            return gone

    def peek(self, max_events: int, max_bytes: int) -> list[Item]:
        """The oldest, as many as fit, at least one if there is one; they stay until `ack`."""
        with self._lock:
            while len(self._held) < max_events and self._items:
                item = self._items.popleft()
                self._bytes -= len(item.line)
                self._held.append(item)
            return fitting(self._held, max_events, max_bytes)

    def ack(self, count: int) -> None:
        """The first `count` of the last peek are settled."""
        with self._lock:
            for _ in range(count):
                self._held.popleft()

    def __len__(self) -> int:
        return len(self._held) + len(self._items)


def fitting(items: Iterable[Item], max_events: int, max_bytes: int) -> list[Item]:
    """The first ones that fit into a batch; one in any case."""
    chosen: list[Item] = []
    size = 0
    for item in items:
        size += len(item.line) + 1
        if chosen and (size > max_bytes or len(chosen) >= max_events):
            break
        chosen.append(item)
    return chosen
