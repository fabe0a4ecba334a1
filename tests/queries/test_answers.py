"""Answers by example: order, limit, comparison, waiting for the fold, one moment for a batch."""

import dataclasses
import threading

import pytest

from tests.predictions import make
from tests.queries.house import House, at
from tests.store.folding import CUT, submit_to
from verascope.errors import Busy, Invalid
from verascope.queries.query import parse
from verascope.queries.run import Answers
from verascope.records import Outcome
from verascope.store import events
from verascope.store.fold import Folder

NOON = at("2026-03-29T12:00:00Z")
TODAY = {"days": 1}


def fill(house: House, counts: dict[str, int], zone: str = "UTC") -> int:
    """A tenant whose clients sent so many predictions at ten this morning."""
    house.now_us = NOON
    tenant_id = house.tenant(zone)
    made = [
        make(
            tenant_id=tenant_id,
            timestamp_us=at("2026-03-29T10:00:00Z"),
            client=name,
            client_key=name,
        )
        for name, n in counts.items()
        for _ in range(n)
    ]
    house.add_all(made)
    return tenant_id


def test_groups_come_with_the_highest_first_and_equal_ones_by_name(house: House) -> None:
    tenant_id = fill(house, {"c": 2, "a": 1, "d": 2, "b": 3})
    answer = house.ask(
        tenant_id, metrics=["total_predictions"], dimensions=["client"], range=TODAY, limit=3
    )
    assert [row["client"] for row in answer["rows"]] == ["b", "c", "d"]
    assert answer["other"] == {"total_predictions": 1}


@pytest.mark.parametrize(
    ("order_by", "order"),
    [("total_predictions", "abc"), ("client", "abc"), ("-client", "cba"), ("-revenue", "cba")],
)
def test_groups_are_ordered_as_asked(house: House, order_by: str, order: str) -> None:
    tenant_id = fill(house, {"b": 2, "c": 3, "a": 1})
    answer = house.ask(
        tenant_id,
        metrics=["total_predictions", "revenue"],
        dimensions=["client"],
        range=TODAY,
        order_by=order_by,
    )
    assert "".join(row["client"] for row in answer["rows"]) == order
    assert answer["other"] is None


@pytest.mark.parametrize("order_by", ["avg_confidence", "-avg_confidence"])
def test_groups_without_a_value_come_last_either_way(house: House, order_by: str) -> None:
    tenant_id = fill(house, {"a": 1, "c": 1})
    failed = make(Outcome.FAILED, tenant_id=tenant_id, timestamp_us=NOON - 1)
    house.add(dataclasses.replace(failed, client="b", client_key="b"))
    answer = house.ask(
        tenant_id, metrics=["avg_confidence"], dimensions=["client"], range=TODAY, order_by=order_by
    )
    assert answer["rows"][-1] == {"client": "b", "avg_confidence": None}


def test_predictions_without_an_error_are_part_of_other(house: House) -> None:
    tenant_id = fill(house, {"a": 3})
    house.add(make(Outcome.FAILED, tenant_id=tenant_id, timestamp_us=NOON - 1))
    question = {"dimensions": ["error_pattern"], "range": TODAY}
    answer = house.ask(tenant_id, metrics=["total_predictions"], **question)
    assert answer["totals"] == {"total_predictions": 4}
    assert answer["rows"] == [{"error_pattern": "The image is truncated.", "total_predictions": 1}]
    assert answer["other"] == {"total_predictions": 3}
    # Asked for failures only, nothing is left over.
    assert house.ask(tenant_id, metrics=["failed_predictions"], **question)["other"] is None


