"""Predictions as rows, on SQLite and PostgreSQL."""

import dataclasses

from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings

from tests.predictions import NOON, events, make
from tests.store.folding import insert
from verascope.clock import Range
from verascope.records import Outcome, Prediction
from verascope.store import events as store
from verascope.store.database import Database
from verascope.store.events import EventFilter, Insertion


@hypothesis_settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None
)
@given(prediction=events())
def test_a_prediction_reads_back_exactly_as_it_was_recorded(
    database: Database, prediction: Prediction
) -> None:
    insert(database, prediction)
    with database.reading() as connection:
        found = store.get(connection, 1, prediction.id)
    assert found is not None
    assert found.prediction == prediction


def test_the_same_prediction_again_is_a_duplicate(database: Database) -> None:
    prediction = make()
    assert insert(database, prediction) == [Insertion.STORED]
    later = dataclasses.replace(prediction, received_us=NOON + 5, country="FR", price_micros=70_000)
    assert insert(database, later, make()) == [Insertion.DUPLICATE, Insertion.STORED]


def test_without_a_time_of_its_own_a_later_arrival_is_a_duplicate_too(database: Database) -> None:
    prediction = make()
    insert(database, prediction)
    arrived = dataclasses.replace(prediction, timestamp_us=NOON + 5, received_us=NOON + 5)
    assert insert(database, arrived) == [Insertion.DUPLICATE]
    stated = dataclasses.replace(prediction, timestamp_us=NOON + 5, received_us=NOON + 9)
    assert insert(database, stated) == [Insertion.CONFLICT]


def test_the_same_id_with_other_content_is_a_conflict_and_changes_nothing(
    database: Database,
) -> None:
    prediction = make()
    insert(database, prediction)
    assert insert(database, dataclasses.replace(prediction, confidence_mpct=51_000)) == [
        Insertion.CONFLICT
    ]
    with database.reading() as connection:
        found = store.get(connection, 1, prediction.id)
    assert found is not None
    assert found.prediction == prediction


def test_repetitions_inside_one_group_are_judged_one_by_one(database: Database) -> None:
    prediction = make()
    other = dataclasses.replace(prediction, client="else")
    assert insert(database, prediction, prediction, other, make()) == [
        Insertion.STORED,
        Insertion.DUPLICATE,
        Insertion.CONFLICT,
        Insertion.STORED,
    ]


def test_the_same_id_may_occur_in_two_tenants(database: Database) -> None:
    prediction = make()
    theirs = dataclasses.replace(prediction, tenant_id=2)
    assert insert(database, prediction, theirs) == [Insertion.STORED, Insertion.STORED]
    with database.reading() as connection:
        assert [s.prediction.tenant_id for s in store.after(connection, 1, 0, 10)] == [1]


def test_a_poisoned_prediction_fails_alone(database: Database) -> None:
    poisoned = [
        make(price_micros=2**63),
        make(client="lone \udc80 surrogate"),
        make(use_case="nul \0 byte"),
        make(timestamp_us=10**19),
    ]
    expected = [Insertion.REFUSED] * 4 + [Insertion.STORED]
    assert insert(database, *poisoned, make()) == expected
    with database.reading() as connection:
        assert len(store.after(connection, 1, 0, 10)) == 1


def test_pages_walk_from_the_newest_arrival_without_gap_or_repeat(database: Database) -> None:
    sent = [make() for _ in range(25)]
    insert(database, *sent)
    seen: list[str] = []
    before = None
    while True:
        with database.reading() as connection:
            rows = store.page(connection, 1, EventFilter(), before, 10)
        if not rows:
            break
        seen += [row.prediction.id for row in rows]
        before = rows[-1].seq
    assert seen == [prediction.id for prediction in reversed(sent)]


def test_a_filter_combines_all_its_parts(database: Database) -> None:
    wanted = make(Outcome.FAILED, client="acme", country="US", model_version=None)
    insert(
        database,
        wanted,
        make(client="acme", country="US", model_version=None),
        make(Outcome.FAILED, client="other", country="US", model_version=None),
        make(Outcome.FAILED, client="acme", country="DE", model_version=None),
        make(
            Outcome.FAILED, client="acme", country="US", model_version=None, timestamp_us=NOON + 1
        ),
    )
    where = EventFilter(
        client=("acme",),
        country=("US",),
        model=("unknown",),
        outcome=("failed",),
        span=Range(NOON, NOON + 1),
    )
    with database.reading() as connection:
        assert [row.prediction for row in store.page(connection, 1, where, None, 10)] == [wanted]


def test_a_feed_cursor_is_never_reused(database: Database) -> None:
    insert(database, make(), make())
    with database.writing() as connection:
        highest = store.last_seq(connection)
        connection.exec_driver_sql("DELETE FROM predictions")
    insert(database, make())
    with database.reading() as connection:
        assert store.last_seq(connection) > highest
