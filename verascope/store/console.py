"""Connections on which strangers' SQL can do no harm: read-only, of one tenant, bounded in time and size.

SQLite: a read-only connection of its own for each query. The open tables are there as temporary views of the
tenant's rows, and an authorizer refuses everything else. PostgreSQL: a login role of its own that may read
such views in a schema of its own, and nothing besides.
"""

import hashlib
import hmac
import re
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from sqlalchemy import Connection, Table
from sqlalchemy.exc import DBAPIError

from verascope.errors import RoleMissing, SqlFailed, SqlStopped
from verascope.store import incident_tables, pipeline_tables, tables
from verascope.store.database import Database

OPEN_TABLES: tuple[Table, ...] = (
    tables.predictions,
    tables.labels,
    tables.prediction_tags,
    tables.shadow_verdicts,
    tables.rollups,
    tables.rollup_histograms,
    tables.system_metrics,
    tables.performance_benchmarks,
    tables.alerts,
    incident_tables.incidents,
    incident_tables.incident_events,
    incident_tables.error_patterns,
    incident_tables.error_pattern_events,
    pipeline_tables.alert_episodes,
    pipeline_tables.alert_history,
    pipeline_tables.notification_log,
    pipeline_tables.acknowledgements,
    pipeline_tables.silences,
)
"""What a query may read. Tables with secrets or of our own book-keeping are not among them."""

MAX_BYTES = 16_000_000
"""Of values in one answer."""
MAX_VALUE_BYTES = 4_000_000
PROGRESS_STEPS = 2_000
"""Steps of SQLite's machine between two looks at the clock; about a hundredth of a millisecond."""

Parameters = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fetched:
    """cut: which limit ended the answer early, None when it is whole."""

    columns: list[str]
    rows: list[tuple[Any, ...]]
    cut: Literal["rows", "size"] | None


class Query(Protocol):
    """One query on a connection of its own. `cancel` may be called from any thread, at any time."""

    def fetch(self, statement: str, parameters: Parameters, max_rows: int) -> Fetched:
        """Raises SqlFailed with the database's own words, SqlStopped when time is up or it was cancelled."""

    def cancel(self) -> None: ...


def open_columns(table: Table) -> list[str]:
    """The columns of an open table; the tenant is the asker's anyway, and import keys are book-keeping."""
    names = [column.name for column in table.columns]
    return [name for name in names if name not in ("tenant_id", "import_key")]


@contextmanager
def connected(database: Database, tenant_id: int, seconds: float, secret: bytes) -> Iterator[Query]:
    """A connection for one query. secret: what PostgreSQL's role gets its password from.

    Raises RoleMissing when PostgreSQL has no such role and we may not make one.
    """
    if database.path is not None:
        with _sqlite(database, tenant_id) as connection:
            yield _SqliteQuery(connection, seconds)
    else:
        with _postgresql(database, tenant_id, seconds, secret) as connection:
            yield _PostgresQuery(connection, seconds)


def _take(cursor: Iterator[Any], columns: Sequence[str], max_rows: int) -> Fetched:
    rows: list[tuple[Any, ...]] = []
    size = 0
    for row in cursor:
        if len(rows) == max_rows:
            return Fetched(list(columns), rows, "rows")
        size += sum(len(value) if isinstance(value, str | bytes) else 8 for value in row)
        if size > MAX_BYTES:
            return Fetched(list(columns), rows, "size")
        rows.append(tuple(row))
    return Fetched(list(columns), rows, None)


