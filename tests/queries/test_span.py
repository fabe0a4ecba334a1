"""Ranges in instants: calendar days and clock hours in the tenant's zone, and the range before."""

from zoneinfo import ZoneInfo

import pytest

from tests.queries.house import at
from verascope.clock import Grain, Range
from verascope.errors import Invalid
from verascope.queries.query import parse
from verascope.queries.span import Span, resolve

BERLIN = ZoneInfo("Europe/Berlin")
NOW = at("2026-03-31T13:20:30.5Z")


def span(asked: dict[str, object], zone: ZoneInfo = BERLIN, now: int = NOW, **more: object) -> Span:
    return resolve(parse({"metrics": ["revenue"], "range": asked, **more}), zone, now, None)


def test_days_are_calendar_days_that_end_at_the_coming_midnight() -> None:
    # The clocks went forward on the 29th, so seven days are 167 hours.
    found = span({"days": 7})
    assert found.range == Range(at("2026-03-24T23:00:00Z"), at("2026-03-31T22:00:00Z"))
    assert found.is_unfinished


def test_hours_are_clock_hours_the_present_one_included() -> None:
    kathmandu = ZoneInfo("Asia/Kathmandu")
    found = span({"hours": 2}, kathmandu)
    assert found.range == Range(at("2026-03-31T12:15:00Z"), at("2026-03-31T14:15:00Z"))


def test_minutes_include_the_present_one() -> None:
    found = span({"minutes": 1})
    assert found.range == Range(at("2026-03-31T13:20:00Z"), at("2026-03-31T13:21:00Z"))


def test_start_and_end_are_taken_to_the_microsecond() -> None:
    asked = {"start": "2026-03-01T00:00:00.000001Z", "end": "2026-03-02T00:00:00Z"}
    found = span(asked)
    assert found.range == Range(at(asked["start"]), at(asked["end"]))
    assert not found.is_unfinished


def test_everything_runs_from_the_day_of_the_first_prediction_past_the_last() -> None:
    query = parse({"metrics": ["revenue"], "range": {"all": True}})
    reach = Range(at("2025-12-31T23:30:00Z"), at("2026-04-05T10:00:00Z"))
    assert resolve(query, BERLIN, NOW, reach).range == Range(
        at("2025-12-31T23:00:00Z"), at("2026-04-05T22:00:00Z")
    )
    assert resolve(query, BERLIN, NOW, None).range == Range(
        at("2026-03-30T22:00:00Z"), at("2026-03-31T22:00:00Z")
    )


def test_an_unfinished_day_is_compared_with_the_same_hours_of_the_other_day() -> None:
    found = span({"days": 7}, compare="previous")
    # 15:20:30.5 in Berlin on both days, though the offset changed between them.
    assert found.previous == Range(at("2026-03-17T23:00:00Z"), at("2026-03-24T14:20:30.5Z"))
    assert found.is_cut


def test_an_unfinished_hour_is_compared_with_the_same_part_of_the_other_hour() -> None:
    found = span({"hours": 3}, compare="previous")
    assert found.previous == Range(at("2026-03-31T08:00:00Z"), at("2026-03-31T10:20:30.5Z"))


def test_a_finished_range_is_compared_with_all_of_the_one_before() -> None:
    asked = {"start": "2026-03-02T00:00:00Z", "end": "2026-03-03T12:00:00Z"}
    found = span(asked, compare="previous")
    assert found.previous == Range(at("2026-02-28T12:00:00Z"), at("2026-03-02T00:00:00Z"))
    assert not found.is_cut


def test_a_range_in_the_future_is_compared_with_nothing_yet() -> None:
    asked = {"start": "2026-05-01T00:00:00Z", "end": "2026-05-02T00:00:00Z"}
    found = span(asked, compare="previous")
    assert found.previous == Range(at("2026-04-30T00:00:00Z"), at("2026-04-30T00:00:00Z"))


@pytest.mark.parametrize(
    ("asked", "interval", "fitting"),
    [
        ({"days": 3}, "minute", "hour or day"),
        ({"hours": 49}, "minute", "hour or day"),
        ({"start": "2020-01-01T00:00:00Z", "end": "2026-01-01T00:00:00Z"}, "hour", "day"),
        ({"start": "1970-01-01T00:00:00Z", "end": "2026-01-01T00:00:00Z"}, "day", "none"),
    ],
)
def test_an_interval_too_fine_for_its_range_is_refused_with_one_that_fits(
    asked: dict[str, object], interval: str, fitting: str
) -> None:
    with pytest.raises(Invalid) as caught:
        span(asked, interval=interval)
    (problem,) = caught.value.fields
    assert problem.field == "interval"
    assert problem.accepted.startswith(fitting)


def test_two_days_may_be_cut_into_minutes() -> None:
    assert len(span({"hours": 48}, interval="minute").buckets(Grain.MINUTE)) == 47 * 60 + 21


def test_groups_times_buckets_are_bounded() -> None:
    with pytest.raises(Invalid, match="limit"):
        span({"hours": 24}, interval="minute", dimensions=["client"], limit=100)
    span({"hours": 24}, interval="minute", dimensions=["client"], limit=60)
