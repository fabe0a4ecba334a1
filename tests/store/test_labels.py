"""Labels: the latest counts, all are kept, and the row of the prediction says the same."""

import pytest

from tests.predictions import NOON, make
from tests.store.folding import insert
from verascope.errors import Invalid, NotFound
from verascope.records import Label, LabelOrigin, Outcome
from verascope.store import events, labels
from verascope.store.database import Database
from verascope.store.events import EventFilter, Insertion


def said(outcome: Outcome | None, at_us: int = NOON, reason: str | None = None) -> Label:
    return Label(outcome, reason, "owner", at_us, LabelOrigin.CHOSEN)


def give(database: Database, prediction_id: str, label: Label) -> events.StoredPrediction:
    with database.writing() as connection:
        return labels.add(connection, 1, prediction_id, label)


def given(database: Database, prediction_id: str) -> list[Label]:
    with database.reading() as connection:
        return labels.history(connection, 1, prediction_id)


def test_the_latest_label_counts_and_all_are_kept(database: Database) -> None:
    prediction = make()
    insert(database, prediction)
    first, second = said(Outcome.FAKE, reason="shadows"), said(Outcome.REAL, NOON + 1)
    give(database, prediction.id, first)
    stored = give(database, prediction.id, second)
    assert stored.prediction.label == "real"
    assert (stored.labelled_at_us, stored.labelled_by, stored.label_reason) == (
        NOON + 1,
        "owner",
        None,
    )
    assert given(database, prediction.id) == [second, first]


def test_a_withdrawn_label_leaves_the_prediction_without_one_and_stays_on_record(
    database: Database,
) -> None:
    prediction = make()
    insert(database, prediction)
    give(database, prediction.id, said(Outcome.FAKE))
    stored = give(database, prediction.id, said(None))
    assert (stored.prediction.label, stored.labelled_at_us, stored.labelled_by) == (None,) * 3
    assert [label.outcome for label in given(database, prediction.id)] == [None, Outcome.FAKE]


def test_a_label_that_came_with_the_prediction_is_kept_when_another_is_given(
    database: Database,
) -> None:
    prediction = make(label="real")
    insert(database, prediction)
    sent = Label(Outcome.REAL, None, None, prediction.received_us, LabelOrigin.SENT)
    assert given(database, prediction.id) == [sent]
    give(database, prediction.id, said(Outcome.FAKE, NOON + 1))
    assert given(database, prediction.id) == [said(Outcome.FAKE, NOON + 1), sent]


def test_a_prediction_sent_again_after_it_was_labelled_is_the_same_prediction(
    database: Database,
) -> None:
    prediction = make()
    insert(database, prediction)
    give(database, prediction.id, said(Outcome.FAKE))
    assert insert(database, prediction) == [Insertion.DUPLICATE]


def test_failed_and_unknown_predictions_take_no_label(database: Database) -> None:
    failed = make(Outcome.FAILED, error_message="broken", error_pattern="broken")
    insert(database, failed)
    with pytest.raises(Invalid, match="this prediction failed"):
        give(database, failed.id, said(Outcome.FAKE))
    with pytest.raises(NotFound):
        give(database, "nobody", said(Outcome.FAKE))
    assert given(database, failed.id) == []


def test_pages_can_be_of_labelled_predictions_only(database: Database) -> None:
    ours, other = make(), make()
    insert(database, ours, other)
    give(database, ours.id, said(Outcome.FAKE))
    for wanted, expected in (("fake", ours.id), ("none", other.id)):
        with database.reading() as connection:
            page = events.page(connection, 1, EventFilter(label=(wanted,)), None, 10)
        assert [stored.prediction.id for stored in page] == [expected]
