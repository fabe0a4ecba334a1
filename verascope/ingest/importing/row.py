"""The one shape in which every reader gives a file's rows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from verascope.errors import FieldError


@dataclass(frozen=True, slots=True)
class Broken:
    """Why a row can't even be split into its values. code: as in the errors of `ingest.event`."""

    code: str
    error: FieldError


@dataclass(frozen=True, slots=True)
class Row:
    """One row. place: its line in a text file, its rowid in SQLite, its number from 1 in Parquet."""

    place: int
    values: Mapping[str, object]
    broken: Broken | None = None


class Reader(Protocol):
    """An open file. columns: for each of our tables it holds, the file's columns. left_alone: its other tables."""

    @property
    def columns(self) -> Mapping[str, tuple[str, ...]]: ...

    @property
    def left_alone(self) -> tuple[str, ...]: ...

    @property
    def done(self) -> float:
        """How much of the table that is being read was read, 0 to 1."""
        ...

    def rows(self, table: str) -> Iterator[Row]:
        """The rows of one table, always in the same order. Raises SourceUnreadable where the file is damaged."""
        ...

    def close(self) -> None: ...
