"""A slice of rows as arrays: what the fold adds into rollups and appends to the columns.

Made of predictions that were just stored, or read from the table; then through the driver, since a mapped row costs
ten times as much here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, compress
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from verascope.metrics import GAMMA, SIZE_BOUNDS, ZERO_BIN
from verascope.records import Outcome, Prediction
from verascope.store import dialect
from verascope.store.tables import COUNTERS

Ints = NDArray[np.int64]

KEYED = ("client", "country", "model", "use_case", "error_pattern")
"""Dimensions with keys of their own, in the order of `_SELECT`."""

OUTCOMES = ("real", "fake", "uncertain", "failed")

NO_BIN = -(2**15)
"""Stands for "no measurement" in an array of bins."""

CONFIDENCE_BIN_MPCT = 500

# `+ 0` keeps SQLite from an index that begins with tenant_id, whose rows it would all read and sort (events._of).
_SELECT = """
SELECT seq, {at}, client_key, country, COALESCE(model_version, 'unknown'), use_case,
       error_pattern, prediction, confidence, inference_time_ms, response_time_ms,
       billable, price_micros, COALESCE(file_size, 0), file_size IS NULL, COALESCE(image_format, 'unknown')
FROM predictions WHERE tenant_id + 0 = {tenant_id:d} AND seq > {after:d} AND seq <= {upto:d}
ORDER BY seq LIMIT {limit:d}
"""


@dataclass(frozen=True, slots=True)
class Keys:
    """One dimension of a slice: `index` points into `names`, -1 where the row has no key."""

    index: Ints
    names: list[str]


@dataclass(frozen=True, slots=True)
class Slice:
    """n rows of one tenant with after < seq <= upto.

    counters: (n, len(COUNTERS)), what each row adds to its rollups. outcome: index into OUTCOMES.
    size_class: index into `metrics.SIZE_CLASSES`; it, image_format and response_bin are for the columns only.
    """

    tenant_id: int
    after: int
    upto: int
    at_us: Ints
    keys: dict[str, Keys]
    outcome: Ints
    inference_bin: Ints
    confidence_bin: Ints
    counters: Ints
    response_bin: Ints
    size_class: Ints
    image_format: Keys

    def __len__(self) -> int:
        return len(self.at_us)


def read(
    connection: Connection,
    tenant_id: int,
    after: int,
    upto: int,
    limit: int,
    high_confidence_mpct: int,
) -> Slice:
    """The tenant's next rows after `after`, at most `limit`; the slice says how far it reaches."""
    is_sqlite = dialect.is_sqlite(connection)
    at = "timestamp" if is_sqlite else "(EXTRACT(EPOCH FROM timestamp) * 1000000)::bigint"
    rows = (
        dialect.cursor(connection)
        .execute(_SELECT.format(at=at, tenant_id=tenant_id, after=after, upto=upto, limit=limit))
        .fetchall()
    )
    if len(rows) == limit:
        upto = rows[-1][0]
    fields = list(zip(*rows, strict=True)) or [()] * 16
    facts = _Facts(
        _at_us(fields[1]) if is_sqlite else _whole(fields[1]),
        fields[2:7],
        np.fromiter(map(_OUTCOME_INDEX.__getitem__, fields[7]), np.int64, len(rows)),
        _thousandths(fields[8]),
        _thousandths(fields[9]),
        _thousandths(fields[10]),
        _whole(fields[11]),
        _whole(fields[12]),
        _whole(fields[13]),
        np.array(fields[14], dtype=bool),
        fields[15],
    )
    return _slice(tenant_id, after, upto, facts, high_confidence_mpct)


Said = tuple[Sequence[Any], ...]
"""What the fold needs of several predictions: one sequence for each of `_said`, then sizes and formats."""

_said = attrgetter(
    "tenant_id", "timestamp_us", "client_key", "country", "model_version", "use_case", "error_pattern", "outcome",
    "confidence_mpct", "inference_us", "response_us", "billable", "price_micros", "image",
)  # fmt: skip


