"""What became of every event: the books of one sending process, which balance at any time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Stats:
    """recorded + adopted = delivered + rejected + dropped + pending, events each.

    adopted: found in the spool of a process that died. delivered: the server has them, `duplicate` of them since
    before. rejected: the server refused them for good. dropped: lost on this side, by reason in `dropped_by`.
    pending: in memory or in the spool.
    """

    recorded: int = 0
    adopted: int = 0
    delivered: int = 0
    duplicate: int = 0
    rejected: int = 0
    dropped: int = 0
    pending: int = 0
    dropped_by: dict[str, int] = field(default_factory=dict)


class Books:
    """Counts from any thread. calls: events that were recorded and are counted elsewhere, so that a call of the host
    waits for one lock only.
    """

    def __init__(self, calls: Callable[[], int] = int) -> None:
        self._calls = calls
        # Re-entrant: a destructor that runs inside may record something itself.
        self._lock = threading.RLock()
        self._recorded = self._adopted = self._delivered = 0
        self._duplicate = self._rejected = self._dropped = 0
        self._own_dropped = 0
        self._by: dict[str, int] = {}

    def record(self, count: int = 1) -> None:
        with self._lock:
            self._recorded += count

    def adopt(self, count: int) -> None:
        with self._lock:
            self._adopted += count

    def settle(self, delivered: int, duplicate: int, rejected: int) -> None:
        """delivered: duplicates included."""
        with self._lock:
            self._delivered += delivered
            self._duplicate += duplicate
            self._rejected += rejected

    def drop(self, reason: str, count: int = 1, *, own: bool = True) -> None:
        """own: recorded by this process; what another one recorded is reported in its name."""
        with self._lock:
            self._dropped += count
            self._own_dropped += count if own else 0
            self._by[reason] = self._by.get(reason, 0) + count

    def has_dropped(self, reason: str) -> bool:
        return reason in self._by

    @property
    def own_dropped(self) -> int:
        return self._own_dropped

    @property
    def pending(self) -> int:
        with self._lock:
            settled = self._delivered + self._rejected + self._dropped
            return self._calls() + self._recorded + self._adopted - settled

    def stats(self) -> Stats:
        with self._lock:
            return Stats(
                self._calls() + self._recorded,
                self._adopted,
                self._delivered,
                self._duplicate,
                self._rejected,
                self._dropped,
                self.pending,
                dict(self._by),
            )
