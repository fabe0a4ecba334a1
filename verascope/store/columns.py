"""Columns: a narrow coded copy of the rows in an embedded DuckDB file, for filtered questions.

Disposable: rebuilt from the rows whenever it is missing, damaged, of another layout or of another
generation; never the truth. It carries its own watermark, moved in the transaction that appends. One
process may open it.
"""

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from sqlalchemy import Connection

from verascope.clock import MINUTE, US, Range
from verascope.errors import Busy, StoreUnusable
from verascope.store.facts import Group, Snapshot
from verascope.store.slices import KEYED, Slice
from verascope.store.tables import COUNTERS

log = logging.getLogger(__name__)

LAYOUT = 2

_SCHEMA = """
CREATE TABLE IF NOT EXISTS layout (version INTEGER);
CREATE TABLE IF NOT EXISTS watermarks (tenant_id INTEGER, generation INTEGER, seq BIGINT);
CREATE TABLE IF NOT EXISTS facts (
    tenant_id INTEGER, minute INTEGER, client INTEGER, country INTEGER, model INTEGER, use_case INTEGER,
    error_pattern INTEGER, outcome UTINYINT, high BOOLEAN, billable BOOLEAN, inference_bin SMALLINT,
    confidence INTEGER, inference_us BIGINT, response_us BIGINT, price_micros BIGINT, bytes BIGINT,
    response_bin SMALLINT, file_size UTINYINT, image_format SMALLINT
);
CREATE TABLE IF NOT EXISTS formats (code SMALLINT, name VARCHAR);
"""

_INDEX = {name: position for position, name in enumerate(COUNTERS)}


class ColumnsUnreadable(Busy):
    """The file is damaged. It is disposable, so the question can be asked again in a moment."""


