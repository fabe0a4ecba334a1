"""What runs behind a client in one process: buffer, spool, two threads. A forked child gets a new one."""

from __future__ import annotations

import os
import re
import secrets
import socket
import sys
import threading
import traceback
from collections.abc import Sequence

from verascope_client.books import Books, Stats
from verascope_client.buffer import Buffer, MemoryQueue, Raw
from verascope_client.calm import Calm, logger
from verascope_client.clock import Clock
from verascope_client.disk_queue import DiskQueue
from verascope_client.encoder import Encoder
from verascope_client.event import Item
from verascope_client.options import Options
from verascope_client.outbox import Outbox, Queue, Tally
from verascope_client.sender import Sender
from verascope_client.spool import Spool
from verascope_client.wire import Wire

LOOK_SECONDS = 60.0
"""How often folders of processes that died are looked for, and a spool that could not be opened is tried again."""

GATHER = 1000
"""Events encoded at once."""


class Pipeline:
    """Threads start with the first event; with `threads=False` whoever made it calls `write` and `send` instead.
    Raises ValueError for an address that is none.
    """

    def __init__(self, options: Options, clock: Clock, *, threads: bool = True) -> None:
        self.sender_id = _sender_id()
        self._options = options
        self._clock = clock
        self._calm = Calm(clock)
        self._buffer = Buffer(options.max_events, options.max_bytes)
        self.books = Books(lambda: self._buffer.total)
        self._encoder = Encoder(self.books, self._calm)
        self._wire = Wire(options.url, options.key, options.timeout, options.tls)
        self._memory = MemoryQueue(options.max_events, options.max_bytes)
        self._later = MemoryQueue(options.max_events, options.max_bytes)
        self._ours = Outbox(
            self.sender_id,
            self._memory,
            self._later,
            Tally(lambda: self.books.own_dropped),
            defer=self._defer,
        )
        self._spool: Spool | None = None
        self._spool_lock = threading.RLock()
        self._try_spool_at = self._look_at = clock.monotonic()
        self._synced_at = clock.monotonic()
        self._is_unsynced = False
        self.sender = Sender(
            options,
            self._wire,
            self._outboxes,
            self._backlog,
            self._gather,
            self._unreadable,
            self.books,
            self._calm,
            clock,
        )
        self._is_direct = options.durability != "background"
        self._writer_wake = threading.Event()
        self._sender_wake = threading.Event()
        self._first_wake = self._sender_wake if options.spool is None else self._writer_wake
        self._full = options.batch_events if options.spool is None else GATHER
        self._threads: list[threading.Thread] = []
        self._start_lock = threading.RLock()
        self._is_started = not threads
        self._start_again_at = 0.0
        self._is_closed = False
        self._stopping = threading.Event()
        self._hurry = threading.Event()

    # --- The host's call ---------------------------------------------------------------------

    def take(self, raw: Raw) -> bool:
        """Whether the event is kept as the durability promises. Does not raise what the host would notice."""
        if self._is_closed:
            self.books.record()
            self.books.drop("closed")
            return False
        if not self._is_started:
            self._start()
        if self._is_direct:
            return self._take_directly(raw)
        waiting, gone = self._buffer.put(raw)
        if gone:
            self.books.drop("memory", gone)
        if waiting in (1, self._full):
            self._first_wake.set()
            if waiting == self._full:
                self._hurry.set()
        return True

    def _take_directly(self, raw: Raw) -> bool:
        self.books.record()
        before = self.books.own_dropped
        items = self._encoder.encode([raw])
        if not items:
            return self.books.own_dropped == before
        try:
            spool = self._open_spool()
            if spool is not None:
                spool.append(items)
                if self._options.durability == "fsync":
                    spool.sync()
                elif not self._is_unsynced:
                    self._is_unsynced = True
                    self._writer_wake.set()
                self._calm_spool()
                self._wake_sender()
                return True
        except OSError as error:
            # A failed sync leaves the event in the file; under the same id it may then be sent from there and from here.
            self._spool_trouble(error)
        self._keep_in_memory(items)
        return False

    # --- The writer: from the buffer to the spool -----------------------------------------------

    def write(self) -> float | None:
        """Move what was recorded to the spool, or to memory when that fails. Seconds until the next sync is due."""
        self._look_around()
        while True:
            raws = self._buffer.take(GATHER)
            if not raws:
                break
            items = self._encoder.encode(raws)
            if not items:
                continue
            try:
                spool = self._open_spool()
                if spool is None:
                    self._keep_in_memory(items)
                    continue
                spool.append(items)
                self._is_unsynced = True
                self._calm_spool()
            except OSError as error:
                self._spool_trouble(error)
                self._keep_in_memory(items)
            self._wake_sender()
        return self._sync_when_due()

    def _sync_when_due(self) -> float | None:
        spool = self._spool
        if spool is None:
            return LOOK_SECONDS
        now = self._clock.monotonic()
        if not self._is_unsynced:
            return LOOK_SECONDS
        left = self._synced_at + self._options.sync_seconds - now
        if left > 0:
            return left
        self._is_unsynced = False
        self._synced_at = now
        try:
            spool.sync()
        except OSError as error:
            self._spool_trouble(error)
        return LOOK_SECONDS

    def _wake_sender(self) -> None:
        if self.sender.is_idle or self.sender.is_urgent or self._is_batch_full():
            self._sender_wake.set()

    def _is_batch_full(self) -> bool:
        return self._spool is not None and self._spool.waiting >= self._options.batch_events

    def _open_spool(self) -> Spool | None:
        """None when it can't be used; tried again every minute."""
        if self._spool is not None or self._options.spool_path is None:
            return self._spool
        with self._spool_lock:
            now = self._clock.monotonic()
            if now < self._try_spool_at:
                return self._spool
            self._try_spool_at = now + LOOK_SECONDS
            try:
                self._spool = Spool(
                    self._options.spool_path,
                    self.sender_id,
                    self._options.spool_bytes,
                    self._ours.tally,
                    self.books,
                    self._calm,
                )
                self._calm_spool()
            except OSError as error:
                self._spool_trouble(error)
            return self._spool

    def _look_around(self) -> None:
        """Take over what processes that died left behind."""
        now = self._clock.monotonic()
        if now < self._look_at:
            return
        self._look_at = now + LOOK_SECONDS
        spool = self._open_spool()
        if spool is not None and spool.adopt():
            self._sender_wake.set()

    def _spool_trouble(self, error: OSError) -> None:
        self._calm.trouble(
            "spool",
            "The spool %s can't be used (%s); events are kept in memory, up to %d of them",
            self._options.spool,
            error,
            self._options.max_events,
        )

    def _calm_spool(self) -> None:
        self._calm.over("spool", "The spool %s is in use again", self._options.spool)

    def _keep_in_memory(self, items: Sequence[Item]) -> None:
        gone = self._memory.append(items)
        if gone:
            self.books.drop("memory", gone)
        self._wake_sender()

    # --- The sender's surroundings -----------------------------------------------------------------

    def send(self) -> float | None:
        """One step of the sender. Seconds until the next; None when nothing waits."""
        if self.books.has_dropped("memory"):
            self._calm.note(
                "memory", "Memory for events is full: the oldest are dropped and counted"
            )
        wait = self.sender.step()
        if self._spool is not None:
            self._spool.release_empty()
        return wait

    def _backlog(self) -> int:
        return len(self._buffer) if self._options.spool is None else 0

    def _gather(self) -> None:
        """Without a spool the sender itself encodes, no more than fits into a batch."""
        if self._options.spool is not None:
            return
        missing = self._options.batch_events - len(self._memory)
        raws = self._buffer.take(max(0, missing))
        gone = self._memory.append(self._encoder.encode(raws)) if raws else 0
        if gone:
            self.books.drop("memory", gone)

    def _outboxes(self) -> Sequence[Outbox]:
        if self._spool is None:
            return [self._ours]
        return [*self._spool.outboxes(), self._ours]

    def _defer(self, items: Sequence[Item]) -> None:
        gone = self._later.append(items)
        if gone:
            self.books.drop("memory", gone)

    def _unreadable(self, outbox: Outbox, queue: Queue, error: OSError) -> None:
        self._calm.note("unreadable", "Part of the spool can't be read and is given up: %s", error)
        if self._spool is not None and isinstance(queue, DiskQueue):
            self._spool.give_up(outbox, queue)

    # --- Start, flush, end -------------------------------------------------------------------------

    def _start(self) -> None:
        with self._start_lock:
            now = self._clock.monotonic()
            if self._is_started or now < self._start_again_at:
                return
            try:
                todo = [("sender", self._run_sender)]
                if self._options.spool is not None:
                    todo.append(("writer", self._run_writer))
                for name, run in todo[len(self._threads) :]:
                    thread = threading.Thread(target=run, name=f"verascope-{name}", daemon=True)
                    thread.start()
                    self._threads.append(thread)
                self._is_started = True
                _finish_with_multiprocessing(self)
            except RuntimeError:
                # No thread can be started now; events wait in bounded memory.
                self._start_again_at = now + 1

    def _run_sender(self) -> None:
        if self._wire.shows_key:
            self._calm.note(
                "key", "The key travels in the clear to %s; use https", self._wire.place
            )
        while not self._stopping.is_set():
            self._sender_wake.clear()
            try:
                wait = self.send()
            except Exception:
                self._unexpected("sender")
                wait = self._options.retry_seconds
            if not self._stopping.is_set() and (wait is None or wait > 0):
                self._clock.wait(self._sender_wake, wait)

    def _run_writer(self) -> None:
        while not self._stopping.is_set():
            self._writer_wake.clear()
            try:
                wait = self.write()
            except Exception:
                self._unexpected("writer of the spool")
                wait = 1.0
            self._clock.wait(self._writer_wake, wait)
            # Several events are written at once.
            self._clock.wait(self._hurry, self._options.spool_seconds)
            if not self.sender.is_urgent and not self._stopping.is_set():
                self._hurry.clear()

    def _unexpected(self, who: str) -> None:
        self._calm.note(
            f"unexpected {who}", "The %s failed and goes on:\n%s", who, traceback.format_exc()
        )

    def flush(self, seconds: float) -> bool:
        """Whether the server answered for every event within the time."""
        if not self._is_started:
            self._start()
        deadline = self._clock.monotonic() + seconds
        self.sender.is_urgent = True
        self.sender.hurry()
        try:
            while self.books.pending > 0 and self._is_started:
                self._hurry.set()
                self._writer_wake.set()
                self._sender_wake.set()
                left = deadline - self._clock.monotonic()
                if left <= 0 or not all(thread.is_alive() for thread in self._threads):
                    break
                self._clock.wait(_NEVER, min(left, 0.01))
        finally:
            self.sender.is_urgent = False
            self._hurry.clear()
        return self.books.pending == 0

    def close(self, seconds: float) -> bool:
        """Send what can be sent in the time; the spool keeps the rest, without one the rest is dropped."""
        with self._start_lock:
            if self._is_closed:
                return self.books.pending == 0
            self._is_closed = True
        deadline = self._clock.monotonic() + seconds
        if self.books.pending > 0:
            self.flush(seconds)
        self._stopping.set()
        self._hurry.set()
        self._writer_wake.set()
        self._sender_wake.set()
        for thread in reversed(self._threads):
            thread.join(max(0.0, deadline - self._clock.monotonic()) + 0.1)
        if self._threads:
            self._leave(deadline)
        return self.books.pending == 0

    def _leave(self, deadline: float) -> None:
        sender, *writer = self._threads
        if writer and not writer[0].is_alive():
            self.write()
        left = len(self._memory) + len(self._later) + len(self._buffer)
        if left:
            self.books.drop("exit", left)
            logger.warning("%d events were not delivered before the end and are lost", left)
        if sender.is_alive():
            # It waits for an answer; the system lets go of the spool's lock when the process is gone.
            if self._spool is not None:
                self._spool.sync()
            return
        is_time = self._clock.monotonic() < deadline and not self.sender.is_failing
        if self._ours.tally.is_owed and is_time:
            self.sender.report(self._ours)
        if self._spool is not None:
            self._spool.close()
        self._wire.close()

    def abandon(self) -> None:
        """In a fork's child: everything belongs to the parent, only the descriptors are let go."""
        self._wire.close()
        if self._spool is not None:
            self._spool.abandon()

    def stats(self) -> Stats:
        return self.books.stats()


_NEVER = threading.Event()


def _sender_id() -> str:
    """Names the process to whoever runs the server, and is new for each: host, process, chance."""
    try:
        host = re.sub(r"[^A-Za-z0-9_.-]", "-", socket.gethostname())[:40].lstrip(".-") or "host"
    except OSError:
        host = "host"
    return f"{host}-{os.getpid()}-{secrets.token_hex(4)}"


def _finish_with_multiprocessing(pipeline: Pipeline) -> None:
    """Its forked workers end without the interpreter's exit handlers, but run their own."""
    if "multiprocessing.util" in sys.modules and sys.modules.get("multiprocessing.process"):
        from multiprocessing import process, util

        if process.parent_process() is not None:
            seconds = pipeline._options.exit_seconds
            util.Finalize(None, pipeline.close, args=(seconds,), exitpriority=0)
