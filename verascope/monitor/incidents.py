"""Incidents: something is wrong, and somebody looks after it. open → acknowledged → resolved, and back to open.

Opened by alerts or by hand. Every change is an entry of a timeline that only grows; the row of `incidents` mirrors
what it says, so that lists are quick. All functions work inside the caller's transaction. Changes answer whether
something changed: the same said twice is one entry.
"""

from enum import StrEnum
from typing import Any

import uuid_utils
from sqlalchemy import Connection, func, literal, select

from verascope.errors import Invalid, NotFound, OutOfTurn, shown
from verascope.records import Severity
from verascope.store import dialect
from verascope.store.incident_tables import incident_events, incidents
from verascope.store.tables import Utc

MAX_TITLE = 200
MAX_TEXT = 4_000
MAX_NAME = 100

SEVERITIES = tuple(severity.value for severity in Severity)
"""Most urgent first."""

ERROR_METRICS = frozenset(
    {
        "error_rate",
        "success_rate",
        "failed_predictions",
        "new_error_patterns",
        "regressed_error_patterns",
    }
)
"""An incident about one of these is about errors."""


class State(StrEnum):
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Kind(StrEnum):
    """What an entry of the timeline tells."""

    OPENED = "opened"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    NOTE = "note"
    ASSIGNED = "assigned"
    SEVERITY = "severity"


class About(StrEnum):
    """errors: its time to resolve counts as error resolution time."""

    ERRORS = "errors"
    OTHER = "other"


def about_metric(metric: str) -> About:
    """What an incident is about whose alert watches `metric`."""
    return About.ERRORS if metric in ERROR_METRICS else About.OTHER


def open_incident(
    connection: Connection,
    tenant_id: int,
    *,
    title: str,
    severity: str,
    source: str,
    alert_id: str | None,
    summary: str,
    who: str,
    at_us: int,
    about: str = About.OTHER,
) -> str:
    """The id of a new incident, or of the one that this alert has opened before, in whatever state it is.

    source: alert or manual. Texts longer than accepted are cut. Raises Invalid for an unknown severity.
    """
    _check_severity(severity)
    # Two at the same time would take the same number on PostgreSQL.
    dialect.order_commits(connection)
    if alert_id is not None:
        known = for_alert(connection, tenant_id, alert_id)
        if known is not None:
            return known
    highest = connection.execute(
        select(func.max(incidents.c.number)).where(incidents.c.tenant_id == tenant_id)
    ).scalar()
    incident_id = str(uuid_utils.uuid7())
    connection.execute(
        incidents.insert().values(
            tenant_id=tenant_id,
            id=incident_id,
            number=(highest or 0) + 1,
            title=_clean(title)[:MAX_TITLE],
            severity=str(severity),
            state=State.OPEN.value,
            opened_from=source,
            alert_id=alert_id,
            about=str(About(about)),
            summary=_clean(summary)[:MAX_TEXT],
            opened_at=at_us,
        )
    )
    _append(connection, tenant_id, incident_id, Kind.OPENED, who, at_us, str(severity))
    return incident_id


def for_alert(connection: Connection, tenant_id: int, alert_id: str) -> str | None:
    """The incident that this alert has opened, None when there is none."""
    return connection.execute(
        select(incidents.c.id).where(
            incidents.c.tenant_id == tenant_id, incidents.c.alert_id == alert_id
        )
    ).scalar()


def acknowledge(
    connection: Connection, tenant_id: int, incident_id: str, who: str, at_us: int
) -> bool:
    """open → acknowledged. False in any other state. Raises NotFound, as all below."""
    first = func.coalesce(incidents.c.acknowledged_at, literal(at_us, Utc()))
    changed = _move(
        connection,
        tenant_id,
        incident_id,
        (State.OPEN,),
        {"state": State.ACKNOWLEDGED.value, "acknowledged_at": first},
    )
    if changed:
        _append(connection, tenant_id, incident_id, Kind.ACKNOWLEDGED, who, at_us)
    return changed


def acknowledge_open(
    connection: Connection, tenant_id: int, incident_id: str, who: str, at_us: int
) -> bool:
    """`acknowledge`, for people. Raises OutOfTurn for a resolved one."""
    if acknowledge(connection, tenant_id, incident_id, who, at_us):
        return True
    row = _row(connection, tenant_id, incident_id)
    if row.state == State.RESOLVED:
        raise OutOfTurn(
            f"Incident {row.number} is resolved; re-open it if it is not over, then acknowledge it."
        )
    return False


