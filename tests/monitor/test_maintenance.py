"""Maintenance windows on the wall clock, over the days on which clocks change. Pure."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verascope.clock import DAY, HOUR, US, from_datetime
from verascope.monitor.maintenance import Repeat, Window, is_over

BERLIN = "Europe/Berlin"


def at(text: str) -> int:
    """An instant written in UTC."""
    return from_datetime(datetime.fromisoformat(text).replace(tzinfo=UTC))


def local(text: str, zone: str = BERLIN, fold: int = 0) -> int:
    """An instant written as the clock on the wall shows it."""
    return from_datetime(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold))


def window(
    start: int,
    end: int,
    repeat: Repeat = Repeat.NONE,
    zone: str = BERLIN,
    probes: tuple[str, ...] = (),
) -> Window:
    return Window("w", "w", frozenset(probes), start, end, repeat, zone, "", 0, "owner")


def hours_of(one: Window, start: int, end: int, step: int = 15 * 60) -> float:
    """For how many hours it is active between two instants, looked at every step."""
    return sum(one.is_active(t) for t in range(start, end, step * US)) * step / HOUR


def test_a_window_that_does_not_repeat_is_active_once() -> None:
    one = window(at("2026-11-23 02:00"), at("2026-11-23 04:00"))
    assert not one.is_active(at("2026-11-23 01:59:59"))
    assert one.is_active(at("2026-11-23 02:00"))
    assert one.is_active(at("2026-11-23 03:59:59"))
    assert not one.is_active(at("2026-11-23 04:00"))
    assert not one.is_active(at("2026-11-24 03:00"))
    assert is_over(one, at("2026-11-23 04:00"))


def test_a_daily_window_keeps_its_wall_clock_time_when_the_offset_changes() -> None:
    one = window(local("2026-03-01 22:00"), local("2026-03-01 23:00"), Repeat.DAILY)
    assert one.is_active(at("2026-03-27 21:30"))
    assert not one.is_active(at("2026-03-27 20:30"))
    assert one.is_active(at("2026-04-10 20:30"))
    assert not one.is_active(at("2026-04-10 21:30"))
    assert one.is_active(local("2026-10-30 22:30"))


def test_a_window_in_the_skipped_hour_moves_to_the_hour_after_it() -> None:
    one = window(local("2026-03-01 02:00"), local("2026-03-01 03:00"), Repeat.DAILY)
    # On 2026-03-29 Berlin goes from 02:00 straight to 03:00.
    assert not one.is_active(local("2026-03-29 01:45"))
    assert one.is_active(local("2026-03-29 03:00"))
    assert one.is_active(local("2026-03-29 03:59"))
    assert not one.is_active(local("2026-03-29 04:00"))


def test_a_window_in_the_repeated_hour_covers_it_both_times() -> None:
    one = window(local("2026-10-01 02:00"), local("2026-10-01 03:00"), Repeat.DAILY)
    assert one.is_active(local("2026-10-25 02:30", fold=0))
    assert one.is_active(local("2026-10-25 02:30", fold=1))
    assert not one.is_active(local("2026-10-25 01:59"))
    assert not one.is_active(local("2026-10-25 03:00"))


def test_a_daily_window_over_midnight_is_active_on_both_sides_of_it() -> None:
    one = window(local("2026-11-01 23:00"), local("2026-11-02 01:00"), Repeat.DAILY)
    assert one.is_active(local("2026-11-20 23:30"))
    assert one.is_active(local("2026-11-20 00:30"))
    assert not one.is_active(local("2026-11-20 01:30"))


def test_a_weekly_window_comes_on_its_weekday_only() -> None:
    one = window(local("2026-11-01 02:00"), local("2026-11-01 04:00"), Repeat.WEEKLY)
    active = [day for day in range(1, 31) if one.is_active(local(f"2026-11-{day:02d} 03:00"))]
    assert active == [1, 8, 15, 22, 29]


def test_a_weekly_window_may_last_for_days() -> None:
    one = window(local("2026-11-06 20:00"), local("2026-11-09 06:00"), Repeat.WEEKLY)
    assert one.is_active(local("2026-11-15 12:00"))
    assert one.is_active(local("2026-11-16 05:00"))
    assert not one.is_active(local("2026-11-18 12:00"))


def test_nothing_is_active_before_the_first_time() -> None:
    one = window(local("2026-11-10 02:00"), local("2026-11-10 04:00"), Repeat.DAILY)
    assert not one.is_active(local("2026-11-09 03:00"))


def test_a_window_covers_the_probes_it_names_or_all() -> None:
    span = at("2026-11-23 02:00"), at("2026-11-23 04:00")
    now = at("2026-11-23 03:00")
    assert window(*span).covers("any", now)
    assert window(*span, probes=("a",)).covers("a", now)
    assert not window(*span, probes=("a",)).covers("b", now)


@pytest.mark.parametrize("zone", [BERLIN, "Australia/Lord_Howe"])
def test_over_a_year_no_occurrence_is_lost_and_none_is_shorter(zone: str) -> None:
    start = local("2026-01-01 02:15", zone)
    one = window(start, start + HOUR * US, Repeat.DAILY, zone)
    for day in range(365):
        night = start + day * DAY * US - HOUR * US
        assert hours_of(one, night, night + 4 * HOUR * US) >= 1


@given(
    st.integers(0, 365 * DAY),
    st.integers(60, DAY),
    st.integers(0, 400),
    st.sampled_from([BERLIN, "America/Santiago", "Africa/Cairo", "Pacific/Apia"]),
)
def test_the_current_occurrence_holds_the_instant_it_was_asked_for(
    begin: int, seconds: int, days: int, zone: str
) -> None:
    start = at("2026-01-01") + begin * US
    one = window(start, start + seconds * US, Repeat.DAILY, zone)
    now = start + days * DAY * US + seconds * US // 2
    found = one.current(now)
    if found is not None:
        assert found.start_us <= now < found.end_us
        assert found.seconds >= seconds