def said(predictions: Sequence[Prediction]) -> Said:
    """Taken out while the predictions are at hand, so that they need not be kept."""
    *fields, images = zip(*map(_said, predictions), strict=True)
    if not any(images):
        nothing = (None,) * len(images)
        return (*fields, nothing, nothing)
    sizes = [image.file_size if image else None for image in images]
    formats = [image.image_format if image else None for image in images]
    return (*fields, sizes, formats)


def of(
    tenant_id: int, after: int, upto: int, parts: Sequence[Said], high_confidence_mpct: int
) -> Slice:
    """The same slice as `read` gives, from what was stored with after < seq <= upto."""
    whose, *fields = (list(chain.from_iterable(column)) for column in zip(*parts, strict=True))
    if whose.count(tenant_id) < len(whose):
        mine = [one == tenant_id for one in whose]
        fields = [list(compress(column, mine)) for column in fields]
    sizes = fields[12]
    facts = _Facts(
        _whole(fields[0]),
        [
            fields[1],
            fields[2],
            [_UNKNOWN if name is None else name for name in fields[3]],
            fields[4],
            fields[5],
        ],
        np.fromiter(map(_OUTCOME_OF.__getitem__, fields[6]), np.int64, len(sizes)),
        _or_minus_one(fields[7]),
        _or_minus_one(fields[8]),
        _or_minus_one(fields[9]),
        _whole(fields[10]),
        _whole(fields[11]),
        _whole([0 if size is None else size for size in sizes]),
        np.array([size is None for size in sizes], dtype=bool),
        [_UNKNOWN if name is None else name for name in fields[13]],
    )
    return _slice(tenant_id, after, upto, facts, high_confidence_mpct)


_UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class _Facts:
    """What a slice is made of. keys in the order of `KEYED`; unknown measurements are -1, an unknown size is 0."""

    at_us: Ints
    keys: Sequence[Sequence[str | None]]
    outcome: Ints
    confidence: Ints
    inference: Ints
    response: Ints
    billable: Ints
    price_micros: Ints
    size: Ints
    has_no_size: NDArray[np.bool_]
    image_format: Sequence[str]


