"""Events in files: a queue that a crash of its process leaves whole."""

from __future__ import annotations

import contextlib
import os
import threading
import zlib
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from verascope_client import segment
from verascope_client.event import Item

_SUFFIX = ".seg"


class _Segment:
    """number: rises from file to file. end: bytes written. count: events in it that are not settled."""

    __slots__ = ("count", "end", "number", "path")

    def __init__(self, folder: Path, number: int, end: int = 0, count: int = 0) -> None:
        self.number = number
        self.path = folder / f"{number:08d}{_SUFFIX}"
        self.end = end
        self.count = count


class DiskQueue:
    """First in, first out, over segment files in a folder of its own. Whoever opens it holds the folder's lock.

    Opened on a folder with files it goes on where the last owner's cursor stood, or a little before: what was settled
    but not noted is sent again under the same ids. Never appends to files it found. One thread takes from it, any may
    append.
    """

    def __init__(self, folder: Path, segment_bytes: int) -> None:
        """Raises OSError. `damaged`: frames found with a wrong checksum, which are skipped."""
        self.damaged = 0
        self._folder = folder
        self._segment_bytes = segment_bytes
        self._segments: deque[_Segment] = deque()
        self._fd: int | None = None
        self._cursor: int | None = None
        self._offset = 0
        self._ends: list[int] = []
        self._count = 0
        self._next = 1
        self._is_synced = True
        self._lock = threading.RLock()
        folder.mkdir(mode=0o700, exist_ok=True)
        self._load()

    def append(self, items: Sequence[Item]) -> None:
        """In the file when this returns: a crash of the process keeps it, a power cut only after `sync`.
        Raises OSError; none of the items is then in the queue.
        """
        with self._lock:
            if self._fd is None or self._segments[-1].end >= self._segment_bytes:
                self._rotate()
            assert self._fd is not None
            last = self._segments[-1]
            last.end = segment.write(self._fd, items, last.end)
            last.count += len(items)
            self._count += len(items)
            self._is_synced = False

    def peek(self, max_events: int, max_bytes: int) -> list[Item]:
        """The oldest, as many as fit, at least one if there is one; they stay until `ack`. Raises OSError."""
        with self._lock:
            self._remove_settled()
            if not self._segments or self._segments[0].count == 0:
                return []
            first = self._segments[0]
            pairs = segment.read(first.path, self._offset, first.end, max_events, max_bytes)
            self._ends = [end for _, end in pairs]
            return [item for item, _ in pairs]

    def ack(self, count: int) -> None:
        """The first `count` of the last peek are settled."""
        if count == 0:
            return
        with self._lock:
            self._offset = self._ends[count - 1]
            self._ends = self._ends[count:]
            self._segments[0].count -= count
            self._count -= count
            self._note_cursor()
            self._remove_settled()

    def drop_oldest(self) -> int:
        """Give up the oldest file that is neither written nor under way; how many events were in it."""
        with self._lock:
            first = 1 if self._ends else 0
            last = len(self._segments) - (self._fd is not None)
            if first >= last:
                return 0
            gone = self._segments[first]
            del self._segments[first]
            if first == 0:
                self._offset = 0
            self._unlink(gone)
            self._count -= gone.count
            return gone.count

    def give_up_first(self) -> int:
        """Drop the first file, which can't be read; how many events were said to be in it."""
        with self._lock:
            self._ends = []
            if self._fd is not None and len(self._segments) == 1:
                os.close(self._fd)
                self._fd = None
            gone = self._segments.popleft()
            self._offset = 0
            self._unlink(gone)
            self._count -= gone.count
            return gone.count

    def sync(self) -> None:
        """Everything appended so far survives a power cut. Raises OSError."""
        with self._lock:
            if self._is_synced or self._fd is None:
                return
            # Another descriptor, so that appending goes on meanwhile.
            fd, self._is_synced = os.dup(self._fd), True
        try:
            os.fsync(fd)
        except OSError:
            self._is_synced = False
            raise
        finally:
            os.close(fd)

    @property
    def size(self) -> int:
        """Bytes on disk."""
        with self._lock:
            return sum(one.end for one in self._segments)

    def __len__(self) -> int:
        return self._count

    def close(self) -> None:
        """Leave the files; remove them all if nothing waits in them."""
        with self._lock:
            with contextlib.suppress(OSError):
                self.sync()
            self.abandon()
            if self._count == 0:
                with contextlib.suppress(OSError):
                    for path in self._folder.iterdir():
                        path.unlink()
                    self._folder.rmdir()

    def abandon(self) -> None:
        """Let go of the descriptors; the files belong to somebody else."""
        for fd in (self._fd, self._cursor):
            if fd is not None:
                with contextlib.suppress(OSError):
                    os.close(fd)
        self._fd = self._cursor = None

    def _load(self) -> None:
        number, offset = self._read_cursor()
        for path in sorted(self._folder.glob(f"*{_SUFFIX}")):
            if not path.stem.isdigit():
                continue
            one = _Segment(self._folder, int(path.stem))
            self._next = max(self._next, one.number + 1)
            if one.number < number:
                self._unlink(one)
                continue
            start = offset if one.number == number else 0
            found = segment.scan(path, start)
            self.damaged += found.damaged
            if found.good == 0:
                self._unlink(one)
                continue
            if not self._segments:
                self._offset = start
            one.end, one.count = found.end, found.good
            self._segments.append(one)
            self._count += found.good

    def _rotate(self) -> None:
        fresh = _Segment(self._folder, self._next)
        fd = os.open(fresh.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        if self._fd is not None:
            with contextlib.suppress(OSError):
                self.sync()
            os.close(self._fd)
        self._fd = fd
        self._next += 1
        self._segments.append(fresh)
        sync_folder(self._folder)

    def _remove_settled(self) -> None:
        while self._segments and self._segments[0].count == 0:
            if len(self._segments) == 1 and self._fd is not None:
                return
            self._unlink(self._segments.popleft())
            self._offset = 0

    def _unlink(self, one: _Segment) -> None:
        with contextlib.suppress(OSError):
            one.path.unlink()

    def _note_cursor(self) -> None:
        """Not synced: after a power cut some are sent twice, under the same ids."""
        text = f"{self._segments[0].number:08d} {self._offset:012d}".encode()
        try:
            if self._cursor is None:
                self._cursor = os.open(self._folder / "cursor", os.O_RDWR | os.O_CREAT, 0o600)
            os.pwrite(self._cursor, text + b" %08x\n" % zlib.crc32(text), 0)
        except OSError:
            # A full disk: the same as a cursor that was lost.
            pass

    def _read_cursor(self) -> tuple[int, int]:
        """(file, offset); (0, 0) when there is none, or half of one."""
        try:
            number, offset, crc = (self._folder / "cursor").read_bytes().split()
            if zlib.crc32(number + b" " + offset) == int(crc, 16):
                return int(number), int(offset)
        except (OSError, ValueError):
            pass
        return 0, 0


def sync_folder(folder: Path) -> None:
    """New names in it survive a power cut."""
    with contextlib.suppress(OSError):
        fd = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
