"""Where an answer is read: a pure decision, with its reason.

Rollups hold every dimension alone, so a question about one dimension at most is a few hundred small rows.
Anything else goes to the columns. Both hold whole buckets; what a range's edges cut out of a minute is read from
the rows themselves, so that every range is answered exactly.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from zoneinfo import ZoneInfo

from verascope import clock
from verascope.clock import US, Grain, Range
from verascope.metrics import METRICS
from verascope.queries.query import Query

WITH_HISTOGRAMS = ("all", "model")
"""Dimensions whose latency histograms are rolled up, at hour and day grain."""

ROLLED_UP_MEASURES = ("inference_time", "confidence")
"""Measures whose histograms are rolled up, for WITH_HISTOGRAMS."""

FACTS_ONLY = frozenset({"image_format", "file_size"})
"""Dimensions that only the columns hold."""

BY_OUTCOME = frozenset({"total", "real", "fake", "uncertain", "failed", "seconds"})
"""Parts that are known per outcome without splitting anything: each outcome is a counter itself."""


class Source(StrEnum):
    ROLLUPS = "rollups"
    COLUMNS = "columns"
    ROWS = "rows"


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the range and where it is read. grain: of the rollup; None elsewhere."""

    source: Source
    grain: Grain | None
    range: Range


@dataclass(frozen=True, slots=True)
class Plan:
    """pieces cover the range without overlap, oldest first; dimension is that of their rollups.

    totals: the same for what needs no dimension: from rollups where they hold the filters alone, and with finer ones
    at the edges. peaks: where single minutes are counted. histograms: where each asked measure is read, () elsewhere.
    """

    source: Source
    dimension: str
    pieces: tuple[Piece, ...]
    totals: tuple[Piece, ...]
    reason: str
    peaks: tuple[Piece, ...] = ()
    histograms: tuple[tuple[str, tuple[Piece, ...]], ...] = ()

    @property
    def all_pieces(self) -> list[Piece]:
        """Everything that will be read."""
        found = [*self.pieces, *self.totals, *self.peaks]
        return found + [piece for _, pieces in self.histograms for piece in pieces]


def plan(query: Query, span: Range, zone: ZoneInfo) -> Plan:
    """Decide where `query` over `span` is read; `span` need not be aligned to anything."""
    found = _plan(query, span, zone)
    is_plain = not query.dimensions and not query.filters
    peaks = _cut(span, (Grain.MINUTE,) if is_plain else (), zone) if has_peaks(query) else []
    histograms = [
        (measure, tuple(_cut(span, _histogram_grains(query, measure), zone)))
        for measure in query.histograms
    ]
    return replace(found, peaks=tuple(peaks), histograms=tuple(histograms))


def _histogram_grains(query: Query, measure: str) -> Sequence[Grain]:
    used = {*query.dimensions, *query.filters}
    is_rolled_up = measure in ROLLED_UP_MEASURES and used <= {"model"}
    return (Grain.DAY, Grain.HOUR) if is_rolled_up else ()


def _plan(query: Query, span: Range, zone: ZoneInfo) -> Plan:
    obstacle = _obstacle(query)
    if obstacle is not None:
        pieces = tuple(_cut(span, (), zone))
        if not query.dimensions:
            return Plan(Source.COLUMNS, "all", pieces, pieces, obstacle)
        whole = _plan(replace(query, dimensions=()), span, zone)
        return Plan(Source.COLUMNS, whole.dimension, pieces, whole.totals, obstacle)
    dimension = _dimension(query)
    pieces = totals = tuple(_cut(span, _grains(query, dimension), zone))
    if dimension != "all" and dimension not in query.filters:
        totals = tuple(_cut(span, _grains(query, "all"), zone))
    if not any(piece.source is Source.ROLLUPS for piece in pieces):
        reason = f"no whole {'minute' if dimension == 'all' else 'hour'} lies in the range"
        return Plan(Source.COLUMNS, dimension, pieces, totals, reason)
    grains = sorted({piece.grain.value for piece in pieces if piece.grain is not None})
    reason = f"rollups of {dimension} by {' and '.join(grains)} hold it"
    return Plan(Source.ROLLUPS, dimension, pieces, totals, reason)


