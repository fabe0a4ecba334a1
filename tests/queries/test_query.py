"""The question as a value: what is accepted, and that everything wrong is named at once."""

import pytest

from tests.queries.house import at
from verascope.clock import Grain, Range
from verascope.errors import Invalid
from verascope.queries.query import Compare, Everything, Last, Query, Unit, from_params, parse


def refused(mapping: dict[str, object]) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        parse(mapping)
    return {one.field: one.accepted for one in caught.value.fields}


def test_a_full_question_is_read_as_it_stands() -> None:
    query = parse(
        {
            "metrics": ["total_predictions", "revenue"],
            "dimensions": ["client", "outcome"],
            "filters": {"country": ["DE", "FR", "DE"]},
            "range": {"days": 7},
            "interval": "day",
            "compare": "previous",
            "order_by": "-revenue",
            "limit": 10,
        }
    )
    assert query == Query(
        ("total_predictions", "revenue"),
        ("client", "outcome"),
        {"country": ("DE", "FR")},
        Last(7, Unit.DAYS),
        Grain.DAY,
        Compare.PREVIOUS,
        "-revenue",
        10,
    )


def test_only_metrics_are_required() -> None:
    assert parse({"metrics": ["revenue"]}) == Query(
        ("revenue",), range=Last(30, Unit.DAYS), limit=100
    )


def test_every_wrong_field_is_named_with_what_is_accepted() -> None:
    found = refused(
        {
            "metrics": ["total_predictions", "sales"],
            "dimensions": ["client", "colour"],
            "filters": {"country": [], "outcome": ["broken"], "size": ["1"]},
            "range": {"days": 500},
            "interval": "week",
            "compare": "yesterday",
            "order_by": "-revenue",
            "limit": 0,
            "colour": 1,
        }
    )
    assert list(found) == [
        "colour", "metrics", "dimensions", "filters.country", "filters.outcome", "filters.size",
        "range.days", "interval", "compare", "order_by", "limit",
    ]  # fmt: skip
    assert found["range.days"] == "a whole number from 1 to 400"
    assert "total_predictions" in found["metrics"]
    assert found["interval"] == "minute, hour, day, auto or null"


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"days": True}, "range.days"),
        ({"hours": 9601}, "range.hours"),
        ({"minutes": 0}, "range.minutes"),
        ({"days": 7, "hours": 1}, "range"),
        ({}, "range"),
        ("30d", "range"),
        ({"all": False}, "range.all"),
        ({"start": "2026-01-01T00:00:00Z"}, "range"),
        ({"start": "2026-01-01", "end": "2026-01-02T00:00:00Z"}, "range.start"),
        ({"start": "2026-01-02T00:00:00Z", "end": "2026-01-02T00:00:00Z"}, "range.end"),
        ({"start": "0001-01-01T00:00:00Z", "end": "2026-01-02T00:00:00Z"}, "range.start"),
        ({"start": 3, "end": None}, "range.start"),
    ],
)
def test_a_range_that_means_nothing_is_refused(asked: object, field: str) -> None:
    assert field in refused({"metrics": ["revenue"], "range": asked})


@pytest.mark.parametrize("metrics", [[], None, "revenue", ["revenue", "revenue"], [1], [["a"]]])
def test_metrics_are_a_list_of_different_known_names(metrics: object) -> None:
    assert "metrics" in refused({"metrics": metrics})


def test_three_dimensions_are_too_many() -> None:
    assert "dimensions" in refused(
        {"metrics": ["revenue"], "dimensions": ["client", "country", "model"]}
    )


def test_everything_has_no_range_before_it() -> None:
    assert "compare" in refused(
        {"metrics": ["revenue"], "range": {"all": True}, "compare": "previous"}
    )


def test_a_url_asks_the_same_question() -> None:
    query = from_params(
        [
            ("metrics", "total_predictions,revenue"),
            ("dimensions", "client"),
            ("hours", "24"),
            ("interval", "hour"),
            ("client", "acme"),
            ("client", "a,b"),
            ("order_by", "revenue"),
            ("limit", "3"),
        ]
    )
    assert query == Query(
        ("total_predictions", "revenue"),
        ("client",),
        {"client": ("acme", "a,b")},
        Last(24, Unit.HOURS),
        Grain.HOUR,
        None,
        "revenue",
        3,
    )


def test_a_url_may_ask_for_everything_or_between_two_instants() -> None:
    assert from_params([("metrics", "revenue"), ("all", "true")]).range == Everything()
    between = [("start", "2026-01-01T00:00:00Z"), ("end", "2026-01-02T00:00:00+01:00")]
    assert from_params([("metrics", "revenue"), *between]).range == Range(
        at("2026-01-01T00:00:00Z"), at("2026-01-01T23:00:00Z")
    )


def test_a_url_names_its_parameters_in_refusals() -> None:
    with pytest.raises(Invalid) as caught:
        from_params(
            [("metrics", "nope"), ("days", "1e3"), ("days", "7"), ("outcome", "x"), ("limit", "٣")]
        )
    fields = [one.field for one in caught.value.fields]
    assert sorted(fields) == ["days", "limit", "metrics", "outcome"]


def test_a_url_with_two_ranges_is_refused() -> None:
    with pytest.raises(Invalid, match="one of days"):
        from_params([("metrics", "revenue"), ("days", "7"), ("hours", "1")])
