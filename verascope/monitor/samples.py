"""Samples of the machine as rows of `system_metrics`: stored, put together as they age, read back.

They belong to the machine, not to a tenant's customers: all stand under the default tenant.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import groupby
from statistics import fmean

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, select

from verascope.clock import US, Range
from verascope.monitor.host import Sample
from verascope.store.tables import DEFAULT_TENANT
from verascope.store.tables import system_metrics as table

SUMS = (
    "disk_read_bytes",
    "disk_write_bytes",
    "network_sent_bytes",
    "network_received_bytes",
    "network_errors",
    "total_requests",
)
"""Counts of an interval: they add up."""

MAXIMA = ("active_connections", "process_threads", "event_loop_lag_ms", "queue_depth", "wal_bytes")
"""What may be too high for a moment: the moment must not drown in a mean."""

_MEASURES = tuple(one.name for one in fields(Sample))[2:]
_COUNTS = frozenset(
    one.name for one in fields(Sample) if one.type in ("int | None", int | None)
) - {"timestamp_us"}
SLICE = 5_000


@dataclass(frozen=True, slots=True)
class Age:
    """Rows older than `hours` are put together to one in `step_seconds`."""

    hours: int
    step_seconds: int


_OURS = table.c.import_key.is_(None)

AGES = (Age(6, 60), Age(7 * 24, 900))


def store(connection: Connection, sample: Sample) -> None:
    """One row, inside the caller's transaction."""
    connection.execute(insert(table).values(_row(sample)))


def read(connection: Connection, span: Range, step_seconds: int = 0) -> list[Sample]:
    """Samples of the range, oldest first, as stored or put together to one in `step_seconds`."""
    found = _read(connection, _within(span))
    return list(found) if step_seconds == 0 else _stepped(found, step_seconds)


def _read(connection: Connection, where: ColumnElement[bool]) -> Iterator[Sample]:
    columns = [table.c.timestamp, *(table.c[name] for name in ("interval_seconds", *_MEASURES))]
    for row in connection.execute(select(*columns).where(where).order_by(table.c.timestamp)):
        # Rows of another system don't say what they cover.
        yield Sample(row[0], row[1] or 0.0, *row[2:])


def latest(connection: Connection) -> Sample | None:
    """The newest sample, None before the first."""
    newest = select(func.max(table.c.timestamp)).where(table.c.tenant_id == DEFAULT_TENANT)
    instant = connection.execute(newest).scalar()
    found = [] if instant is None else read(connection, Range(instant, instant + 1))
    return found[-1] if found else None


def first(connection: Connection, span: Range) -> int | None:
    """When the range's oldest sample was taken, None when it has none."""
    oldest = select(func.min(table.c.timestamp)).where(_within(span))
    found: int | None = connection.execute(oldest).scalar()
    return found


def thin_out(connection: Connection, now_us: int, retention_days: int) -> int:
    """Put together what is old enough, drop what is past retention; how many rows that spared.

    Rows that were imported stay as they are: their key keeps the next import from storing them again.
    """
    horizon = now_us - retention_days * 86_400 * US
    spared = connection.execute(delete(table).where(_own(), table.c.timestamp < horizon)).rowcount
    for age in AGES:
        step_us = age.step_seconds * US
        # Whole steps only, so that none is put together in two parts.
        start_us, end_us = horizon, (now_us - age.hours * 3600 * US) // step_us * step_us
        while (
            span := _next_fine(connection, Range(start_us, end_us), age.step_seconds)
        ) is not None:
            before = list(_read(connection, and_(_within(span), _OURS)))
            after = _stepped(before, age.step_seconds)
            if len(after) < len(before):
                connection.execute(delete(table).where(_within(span), _OURS))
                connection.execute(insert(table), [_row(sample) for sample in after])
                spared += len(before) - len(after)
            start_us = span.end_us
    return spared


def _next_fine(connection: Connection, span: Range, step_seconds: int) -> Range | None:
    """Whole steps that hold the next `SLICE` rows finer than a step; None when there is none."""
    fine = and_(_within(span), _OURS, table.c.interval_seconds <= step_seconds / 2)
    asked = select(table.c.timestamp).where(fine).order_by(table.c.timestamp).limit(SLICE)
    found = connection.execute(asked).scalars().all()
    if not found:
        return None
    step_us = step_seconds * US
    last = span.end_us if len(found) < SLICE else (found[-1] // step_us + 1) * step_us
    return Range(found[0] // step_us * step_us, last)


def merged(samples: Sequence[Sample]) -> Sample:
    """One sample for all of `samples` (at least one), which follow each other."""
    values: dict[str, float | int | None] = {}
    for name in _MEASURES:
        known = [
            (value, one.interval_seconds)
            for one in samples
            if (value := getattr(one, name)) is not None
        ]
        values[name] = _put_together(name, known) if known else None
    return Sample(
        samples[-1].timestamp_us,
        sum(one.interval_seconds for one in samples),
        **values,  # type: ignore[arg-type]
    )


def _put_together(name: str, known: Sequence[tuple[float, float]]) -> float | int:
    numbers = [value for value, _ in known]
    if name in SUMS:
        return sum(numbers)
    if name in MAXIMA:
        return max(numbers)
    weights = [seconds for _, seconds in known]
    mean = fmean(numbers, weights) if any(weights) else fmean(numbers)
    return round(mean) if name in _COUNTS else mean


def _stepped(samples: Iterable[Sample], step_seconds: int) -> list[Sample]:
    step_us = step_seconds * US
    steps = groupby(samples, key=lambda one: one.timestamp_us // step_us)
    return [merged(list(group)) for _, group in steps]


def _row(sample: Sample) -> dict[str, object]:
    row: dict[str, object] = {name: getattr(sample, name) for name in _MEASURES}
    row |= {"tenant_id": DEFAULT_TENANT, "timestamp": sample.timestamp_us}
    row["interval_seconds"] = sample.interval_seconds
    return row


def _own() -> ColumnElement[bool]:
    return table.c.tenant_id == DEFAULT_TENANT


def _within(span: Range) -> ColumnElement[bool]:
    return and_(_own(), table.c.timestamp >= span.start_us, table.c.timestamp < span.end_us)