def resolve(connection: Connection, tenant_id: int, incident_id: str, who: str, at_us: int) -> bool:
    """open or acknowledged → resolved. False when it is resolved already."""
    changed = _move(
        connection,
        tenant_id,
        incident_id,
        (State.OPEN, State.ACKNOWLEDGED),
        {"state": State.RESOLVED.value, "resolved_at": at_us},
    )
    if changed:
        _append(connection, tenant_id, incident_id, Kind.RESOLVED, who, at_us)
    return changed


def reopen(connection: Connection, tenant_id: int, incident_id: str, who: str, at_us: int) -> bool:
    """resolved → open, waiting for an acknowledgement again. False when it is not resolved."""
    changed = _move(
        connection,
        tenant_id,
        incident_id,
        (State.RESOLVED,),
        {"state": State.OPEN.value, "resolved_at": None},
    )
    if changed:
        _append(connection, tenant_id, incident_id, Kind.REOPENED, who, at_us)
    return changed


def note(
    connection: Connection, tenant_id: int, incident_id: str, text: str, who: str, at_us: int
) -> None:
    """Add a remark, in any state."""
    _row(connection, tenant_id, incident_id)
    _append(connection, tenant_id, incident_id, Kind.NOTE, who, at_us, _clean(text)[:MAX_TEXT])


def assign(
    connection: Connection,
    tenant_id: int,
    incident_id: str,
    assignee: str | None,
    who: str,
    at_us: int,
) -> bool:
    """Say who looks after it, in any state; None: nobody. False when that was said before."""
    given = None if assignee is None else _clean(assignee)[:MAX_NAME]
    return _set(connection, tenant_id, incident_id, "assignee", given, Kind.ASSIGNED, who, at_us)


def change_severity(
    connection: Connection, tenant_id: int, incident_id: str, severity: str, who: str, at_us: int
) -> bool:
    """In any state. False when it has this severity. Raises Invalid for an unknown one."""
    _check_severity(severity)
    given = str(severity)
    return _set(connection, tenant_id, incident_id, "severity", given, Kind.SEVERITY, who, at_us)


def _check_severity(severity: str) -> None:
    if severity not in SEVERITIES:
        raise Invalid.of("severity", severity, f"one of {', '.join(SEVERITIES)}")


def _clean(text: str) -> str:
    # PostgreSQL holds no NUL.
    return text.replace("\0", "").strip()


def _row(connection: Connection, tenant_id: int, incident_id: str) -> Any:
    row = connection.execute(
        select(incidents).where(incidents.c.tenant_id == tenant_id, incidents.c.id == incident_id)
    ).one_or_none()
    if row is None:
        raise NotFound(f"There is no incident {shown(incident_id)}.")
    return row


def _move(
    connection: Connection,
    tenant_id: int,
    incident_id: str,
    before: tuple[State, ...],
    values: dict[str, Any],
) -> bool:
    moved = connection.execute(
        incidents.update()
        .where(
            incidents.c.tenant_id == tenant_id,
            incidents.c.id == incident_id,
            incidents.c.state.in_([state.value for state in before]),
        )
        .values(values)
    )
    if moved.rowcount:
        return True
    _row(connection, tenant_id, incident_id)
    return False


def _set(
    connection: Connection,
    tenant_id: int,
    incident_id: str,
    column: str,
    given: str | None,
    kind: Kind,
    who: str,
    at_us: int,
) -> bool:
    changed = connection.execute(
        incidents.update()
        .where(
            incidents.c.tenant_id == tenant_id,
            incidents.c.id == incident_id,
            incidents.c[column].is_distinct_from(given),
        )
        .values({column: given})
    )
    if not changed.rowcount:
        _row(connection, tenant_id, incident_id)
        return False
    _append(connection, tenant_id, incident_id, kind, who, at_us, given)
    return True


def _append(
    connection: Connection,
    tenant_id: int,
    incident_id: str,
    kind: Kind,
    who: str,
    at_us: int,
    given: str | None = None,
) -> None:
    connection.execute(
        incident_events.insert().values(
            tenant_id=tenant_id,
            incident_id=incident_id,
            at=at_us,
            kind=kind.value,
            actor=who,
            given=given,
        )
    )
