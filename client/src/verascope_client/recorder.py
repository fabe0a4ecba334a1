"""What a host calls. `Client` sends what it gets to a server, `testing.MemoryClient` keeps it for a test."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn

from verascope_client.books import Stats
from verascope_client.buffer import Raw, Read

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

    from verascope_client.event import Fields

_raw = tuple.__new__
"""Without the generated constructor, which is a call more."""

RAW_BYTES = 500
"""About what an event without its texts occupies."""


class Recorder(ABC):
    """Safe to use from any thread. Whoever implements it sets `_take`, which says whether an event is kept."""

    _take: Callable[[Raw], bool]
    _time_ns: Callable[[], int] = staticmethod(time.time_ns)

    def record(self, *unexpected: NoReturn, **fields: Unpack[Fields]) -> bool:
        """Note one prediction, now. Never raises, and returns at once.

        True when it is kept as the client's durability promises. What can't be right is noticed later, in the
        background: dropped, counted, and said once in the log. Texts and numbers should not change after the call.
        """
        try:
            if unexpected:
                return self._take(
                    Raw(self._time_ns(), {"positional argument": unexpected}, RAW_BYTES)
                )
            size = RAW_BYTES
            for value in fields.values():
                if value.__class__ is str or value.__class__ is bytes:
                    size += len(value)
            if "tags" in fields:
                # The host may go on using its mapping.
                tags: Any = fields["tags"]
                if tags.__class__ is dict:
                    fields["tags"] = dict(tags)
                    size += 100 * len(tags)
            return self._take(_raw(Raw, (self._time_ns(), fields, size)))
        except Exception:
            return False

    def observe(self, read: Read, size: int) -> bool:
        """Note what `read` will make out of something seen now; for middleware. It is called in the background and
        gives the fields of any number of predictions. size: bytes it holds in memory. Never raises.
        """
        try:
            return self._take(Raw(self._time_ns(), read, RAW_BYTES + size))
        except Exception:
            return False

    @abstractmethod
    def flush(self, timeout: float = 5.0) -> bool:
        """Wait until the server has answered for everything recorded before; False when the time was not enough."""

    @abstractmethod
    def close(self, timeout: float | None = None) -> bool:
        """Send what waits, then end; what is recorded later is dropped. False when something was left."""

    @abstractmethod
    def stats(self) -> Stats:
        """What became of the events so far."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
