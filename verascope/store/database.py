"""Opening the database: where it is, whether it may be used, and the two ways in (reading, writing).

SQLite runs in WAL mode; reading connections are read only and see one snapshot for as long as they are
held, so hold them briefly. What differs between SQLite and PostgreSQL lives here and in `dialect`.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Literal, cast

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.pool import QueuePool

from verascope.config import Settings
from verascope.errors import StoreUnusable
from verascope.store import (  # noqa: F401 - tables join the metadata
    alert_tables,
    incident_tables,
    migrate,
    notification_tables,
    pipeline_tables,
    probe_tables,
)

Kind = Literal["sqlite", "postgresql"]

APPLICATION_ID = 0x56455241  # "VERA" in the file's header; `file analytics.db` shows it
BUSY_SECONDS = 5
CHECKED_BYTES = 64_000_000
"""A file up to this size is checked whole at start; `verascope doctor` checks any size."""


class Database:
    """An open, migrated database. Thread-safe; `close` it once."""

    def __init__(
        self, kind: Kind, url: str, reader: Engine, writer: Engine, path: Path | None
    ) -> None:
        self.kind = kind
        self.url = url
        self.path = path
        self._reader = reader
        self._writer = writer
        self._claim: int | None = None

    @classmethod
    def open(cls, settings: Settings) -> "Database":
        """Open, create or migrate the database that `settings` names.

        Raises StoreUnusable, with one line for people, when the folder can't be written, or the database is
        locked, damaged, not ours, or of a newer schema than this version knows.
        """
        if settings.database_url is None or settings.database_url.startswith("sqlite"):
            return cls._open_sqlite(settings)
        return cls._open_postgresql(settings.database_url)

    @classmethod
    def _open_sqlite(cls, settings: Settings) -> "Database":
        path = settings.database_path
        if settings.database_url is not None:
            name = make_url(settings.database_url).database
            if not name or name == ":memory:":
                raise StoreUnusable(
                    "VERASCOPE_DATABASE_URL must name a file: sqlite:////path/to/analytics.db."
                )
            path = Path(name).resolve()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreUnusable(
                f"The folder {path.parent} can't be made: {error.strerror}."
            ) from None
        if not os.access(path.parent, os.W_OK) or (path.exists() and not os.access(path, os.W_OK)):
            raise StoreUnusable(
                f"{path} can't be written; check the rights of the file and its folder."
            )
        database = cls(
            "sqlite",
            f"sqlite:///{path}",
            _sqlite_engine(path, settings.recording.synchronous, read_only=True),
            _sqlite_engine(path, settings.recording.synchronous, read_only=False),
            path,
        )
        try:
            _check_sqlite(path)
            database._migrate()
        except (sqlite3.DatabaseError, OperationalError) as error:
            raise StoreUnusable(_sqlite_trouble(path, error)) from error
        return database

    @classmethod
    def _open_postgresql(cls, url_text: str) -> "Database":
        try:
            url = make_url(url_text)
        except ArgumentError:
            raise StoreUnusable("VERASCOPE_DATABASE_URL is not a database URL.") from None
        if url.get_backend_name() != "postgresql":
            raise StoreUnusable(
                f"VERASCOPE_DATABASE_URL names {url.get_backend_name()}; sqlite and postgresql are supported."
            )
        url = url.set(drivername="postgresql+psycopg")
        shown = url.render_as_string(hide_password=True)
        try:
            reader = create_engine(
                url, pool_size=8, isolation_level="REPEATABLE READ", pool_pre_ping=True
            )
            reader = reader.execution_options(postgresql_readonly=True)
            writer = create_engine(url, pool_size=2, pool_pre_ping=True)
            database = cls("postgresql", shown, reader, writer, None)
            database._migrate()
        except ModuleNotFoundError:
            raise StoreUnusable("PostgreSQL needs psycopg: install verascope[postgres].") from None
        except OperationalError as error:
            raise StoreUnusable(f"{shown} can't be used: {str(error.orig).strip()}") from error
        return database

    def _migrate(self) -> None:
        try:
            with self.writing() as connection:
                migrate.upgrade(connection)
        except BaseException:
            self.close()
            raise

    @property
    def address(self) -> URL:
        """Where it is, with the password. Only for connecting, never for showing."""
        return self._writer.url

    def claim(self) -> None:
        """Become the one server of this database until `close`. Raises StoreUnusable when there is another."""
        if self.path is None:
            return
        lock = os.open(self.path.with_name(self.path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            raise StoreUnusable(f"{self.path} is in use by another Verascope server.") from None
        self._claim = lock

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A read-only connection that sees one snapshot inside the block."""
        with self._reader.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A write transaction, committed at the end of the block, rolled back by an exception."""
        with self._writer.begin() as connection:
            yield connection

    def check(self) -> list[str]:
        """What is wrong with the stored file, [] when nothing is. Reads all of it: for `verascope doctor`."""
        if self.kind != "sqlite":
            return []
        with self.reading() as connection:
            found = [
                str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check(20)")
            ]
        return [] if found == ["ok"] else found

    def close(self) -> None:
        self._reader.dispose()
        self._writer.dispose()
        if self._claim is not None:
            os.close(self._claim)
            self._claim = None


def _sqlite_engine(path: Path, synchronous: str, *, read_only: bool) -> Engine:
    def connect() -> sqlite3.Connection:
        # autocommit mode of the driver: we say BEGIN ourselves, so a reader really holds one snapshot.
        connection = sqlite3.connect(
            path,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=64,
        )
        if read_only:
            connection.execute("PRAGMA query_only = ON")
            connection.execute("PRAGMA cache_size = -8000")
        else:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA synchronous = {synchronous}")
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute("PRAGMA cache_size = -16000")
        return connection

    engine = create_engine(
        "sqlite://",
        creator=connect,
        poolclass=QueuePool,
        pool_size=8 if read_only else 1,
        max_overflow=24 if read_only else 4,
    )
    begin = "BEGIN" if read_only else "BEGIN IMMEDIATE"

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _check_sqlite(path: Path) -> None:
    """Refuse a file that is not a database, not ours, damaged, or held by another program."""
    if not path.exists() or path.stat().st_size == 0:
        return
    with closing(sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)) as connection:
        names = {
            row[0]
            for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        }
        if names and migrate.VERSION_TABLE not in names:
            raise StoreUnusable(
                f"{path} is a SQLite database of another program (tables {', '.join(sorted(names)[:5])}); "
                "move it away, or set VERASCOPE_HOME to another folder."
            )
        if path.stat().st_size <= CHECKED_BYTES:
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if verdict != "ok":
                raise sqlite3.DatabaseError(verdict)


def _sqlite_trouble(path: Path, error: Exception) -> str:
    original = cast(Any, error).orig if isinstance(error, OperationalError) else error
    text = str(original)
    if "locked" in text or "busy" in text:
        return f"{path} is locked by another program; stop it and start again."
    if "disk" in text and "full" in text:
        return f"{path} can't be written: the disk is full."
    if "readonly" in text or "unable to open" in text:
        return f"{path} can't be opened for writing: {text}."
    return f"{path} is damaged or not a SQLite database ({text}); restore a backup or move it away."