def test_the_range_before_shows_the_same_groups_up_to_the_same_hour(house: House) -> None:
    tenant_id = fill(house, {"a": 2, "b": 1})
    yesterday = [
        ("2026-03-28T10:00:00Z", "a"),
        ("2026-03-28T12:00:00Z", "a"),
        ("2026-03-28T09:00:00Z", "z"),
    ]
    for text, client in yesterday:
        made = make(tenant_id=tenant_id, timestamp_us=at(text), client=client, client_key=client)
        house.add(made)
    answer = house.ask(
        tenant_id,
        metrics=["total_predictions"],
        dimensions=["client"],
        range=TODAY,
        compare="previous",
    )
    assert answer["compare"] == {
        "range": {
            "start": "2026-03-28T00:00:00.000000Z",
            "end": "2026-03-28T12:00:00.000000Z",
            "time_zone": "UTC",
            "unfinished": False,
            "cut": True,
        },
        "totals": {"total_predictions": 2},
        "rows": [
            {"client": "a", "total_predictions": 1},
            {"client": "b", "total_predictions": 0},
        ],
        "other": {"total_predictions": 1},
        "groups": None,
        "histograms": [],
    }


def test_buckets_without_a_prediction_are_zeros_and_their_ratios_unknown(house: House) -> None:
    tenant_id = fill(house, {"a": 1})
    answer = house.ask(
        tenant_id,
        metrics=["total_predictions", "success_rate", "inference_time_p50", "throughput_per_hour"],
        range={"hours": 3},
        interval="hour",
    )
    assert answer["rows"][0]["total_predictions"] == 1
    assert answer["rows"][0]["throughput_per_hour"] == 1.0
    assert answer["rows"][1] == {
        "bucket": "2026-03-29T11:00:00.000000Z",
        "total_predictions": 0,
        "success_rate": None,
        "inference_time_p50": None,
        "throughput_per_hour": 0.0,
    }
    # The hour that begins at this very moment has no length yet.
    assert answer["rows"][2]["throughput_per_hour"] is None


def test_an_empty_tenant_gets_zeros_and_no_rows(house: House) -> None:
    tenant_id = house.tenant()
    answer = house.ask(
        tenant_id, metrics=["total_predictions", "revenue", "success_rate"], range={"all": True}
    )
    assert answer["totals"] == {"total_predictions": 0, "revenue": "0.000000", "success_rate": None}
    assert (answer["rows"], answer["other"], answer["compare"]) == ([], None, None)


def test_a_tenant_sees_nothing_of_another(house: House) -> None:
    fill(house, {"a": 5})
    tenant_id = house.tenant()
    for question in (
        {"range": {"all": True}},
        {"range": TODAY, "filters": {"client": ["a"], "country": ["DE"]}},
        {"range": {"start": "2026-03-29T09:59:59.5Z", "end": "2026-03-29T10:00:00.5Z"}},
    ):
        answer = house.ask(tenant_id, metrics=["total_predictions"], **question)
        assert answer["totals"] == {"total_predictions": 0}


def test_keys_are_data_never_sql(house: House) -> None:
    awkward = ["a'; DROP TABLE predictions; --", 'b" OR 1=1', "%", "Müller & Söhne", "=1+1"]
    tenant_id = fill(house, dict.fromkeys(awkward, 1))
    for filters in ({"client": awkward[:2]}, {"client": awkward[:2], "country": ["DE"]}):
        answer = house.ask(
            tenant_id,
            metrics=["total_predictions"],
            dimensions=["client"],
            filters=filters,
            range=TODAY,
        )
        assert sorted(row["client"] for row in answer["rows"]) == sorted(awkward[:2])