def _used(query: Query) -> set[str]:
    return {*query.dimensions, *query.filters} - {"outcome"}


def _dimension(query: Query) -> str:
    return next(iter(_used(query) - {"weekday_hour"}), "all")


def _obstacle(query: Query) -> str | None:
    """Why rollups can't answer, None when they can."""
    used = _used(query)
    facts_only = sorted(used & FACTS_ONLY)
    if facts_only:
        return f"{facts_only[0]} is not rolled up"
    if "weekday_hour" in used:
        used = used - {"weekday_hour"}
        if "weekday_hour" in query.filters or used & set(query.dimensions):
            return "weekday and hour are known of a whole rollup only"
        if query.interval is Grain.MINUTE or has_quantiles(query):
            return "weekday and hour are read from hourly rollups without histograms"
    if len(used) > 1:
        return f"it combines {' and '.join(sorted(used))}, and rollups hold each alone"
    if "outcome" in query.dimensions or "outcome" in query.filters:
        for name in query.metrics:
            metric = METRICS[name]
            if metric.quantile is not None or not BY_OUTCOME.issuperset(metric.parts):
                return f"{name} is not rolled up by outcome"
    if has_quantiles(query) and _dimension(query) not in WITH_HISTOGRAMS:
        return f"histograms are not rolled up by {_dimension(query)}"
    return None


def has_quantiles(query: Query) -> bool:
    return any(METRICS[name].quantile is not None for name in query.metrics)


def has_peaks(query: Query) -> bool:
    return any(METRICS[name].is_peak for name in query.metrics)


def _grains(query: Query, dimension: str) -> Sequence[Grain]:
    """The rollups' grains that fit, widest first: none is wider than the question's interval."""
    has_minutes = dimension == "all" and not has_quantiles(query)
    stored: Sequence[Grain] = (Grain.DAY, Grain.HOUR, *([Grain.MINUTE] * has_minutes))
    if "weekday_hour" in query.dimensions:
        stored = stored[1:]
    if query.interval is None:
        return stored
    widths = list(Grain)
    return [grain for grain in stored if widths.index(grain) <= widths.index(query.interval)]


def _cut(span: Range, grains: Sequence[Grain], zone: ZoneInfo) -> list[Piece]:
    """Whole buckets of the widest grain in the middle, then narrower ones towards both edges."""
    if span.start_us >= span.end_us:
        return []
    grain = grains[0] if grains else Grain.MINUTE
    start, end = _first_edge(span.start_us, grain, zone), _last_edge(span.end_us, grain, zone)
    is_last = not grains
    if start >= end:
        return [Piece(Source.ROWS, None, span)] if is_last else _cut(span, grains[1:], zone)
    before, middle, after = (
        Range(span.start_us, start),
        Range(start, end),
        Range(end, span.end_us),
    )
    if is_last:
        edges = [
            Piece(Source.ROWS, None, edge) if edge.seconds > 0 else None for edge in (before, after)
        ]
        found = [edges[0], Piece(Source.COLUMNS, None, middle), edges[1]]
        return [piece for piece in found if piece is not None]
    piece = Piece(Source.ROLLUPS, grain, middle)
    return [*_cut(before, grains[1:], zone), piece, *_cut(after, grains[1:], zone)]


# A zone that shifts by half an hour (Lord Howe) has hours named by an instant before they begin. Such a
# bucket's name is no edge: `floor` of the name is another bucket.


def _last_edge(instant_us: int, grain: Grain, zone: ZoneInfo) -> int:
    """The last bucket edge at or before an instant."""
    edge = clock.floor(instant_us, grain, zone)
    while (lower := clock.floor(edge * US, grain, zone)) != edge:
        edge = lower
    return edge * US


def _first_edge(instant_us: int, grain: Grain, zone: ZoneInfo) -> int:
    """The first bucket edge at or after an instant."""
    edge = clock.floor(instant_us, grain, zone)
    while edge * US < instant_us or clock.floor(edge * US, grain, zone) != edge:
        edge = clock.following(edge, grain, zone)
    return edge * US
