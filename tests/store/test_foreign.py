"""Other programs' files are read and never changed."""

import hashlib
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import duckdb
import pytest

from verascope.errors import SourceUnreadable
from verascope.store import foreign
from verascope.store.foreign import ParquetFile, SqliteFile

ROWS = 5_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "their's #1?"
    made.mkdir()
    return made


def contents(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def write(path: Path, journal: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(f"PRAGMA journal_mode = {journal}")
    connection.execute("CREATE TABLE Predictions (id INTEGER PRIMARY KEY, timestamp TEXT)")
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO predictions VALUES (?, 'now')", [(n,) for n in range(ROWS)])
    connection.execute("COMMIT")
    return connection


def read(path: Path) -> int:
    file = SqliteFile(path, ["predictions"])
    try:
        assert file.tables == {"predictions": ("id", "timestamp")}
        found = [rowid for rowid, _ in file.rows("predictions")]
        assert found == list(range(len(found)))
        assert file.count("predictions") == len(found)
        return len(found)
    finally:
        file.close()


@contextmanager
def running(path: Path, journal: str) -> Iterator[None]:
    """Another process holds the database open, as the system does that is moved over from."""
    script = (
        "import sys; from pathlib import Path; from tests.store.test_foreign import write; "
        "held = write(Path(sys.argv[1]), sys.argv[2]); print('open', flush=True); sys.stdin.read(); held.close()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", script, str(path), journal],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        yield


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_reading_beside_the_system_that_runs_changes_no_byte(folder: Path, journal: str) -> None:
    with running(folder / "old.db", journal):
        before = contents(folder)
        assert ("old.db-shm" in before) == (journal == "wal")
        assert read(folder / "old.db") == ROWS
        assert contents(folder) == before


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_reading_a_closed_database_leaves_nothing_beside_it(folder: Path, journal: str) -> None:
    write(folder / "old.db", journal).close()
    before = contents(folder)
    assert list(before) == ["old.db"]
    assert read(folder / "old.db") == ROWS
    assert contents(folder) == before


def test_a_backup_with_its_log_and_without_its_index_is_read_whole(folder: Path) -> None:
    copy = folder / "copy"
    copy.mkdir()
    with closing(write(folder / "old.db", "wal")):
        for name in ("old.db", "old.db-wal"):
            shutil.copy(folder / name, copy / name)
    before = contents(copy)
    assert read(copy / "old.db") == ROWS
    assert contents(copy) == before


def test_a_journal_that_a_crash_left_is_rolled_back_in_a_copy(folder: Path) -> None:
    copy = folder / "copy"
    copy.mkdir()
    with closing(write(folder / "old.db", "delete")) as connection:
        connection.execute("PRAGMA cache_size = 1")
        connection.execute("BEGIN")
        connection.execute("UPDATE predictions SET timestamp = 'half done'")
        for name in ("old.db", "old.db-journal"):
            shutil.copy(folder / name, copy / name)
    before = contents(copy)
    file = SqliteFile(copy / "old.db", ["predictions"])
    assert {values[1] for _, values in file.rows("predictions")} == {"now"}
    file.close()
    assert contents(copy) == before


def test_a_system_that_runs_can_write_between_two_pages(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(foreign, "PAGE_ROWS", 1_000)
    with closing(write(folder / "old.db", "delete")) as connection:
        connection.execute("PRAGMA busy_timeout = 0")
        file = SqliteFile(folder / "old.db", ["predictions"])
        found: Iterator[tuple[int, object]] = file.rows("predictions")
        next(found)
        connection.execute("INSERT INTO predictions VALUES (5000, 'later')")
        assert sum(1 for _ in found) == ROWS
        file.close()


def test_a_torn_database_is_told_where_it_is_met(folder: Path) -> None:
    write(folder / "old.db", "delete").close()
    content = bytearray((folder / "old.db").read_bytes())
    content[len(content) // 2 :] = b"\xff" * (len(content) - len(content) // 2)
    (folder / "old.db").write_bytes(content)
    with pytest.raises(SourceUnreadable, match="damaged"):
        read(folder / "old.db")


def test_a_table_without_rowid_is_told(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "old.db")) as connection:
        connection.execute("CREATE TABLE predictions (id TEXT PRIMARY KEY) WITHOUT ROWID")
    with pytest.raises(SourceUnreadable, match="WITHOUT ROWID"):
        SqliteFile(folder / "old.db", ["predictions"])


def test_parquet_opens_this_one_file_and_no_other(folder: Path) -> None:
    path, other = folder / "[a]*.parquet", folder / "other.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE t AS SELECT range AS id, 1.5::DECIMAL(4, 1) AS c FROM range(5000)"
        )
        connection.execute(f"COPY t TO '{tmp_name(other)}' (FORMAT parquet)")
    shutil.copy(other, path)
    file = ParquetFile(path)
    assert (file.columns, file.count) == (("id", "c"), 5000)
    found = list(file.rows())
    assert (found[0], found[-1], len(found)) == ((0, 1.5), (4999, 1.5), 5000)
    for statement in (
        f"SELECT * FROM read_parquet('{tmp_name(other)}')",
        "SELECT * FROM read_parquet('http://127.0.0.1:1/x.parquet')",
        "INSTALL httpfs",
        "SET enable_external_access = true",
    ):
        with pytest.raises(duckdb.Error):
            file._database.execute(statement)
    file.close()


def tmp_name(path: Path) -> str:
    return str(path).replace("'", "''")


def test_a_torn_parquet_file_is_told(folder: Path) -> None:
    path = folder / "x.parquet"
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE t AS SELECT range AS id FROM range(5000)")
        connection.execute(f"COPY t TO '{tmp_name(path)}' (FORMAT parquet)")
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(SourceUnreadable, match="damaged or not a Parquet file"):
        ParquetFile(path)
