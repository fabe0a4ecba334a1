"""Predictions as rows: the idempotent insert, and reading them back one at a time or in pages."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter
from typing import Any, cast

import numpy as np
from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Row,
    String,
    and_,
    func,
    literal_column,
    select,
)

from verascope import clock
from verascope.clock import Range
from verascope.records import FULL_MPCT, ImageFacts, Outcome, Prediction, Source
from verascope.store import dialect
from verascope.store.tables import SIZE_CLASS, idempotency_keys, prediction_tags
from verascope.store.tables import predictions as table

log = logging.getLogger(__name__)

PERCEPTUAL_HASH_VERSION = 1
UNLABELLED = "none"
LOOKUP = 400
"""Ids asked for in one statement; SQLite takes 32,766 parameters, short statements cache better."""


class Insertion(StrEnum):
    """What came of one prediction in an insert."""

    STORED = "stored"
    DUPLICATE = "duplicate"  # the same prediction was there before
    CONFLICT = "conflict"  # the id was there before with other content, which stays
    REFUSED = "refused"  # a value the database can't hold


@dataclass(frozen=True, slots=True)
class StoredPrediction:
    """A prediction with its place in the order of arrival."""

    seq: int
    prediction: Prediction
    labelled_at_us: int | None = None
    labelled_by: str | None = None
    label_reason: str | None = None


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Values are alternatives; an empty tuple does not filter. `client` is the client as named by callers.

    tags: name and accepted values of indexed tags.
    """

    client: tuple[str, ...] = ()
    country: tuple[str, ...] = ()
    model: tuple[str, ...] = ()
    outcome: tuple[str, ...] = ()
    use_case: tuple[str, ...] = ()
    error_pattern: tuple[str, ...] = ()
    tags: tuple[tuple[str, tuple[str, ...]], ...] = ()
    image_format: tuple[str, ...] = ()
    file_size: tuple[str, ...] = ()
    label: tuple[str, ...] = ()
    span: Range | None = None


order_commits = dialect.order_commits


def insert(connection: Connection, new: Sequence[Prediction]) -> list[Insertion]:
    """Insert predictions inside the caller's transaction; what came of each, in order.

    One value the database can't hold fails alone. Operational trouble (disk, lock) raises, and then
    nothing of the transaction may be acknowledged.
    """
    if not new:
        return []
    order_commits(connection)
    before = last_seq(connection)
    rows = _all_rows(connection, new)
    good = [row for row in rows if row is not None]
    inserted = dialect.insert_new(connection, table, COLUMNS, good) if good else 0
    if inserted == len(new):
        return [Insertion.STORED] * len(new)
    return _judge(connection, new, rows, before)


def _judge(
    connection: Connection,
    new: Sequence[Prediction],
    rows: Sequence[dialect.Row | None],
    before: int,
) -> list[Insertion]:
    """Compare with what is stored, because fewer rows went in than came."""
    wanted = [prediction for prediction, row in zip(new, rows, strict=True) if row is not None]
    stored = _kept(connection, wanted)
    results = []
    for prediction, values in zip(new, rows, strict=True):
        if values is None:
            results.append(Insertion.REFUSED)
            continue
        kept = stored.get((prediction.tenant_id, prediction.id))
        assert kept is not None, "a row that met a conflict is stored"
        if kept.seq > before:
            # New in this transaction: the first with this id is stored, a repetition is judged against it.
            before_first = stored[prediction.tenant_id, prediction.id]
            stored[prediction.tenant_id, prediction.id] = StoredPrediction(
                0, before_first.prediction
            )
            results.append(Insertion.STORED)
        elif is_same(kept.prediction, prediction):
            results.append(Insertion.DUPLICATE)
        else:
            results.append(Insertion.CONFLICT)
    return results


def foresee(connection: Connection, new: Sequence[Prediction]) -> list[Insertion]:
    """What an insert would make of each of them, compared with what is stored and not with each other."""
    kept = _kept(connection, new)
    results = []
    for prediction, row in zip(new, _all_rows(connection, new), strict=True):
        stored = kept.get((prediction.tenant_id, prediction.id))
        if row is None:
            results.append(Insertion.REFUSED)
        elif stored is None:
            results.append(Insertion.STORED)
        elif is_same(stored.prediction, prediction):
            results.append(Insertion.DUPLICATE)
        else:
            results.append(Insertion.CONFLICT)
    return results


