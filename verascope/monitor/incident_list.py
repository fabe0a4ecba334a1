"""Incidents as the API shows them: pages, one with its timeline, and what a request about one may say."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from verascope import clock
from verascope.errors import FieldError, Invalid, NotFound, shown
from verascope.monitor.body import Body
from verascope.monitor.incidents import (
    MAX_NAME,
    MAX_TEXT,
    MAX_TITLE,
    SEVERITIES,
    About,
    Kind,
    State,
)
from verascope.monitor.resolution import Times, times_of
from verascope.queries.record import cursor, seq_of
from verascope.store.incident_tables import incident_events, incidents

STATES = ("open", "resolved", "all")
"""What a list can be asked for; acknowledged ones are among the open ones."""
_UNRESOLVED = (State.OPEN.value, State.ACKNOWLEDGED.value)


@dataclass(frozen=True, slots=True)
class Opening:
    """What somebody says who opens an incident by hand."""

    title: str
    severity: str
    summary: str
    about: str


def opening_of(body: Mapping[str, object]) -> Opening:
    """Raises Invalid with every wrong field."""
    read = Body(body, ("title", "severity", "summary", "about"))
    said = Opening(
        read.text("title", MAX_TITLE),
        read.choice("severity", SEVERITIES),
        read.text("summary", MAX_TEXT, default=""),
        read.choice("about", tuple(About), default=About.OTHER.value),
    )
    read.check()
    return said


def note_of(body: Mapping[str, object]) -> str:
    """Raises Invalid with every wrong field."""
    read = Body(body, ("text",))
    text = read.text("text", MAX_TEXT)
    read.check()
    return text


def assignee_of(body: Mapping[str, object]) -> str | None:
    """A name, None for nobody. Raises Invalid with every wrong field."""
    read = Body(body, ("assignee",))
    name = read.text_or_none("assignee", MAX_NAME)
    read.check()
    return name


def severity_of(body: Mapping[str, object]) -> str:
    """Raises Invalid with every wrong field."""
    read = Body(body, ("severity",))
    severity = read.choice("severity", SEVERITIES)
    read.check()
    return severity


def page(
    connection: Connection, tenant_id: int, state: str, limit: int, after: str | None
) -> dict[str, Any]:
    """A page, the highest number first; `next_cursor` is None on the last. Raises Invalid with every wrong value."""
    problems = []
    if state not in STATES:
        problems.append(FieldError("state", shown(state), f"one of {', '.join(STATES)}"))
    before = seq_of(after) if after else None
    if after and before is None:
        accepted = "next_cursor of an earlier page, unchanged"
        problems.append(FieldError("cursor", shown(after), accepted))
    if problems:
        raise Invalid(*problems)
    conditions = [incidents.c.tenant_id == tenant_id]
    if state == "open":
        conditions.append(incidents.c.state.in_(_UNRESOLVED))
    elif state == "resolved":
        conditions.append(incidents.c.state == State.RESOLVED.value)
    if before is not None:
        conditions.append(incidents.c.number < before)
    found = connection.execute(
        select(incidents).where(*conditions).order_by(incidents.c.number.desc()).limit(limit + 1)
    ).all()
    here = found[:limit]
    taken = times_of(connection, tenant_id, [row.id for row in here])
    return {
        "items": [_json(row, taken[row.id]) for row in here],
        "next_cursor": cursor(here[-1].number) if len(found) > limit else None,
    }


def one(connection: Connection, tenant_id: int, incident_id: str) -> dict[str, Any]:
    """One incident with its timeline, oldest entry first. Raises NotFound."""
    row = connection.execute(
        select(incidents).where(incidents.c.tenant_id == tenant_id, incidents.c.id == incident_id)
    ).one_or_none()
    if row is None:
        raise NotFound(f"There is no incident {shown(incident_id)}.")
    told = connection.execute(
        select(incident_events)
        .where(
            incident_events.c.tenant_id == tenant_id,
            incident_events.c.incident_id == incident_id,
        )
        .order_by(incident_events.c.seq)
    ).all()
    taken = times_of(connection, tenant_id, [incident_id])[incident_id]
    return {
        **_json(row, taken),
        "timeline": [
            {
                "at": clock.to_iso(entry.at),
                "kind": entry.kind,
                "by": entry.actor,
                "text": _text(Kind(entry.kind), entry.given, row.opened_from),
            }
            for entry in told
        ],
    }


def _json(row: Row[Any], taken: Times) -> dict[str, Any]:
    return {
        "id": row.id,
        "number": row.number,
        "title": row.title,
        "severity": row.severity,
        "state": row.state,
        "about": row.about,
        "opened_at": clock.to_iso(row.opened_at),
        "acknowledged_at": clock.iso_or_none(row.acknowledged_at),
        "resolved_at": clock.iso_or_none(row.resolved_at),
        "assignee": row.assignee,
        "source": row.opened_from,
        "alert_id": row.alert_id,
        "summary": row.summary,
        "seconds_to_acknowledge": taken.acknowledge,
        "seconds_to_resolve": taken.resolve,
    }


def _text(kind: Kind, given: str | None, opened_from: str) -> str:
    match kind:
        case Kind.OPENED:
            how = "by an alert" if opened_from == "alert" else "by hand"
            return f"Opened {how}, severity {given}."
        case Kind.ACKNOWLEDGED:
            return "Acknowledged."
        case Kind.RESOLVED:
            return "Resolved."
        case Kind.REOPENED:
            return "Re-opened."
        case Kind.NOTE:
            return given or ""
        case Kind.ASSIGNED:
            return f"Assigned to {given}." if given else "Assigned to nobody."
        case Kind.SEVERITY:
            return f"Severity changed to {given}."
