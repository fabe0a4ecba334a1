"""The SQL console: one bounded, read-only query at a time over the tenant's own rows."""

import csv
import io
import math
import re
import secrets
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from verascope.config import Console
from verascope.errors import Busy, FieldError, Invalid, NotFound, SqlFailed, shown
from verascope.queries import sql_text
from verascope.queries.export import neutral
from verascope.store import console
from verascope.store.console import Fetched
from verascope.store.database import Database

MAX_ID = 64
LARGEST_EXACT = 2**53 - 1
"""Past it a JSON number loses digits in a browser."""

_FIELDS = ("sql", "parameters", "id")
_TIME = re.compile(r"\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?")

Value = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Asked:
    """A query with everything it needs. id: by which it can be cancelled."""

    sql: str
    parameters: Mapping[str, Value]
    id: str


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Table:
    """What came back. rows hold JSON values only. truncated: which limit cut it, if one did."""

    columns: list[Column]
    rows: list[list[Value]]
    truncated: str | None
    elapsed_ms: float
    notes: list[str] = field(default_factory=list)


def asked_of(body: Mapping[str, object]) -> Asked:
    """The query in a JSON object.

    Raises Invalid with every wrong field, SqlFailed when the text is no single question.
    """
    problems = [
        FieldError(name, shown(body[name]), f"known fields are {', '.join(_FIELDS)}")
        for name in body
        if name not in _FIELDS
    ]
    sql, given, id_ = body.get("sql"), body.get("parameters") or {}, body.get("id")
    if not isinstance(sql, str):
        raise Invalid(*problems, FieldError("sql", shown(sql), "the text of a query"))
    if id_ is None:
        id_ = secrets.token_hex(8)
    elif not isinstance(id_, str) or not re.fullmatch(r"[\w.:-]{1,64}", id_):
        accepted = f"1 to {MAX_ID} letters, digits, and . : _ -"
        problems.append(FieldError("id", shown(id_), accepted))
    if not isinstance(given, Mapping):
        problems.append(FieldError("parameters", shown(given), "an object of values by name"))
        given = {}
    problems += _wrong_parameters(sql, given)
    sql_text.check(sql)
    if problems:
        raise Invalid(*problems)
    return Asked(sql, dict(given), str(id_))


def _wrong_parameters(sql: str, given: Mapping[str, object]) -> list[FieldError]:
    named = sql_text.parameters(sql)
    problems = [
        FieldError(f"parameters.{name}", "nothing", "the query names it, so it needs a value")
        for name in named
        if name not in given
    ]
    for name, value in given.items():
        path = f"parameters.{name}"
        if name not in named:
            listed = ", ".join(f":{one}" for one in named) or "no parameter"
            problems.append(FieldError(path, shown(value), f"the query names {listed}"))
        elif not _is_bindable(value):
            accepted = "a text without NUL, a finite number, a whole number of 64 bits, true, false or null"
            problems.append(FieldError(path, shown(value), accepted))
    return problems


def _is_bindable(value: object) -> bool:
    match value:
        case None | bool():
            return True
        case int():
            return -(2**63) <= value < 2**63
        case float():
            return math.isfinite(value)
        case str():
            return "\0" not in value and not re.search("[\ud800-\udfff]", value)
        case _:
            return False


class SqlConsole:
    """Runs queries, one at a time. Blocks, so call `run` from a worker thread. Thread-safe."""

    def __init__(self, database: Database, limits: Console, secret: bytes) -> None:
        self._database = database
        self._secret = secret
        self.limits = limits
        self._turn = threading.Lock()
        self._running: dict[tuple[int, str], console.Query] = {}

    @property
    def kind(self) -> str:
        """sqlite or postgresql."""
        return self._database.kind

    def run(self, tenant_id: int, asked: Asked) -> Table:
        """The answer. Raises Busy while another query runs, SqlFailed, SqlStopped, RoleMissing."""
        if not self._turn.acquire(blocking=False):
            raise Busy("Another query is running; one runs at a time. Cancel it, or wait.", 2)
        started = time.perf_counter()
        try:
            with console.connected(
                self._database, tenant_id, self.limits.seconds, self._secret
            ) as query:
                self._running[tenant_id, asked.id] = query
                try:
                    found = self._fetch(query, asked)
                finally:
                    del self._running[tenant_id, asked.id]
        finally:
            self._turn.release()
        return _table(found, (time.perf_counter() - started) * 1000)

    def _fetch(self, query: console.Query, asked: Asked) -> Fetched:
        statement = asked.sql
        if self.kind == "postgresql":
            statement = sql_text.for_psycopg(statement)
        try:
            return query.fetch(statement, asked.parameters, self.limits.rows)
        except SqlFailed as refused:
            if self.kind == "sqlite":
                position = sql_text.position_of(refused.detail, asked.sql)
            else:
                position = sql_text.original_position(asked.sql, refused.position)
            raise SqlFailed(refused.detail, position, asked.sql) from None

    def is_running(self, tenant_id: int, id_: str) -> bool:
        """Whether a query with this id runs right now."""
        return (tenant_id, id_) in self._running

    def cancel(self, tenant_id: int, id_: str) -> None:
        """Stop a running query. Raises NotFound when no such query runs."""
        query = self._running.get((tenant_id, id_))
        if query is None:
            raise NotFound(f"No query with the id {shown(id_)} is running.")
        query.cancel()


def _table(found: Fetched, elapsed_ms: float) -> Table:
    rows = [[_value(value) for value in row] for row in found.rows]
    columns = [
        Column(name, _type([row[i] for row in found.rows])) for i, name in enumerate(found.columns)
    ]
    notes = []
    blobs = [column.name for column in columns if column.type == "blob"]
    if blobs:
        notes.append(f"Bytes are shown as hexadecimal digits: {', '.join(blobs)}.")
    return Table(columns, rows, found.cut, round(elapsed_ms, 3), notes)


def _value(value: Any) -> Value:
    """A value as JSON can carry it without loss."""
    match value:
        case None | bool() | str():
            return value
        case int():
            return value if abs(value) <= LARGEST_EXACT else str(value)
        case float():
            return value if math.isfinite(value) else str(value)
        case bytes() | memoryview():
            return bytes(value).hex()
        case Decimal():
            number = float(value)
            return number if Decimal(repr(number)) == value else str(value)
        case datetime():
            return value.isoformat(" ", "microseconds")[:26]
        case date():
            return value.isoformat()
        case _:
            return str(value)


def _type(values: Sequence[Any]) -> str:
    kinds = {_kind(value) for value in values if value is not None}
    if not kinds:
        return "null"
    if kinds == {"integer", "number"}:
        return "number"
    if kinds == {"text", "time"}:
        return "text"
    return kinds.pop() if len(kinds) == 1 else "mixed"


def _kind(value: Any) -> str:
    match value:
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float() | Decimal():
            return "number"
        case bytes() | memoryview():
            return "blob"
        case date():  # a datetime is one, too
            return "time"
        case str():
            return "time" if _TIME.fullmatch(value) else "text"
        case _:
            return "text"


def to_csv(table: Table) -> str:
    """The table as CSV with a header. What a spreadsheet would run is disarmed; numbers stay numbers."""
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow([neutral(column.name) for column in table.columns])
    for row in table.rows:
        writer.writerow([_cell(value) for value in row])
    return target.getvalue()


def _cell(value: Value) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return value if _is_number(value) else neutral(value)
        case _:
            return str(value)


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?", text) is not None
