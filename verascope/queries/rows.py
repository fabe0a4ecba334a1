"""The rows themselves, summed up: what a range's edges cut out of a minute, which neither rollups nor columns hold.

The same counters and the same histogram bins as the fold makes (`store.slices`), from the same stored values.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    and_,
    case,
    cast,
    func,
    literal_column,
    select,
)

from verascope.clock import Range
from verascope.records import Outcome
from verascope.store.slices import CONFIDENCE_BIN_MPCT, duration_bins
from verascope.store.tables import SIZE_CLASS
from verascope.store.tables import predictions as table

Group = tuple[str | None, ...]
"""One value for each dimension of the question; None where a prediction has none (no error, no pattern)."""

FIELDS: dict[str, ColumnElement[Any]] = {
    "client": table.c.client_key,
    "country": table.c.country,
    "model": func.coalesce(table.c.model_version, literal_column("'unknown'")),
    "use_case": table.c.use_case,
    "error_pattern": table.c.error_pattern,
    "outcome": func.coalesce(table.c.prediction, literal_column("'failed'")),
    "image_format": func.coalesce(table.c.image_format, literal_column("'unknown'")),
    "file_size": SIZE_CLASS,
}
"""Dimension → what the fold calls its key; weekday and hour are `reader`'s. Literals: PostgreSQL can't tell that two bound values are one group."""


@dataclass(slots=True)
class Cell:
    """The counters of one group in one bucket, and its latency histogram when percentiles are asked."""

    parts: dict[str, int]
    bins: dict[int, int]

    def add(self, other: "Cell") -> None:
        parts = self.parts
        for name, n in other.parts.items():
            parts[name] = parts.get(name, 0) + n
        if not self.bins:
            self.bins = dict(other.bins)
            return
        bins = self.bins
        for bin_index, n in other.bins.items():
            bins[bin_index] = bins.get(bin_index, 0) + n


def read(
    connection: Connection,
    tenant_id: int,
    span: Range,
    filters: Mapping[str, Sequence[str]],
    dimensions: Sequence[str],
    *,
    high_confidence: float,
    quantiles: bool,
) -> dict[Group, Cell]:
    """All counters of the rows in `span`, by group; groups without a row are absent. Meant for minutes, not days."""
    where = _where(tenant_id, span, filters)
    groups = [FIELDS[name] for name in dimensions]
    sums = _sums(high_confidence)
    statement = (
        select(*groups, *sums.values()).where(where).group_by(*groups).having(func.count() > 0)
    )
    found: dict[Group, Cell] = {}
    for row in connection.execute(statement):
        counts = (int(value or 0) for value in row[len(groups) :])
        found[tuple(row[: len(groups)])] = Cell(dict(zip(sums, counts, strict=True)), {})
    if quantiles and found:
        _add_bins(connection, where, groups, found)
    return found


def histogram(
    connection: Connection,
    tenant_id: int,
    span: Range,
    filters: Mapping[str, Sequence[str]],
    dimensions: Sequence[str],
    measure: str,
) -> dict[Group, dict[int, int]]:
    """{group: {bin: count}} of a measure of `metrics.MEASURES` over the rows in `span`."""
    value = _thousandths("confidence" if measure == "confidence" else f"{measure}_ms")
    where = and_(_where(tenant_id, span, filters), table.c.success == 1, value.is_not(None))
    return _binned(connection, where, [FIELDS[name] for name in dimensions], value, measure)


def _binned(
    connection: Connection,
    where: ColumnElement[bool],
    groups: Sequence[ColumnElement[Any]],
    value: ColumnElement[int],
    measure: str,
) -> dict[Group, dict[int, int]]:
    rows = connection.execute(select(*groups, value).where(where)).all()
    values = np.array([row[-1] for row in rows], dtype=np.int64)
    is_confidence = measure == "confidence"
    bins = values // CONFIDENCE_BIN_MPCT if is_confidence else duration_bins(values)
    found: dict[Group, dict[int, int]] = {}
    for row, bin_index in zip(rows, bins.tolist(), strict=True):
        counts = found.setdefault(tuple(row[:-1]), {})
        counts[bin_index] = counts.get(bin_index, 0) + 1
    return found


def _where(
    tenant_id: int, span: Range, filters: Mapping[str, Sequence[str]]
) -> ColumnElement[bool]:
    return and_(
        table.c.tenant_id == tenant_id,
        table.c.timestamp >= span.start_us,
        table.c.timestamp < span.end_us,
        *(FIELDS[name].in_(values) for name, values in filters.items()),
    )


@lru_cache(maxsize=8)
def _sums(high_confidence: float) -> dict[str, ColumnElement[Any]]:
    succeeded = table.c.success == 1
    fake = table.c.prediction == Outcome.FAKE.value
    return {
        "total": func.count(),
        **{
            outcome.value: _count(FIELDS["outcome"] == outcome.value)
            for outcome in Outcome
        },
        "billable": func.sum(table.c.billable),
        "high_confidence_fakes": _count(and_(fake, _thousandths("confidence") > high_confidence * 1000)),
        "confidence_mpct": func.sum(case((succeeded, _thousandths("confidence")))),
        "confidence_n": _count(and_(succeeded, table.c.confidence.is_not(None))),
        "inference_us": func.sum(case((succeeded, _thousandths("inference_time_ms")))),
        "inference_n": _count(and_(succeeded, table.c.inference_time_ms.is_not(None))),
        "response_us": func.sum(case((succeeded, _thousandths("response_time_ms")))),
        "response_n": _count(and_(succeeded, table.c.response_time_ms.is_not(None))),
        "revenue_micros": func.sum(table.c.price_micros * table.c.billable),
        "bytes": func.sum(table.c.file_size),
    }  # fmt: skip


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


def _thousandths(name: str) -> ColumnElement[int]:
    """The exact integer behind a stored decimal."""
    return cast(func.round(table.c[name] * 1000), BigInteger)


def _add_bins(
    connection: Connection,
    where: ColumnElement[bool],
    groups: Sequence[ColumnElement[Any]],
    found: dict[Group, Cell],
) -> None:
    measured = and_(where, table.c.success == 1, table.c.inference_time_ms.is_not(None))
    value = _thousandths("inference_time_ms")
    for group, counts in _binned(connection, measured, groups, value, "inference_time").items():
        found[group].bins.update(counts)
