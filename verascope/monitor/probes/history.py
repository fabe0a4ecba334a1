"""What probes found, minute by minute: stored, put together with age, read back.

A minute counts as probed when a check outside maintenance ended in it, and as good when none of those failed.
Availability is good minutes / probed minutes, whatever flap control makes of single failures.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, delete, func, insert, select, update

from verascope.clock import DAY, HOUR, MINUTE, US
from verascope.monitor.probes.probe import Finding
from verascope.store.probe_tables import probe_failures, probe_results

SPANS = ((7 * DAY, 15 * MINUTE), (60 * DAY, HOUR))
"""(seconds of age, seconds a row): older rows are put together to one that covers so much."""
FAILURE_DAYS = 30
MOST_FAILURES = 200
"""In one answer."""

_SUMS = (
    "minutes",
    "good_minutes",
    "checks",
    "good_checks",
    "maintenance_checks",
    "response_us",
    "response_n",
)
_MAXIMA = ("failures_in_a_row", "response_max_us", "shift", "late_seconds")
_MINIMA = ("certificate_days",)


@dataclass(frozen=True, slots=True)
class Totals:
    """Of one probe in one range. Minutes and checks leave maintenance out; response times are of good checks."""

    minutes: int
    good_minutes: int
    checks: int
    good_checks: int
    response_us: int
    response_n: int

    @property
    def availability(self) -> float | None:
        """Percent; None when nothing was probed."""
        return 100 * self.good_minutes / self.minutes if self.minutes else None

    @property
    def response_ms(self) -> float | None:
        return self.response_us / self.response_n / 1000 if self.response_n else None


@dataclass(frozen=True, slots=True)
class Point:
    """A step of the history. up: percent of its checks outside maintenance that were good, None when there were none."""

    start_us: int
    up: float | None
    response_ms: float | None


@dataclass(frozen=True, slots=True)
class Failure:
    at_us: int
    reason: str
    response_ms: float | None
    in_maintenance: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """What the newest row of a probe says."""

    failures_in_a_row: int
    certificate_days: float | None
    shift: float | None
    late_seconds: float | None


def add(
    connection: Connection,
    tenant_id: int,
    probe: str,
    finding: Finding,
    at_us: int,
    *,
    failures_in_a_row: int,
    in_maintenance: bool,
) -> None:
    """Count one check in its minute, inside the caller's transaction."""
    bucket = at_us // US // MINUTE * MINUTE
    here = and_(
        probe_results.c.tenant_id == tenant_id,
        probe_results.c.probe == probe,
        probe_results.c.span_seconds == MINUTE,
        probe_results.c.bucket == bucket,
    )
    row = connection.execute(select(probe_results).where(here)).one_or_none()
    counts = dict(row._mapping) if row is not None else {}
    counted = int(not in_maintenance)
    good = int(finding.ok) * counted
    was_probed = counts.get("minutes", 0)
    was_good = counts.get("good_minutes", 0)
    response_us = round((finding.response_ms or 0) * 1000)
    is_timed = int(good and finding.response_ms is not None)
    values: dict[str, Any] = {
        "minutes": max(was_probed, counted),
        "good_minutes": (was_good if was_probed else 1) * good if counted else was_good,
        "checks": counts.get("checks", 0) + counted,
        "good_checks": counts.get("good_checks", 0) + good,
        "maintenance_checks": counts.get("maintenance_checks", 0) + 1 - counted,
        "failures_in_a_row": failures_in_a_row,
        "response_us": counts.get("response_us", 0) + response_us * is_timed,
        "response_n": counts.get("response_n", 0) + is_timed,
        "response_max_us": max(counts.get("response_max_us", 0), response_us * is_timed),
        "certificate_days": _known(finding.certificate_days, counts.get("certificate_days")),
        "shift": _known(finding.shift, counts.get("shift")),
        "late_seconds": _known(finding.late_seconds, counts.get("late_seconds")),
    }
    if row is None:
        key = {"tenant_id": tenant_id, "probe": probe, "span_seconds": MINUTE, "bucket": bucket}
        connection.execute(insert(probe_results).values({**key, **values}))
    else:
        connection.execute(update(probe_results).where(here).values(values))
    if not finding.ok:
        connection.execute(
            insert(probe_failures).values(
                tenant_id=tenant_id,
                probe=probe,
                timestamp=at_us,
                reason=finding.reason or "It failed.",
                response_ms=finding.response_ms,
                in_maintenance=int(in_maintenance),
            )
        )


def totals(
    connection: Connection, tenant_id: int, start_us: int, end_us: int, probe: str | None = None
) -> dict[str, Totals]:
    """Of every probe that was checked in the range, or of one."""
    sums = [func.sum(probe_results.c[name]).label(name) for name in Totals.__slots__]
    asked = (
        select(probe_results.c.probe, *sums)
        .where(_within(tenant_id, start_us, end_us, probe))
        .group_by(probe_results.c.probe)
    )
    return {
        row[0]: Totals(*(int(value or 0) for value in row[1:])) for row in connection.execute(asked)
    }