def _kept(
    connection: Connection, wanted: Sequence[Prediction]
) -> dict[tuple[int, str], StoredPrediction]:
    """What is stored under the ids of `wanted`."""
    stored: dict[tuple[int, str], StoredPrediction] = {}
    for start in range(0, len(wanted), LOOKUP):
        part = wanted[start : start + LOOKUP]
        found = connection.execute(
            select(table).where(
                table.c.tenant_id.in_({p.tenant_id for p in part}),
                table.c.id.in_([p.id for p in part]),
            )
        )
        for row in found:
            stored[row.tenant_id, row.id] = _stored(row)
    return stored


def is_same(stored: Prediction, again: Prediction) -> bool:
    """Whether two deliveries say the same about one image."""
    if observed(stored) != observed(again):
        return False
    # A sender that gives no time gets that of each arrival, and may retry all the same.
    has_no_time = all(one.timestamp_us == one.received_us for one in (stored, again))
    return stored.timestamp_us == again.timestamp_us or has_no_time


def observed(p: Prediction) -> tuple[Any, ...]:
    """What the sender said, time apart; what we added (arrival, country, price) may differ between two deliveries.

    Nor is the label compared: somebody may have given another one since.
    """
    image = p.image and (p.image.file_hash, p.image.file_size, p.image.width, p.image.height)
    return (
        p.client, p.use_case, p.outcome, p.confidence_mpct, p.fake_probability_mpct, p.inference_us,
        p.model_version, image, p.error_message, p.tags,
    )  # fmt: skip


COLUMNS = tuple(
    column.name
    for column in table.columns
    if column.name not in ("seq", "labelled_at", "labelled_by", "label_reason")
)
_INT64 = 2**63


_OUR_TEXTS = ("source", "prediction", "label")
_TEXTS = [
    i
    for i, name in enumerate(COLUMNS)
    if isinstance(table.c[name].type, String) and name not in _OUR_TEXTS
]
_INTEGERS = [i for i, name in enumerate(COLUMNS) if isinstance(table.c[name].type, Integer)]

_Columns = list[Sequence[Any]]
"""The values of several predictions, one sequence for each of `COLUMNS`."""


def _all_rows(connection: Connection, new: Sequence[Prediction]) -> Sequence[dialect.Row | None]:
    """The values of each in `COLUMNS` order, None for one with a value that the database can't hold.

    All are looked at together, which costs a fifth; only when something is wrong each is looked at alone.
    """
    if not new:
        return []
    is_sqlite = dialect.is_sqlite(connection)
    try:
        columns = _columns(new, is_sqlite=is_sqlite)
        if _can_be_held(columns):
            return list(zip(*columns, strict=True))
    except _UNFIT:
        pass
    return [_row_or_none(prediction, is_sqlite=is_sqlite) for prediction in new]


_UNFIT = (ValueError, OverflowError, TypeError, AttributeError, KeyError)


def _row_or_none(p: Prediction, *, is_sqlite: bool) -> dialect.Row | None:
    try:
        columns = _columns([p], is_sqlite=is_sqlite)
        if _can_be_held(columns):
            return next(zip(*columns, strict=True))
    except _UNFIT:
        log.warning("prediction %r holds a value that can't be stored", p.id, exc_info=True)
        return None
    log.warning("prediction %r holds a value that can't be stored", p.id)
    return None


def _can_be_held(columns: _Columns) -> bool:
    """Integers of 64 bits; no NUL (PostgreSQL refuses it) and no lone surrogate (UTF-8 has no form for it).

    Raises TypeError or UnicodeEncodeError for what is neither.
    """
    texts: set[str | None] = set()
    texts.update(*(columns[i] for i in _TEXTS))
    texts.discard(None)
    integers: set[int | None] = {0}
    integers.update(*(columns[i] for i in _INTEGERS))
    integers.discard(None)
    known = cast(set[int], integers)
    joined = " ".join(cast(set[str], texts))
    joined.encode()
    return max(known) < _INT64 and min(known) >= -_INT64 and "\0" not in joined


def _instants(values: Sequence[int], *, is_sqlite: bool) -> list[Any]:
    """What the driver takes for instants; a batch often arrives in one and the same."""
    if not is_sqlite:
        return [clock.to_datetime(us).replace(tzinfo=None) for us in values]
    if len(values) < 8:
        return [clock.to_text(us) for us in values]
    if values[0] == values[-1] and len(set(values)) == 1:
        return [clock.to_text(values[0])] * len(values)
    return clock.to_texts(np.array(values, dtype=np.int64))


_said = attrgetter(
    "tenant_id", "id", "timestamp_us", "received_us", "client", "client_key", "use_case", "country", "source", "outcome",
    "confidence_mpct", "fake_probability_mpct", "inference_us", "response_us", "model_version", "image", "user_ip",
    "user_agent", "error_message", "error_pattern", "billable", "billing_rule", "price_micros", "label", "tags",
)  # fmt: skip
_VERDICTS = {one: None if one is Outcome.FAILED else one.value for one in Outcome}
_SUCCESS = {one: 0 if one is Outcome.FAILED else 1 for one in Outcome}
_SOURCES = {one: one.value for one in Source}
_BITS = {False: 0, True: 1}


