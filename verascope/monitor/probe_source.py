"""Numbers of probes for alert rules: by probe, over a window."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from verascope.clock import MINUTE, US
from verascope.errors import FieldError, Invalid, shown
from verascope.metrics import Better, Metric, Unit
from verascope.monitor.probes import history, records
from verascope.monitor.probes.history import Reading
from verascope.monitor.probes.probe import Kind, Probe
from verascope.monitor.probes.records import Watched

Values = Mapping[str, tuple[float | None, int]]
"""subject → (value, samples). The subject is the probe's name, "" for a number about all."""

FILTERS = ("probe", "kind")

METRICS: Mapping[str, Metric] = {
    metric.name: replace(metric, own_filters=FILTERS)
    for metric in (
        Metric(
            "probe_availability", "Availability", Unit.PERCENT, Better.HIGHER,
            "Good probe minutes / probed minutes outside maintenance, in percent; a minute is good when no check "
            "in it failed.",
        ),
        Metric(
            "probe_response_time", "Probe response time", Unit.MS, Better.LOWER,
            "Mean time until a probe's answer was whole, over its good checks outside maintenance, in milliseconds.",
        ),
        Metric(
            "probe_failures_in_a_row", "Probe failures in a row", Unit.COUNT, Better.LOWER,
            "How many checks of a probe failed one after another until now; maintenance starts the count anew.",
        ),
        Metric(
            "certificate_days", "Days of the certificate", Unit.DAYS, Better.HIGHER,
            "Days until the certificate that a probe saw expires; below 0 when it has.",
        ),
        Metric(
            "known_answer_shift", "Shift of a known answer", Unit.POINTS, Better.LOWER,
            "Percentage points between a detector's score of the known image and its reference, either way.",
        ),
        Metric(
            "heartbeat_late", "Heartbeat late", Unit.SECONDS, Better.LOWER,
            "Seconds past interval and grace without a beat; 0 when it is in time.",
        ),
        Metric(
            "connectivity", "Connectivity", Unit.PERCENT, Better.HIGHER,
            "Good checks / checks outside maintenance, in percent, of our own endpoints and DNS, and of probes that "
            "are said to count for it.",
        ),
    )
}  # fmt: skip
"""Their parts are rows of `probe_results`, not counters of rollups."""

_NEWEST: Mapping[str, Callable[[Reading], float | None]] = {
    "probe_failures_in_a_row": lambda reading: float(reading.failures_in_a_row),
    "certificate_days": lambda reading: reading.certificate_days,
    "known_answer_shift": lambda reading: reading.shift,
    "heartbeat_late": lambda reading: reading.late_seconds,
}


class ProbeSource:
    """Answers from what is stored, so a window of the past gives what it gave then, as finely as it is kept."""

    name = "probes"
    metrics: Mapping[str, Metric] = METRICS

    def values(
        self,
        connection: Connection,
        tenant_id: int,
        metric: str,
        filters: Mapping[str, tuple[str, ...]],
        start_us: int,
        end_us: int,
    ) -> Values:
        """Of enabled probes that fit the filters (`probe`, `kind`). Without a row: no entry, which is no data.

        availability, response time, connectivity: over the range; samples are minutes or checks. The others:
        what the newest check says, of the range or, for probes that are asked more rarely, of twice their interval.
        Raises Invalid for a metric or a filter that is not known.
        """
        if metric not in METRICS:
            raise Invalid.of("metric", metric, f"one of {', '.join(METRICS)}")
        wrong = [
            FieldError(f"filters.{name}", shown(value), f"known are {', '.join(FILTERS)}")
            for name, value in filters.items()
            if name not in FILTERS
        ]
        if wrong:
            raise Invalid(*wrong)
        watched = [
            one
            for one in records.listed(connection, tenant_id)
            if one.probe.enabled and _fits(one.probe, filters)
        ]
        if metric in _NEWEST:
            return _latest(connection, tenant_id, metric, watched, start_us, end_us)
        return _over(connection, tenant_id, metric, watched, start_us, end_us)


def _fits(probe: Probe, filters: Mapping[str, tuple[str, ...]]) -> bool:
    is_named = "probe" not in filters or probe.name in filters["probe"]
    return is_named and ("kind" not in filters or probe.kind.value in filters["kind"])


def _over(
    connection: Connection,
    tenant_id: int,
    metric: str,
    watched: Sequence[Watched],
    start_us: int,
    end_us: int,
) -> Values:
    totals = history.totals(connection, tenant_id, start_us, end_us)
    if metric == "connectivity":
        counted = [
            totals[one.probe.name]
            for one in watched
            if one.probe.settings.connectivity and one.probe.name in totals
        ]
        checks, good = sum(one.checks for one in counted), sum(one.good_checks for one in counted)
        return {"": (100 * good / checks, checks)} if checks else {}
    found: dict[str, tuple[float | None, int]] = {}
    for one in watched:
        known = totals.get(one.probe.name)
        if known is None:
            continue
        if metric == "probe_availability" and known.minutes:
            found[one.probe.name] = (known.availability, known.minutes)
        elif metric == "probe_response_time" and known.response_n:
            found[one.probe.name] = (known.response_ms, known.response_n)
    return found


def _latest(
    connection: Connection,
    tenant_id: int,
    metric: str,
    watched: Sequence[Watched],
    start_us: int,
    end_us: int,
) -> Values:
    read = _NEWEST[metric]
    reach = {one.probe.name: _reach_us(one.probe) for one in watched}
    if not reach:
        return {}
    from_us = min(start_us, end_us - max(reach.values()))
    rows: Mapping[str, tuple[int, Reading]] = history.newest(connection, tenant_id, from_us, end_us)
    found: dict[str, tuple[float | None, int]] = {}
    for name, reach_us in reach.items():
        if name not in rows:
            continue
        bucket, reading = rows[name]
        is_fresh = (bucket + MINUTE) * US > min(start_us, end_us - reach_us)
        value = read(reading)
        if is_fresh and value is not None:
            found[name] = (value, 1)
    return found


def _reach_us(probe: Probe) -> int:
    """For how long its newest finding speaks: until the next one is surely there."""
    seconds = MINUTE if probe.kind is Kind.HEARTBEAT else probe.interval_seconds
    return round((2 * seconds + 2 * probe.timeout_seconds) * US)
