"""A back-test says what the evaluation would have done."""

from typing import Any

import pytest

from tests.alerts.watch import Watch, rule
from verascope.alerts.backtest import Backtest, backtest
from verascope.alerts.rule import BurnRate, Change, Rule, Side, Threshold
from verascope.clock import HOUR, MINUTE, US


def tried(watch: Watch, one: Rule, days: int = 1) -> Backtest:
    with watch.house.database.reading() as connection:
        return backtest(
            connection, watch.tenant_id, one, days, watch.house.now_us, watch.sources, watch.house.answers
        )  # fmt: skip


def trouble(watch: Watch, **changes: Any) -> int:
    """Two hours of traffic, bad from minute 30 to 50; the moment it began to be bad."""
    start = watch.house.now_us // (MINUTE * US) * MINUTE * US
    new = []
    for minute in range(120):
        bad = 10 if 30 <= minute < 50 else 0
        new += watch.made(20 - bad, bad, timestamp_us=start + minute * MINUTE * US, **changes)
    watch.house.add_all(new)
    watch.house.now_us = start + 120 * MINUTE * US
    return start + 30 * MINUTE * US


@pytest.mark.parametrize(
    "one",
    [
        rule(for_seconds=120, recover_seconds=120),
        rule(filters={"client": ("acme",)}),
        rule(condition=BurnRate(99, 10, 300, 5), window_seconds=HOUR),
        rule(condition=Change(Side.BELOW, 40), metric="succeeded_predictions", window_seconds=600),
    ],
    ids=["threshold", "filtered", "burn rate", "change"],
)
def test_a_back_test_finds_the_episodes_that_evaluation_finds(watch: Watch, one: Rule) -> None:
    began = trouble(watch)
    end = watch.house.now_us
    found = tried(watch, one)
    assert found.step_seconds == MINUTE
    watch.rules(one)
    watch.house.now_us = began - 20 * MINUTE * US
    while watch.house.now_us <= end:
        watch.evaluate()
        watch.house.now_us += MINUTE * US
    live = [(row.timestamp, row.resolved_at) for row in watch.episodes()]
    assert [(each.started_us, each.ended_us) for each in found.episodes] == live
    assert live


def test_a_back_test_stores_nothing(watch: Watch) -> None:
    trouble(watch)
    assert tried(watch, rule()).episodes
    assert (watch.episodes(), watch.phases()) == ([], {})


def test_the_series_reaches_back_as_many_days_and_stays_small(watch: Watch) -> None:
    trouble(watch)
    found = tried(watch, rule(condition=Threshold(Side.ABOVE, 99)), days=30)
    assert found.episodes == ()
    assert len(found.series) <= 500
    assert max(value for _, value in found.series if value is not None) == pytest.approx(50)


def test_metrics_of_other_sources_are_asked_at_each_step(watch: Watch) -> None:
    watch.house.add_all(watch.made(3, price_micros=60_000_000))
    watch.house.now_us += HOUR * US
    one = rule("money", "revenue_milestones", Threshold(Side.ABOVE, 0), 7200)
    (episode,) = tried(watch, one).episodes
    assert (episode.subject, episode.peak) == ("100 USD", 180.0)


def test_percentiles_are_tried_too(watch: Watch) -> None:
    trouble(watch, inference_us=3_000_000)
    one = rule("slow", "inference_time_p95", Threshold(Side.ABOVE, 2000), HOUR)
    (episode,) = tried(watch, one).episodes
    assert episode.peak == pytest.approx(3000, rel=0.02)