def _columns(new: Sequence[Prediction], *, is_sqlite: bool) -> _Columns:
    """Field by field rather than prediction by prediction: a third of the time."""
    (
        tenant_id, id_, at, received, client, client_key, use_case, country, source, outcome,
        confidence, fake, inference, response, model_version, image, user_ip,
        user_agent, error_message, error_pattern, billable, billing_rule, price_micros, label, tags,
    ) = zip(*map(_said, new), strict=True)  # fmt: skip
    return [
        tenant_id,
        id_,
        _instants(at, is_sqlite=is_sqlite),
        _instants(received, is_sqlite=is_sqlite),
        client,
        client_key,
        use_case,
        country,
        [_SOURCES[one] for one in source],
        [_VERDICTS[one] for one in outcome],
        _decimals(confidence),
        [None if mpct is None else (FULL_MPCT - mpct) / 1000 for mpct in fake],
        _decimals(fake),
        _decimals(inference),
        _decimals(response),
        model_version,
        *_image_columns(image),
        user_ip,
        user_agent,
        [_SUCCESS[one] for one in outcome],
        error_message,
        error_pattern,
        [_BITS[one] for one in billable],
        billing_rule,
        price_micros,
        label,
        tags,
    ]


def _decimals(values: Sequence[int | None]) -> list[float | None]:
    return [None if value is None else value / 1000 for value in values]


_NO_IMAGE = (None,) * 8


def _image_columns(images: Sequence[ImageFacts | None]) -> _Columns:
    """From `file_hash` to `perceptual_hash_version`."""
    if not any(images):
        return [(None,) * len(images)] * len(_NO_IMAGE)
    return list(zip(*map(_image_values, images), strict=True))


def _image_values(image: ImageFacts | None) -> tuple[Any, ...]:
    if image is None:
        return _NO_IMAGE
    return (
        image.file_hash,
        image.file_size,
        image.image_format,
        image.width,
        image.height,
        image.perceptual_hash,
        image.perceptual_hash_quality,
        PERCEPTUAL_HASH_VERSION if image.perceptual_hash else None,
    )


def thousandths(value: float | None) -> int | None:
    """The exact integer behind a stored decimal (percent → mpct, ms → µs)."""
    return None if value is None else round(value * 1000)


_NOTHING_KNOWN = ImageFacts()


def _stored(row: Row[Any]) -> StoredPrediction:
    image: ImageFacts | None = ImageFacts(
        row.file_hash, row.file_size, row.image_format, row.image_width, row.image_height,
        row.perceptual_hash and bytes(row.perceptual_hash), row.perceptual_hash_quality,
    )  # fmt: skip
    if image == _NOTHING_KNOWN:
        image = None
    return StoredPrediction(
        row.seq,
        Prediction(
            tenant_id=row.tenant_id,
            id=row.id,
            timestamp_us=row.timestamp,
            received_us=row.received_at,
            client=row.client,
            client_key=row.client_key,
            use_case=row.use_case,
            country=row.country,
            source=Source(row.source),
            outcome=Outcome(row.prediction) if row.success else Outcome.FAILED,
            confidence_mpct=thousandths(row.confidence),
            fake_probability_mpct=thousandths(row.fake_probability),
            inference_us=thousandths(row.inference_time_ms),
            response_us=thousandths(row.response_time_ms),
            model_version=row.model_version,
            image=image,
            user_ip=row.user_ip,
            user_agent=row.user_agent,
            error_message=row.error_message,
            error_pattern=row.error_pattern,
            billable=bool(row.billable),
            billing_rule=row.billing_rule,
            price_micros=row.price_micros,
            label=row.label,
            tags=row.tags,
        ),
        row.labelled_at,
        row.labelled_by,
        row.label_reason,
    )


def get(connection: Connection, tenant_id: int, prediction_id: str) -> StoredPrediction | None:
    """The prediction with this id, None when the tenant has none."""
    row = connection.execute(
        select(table).where(table.c.tenant_id == tenant_id, table.c.id == prediction_id)
    ).one_or_none()
    return None if row is None else _stored(row)


