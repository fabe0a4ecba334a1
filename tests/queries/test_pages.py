"""What the everyday pages ask: peaks, histograms, weekdays, hours of the week, formats and sizes."""

from datetime import date, timedelta

import pytest

from tests.predictions import make
from tests.queries.house import House, at
from verascope.ingest.pipeline import OTHER
from verascope.records import ImageFacts, Outcome, Prediction

DAY = {"days": 1}


@pytest.fixture(autouse=True)
def at_noon(house: House) -> None:
    """Other tests leave the clock of the house where they needed it."""
    house.now_us = at("2026-03-29T12:00:00Z")


def some(tenant_id: int, *texts: str, **changes: object) -> list[Prediction]:
    return [make(tenant_id=tenant_id, timestamp_us=at(text), **changes) for text in texts]


def test_peak_load_is_the_fullest_minute_and_says_which(house: House) -> None:
    tenant_id = house.tenant()
    house.add_all(
        some(
            tenant_id,
            "2026-03-29T09:00:10Z", "2026-03-29T09:00:50Z",
            "2026-03-29T10:30:00Z", "2026-03-29T10:30:59Z", "2026-03-29T10:31:00Z",
        )
    )  # fmt: skip
    answer = house.ask(tenant_id, metrics=["peak_load"], range=DAY, interval="hour")
    assert answer["totals"] == {"peak_load": 2, "peak_load_at": "2026-03-29T09:00:00.000000Z"}
    assert answer["rows"][10]["peak_load_at"] == "2026-03-29T10:30:00.000000Z"
    assert (answer["rows"][0]["peak_load"], answer["rows"][0]["peak_load_at"]) == (0, None)
    assert answer["source"] == "rollups"


def test_groups_are_ordered_by_their_own_peak(house: House) -> None:
    tenant_id = house.tenant()
    for client, seconds in (("steady", (0, 60, 120, 180)), ("bursty", (0, 1, 2))):
        moments = [at("2026-03-29T09:00:00Z") + second * 10**6 for second in seconds]
        changes = {"tenant_id": tenant_id, "client": client, "client_key": client}
        house.add_all(make(timestamp_us=moment, **changes) for moment in moments)
    answer = house.ask(tenant_id, metrics=["peak_load"], dimensions=["client"], range=DAY)
    assert [(row["client"], row["peak_load"]) for row in answer["rows"]] == [
        ("bursty", 3),
        ("steady", 1),
    ]


def test_the_week_is_cut_in_hours_of_the_tenants_clock(house: House) -> None:
    tenant_id = house.tenant("Asia/Kathmandu")
    house.add_all(some(tenant_id, "2026-03-28T18:20:00Z", "2026-03-28T19:14:00Z"))
    answer = house.ask(
        tenant_id,
        metrics=["total_predictions"],
        dimensions=["weekday_hour"],
        range={"days": 7},
        order_by="weekday_hour",
    )
    # Sunday, 00:05 and 00:59 there.
    assert answer["rows"] == [{"weekday_hour": "7-00", "total_predictions": 2}]
    assert answer["source"] == "rollups"


def test_sizes_stand_in_their_own_order_and_what_is_unknown_is_counted(house: House) -> None:
    tenant_id = house.tenant()
    for size in (12_000_000, 90_000, 300_000):
        image = ImageFacts("0" * 64, size, "PNG")
        house.add(make(tenant_id=tenant_id, timestamp_us=at("2026-03-29T09:00:00Z"), image=image))
    house.add(make(tenant_id=tenant_id, timestamp_us=at("2026-03-29T09:00:00Z"), image=None))
    question = {"metrics": ["total_predictions"], "range": DAY}
    sizes = house.ask(tenant_id, dimensions=["file_size"], order_by="file_size", **question)
    assert [row["file_size"] for row in sizes["rows"]] == [
        "under 100 kB",
        "250 to 500 kB",
        "10 MB or more",
        "unknown",
    ]
    formats = house.ask(tenant_id, dimensions=["image_format"], **question)
    assert formats["rows"] == [
        {"image_format": "PNG", "total_predictions": 3},
        {"image_format": "unknown", "total_predictions": 1},
    ]
    png = house.ask(tenant_id, filters={"image_format": ["PNG"]}, **question)
    assert png["totals"] == {"total_predictions": 3}


