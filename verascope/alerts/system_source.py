"""Metrics of the machine: means of the samples in `system_metrics`, weighted by the time each covers."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Float, case, cast, func, select

from verascope.alerts.evidence import Found, Read
from verascope.clock import Range
from verascope.metrics import Better, Metric, Unit
from verascope.store.tables import DEFAULT_TENANT
from verascope.store.tables import system_metrics as table

_SAMPLE_SECONDS = 10.0
"""Weight of a row that doesn't say what it covers."""


def _metric(name: str, label: str, unit: Unit, better: Better, definition: str) -> Metric:
    return Metric(name, label, unit, better, f"{definition} Mean of the samples.")


METRICS: dict[str, Metric] = {
    one.name: one
    for one in (
        _metric("cpu_usage", "Processor", Unit.PERCENT, Better.LOWER, "Use of the processors this machine or container may use."),
        _metric("memory_usage", "Memory", Unit.PERCENT, Better.LOWER, "Use of the memory this machine or container may use."),
        _metric("disk_usage", "Disk", Unit.PERCENT, Better.LOWER, "How full the file system that holds the data is."),
        _metric("disk_free_bytes", "Free disk space", Unit.BYTES, Better.HIGHER, "Free space on the file system that holds the data."),
        _metric("active_connections", "Open connections", Unit.COUNT, Better.NEUTRAL, "Open TCP connections of the server."),
        _metric("network_errors", "Network errors", Unit.COUNT, Better.LOWER, "Errors and dropped packets between two samples."),
        _metric("process_cpu_usage", "Server's processor time", Unit.PERCENT, Better.LOWER, "Use by the server itself; 100 is one core."),
        _metric("process_memory_bytes", "Server's memory", Unit.BYTES, Better.LOWER, "Resident memory of the server."),
        _metric("process_threads", "Server's threads", Unit.COUNT, Better.LOWER, "Threads of the server."),
        _metric("event_loop_lag_ms", "Event loop lag", Unit.MS, Better.LOWER, "The longest delay of the server's event loop between two samples."),
        _metric("queue_depth", "Queue depth", Unit.COUNT, Better.LOWER, "Predictions waiting for their commit."),
        _metric("wal_bytes", "Write-ahead log", Unit.BYTES, Better.LOWER, "Size of the database's write-ahead log."),
        _metric("gpu_usage", "GPU", Unit.PERCENT, Better.LOWER, "Use of the GPUs."),
        _metric("gpu_memory_usage", "GPU memory", Unit.PERCENT, Better.LOWER, "Use of the GPUs' memory."),
    )
}  # fmt: skip


class SystemSource:
    """The samples belong to the machine, so they are the default tenant's only."""

    name = "system"
    metrics: Mapping[str, Metric] = METRICS

    def values(
        self,
        connection: Connection,
        tenant_id: int,
        metric: str,
        filters: Mapping[str, tuple[str, ...]],
        start_us: int,
        end_us: int,
    ) -> Found:
        one = Read(metric, Range(start_us, end_us))
        return self.read(connection, tenant_id, [one])[one]

    def read(
        self, connection: Connection, tenant_id: int, reads: Collection[Read]
    ) -> Mapping[Read, Found]:
        """One statement for each range, whatever number of metrics is asked of it."""
        by_range: dict[Range, list[Read]] = {}
        for one in reads:
            by_range.setdefault(one.range, []).append(one)
        found: dict[Read, Found] = {}
        for span, members in by_range.items():
            names = list(dict.fromkeys(one.metric for one in members))
            known = _means(connection, span, names) if tenant_id == DEFAULT_TENANT else {}
            for one in members:
                found[one] = {"": known[one.metric]} if one.metric in known else {}
        return found


def _means(
    connection: Connection, span: Range, names: list[str]
) -> dict[str, tuple[float | None, int]]:
    columns: list[ColumnElement[Any]] = []
    weight = case((table.c.interval_seconds > 0, table.c.interval_seconds), else_=_SAMPLE_SECONDS)
    for name in names:
        column = cast(table.c[name], Float)
        known = case((column.is_not(None), weight), else_=0.0)
        columns += [
            (func.sum(column * weight) / func.nullif(func.sum(known), 0.0)).label(name),
            func.count(column).label(f"{name}_n"),
        ]
    row = connection.execute(
        select(*columns).where(
            table.c.tenant_id == DEFAULT_TENANT,
            table.c.timestamp >= span.start_us,
            table.c.timestamp < span.end_us,
        )
    ).one()
    return {name: (row[2 * place], row[2 * place + 1]) for place, name in enumerate(names)}