def test_a_batch_reads_the_same_numbers_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    from verascope.store import rollups

    reads: list[object] = []
    plain = rollups.read

    def counted(*given: object, **named: object) -> object:
        reads.append(given)
        return plain(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(rollups, "read", counted)
    tenant_id = fill(house, {"a": 3, "b": 1})
    found = house.answers.answer_all(
        tenant_id,
        {
            "kpis": parse({"metrics": ["total_predictions", "revenue"]}),
            "daily": parse({"metrics": ["total_predictions"], "interval": "day"}),
            "p95": parse({"metrics": ["inference_time_p95"]}),
            "clients": parse(
                {"metrics": ["total_predictions"], "dimensions": ["client"], "limit": 1}
            ),
        },
    )
    assert len(reads) == 2
    assert found["kpis"]["totals"]["total_predictions"] == 4
    assert found["clients"]["other"] == {"total_predictions": 1}
    assert sum(row["total_predictions"] for row in found["daily"]["rows"]) == 4


def test_a_batch_names_the_question_whose_interval_does_not_fit(house: House) -> None:
    fine = parse({"metrics": ["revenue"]})
    wrong = parse({"metrics": ["revenue"], "range": {"days": 9}, "interval": "minute"})
    with pytest.raises(Invalid) as caught:
        house.answers.answer_all(1, {"fine": fine, "wrong": wrong, "worse": wrong})
    assert [one.field for one in caught.value.fields] == [
        "queries.wrong.interval",
        "queries.worse.interval",
    ]


def test_without_columns_the_rows_answer(house: House) -> None:
    tenant_id = fill(house, {"a": 2, "b": 1})
    bare = Answers(house.database, house.folder, None, house.settings, lambda: house.now_us)
    question = parse(
        {
            "metrics": ["total_predictions", "revenue", "inference_time_p95"],
            "dimensions": ["client", "country"],
            "range": TODAY,
            "interval": "hour",
        }
    )
    assert bare.answer(tenant_id, question) == house.answers.answer(tenant_id, question)


def test_an_answer_waits_for_the_fold_of_what_was_committed_before(house: House) -> None:
    tenant_id = house.tenant()
    house.now_us = NOON
    folder = Folder(house.database, house.columns, submit_to(house.database), CUT)
    answers = Answers(house.database, folder, house.columns, house.settings, lambda: NOON)
    folder.start()
    try:
        for n in range(1, 6):
            with house.database.writing() as connection:
                events.insert(connection, [make(tenant_id=tenant_id, timestamp_us=NOON - n)])
            for filters in ({}, {"client": ["acme"], "country": ["DE"]}):
                asked = {"metrics": ["total_predictions"], "range": TODAY, "filters": filters}
                assert answers.answer(tenant_id, parse(asked))["totals"]["total_predictions"] == n
    finally:
        folder.stop()


def test_an_answer_is_refused_when_the_fold_does_not_catch_up(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("verascope.store.fold.WAIT_SECONDS", 0.05)
    tenant_id = house.tenant()
    idle = Folder(house.database, None, submit_to(house.database), CUT)
    answers = Answers(house.database, idle, None, house.settings, lambda: NOON)
    with house.database.writing() as connection:
        events.insert(connection, [make(tenant_id=tenant_id)])
    with pytest.raises(Busy):
        answers.answer(tenant_id, parse({"metrics": ["revenue"]}))


def test_rows_add_up_to_the_totals_while_predictions_pour_in(house: House) -> None:
    tenant_id = house.tenant()
    house.now_us = NOON
    folder = Folder(house.database, house.columns, submit_to(house.database), CUT)
    answers = Answers(house.database, folder, house.columns, house.settings, lambda: NOON)
    stopped = threading.Event()

    def pour() -> None:
        number = 0
        while not stopped.is_set():
            number += 1
            name = f"client {number}"
            new = make(
                tenant_id=tenant_id, timestamp_us=NOON - number, client=name, client_key=name
            )
            with house.database.writing() as connection:
                events.insert(connection, [new])
            folder.wait(events_so_far())

    def events_so_far() -> int:
        with house.database.reading() as connection:
            return events.last_seq(connection)

    folder.start()
    pouring = threading.Thread(target=pour)
    pouring.start()
    try:
        for question in (
            {"dimensions": ["client", "country"], "limit": 2},
            {
                "dimensions": ["client"],
                "filters": {"country": ["DE"]},
                "interval": "hour",
                "limit": 2,
            },
            {"dimensions": ["client"], "limit": 2},
        ) * 6:
            asked = parse({"metrics": ["total_predictions"], "range": TODAY, **question})
            answer = answers.answer(tenant_id, asked)
            parts = [*answer["rows"], answer["other"] or {"total_predictions": 0}]
            assert all(part["total_predictions"] >= 0 for part in parts)
            shown = sum(part["total_predictions"] for part in parts)
            assert shown == answer["totals"]["total_predictions"]
    finally:
        stopped.set()
        pouring.join()
        folder.stop()
