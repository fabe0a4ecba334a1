"""Labels: the truth about predictions, append-only. The latest counts and stands on the prediction as well."""

from sqlalchemy import Connection, select

from verascope.errors import Invalid, NotFound, shown
from verascope.records import Label, LabelOrigin, Outcome
from verascope.store import events
from verascope.store.events import StoredPrediction
from verascope.store.tables import labels as table
from verascope.store.tables import predictions


def add(
    connection: Connection, tenant_id: int, prediction_id: str, label: Label
) -> StoredPrediction:
    """Keep a label in the caller's transaction; gives the prediction as it stands then.

    Raises NotFound, and Invalid for a failed prediction, which has no verdict to be right or wrong.
    """
    stored = _stored(connection, tenant_id, prediction_id)
    if not stored.prediction.success:
        accepted = "nothing: this prediction failed, so there is no verdict to be right or wrong"
        raise Invalid.of("label", label.outcome and label.outcome.value, accepted)
    if stored.prediction.label is not None and not _kept(connection, tenant_id, prediction_id):
        _keep(connection, tenant_id, prediction_id, _sent(stored))
    _keep(connection, tenant_id, prediction_id, label)
    is_given = label.outcome is not None
    connection.execute(
        predictions.update()
        .where(predictions.c.tenant_id == tenant_id, predictions.c.id == prediction_id)
        .values(
            label=label.outcome and label.outcome.value,
            labelled_at=label.at_us if is_given else None,
            labelled_by=label.labelled_by if is_given else None,
            label_reason=label.reason if is_given else None,
        )
    )
    return _stored(connection, tenant_id, prediction_id)


def history(connection: Connection, tenant_id: int, prediction_id: str) -> list[Label]:
    """Every label of a prediction, newest first. Raises NotFound."""
    stored = _stored(connection, tenant_id, prediction_id)
    kept = _kept(connection, tenant_id, prediction_id)
    if not kept and stored.prediction.label is not None:
        return [_sent(stored)]
    return kept


def _stored(connection: Connection, tenant_id: int, prediction_id: str) -> StoredPrediction:
    stored = events.get(connection, tenant_id, prediction_id)
    if stored is None:
        raise NotFound(f"There is no prediction {shown(prediction_id)}.")
    return stored


def _sent(stored: StoredPrediction) -> Label:
    """The label that came with the prediction."""
    prediction = stored.prediction
    assert prediction.label is not None
    return Label(
        Outcome(prediction.label),
        stored.label_reason,
        stored.labelled_by,
        prediction.received_us if stored.labelled_at_us is None else stored.labelled_at_us,
        LabelOrigin.SENT,
    )


def _keep(connection: Connection, tenant_id: int, prediction_id: str, label: Label) -> None:
    connection.execute(
        table.insert().values(
            tenant_id=tenant_id,
            prediction_id=prediction_id,
            label=label.outcome and label.outcome.value,
            reason=label.reason,
            labelled_by=label.labelled_by,
            labelled_at=label.at_us,
            origin=label.origin.value,
        )
    )


def _kept(connection: Connection, tenant_id: int, prediction_id: str) -> list[Label]:
    rows = connection.execute(
        select(table)
        .where(table.c.tenant_id == tenant_id, table.c.prediction_id == prediction_id)
        .order_by(table.c.seq.desc())
    )
    return [
        Label(
            None if row.label is None else Outcome(row.label),
            row.reason,
            row.labelled_by,
            row.labelled_at,
            LabelOrigin(row.origin),
        )
        for row in rows
    ]
