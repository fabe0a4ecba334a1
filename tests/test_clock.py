"""Buckets in every kind of day a time zone can have."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from verascope import clock
from verascope.clock import DAY, HOUR, US, Grain, Range
from verascope.errors import Invalid

ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/Santiago",  # midnight itself is skipped in spring
    "Africa/Cairo",
    "Asia/Kathmandu",  # 45 minutes off the hour
    "Australia/Lord_Howe",  # clocks change by half an hour
    "Pacific/Apia",
]

instants = st.integers(
    clock.from_iso("t", "2015-01-01T00:00:00Z"), clock.from_iso("t", "2030-01-01T00:00:00Z")
)


@given(at=instants, zone=st.sampled_from(ZONES), grain=st.sampled_from(Grain))
def test_every_instant_lies_in_exactly_one_bucket(at: int, zone: str, grain: Grain) -> None:
    tz = ZoneInfo(zone)
    bucket = clock.floor(at, grain, tz)
    assert bucket * US <= at
    assert clock.floor(bucket * US, grain, tz) == bucket
    assert clock.buckets(Range(at, at + 1), grain, tz) == [bucket]


@given(at=instants, zone=st.sampled_from(ZONES), hours=st.integers(1, 100))
def test_buckets_of_a_range_follow_one_another_without_gap(at: int, zone: str, hours: int) -> None:
    tz = ZoneInfo(zone)
    span = Range(at, at + hours * HOUR * US)
    for grain in (Grain.HOUR, Grain.DAY):
        found = clock.buckets(span, grain, tz)
        assert found == sorted(set(found))
        probes = range(span.start_us, span.end_us, 10 * 60 * US)
        assert {clock.floor(probe, grain, tz) for probe in probes} <= set(found)


@given(st.lists(instants, max_size=30), st.sampled_from(ZONES), st.sampled_from(Grain))
def test_an_array_is_cut_like_its_elements(at: list[int], zone: str, grain: Grain) -> None:
    tz = ZoneInfo(zone)
    together = clock.floor_all(np.array(at, dtype=np.int64), grain, tz)
    assert together.tolist() == [clock.floor(one, grain, tz) for one in at]


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", "2026-03-29", 23),
        ("Europe/Berlin", "2026-10-25", 25),
        ("UTC", "2026-03-29", 24),
    ],
)
def test_a_day_is_as_long_as_the_clocks_make_it(zone: str, day: str, hours: int) -> None:
    tz = ZoneInfo(zone)
    start = clock.midnight(date.fromisoformat(day), tz)
    end = clock.following(start, Grain.DAY, tz)
    assert end - start == hours * HOUR
    assert len(clock.buckets(Range(start * US, end * US), Grain.HOUR, tz)) == hours


@given(zone=st.sampled_from(ZONES), day=st.dates(date(2015, 1, 1), date(2029, 12, 30)))
def test_a_day_starts_at_the_first_instant_that_carries_its_date(zone: str, day: date) -> None:
    tz = ZoneInfo(zone)
    if zone == "Pacific/Apia" and day == date(2011, 12, 30):
        return
    start = clock.midnight(day, tz)
    assert clock.to_datetime(start * US).astimezone(tz).date() == day
    assert clock.to_datetime(start * US - 1).astimezone(tz).date() == day - timedelta(days=1)


def test_offsets_name_each_change_to_the_second() -> None:
    span = Range(
        clock.from_iso("t", "2026-03-01T00:00:00Z"), clock.from_iso("t", "2026-11-01T00:00:00Z")
    )
    found = clock.offsets(span, ZoneInfo("Europe/Berlin"))
    assert [(clock.to_iso(start * US)[:19], offset // HOUR) for start, offset in found] == [
        ("2026-03-01T00:00:00", 1),
        ("2026-03-29T01:00:00", 2),
        ("2026-10-25T01:00:00", 1),
    ]


@given(at=st.integers(0, 4_000_000_000 * US))
def test_texts_hold_the_instant_to_the_microsecond(at: int) -> None:
    assert clock.from_text(clock.to_text(at)) == at
    assert clock.from_iso("t", clock.to_iso(at)) == at


@pytest.mark.parametrize(
    "text", ["yesterday", "2026-01-31", "2026-01-31T09:00:00", "", "2026-02-30T00:00:00Z"]
)
def test_a_time_without_an_offset_or_sense_is_refused_by_name(text: str) -> None:
    with pytest.raises(Invalid, match=r"start: .*ISO 8601"):
        clock.from_iso("start", text)


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(Invalid, match="IANA"):
        clock.zone("Mars/Olympus")
    assert clock.zone("Europe/Berlin").key == "Europe/Berlin"
    assert DAY == 24 * HOUR


@pytest.mark.parametrize(
    ("wall_s", "passed_s", "latest_s"),
    [(1010, 10, 1010), (1010 - HOUR, 10, 1010), (1010 + HOUR, 10, 1010 + HOUR)],
)
def test_the_latest_instant_does_not_fall_with_the_wall_clock(
    wall_s: int, passed_s: int, latest_s: int
) -> None:
    walls = iter([1000 * US, wall_s * US])
    passed = iter([7, 7 + passed_s * 10**9])
    assert clock.Latest(lambda: next(walls), lambda: next(passed))() == latest_s * US
