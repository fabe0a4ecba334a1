"""Which predictions carry a tag, for the tags that the operator chose to index."""

from collections.abc import Iterator, Sequence

import msgspec
from sqlalchemy import Connection, insert, select

from verascope.records import Prediction
from verascope.store.events import LOOKUP, Insertion
from verascope.store.tables import prediction_tags, predictions


def index(
    connection: Connection,
    new: Sequence[Prediction],
    insertions: Sequence[Insertion],
    names: frozenset[str],
) -> None:
    """Add the indexed tags of what was stored, in the transaction that stored it."""
    wanted = [
        prediction
        for prediction, insertion in zip(new, insertions, strict=True)
        if prediction.tags is not None and insertion is Insertion.STORED
    ]
    for start in range(0, len(wanted), LOOKUP):
        part = wanted[start : start + LOOKUP]
        found = connection.execute(
            select(predictions.c.tenant_id, predictions.c.id, predictions.c.seq).where(
                predictions.c.tenant_id.in_({one.tenant_id for one in part}),
                predictions.c.id.in_([one.id for one in part]),
            )
        )
        places = {(row.tenant_id, row.id): row.seq for row in found}
        rows = [
            {"tenant_id": one.tenant_id, "name": name, "value": value, "seq": seq}
            for one in part
            if (seq := places.get((one.tenant_id, one.id))) is not None
            for name, value in _tags(one)
            if name in names
        ]
        if rows:
            connection.execute(insert(prediction_tags), rows)


def _tags(prediction: Prediction) -> Iterator[tuple[str, str]]:
    assert prediction.tags is not None
    yield from msgspec.json.decode(prediction.tags, type=dict[str, str]).items()