class _Deadline:
    """Why a query was stopped, if it was."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._at = time.monotonic() + seconds
        self.is_cancelled = False

    @property
    def has_passed(self) -> bool:
        return time.monotonic() > self._at

    def stopped(self) -> SqlStopped | None:
        if self.is_cancelled:
            return SqlStopped("The query was cancelled.", is_timeout=False)
        if self.has_passed:
            return SqlStopped(
                f"The query was stopped after {self._seconds:g} s, the limit (console.seconds). A shorter range of "
                "time makes it faster.",
                is_timeout=True,
            )
        return None


# --- SQLite ---------------------------------------------------------------------------------------

_NAMES = (  # noqa: SIM905 - ninety strings in quotes read worse
    "abs avg ceil ceiling char coalesce count cume_dist date datetime dense_rank exp first_value floor format glob "
    "group_concat hex ifnull iif instr json json_array json_array_length json_extract json_object json_type json_valid "
    "julianday lag last_value lead length like ln log log10 log2 lower ltrim max min mod nth_value ntile nullif "
    "percent_rank pi pow power printf quote radians rank replace round row_number rtrim sign sqrt strftime substr "
    "substring sum time total trim trunc typeof unicode unixepoch unlikely likely likelihood upper -> ->>"
).split()
_FUNCTIONS = frozenset(_NAMES)


@contextmanager
def _sqlite(database: Database, tenant_id: int) -> Iterator[sqlite3.Connection]:
    assert database.path is not None
    connection = sqlite3.connect(
        f"{database.path.as_uri()}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
    )
    try:
        # A common table expression may take any name and is then the "view" that the authorizer hears of. Rows of all
        # tenants are only read under a name that nobody can guess, so no query can take it.
        inner = {table.name: f"_{secrets.token_hex(16)}" for table in OPEN_TABLES}
        for table in OPEN_TABLES:
            listed = ", ".join(open_columns(table))
            connection.execute(
                f"CREATE TEMP VIEW {inner[table.name]} AS SELECT {listed} FROM main.{table.name} "
                f"WHERE tenant_id = {tenant_id:d}"
            )
            connection.execute(
                f"CREATE TEMP VIEW {table.name} AS SELECT {listed} FROM {inner[table.name]}"
            )
        connection.execute("PRAGMA query_only = ON")
        connection.execute("PRAGMA cache_size = -8000")
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_VALUE_BYTES)
        connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        connection.set_authorizer(_authorizer(inner, _hidden(connection)))
        yield connection
    finally:
        connection.close()


def _hidden(connection: sqlite3.Connection) -> frozenset[str]:
    """The names in the file that are not open, in lower case."""
    names = {str(row[0]).lower() for row in connection.execute("SELECT name FROM sqlite_master")}
    return frozenset(names - {table.name for table in OPEN_TABLES})


def _authorizer(inner: Mapping[str, str], hidden: frozenset[str]) -> Any:
    readable = {*inner, *inner.values()}

    def decide(
        action: int, first: str | None, second: str | None, place: str | None, via: str | None
    ) -> int:
        match action:
            case sqlite3.SQLITE_SELECT | sqlite3.SQLITE_RECURSIVE:
                return sqlite3.SQLITE_OK
            case sqlite3.SQLITE_READ if place == "temp":
                return sqlite3.SQLITE_OK if first in readable else sqlite3.SQLITE_DENY
            case sqlite3.SQLITE_READ if place is None:
                # COUNT(*) of something named without its database: what the query itself made is no table of the file.
                name = (first or "").lower()
                is_system = name.startswith(("sqlite_", "pragma_")) or name in hidden
                return sqlite3.SQLITE_DENY if is_system else sqlite3.SQLITE_OK
            case sqlite3.SQLITE_READ:
                is_ours = first is not None and via is not None and inner.get(first) == via
                return sqlite3.SQLITE_OK if is_ours else sqlite3.SQLITE_DENY
            case sqlite3.SQLITE_FUNCTION:
                is_known = (second or "").lower() in _FUNCTIONS
                return sqlite3.SQLITE_OK if is_known else sqlite3.SQLITE_DENY
            case _:
                return sqlite3.SQLITE_DENY

    return decide


class _SqliteQuery:
    def __init__(self, connection: sqlite3.Connection, seconds: float) -> None:
        self._connection = connection
        self._deadline = _Deadline(seconds)

    def fetch(self, statement: str, parameters: Parameters, max_rows: int) -> Fetched:
        deadline = self._deadline
        self._connection.set_progress_handler(
            lambda: int(deadline.is_cancelled or deadline.has_passed), PROGRESS_STEPS
        )
        try:
            cursor = self._connection.execute(statement, dict(parameters))
            columns = [one[0] for one in cursor.description or ()]
            return _take(cursor, columns, max_rows)
        except (sqlite3.Error, sqlite3.Warning, ValueError, OverflowError, MemoryError) as error:
            stopped = deadline.stopped()
            if stopped is not None and "interrupt" in str(error):
                raise stopped from None
            raise SqlFailed(_sqlite_words(str(error))) from None

    def cancel(self) -> None:
        self._deadline.is_cancelled = True
        with suppress(sqlite3.ProgrammingError):  # closed: it has ended
            self._connection.interrupt()


def _sqlite_words(message: str) -> str:
    """SQLite's complaint; what the authorizer hides is simply not there."""
    hidden = re.fullmatch(r"access to (.+)\.[^.]* is prohibited", message)
    if hidden:
        return f"no such table: {hidden[1]}"
    unknown = re.fullmatch(r"not authorized to use function: (.+)", message)
    if unknown:
        return f"no such function: {unknown[1]}"
    if message == "not authorized":
        return "The console only reads the tables that it lists, with SELECT."
    return message


# --- PostgreSQL -----------------------------------------------------------------------------------


