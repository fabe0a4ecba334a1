"""Questions to one state of the columns: sums, histograms and peaks of the facts that match every filter."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
from sqlalchemy import Connection

from verascope import clock
from verascope.clock import DAY, MINUTE, US, Grain, Range
from verascope.errors import Invalid
from verascope.metrics import VALUES
from verascope.store import dictionary
from verascope.store.grouping_sets import GroupingSets
from verascope.store.rollups import Histogram
from verascope.store.slices import CONFIDENCE_BIN_MPCT, KEYED, NO_BIN
from verascope.store.tables import COUNTERS

_BINS = {
    "inference_time": "inference_bin",
    "response_time": "response_bin",
    "confidence": f"confidence // {CONFIDENCE_BIN_MPCT}",
}
"""Measure → the bin of a fact."""

_KNOWN = {
    "inference_time": f"inference_bin <> {NO_BIN}",
    "response_time": f"response_bin <> {NO_BIN}",
    "confidence": "confidence IS NOT NULL",
}

Keys = tuple[str, ...]
"""One key for each asked dimension, in their order."""


@dataclass(frozen=True, slots=True)
class Grouping:
    """How facts are put together: by dimensions, by bucket when there is a grain; with the histogram of the
    inference time of each group or without.
    """

    dimensions: tuple[str, ...] = ()
    grain: Grain | None = None
    has_histogram: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Summed counters of one group, like `rollups.Counts`; keys in the order of the asked dimensions."""

    bucket: int | None
    keys: tuple[str, ...]
    parts: dict[str, int]
    histogram: Histogram | None