def test_the_same_weekdays_are_as_few_weeks_ago_as_keep_the_ranges_apart(house: House) -> None:
    tenant_id = house.tenant("Europe/Berlin")
    days = {1: "2026-03-22", 7: "2026-03-16", 8: "2026-03-08", 30: "2026-01-24"}
    for n, first in days.items():
        answer = house.ask(
            tenant_id, metrics=["total_predictions"], range={"days": n}, compare="weekdays"
        )
        start = answer["compare"]["range"]["start"]
        assert start == f"{day_before(first)}T23:00:00.000000Z", n
        # Noon in UTC of the day on which summer time began is 14:00 there; so it was a week earlier.
        assert answer["compare"]["range"]["cut"]
        assert answer["compare"]["range"]["end"].endswith("T13:00:00.000000Z")


def day_before(day: str) -> str:
    return (date.fromisoformat(day) - timedelta(days=1)).isoformat()


def test_every_group_has_its_series_its_whole_and_its_growth_in_one_answer(house: House) -> None:
    tenant_id = house.tenant()
    house.add_all(some(tenant_id, "2026-03-28T10:00:00Z", client="a", client_key="a"))
    house.add_all(
        some(tenant_id, "2026-03-29T10:00:00Z", "2026-03-29T11:00:00Z", client="a", client_key="a")
    )
    house.add_all(some(tenant_id, "2026-03-28T10:00:00Z", client="gone", client_key="gone"))
    answer = house.ask(
        tenant_id,
        metrics=["total_predictions"],
        dimensions=["client"],
        range=DAY,
        interval="hour",
        compare="previous",
    )
    assert answer["groups"] == [{"client": "a", "total_predictions": 2}]
    assert answer["compare"]["groups"] == [{"client": "a", "total_predictions": 1}]
    assert answer["compare"]["other"] == {"total_predictions": 1}
    assert len(answer["rows"]) == 13


def test_the_interval_is_chosen_by_the_length_of_the_range(house: House) -> None:
    tenant_id = house.tenant()
    for asked, interval in (
        ({"hours": 12}, "minute"), ({"days": 1}, "hour"), ({"days": 62}, "hour"), ({"days": 63}, "day"),
    ):  # fmt: skip
        answer = house.ask(tenant_id, metrics=["total_predictions"], range=asked, interval="auto")
        assert answer["interval"] == interval


def test_a_client_counted_as_other_is_told_and_an_unknown_one_is_not(house: House) -> None:
    tenant_id = house.tenant()
    question = {"metrics": ["total_predictions"], "range": DAY, "filters": {"client": ["late"]}}
    assert house.ask(tenant_id, **question)["notices"] == []
    house.add_all(some(tenant_id, "2026-03-29T10:00:00Z", client="late", client_key=OTHER))
    (notice,) = house.ask(tenant_id, **question)["notices"]
    assert notice["field"] == "filters.client"
    assert "'late'" in notice["message"]


def test_accuracy_is_told_with_its_interval_once_there_are_enough_labels(house: House) -> None:
    tenant_id = house.tenant()
    house.now_us = at("2026-03-29T12:00:00Z")
    ten = at("2026-03-29T10:15:00Z")
    fake, real = Outcome.FAKE, Outcome.REAL
    for client, outcome, label, minutes in (
        ("a", fake, "fake", 0), ("a", fake, "real", 5), ("a", real, "real", 60), ("b", real, "real", 0),
        ("a", Outcome.UNCERTAIN, "fake", 0), ("a", real, None, 0), ("a", Outcome.FAILED, "fake", 0),
    ):  # fmt: skip
        house.add(
            make(
                outcome,
                tenant_id=tenant_id,
                timestamp_us=ten + minutes * 60_000_000,
                client=client,
                client_key=client,
                label=label,
            )
        )
    whole = house.ask(tenant_id, metrics=["accuracy"], range=DAY, interval="hour")
    assert (whole["totals"]["accuracy"], whole["totals"]["accuracy_n"]) == (75.0, 4)
    assert whole["totals"]["accuracy_low"] == pytest.approx(30.06, abs=0.01)
    assert whole["totals"]["accuracy_high"] == pytest.approx(95.44, abs=0.01)
    hours = {row["bucket"][11:13]: (row["accuracy"], row["accuracy_n"]) for row in whole["rows"]}
    assert (hours["09"], hours["10"], hours["11"]) == ((None, 0), (200 / 3, 3), (None, 1))
    clients = house.ask(tenant_id, metrics=["accuracy"], dimensions=["client"], range=DAY, limit=1)
    assert [(row["client"], row["accuracy_n"]) for row in clients["rows"]] == [("a", 3)]
    assert (clients["other"]["accuracy"], clients["other"]["accuracy_n"]) == (None, 1)
    none = house.ask(tenant_id, metrics=["accuracy"], filters={"client": ["b"]}, range=DAY)
    assert none["totals"] == {
        "accuracy": None, "accuracy_n": 1, "accuracy_low": None, "accuracy_high": None,
    }  # fmt: skip
