"""Other programs' files, opened for reading and never changed: SQLite databases and Parquet.

SQLite is read in pages, each with a connection of its own: a read transaction held for the length of an
import would keep a system that still runs from writing.
"""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb

from verascope import clock
from verascope.errors import SourceUnreadable
from verascope.store.database import APPLICATION_ID

PAGE_ROWS = 2_000
_WAL = 2
"""The file format version at bytes 18 and 19 of a database in WAL mode. https://sqlite.org/fileformat2.html"""


class SqliteFile:
    """A database of another program. tables: name as we spell it → its columns, in order."""

    def __init__(self, path: Path, wanted: Sequence[str]) -> None:
        """Raises SourceUnreadable when it is damaged, is one of ours, or has none of the `wanted` tables."""
        self._path = path
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._names: dict[str, str] = {}
        self.tables: dict[str, tuple[str, ...]] = {}
        self.left_alone: tuple[str, ...] = ()
        try:
            if _needs_copy(path):
                self._copy()
            try:
                self._look(wanted)
            except SourceUnreadable:
                # A journal that a crash left can't be rolled back in place by one who may not write.
                if self._is_copy or not _beside(path, "-journal").exists():
                    raise
                self._copy()
                self._look(wanted)
        except BaseException:
            self.close()
            raise

    @property
    def _is_copy(self) -> bool:
        return self._folder is not None

    def _look(self, wanted: Sequence[str]) -> None:
        with self._reading() as connection:
            (owner,) = connection.execute("PRAGMA application_id").fetchone()
            if owner == APPLICATION_ID:
                raise SourceUnreadable(
                    f"{self._path} is a database of Verascope; it needs no import. Put it in place as "
                    "analytics/analytics.db, as described under restoring a backup."
                )
            found = [
                row[0]
                for row in connection.execute(
                    "SELECT name FROM sqlite_master WHERE type = 'table' "
                    "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"
                )
            ]
            self._names = {name: one for name in wanted for one in found if one.lower() == name}
            if not self._names:
                has = f"it has {', '.join(found[:10])}" if found else "it has no table"
                raise SourceUnreadable(
                    f"{self._path} has none of the tables {', '.join(wanted)}; {has}."
                )
            self.left_alone = tuple(one for one in found if one not in self._names.values())
            for ours, theirs in self._names.items():
                rows = connection.execute(f"PRAGMA table_info({_quoted(theirs)})").fetchall()
                self.tables[ours] = tuple(row[1] for row in rows)
                with suppress(StopIteration):
                    next(self._page(connection, ours, None))

    def count(self, table: str) -> int:
        with self._reading() as connection:
            row = connection.execute(
                f"SELECT count(*) FROM {_quoted(self._names[table])}"
            ).fetchone()
        return int(row[0])

    def rows(self, table: str) -> Iterator[tuple[int, tuple[Any, ...]]]:
        """(rowid, values in the order of the columns) of every row, in the order of insertion.

        Text that is not UTF-8 comes with lone surrogates, which nothing that checks text lets through.
        """
        last: int | None = None
        while True:
            with self._reading() as connection:
                page = list(self._page(connection, table, last))
            yield from page
            if len(page) < PAGE_ROWS:
                return
            last = page[-1][0]

    def _page(
        self, connection: sqlite3.Connection, table: str, after: int | None
    ) -> Iterator[tuple[int, tuple[Any, ...]]]:
        columns = ", ".join(_quoted(name) for name in self.tables[table])
        condition = "" if after is None else "WHERE rowid > ?"
        for row in connection.execute(
            f"SELECT rowid, {columns} FROM {_quoted(self._names[table])} {condition} "
            f"ORDER BY rowid LIMIT {PAGE_ROWS}",
            () if after is None else (after,),
        ):
            yield row[0], row[1:]

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        path = self._path
        if self._folder is not None:
            uri = _uri(Path(self._folder.name) / path.name, "mode=rw")
        elif _beside(path, "-shm").exists() and _beside(path, "-wal").exists():
            # The index of a system that runs, or that was killed: used as it is, not even a lock mark is written.
            uri = _uri(path, "mode=ro&readonly_shm=1")
        elif _is_wal(path):
            # Nothing is in a log, and to look into one SQLite would create files beside the source.
            uri = _uri(path, "mode=ro&immutable=1")
        else:
            uri = _uri(path, "mode=ro")
        try:
            with closing(
                sqlite3.connect(uri, uri=True, timeout=30, isolation_level=None)
            ) as connection:
                connection.text_factory = _text
                connection.execute("PRAGMA query_only = ON")
                yield connection
        except sqlite3.DatabaseError as error:
            raise SourceUnreadable(_trouble(path, str(error))) from error

    def _copy(self) -> None:
        """Work on a copy, where SQLite may bring the journal and the database together."""
        self.close()
        self._folder = tempfile.TemporaryDirectory(prefix="verascope-import-")
        for suffix in ("", "-wal", "-journal"):
            one = _beside(self._path, suffix)
            if one.exists():
                try:
                    shutil.copyfile(one, Path(self._folder.name) / one.name)
                except OSError as error:
                    raise SourceUnreadable(
                        f"{one} can't be copied to {self._folder.name}: {error.strerror}."
                    ) from None

    def close(self) -> None:
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _needs_copy(path: Path) -> bool:
    """A log without its index, as in a backup: reading it in place would create the index."""
    log = _beside(path, "-wal")
    return log.exists() and log.stat().st_size > 0 and not _beside(path, "-shm").exists()


