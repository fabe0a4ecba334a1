"""What an import keeps: how far a file was read, and the rows it moves beside the predictions.

The state of an import changes in the transaction that stores its rows, so a killed import goes on exactly
where its last commit stands.
"""

import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Connection, Table, and_, bindparam, select
from sqlalchemy.exc import DBAPIError

from verascope import clock
from verascope.errors import Conflict, StoreUnusable
from verascope.store import dialect, tables
from verascope.store.database import Database
from verascope.store.tables import Utc, imports

T = TypeVar("T")

PATIENCE_SECONDS = 120.0
"""How long a write waits for its turn beside a busy server before the import stops."""

MOVED: dict[str, Table] = {
    table.name: table
    for table in (tables.system_metrics, tables.performance_benchmarks, tables.alerts)
}
"""The tables whose rows carry an `import_key`."""

LOOKUP = 400


@dataclass(frozen=True, slots=True)
class Started:
    """An import that was begun. state: what `advance` last stored."""

    state: str
    is_finished: bool


def find(connection: Connection, tenant_id: int, fingerprint: str) -> Started | None:
    """The import of this file with these options, None when there was none."""
    row = connection.execute(
        select(imports.c.state, imports.c.finished_at).where(
            imports.c.tenant_id == tenant_id, imports.c.fingerprint == fingerprint
        )
    ).one_or_none()
    return None if row is None else Started(row.state, row.finished_at is not None)


def begin(
    connection: Connection, tenant_id: int, fingerprint: str, file: str, state: str, now_us: int
) -> None:
    """Note that the import starts, or starts over."""
    values = {"file": file, "state": state, "started_at": now_us, "updated_at": now_us}
    moved = connection.execute(
        imports.update()
        .where(imports.c.tenant_id == tenant_id, imports.c.fingerprint == fingerprint)
        .values(**values, finished_at=None)
    )
    if not moved.rowcount:
        connection.execute(
            imports.insert().values(tenant_id=tenant_id, fingerprint=fingerprint, **values)
        )


def advance(
    connection: Connection,
    tenant_id: int,
    fingerprint: str,
    before: str,
    after: str,
    now_us: int,
    *,
    is_end: bool = False,
) -> None:
    """Move the state from `before` to `after`. Raises Conflict when another process moved it meanwhile."""
    moved = connection.execute(
        imports.update()
        .where(
            imports.c.tenant_id == tenant_id,
            imports.c.fingerprint == fingerprint,
            imports.c.state == before,
        )
        .values(state=after, updated_at=now_us, finished_at=now_us if is_end else None)
    )
    if moved.rowcount != 1:
        raise Conflict("Another process imports the same file; this one stopped and left it alone.")


def put(
    connection: Connection, table: Table, tenant_id: int, rows: Sequence[dict[str, object]]
) -> int:
    """Insert rows of a table of `MOVED`, each with its `import_key`; the number of those that were new.

    An alert that is stored as open and comes again as resolved is resolved here too: the other system went on
    with it. Nothing else of a stored row changes.
    """
    if not rows:
        return 0
    columns = [column.name for column in table.columns if column.name != "id"]
    instants = {column.name for column in table.columns if isinstance(column.type, Utc)}
    is_text = dialect.is_sqlite(connection)
    values = []
    for row in rows:
        full = {"resolved": 0, **row, "tenant_id": tenant_id}
        for name in instants:
            full[name] = _instant(full.get(name), is_text=is_text)
        values.append(tuple(full.get(name) for name in columns))
    stored = dialect.insert_new(connection, table, columns, values, key="import_key")
    resolved = [row for row in rows if row.get("resolved")]
    if stored < len(rows) and table is tables.alerts and resolved:
        _resolve(connection, tenant_id, resolved)
    return stored


def _instant(value: object, *, is_text: bool) -> object:
    if not isinstance(value, int):
        return None
    return clock.to_text(value) if is_text else clock.to_datetime(value).replace(tzinfo=None)


def _resolve(connection: Connection, tenant_id: int, resolved: Sequence[dict[str, object]]) -> None:
    alerts = tables.alerts
    connection.execute(
        alerts.update()
        .where(
            and_(
                alerts.c.tenant_id == tenant_id,
                alerts.c.import_key == bindparam("key"),
                alerts.c.resolved == 0,
            )
        )
        .values(resolved=1, resolved_at=bindparam("at")),
        [{"key": row["import_key"], "at": row.get("resolved_at")} for row in resolved],
    )


def present(connection: Connection, table: Table, tenant_id: int, keys: Sequence[str]) -> set[str]:
    """Which of these import keys the table holds."""
    found: set[str] = set()
    for start in range(0, len(keys), LOOKUP):
        rows = connection.execute(
            select(table.c.import_key).where(
                table.c.tenant_id == tenant_id,
                table.c.import_key.in_(keys[start : start + LOOKUP]),
            )
        )
        found.update(row.import_key for row in rows)
    return found


def patiently(database: Database, job: Callable[[Connection], T]) -> T:
    """Run a write transaction, waiting for the server's turn as often as it takes within two minutes.

    The database itself waits five seconds before it says that it is locked. Raises StoreUnusable when it stays
    locked or can't be written, a full disk for instance; then nothing of this transaction is stored.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    pause = 0.05
    while True:
        try:
            with database.writing() as connection:
                return job(connection)
        except (sqlite3.DatabaseError, DBAPIError) as error:
            text = str(getattr(error, "orig", None) or error).strip()
            if not _is_passing(text) or time.monotonic() > deadline:
                raise StoreUnusable(_sentence(text)) from error
            time.sleep(pause)
            pause = min(pause * 2, 2.0)


def _is_passing(text: str) -> bool:
    return "locked" in text or "busy" in text or "deadlock" in text


def _sentence(text: str) -> str:
    if "disk is full" in text or "No space left" in text:
        return "The store can't be written: the disk is full."
    if _is_passing(text):
        return "The store stayed locked for two minutes by another program."
    return f"The store can't be written: {text.splitlines()[0] if text else 'unknown reason'}."
