"""The shape of an answer: groups in order, empty buckets as zeros, what a limit left out, the range before."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from typing import Any

from verascope import clock
from verascope.clock import US, Grain, Range
from verascope.metrics import MEASURES, METRICS, VALUES, Value, quantiles_of, shown_bins, wilson
from verascope.queries.labelled import NONE as NONE_JUDGED
from verascope.queries.labelled import Judged
from verascope.queries.plan import BY_OUTCOME, Plan, Source, has_quantiles
from verascope.queries.query import Query
from verascope.queries.reader import Ask, Cells, Peak, Reader, without_buckets
from verascope.queries.rows import Cell, Group
from verascope.queries.span import Span
from verascope.store.tables import COUNTERS

Result = dict[str, Any]
"""The JSON of an answer."""

_ZEROS = dict.fromkeys(COUNTERS, 0)
_NOTHING = Cell(_ZEROS, {})
NO_PEAK: Peak = (0, 0)

SMALL = 20_000
"""As many rows of groups and buckets are read without knowing which groups will be shown."""


@dataclass(frozen=True, slots=True)
class Question:
    """A Query with everything decided: its instants, where it is read, where the range before is read."""

    query: Query
    span: Span
    plan: Plan
    previous: Plan | None


def first_asks(reader: Reader, question: Question) -> list[Ask]:
    """The reads that this question will make, as far as they are known before any is made."""
    query = question.query
    found = _Side(reader, query, question.plan, question.span).first_asks()
    if question.previous is not None:
        found += _Side(reader, query, question.previous, question.span).first_asks(grouped=False)
    return found


def counters(query: Query) -> set[str]:
    """The counters that an answer is made of."""
    ordered = _order(query)[0]
    found = _parts_of(query) | set(METRICS[ordered].parts if ordered in METRICS else ())
    if "outcome" in query.filters or "outcome" in query.dimensions:
        found |= BY_OUTCOME
    return found - {"seconds"}


def build(reader: Reader, question: Question) -> Result:
    """The answer. Rows and `other` add up to the totals, always."""
    query, span = question.query, question.span
    side = _Side(reader, query, question.plan, span)
    groups = side.groups()
    result: Result = {
        "range": _range_json(span) | {"unfinished": span.is_unfinished},
        "interval": query.interval and query.interval.value,
        "source": question.plan.source.value,
        **side.answer(groups),
        "notices": [],
        "compare": None,
    }
    if span.previous is not None and question.previous is not None:
        before = Span(span.previous, span.zone, span.now_us)
        side = _Side(reader, query, question.previous, before)
        # The same groups, so that each has its own growth.
        result["compare"] = {
            "range": _range_json(before) | {"unfinished": False, "cut": span.is_cut},
            **side.answer(groups),
        }
    return result


@dataclass(frozen=True, slots=True)
class _Beside:
    """What no counter holds of a range, by (bucket, group): the fullest minutes, and what labels say.

    None for what wasn't asked.
    """

    peaks: Mapping[tuple[int | None, Group], Peak] | None
    judged: Mapping[tuple[int | None, Group], Judged] | None
    min_labels: int

    def values(self, key: tuple[int | None, Group], names: Iterable[str]) -> dict[str, Value]:
        found: dict[str, Value] = {}
        for name in names:
            if METRICS[name].is_peak and self.peaks is not None:
                n, minute = self.peaks.get(key, NO_PEAK)
                found |= {name: n, f"{name}_at": clock.to_iso(minute * US) if n else None}
            elif METRICS[name].is_labelled and self.judged is not None:
                found |= _share_json(name, self.judged.get(key, NONE_JUDGED), self.min_labels)
        return found

    def left(
        self, shown: Iterable[Group], by_group: "_Beside", names: Iterable[str]
    ) -> dict[str, Value]:
        """What the shown groups leave of this total. The fullest minute of the rest is not known."""
        found: dict[str, Value] = {}
        for name in names:
            if METRICS[name].is_peak:
                found |= {name: None, f"{name}_at": None}
            elif (
                METRICS[name].is_labelled
                and self.judged is not None
                and by_group.judged is not None
            ):
                right, n = self.judged.get((None, ()), NONE_JUDGED)
                for group in shown:
                    other_right, other_n = by_group.judged.get((None, group), NONE_JUDGED)
                    right, n = right - other_right, n - other_n
                found |= _share_json(name, (right, n), self.min_labels)
        return found


def _share_json(name: str, judged: Judged, min_labels: int) -> dict[str, Value]:
    """A share with its interval and n; unknown while too few were judged, the n apart."""
    right, n = judged
    is_known = n >= min_labels
    interval = wilson(right, n)
    return {
        name: 100 * right / n if is_known else None,
        f"{name}_n": n,
        f"{name}_low": interval.low if is_known else None,
        f"{name}_high": interval.high if is_known else None,
    }


class _Side:
    """One range of a question: the asked one, or the one before."""

    def __init__(self, reader: Reader, query: Query, plan: Plan, span: Span) -> None:
        self._reader = reader
        self._query = query
        self._plan = plan
        self._span = span
        self._parts = _parts_of(query)
        self._groups: Cells = {}
        self._series: Cells = {}
        self._known_beside: dict[tuple[tuple[str, ...], Grain | None], _Beside] = {}

    def first_asks(self, *, grouped: bool = True) -> list[Ask]:
        """What will be read first. grouped: whether the groups to show are found here."""
        query = self._query
        if not query.dimensions:
            return [replace(self._total_ask(), interval=query.interval)]
        found = [self._groups_ask()] if grouped else []
        return found if grouped and self._is_sum_of_groups() else [*found, self._total_ask()]

    def groups(self) -> list[Group]:
        """The groups to show, in their order; empty when the question has no dimensions."""
        query = self._query
        if not query.dimensions:
            return []
        ask = self._groups_ask()
        found = self._reader.cells(ask)
        if ask.interval is not None:
            self._series = found
            found = without_buckets(found)
        self._groups = found
        # What has no value of a dimension (no error, so no pattern) is part of `other`.
        named = [group for (_, group) in found if None not in group]
        named.sort(key=lambda group: [str(key) for key in group])
        name, descending = _order(query)
        if name in query.dimensions:
            position = query.dimensions.index(name)
            places = {value: i for i, value in enumerate(VALUES.get(name, ()))}
            named.sort(
                key=lambda group: (places.get(str(group[position]), 0), str(group[position])),
                reverse=descending,
            )
        elif name in METRICS and not METRICS[name].is_counted:
            beside = self._beside(query.dimensions, None)
            told = {group: beside.values((None, group), [name])[name] for group in named}
            _sort_by_value(named, told, descending=descending)
        else:
            _sort_by_value(
                named,
                {
                    group: self.values(found[None, group], self._span.range, [name])[name]
                    for group in named
                },
                descending=descending,
            )
        return named[: query.limit]

    def answer(self, groups: Sequence[Group]) -> Result:
        """Totals, rows, what the limit left out, the groups over the whole range, histograms."""
        cells = self.cells(groups)
        total = self.total()
        return {
            "totals": self.values(total, self._span.range)
            | self._beside((), None).values((None, ()), self._query.metrics),
            "rows": self.rows(groups, cells),
            "other": self.other(total, cells, groups),
            "groups": self._whole(groups, cells),
            "histograms": self._histograms(groups),
        }

    def _whole(self, groups: Sequence[Group], cells: Cells) -> list[dict[str, Value]] | None:
        """One row a group over the whole range; None unless the rows are cut into buckets."""
        if not self._query.dimensions or self._query.interval is None:
            return None
        side = _Side(self._reader, replace(self._query, interval=None), self._plan, self._span)
        return side.rows(groups, without_buckets(cells))

    def _histograms(self, groups: Sequence[Group]) -> list[Result]:
        query = self._query
        found: list[Result] = []
        for measure, pieces in self._plan.histograms:
            whole = self._reader.histogram(pieces, query.filters, (), measure)
            found.append(_histogram_json(measure, {}, whole.get((), {})))
            if query.dimensions:
                split = self._reader.histogram(pieces, query.filters, query.dimensions, measure)
                for group in groups:
                    named = dict(zip(query.dimensions, group, strict=True))
                    found.append(_histogram_json(measure, named, split.get(group, {})))
        return found

    def _beside(self, dimensions: tuple[str, ...], interval: Grain | None) -> "_Beside":
        """What no counter holds, by bucket and group."""
        known = self._known_beside.get((dimensions, interval))
        if known is not None:
            return known
        query, reader = self._query, self._reader
        asked = [METRICS[name] for name in query.metrics]
        peaks, judged = None, None
        if any(metric.is_peak for metric in asked):
            peaks = reader.peaks(self._plan.peaks, query.filters, dimensions, interval)
        if any(metric.is_labelled for metric in asked):
            judged = reader.judged(self._span.range, query.filters, dimensions, interval)
        found = _Beside(peaks, judged, reader.min_labels)
        self._known_beside[dimensions, interval] = found
        return found

    def cells(self, groups: Sequence[Group]) -> Cells:
        """What the rows show, by (bucket, group)."""
        query = self._query
        if not query.dimensions:
            if query.interval is None:
                return {}
            return self._reader.cells(replace(self._total_ask(), interval=query.interval))
        if not groups:
            return {}
        if query.interval is None and self._groups:
            return {(None, group): self._groups[None, group] for group in groups}
        wanted = set(groups)
        if self._series:
            return {key: cell for key, cell in self._series.items() if key[1] in wanted}
        shown = {
            name: tuple(dict.fromkeys(str(group[position]) for group in groups))
            for position, name in enumerate(query.dimensions)
        }
        ask = self._group_ask({**query.filters, **shown}, query.interval, None)
        return {key: cell for key, cell in self._reader.cells(ask).items() if key[1] in wanted}

    def total(self) -> Cell:
        """Everything the question is about. Read after the rows, so that what comes in meanwhile is in `other`."""
        query = self._query
        if self._groups and self._is_sum_of_groups():
            return _sum(self._groups.values())
        ask = self._total_ask()
        if not query.dimensions and query.interval is not None:
            return _sum(self._reader.cells(replace(ask, interval=query.interval)).values())
        return self._reader.total(ask)

    def _is_sum_of_groups(self) -> bool:
        """Whether the groups that are read first add up to the total: they are all of them, of the same instant."""
        query = self._query
        is_whole = self._plan.source is Source.COLUMNS and "error_pattern" not in query.dimensions
        return is_whole and (query.interval is None or self._groups_ask().interval is not None)

    def other(self, total: Cell, cells: Cells, groups: Sequence[Group]) -> dict[str, Value] | None:
        """Totals less what the rows show; None when nothing is left."""
        if not self._query.dimensions:
            return None
        shown = _sum(cells.values())
        parts = {name: n - shown.parts.get(name, 0) for name, n in total.parts.items()}
        bins = {index: n - shown.bins.get(index, 0) for index, n in total.bins.items()}
        is_labelled = any(METRICS[name].is_labelled for name in self._query.metrics)
        counted = self._parts | {"total"} if is_labelled else self._parts
        if not any(parts.get(name) for name in counted) and not any(bins.values()):
            return None
        left = self.values(Cell(parts, bins), self._span.range)
        return left | self._beside((), None).left(
            groups, self._beside(self._query.dimensions, None), self._query.metrics
        )

    def rows(self, groups: Sequence[Group], cells: Cells) -> list[dict[str, Value]]:
        """One row a group, or a row for each bucket and group; buckets up to now are all there."""
        query, span = self._query, self._span
        if query.interval is None and not groups:
            return []
        beside = self._beside(query.dimensions, query.interval)
        if query.interval is None:
            return [
                {
                    **dict(zip(query.dimensions, group, strict=True)),
                    **self.values(cells.get((None, group), _NOTHING), span.range),
                    **beside.values((None, group), query.metrics),
                }
                for group in groups
            ]
        buckets = span.buckets(query.interval)
        late = {bucket for bucket, _ in cells if bucket is not None} - set(buckets)
        found: list[dict[str, Value]] = []
        for bucket in [*buckets, *sorted(late)]:
            head: dict[str, Value] = {"bucket": clock.to_iso(bucket * US)}
            passed = self._bucket_range(bucket, query.interval)
            for group in groups if query.dimensions else [()]:
                values = self.values(cells.get((bucket, group), _NOTHING), passed)
                values |= beside.values((bucket, group), query.metrics)
                found.append({**head, **dict(zip(query.dimensions, group, strict=True)), **values})
        return found

    def values(
        self,
        cell: Cell,
        within: Range | None,
        names: Sequence[str] | None = None,
    ) -> dict[str, Value]:
        """The counted metrics of one cell. within: the time it covers, for rates per hour."""
        asked = self._query.metrics if names is None else tuple(names)
        computed, ranks = _told(asked)
        parts: Mapping[str, int] = {**_ZEROS, **cell.parts, "seconds": self._seconds(within)}
        found = {name: compute(parts) for name, compute in computed}
        if ranks:
            values = quantiles_of(cell.bins, [q for q, _ in ranks])
            found |= {name: value for (_, name), value in zip(ranks, values, strict=True)}
            return {name: found[name] for name in asked if name in found}
        return found

    def _seconds(self, within: Range | None) -> int:
        """Whole seconds of `within` that have passed."""
        if within is None:
            return 0
        end_us = min(within.end_us, self._span.range.end_us, self._span.now_us)
        return max(0, end_us - max(within.start_us, self._span.range.start_us)) // US

    def _bucket_range(self, bucket: int, interval: Grain) -> Range | None:
        if "throughput_per_hour" not in self._query.metrics:
            return None
        return Range(bucket * US, clock.following(bucket, interval, self._span.zone) * US)

    def _total_ask(self) -> Ask:
        return _total_ask(self._query, self._plan)

    def _groups_ask(self) -> Ask:
        """The read that says which groups there are: by bucket at once when that can't be many rows."""
        query, interval = self._query, None
        if query.interval is not None and self._plan.source is Source.COLUMNS:
            groups = self._reader.most_groups(query.dimensions)
            if groups * len(self._span.buckets(query.interval)) <= SMALL:
                interval = query.interval
        return self._group_ask(query.filters, interval, self._top())

    def _group_ask(
        self,
        filters: Mapping[str, tuple[str, ...]],
        interval: Grain | None,
        top: tuple[str, int] | None,
    ) -> Ask:
        query = self._query
        wanted = counters(query) | (BY_OUTCOME if "outcome" in filters else set())
        parts = tuple(part for part in COUNTERS if part in wanted) or ("total",)
        return Ask(
            self._plan.pieces, self._plan.dimension, _frozen(filters), query.dimensions, interval,
            has_quantiles(query), parts, top,
        )  # fmt: skip

    def _top(self) -> tuple[str, int] | None:
        """(counter, n) when the rollups themselves can say which groups are the largest."""
        query, plan = self._query, self._plan
        name, descending = _order(query)
        metric = METRICS.get(name)
        is_one_read = len(plan.pieces) == 1 and plan.source is Source.ROLLUPS
        is_counter = metric is not None and len(metric.parts) == 1
        if not (is_one_read and is_counter and descending) or "outcome" in query.filters:
            return None
        assert metric is not None
        return (metric.parts[0], query.limit) if query.dimensions == (plan.dimension,) else None


