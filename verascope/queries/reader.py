"""Reading the pieces of a plan inside one snapshot, and adding them up.

Identical reads within a batch are made once, and a total is added up from a series over the same range when the
batch reads that anyway.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import assert_never
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from verascope import clock
from verascope.clock import US, Grain, Range
from verascope.metrics import VALUES
from verascope.queries import labelled, rows
from verascope.queries.labelled import Judged
from verascope.queries.plan import Piece, Source
from verascope.queries.rows import Cell, Group
from verascope.records import Outcome
from verascope.store import dictionary, facts, rollups
from verascope.store.facts import Grouping, Snapshot
from verascope.store.rollups import Histogram
from verascope.store.slices import KEYED
from verascope.store.tables import COUNTERS

Cells = dict[tuple[int | None, Group], Cell]
"""(bucket, group) → counters. Shared between the answers of a batch: never changed."""

Filters = tuple[tuple[str, tuple[str, ...]], ...]
"""(dimension, accepted values), ordered by dimension."""

Peak = tuple[int, int]
"""(count, epoch second of the minute)"""

UNCOUNTED = 1000
"""Stands for how many values a dimension has that nothing keeps count of."""

OUTCOMES = tuple(outcome.value for outcome in Outcome)


@dataclass(frozen=True, slots=True)
class Ask:
    """One read.

    dimension: of the rollups, chosen by the plan. parts: the counters wanted of rollups; elsewhere all come.
    top: (counter, n), the n largest groups only.
    """

    pieces: tuple[Piece, ...]
    dimension: str
    filters: Filters
    dimensions: tuple[str, ...]
    interval: Grain | None
    quantiles: bool
    parts: tuple[str, ...] = COUNTERS
    top: tuple[str, int] | None = None


class Reader:
    """Answers Asks from one snapshot.

    needed: the counters that anything in the batch is made of; the columns are not summed up for others. min_labels:
    how many an accuracy needs.
    """

    def __init__(
        self,
        connection: Connection,
        columns: Snapshot | None,
        tenant_id: int,
        zone: ZoneInfo,
        high_confidence: float,
        min_labels: int,
        needed: Collection[str] = COUNTERS,
    ) -> None:
        self._connection = connection
        self._columns = columns
        self._tenant_id = tenant_id
        self._zone = zone
        self._high_confidence = high_confidence
        self.min_labels = min_labels
        self._known: dict[Ask, Cells] = {}
        self._passes: dict[tuple[Range, Filters, Grouping], list[facts.Group]] = {}
        self._expected: dict[Ask, None] = {}
        self._needed = frozenset(needed) | {"total"}

    def expect(self, asks: Iterable[Ask]) -> None:
        """Say what will be asked. What is about the same facts is then read in one pass."""
        self._expected.update(dict.fromkeys(asks))

    def most_groups(self, dimensions: Sequence[str]) -> int:
        """How many groups there can be at most."""
        found = 1
        for name in dimensions:
            if name in KEYED:
                found *= dictionary.count(self._connection, self._tenant_id, name)
            else:
                found *= len(VALUES.get(name, ())) or UNCOUNTED
        return found

    def cells(self, ask: Ask) -> Cells:
        """The cells of an Ask. Groups and buckets without a prediction are absent."""
        found = self._known.get(ask)
        if found is None:
            series = self._series_of(ask)
            if series is not None:
                found = without_buckets(self.cells(series))
            elif ask.quantiles and all(piece.source is Source.ROLLUPS for piece in ask.pieces):
                found = self._with_histograms(ask)
            else:
                found = self._read(ask)
            self._known[ask] = found
        return found

    def total(self, ask: Ask) -> Cell:
        """The one cell of an Ask without dimensions and interval; zeros when nothing was there."""
        return self.cells(ask).get((None, ()), Cell({}, {}))

    def spans(self, spans: Sequence[Range], ask: Ask) -> list[Cells]:
        """What the columns hold of each of the ascending spans, which share no minute; the Ask's own pieces and
        interval don't matter.
        """
        filters = dict(ask.filters)
        if self._columns is None or not spans:
            plain = replace(ask, interval=None)
            return [dict(self._rows(span, plain, filters)) for span in spans]
        read = self._columns.read_spans(
            self._connection, self._tenant_id, spans, filters,
            dimensions=ask.dimensions, tz=self._zone, parts=ask.parts, histogram=ask.quantiles,
        )  # fmt: skip
        found: list[Cells] = [{} for _ in spans]
        for one in read:
            assert one.bucket is not None
            found[one.bucket][None, one.keys] = Cell(one.parts, one.histogram or {})
        return found

    def _series_of(self, ask: Ask) -> Ask | None:
        """An expected Ask for the same by interval, of which `ask` is the sum."""
        if ask.interval is not None or ask.dimensions:
            return None
        for grain in (Grain.DAY, Grain.HOUR):
            series = replace(ask, interval=grain)
            if series in self._expected:
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

    def histogram(
        self,
        pieces: Sequence[Piece],
        filters: Mapping[str, tuple[str, ...]],
        dimensions: tuple[str, ...],
        measure: str,
    ) -> dict[Group, Histogram]:
        """{group: {bin: count}}; groups without a measurement are absent."""
        found: dict[Group, Histogram] = {}
        for piece in pieces:
            for group, bins in self._bins(piece, filters, dimensions, measure):
                counts = found.setdefault(group, {})
                for bin_index, n in bins.items():
                    counts[bin_index] = counts.get(bin_index, 0) + n
        return found

    def _bins(
        self,
        piece: Piece,
        filters: Mapping[str, tuple[str, ...]],
        dimensions: tuple[str, ...],
        measure: str,
    ) -> Iterator[tuple[Group, Histogram]]:
        span = piece.range
        if piece.source is Source.ROLLUPS:
            assert piece.grain is not None
            is_by_model = "model" in (*dimensions, *filters)
            stored = rollups.CONFIDENCE if measure == "confidence" else rollups.INFERENCE
            read = rollups.read_histogram(
                self._connection, self._tenant_id, piece.grain, "model" if is_by_model else rollups.ALL,
                stored, _edges(piece), by_key=bool(dimensions), keys=filters.get("model"),
            )  # fmt: skip
            for (_, key), bins in read.items():
                yield (key,) if dimensions else (), bins
        elif piece.source is Source.COLUMNS and self._columns is not None:
            yield from self._columns.histogram(
                self._connection, self._tenant_id, span, filters, measure,
                dimensions=dimensions, tz=self._zone,
            ).items()  # fmt: skip
        else:
            for _, part, group_of, plain in self._cut(span, None, filters, dimensions):
                counted = rows.histogram(
                    self._connection,
                    self._tenant_id,
                    part,
                    plain.filters,
                    plain.dimensions,
                    measure,
                )
                for keys, bins in counted.items():
                    yield group_of(keys), bins

    def peaks(
        self,
        pieces: Sequence[Piece],
        filters: Mapping[str, tuple[str, ...]],
        dimensions: tuple[str, ...],
        interval: Grain | None,
    ) -> dict[tuple[int | None, Group], Peak]:
        """The fullest minute of each bucket and group, the earliest of equals."""
        found: dict[tuple[int | None, Group], Peak] = {}
        for piece in pieces:
            for key, peak in self._peaks(piece, filters, dimensions, interval):
                found[key] = max(found.get(key, peak), peak, key=lambda one: (one[0], -one[1]))
        return found

    def judged(
        self,
        span: Range,
        filters: Mapping[str, tuple[str, ...]],
        dimensions: tuple[str, ...],
        interval: Grain | None,
    ) -> dict[tuple[int | None, Group], Judged]:
        """How many labelled predictions of each bucket and group there are, and how many verdicts are right."""
        cuts = list(self._cut(span, interval, filters, dimensions)) if span.seconds > 0 else []
        if not cuts:
            return {}
        plain = cuts[0][3]
        read = labelled.read(
            self._connection, self._tenant_id, [part for _, part, _, _ in cuts], plain.filters,
            plain.dimensions,
        )  # fmt: skip
        found: dict[tuple[int | None, Group], Judged] = {}
        for (place, group), (right, n) in read.items():
            bucket, _, group_of, _ = cuts[place]
            known = found.get((bucket, group_of(group)), labelled.NONE)
            found[bucket, group_of(group)] = (known[0] + right, known[1] + n)
        return found

    def _peaks(
        self,
        piece: Piece,
        filters: Mapping[str, tuple[str, ...]],
        dimensions: tuple[str, ...],
        interval: Grain | None,
    ) -> Iterator[tuple[tuple[int | None, Group], Peak]]:
        if piece.source is Source.ROLLUPS:
            fullest = rollups.fullest(
                self._connection, self._tenant_id, _edges(piece), interval, self._zone
            )
            for bucket, minute, n in fullest:
                yield (bucket, ()), (n, minute)
        elif piece.source is Source.COLUMNS and self._columns is not None:
            yield from self._columns.peaks(
                self._connection, self._tenant_id, piece.range, filters,
                dimensions=dimensions, grain=interval, tz=self._zone,
            ).items()  # fmt: skip
        else:
            minute_ask = Ask(
                (piece,), "all", _frozen(filters), dimensions, Grain.MINUTE, False, ("total",)
            )
            for (at, group), cell in self._rows(piece.range, minute_ask, filters):
                assert at is not None
                bucket = None if interval is None else clock.floor(at * US, interval, self._zone)
                yield (bucket, group), (cell.parts["total"], at)

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
        by_hour = "weekday_hour" in ask.dimensions
        found = rollups.read(
            self._connection, self._tenant_id, piece.grain, ask.dimension, _edges(piece),
            by_bucket=ask.interval is not None or by_hour, by_key=by_key,
            keys=filters.get(ask.dimension), top=ask.top, parts=ask.parts,
        )  # fmt: skip
        outcomes = filters.get("outcome", OUTCOMES)
        hours = filters.get("weekday_hour")
        for one in found:
            bucket = self._bucket(one.bucket, piece, ask)
            values = {ask.dimension: one.key}
            if by_hour:
                assert one.bucket is not None
                values["weekday_hour"] = self._weekday_hour(one.bucket)
                if hours is not None and values["weekday_hour"] not in hours:
                    continue
            if "outcome" in ask.dimensions:
                for outcome in outcomes:
                    values["outcome"] = outcome
                    if one.parts[outcome]:
                        group = tuple(values[name] for name in ask.dimensions)
                        yield (bucket, group), Cell(_only(one.parts, (outcome,)), {})
            else:
                parts = one.parts if outcomes is OUTCOMES else _only(one.parts, outcomes)
                yield (bucket, tuple(values[name] for name in ask.dimensions)), Cell(parts, {})

    def _weekday_hour(self, bucket: int) -> str:
        """The key of what lies in the hour or minute named `bucket`."""
        # The name of an hour may lie before its first instant (see plan), under another offset.
        start = _begin(bucket, Grain.HOUR, self._zone)
        local = clock.to_datetime(start).astimezone(self._zone)
        return f"{local.isoweekday()}-{local.hour:02d}"

    def _bucket(self, bucket: int | None, piece: Piece, ask: Ask) -> int | None:
        """The bucket of the question that a bucket of the rollups, never a wider one, lies in."""
        if bucket is None or ask.interval is None:
            return None
        if piece.grain is ask.interval:
            return bucket
        return clock.floor(bucket * US, ask.interval, self._zone)

    def _rows(
        self, span: Range, ask: Ask, filters: Mapping[str, tuple[str, ...]]
    ) -> Iterator[tuple[tuple[int | None, Group], Cell]]:
        for bucket, part, group_of, plain in self._cut(span, ask.interval, filters, ask.dimensions):
            found = rows.read(
                self._connection, self._tenant_id, part, plain.filters, plain.dimensions,
                high_confidence=self._high_confidence, quantiles=ask.quantiles,
            )  # fmt: skip
            for group, cell in found.items():
                yield (bucket, group_of(group)), cell

    def _cut(
        self,
        span: Range,
        interval: Grain | None,
        filters: Mapping[str, tuple[str, ...]],
        dimensions: tuple[str, ...],
    ) -> Iterator[tuple[int | None, Range, Callable[[Group], Group], "_Plain"]]:
        """`span` in parts that lie in one bucket, and in one hour when the weekday and hour matter.

        With each: how its groups, found without that dimension, become those asked for.
        """
        if "weekday_hour" not in (*dimensions, *filters):
            plain = _Plain(filters, dimensions)
            for bucket, part in self._parts_of(span, interval):
                yield bucket, part, lambda group: group, plain
            return
        plain = _Plain(
            {name: values for name, values in filters.items() if name != "weekday_hour"},
            tuple(name for name in dimensions if name != "weekday_hour"),
        )
        place = dimensions.index("weekday_hour") if "weekday_hour" in dimensions else None
        finer = Grain.MINUTE if interval is Grain.MINUTE else Grain.HOUR
        for at, part in self._parts_of(span, finer):
            assert at is not None
            hour = clock.floor(part.start_us, Grain.HOUR, self._zone)
            key = self._weekday_hour(hour)
            if key not in filters.get("weekday_hour", (key,)):
                continue
            bucket = None if interval is None else clock.floor(part.start_us, interval, self._zone)
            yield bucket, part, partial(_with_key, key=key, place=place), plain

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
        grouping = _grouping(ask)
        if (span, ask.filters, grouping) not in self._passes:
            self._pass(self._columns, span, ask, filters)
        for one in self._passes[span, ask.filters, grouping]:
            yield (one.bucket, one.keys), Cell(dict(one.parts), dict(one.histogram or {}))

    def _pass(
        self, columns: Snapshot, span: Range, ask: Ask, filters: Mapping[str, tuple[str, ...]]
    ) -> None:
        """Read what `ask` wants of the facts in `span`, and with it what else is expected of them."""
        together = [ask]
        for other in self._expected:
            is_same = other.filters == ask.filters and span in _column_ranges(other)
            if is_same and self._series_of(other) is None:
                together.append(other)
        groupings = dict.fromkeys(map(_grouping, together))
        wanted = self._needed.intersection(part for one in together for part in one.parts)
        found = columns.read_all(
            self._connection, self._tenant_id, span, filters, list(groupings),
            tz=self._zone, parts=[part for part in COUNTERS if part in wanted],
        )  # fmt: skip
        for grouping, groups in found.items():
            self._passes[span, ask.filters, grouping] = groups


def _grouping(ask: Ask) -> Grouping:
    return Grouping(ask.dimensions, ask.interval, ask.quantiles)


def _column_ranges(ask: Ask) -> list[Range]:
    return [piece.range for piece in ask.pieces if piece.source is Source.COLUMNS]


@dataclass(frozen=True, slots=True)
class _Plain:
    """A question without weekday and hour."""

    filters: Mapping[str, tuple[str, ...]]
    dimensions: tuple[str, ...]


def _with_key(group: Group, key: str, place: int | None) -> Group:
    return group if place is None else (*group[:place], key, *group[place:])


def _frozen(filters: Mapping[str, tuple[str, ...]]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple(sorted(filters.items()))


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


def without_buckets(series: Cells) -> Cells:
    """The sums of each group over all buckets."""
    found: Cells = {}
    for (_, group), cell in series.items():
        found.setdefault((None, group), Cell({}, {})).add(cell)
    return found
