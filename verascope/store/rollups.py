"""Rollups: additive integer counters by grain, dimension and bucket, and the histograms beside them.

Grains: minute (dimension `all` only), hour, day; hours and days are cut in the tenant's zone. Histograms: for
`all` and `model`, by hour and day. `additions` is pure: what a slice of rows adds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    Table,
    Text,
    and_,
    bindparam,
    cast,
    func,
    literal_column,
    select,
)  # fmt: skip

from verascope import clock
from verascope.clock import Grain
from verascope.store import dialect
from verascope.store.slices import KEYED, NO_BIN, Ints, Keys, Slice
from verascope.store.tables import COUNTERS, rollup_histograms, rollups

ALL = "all"
"""The dimension without keys; its key is the empty text."""

HISTOGRAM_DIMENSIONS = (ALL, "model")
INFERENCE = "inference"
CONFIDENCE = "confidence"

Histogram = dict[int, int]
"""{bin: count}; see `metrics.quantile_of` for what a bin means."""


@dataclass(frozen=True, slots=True)
class Additions:
    """Rows to add up into the two tables, in their column order."""

    rollups: list[dialect.Row]
    histograms: list[dialect.Row]


def additions(part: Slice, tz: ZoneInfo) -> Additions:
    """What the rows of `part` add, with hours and days cut in `tz`, in the order of the tables' keys.

    Rows are added up once for each dimension, by hour and day together; days are the sums of those sums.
    """
    counters: list[dialect.Row] = []
    histograms: list[dialect.Row] = []
    if not len(part):
        return Additions(counters, histograms)
    places = {grain: _Places.of(clock.floor_all(part.at_us, grain, tz)) for grain in Grain}
    hours, days = places[Grain.HOUR], places[Grain.DAY]
    # An hour lies in one day; where a zone's change makes it touch two, it is two cells.
    cells = _Places.of(hours.index * len(days.starts) + days.index)
    by = {
        Grain.DAY: _Places(days.starts, cells.starts % len(days.starts)),
        Grain.HOUR: _Places(hours.starts, cells.starts // len(days.starts)),
    }
    everything = Keys(np.zeros(len(part), np.int64), [""])
    sums = {}
    for dimension in (ALL, *KEYED):
        keys = everything if dimension == ALL else _sorted(part.keys[dimension])
        sums[dimension] = keys.names, _Sums.of(cells.index, keys.index, part.counters)
    bins = {}
    model = _sorted(part.keys["model"])
    for measure, measured in ((CONFIDENCE, part.confidence_bin), (INFERENCE, part.inference_bin)):
        found = _Bins.of(cells.index, model.index, measured)
        bins["model", measure] = model.names, found
        # Every row has a model, so the models' counts are everything's.
        bins[ALL, measure] = [""], found.moved(found.place, np.zeros_like(found.key))
    for grain, to in by.items():
        for dimension in sorted(sums):
            names, summed = sums[dimension]
            head = (part.tenant_id, grain.value, dimension)
            counters += summed.moved(to.index[summed.place]).rows(head, to.starts, names)
        for dimension in sorted(HISTOGRAM_DIMENSIONS):
            for measure in (CONFIDENCE, INFERENCE):
                names, counted = bins[dimension, measure]
                at = counted.moved(to.index[counted.place], counted.key)
                about = (part.tenant_id, grain.value, dimension, measure)
                histograms += at.rows(about, to.starts, names)
    minutes = places[Grain.MINUTE]
    total = _Sums.of(minutes.index, everything.index, part.counters)
    counters += total.rows((part.tenant_id, Grain.MINUTE.value, ALL), minutes.starts, [""])
    return Additions(counters, histograms)


@dataclass(frozen=True, slots=True)
class _Places:
    """Which of the ascending `starts` each row belongs to."""

    starts: Ints
    index: Ints

    @classmethod
    def of(cls, values: Ints) -> "_Places":
        return cls(*np.unique(values, return_inverse=True))


def _sorted(keys: Keys) -> Keys:
    """The same keys with their names in order."""
    order = sorted(range(len(keys.names)), key=keys.names.__getitem__)
    # The last place is for -1, no key.
    rank = np.full(len(order) + 1, -1, np.int64)
    rank[order] = np.arange(len(order))
    return Keys(rank[keys.index], [keys.names[i] for i in order])


def _groups_of(codes: Ints) -> tuple[Ints, Ints]:
    """(the order that sorts codes >= 0, where each distinct one begins in it). Neither is empty."""
    # Small numbers are sorted by their digits, several times faster.
    narrow = codes.astype(np.uint16) if codes.max() < 2**16 else codes
    order = np.argsort(narrow, kind="stable")
    sorted_ = codes[order]
    return order, np.flatnonzero(np.append(True, sorted_[1:] != sorted_[:-1]))


@dataclass(frozen=True, slots=True)
class _Sums:
    """Exact integer sums of the counters, one line for each (place, key) that occurs."""

    place: Ints
    key: Ints
    counters: Ints

    @classmethod
    def of(cls, place: Ints, key: Ints, counters: Ints) -> "_Sums":
        """key: -1 is left out."""
        chosen = key >= 0
        if not chosen.all():
            place, key, counters = place[chosen], key[chosen], counters[chosen]
        if not len(key):
            return cls(place, key, counters)
        order, first = _groups_of(place * (int(key.max()) + 1) + key)
        at = order[first]
        return cls(place[at], key[at], np.add.reduceat(counters[order], first, axis=0))

    def moved(self, place: Ints) -> "_Sums":
        """Added up again, each line at another place."""
        return _Sums.of(place, self.key, self.counters)

    def rows(self, head: dialect.Row, starts: Ints, names: Sequence[str]) -> list[dialect.Row]:
        """`starts` and `names` say what place and key mean."""
        return [
            (*head, bucket, names[key], *values)
            for bucket, key, values in zip(
                starts[self.place].tolist(), self.key.tolist(), self.counters.tolist(), strict=True
            )
        ]


_BINS = 2**16
"""More than there are bins of either sign."""


@dataclass(frozen=True, slots=True)
class _Bins:
    """How often each (place, key, bin) occurs."""

    place: Ints
    key: Ints
    bin: Ints
    n: Ints

    @classmethod
    def of(cls, place: Ints, key: Ints, bins: Ints) -> "_Bins":
        """key: -1 is left out, and `NO_BIN`."""
        chosen = (key >= 0) & (bins != NO_BIN)
        ones = np.ones(int(chosen.sum()), np.int64)
        return cls(place[chosen], key[chosen], bins[chosen], ones).added_up()

    def added_up(self) -> "_Bins":
        if not len(self.n):
            return self
        # One number for each triple: sorting numbers is ten times faster than sorting rows.
        group = self.place * (int(self.key.max()) + 1) + self.key
        order, first = _groups_of(group * _BINS + (self.bin + _BINS // 2))
        at = order[first]
        n = np.add.reduceat(self.n[order], first)
        return _Bins(self.place[at], self.key[at], self.bin[at], n)

    def moved(self, place: Ints, key: Ints) -> "_Bins":
        """Added up again, each line at another place and key."""
        return _Bins(place, key, self.bin, self.n).added_up()

    def rows(self, head: dialect.Row, starts: Ints, names: Sequence[str]) -> list[dialect.Row]:
        """`starts` and `names` say what place and key mean."""
        return [
            (*head, bucket, names[key], bin_index, count)
            for bucket, key, bin_index, count in zip(
                starts[self.place].tolist(),
                self.key.tolist(),
                self.bin.tolist(),
                self.n.tolist(),
                strict=True,
            )
        ]


def add(connection: Connection, new: Additions) -> None:
    """Add up inside the caller's transaction, which also moves the watermark."""
    dialect.add_up(connection, rollups, new.rollups)
    dialect.add_up(connection, rollup_histograms, new.histograms)


