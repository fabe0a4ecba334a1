"""CSV and JSON lines, plain or compressed, read in one stream with constant memory."""

import codecs
import csv
import gzip
import io
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

import msgspec

from verascope.errors import FieldError, Invalid, SourceUnreadable, shown
from verascope.ingest.importing.options import EVENT_FIELDS, PREDICTIONS
from verascope.ingest.importing.row import Broken, Row

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

GZIP = b"\x1f\x8b"
ZSTD = b"\x28\xb5\x2f\xfd"
DELIMITERS = (",", ";", "\t")
CHUNK = 1 << 20
CELL_LIMIT = 1 << 20
"""Characters in one cell or one line of JSON; more means that a quote was never closed."""


class Stream(Protocol):
    """What bytes are read from."""

    def read(self, size: int = -1, /) -> bytes: ...


class TextFile:
    """A text file with its encoding. done: how much of the file's bytes was read, 0 to 1."""

    def __init__(self, path: Path, encoding: str) -> None:
        self.path = path
        self._encoding = encoding
        self._size = max(1, path.stat().st_size)
        self._raw: IO[bytes] | None = None

    @property
    def done(self) -> float:
        if self._raw is None or self._raw.closed:
            return 1.0
        return min(1.0, self._raw.tell() / self._size)

    def check(self) -> None:
        """Read all of it once, so that a wrong encoding or a torn archive is told before a row is stored."""
        for _ in self._texts():
            pass

    def lines(self) -> Iterator[str]:
        """Every line with its line end."""
        rest = ""
        for text in self._texts():
            parts = (rest + text).split("\n")
            rest = parts.pop()
            if len(rest) > 16 * CELL_LIMIT:
                raise SourceUnreadable(
                    f"{self.path} has a line of more than {16 * CELL_LIMIT:,} characters."
                )
            for part in parts:
                yield part + "\n"
        if rest:
            yield rest

    def head(self) -> str:
        """The beginning of the text, at least one chunk of it when there is as much."""
        return next(iter(self._texts()), "")

    def _texts(self) -> Iterator[str]:
        decoder = codecs.getincrementaldecoder(self._encoding)()
        offset = 0
        with self._open() as stream:
            while True:
                try:
                    chunk = stream.read(CHUNK)
                except (OSError, EOFError, zlib.error, zstd.ZstdError) as error:
                    raise SourceUnreadable(
                        f"{self.path} can't be read to its end ({error}); the archive may be torn."
                    ) from None
                pending = len(decoder.getstate()[0])
                try:
                    text = decoder.decode(chunk, final=not chunk)
                except UnicodeError as error:
                    start = getattr(error, "start", 0)
                    seen = getattr(error, "object", b"")[start : start + 1]
                    raise Invalid(
                        FieldError(
                            "--encoding",
                            f"byte 0x{seen.hex()} at offset {offset - pending + start}",
                            f"text in {self._encoding.removesuffix('-sig')}; name the file's encoding, "
                            "for instance --encoding cp1252",
                        )
                    ) from None
                offset += len(chunk)
                if text:
                    yield text
                if not chunk:
                    return

    @contextmanager
    def _open(self) -> Iterator[Stream]:
        with self.path.open("rb") as raw:
            self._raw = raw
            yield decompressed(raw)


def decompressed(raw: IO[bytes]) -> Stream:
    """The bytes themselves, whatever they are packed in. The start decides, not the name."""
    magic = raw.read(4)
    raw.seek(0)
    if magic.startswith(GZIP):
        return gzip.GzipFile(fileobj=raw)
    if magic == ZSTD:
        return zstd.ZstdFile(raw)
    return raw


class CsvRows:
    """Rows of a CSV file with a header. Raises Invalid when the header can't be one."""

    def __init__(self, file: TextFile, known: frozenset[str]) -> None:
        """known: names that are expected in the header; they decide between two possible delimiters."""
        self._file = file
        self._delimiter, header = _header(file, known)
        self.columns = {PREDICTIONS: tuple(header)}
        self.left_alone: tuple[str, ...] = ()
        file.check()

    @property
    def done(self) -> float:
        return self._file.done

    def close(self) -> None:
        pass

    def rows(self, table: str) -> Iterator[Row]:
        """Every row but the header; `place` is the line on which it starts."""
        assert table == PREDICTIONS
        columns = self.columns[PREDICTIONS]
        reader = csv.reader(self._file.lines(), delimiter=self._delimiter, strict=True)
        csv.field_size_limit(CELL_LIMIT)
        line = 0
        try:
            for number, cells in enumerate(reader):
                start, line = line + 1, reader.line_num
                if not number or not cells:
                    continue
                if len(cells) != len(columns):
                    wrong = FieldError(
                        "(row)", f"{len(cells)} cells", f"{len(columns)}, as in the header"
                    )
                    yield Row(start, {}, Broken("malformed", wrong))
                else:
                    yield Row(start, dict(zip(columns, cells, strict=True)))
        except csv.Error as error:
            raise SourceUnreadable(
                f"{self._file.path} is no CSV from line {line + 1} on ({error}); a quote may be missing there."
            ) from None


def _header(file: TextFile, known: frozenset[str]) -> tuple[str, list[str]]:
    first = file.head()
    if not first.strip():
        raise SourceUnreadable(f"{file.path} is empty; a CSV file starts with a header.")
    best: tuple[tuple[int, int], str, list[str]] | None = None
    for delimiter in DELIMITERS:
        try:
            names = next(csv.reader(io.StringIO(first), delimiter=delimiter, strict=True), [])
        except csv.Error:
            continue
        names = [name.strip() for name in names]
        score = (sum(name in known or name.lower() in known for name in names), len(names))
        if best is None or score > best[0]:
            best = (score, delimiter, names)
    if best is None:
        raise SourceUnreadable(f"{file.path} has no CSV header on its first line.")
    (recognised, _), delimiter, names = best
    if not recognised:
        raise Invalid(
            FieldError(
                "header",
                shown(", ".join(names)),
                "a first line that names columns such as timestamp, prediction, confidence",
            )
        )
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice or "" in names:
        raise Invalid(
            FieldError("header", shown(twice[0] if twice else ""), "every column named once")
        )
    return delimiter, names


class JsonLines:
    """One JSON object a line; blank lines are skipped."""

    def __init__(self, file: TextFile) -> None:
        self._file = file
        self.left_alone: tuple[str, ...] = ()
        if not file.head().strip():
            raise SourceUnreadable(f"{file.path} is empty.")
        file.check()

    @property
    def columns(self) -> dict[str, tuple[str, ...]]:
        """Every line has its own; these are the usual ones."""
        return {PREDICTIONS: EVENT_FIELDS}

    @property
    def done(self) -> float:
        return self._file.done

    def close(self) -> None:
        pass

    def rows(self, table: str) -> Iterator[Row]:
        """Every line with its number; what is no object comes as a broken row."""
        assert table == PREDICTIONS
        decoder = msgspec.json.Decoder()
        for number, line in enumerate(self._file.lines(), 1):
            if not line.strip():
                continue
            try:
                values = decoder.decode(line)
            except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
                values = None
            if isinstance(values, dict):
                yield Row(number, values)
            else:
                wrong = FieldError("(row)", shown(line.strip()), "one JSON object a line")
                yield Row(number, {}, Broken("malformed", wrong))