class Snapshot:
    """One state of the facts; `watermarks` says which: {tenant: (generation, seq)}.

    where: {dimension: accepted keys}. Every span is cut at whole minutes, else Invalid is raised.
    """

    def __init__(
        self, cursor: duckdb.DuckDBPyConnection, watermarks: dict[int, tuple[int, int]]
    ) -> None:
        self._cursor = cursor
        self._known_formats: list[str] | None = None
        self.watermarks = watermarks

    def read(
        self,
        connection: Connection,
        tenant_id: int,
        span: Range,
        where: Mapping[str, Sequence[str]],
        *,
        dimensions: Sequence[str] = (),
        grain: Grain | None = None,
        tz: ZoneInfo,
        parts: Sequence[str] = COUNTERS,
        histogram: bool = False,
    ) -> list[Group]:
        """Sums of the facts in `span` that match every filter, one Group a group, ordered by bucket.

        An ungrouped question gives one Group, of zeros when nothing matched. The histogram is that of the
        inference time.
        """
        grouping = Grouping(tuple(dimensions), grain, histogram)
        found = self.read_all(connection, tenant_id, span, where, [grouping], tz=tz, parts=parts)
        return found[grouping]

    def read_all(
        self,
        connection: Connection,
        tenant_id: int,
        span: Range,
        where: Mapping[str, Sequence[str]],
        groupings: Sequence[Grouping],
        *,
        tz: ZoneInfo,
        parts: Sequence[str] = COUNTERS,
    ) -> dict[Grouping, list[Group]]:
        """`read` of the same facts put together in several ways, in one pass over them."""
        used = [grouping.dimensions for grouping in groupings]
        condition = self._condition(connection, tenant_id, span, where, used, tz)
        buckets = [_bucket_sql(one.grain, span, tz) if one.grain else None for one in groupings]
        found = self._sums(connection, tenant_id, condition, groupings, buckets, span, tz, parts)
        return {
            grouping: [
                replace(one, bucket=_bucket(one.bucket, grouping.grain, tz))
                if grouping.grain and one.bucket is not None
                else one
                for one in groups
            ]
            for grouping, groups in zip(groupings, found, strict=True)
        }

    def read_spans(
        self,
        connection: Connection,
        tenant_id: int,
        spans: Sequence[Range],
        where: Mapping[str, Sequence[str]],
        *,
        dimensions: Sequence[str] = (),
        tz: ZoneInfo,
        parts: Sequence[str] = COUNTERS,
        histogram: bool = False,
    ) -> list[Group]:
        """`read` of many spans at once, which share no minute. The bucket of a Group is its span's place in the
        list; groups and spans without a fact are absent.
        """
        whole = Range(spans[0].start_us, spans[-1].end_us)
        condition = self._condition(connection, tenant_id, whole, where, [dimensions], tz)
        within = [
            f"minute >= {first:d} AND minute < {end:d}" for first, end in map(_minutes, spans)
        ]
        condition += f" AND ({' OR '.join(f'({one})' for one in within)})"
        cases = " ".join(f"WHEN {one} THEN {place:d}" for place, one in enumerate(within))
        grouping = Grouping(tuple(dimensions), has_histogram=histogram)
        place = f"(CASE {cases} END)"
        (found,) = self._sums(
            connection, tenant_id, condition, [grouping], [place], whole, tz, parts
        )
        return found

    def _sums(
        self,
        connection: Connection,
        tenant_id: int,
        condition: str,
        groupings: Sequence[Grouping],
        buckets: Sequence[str | None],
        span: Range,
        tz: ZoneInfo,
        parts: Sequence[str],
    ) -> list[list[Group]]:
        """The Groups of each grouping. buckets: SQL of what a Group's bucket is, None for none."""
        cuts = [
            [
                *([] if bucket is None else [bucket]),
                *(_column(name, span, tz) for name in one.dimensions),
            ]
            for one, bucket in zip(groupings, buckets, strict=True)
        ]
        facts = GroupingSets(condition, parts)
        for one, columns in zip(groupings, cuts, strict=True):
            facts.add_sums(columns)
            if one.has_histogram:
                facts.add_bins(columns)
        facts.run(self._cursor)
        found = []
        for one, bucket, columns in zip(groupings, buckets, cuts, strict=True):
            sums = facts.sums(columns)
            bins = facts.bins(columns) if one.has_histogram else {}
            if not columns and not sums:
                sums = {(): dict.fromkeys(parts, 0)}
            first = 0 if bucket is None else 1
            if "error_pattern" in one.dimensions:
                place = first + one.dimensions.index("error_pattern")
                sums = {codes: counts for codes, counts in sums.items() if codes[place] is not None}
            keys = self._names(
                connection, tenant_id, one.dimensions, [codes[first:] for codes in sums]
            )
            found.append(
                [
                    Group(
                        codes[0] if first else None,
                        keys[codes[first:]],
                        counts,
                        bins.get(codes, {}) if one.has_histogram else None,
                    )
                    for codes, counts in sums.items()
                ]
            )
        return found

    def histogram(
        self,
        connection: Connection,
        tenant_id: int,
        span: Range,
        where: Mapping[str, Sequence[str]],
        measure: str,
        *,
        dimensions: Sequence[str] = (),
        tz: ZoneInfo,
    ) -> dict[Keys, Histogram]:
        """{keys: {bin: count}} of a measure of `metrics.MEASURES`; groups that have none are absent."""
        condition = self._condition(connection, tenant_id, span, where, [dimensions], tz)
        columns = [_column(dimension, span, tz) for dimension in dimensions]
        rows = self._grouped(
            f"{condition} AND {_KNOWN[measure]}", [*columns, _BINS[measure]], ["count(*)"]
        )
        keys = self._names(connection, tenant_id, dimensions, [row[:-2] for row in rows])
        found: dict[Keys, Histogram] = {}
        for row in rows:
            found.setdefault(keys[row[:-2]], {})[int(row[-2])] = int(row[-1])
        return found

    def peaks(
        self,
        connection: Connection,
        tenant_id: int,
        span: Range,
        where: Mapping[str, Sequence[str]],
        *,
        dimensions: Sequence[str] = (),
        grain: Grain | None = None,
        tz: ZoneInfo,
    ) -> dict[tuple[int | None, Keys], tuple[int, int]]:
        """(highest count of a minute, the minute's epoch second), the earliest of equals, by bucket and keys."""
        condition = self._condition(connection, tenant_id, span, where, [dimensions], tz)
        columns = [_column(dimension, span, tz) for dimension in dimensions]
        names = [f"d{number}" for number in range(len(columns))]
        inner = "".join(
            f"{column} AS {name}, " for column, name in zip(columns, names, strict=True)
        )
        groups = ([_bucket_sql(grain, span, tz)] if grain else []) + names
        # One number orders minutes by count first and by earliness second.
        rows = self._cursor.execute(
            f"SELECT {''.join(f'{group}, ' for group in groups)} max(n * {_EARLIER} + {_EARLIER - 1} - minute) "
            f"FROM (SELECT {inner}minute, count(*) AS n FROM facts WHERE {condition} GROUP BY ALL) "
            f"{'GROUP BY ALL' if groups else ''}"
        ).fetchall()
        keys = self._names(
            connection, tenant_id, dimensions, [row[len(groups) - len(names) : -1] for row in rows]
        )
        found = {}
        for row in rows:
            if row[-1] is None:
                continue
            n, rest = divmod(int(row[-1]), _EARLIER)
            bucket = _bucket(row[0], grain, tz) if grain else None
            group = keys[row[len(groups) - len(names) : -1]]
            found[bucket, group] = (n, (_EARLIER - 1 - rest) * MINUTE)
        return found

    def _names(
        self,
        connection: Connection,
        tenant_id: int,
        dimensions: Sequence[str],
        coded: Iterable[tuple[Any, ...]],
    ) -> dict[tuple[Any, ...], Keys]:
        """The keys behind each tuple of codes."""
        tuples = set(coded)
        keyed = [i for i, dimension in enumerate(dimensions) if dimension in KEYED]
        used = {codes[i] for codes in tuples for i in keyed}
        named = dictionary.names(connection, tenant_id, used) if used else {}

        def key(dimension: str, code: int) -> str:
            if dimension in KEYED:
                return named[code]
            if dimension == "image_format":
                return self._formats()[code]
            return VALUES[dimension][code]

        return {
            codes: tuple(key(*pair) for pair in zip(dimensions, codes, strict=True))
            for codes in tuples
        }

    def _formats(self) -> list[str]:
        if self._known_formats is None:
            rows = self._cursor.execute("SELECT name FROM formats ORDER BY code").fetchall()
            self._known_formats = [str(row[0]) for row in rows]
        return self._known_formats

    def _grouped(
        self, condition: str, groups: Sequence[str], sums: Sequence[str]
    ) -> list[tuple[Any, ...]]:
        statement = f"SELECT {', '.join([*groups, *sums])} FROM facts WHERE {condition}"
        if groups:
            positions = ", ".join(str(i + 1) for i in range(len(groups)))
            statement += f" GROUP BY {positions} ORDER BY {positions}"
        return self._cursor.execute(statement).fetchall()

    def _condition(
        self,
        connection: Connection,
        tenant_id: int,
        span: Range,
        where: Mapping[str, Sequence[str]],
        groupings: Sequence[Sequence[str]],
        tz: ZoneInfo,
    ) -> str:
        """SQL text made of integers only: keys become codes, so nothing of a caller is ever spliced in."""
        for edge in (span.start_us, span.end_us):
            if edge % (MINUTE * US):
                raise Invalid.of(
                    "range", clock.to_iso(edge), "whole minutes for a filtered question"
                )
        first, end = _minutes(span)
        conditions = [f"tenant_id = {tenant_id:d}", f"minute >= {first:d}", f"minute < {end:d}"]
        for dimension, accepted in where.items():
            if dimension in KEYED:
                codes = list(dictionary.codes(connection, tenant_id, dimension, accepted).values())
            else:
                closed = self._formats() if dimension == "image_format" else VALUES[dimension]
                codes = [closed.index(name) for name in accepted if name in closed]
            listed = ", ".join(f"{code:d}" for code in codes) or "NULL"
            conditions.append(f"{_column(dimension, span, tz)} IN ({listed})")
        if all("error_pattern" in dimensions for dimensions in groupings):
            conditions.append("error_pattern IS NOT NULL")
        return " AND ".join(conditions)


