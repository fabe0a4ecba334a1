"""The client: `Client(url).record(…)`."""

from __future__ import annotations

import atexit
import os
import ssl
import weakref

from verascope_client.books import Stats
from verascope_client.clock import SYSTEM, Clock
from verascope_client.options import Options
from verascope_client.pipeline import Pipeline
from verascope_client.recorder import Recorder

_alive: weakref.WeakSet[Client] = weakref.WeakSet()


class Client(Recorder):
    """Reports predictions to one Verascope server. One for the whole process is enough; forked children get their own
    threads and send nothing of the parent's.

    url: of the server, `https://verascope.example.org`. key: from `verascope key create`. spool: a folder that several
    processes may share; without one, events wait in memory only. durability: `background`, `write` or `fsync`, what a
    returning `record` promises when there is a spool. The README has a table of all options.
    Raises ValueError when an option is wrong, and nothing afterwards.
    """

    def __init__(
        self,
        url: str,
        *,
        key: str | None = None,
        spool: str | os.PathLike[str] | None = None,
        durability: str = "background",
        batch_events: int = 500,
        batch_bytes: int = 1_000_000,
        batch_seconds: float = 1.0,
        max_events: int = 10_000,
        max_bytes: int = 16_000_000,
        spool_bytes: int = 200_000_000,
        spool_seconds: float = 0.05,
        sync_seconds: float = 1.0,
        timeout: float = 10.0,
        retry_seconds: float = 60.0,
        exit_seconds: float = 5.0,
        tls: ssl.SSLContext | None = None,
        clock: Clock = SYSTEM,
    ) -> None:
        self._options = Options(
            url,
            key,
            spool,
            durability,
            batch_events,
            batch_bytes,
            batch_seconds,
            max_events,
            max_bytes,
            spool_bytes,
            spool_seconds,
            sync_seconds,
            timeout,
            retry_seconds,
            exit_seconds,
            tls,
        )
        self._clock = clock
        self._time_ns = clock.time_ns
        self._pipeline = Pipeline(self._options, clock)
        self._take = self._pipeline.take
        _alive.add(self)

    def flush(self, timeout: float = 5.0) -> bool:
        return self._pipeline.flush(timeout)

    def close(self, timeout: float | None = None) -> bool:
        """Also called when the interpreter ends, with `exit_seconds`."""
        _alive.discard(self)
        return self._pipeline.close(self._options.exit_seconds if timeout is None else timeout)

    def stats(self) -> Stats:
        return self._pipeline.stats()

    @property
    def sender(self) -> str:
        """The name under which the server lists this process."""
        return self._pipeline.sender_id

    def _begin_in_child(self) -> None:
        self._pipeline.abandon()
        self._pipeline = Pipeline(self._options, self._clock)
        self._take = self._pipeline.take


def _after_fork() -> None:
    for client in list(_alive):
        client._begin_in_child()


def _at_exit() -> None:
    for client in list(_alive):
        client.close()


atexit.register(_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