@contextmanager
def _postgresql(database: Database, tenant_id: int, seconds: float, secret: bytes) -> Iterator[Any]:
    import psycopg

    url = database.address
    with database.reading() as reading:
        number = reading.exec_driver_sql(
            "SELECT oid FROM pg_database WHERE datname = current_database()"
        ).scalar_one()
    # Roles belong to all databases of a server, hence the number; and to one tenant, hence the other.
    role = f"verascope_console_{number}_{tenant_id:d}"
    password = hmac.new(secret, role.encode(), hashlib.sha256).hexdigest()
    schema = f"console_{tenant_id:d}"
    settings = (
        f"-c statement_timeout={max(1, round(seconds * 1000))} -c default_transaction_read_only=on "
        f"-c search_path={schema} -c timezone=UTC"
    )
    ours = url.set(drivername="postgresql", username=role, password=password)

    def connect() -> Any:
        return psycopg.connect(
            ours.render_as_string(hide_password=False), options=settings, connect_timeout=10
        )

    _make_views(database, tenant_id, role, schema, password)
    try:
        connection = connect()
    except psycopg.OperationalError as error:
        raise RoleMissing(
            f"PostgreSQL does not let the console's role {role} in: {str(error).strip()}. Allow it in pg_hba.conf "
            "as the server's own user."
        ) from None
    try:
        yield connection
    finally:
        connection.close()


def _make_views(database: Database, tenant_id: int, role: str, schema: str, password: str) -> None:
    """The role, and views of the tenant's rows that only it may read. Repeated calls change nothing.

    Raises RoleMissing when our own user may not make it.
    """
    key = (database.url, tenant_id)
    with _MADE_LOCK:
        if key in _MADE:
            return
        try:
            with database.writing() as connection:
                _make(connection, tenant_id, role, schema, password)
        except DBAPIError as error:
            words = str(error.orig).strip().splitlines()[0]
            raise RoleMissing(
                f"The console needs a read-only role, and the server's own database user may not make one ({words}). Let "
                f"an administrator run: ALTER ROLE {database.address.username} CREATEROLE; then ask again."
            ) from None
        _MADE.add(key)


_MADE: set[tuple[str, int]] = set()
_MADE_LOCK = threading.Lock()


def _make(connection: Connection, tenant_id: int, role: str, schema: str, password: str) -> None:
    def run(statement: str) -> None:
        connection.exec_driver_sql(statement.replace("%", "%%"))

    exists = connection.exec_driver_sql(
        "SELECT 1 FROM pg_roles WHERE rolname = %(role)s", {"role": role}
    ).scalar()
    # The password is 64 hex characters and the names are ours: nothing of a caller stands in these texts.
    run(f"{'ALTER' if exists else 'CREATE'} ROLE {role} LOGIN PASSWORD '{password}'")
    run(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
    run(f"CREATE SCHEMA {schema}")
    for table in OPEN_TABLES:
        run(
            f"CREATE VIEW {schema}.{table.name} WITH (security_barrier) AS "
            f"SELECT {', '.join(open_columns(table))} FROM {table.name} WHERE tenant_id = {tenant_id:d}"
        )
    run(f"GRANT USAGE ON SCHEMA {schema} TO {role}")
    run(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {role}")


_CURSOR = "console"
_BEFORE = len(f'DECLARE "{_CURSOR}" CURSOR FOR ')
"""What the driver puts before the statement."""
WATCH_SECONDS = 0.05


class _PostgresQuery:
    def __init__(self, connection: Any, seconds: float) -> None:
        self._connection = connection
        self._deadline = _Deadline(seconds)

    def fetch(self, statement: str, parameters: Parameters, max_rows: int) -> Fetched:
        import psycopg

        done = threading.Event()
        watch = threading.Thread(
            target=self._watch, args=(done,), name="console watch", daemon=True
        )
        watch.start()
        try:
            with self._connection.cursor(name=_CURSOR) as cursor:
                # A cursor on the server: a result larger than the limit never reaches us.
                cursor.execute(statement, dict(parameters))
                columns = [one.name for one in cursor.description or ()]
                return _take(iter(cursor), columns, max_rows)
        except psycopg.Error as error:
            stopped = self._deadline.stopped()
            if stopped is not None and isinstance(error, psycopg.errors.QueryCanceled):
                raise stopped from None
            words = error.diag.message_primary or str(error).strip() or type(error).__name__
            where = error.diag.statement_position
            raise SqlFailed(words, int(where) - 1 - _BEFORE if where else None) from None
        finally:
            done.set()
            watch.join()

    def _watch(self, done: threading.Event) -> None:
        """Stop the query when it is time. Again and again: PostgreSQL forgets a request that comes between two steps."""
        while not done.wait(WATCH_SECONDS):
            if self._deadline.stopped() is not None:
                with suppress(Exception):
                    self._connection.cancel()

    def cancel(self) -> None:
        self._deadline.is_cancelled = True
