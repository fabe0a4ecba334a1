"""A slice of rows as arrays: what the fold adds into rollups and appends to the columns.

Reads the columns it needs through the driver, since a mapped row costs ten times as much here.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from verascope.metrics import GAMMA, SIZE_BOUNDS, ZERO_BIN
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
    n = len(rows)
    if is_sqlite:
        at_us = np.array(fields[1], dtype="datetime64[us]").astype(np.int64)
    else:
        at_us = np.array(fields[1], dtype=np.int64)
    outcome = np.fromiter((_OUTCOME_INDEX[value] for value in fields[7]), np.int64, n)
    confidence = _thousandths(fields[8])
    inference = _thousandths(fields[9])
    response = _thousandths(fields[10])
    succeeded = outcome != _FAILED
    has_confidence = succeeded & (confidence >= 0)
    has_inference = succeeded & (inference >= 0)
    has_response = succeeded & (response >= 0)
    is_fake = outcome == 1
    parts = {
        "total": np.ones(n, np.int64),
        "real": outcome == 0,
        "fake": is_fake,
        "uncertain": outcome == 2,
        "failed": outcome == _FAILED,
        "billable": np.array(fields[11], dtype=np.int64),
        "high_confidence_fakes": is_fake & (confidence > high_confidence_mpct),
        "confidence_mpct": np.where(has_confidence, confidence, 0),
        "confidence_n": has_confidence,
        "inference_us": np.where(has_inference, inference, 0),
        "inference_n": has_inference,
        "response_us": np.where(has_response, response, 0),
        "response_n": has_response,
        "revenue_micros": np.array(fields[12], dtype=np.int64)
        * np.array(fields[11], dtype=np.int64),
        "bytes": np.array(fields[13], dtype=np.int64),
    }
    counters = np.column_stack([parts[name] for name in COUNTERS]).astype(np.int64)
    return Slice(
        tenant_id=tenant_id,
        after=after,
        upto=upto,
        at_us=at_us,
        keys={name: _factorise(values) for name, values in zip(KEYED, fields[2:7], strict=True)},
        outcome=outcome,
        inference_bin=np.where(has_inference, duration_bins(inference), NO_BIN),
        confidence_bin=np.where(has_confidence, confidence // CONFIDENCE_BIN_MPCT, NO_BIN),
        counters=counters,
        response_bin=np.where(has_response, duration_bins(response), NO_BIN),
        size_class=_size_classes(fields[13], fields[14]),
        image_format=_factorise(fields[15]),
    )


def _size_classes(sizes: tuple[int, ...], unknown: tuple[int, ...]) -> Ints:
    known = np.searchsorted(SIZE_BOUNDS, np.array(sizes, dtype=np.int64), side="right")
    return np.where(np.array(unknown, dtype=bool), len(SIZE_BOUNDS) + 1, known).astype(np.int64)


_OUTCOME_INDEX = {"real": 0, "fake": 1, "uncertain": 2, None: 3}
_FAILED = 3


def _thousandths(values: tuple[float | None, ...]) -> Ints:
    """Integer thousandths of stored decimals, -1 for NULL."""
    floats = np.array([-0.001 if value is None else value for value in values], dtype=np.float64)
    return np.rint(floats * 1000).astype(np.int64)


def _factorise(values: tuple[str | None, ...]) -> Keys:
    codes: dict[str, int] = {}
    index = np.fromiter(
        (-1 if value is None else codes.setdefault(value, len(codes)) for value in values),
        np.int64,
        len(values),
    )
    return Keys(index, list(codes))


def duration_bins(us: Ints) -> Ints:
    """Bins of durations in microseconds: bin i holds γ^(i−1) < µs ≤ γ^i, ZERO_BIN what is below 1 µs."""
    bins = np.ceil(np.log(np.maximum(us, 1)) / np.log(GAMMA)).astype(np.int64)
    return np.where(us < 1, ZERO_BIN, bins)