def _slice(
    tenant_id: int, after: int, upto: int, facts: _Facts, high_confidence_mpct: int
) -> Slice:
    n, outcome = len(facts.at_us), facts.outcome
    succeeded = outcome != _FAILED
    has_confidence = succeeded & (facts.confidence >= 0)
    has_inference = succeeded & (facts.inference >= 0)
    has_response = succeeded & (facts.response >= 0)
    is_fake = outcome == 1
    parts = {
        "total": np.ones(n, np.int64),
        "real": outcome == 0,
        "fake": is_fake,
        "uncertain": outcome == 2,
        "failed": outcome == _FAILED,
        "billable": facts.billable,
        "high_confidence_fakes": is_fake & (facts.confidence > high_confidence_mpct),
        "confidence_mpct": np.where(has_confidence, facts.confidence, 0),
        "confidence_n": has_confidence,
        "inference_us": np.where(has_inference, facts.inference, 0),
        "inference_n": has_inference,
        "response_us": np.where(has_response, facts.response, 0),
        "response_n": has_response,
        "revenue_micros": facts.price_micros * facts.billable,
        "bytes": facts.size,
    }
    classes = np.searchsorted(SIZE_BOUNDS, facts.size, side="right")
    return Slice(
        tenant_id=tenant_id,
        after=after,
        upto=upto,
        at_us=facts.at_us,
        keys={name: _factorise(values) for name, values in zip(KEYED, facts.keys, strict=True)},
        outcome=outcome,
        inference_bin=np.where(has_inference, duration_bins(facts.inference), NO_BIN),
        confidence_bin=np.where(has_confidence, facts.confidence // CONFIDENCE_BIN_MPCT, NO_BIN),
        counters=np.column_stack([parts[name] for name in COUNTERS]).astype(np.int64),
        response_bin=np.where(has_response, duration_bins(facts.response), NO_BIN),
        size_class=np.where(facts.has_no_size, len(SIZE_BOUNDS) + 1, classes).astype(np.int64),
        image_format=_factorise(facts.image_format),
    )


_DIGITS = [i for i in range(26) if i not in (4, 7, 10, 13, 16, 19)]


def _at_us(texts: tuple[str, ...]) -> Ints:
    """`clock.from_text` of many: the text is 26 characters wide, each number has its place in it."""
    joined = "".join(texts).encode()
    if not texts or {*map(len, texts)} != {26}:
        # Written by another program, in a shorter form.
        return np.array(texts, dtype="datetime64[us]").astype(np.int64)
    digits = np.frombuffer(joined, np.uint8).reshape(-1, 26)[:, _DIGITS].astype(np.int64) - ord("0")
    numbers = digits @ _PLACES
    year, month, day, of_day = numbers.T
    months = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    days = months.astype("datetime64[D]").astype(np.int64) + day - 1
    return np.asarray(days * _DAY_US + of_day, dtype=np.int64)


_DAY_US = 86_400_000_000
_PLACES = np.zeros((20, 4), np.int64)
"""What each digit of `YYYYMMDDHHMMSSffffff` adds to year, month, day and the microsecond of the day."""
_PLACES[0:4, 0] = 1000, 100, 10, 1
_PLACES[4:6, 1] = 10, 1
_PLACES[6:8, 2] = 10, 1
_PLACES[8:14, 3] = np.array((36_000, 3_600, 600, 60, 10, 1)) * 1_000_000
_PLACES[14:20, 3] = 100_000, 10_000, 1_000, 100, 10, 1

_OUTCOME_INDEX = {"real": 0, "fake": 1, "uncertain": 2, None: 3}
_OUTCOME_OF = {Outcome(name): code for code, name in enumerate(OUTCOMES)}
_FAILED = 3


def _whole(values: Sequence[int]) -> Ints:
    return np.array(values, dtype=np.int64)


def _or_minus_one(values: Sequence[int | None]) -> Ints:
    return _whole([-1 if value is None else value for value in values])


def _thousandths(values: tuple[float | None, ...]) -> Ints:
    """Integer thousandths of stored decimals, -1 for NULL."""
    floats = np.array(values, dtype=np.float64)  # None becomes NaN
    thousandths: Ints = np.rint(np.where(np.isnan(floats), -0.001, floats) * 1000).astype(np.int64)
    return thousandths


def _factorise(values: Sequence[str | None]) -> Keys:
    """Names in the order in which they first occur."""
    names = [name for name in dict.fromkeys(values) if name is not None]
    codes: dict[str | None, int] = {name: code for code, name in enumerate(names)}
    codes[None] = -1
    index = np.fromiter(map(codes.__getitem__, values), np.int64, len(values))
    return Keys(index, names)


def join(parts: Sequence[Slice]) -> Slice:
    """One slice of several that follow one another."""
    if len(parts) == 1:
        return parts[0]
    return Slice(
        tenant_id=parts[0].tenant_id,
        after=parts[0].after,
        upto=parts[-1].upto,
        at_us=np.concatenate([part.at_us for part in parts]),
        keys={name: _join_keys([part.keys[name] for part in parts]) for name in KEYED},
        outcome=np.concatenate([part.outcome for part in parts]),
        inference_bin=np.concatenate([part.inference_bin for part in parts]),
        confidence_bin=np.concatenate([part.confidence_bin for part in parts]),
        counters=np.concatenate([part.counters for part in parts]),
        response_bin=np.concatenate([part.response_bin for part in parts]),
        size_class=np.concatenate([part.size_class for part in parts]),
        image_format=_join_keys([part.image_format for part in parts]),
    )


def _join_keys(parts: Sequence[Keys]) -> Keys:
    codes: dict[str, int] = {}
    indexes = []
    for keys in parts:
        # The last place is for -1, no key.
        places = [codes.setdefault(name, len(codes)) for name in keys.names] + [-1]
        indexes.append(np.array(places, dtype=np.int64)[keys.index])
    return Keys(np.concatenate(indexes), list(codes))


def duration_bins(us: Ints) -> Ints:
    """Bins of durations in microseconds: bin i holds γ^(i−1) < µs ≤ γ^i, ZERO_BIN what is below 1 µs."""
    bins = np.ceil(np.log(np.maximum(us, 1)) / np.log(GAMMA)).astype(np.int64)
    return np.where(us < 1, ZERO_BIN, bins)
