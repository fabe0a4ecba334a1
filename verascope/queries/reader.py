"""Reading the pieces of a plan inside one snapshot, and adding them up.

Identical reads within a batch are made once, and a total is added up from a series over the same range when the
batch reads that anyway.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import assert_never
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from verascope import clock
from verascope.clock import US, Grain, Range
from verascope.queries import rows
from verascope.queries.plan import Piece, Source
from verascope.queries.rows import Cell, Group
from verascope.records import Outcome
from verascope.store import rollups
from verascope.store.columns import Snapshot
from verascope.store.tables import COUNTERS

Cells = dict[tuple[int | None, Group], Cell]
"""(bucket, group) → counters. Shared between the answers of a batch: never changed."""

OUTCOMES = tuple(outcome.value for outcome in Outcome)


@dataclass(frozen=True, slots=True)
class Ask:
    """One read.

    dimension: of the rollups, chosen by the plan. parts: the counters wanted of rollups; elsewhere all come.
    top: (counter, n), the n largest groups only.
    """

    pieces: tuple[Piece, ...]
    dimension: str
    filters: tuple[tuple[str, tuple[str, ...]], ...]
    dimensions: tuple[str, ...]
    interval: Grain | None
    quantiles: bool
    parts: tuple[str, ...] = COUNTERS
    top: tuple[str, int] | None = None


class Reader:
    """Answers Asks from one snapshot. expected: the Asks of the whole batch known so far."""

    def __init__(
        self,
        connection: Connection,
        columns: Snapshot | None,
        tenant_id: int,
        zone: ZoneInfo,
        high_confidence: float,
    ) -> None:
        self._connection = connection
        self._columns = columns
        self._tenant_id = tenant_id
        self._zone = zone
        self._high_confidence = high_confidence
        self._known: dict[Ask, Cells] = {}
        self.expected: set[Ask] = set()

    def cells(self, ask: Ask) -> Cells:
        """The cells of an Ask. Groups and buckets without a prediction are absent."""
        found = self._known.get(ask)
        if found is None:
            series = self._series_of(ask)
            if series is not None:
                found = _without_buckets(self.cells(series))
            elif ask.quantiles and all(piece.source is Source.ROLLUPS for piece in ask.pieces):
                found = self._with_histograms(ask)
            else:
                found = self._read(ask)
            self._known[ask] = found
        return found

    def total(self, ask: Ask) -> Cell:
        """The one cell of an Ask without dimensions and interval; zeros when nothing was there."""
        return self.cells(ask).get((None, ()), Cell({}, {}))

    def _series_of(self, ask: Ask) -> Ask | None:
        """An expected Ask for the same by interval, of which `ask` is the sum."""
        if ask.interval is not None or ask.dimensions:
            return None
        for grain in (Grain.DAY, Grain.HOUR):
            series = replace(ask, interval=grain)
            if series in self.expected:
                return series
        return None

    def _with_histograms(self, ask: Ask) -> Cells:
        """The counters, which others may want too, and beside them the histograms of the rollups."""
        counted = self.cells(replace(ask, quantiles=False))
        found = {key: Cell(dict(cell.parts), {}) for key, cell in counted.items()}
        by_key = ask.dimension in ask.dimensions
        for piece in ask.pieces:
            assert piece.grain is not None
            histograms = rollups.read_histogram(
                self._connection, self._tenant_id, piece.grain, ask.dimension, rollups.INFERENCE,
                _edges(piece), by_bucket=ask.interval is not None, by_key=by_key,
                keys=dict(ask.filters).get(ask.dimension),
            )  # fmt: skip
            for (bucket, key), bins in histograms.items():
                cell = found.get((self._bucket(bucket, piece, ask), (key,) if by_key else ()))
                if cell is not None:  # top: the counters say which groups are wanted
                    cell.add(Cell({}, bins))
        return found

    def _read(self, ask: Ask) -> Cells:
        cells: Cells = {}
        filters = dict(ask.filters)
        for piece in ask.pieces:
            match piece.source:
                case Source.ROLLUPS if ask.quantiles:
                    plain = replace(ask, pieces=(piece,))
                    read = iter(self._with_histograms(plain).items())
                case Source.ROLLUPS:
                    read = self._rollups(piece, ask, filters)
                case Source.COLUMNS:
                    read = self._from_columns(piece.range, ask, filters)
                case Source.ROWS:
                    read = self._rows(piece.range, ask, filters)
                case _:
                    assert_never(piece.source)
            for key, cell in read:
                known = cells.get(key)
                if known is None:
                    cells[key] = cell
                else:
                    known.add(cell)
        return cells

    def _rollups(
        self, piece: Piece, ask: Ask, filters: Mapping[str, tuple[str, ...]]
    ) -> Iterator[tuple[tuple[int | None, Group], Cell]]:
        assert piece.grain is not None
        by_key = ask.dimension in ask.dimensions
        found = rollups.read(
            self._connection, self._tenant_id, piece.grain, ask.dimension, _edges(piece),
            by_bucket=ask.interval is not None, by_key=by_key, keys=filters.get(ask.dimension),
            top=ask.top, parts=ask.parts,
        )  # fmt: skip
        outcomes = filters.get("outcome", OUTCOMES)
        for one in found:
            bucket = self._bucket(one.bucket, piece, ask)
            if "outcome" in ask.dimensions:
                for outcome in outcomes:
                    values = {ask.dimension: one.key, "outcome": outcome}
                    group = tuple(values[name] for name in ask.dimensions)
                    if one.parts[outcome]:
                        yield (bucket, group), Cell(_only(one.parts, (outcome,)), {})
            else:
                parts = one.parts if outcomes is OUTCOMES else _only(one.parts, outcomes)
                yield (bucket, (one.key,) if by_key else ()), Cell(parts, {})

    def _bucket(self, bucket: int | None, piece: Piece, ask: Ask) -> int | None:
        """The bucket of the question that a bucket of the rollups, never a wider one, lies in."""
        if bucket is None or ask.interval is None or piece.grain is ask.interval:
            return bucket
        return clock.floor(bucket * US, ask.interval, self._zone)

    def _rows(
        self, span: Range, ask: Ask, filters: Mapping[str, tuple[str, ...]]
    ) -> Iterator[tuple[tuple[int | None, Group], Cell]]:
        for bucket, part in self._parts_of(span, ask.interval):
            found = rows.read(
                self._connection, self._tenant_id, part, filters, ask.dimensions,
                high_confidence=self._high_confidence, quantiles=ask.quantiles,
            )  # fmt: skip
            for group, cell in found.items():
                yield (bucket, group), cell

    def _parts_of(self, span: Range, interval: Grain | None) -> list[tuple[int | None, Range]]:
        """`span` cut at the edges of the interval's buckets."""
        if interval is None:
            return [(None, span)]
        buckets = clock.buckets(span, interval, self._zone)
        # A bucket's name may lie before its first instant (see plan), so the edge is found by asking.
        edges = [span.start_us, *(_begin(bucket, interval, self._zone) for bucket in buckets[1:])]
        edges.append(span.end_us)
        return [
            (bucket, Range(start, end))
            for bucket, start, end in zip(buckets, edges[:-1], edges[1:], strict=True)
        ]

    def _from_columns(
        self, span: Range, ask: Ask, filters: Mapping[str, tuple[str, ...]]
    ) -> Iterator[tuple[tuple[int | None, Group], Cell]]:
        if self._columns is None:
            yield from self._rows(span, ask, filters)
            return
        found = self._columns.read(
            self._connection, self._tenant_id, span, filters,
            dimensions=ask.dimensions, grain=ask.interval, tz=self._zone,
            parts=ask.parts, histogram=ask.quantiles,
        )  # fmt: skip
        for one in found:
            yield (one.bucket, one.keys), Cell(one.parts, one.histogram or {})


def _edges(piece: Piece) -> tuple[int, int]:
    return (piece.range.start_us // US, piece.range.end_us // US)


def _begin(bucket: int, interval: Grain, zone: ZoneInfo) -> int:
    """The first instant of a bucket."""
    if clock.floor(bucket * US, interval, zone) == bucket:
        return bucket * US
    return clock.offsets(Range(bucket * US, (bucket + clock.HOUR) * US), zone)[-1][0] * US


def _only(parts: Mapping[str, int], outcomes: Sequence[str]) -> dict[str, int]:
    """The counters of some outcomes, as far as the outcomes themselves are counters (`plan.BY_OUTCOME`)."""
    chosen = {outcome: parts[outcome] for outcome in outcomes}
    return {"total": sum(chosen.values()), **chosen}


def _without_buckets(series: Cells) -> Cells:
    total = Cell({}, {})
    for cell in series.values():
        total.add(cell)
    return {(None, ()): total}
