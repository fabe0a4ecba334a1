"""What a file is, decided by its content, and the reader that fits."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from verascope.errors import SourceUnreadable
from verascope.ingest.importing.options import COLUMNS, PREDICTIONS, TABLES, Format, Options
from verascope.ingest.importing.row import Reader, Row
from verascope.ingest.importing.text import CsvRows, JsonLines, TextFile, decompressed
from verascope.store.foreign import ParquetFile, SqliteFile

_SQLITE = b"SQLite format 3\0"
_PARQUET = b"PAR1"
_FOREIGN = {
    b"PK\x03\x04": "a zip archive or a spreadsheet; unpack it, or save the sheet as CSV",
    b"%PDF": "a PDF; export the data as CSV",
    b"\xd0\xcf\x11\xe0": "a spreadsheet of an old format; save it as CSV",
    b"DUCK": "a DuckDB database; export its table as Parquet",
}


PLACES: Mapping[Format, str] = {
    Format.CSV: "line",
    Format.JSONL: "line",
    Format.PARQUET: "row",
    Format.SQLITE: "rowid",
}
"""What `Row.place` is called in messages."""


def format_of(path: Path, encoding: str) -> Format:
    """What the file is, by its content; its name only decides what the content leaves open.

    Raises SourceUnreadable for an empty file and for kinds that are known and not read.
    """
    if not path.is_file():
        raise SourceUnreadable(f"{path} is no ordinary file; it is read more than once.")
    try:
        with path.open("rb") as raw:
            head = raw.read(16)
            if head == _SQLITE:
                return Format.SQLITE
            if head.startswith(_PARQUET):
                return Format.PARQUET
            raw.seek(0)
            inner = decompressed(raw).read(4096)
    except (OSError, EOFError, ValueError) as error:
        raise SourceUnreadable(f"{path} can't be read: {error}.") from None
    for magic, kind in _FOREIGN.items():
        if inner.startswith(magic):
            raise SourceUnreadable(f"{path} is {kind}.")
    if inner[:16] == _SQLITE or inner[:4] == _PARQUET:
        raise SourceUnreadable(f"{path} is compressed; unpack it first.")
    if b"\0" in inner and not encoding.lower().replace("_", "-").startswith(("utf-16", "utf-32")):
        raise SourceUnreadable(
            f"{path} is no text, no SQLite database and no Parquet file. A text in UTF-16 needs --encoding utf-16."
        )
    start = TextFile(path, encoding).head().lstrip()
    if start.startswith("{"):
        return Format.JSONL
    if start.startswith("["):
        raise SourceUnreadable(
            f"{path} is one JSON array; one object a line is read, as `jq -c '.[]' FILE` prints it."
        )
    is_named_jsonl = {".jsonl", ".ndjson"}.intersection(path.suffixes)
    return Format.JSONL if is_named_jsonl else Format.CSV


def open_source(path: Path, format_: Format, options: Options) -> Reader:
    """Open the file for reading. Raises SourceUnreadable or Invalid, before a row is given."""
    match format_:
        case Format.CSV:
            mapped = options.mapping.get(PREDICTIONS, {}).values()
            known = frozenset((*COLUMNS[PREDICTIONS], *mapped, *options.tags))
            return CsvRows(TextFile(path, options.encoding), known)
        case Format.JSONL:
            return JsonLines(TextFile(path, options.encoding))
        case Format.PARQUET:
            return _Parquet(ParquetFile(path))
        case Format.SQLITE:
            return _Sqlite(SqliteFile(path, TABLES))


class _Parquet:
    def __init__(self, file: ParquetFile) -> None:
        self._file = file
        self._read = 0
        self.columns = {PREDICTIONS: file.columns}
        self.left_alone: tuple[str, ...] = ()

    @property
    def done(self) -> float:
        return self._read / max(1, self._file.count)

    def rows(self, table: str) -> Iterator[Row]:
        columns = self.columns[table]
        for number, values in enumerate(self._file.rows(), 1):
            self._read = number
            yield Row(number, dict(zip(columns, values, strict=True)))

    def close(self) -> None:
        self._file.close()


class _Sqlite:
    def __init__(self, file: SqliteFile) -> None:
        self._file = file
        self._read, self._count = 0, 1
        self.columns = file.tables
        self.left_alone = file.left_alone

    @property
    def done(self) -> float:
        return min(1.0, self._read / max(1, self._count))

    def rows(self, table: str) -> Iterator[Row]:
        columns = self.columns[table]
        self._read, self._count = 0, self._file.count(table)
        for rowid, values in self._file.rows(table):
            self._read += 1
            yield Row(rowid, dict(zip(columns, values, strict=True)))

    def close(self) -> None:
        self._file.close()