def newest(
    connection: Connection, tenant_id: int, start_us: int, end_us: int
) -> dict[str, tuple[int, Reading]]:
    """probe → (start of the row in epoch seconds, what it says) of the newest row that began in the range."""
    latest = (
        select(probe_results.c.probe, func.max(probe_results.c.bucket).label("bucket"))
        .where(_within(tenant_id, start_us, end_us, None))
        .group_by(probe_results.c.probe)
        .subquery()
    )
    names = Reading.__slots__
    asked = select(
        probe_results.c.probe, probe_results.c.bucket, *(probe_results.c[name] for name in names)
    ).join(
        latest,
        and_(
            probe_results.c.probe == latest.c.probe,
            probe_results.c.bucket == latest.c.bucket,
            probe_results.c.tenant_id == tenant_id,
        ),
    )
    return {row[0]: (row[1], Reading(*row[2:])) for row in connection.execute(asked)}


def points(
    connection: Connection,
    tenant_id: int,
    probe: str,
    start_us: int,
    end_us: int,
    step_seconds: int,
) -> list[Point]:
    """One for each step that touches the range, oldest first; times are of the steps' starts."""
    step = probe_results.c.bucket - probe_results.c.bucket % step_seconds
    names = ("checks", "good_checks", "response_us", "response_n")
    first_bucket = start_us // US // step_seconds * step_seconds
    asked = (
        select(step.label("step"), *(func.sum(probe_results.c[name]) for name in names))
        .where(_within(tenant_id, first_bucket * US, end_us, probe))
        .group_by(step)
    )
    found: Mapping[int, Sequence[Any]] = {int(row[0]): row[1:] for row in connection.execute(asked)}
    made = []
    for bucket in range(first_bucket, -(-end_us // US), step_seconds):
        checks, good, response_us, response_n = (
            int(one or 0) for one in found.get(bucket, (0, 0, 0, 0))
        )
        made.append(
            Point(
                bucket * US,
                100 * good / checks if checks else None,
                response_us / response_n / 1000 if response_n else None,
            )
        )
    return made


def failures(
    connection: Connection, tenant_id: int, probe: str, start_us: int, end_us: int
) -> list[Failure]:
    """Newest first, at most `MOST_FAILURES`."""
    table = probe_failures
    asked = (
        select(table.c.timestamp, table.c.reason, table.c.response_ms, table.c.in_maintenance)
        .where(
            table.c.tenant_id == tenant_id,
            table.c.probe == probe,
            table.c.timestamp >= start_us,
            table.c.timestamp < end_us,
        )
        .order_by(table.c.timestamp.desc(), table.c.seq.desc())
        .limit(MOST_FAILURES)
    )
    return [Failure(row[0], row[1], row[2], bool(row[3])) for row in connection.execute(asked)]


def thin_out(connection: Connection, tenant_id: int, now_us: int, retention_days: int) -> int:
    """Put together what is old enough, drop what is past retention; how many rows of results that spared."""
    table, own = probe_results, probe_results.c.tenant_id == tenant_id
    horizon_us = now_us - retention_days * DAY * US
    spared = connection.execute(
        delete(table).where(own, table.c.bucket < horizon_us // US)
    ).rowcount
    oldest_us = max(horizon_us, now_us - FAILURE_DAYS * DAY * US)
    connection.execute(
        delete(probe_failures).where(
            probe_failures.c.tenant_id == tenant_id, probe_failures.c.timestamp < oldest_us
        )
    )
    for age, span in SPANS:
        # Whole rows only, so that none is put together in two parts.
        fine = and_(
            own, table.c.span_seconds < span, table.c.bucket < (now_us // US - age) // span * span
        )
        bucket = table.c.bucket - table.c.bucket % span
        columns: dict[str, Any] = {"tenant_id": table.c.tenant_id, "probe": table.c.probe}
        columns |= {name: func.sum(table.c[name]) for name in _SUMS}
        columns |= {name: func.max(table.c[name]) for name in _MAXIMA}
        columns |= {name: func.min(table.c[name]) for name in _MINIMA}
        together = select(
            bucket.label("bucket"), *(kind.label(name) for name, kind in columns.items())
        )
        grouped = together.where(fine).group_by(table.c.tenant_id, table.c.probe, bucket)
        rows = [{**row._mapping, "span_seconds": span} for row in connection.execute(grouped)]
        if rows:
            spared += connection.execute(delete(table).where(fine)).rowcount - len(rows)
            rows = [_with_kept(connection, row) for row in rows]
            connection.execute(insert(table), rows)
    return spared


def _with_kept(connection: Connection, row: dict[str, Any]) -> dict[str, Any]:
    """`row`, and what a row of the same time holds already, which is taken away: findings can come late when
    the clock was set back.
    """
    table, key = probe_results, ("tenant_id", "probe", "span_seconds", "bucket")
    here = and_(*(table.c[name] == row[name] for name in key))
    kept = connection.execute(select(table).where(here)).one_or_none()
    if kept is None:
        return row
    connection.execute(delete(table).where(here))
    found = dict(row)
    for names, put_together in ((_SUMS, sum), (_MAXIMA, max), (_MINIMA, min)):
        for name in names:
            both = [one for one in (row[name], kept._mapping[name]) if one is not None]
            found[name] = put_together(both) if both else None
    return found


def _known(value: float | None, before: float | None) -> float | None:
    return before if value is None else value


def _within(tenant_id: int, start_us: int, end_us: int, probe: str | None) -> Any:
    """Rows that begin in the range; its first minute counts whole."""
    conditions = [
        probe_results.c.tenant_id == tenant_id,
        probe_results.c.bucket >= start_us // US // MINUTE * MINUTE,
        probe_results.c.bucket < -(-end_us // US),
    ]
    if probe is not None:
        conditions.append(probe_results.c.probe == probe)
    return and_(*conditions)
