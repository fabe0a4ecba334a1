"""What differs between SQLite and PostgreSQL on the hot paths, behind one name each.

The hot insert goes through the driver: SQLAlchemy's own parameter path costs half the speed.
"""

from collections.abc import Sequence
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
        marks = ", ".join("?" * len(columns))
        with_cursor.executemany(
            f"INSERT INTO {table.name} ({names}) VALUES ({marks}) {conflict}", rows
        )
        return int(with_cursor.rowcount)
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
    mark = "?" if is_sqlite(connection) else "%s"
    statement = (
        f"INSERT INTO {table.name} ({', '.join(keys + sums)}) VALUES ({', '.join([mark] * len(keys + sums))}) "
        f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET "
        + ", ".join(f"{name} = {table.name}.{name} + excluded.{name}" for name in sums)
    )
    cursor(connection).executemany(statement, rows)