def _is_wal(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(20)[18:] == bytes([_WAL, _WAL])


def _uri(path: Path, options: str) -> str:
    return f"file:{quote(str(path.resolve()))}?{options}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _trouble(path: Path, text: str) -> str:
    if "locked" in text or "busy" in text:
        return (
            f"{path} stayed locked by the program that writes it; try again, or stop that program."
        )
    if "no such column: rowid" in text:
        return f"{path} has a table WITHOUT ROWID, which can't be read in pages; export it as CSV."
    return f"{path} is damaged or not a SQLite database ({text}); `sqlite3 FILE .recover` may save its rows."


class ParquetFile:
    """A Parquet file, read in batches by DuckDB, which may open this one file and no other."""

    def __init__(self, path: Path) -> None:
        """Raises SourceUnreadable when it can't be read, or this build of DuckDB reads no Parquet."""
        self._path = path
        self._name = str(path.resolve())
        self._database = duckdb.connect(
            ":memory:",
            config={
                "memory_limit": "512MB",
                "threads": 1,
                "temp_directory": "",
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "allow_community_extensions": False,
            },
        )
        try:
            self._check_built_in()
            self._database.execute(
                f"SET allowed_paths = ['{self._name.replace(chr(39), chr(39) * 2)}']"
            )
            self._database.execute("SET enable_external_access = false")
            self._database.execute("SET lock_configuration = true")
            described = self._ask("DESCRIBE SELECT * FROM read_parquet(?)").fetchall()
            self._types: Mapping[str, str] = {row[0]: row[1] for row in described}
            rows = self._ask("SELECT num_rows FROM parquet_file_metadata(?)").fetchall()
            self.count = int(rows[0][0])
        except BaseException:
            self.close()
            raise

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self._types)

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """The values of each row, in the order of the columns; decimals as float, instants aware, local times naive."""
        wanted = ", ".join(_readable(name, kind) for name, kind in self._types.items())
        cursor = self._ask(f"SELECT {wanted} FROM read_parquet(?)")
        instants = [
            place for place, kind in enumerate(self._types.values()) if kind.endswith("TIME ZONE")
        ]
        try:
            while batch := cursor.fetchmany(PAGE_ROWS):
                for row in batch:
                    yield _aware(row, instants) if instants else row
        except duckdb.Error as error:
            raise SourceUnreadable(self._trouble(error)) from error

    def close(self) -> None:
        self._database.close()

    def _check_built_in(self) -> None:
        row = self._database.execute(
            "SELECT loaded FROM duckdb_extensions() WHERE extension_name = 'parquet'"
        ).fetchone()
        if row is None or not row[0]:
            raise SourceUnreadable(
                "This build of DuckDB reads no Parquet, and none is downloaded; convert the file to CSV or JSON lines."
            )

    def _ask(self, sql: str) -> duckdb.DuckDBPyConnection:
        try:
            return self._database.execute(sql, [self._name])
        except duckdb.Error as error:
            raise SourceUnreadable(self._trouble(error)) from error

    def _trouble(self, error: duckdb.Error) -> str:
        first = (str(error).strip().splitlines() or ["unknown reason"])[0]
        return f"{self._path} is damaged or not a Parquet file ({first})."


def _readable(name: str, kind: str) -> str:
    """The column as Python can take it: DuckDB's own way to zoned instants needs a package more."""
    column = _quoted(name)
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"epoch_us({column})"
    if kind.startswith("TIMESTAMP"):
        return f"{column}::TIMESTAMP"
    if kind.startswith("DECIMAL"):
        return f"{column}::DOUBLE"
    return column


def _aware(row: tuple[Any, ...], instants: Sequence[int]) -> tuple[Any, ...]:
    values = list(row)
    for place in instants:
        if values[place] is not None:
            values[place] = clock.to_datetime(values[place])
    return tuple(values)
