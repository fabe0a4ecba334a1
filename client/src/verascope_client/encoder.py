"""Calls become events: in the background, where time is cheap and a mistake of the host is only counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from verascope_client.books import Books
from verascope_client.buffer import Raw
from verascope_client.calm import Calm
from verascope_client.event import Item, Unfit, encode


class Encoder:
    """What can't be right is dropped, counted by reason, and said once."""

    def __init__(self, books: Books, calm: Calm) -> None:
        self._books = books
        self._calm = calm

    def encode(self, raws: Sequence[Raw]) -> list[Item]:
        """In the order of the calls."""
        items: list[Item] = []
        for raw in raws:
            found = self._read(raw)
            if len(found) != 1:
                # One call was counted so far.
                self._books.record(len(found) - 1)
            for fields in found:
                item = self._encode_one(raw.now_ns, fields)
                if item is not None:
                    items.append(item)
        return items

    def _encode_one(self, now_ns: int, fields: Mapping[str, Any]) -> Item | None:
        try:
            return encode(now_ns, fields)
        except Unfit as unfit:
            kind = f"invalid {unfit.field}"
            self._books.drop(kind)
            self._calm.note(kind, "An event was dropped: %s. This is said once", unfit)
        except Exception as error:
            self._books.drop("invalid")
            self._calm.note("invalid", "An event was dropped: %r. This is said once", error)
        return None

    def _read(self, raw: Raw) -> list[Mapping[str, Any]]:
        """What was recorded, or read from what was seen. A reading that fails is one event that is dropped."""
        if not callable(raw.payload):
            return [raw.payload]
        try:
            return list(raw.payload())
        except Exception as error:
            self._calm.note(
                f"answer {type(error).__name__}",
                "An answer can't be read, its prediction is dropped: %s. This is said once",
                str(error) or repr(error),
            )
            self._books.record()
            self._books.drop("answer")
            return []
