"""Whether evidence is bad, with hand-computed limits."""

import pytest

from verascope.alerts.judge import Evidence, Verdict, judge
from verascope.alerts.rule import (
    BurnRate,
    Change,
    Condition,
    Rule,
    Seasonal,
    Side,
    Threshold,
)
from verascope.records import Severity


def rule(condition: Condition, min_samples: int = 0) -> Rule:
    return Rule(
        "r", "performance", "error_rate", Severity.WARNING, condition, 300, min_samples=min_samples
    )


@pytest.mark.parametrize(
    ("value", "verdict"),
    [(5.1, Verdict.BAD), (5.0, Verdict.BETWEEN), (4.0, Verdict.FINE), (0.0, Verdict.FINE)],
)
def test_a_threshold_is_bad_beyond_its_limit_and_fine_past_its_recovery(
    value: float, verdict: Verdict
) -> None:
    assert judge(rule(Threshold(Side.ABOVE, 5, recovery=4)), Evidence(value)).verdict is verdict


@pytest.mark.parametrize(
    ("value", "verdict"), [(9.9, Verdict.BAD), (11.0, Verdict.BETWEEN), (12.0, Verdict.FINE)]
)
def test_a_threshold_below_mirrors_one_above(value: float, verdict: Verdict) -> None:
    assert judge(rule(Threshold(Side.BELOW, 10, recovery=12)), Evidence(value)).verdict is verdict


def test_without_a_recovery_the_limit_is_where_it_is_fine_again() -> None:
    assert judge(rule(Threshold(Side.ABOVE, 5)), Evidence(5.0)).verdict is Verdict.FINE


def test_the_reason_says_value_and_limit() -> None:
    found = judge(rule(Threshold(Side.ABOVE, 5)), Evidence(7.25))
    assert (found.value, found.limit, found.reason) == (7.25, 5, "7.25 is above the limit 5")


def test_too_few_samples_say_nothing_however_bad_they_look() -> None:
    found = judge(rule(Threshold(Side.ABOVE, 5), min_samples=20), Evidence(100.0, samples=3))
    assert found.verdict is Verdict.NO_DATA
    assert found.reason == "3 of at least 20 samples in the window"


def test_no_value_is_no_data() -> None:
    assert judge(rule(Threshold(Side.ABOVE, 5)), Evidence(None)).verdict is Verdict.NO_DATA


@pytest.mark.parametrize(
    ("value", "verdict"), [(301.0, Verdict.BAD), (250.0, Verdict.BETWEEN), (200.0, Verdict.FINE)]
)
def test_a_change_is_measured_against_the_window_before(value: float, verdict: Verdict) -> None:
    condition = Change(Side.ABOVE, percent=200, recovery_percent=100)
    assert judge(rule(condition), Evidence(value, before=100.0)).verdict is verdict


def test_a_fall_is_a_change_below() -> None:
    found = judge(rule(Change(Side.BELOW, percent=80)), Evidence(19.0, before=100.0))
    assert found.verdict is Verdict.BAD
    assert found.limit == pytest.approx(20.0)


@pytest.mark.parametrize("before", [None, 0.0])
def test_a_change_from_nothing_is_no_data(before: float | None) -> None:
    found = judge(rule(Change(Side.ABOVE, percent=50)), Evidence(5.0, before=before))
    assert found.verdict is Verdict.NO_DATA


def test_a_season_is_learned_before_it_judges() -> None:
    found = judge(rule(Seasonal(Side.ABOVE, weeks=3)), Evidence(1e9, usual=(1.0, 2.0)))
    assert found.verdict is Verdict.LEARNING
    assert found.reason == "learning: 2 of 3 weeks known"


def test_a_season_allows_k_deviations_from_the_median_of_its_hour() -> None:
    # Median 100, deviations 0, 10, 10, 20 and 30: their median is 10, a deviation is 14.826.
    evidence = Evidence(160.0, usual=(100.0, 90.0, 110.0, 120.0, 130.0, 100.0, 70.0))
    found = judge(rule(Seasonal(Side.ABOVE, k=4)), evidence)
    assert found.limit == pytest.approx(100 + 4 * 1.4826 * 10)
    assert found.verdict is Verdict.BAD


def test_weeks_that_agree_exactly_still_allow_a_fifth() -> None:
    found = judge(rule(Seasonal(Side.ABOVE, k=4)), Evidence(119.0, usual=(100.0,) * 4))
    assert found.limit == pytest.approx(120.0)
    assert found.verdict is not Verdict.BAD


BURN = BurnRate(objective=99.0, factor=10, short_seconds=300, min_bad=5)


def test_a_budget_that_burns_in_both_windows_is_bad() -> None:
    evidence = Evidence(None, good=80, bad=20, short_good=8, short_bad=2)
    found = judge(rule(BURN), evidence)
    assert found.verdict is Verdict.BAD
    assert found.value == pytest.approx(20.0)


def test_trouble_that_is_over_is_fine_although_the_long_window_remembers() -> None:
    evidence = Evidence(None, good=80, bad=20, short_good=10, short_bad=0)
    assert judge(rule(BURN), evidence).verdict is Verdict.FINE


def test_a_single_failure_at_night_is_not_bad() -> None:
    evidence = Evidence(None, good=1, bad=1, short_good=1, short_bad=1)
    found = judge(rule(BURN), evidence)
    assert found.verdict is Verdict.FINE
    assert "1 of at least 5 bad events" in found.reason


def test_a_budget_without_events_is_no_data() -> None:
    assert judge(rule(BURN), Evidence(None)).verdict is Verdict.NO_DATA