def page(
    connection: Connection, tenant_id: int, where: EventFilter, before_seq: int | None, limit: int
) -> list[StoredPrediction]:
    """Up to `limit` predictions that arrived before `before_seq`, newest arrival first."""
    is_of_pattern = len(where.error_pattern) == 1
    in_order_of_arrival = not is_of_pattern and _reaches_newest(connection, tenant_id, where.span)
    conditions = [_of(tenant_id) if in_order_of_arrival else table.c.tenant_id == tenant_id]
    if is_of_pattern:
        # Said as a literal, so that the index of failures by pattern may be used: a rare one is found at once.
        conditions.append(table.c.success == literal_column("0"))
    if before_seq is not None:
        conditions.append(table.c.seq < before_seq)
    if where.span is not None:
        conditions += [
            table.c.timestamp >= where.span.start_us,
            table.c.timestamp < where.span.end_us,
        ]
    for column, values in (
        (table.c.client, where.client),
        (table.c.country, where.country),
        (func.coalesce(table.c.model_version, "unknown"), where.model),
        (func.coalesce(table.c.prediction, Outcome.FAILED.value), where.outcome),
        (table.c.use_case, where.use_case),
        (table.c.error_pattern, where.error_pattern),
        (func.coalesce(table.c.image_format, "unknown"), where.image_format),
        (SIZE_CLASS, where.file_size),
        (func.coalesce(table.c.label, UNLABELLED), where.label),
    ):
        if values:
            conditions.append(column.in_(values))
    conditions += [_carries(tenant_id, name, values) for name, values in where.tags]
    rows = connection.execute(
        select(table).where(and_(*conditions)).order_by(table.c.seq.desc()).limit(limit)
    )
    return [_stored(row) for row in rows]


def _carries(tenant_id: int, name: str, values: tuple[str, ...]) -> ColumnElement[bool]:
    """That a prediction carries an indexed tag with one of these values."""
    return table.c.seq.in_(
        select(prediction_tags.c.seq).where(
            prediction_tags.c.tenant_id == tenant_id,
            prediction_tags.c.name == name,
            prediction_tags.c.value.in_(values),
        )
    )


def _of(tenant_id: int) -> ColumnElement[bool]:
    """The tenant's rows, read in the order of arrival.

    Without the `+ 0` SQLite takes an index that begins with tenant_id, reads all of the tenant's rows and sorts
    them for every page: ten seconds instead of a millisecond at ten million rows.
    """
    return table.c.tenant_id + 0 == tenant_id


def _reaches_newest(connection: Connection, tenant_id: int, span: Range | None) -> bool:
    """Whether the newest arrivals are where a page begins; else the index on timestamp finds it faster."""
    if span is None:
        return True
    newest = connection.execute(
        select(table.c.timestamp)
        .where(table.c.tenant_id == tenant_id)
        .order_by(table.c.timestamp.desc())
        .limit(1)
    ).scalar()
    return newest is None or newest < span.end_us


def after(connection: Connection, tenant_id: int, seq: int, limit: int) -> list[StoredPrediction]:
    """Up to `limit` predictions that arrived after `seq`, oldest first."""
    rows = connection.execute(
        select(table).where(_of(tenant_id), table.c.seq > seq).order_by(table.c.seq).limit(limit)
    )
    return [_stored(row) for row in rows]


_LAST_SEQ = "SELECT max(seq) FROM predictions"


def last_seq(connection: Connection) -> int:
    """The highest seq committed (or written in this transaction); 0 in an empty store."""
    # Asked several times in every commit: through the driver it costs a tenth.
    return dialect.cursor(connection).execute(_LAST_SEQ).fetchone()[0] or 0


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A caller's Idempotency-Key, hashed with its scope, and the hash of the request it belongs to."""

    tenant_id: int
    key_hash: str
    request_hash: str


def remember(connection: Connection, key: IdempotencyKey, prediction: Prediction) -> None:
    """Bind a key to a prediction in the transaction that stores it. A key is bound once."""
    connection.execute(
        idempotency_keys.insert().values(
            tenant_id=key.tenant_id,
            key_hash=key.key_hash,
            prediction_id=prediction.id,
            request_hash=key.request_hash,
            created_at=prediction.received_us,
        )
    )


def remembered(connection: Connection, key: IdempotencyKey) -> tuple[str, str] | None:
    """(prediction id, request hash) the key was bound to, None when it is new."""
    row = connection.execute(
        select(idempotency_keys.c.prediction_id, idempotency_keys.c.request_hash).where(
            idempotency_keys.c.tenant_id == key.tenant_id,
            idempotency_keys.c.key_hash == key.key_hash,
        )
    ).one_or_none()
    return None if row is None else (row.prediction_id, row.request_hash)


def forget(connection: Connection, before_us: int) -> int:
    """Unbind the keys that were bound before that instant; how many."""
    old = idempotency_keys.c.created_at < before_us
    return connection.execute(idempotency_keys.delete().where(old)).rowcount
