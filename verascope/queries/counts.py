"""The counters behind many numbers at once, for those who watch them: a thousand rules are a few dozen reads.

What shares a range and the names of its filters is read together, split by those dimensions; each wanted
number then picks its groups.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from verascope.clock import Grain, Range
from verascope.metrics import METRICS, quantile_of
from verascope.queries.plan import Plan, Source, plan
from verascope.queries.query import Query
from verascope.queries.reader import Ask, Cells, Reader
from verascope.queries.rows import Cell
from verascope.store.tables import COUNTERS

Filters = tuple[tuple[str, tuple[str, ...]], ...]
"""(dimension, accepted values), ordered by dimension."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Counters of what matches every filter in `range`, for one metric of the dictionary (not a peak)."""

    metric: str
    range: Range
    filters: Filters = ()


@dataclass(frozen=True, slots=True)
class Shared:
    """One read for all of `wanted`: the same range and filter names. With percentiles or without."""

    wanted: tuple[Wanted, ...]
    dimensions: tuple[str, ...]
    filters: Filters
    has_quantiles: bool
    plan: Plan


def shared(
    wanted: Collection[Wanted], zone: ZoneInfo, interval: Grain | None = None
) -> list[Shared]:
    """The reads that serve all of `wanted`, each planned."""
    groups: dict[tuple[Range, tuple[str, ...], bool], list[Wanted]] = {}
    for one in wanted:
        names = tuple(name for name, _ in one.filters)
        is_quantile = METRICS[one.metric].quantile is not None
        groups.setdefault((one.range, names, is_quantile), []).append(one)
    found = []
    for (span, names, is_quantile), members in groups.items():
        union: dict[str, dict[str, None]] = {name: {} for name in names}
        for one in members:
            for name, values in one.filters:
                union[name].update(dict.fromkeys(values))
        filters = tuple((name, tuple(values)) for name, values in union.items())
        metrics = tuple(dict.fromkeys(one.metric for one in members))
        query = Query(metrics, names, dict(filters), span, interval)
        planned = plan(query, span, zone)
        found.append(Shared(tuple(members), names, filters, is_quantile, planned))
    return found


def reads_columns(asks: Sequence[Shared]) -> bool:
    return any(piece.source is Source.COLUMNS for ask in asks for piece in ask.plan.pieces)


def read(reader: Reader, asks: Sequence[Shared]) -> dict[Wanted, Cell]:
    """One cell for each wanted number, empty when nothing matched."""
    found = {}
    for ask in asks:
        cells = _cells(reader, ask, None)
        for one in ask.wanted:
            found[one] = _sum(cells, one, None)
    return found


def read_series(
    reader: Reader, asks: Sequence[Shared], interval: Grain
) -> dict[Wanted, dict[int, Cell]]:
    """{bucket: cell} for each wanted number; buckets without a prediction are absent."""
    found = {}
    for ask in asks:
        cells = _cells(reader, ask, interval)
        buckets = {bucket for bucket, _ in cells if bucket is not None}
        for one in ask.wanted:
            found[one] = {bucket: _sum(cells, one, bucket) for bucket in buckets}
    return found


def _cells(reader: Reader, ask: Shared, interval: Grain | None) -> Cells:
    return reader.cells(
        Ask(
            ask.plan.pieces, ask.plan.dimension, ask.filters, ask.dimensions, interval,
            ask.has_quantiles, COUNTERS,
        )
    )  # fmt: skip


def _sum(cells: Cells, wanted: Wanted, bucket: int | None) -> Cell:
    """The cells of a bucket that match every filter of `wanted`."""
    found = Cell({}, {})
    for group in _groups([values for _, values in wanted.filters]):
        cell = cells.get((bucket, group))
        if cell is not None:
            found.add(cell)
    return found


def _groups(values: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    """Every combination of one value a dimension."""
    groups: list[tuple[str, ...]] = [()]
    for accepted in values:
        groups = [(*group, value) for group in groups for value in accepted]
    return groups


def value_of(metric: str, cell: Cell, seconds: int) -> tuple[float | None, int]:
    """(the metric of one cell, how many predictions it is made of). seconds: what has passed of the range."""
    entry = METRICS[metric]
    if entry.quantile is not None:
        return quantile_of(cell.bins, entry.quantile), sum(cell.bins.values())
    parts: Mapping[str, int] = {**_ZEROS, **cell.parts, "seconds": seconds}
    assert entry.compute is not None
    value = entry.compute(parts)
    counted = next((name for name in entry.parts if name.endswith("_n")), "total")
    return None if value is None else float(value), parts[counted]


_ZEROS = dict.fromkeys(COUNTERS, 0)