class Columns:
    """The open file. Appending belongs to the folder's thread; reading may happen in any thread."""

    def __init__(self, path: Path, memory_mb: int) -> None:
        """Open or create. Raises StoreUnusable when another process holds the file."""
        self._path = path
        self._memory_mb = memory_mb
        self._lock = threading.Lock()
        self._suspicion: str | None = None
        self._marks: dict[int, tuple[int, int]] = {}
        self._formats: dict[str, int] | None = None
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._database = self._connect()
            row = self._database.execute("SELECT max(version) FROM layout").fetchone()
            stale = row is not None and row[0] not in (None, LAYOUT)
        except duckdb.Error as error:
            if isinstance(error, duckdb.IOException) and "lock" in str(error).lower():
                raise StoreUnusable(f"{path} is in use by another process.") from error
            log.warning("columns at %s are unreadable and are built anew: %s", path, error)
            stale = True
        if stale:
            self._discard()
        self._database.execute("DELETE FROM layout")
        self._database.execute("INSERT INTO layout VALUES (?)", [LAYOUT])

    def _connect(self) -> duckdb.DuckDBPyConnection:
        database = duckdb.connect(
            str(self._path),
            config={
                "memory_limit": f"{self._memory_mb}MB",
                "threads": 2,
                "preserve_insertion_order": False,
                "temp_directory": "",
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            },
        )
        database.execute(_SCHEMA)
        return database

    def _discard(self) -> None:
        self._marks = {}
        self._formats = None
        if hasattr(self, "_database"):
            with suppress(duckdb.Error):
                self._database.close()
        for path in (self._path, self._path.with_name(self._path.name + ".wal")):
            path.unlink(missing_ok=True)
        self._database = self._connect()

    @contextmanager
    def _noticing(self) -> Iterator[None]:
        """DuckDB reads blocks when it needs them, so damage shows at any access, long after opening."""
        try:
            yield
        except duckdb.Error as error:
            self._suspicion = str(error)
            raise

    def mend(self) -> bool:
        """After a failed access, read everything; throw the file away when that fails. Whether it was.

        A failure that has another cause (a full disk) leaves the file as it is. Belongs to the folder's thread.
        """
        if self._suspicion is None:
            return False
        suspicion, self._suspicion = self._suspicion, None
        with self._lock:
            try:
                cursor = self._database.cursor()
                for table in ("layout", "watermarks", "facts", "formats"):
                    # A plain max or count would be answered from statistics, without the blocks.
                    cursor.execute(f"SELECT bit_xor(hash(COLUMNS(*))) FROM {table}").fetchall()
            except duckdb.Error:
                log.warning("columns at %s are damaged and built anew: %s", self._path, suspicion)
                self._discard()
                return True
        return False

    def watermark(self, tenant_id: int) -> tuple[int, int]:
        """(generation, seq) the tenant's facts reach to; (0, 0) before the first."""
        if tenant_id not in self._marks:
            with self._lock, self._noticing():
                row = self._database.execute(
                    "SELECT generation, seq FROM watermarks WHERE tenant_id = ?", [tenant_id]
                ).fetchone()
            self._marks[tenant_id] = (0, 0) if row is None else (int(row[0]), int(row[1]))
        return self._marks[tenant_id]

    def restart(self, tenant_id: int, generation: int) -> None:
        """Forget the tenant's facts and begin `generation` at seq 0."""
        with self._lock, self._noticing():
            self._database.execute("BEGIN")
            self._database.execute("DELETE FROM facts WHERE tenant_id = ?", [tenant_id])
            self._set_watermark(tenant_id, generation, 0)
            self._database.execute("COMMIT")
        self._marks[tenant_id] = (generation, 0)

    def append(self, part: Slice, codes: Mapping[str, Mapping[str, int]], generation: int) -> None:
        """Append a slice that starts at the watermark. codes: {dimension: {key: code}}."""
        with self._lock, self._noticing():
            formats = self._formats_with(part.image_format.names)
            batch = _batch(part, codes, formats)
            self._database.execute("BEGIN")
            try:
                for name in formats.keys() - (self._formats or {}).keys():
                    self._database.execute(
                        "INSERT INTO formats VALUES (?, ?)", [formats[name], name]
                    )
                if len(part):
                    self._database.register("batch", batch)
                    self._database.execute("INSERT INTO facts SELECT * FROM batch")
                    self._database.unregister("batch")
                self._set_watermark(part.tenant_id, generation, part.upto)
                self._database.execute("COMMIT")
            except duckdb.Error:
                # A COMMIT that failed has rolled back already.
                with suppress(duckdb.Error):
                    self._database.execute("ROLLBACK")
                raise
        self._marks[part.tenant_id] = (generation, part.upto)
        self._formats = formats

    def _formats_with(self, names: Sequence[str]) -> dict[str, int]:
        """The codes of all image formats known here and of `names`."""
        if self._formats is None:
            rows = self._database.execute("SELECT name, code FROM formats").fetchall()
            self._formats = {str(name): int(code) for name, code in rows}
        found = dict(self._formats)
        for name in names:
            if name not in found:
                found[name] = len(found)
        return found

    def _set_watermark(self, tenant_id: int, generation: int, seq: int) -> None:
        self._database.execute("DELETE FROM watermarks WHERE tenant_id = ?", [tenant_id])
        self._database.execute(
            "INSERT INTO watermarks VALUES (?, ?, ?)", [tenant_id, generation, seq]
        )

    @contextmanager
    def reading(self) -> Iterator[Snapshot]:
        """One state of the facts for as long as the block runs, whatever is appended meanwhile.

        Raises ColumnsUnreadable when the file turns out to be damaged; the folder then looks after it.
        """
        try:
            with self._noticing(), closing(self._database.cursor()) as cursor:
                cursor.execute("BEGIN")
                # A transaction sees the state of its first statement.
                marks = cursor.execute("SELECT tenant_id, generation, seq FROM watermarks")
                yield Snapshot(cursor, {row[0]: (row[1], row[2]) for row in marks.fetchall()})
        except duckdb.Error as error:
            raise ColumnsUnreadable(
                "Filtered numbers can't be read; they are built anew.", 5
            ) from error

    def read(
        self,
        connection: Connection,
        tenant_id: int,
        span: Range,
        where: Mapping[str, Sequence[str]],
        **how: Any,
    ) -> list[Group]:
        """`Snapshot.read` from the latest state."""
        with self.reading() as snapshot:
            return snapshot.read(connection, tenant_id, span, where, **how)

    def close(self) -> None:
        with self._lock:
            self._database.close()


def _batch(
    part: Slice, codes: Mapping[str, Mapping[str, int]], formats: Mapping[str, int]
) -> dict[str, Any]:
    def counter(name: str) -> Any:
        return part.counters[:, _INDEX[name]]

    def measured(name: str, n: str) -> Any:
        return np.ma.masked_array(counter(name), mask=counter(n) == 0)

    coded = {}
    for dimension in KEYED:
        keys = part.keys[dimension]
        table = np.array([codes[dimension][name] for name in keys.names] + [0], dtype=np.int32)
        coded[dimension] = np.ma.masked_array(table[keys.index], mask=keys.index < 0)
    return {
        "tenant_id": np.full(len(part), part.tenant_id, np.int32),
        "minute": (part.at_us // (MINUTE * US)).astype(np.int32),
        **coded,
        "outcome": part.outcome.astype(np.uint8),
        "high": counter("high_confidence_fakes") > 0,
        "billable": counter("billable") > 0,
        "inference_bin": part.inference_bin.astype(np.int16),
        "confidence": measured("confidence_mpct", "confidence_n"),
        "inference_us": measured("inference_us", "inference_n"),
        "response_us": measured("response_us", "response_n"),
        "price_micros": counter("revenue_micros"),
        "bytes": counter("bytes"),
        "response_bin": part.response_bin.astype(np.int16),
        "file_size": part.size_class.astype(np.uint8),
        "image_format": _format_codes(part, formats),
    }


def _format_codes(part: Slice, formats: Mapping[str, int]) -> Any:
    table = np.array([formats[name] for name in part.image_format.names], dtype=np.int16)
    return table[part.image_format.index]
