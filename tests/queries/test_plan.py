"""Where a question is read, and why."""

import itertools
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.queries.house import at
from verascope.clock import US, Grain, Range
from verascope.queries.plan import Piece, Plan, Source, plan
from verascope.queries.query import parse

UTC = ZoneInfo("UTC")
DAYS = Range(at("2026-03-01T00:00:00Z"), at("2026-03-31T00:00:00Z"))


def planned(span: Range = DAYS, zone: ZoneInfo = UTC, **question: object) -> Plan:
    return plan(parse({"metrics": ["total_predictions"], **question}), span, zone)


def shape(found: tuple[Piece, ...]) -> list[str]:
    return [piece.grain.value if piece.grain else piece.source.value for piece in found]


@pytest.mark.parametrize(
    "question",
    [
        {},
        {"dimensions": ["client"]},
        {"dimensions": ["client"], "filters": {"client": ["acme"]}},
        {"filters": {"country": ["DE"]}, "interval": "day"},
        {"dimensions": ["outcome", "model"]},
        {"metrics": ["inference_time_p95"], "dimensions": ["model"]},
    ],
)
def test_one_dimension_over_whole_days_is_read_from_daily_rollups(
    question: dict[str, object],
) -> None:
    found = planned(**question)
    assert found.source is Source.ROLLUPS
    assert shape(found.pieces) == ["day"]


@pytest.mark.parametrize(
    ("question", "because"),
    [
        ({"dimensions": ["client"], "filters": {"country": ["DE"]}}, "client and country"),
        ({"dimensions": ["client", "model"]}, "client and model"),
        ({"metrics": ["avg_confidence"], "filters": {"outcome": ["fake"]}}, "avg_confidence"),
        ({"metrics": ["inference_time_p95"], "dimensions": ["client"]}, "histograms"),
    ],
)
def test_what_rollups_do_not_hold_is_read_from_columns_and_the_plan_says_why(
    question: dict[str, object], because: str
) -> None:
    found = planned(**question)
    assert found.source is Source.COLUMNS
    assert because in found.reason
    assert shape(found.pieces) == ["columns"]


def test_a_ragged_range_is_made_of_the_widest_buckets_that_fit() -> None:
    ragged = Range(at("2026-03-01T22:58:30Z"), at("2026-03-04T01:02:00Z"))
    assert shape(planned(ragged).pieces) == ["rows", "minute", "hour", "day", "hour", "minute"]
    assert shape(planned(ragged, dimensions=["client"]).pieces) == [
        "rows", "columns", "hour", "day", "hour", "columns",
    ]  # fmt: skip
    assert shape(planned(ragged, dimensions=["client", "model"]).pieces) == ["rows", "columns"]


def test_no_rollup_is_wider_than_the_interval() -> None:
    assert shape(planned(interval="hour").pieces) == ["hour"]
    two_hours = Range(at("2026-03-01T22:00:00Z"), at("2026-03-02T00:00:00Z"))
    assert shape(planned(two_hours, interval="minute").pieces) == ["minute"]


def test_days_are_whole_in_the_zone_of_the_tenant() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert shape(planned(DAYS, berlin).pieces) == ["hour", "day", "hour"]
    # 00:00 in Kathmandu is 18:15 UTC: the hours at both edges are its own, too.
    assert shape(planned(DAYS, ZoneInfo("Asia/Kathmandu")).pieces) == [
        "minute", "hour", "day", "hour", "minute",
    ]  # fmt: skip


def test_a_moment_is_read_from_the_rows() -> None:
    assert shape(planned(Range(DAYS.start_us + 1, DAYS.start_us + 2)).pieces) == ["rows"]


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(
    zone=st.sampled_from(["UTC", "Australia/Lord_Howe", "America/Santiago", "Asia/Kathmandu"]),
    around=st.sampled_from(
        ["2026-04-04T15:00:00Z", "2026-10-03T15:30:00Z", "2026-09-06T04:00:00Z"]
    ),
    edges=st.tuples(st.integers(-4 * 86_400, 4 * 86_400), st.integers(1, 3 * 86_400)),
    question=st.sampled_from(
        [{}, {"dimensions": ["client"]}, {"interval": "hour"}, {"dimensions": ["client", "model"]}]
    ),
)
def test_pieces_cover_the_range_without_gap_or_overlap(
    zone: str, around: str, edges: tuple[int, int], question: dict[str, object]
) -> None:
    start = at(around) + edges[0] * US
    span = Range(start, start + edges[1] * US)
    found = planned(span, ZoneInfo(zone), **question)
    for pieces in (found.pieces, found.totals):
        assert pieces[0].range.start_us == span.start_us
        assert pieces[-1].range.end_us == span.end_us
        for piece, following in itertools.pairwise(pieces):
            assert piece.range.end_us == following.range.start_us
        assert all(piece.range.seconds > 0 for piece in pieces)
        assert all(
            (piece.grain is None) == (piece.source is not Source.ROLLUPS) for piece in pieces
        )
    if question.get("interval"):
        assert all(piece.grain is not Grain.DAY for piece in found.pieces)
