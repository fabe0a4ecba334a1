"""Who a row is, so that importing it again stores nothing.

A row that carries a text id (a UUID, say) keeps it. Every other row gets a UUID made from what it says:

* with a number as id, from the source's name, that number, the time as it is written, and the file's hash: values
  another system never changes afterwards. A longer copy of the same database, or its rows exported as CSV, give
  the same ids; the file's name and place don't matter.
* without an id, from all it says, and how many equal rows came before it in the file: two equal rows are two
  predictions, and a longer copy of the file gives the first ones the same ids.

The time goes in as it is written, before `--timezone` turns it into UTC: importing with another zone, another scale
or another client meets the same ids, and is told as a conflict instead of being counted twice.

The form is UUIDv8 (RFC 9562) in the layout of version 7: 48 bits of milliseconds, then 74 bits of SHA-256, so that
neighbours in time stay neighbours in the index. Two different rows of one millisecond meet with a chance of 2^-74.
"""

import hashlib
from collections.abc import Iterable
from uuid import UUID

_TIME_BITS = (1 << 48) - 1


def number_of(value: object) -> int | None:
    """The number that a system counted its rows with, None when the id is something else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and value.isascii() and value.strip().isdigit():
        return int(value) if len(value) <= 20 else None
    return None


def uuid_of(wall_us: int, parts: Iterable[object]) -> str:
    """The UUID of what `parts` say, in the order of `wall_us`."""
    text = "\x1f".join("" if part is None else str(part) for part in parts)
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    bits = int.from_bytes(digest[:10], "big")
    value = (
        (wall_us // 1000 & _TIME_BITS) << 80
        | 8 << 76
        | (bits >> 68) << 64
        | 2 << 62
        | (bits & ((1 << 62) - 1))
    )
    return str(UUID(int=value))


class Repetitions:
    """How often rows without an id were seen. About 100 bytes for each of them."""

    def __init__(self) -> None:
        self._seen: set[bytes] = set()
        self._again: dict[bytes, int] = {}

    def before(self, parts: Iterable[object]) -> int:
        """How many rows that said the same came before this one."""
        text = "\x1f".join("" if part is None else str(part) for part in parts)
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:16]
        if digest not in self._seen:
            self._seen.add(digest)
            return 0
        self._again[digest] = self._again.get(digest, 0) + 1
        return self._again[digest]
