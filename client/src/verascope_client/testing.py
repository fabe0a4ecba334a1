"""For the tests of services that use the client: a client without threads, disk or network."""

from __future__ import annotations

import json
import threading
from typing import Any

from verascope_client.books import Books, Stats
from verascope_client.buffer import Raw
from verascope_client.event import Unfit, encode
from verascope_client.recorder import Recorder


class MemoryClient(Recorder):
    """Keeps what `Client` would send. events: as the server would get them, in order. dropped: what `Client` would drop
    and only log, one sentence each. Like `Client` it never raises in `record`; the assertions do.
    """

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.dropped: list[str] = []
        self.is_closed = False
        self._books = Books()
        self._lock = threading.RLock()
        self._take = self._keep

    def assert_recorded(self, count: int | None = None, **expected: Any) -> list[dict[str, Any]]:
        """Fail unless that many events (at least one without a count) have these values; the events. A value that is
        callable is asked: `confidence=lambda c: c > 90`.
        """
        assert not self.dropped, f"dropped: {self.dropped}"
        found = [event for event in self.events if _matches(event, expected)]
        wanted = "at least 1" if count is None else str(count)
        is_enough = bool(found) if count is None else len(found) == count
        assert is_enough, f"expected {wanted} with {expected}, found {len(found)} in {self.events}"
        return found

    def assert_nothing_recorded(self) -> None:
        assert not self.dropped, f"dropped: {self.dropped}"
        assert not self.events, f"recorded: {self.events}"

    def clear(self) -> None:
        """Forget all events, as between two tests."""
        with self._lock:
            self.events.clear()
            self.dropped.clear()
            self._books = Books()

    def flush(self, timeout: float = 5.0) -> bool:
        return True

    def close(self, timeout: float | None = None) -> bool:
        self.is_closed = True
        return True

    def stats(self) -> Stats:
        return self._books.stats()

    def _keep(self, raw: Raw) -> bool:
        with self._lock:
            if self.is_closed:
                self._drop("closed", "recorded after close")
                return False
            try:
                several = list(raw.payload()) if callable(raw.payload) else [raw.payload]
            except Exception as error:
                self._drop("answer", str(error) or repr(error))
                return True
            for fields in several:
                try:
                    line = encode(raw.now_ns, fields).line
                except Unfit as unfit:
                    self._drop(f"invalid {unfit.field}", str(unfit))
                    continue
                self.events.append(json.loads(line))
                self._books.record()
                self._books.settle(1, 0, 0)
            return True

    def _drop(self, reason: str, text: str) -> None:
        self.dropped.append(text)
        self._books.record()
        self._books.drop(reason)


def _matches(event: dict[str, Any], expected: dict[str, Any]) -> bool:
    for name, value in expected.items():
        if name not in event:
            return False
        if not (value(event[name]) if callable(value) else event[name] == value):
            return False
    return True