@lru_cache(maxsize=256)
def _told(
    names: tuple[str, ...],
) -> tuple[list[tuple[str, Callable[[Mapping[str, int]], Value]]], list[tuple[float, str]]]:
    """(name, what computes it from the counters) of each counted metric, (quantile, name) of each percentile, ascending."""
    asked = [METRICS[name] for name in names]
    computed = [(metric.name, metric.compute) for metric in asked if metric.compute is not None]
    ranks = [(metric.quantile, metric.name) for metric in asked if metric.quantile is not None]
    return computed, sorted(ranks)


def _histogram_json(measure: str, group: Mapping[str, str | None], bins: dict[int, int]) -> Result:
    return {
        "measure": measure,
        "unit": MEASURES[measure].unit.value,
        "group": dict(group),
        "n": sum(bins.values()),
        "bins": [{"from": start, "to": end, "n": n} for start, end, n in shown_bins(measure, bins)],
    }


def _order(query: Query) -> tuple[str, bool]:
    """(what the groups are ordered by, whether the highest comes first)."""
    asked = query.order_by or f"-{query.metrics[0]}"
    return asked.removeprefix("-"), asked.startswith("-")


def _sort_by_value(groups: list[Group], values: Mapping[Group, Value], *, descending: bool) -> None:
    """Sort in place; equal ones keep their order, groups without a value come last."""

    def key(group: Group) -> tuple[bool, Decimal | float]:
        value = values[group]
        is_known = value is not None
        number = Decimal(value) if isinstance(value, str) else (value or 0)
        return (is_known == descending, number)

    groups.sort(key=key, reverse=descending)


def _range_json(span: Span) -> dict[str, object]:
    return {
        "start": clock.to_iso(span.range.start_us),
        "end": clock.to_iso(span.range.end_us),
        "time_zone": span.zone.key,
    }


def _total_ask(query: Query, plan: Plan) -> Ask:
    dimension = plan.dimension if plan.dimension in query.filters else "all"
    quantiles = has_quantiles(query)
    # All counters, so that questions share the read, but not a scan of the columns for percentiles alone.
    is_bare = plan.source is Source.COLUMNS and quantiles and not _parts_of(query)
    parts = ("total",) if is_bare else COUNTERS
    return Ask(plan.totals, dimension, _frozen(query.filters), (), None, quantiles, parts)


def _parts_of(query: Query) -> set[str]:
    """The counters that the metrics of a question are made of."""
    return {part for name in query.metrics for part in METRICS[name].parts} - {"seconds"}


def _frozen(filters: Mapping[str, tuple[str, ...]]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple(sorted(filters.items()))


def _sum(cells: Iterable[Cell]) -> Cell:
    total = Cell({}, {})
    for cell in cells:
        total.add(cell)
    return total


__all__ = ["Question", "Result", "build", "counters", "first_asks"]
