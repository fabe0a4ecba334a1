"""What waits to be sent in the name of one sender."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Callable, Protocol

from verascope_client.event import Item


class Queue(Protocol):
    """First in, first out. One thread takes; what it peeked stays until it is settled."""

    def peek(self, max_events: int, max_bytes: int) -> list[Item]: ...
    def ack(self, count: int) -> None: ...
    def __len__(self) -> int: ...


class Tally:
    """What one sender dropped. total: since it began. reported: the highest total the server knows."""

    def __init__(self, total: Callable[[], int]) -> None:
        self.total = total
        self.reported = 0

    @property
    def is_owed(self) -> bool:
        return self.total() > self.reported


class Outbox:
    """main: in order. later: what the server wants to be asked again, because its clock is behind; `defer` puts it
    there. is_ours: of this process, not of one that died.
    """

    def __init__(
        self,
        sender: str,
        main: Queue,
        later: Queue,
        tally: Tally,
        *,
        defer: Callable[[Sequence[Item]], None],
        is_ours: bool = True,
    ) -> None:
        self.sender = sender
        self.main = main
        self.later = later
        self.tally = tally
        self.defer = defer
        self.is_ours = is_ours
        self.later_at = 0.0
        self.later_left = 0

    def __len__(self) -> int:
        return len(self.main) + len(self.later)
