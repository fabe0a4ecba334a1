"""The spool: a folder in which each process has a folder of its own, and takes over those of processes that died.

SPOOL/host-4711-1f2e3d4c/     named like the sender; a new one for each process
    lock                      locked as long as the process lives (flock; the system lets go of it, whatever happens)
    dropped                   how many events this sender dropped so far
    main/  later/             queues of segment files
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Sequence
from pathlib import Path

from verascope_client.books import Books
from verascope_client.calm import Calm
from verascope_client.disk_queue import DiskQueue, sync_folder
from verascope_client.event import Item
from verascope_client.outbox import Outbox, Tally

try:
    import fcntl
except ImportError:  # pragma: no cover - not on POSIX
    fcntl = None  # type: ignore[assignment]

SEGMENT_BYTES = 1_000_000


class _Room:
    """The folder of one sender, locked. tally: of this process, whose folder is made; None takes over one that is there.
    Raises BlockingIOError when its owner lives, OSError otherwise.
    """

    def __init__(self, path: Path, segment_bytes: int, tally: Tally | None = None) -> None:
        fresh = tally is not None
        self.path = path
        place = path.with_name(f".new-{path.name}") if fresh else path
        if fresh:
            place.mkdir(mode=0o700)
        self._lock = _locked(place / "lock", create=fresh)
        self.main: DiskQueue
        try:
            if fresh:
                # Only now can others see it; they would take an unlocked one for an orphan.
                place.rename(path)
                sync_folder(path.parent)
            self.main = DiskQueue(path / "main", segment_bytes)
            self.later = DiskQueue(path / "later", segment_bytes)
        except BaseException:
            os.close(self._lock)
            raise
        self.dropped = self._read_dropped()
        self.outbox = Outbox(
            path.name,
            self.main,
            self.later,
            tally or Tally(lambda: self.dropped),
            defer=self.later.append,
            is_ours=fresh,
        )

    @property
    def size(self) -> int:
        return self.main.size + self.later.size

    def note_dropped(self, total: int) -> None:
        """Keep the figure for whoever takes the folder over."""
        if total == self.dropped:
            return
        self.dropped = total
        with contextlib.suppress(OSError):
            path = self.path / "dropped.new"
            path.write_text(str(total))
            path.replace(self.path / "dropped")

    def close(self) -> None:
        """Leave what waits; remove the folder if nothing does and nothing has to be told."""
        self.main.close()
        self.later.close()
        if len(self.outbox) == 0 and not self.outbox.tally.is_owed:
            for name in ("dropped", "dropped.new", "lock"):
                with contextlib.suppress(OSError):
                    (self.path / name).unlink()
            with contextlib.suppress(OSError):
                self.path.rmdir()
        os.close(self._lock)

    def abandon(self) -> None:
        """In a fork's child: the lock is the parent's and stays."""
        self.main.abandon()
        self.later.abandon()
        with contextlib.suppress(OSError):
            os.close(self._lock)

    def _read_dropped(self) -> int:
        try:
            return int((self.path / "dropped").read_text())
        except (OSError, ValueError):
            return 0


class Spool:
    """All that this process keeps on disk: its own folder and those it took over."""

    def __init__(
        self, root: Path, sender: str, limit: int, tally: Tally, books: Books, calm: Calm
    ) -> None:
        """limit: bytes. Raises OSError when the folder can't be used."""
        if fcntl is None:
            raise OSError("this system has no flock")
        self._root = root
        self._limit = limit
        self._books = books
        self._calm = calm
        self._segment_bytes = max(4_096, min(SEGMENT_BYTES, limit // 8))
        self._adopted: dict[str, _Room] = {}
        self._lock = threading.RLock()
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._own = _Room(root / sender, self._segment_bytes, tally)

    def append(self, items: Sequence[Item]) -> None:
        """Raises OSError; nothing is kept then."""
        self._own.main.append(items)
        self.keep_within_limit()

    @property
    def waiting(self) -> int:
        """Events of this process."""
        return len(self._own.main)

    def sync(self) -> None:
        """What was appended survives a power cut; the count of what was dropped is noted. Raises OSError."""
        self._own.note_dropped(self._books.own_dropped)
        self._own.main.sync()
        self._own.later.sync()

    def outboxes(self) -> list[Outbox]:
        """The oldest first, this process's own last."""
        with self._lock:
            return [*(room.outbox for room in self._adopted.values()), self._own.outbox]

    def adopt(self) -> int:
        """Take over the folders of processes that died; how many events were in them."""
        found = 0
        for path in self._strangers():
            try:
                room = _Room(path, self._segment_bytes)
            except OSError:
                # Its owner lives, or somebody else was faster.
                continue
            count = len(room.outbox)
            damaged = room.main.damaged + room.later.damaged
            if damaged:
                room.note_dropped(room.dropped + damaged)
                self._calm.note("damaged", "%d events in %s were damaged", damaged, path)
            self._books.adopt(count)
            found += count
            with self._lock:
                self._adopted[path.name] = room
        self.keep_within_limit()
        return found

    def release_empty(self) -> None:
        """Remove folders that were taken over, once all of them is sent."""
        with self._lock:
            for name, room in list(self._adopted.items()):
                if len(room.outbox) == 0 and not room.outbox.tally.is_owed:
                    del self._adopted[name]
                    room.close()

    def keep_within_limit(self) -> None:
        """Drop the oldest files while there is too much."""
        with self._lock:
            rooms = [*self._adopted.values(), self._own]
            while sum(room.size for room in rooms) > self._limit:
                if not any(self._drop_from(room) for room in rooms):
                    return

    def give_up(self, outbox: Outbox, queue: DiskQueue) -> None:
        """Drop a file that can't be read."""
        self._count(self._room_of(outbox), queue.give_up_first(), "damaged")

    def close(self) -> None:
        """Let go of all folders; what waits is left for the next process."""
        with self._lock:
            self._own.note_dropped(self._books.own_dropped)
            for room in [*self._adopted.values(), self._own]:
                room.close()
            self._adopted = {}

    def abandon(self) -> None:
        """In a fork's child: close the descriptors and nothing else."""
        for room in [*self._adopted.values(), self._own]:
            room.abandon()

    def _drop_from(self, room: _Room) -> bool:
        gone = room.main.drop_oldest() or room.later.drop_oldest()
        if gone:
            self._count(room, gone, "spool")
            self._calm.trouble(
                "spool full",
                "The spool is full (%d bytes): the oldest events are dropped",
                self._limit,
            )
        return gone > 0

    def _count(self, room: _Room | None, gone: int, reason: str) -> None:
        own = room is self._own or room is None
        self._books.drop(reason, gone, own=own)
        if room is not None and not own:
            room.note_dropped(room.dropped + gone)

    def _room_of(self, outbox: Outbox) -> _Room | None:
        rooms = [*self._adopted.values(), self._own]
        return next((room for room in rooms if room.outbox is outbox), None)

    def _strangers(self) -> list[Path]:
        known = {*self._adopted, self._own.path.name}
        try:
            found = [
                path
                for path in self._root.iterdir()
                if not path.name.startswith(".") and path.name not in known and path.is_dir()
            ]
            return sorted(found, key=lambda path: (path.stat().st_mtime, path.name))
        except OSError:
            return []


def _locked(path: Path, *, create: bool) -> int:
    """The descriptor of a lock file that is ours now. Raises OSError."""
    fd = os.open(path, os.O_RDWR | (os.O_CREAT if create else 0), 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Whoever had it before may have removed it while we waited at the door.
        if not os.path.samestat(os.fstat(fd), path.stat()):
            raise FileNotFoundError(path)
    except OSError:
        os.close(fd)
        raise
    return fd
