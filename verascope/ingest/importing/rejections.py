"""The errors file: every rejected row as JSON lines, in step with what is committed."""

from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import msgspec

from verascope.errors import Invalid, StoreUnusable
from verascope.ingest.importing.summary import State


class Rejections:
    """Collects the lines of rejected rows; without a path, none are kept."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file: IO[bytes] | None = None
        self._settled = 0

    def check(self, source: Path) -> None:
        """Raises Invalid when the file is the one that is read: it would be emptied."""
        if self._path is not None and self._path.exists() and self._path.samefile(source):
            raise Invalid.of("--errors", str(self._path), "another file than the one to import")

    def open(self, state: State) -> None:
        """Begin the file, keeping the lines of rows that `state` counts. Raises Invalid when it can't be written."""
        if self._path is None:
            return
        kept = b""
        try:
            if any(count.read for count in state.tables.values()) and self._path.is_file():
                lines = self._path.read_bytes().splitlines(keepends=True)
                kept = b"".join(line for line in lines if _is_counted(line, state))
            self._file = self._path.open("wb")
        except OSError as error:
            raise Invalid.of(
                "--errors", str(self._path), f"a file that can be written ({error.strerror})"
            ) from None
        self.stage([])
        self._write(kept)
        self.settle()

    def stage(self, lines: list[dict[str, Any]]) -> None:
        """Write lines in place of those that were staged and not settled: a transaction may be tried again."""
        if self._file is None:
            return
        self._file.seek(self._settled)
        self._file.truncate()
        self._write(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))

    def _write(self, content: bytes) -> None:
        assert self._file is not None
        try:
            self._file.write(content)
            self._file.flush()
        except OSError as error:
            raise StoreUnusable(f"{self._path} can't be written: {error.strerror}.") from None

    def settle(self) -> None:
        """The staged lines stay."""
        if self._file is not None:
            self._settled = self._file.tell()

    def close(self) -> None:
        if self._file is not None:
            self._file.truncate(self._settled)
            self._file.close()


def _is_counted(line: bytes, state: State) -> bool:
    try:
        one: Mapping[str, Any] = msgspec.json.decode(line)
        count = state.tables.get(one["table"])
        return count is not None and one["index"] < count.read
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError):
        return False