_EARLIER = 2**32


def _minutes(span: Range) -> tuple[int, int]:
    return span.start_us // US // MINUTE, span.end_us // US // MINUTE


def _column(dimension: str, span: Range, tz: ZoneInfo) -> str:
    """The code of a fact's key."""
    if dimension != "weekday_hour":
        return dimension
    local = f"(minute + {_offset_sql(span, tz)})"
    # 1970-01-01 was a Thursday, three days after a Monday.
    return f"((({local} // 1440 + 3) % 7) * 24 + {local} // 60 % 24)"


def _bucket_sql(grain: Grain, span: Range, tz: ZoneInfo) -> str:
    """The bucket of a fact: epoch second for minute and hour, number of the local date for day."""
    if grain is Grain.MINUTE:
        return "minute::BIGINT * 60"
    offset = _offset_sql(span, tz)
    if grain is Grain.HOUR:
        return f"((minute + {offset}) // 60 * 60 - {offset})::BIGINT * 60"
    return f"(minute + {offset}) // 1440"


def _bucket(value: int, grain: Grain, tz: ZoneInfo) -> int:
    if grain is not Grain.DAY:
        return value
    return clock.midnight(clock.to_datetime(value * DAY * US).date(), tz)


def _offset_sql(span: Range, tz: ZoneInfo) -> str:
    """Minutes that the tenant's clock is ahead of UTC at a fact's minute."""
    changes = clock.offsets(span, tz)
    offset = f"{changes[0][1] // MINUTE:d}"
    if len(changes) == 1:
        return offset
    cases = " ".join(
        f"WHEN minute >= {start // MINUTE:d} THEN {seconds // MINUTE:d}"
        for start, seconds in reversed(changes[1:])
    )
    return f"(CASE {cases} ELSE {offset} END)"
