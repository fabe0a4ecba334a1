"""The counters behind many numbers at once, for those who watch them: a thousand rules are a few dozen reads.

What filters by the same dimensions is read together, split by those dimensions; each wanted number then picks
its range and its groups.
"""

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from verascope.clock import Grain, Range
from verascope.metrics import METRICS, quantile_of
from verascope.queries.plan import BY_OUTCOME, Piece, Plan, Source, plan
from verascope.queries.query import Query
from verascope.queries.reader import OUTCOMES, Ask, Cells, Filters, Reader
from verascope.queries.rows import Cell
from verascope.store.tables import COUNTERS


@dataclass(frozen=True, slots=True)
class Wanted:
    """Counters of what matches every filter in `range`, for one metric of the dictionary (not a peak)."""

    metric: str
    range: Range
    filters: Filters = ()


@dataclass(frozen=True, slots=True)
class Shared:
    """One reading for all of `wanted`, which filter by the same dimensions: how each of their ranges is read.

    filters: what any of them accepts. parts: the counters that they are made of. With percentiles or without.
    """

    wanted: tuple[Wanted, ...]
    dimensions: tuple[str, ...]
    filters: Filters
    parts: tuple[str, ...]
    has_quantiles: bool
    plans: Mapping[Range, Plan]


def shared(
    wanted: Collection[Wanted], zone: ZoneInfo, interval: Grain | None = None
) -> list[Shared]:
    """The readings that serve all of `wanted`, planned."""
    groups: dict[tuple[tuple[str, ...], bool, bool], list[Wanted]] = {}
    for one in wanted:
        names = tuple(name for name, _ in one.filters)
        metric = METRICS[one.metric]
        # What rollups know by outcome isn't read from the columns because of what they don't know so.
        is_of_outcomes = "outcome" in names and BY_OUTCOME.issuperset(metric.parts)
        groups.setdefault((names, metric.quantile is not None, is_of_outcomes), []).append(one)
    found = []
    for (names, is_quantile, _), members in groups.items():
        union: dict[str, dict[str, None]] = {name: {} for name in names}
        for one in members:
            for name, values in one.filters:
                union[name].update(dict.fromkeys(values))
        filters = tuple((name, tuple(values)) for name, values in union.items())
        metrics = tuple(dict.fromkeys(one.metric for one in members))
        query = Query(metrics, names, dict(filters), members[0].range, interval)
        plans = {
            span: plan(query, span, zone) for span in dict.fromkeys(one.range for one in members)
        }
        parts = _parts_of(metrics, names)
        found.append(Shared(tuple(members), names, filters, parts, is_quantile, plans))
    return found


def _parts_of(metrics: Collection[str], names: Collection[str]) -> tuple[str, ...]:
    needed = {"total"}.union(*(METRICS[name].parts for name in metrics))
    if "outcome" in names:
        needed.update(OUTCOMES)
    return tuple(part for part in COUNTERS if part in needed)


def reads_columns(asks: Sequence[Shared]) -> bool:
    return any(
        piece.source is Source.COLUMNS
        for ask in asks
        for planned in ask.plans.values()
        for piece in planned.pieces
    )


def read(reader: Reader, asks: Sequence[Shared]) -> dict[Wanted, Cell]:
    """One cell for each wanted number, empty when nothing matched."""
    found = {}
    for ask in asks:
        by_range = _by_range(reader, ask)
        for one in ask.wanted:
            found[one] = _sum(by_range[one.range], one, None)
    return found


def read_series(
    reader: Reader, asks: Sequence[Shared], interval: Grain
) -> dict[Wanted, dict[int, Cell]]:
    """{bucket: cell} for each wanted number; buckets without a prediction are absent."""
    found = {}
    for ask in asks:
        for one in ask.wanted:
            cells = reader.cells(_ask(ask, ask.plans[one.range].pieces, interval))
            buckets = {bucket for bucket, _ in cells if bucket is not None}
            found[one] = {bucket: _sum([cells], one, bucket) for bucket in buckets}
    return found


def _by_range(reader: Reader, ask: Shared) -> dict[Range, Sequence[Cells]]:
    """What each range consists of.

    Ranges overlap, and a season has the same hours of many weeks: what the columns are asked for is cut at every
    edge there is and read at once.
    """
    pieces = [piece for planned in ask.plans.values() for piece in planned.pieces]
    spans = _disjoint([piece.range for piece in pieces if piece.source is Source.COLUMNS])
    starts = [span.start_us for span in spans]
    read = reader.spans(spans, _ask(ask, ())) if spans else []
    found: dict[Range, Sequence[Cells]] = {}
    for span, planned in ask.plans.items():
        cells: list[Cells] = []
        for piece in planned.pieces:
            if piece.source is Source.COLUMNS:
                first = bisect_left(starts, piece.range.start_us)
                cells += read[first : bisect_left(starts, piece.range.end_us)]
            else:
                cells.append(reader.cells(_ask(ask, (piece,))))
        found[span] = cells
    return found


def _disjoint(spans: Collection[Range]) -> list[Range]:
    """The same time, cut at every edge, in order."""
    edges = sorted({edge for span in spans for edge in (span.start_us, span.end_us)})
    covered: set[int] = set()
    for span in spans:
        covered.update(range(bisect_left(edges, span.start_us), bisect_left(edges, span.end_us)))
    return [Range(edges[place], edges[place + 1]) for place in sorted(covered)]


def _ask(ask: Shared, pieces: tuple[Piece, ...], interval: Grain | None = None) -> Ask:
    dimension = next(iter(ask.plans.values())).dimension
    return Ask(
        pieces, dimension, ask.filters, ask.dimensions, interval, ask.has_quantiles, ask.parts
    )


def _sum(cells: Sequence[Cells], wanted: Wanted, bucket: int | None) -> Cell:
    """The cells of a bucket that match every filter of `wanted`."""
    found = Cell({}, {})
    groups = _groups([values for _, values in wanted.filters])
    for part in cells:
        for group in groups:
            cell = part.get((bucket, group))
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
