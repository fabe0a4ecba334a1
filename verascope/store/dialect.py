"""What differs between SQLite and PostgreSQL on the hot paths, behind one name each.

The hot insert goes through the driver: SQLAlchemy's own parameter path costs half the speed.
"""

from collections.abc import Sequence
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Table

WRITER_LOCK = 0x56455241

Row = tuple[Any, ...]


def cursor(connection: Connection) -> Any:
    """The driver's own cursor inside the connection's transaction."""
    raw = connection.connection.driver_connection
    assert raw is not None
    return raw.cursor()


def is_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"


def order_commits(connection: Connection) -> None:
    """Make `seq` follow the order of commits, so that no reader ever sees a later seq before an earlier.

    SQLite has one writer anyway; on PostgreSQL writers of predictions take turns for their transaction.
    """
    if not is_sqlite(connection):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITER_LOCK})")


def insert_new(
    connection: Connection, table: Table, columns: Sequence[str], rows: list[Row], key: str = "id"
) -> int:
    """Insert `rows`, leaving out those whose (tenant_id, `key`) exists; the number that went in."""
    names = ", ".join(columns)
    conflict = f"ON CONFLICT (tenant_id, {key}) DO NOTHING"
    with_cursor = cursor(connection)
    if is_sqlite(connection):
        return _insert_many(with_cursor, f"INSERT INTO {table.name} ({names})", conflict, rows)
    staging = f"staging_{table.name}"
    with_cursor.execute(
        f"CREATE TEMP TABLE IF NOT EXISTS {staging} ON COMMIT DELETE ROWS AS "
        f"SELECT 0 AS position, {names} FROM {table.name} WITH NO DATA"
    )
    with with_cursor.copy(f"COPY {staging} (position, {names}) FROM STDIN") as copy:
        for position, row in enumerate(rows):
            copy.write_row((position, *row))
    with_cursor.execute(
        f"INSERT INTO {table.name} ({names}) SELECT {names} FROM {staging} ORDER BY position {conflict}"
    )
    inserted = int(with_cursor.rowcount)
    with_cursor.execute(f"DELETE FROM {staging}")
    return inserted


def add_up(connection: Connection, table: Table, rows: list[Row]) -> None:
    """Upsert `rows` (in the table's column order, its key first, each key once): the other columns add up.

    Rows are sorted by key: unsorted, two writers deadlock on PostgreSQL.
    """
    if not rows:
        return
    keys = [column.name for column in table.primary_key]
    rows = sorted(rows)
    sums = [column.name for column in table.columns if column.name not in keys]
    upsert(
        connection,
        f"INSERT INTO {table.name} ({', '.join(keys + sums)})",
        f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET "
        + ", ".join(f"{name} = {table.name}.{name} + excluded.{name}" for name in sums),
        rows,
    )


def upsert(connection: Connection, head: str, tail: str, rows: list[Row]) -> None:
    """`head` VALUES `rows` `tail`: each key once, in the order of the table's key."""
    if is_sqlite(connection):
        _insert_many(cursor(connection), head, tail, rows)
    else:
        marks = ", ".join(["%s"] * len(rows[0]))
        cursor(connection).executemany(f"{head} VALUES ({marks}) {tail}", rows)


TOGETHER = (64, 16, 4)
"""Rows in one statement of SQLite. Few sizes, so that each is parsed once and kept. The driver lets go of Python's
lock for each statement and has to wait for it again: row by row, a busy thread beside it makes every row wait."""


def _insert_many(with_cursor: Any, head: str, tail: str, rows: list[Row]) -> int:
    """`head` VALUES `rows` `tail` through SQLite's driver; the number of rows that went in."""
    mark = f"({', '.join('?' * len(rows[0]))})"
    start, went_in = 0, 0
    for size in TOGETHER:
        statement = f"{head} VALUES {', '.join([mark] * size)} {tail}"
        while len(rows) - start >= size:
            part = rows[start : start + size]
            with_cursor.execute(statement, tuple(chain.from_iterable(part)))
            went_in += with_cursor.rowcount
            start += size
    if start < len(rows):
        with_cursor.executemany(f"{head} VALUES {mark} {tail}", rows[start:])
        went_in += with_cursor.rowcount
    return int(went_in)