def clear(connection: Connection, tenant_id: int) -> None:
    """Forget the tenant's rollups, for a rebuild in the same transaction as the watermark's return to 0."""
    for table in (rollups, rollup_histograms):
        connection.execute(table.delete().where(table.c.tenant_id == tenant_id))


@dataclass(frozen=True, slots=True)
class Counts:
    """Summed counters of one group; bucket or key is None when the sum runs over all of them."""

    bucket: int | None
    key: str | None
    parts: dict[str, int]


def read(
    connection: Connection,
    tenant_id: int,
    grain: Grain,
    dimension: str,
    buckets: tuple[int, int],
    *,
    by_bucket: bool = False,
    by_key: bool = False,
    keys: Sequence[str] | None = None,
    top: tuple[str, int] | None = None,
    parts: Sequence[str] = COUNTERS,
) -> list[Counts]:
    """Sums over buckets start <= bucket < end (epoch seconds), oldest bucket first, then by key.

    top: (counter, n) keeps the n groups with the highest sum of that counter, highest first.
    An ungrouped question gives one Counts, of zeros when nothing was there.
    """
    counter, limit = top or (None, None)
    statement = _sums_of(by_bucket, by_key, keys is not None, counter, tuple(parts))
    values = _values(tenant_id, grain, dimension, buckets, keys)
    if limit is not None:
        values["top"] = limit
    skip = by_bucket + by_key
    return [
        Counts(
            row[0] if by_bucket else None,
            row[skip - 1] if by_key else None,
            dict(zip(parts, map(int, row[skip:]), strict=True)),
        )
        for row in connection.execute(statement, values)
    ]


