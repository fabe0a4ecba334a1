"""How long incidents take: time to acknowledge and to resolve, from the state timeline and nothing else.

Time to acknowledge runs from the opening to the first acknowledgement; an incident that nobody acknowledged has
none. Time to resolve runs from the opening to the last resolve, so one that was re-opened counts as a whole, the rest in
between included; while it is open it has none. Means are by the month of the opening on the tenant's clock, and by
the severity the incident has now.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from statistics import fmean
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from verascope import clock
from verascope.clock import US, Range
from verascope.monitor.incidents import SEVERITIES, About, Kind
from verascope.store.incident_tables import incident_events, incidents
from verascope.store.tables import tenants

LOOKUP = 500
MAX_MONTHS = 36
_STATES = (Kind.OPENED, Kind.ACKNOWLEDGED, Kind.RESOLVED, Kind.REOPENED)


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds; None where there is nothing to measure yet. resolved_us: the resolve that counts."""

    acknowledge: float | None
    resolve: float | None
    resolved_us: int | None


def times(told: Iterable[tuple[str, int]]) -> Times:
    """Of one incident's timeline: (kind, instant), in its order.

    A clock that was set back makes no time negative.
    """
    opened = acknowledged = resolved = None
    for kind, at_us in told:
        if kind == Kind.OPENED:
            opened = at_us
        elif kind == Kind.ACKNOWLEDGED and acknowledged is None:
            acknowledged = at_us
        elif kind == Kind.RESOLVED:
            resolved = at_us
        elif kind == Kind.REOPENED:
            resolved = None
    return Times(_seconds(opened, acknowledged), _seconds(opened, resolved), resolved)


def _seconds(start: int | None, end: int | None) -> float | None:
    return None if start is None or end is None else max(0, end - start) / US


def times_of(connection: Connection, tenant_id: int, ids: Sequence[str]) -> dict[str, Times]:
    """{incident: its times}."""
    told: dict[str, list[tuple[str, int]]] = {incident_id: [] for incident_id in ids}
    for start in range(0, len(ids), LOOKUP):
        rows = connection.execute(
            select(incident_events.c.incident_id, incident_events.c.kind, incident_events.c.at)
            .where(
                incident_events.c.tenant_id == tenant_id,
                incident_events.c.incident_id.in_(ids[start : start + LOOKUP]),
                incident_events.c.kind.in_([kind.value for kind in _STATES]),
            )
            .order_by(incident_events.c.seq)
        )
        for row in rows:
            told[row.incident_id].append((row.kind, row.at))
    return {incident_id: times(entries) for incident_id, entries in told.items()}


@dataclass(frozen=True, slots=True)
class Finished:
    """What is measured of one incident."""

    opened_us: int
    severity: str
    is_about_errors: bool
    times: Times


def statistics(
    connection: Connection, tenant_id: int, months: int, now_us: int
) -> list[dict[str, Any]]:
    """Means for each month and severity, the newest month first; the present month is the last of `months`."""
    zone = _zone(connection, tenant_id)
    starts = _months(clock.to_datetime(now_us).astimezone(zone).date(), months)
    since = clock.midnight(starts[0], zone) * US
    found = opened_in(connection, tenant_id, Range(since, now_us + 1))
    cells: dict[tuple[str, str], list[Finished]] = {}
    for one in found:
        cells.setdefault((_month(one.opened_us, zone), one.severity), []).append(one)
    return [
        {
            "month": f"{start:%Y-%m}",
            "severity": severity,
            **means(cells.get((f"{start:%Y-%m}", severity), [])),
        }
        for start in reversed(starts)
        for severity in SEVERITIES
    ]


def means(found: Sequence[Finished]) -> dict[str, Any]:
    """Counts and mean times in seconds; None where nothing was measured."""
    acknowledged = [one.times.acknowledge for one in found if one.times.acknowledge is not None]
    resolved = [one.times.resolve for one in found if one.times.resolve is not None]
    errors = [
        one.times.resolve for one in found if one.times.resolve is not None and one.is_about_errors
    ]
    return {
        "incidents": len(found),
        "acknowledged": len(acknowledged),
        "resolved": len(resolved),
        "resolved_about_errors": len(errors),
        "mtta_seconds": fmean(acknowledged) if acknowledged else None,
        "mttr_seconds": fmean(resolved) if resolved else None,
        "mttr_error_seconds": fmean(errors) if errors else None,
    }


def opened_in(connection: Connection, tenant_id: int, span: Range) -> list[Finished]:
    """The incidents that were opened in `span`."""
    rows = connection.execute(
        select(
            incidents.c.id, incidents.c.opened_at, incidents.c.severity, incidents.c.about
        ).where(
            incidents.c.tenant_id == tenant_id,
            incidents.c.opened_at >= span.start_us,
            incidents.c.opened_at < span.end_us,
        )
    ).all()
    taken = times_of(connection, tenant_id, [row.id for row in rows])
    return [
        Finished(row.opened_at, row.severity, row.about == About.ERRORS, taken[row.id])
        for row in rows
    ]


def _zone(connection: Connection, tenant_id: int) -> ZoneInfo:
    name = connection.execute(
        select(tenants.c.time_zone).where(tenants.c.tenant_id == tenant_id)
    ).scalar()
    return clock.zone(name or "UTC")


def _months(today: date, n: int) -> list[date]:
    """The first days of the last `n` months, oldest first."""
    last = today.year * 12 + today.month - 1
    return [date(month // 12, month % 12 + 1, 1) for month in range(last - n + 1, last + 1)]


def _month(instant_us: int, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(instant_us // US, zone).strftime("%Y-%m")
