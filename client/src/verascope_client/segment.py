"""One file of the spool: frames one after another, each with its length and checksum.

A frame is 16 bytes and the line: length of the line (4), CRC-32 of what follows (4), the microsecond it was recorded
at (8), the line; little-endian. A process that dies while it writes leaves a torn last frame, which is noticed.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from verascope_client.event import Item

_HEAD = struct.Struct("<II")
_TIME = struct.Struct("<Q")
HEAD_BYTES = _HEAD.size + _TIME.size
MAX_LINE = 1_000_000
"""Bytes; a longer event is none, and a longer frame is damage."""


class Found(NamedTuple):
    """What a file holds. good: events. end: where the good part ends. damaged: frames whose checksum is wrong."""

    good: int
    end: int
    damaged: int


def frame(item: Item) -> bytes:
    body = _TIME.pack(item.recorded_us) + item.line
    return _HEAD.pack(len(item.line), zlib.crc32(body)) + body


def write(fd: int, items: Sequence[Item], at: int) -> int:
    """Append to a file that ends at `at`; the new end. Raises OSError, with the file as it was before if the
    system allows.
    """
    data = memoryview(b"".join(map(frame, items)))
    done = 0
    try:
        while done < len(data):
            done += os.pwrite(fd, data[done:], at + done)
    except OSError:
        os.ftruncate(fd, at)
        raise
    return at + len(data)


def scan(path: Path, start: int = 0) -> Found:
    """Look through a file of a process that is gone."""
    count = damaged = 0
    end = start
    for good, stop in _frames(path.read_bytes(), start):
        count += good is not None
        damaged += good is None
        end = stop
    return Found(count, end, damaged)


def read(path: Path, start: int, end: int, events: int, size: int) -> list[tuple[Item, int]]:
    """(event, where its frame ends) from `start` on: as many as lie wholly within `size` bytes, at least one."""
    with path.open("rb") as file:
        file.seek(start)
        data = file.read(min(end - start, size))
        pairs = _good(data, start, events)
        if not pairs and start + len(data) < end:
            data += file.read(min(end - start - len(data), MAX_LINE + HEAD_BYTES))
            pairs = _good(data, start, 1)
    return pairs


def _good(data: bytes, start: int, events: int) -> list[tuple[Item, int]]:
    frames = ((item, start + stop) for item, stop in _frames(data, 0) if item is not None)
    return list(islice(frames, events))


def _frames(data: bytes, start: int) -> Iterator[tuple[Item | None, int]]:
    """(event, or None where the checksum is wrong; end of the frame) up to where no frame can be."""
    while start + HEAD_BYTES <= len(data):
        length, crc = _HEAD.unpack_from(data, start)
        stop = start + HEAD_BYTES + length
        if not 0 < length <= MAX_LINE or stop > len(data):
            return
        body = data[start + _HEAD.size : stop]
        if zlib.crc32(body) == crc:
            yield Item(_TIME.unpack_from(body)[0], bytes(body[_TIME.size :])), stop
        else:
            yield None, stop
        start = stop