# A statement of each shape is built once: building and hashing it costs several times what SQLite needs.


@lru_cache(maxsize=256)
def _sums_of(
    by_bucket: bool, by_key: bool, has_keys: bool, counter: str | None, parts: tuple[str, ...]
) -> Select[Any]:
    groups = _groups(rollups, by_bucket, by_key)
    sums = [func.coalesce(func.sum(rollups.c[name]), 0) for name in parts]
    statement = select(*groups, *sums).where(_within(rollups, has_keys))
    if groups:
        statement = statement.group_by(*groups)
    if counter is None:
        return statement.order_by(*groups)
    most = func.sum(rollups.c[counter]).desc()
    return statement.order_by(most, *groups).limit(bindparam("top"))


@lru_cache(maxsize=16)
def _bins_of(by_key: bool, has_keys: bool) -> Select[Any]:
    table = rollup_histograms
    groups = [table.c.key] * by_key
    return (
        select(*groups, table.c.bin, func.sum(table.c.n))
        .where(_within(table, has_keys), table.c.measure == bindparam("measure"))
        .group_by(*groups, table.c.bin)
    )


@lru_cache(maxsize=16)
def _packed_bins(is_sqlite: bool, has_keys: bool) -> Select[Any]:
    """A row with all bins for each bucket and key: a fifth of the work of a row for each bin."""
    table = rollup_histograms
    pack = func.json_group_object if is_sqlite else func.json_object_agg
    return (
        select(table.c.bucket, table.c.key, cast(pack(table.c.bin, table.c.n), Text))
        .where(_within(table, has_keys), table.c.measure == bindparam("measure"))
        .group_by(table.c.bucket, table.c.key)
    )


_unpack = msgspec.json.Decoder(dict[int, int]).decode


def _values(
    tenant_id: int,
    grain: Grain,
    dimension: str,
    buckets: tuple[int, int],
    keys: Sequence[str] | None,
) -> dict[str, Any]:
    values = {
        "tenant_id": tenant_id,
        "grain": grain.value,
        "dimension": dimension,
        "first": buckets[0],
        "end": buckets[1],
    }
    return values if keys is None else {**values, "keys": list(keys)}


