"""Numbers of error patterns and incidents as alert rules watch them: a source beside predictions and the machine."""

from collections.abc import Mapping
from statistics import fmean

from sqlalchemy import Connection, func, or_, select

from verascope.clock import Range
from verascope.errors import Invalid
from verascope.metrics import INCIDENT_METRICS, Metric
from verascope.monitor import error_patterns
from verascope.monitor.incidents import Kind, State
from verascope.monitor.resolution import opened_in
from verascope.store.incident_tables import error_pattern_events as pattern_events
from verascope.store.incident_tables import error_patterns as patterns
from verascope.store.incident_tables import incident_events, incidents
from verascope.store.tables import dimension_keys

Found = Mapping[str, tuple[float | None, int]]
"""Subject → (value, samples). These metrics are one number each, so the subject is empty."""

_STATES = [kind.value for kind in (Kind.OPENED, Kind.RESOLVED, Kind.REOPENED)]


class PatternSource:
    """A count is one sample, also when it is 0; a mean time has as many as incidents were measured."""

    name = "incidents"
    metrics: Mapping[str, Metric] = INCIDENT_METRICS

    def values(
        self,
        connection: Connection,
        tenant_id: int,
        metric: str,
        filters: Mapping[str, tuple[str, ...]],
        start_us: int,
        end_us: int,
    ) -> Found:
        """Raises Invalid for any filter: nothing of this is split by what predictions are."""
        if filters:
            raise Invalid.of("filters", dict(filters), f"no filters, since the metric is {metric}")
        span = Range(start_us, end_us)
        match metric:
            case "new_error_patterns":
                return {"": (_new(connection, tenant_id, span), 1)}
            case "regressed_error_patterns":
                return {"": (_regressed(connection, tenant_id, span), 1)}
            case "open_incidents":
                return {"": (_open(connection, tenant_id, end_us), 1)}
            case "time_to_acknowledge" | "time_to_resolve":
                return {"": _mean(connection, tenant_id, metric, span)}
            case _:
                raise Invalid.of("metric", metric, f"one of {', '.join(self.metrics)}")


def _new(connection: Connection, tenant_id: int, span: Range) -> int:
    found = connection.execute(
        select(func.count())
        .select_from(dimension_keys)
        .outerjoin(
            patterns,
            (patterns.c.tenant_id == dimension_keys.c.tenant_id)
            & (patterns.c.pattern == dimension_keys.c.key),
        )
        .where(
            dimension_keys.c.tenant_id == tenant_id,
            dimension_keys.c.dimension == error_patterns.DIMENSION,
            dimension_keys.c.first_at >= span.start_us,
            dimension_keys.c.first_at < span.end_us,
            or_(patterns.c.ignored_until.is_(None), patterns.c.ignored_until < span.end_us),
        )
    ).scalar()
    return found or 0


def _regressed(connection: Connection, tenant_id: int, span: Range) -> int:
    found = connection.execute(
        select(func.count())
        .select_from(pattern_events)
        .join(
            patterns,
            (patterns.c.tenant_id == pattern_events.c.tenant_id)
            & (patterns.c.pattern == pattern_events.c.pattern),
        )
        .where(
            pattern_events.c.tenant_id == tenant_id,
            pattern_events.c.kind == error_patterns.Kind.REGRESSED.value,
            pattern_events.c.at >= span.start_us,
            pattern_events.c.at < span.end_us,
            or_(patterns.c.ignored_until.is_(None), patterns.c.ignored_until < span.end_us),
        )
    ).scalar()
    return found or 0


def _open(connection: Connection, tenant_id: int, end_us: int) -> int:
    """How many were open at an instant, also a past one: by the last change of state before it."""
    rows = connection.execute(
        select(incident_events.c.incident_id, incident_events.c.kind)
        .join(
            incidents,
            (incidents.c.tenant_id == incident_events.c.tenant_id)
            & (incidents.c.id == incident_events.c.incident_id),
        )
        .where(
            incidents.c.tenant_id == tenant_id,
            incidents.c.opened_at < end_us,
            or_(incidents.c.state != State.RESOLVED.value, incidents.c.resolved_at >= end_us),
            incident_events.c.at < end_us,
            incident_events.c.kind.in_(_STATES),
        )
        .order_by(incident_events.c.seq)
    )
    last = {row.incident_id: row.kind for row in rows}
    return sum(kind != Kind.RESOLVED for kind in last.values())


def _mean(
    connection: Connection, tenant_id: int, metric: str, span: Range
) -> tuple[float | None, int]:
    taken = [one.times for one in opened_in(connection, tenant_id, span)]
    if metric == "time_to_acknowledge":
        seconds = [one.acknowledge for one in taken if one.acknowledge is not None]
    else:
        seconds = [one.resolve for one in taken if one.resolve is not None]
    return (fmean(seconds) if seconds else None), len(seconds)
