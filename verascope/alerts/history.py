"""Everything that ever happened with alerts, in one place that is only added to."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, and_, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from verascope import clock
from verascope.queries.export import neutral
from verascope.store.pipeline_tables import alert_history as table
from verascope.store.pipeline_tables import notification_log


class Kind(StrEnum):
    """suppressed: a message that was not sent. rule, routing: somebody changed them."""

    TRANSITION = "transition"
    DELIVERY = "delivery"
    SUPPRESSED = "suppressed"
    ACKNOWLEDGED = "acknowledged"
    SILENCED = "silenced"
    INCIDENT = "incident"
    NOTE = "note"
    RULE = "rule"
    ROUTING = "routing"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened. who: None for this service itself. detail: what programs may want to know of it."""

    seq: int
    at_us: int
    kind: Kind
    severity: str | None
    rule: str
    subject: str
    alert_id: str | None
    text: str
    who: str | None
    detail: Mapping[str, Any]


def append(
    connection: Connection,
    tenant_id: int,
    kind: Kind,
    text: str,
    at_us: int,
    *,
    severity: str | None = None,
    rule: str = "",
    subject: str = "",
    alert_id: str | None = None,
    who: str | None = None,
    detail: Mapping[str, Any] | None = None,
    reference: str | None = None,
) -> None:
    """Add an entry in the caller's transaction. reference: names what happened; the same of a kind is kept once."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    connection.execute(
        insert(table)
        .values(
            tenant_id=tenant_id,
            at=at_us,
            kind=kind.value,
            severity=severity,
            rule=rule,
            subject=subject,
            alert_id=alert_id,
            text=text,
            who=who,
            detail=msgspec.json.encode(detail or {}).decode(),
            reference=reference,
        )
        .on_conflict_do_nothing(index_elements=["tenant_id", "kind", "reference"])
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries. q: somewhere in the text, the rule, the subject or who, whatever the case. Instants are
    half open: `start_us <= at < end_us`.
    """

    q: str | None = None
    kinds: tuple[Kind, ...] = ()
    severities: tuple[str, ...] = ()
    start_us: int | None = None
    end_us: int | None = None


def listed(
    connection: Connection,
    tenant_id: int,
    wanted: Wanted,
    limit: int,
    before_seq: int | None = None,
) -> list[Entry]:
    """The newest first, of those added before `before_seq`."""
    rows = connection.execute(
        select(table)
        .where(*_conditions(tenant_id, wanted, before_seq))
        .order_by(table.c.seq.desc())
        .limit(limit)
    )
    return [_entry(row) for row in rows]


def timeline(connection: Connection, tenant_id: int, alert_id: str) -> list[Entry]:
    """All of one alert, oldest first. A message about several alerts stands in the timeline of each."""
    log = notification_log.c
    told = select(log.delivery_id).where(
        log.tenant_id == tenant_id, log.alert_id == alert_id, log.delivery_id.is_not(None)
    )
    rows = connection.execute(
        select(table)
        .where(
            table.c.tenant_id == tenant_id,
            or_(
                table.c.alert_id == alert_id,
                and_(table.c.kind == Kind.DELIVERY.value, table.c.reference.in_(told)),
            ),
        )
        .order_by(table.c.at, table.c.seq)
    )
    return [_entry(row) for row in rows]


def _conditions(tenant_id: int, wanted: Wanted, before_seq: int | None) -> list[Any]:
    # Without the sum SQLite would take an index of the tenant and sort; the primary key is the order.
    found: list[Any] = [table.c.tenant_id + 0 == tenant_id]
    if wanted.q:
        pattern = f"%{_escaped(wanted.q.lower())}%"
        found.append(
            or_(
                *(
                    func.lower(func.coalesce(column, "")).like(pattern, escape="\\")
                    for column in (table.c.text, table.c.rule, table.c.subject, table.c.who)
                )
            )
        )
    if wanted.kinds:
        found.append(table.c.kind.in_([kind.value for kind in wanted.kinds]))
    if wanted.severities:
        found.append(table.c.severity.in_(wanted.severities))
    if wanted.start_us is not None:
        found.append(table.c.at >= wanted.start_us)
    if wanted.end_us is not None:
        found.append(table.c.at < wanted.end_us)
    if before_seq is not None:
        found.append(table.c.seq < before_seq)
    return found


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _entry(row: Row[Any]) -> Entry:
    return Entry(
        row.seq,
        row.at,
        Kind(row.kind),
        row.severity,
        row.rule,
        row.subject,
        row.alert_id,
        row.text,
        row.who,
        msgspec.json.decode(row.detail),
    )


def as_json(entry: Entry) -> dict[str, Any]:
    """An entry as the API and NDJSON give it."""
    return {
        "id": str(entry.seq),
        "at": clock.to_iso(entry.at_us),
        "kind": entry.kind.value,
        "severity": entry.severity,
        "rule": entry.rule or None,
        "subject": entry.subject,
        "alert_id": entry.alert_id,
        "text": entry.text,
        "by": entry.who,
        "detail": dict(entry.detail),
    }


_CSV = ("id", "at", "kind", "severity", "rule", "subject", "alert_id", "text", "by", "detail")


def csv_header() -> str:
    return _line(_CSV)


def csv_lines(entries: list[Entry]) -> Iterator[str]:
    """One line each; what a spreadsheet would take for a formula is disarmed."""
    for entry in entries:
        found = as_json(entry)
        found["detail"] = msgspec.json.encode(found["detail"]).decode()
        yield _line([neutral("" if found[name] is None else found[name]) for name in _CSV])


def _line(cells: list[str] | tuple[str, ...]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()