def read_histogram(
    connection: Connection,
    tenant_id: int,
    grain: Grain,
    dimension: str,
    measure: str,
    buckets: tuple[int, int],
    *,
    by_bucket: bool = False,
    by_key: bool = False,
    keys: Sequence[str] | None = None,
) -> dict[tuple[int | None, str | None], Histogram]:
    """{(bucket, key): histogram}; dimension is one of HISTOGRAM_DIMENSIONS, grain hour or day."""
    values = {**_values(tenant_id, grain, dimension, buckets, keys), "measure": measure}
    found: dict[tuple[int | None, str | None], Histogram] = {}
    has_keys = keys is not None
    if by_bucket:
        statement = _packed_bins(dialect.is_sqlite(connection), has_keys)
        for bucket, key, packed in connection.execute(statement, values).all():
            place = (bucket, key if by_key else None)
            bins = found.get(place)
            if bins is None:
                found[place] = _unpack(packed)
                continue
            for bin_index, n in _unpack(packed).items():
                bins[bin_index] = bins.get(bin_index, 0) + n
        return found
    for *head, bin_index, n in connection.execute(_bins_of(by_key, has_keys), values).all():
        found.setdefault((None, head[0] if by_key else None), {})[bin_index] = int(n)
    return found


def fullest(
    connection: Connection,
    tenant_id: int,
    buckets: tuple[int, int],
    by: Grain | None,
    tz: ZoneInfo,
) -> list[tuple[int | None, int, int]]:
    """(bucket, minute, predictions in it): the fullest minute of each bucket, or of all when `by` is None; the
    earliest of equals. Buckets without a prediction are absent.
    """
    values = _values(tenant_id, Grain.MINUTE, ALL, buckets, None)
    if by is None:
        rows = connection.execute(_FULLEST, values).all()
        return [(None, int(minute), int(n)) for minute, n in rows]
    statement = _MINUTES if by is Grain.MINUTE else _QUARTERS
    coded = np.array(connection.execute(statement, values).scalars().all(), dtype=np.int64)
    counts, rest = np.divmod(coded, _EARLIER)
    minutes = (_EARLIER - 1 - rest) * clock.MINUTE
    places = clock.floor_all(minutes * clock.US, by, tz)
    # By bucket, the highest code last: the highest count, of equals the earliest minute.
    order = np.lexsort((coded, places))
    distinct, start = np.unique(places[order], return_index=True)
    last = order[np.append(start[1:], len(order))[: len(distinct)] - 1]
    return list(zip(distinct.tolist(), minutes[last].tolist(), counts[last].tolist(), strict=True))


def _groups(table: Table, by_bucket: bool, by_key: bool) -> list[ColumnElement[Any]]:
    return [table.c.bucket] * by_bucket + [table.c.key] * by_key


def _within(table: Table, has_keys: bool) -> ColumnElement[bool]:
    conditions = [
        table.c.tenant_id == bindparam("tenant_id"),
        table.c.grain == bindparam("grain"),
        table.c.dimension == bindparam("dimension"),
        table.c.bucket >= bindparam("first"),
        table.c.bucket < bindparam("end"),
    ]
    if has_keys:
        conditions.append(table.c.key.in_(bindparam("keys", expanding=True)))
    return and_(*conditions)


_EARLIER = 2**32
_CODE = (
    rollups.c.total * literal_column(str(_EARLIER))
    + literal_column(str(_EARLIER - 1))
    - rollups.c.bucket // literal_column(str(clock.MINUTE), Integer)
)
"""One number that orders minutes by count first and by earliness second."""

_FULLEST = (
    select(rollups.c.bucket, rollups.c.total)
    .where(_within(rollups, has_keys=False))
    .order_by(rollups.c.total.desc(), rollups.c.bucket)
    .limit(1)
)
_MINUTES = select(_CODE).where(_within(rollups, has_keys=False))
# Every zone's days and hours begin at a quarter of an hour, so the database can do the first step.
_QUARTERS = (
    select(func.max(_CODE))
    .where(_within(rollups, has_keys=False))
    .group_by(rollups.c.bucket // literal_column(str(15 * clock.MINUTE), Integer))
)
