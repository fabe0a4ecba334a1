"""Rules over a real store, with a clock that tests move."""

import json
import threading
from collections.abc import Collection, Mapping
from typing import Any

import pytest
from sqlalchemy import Connection, update

from tests.alerts.watch import Watch, rule
from verascope.alerts import state_store
from verascope.alerts.evidence import Found, Read
from verascope.alerts.rule import BurnRate, Change, NoData, Seasonal, Side, Threshold
from verascope.clock import DAY, HOUR, MINUTE, US
from verascope.store.alert_tables import alert_rules, alert_states, alert_transitions


def test_an_error_rate_above_its_limit_fires_and_resolves(watch: Watch) -> None:
    watch.rules(rule())
    watch.minutes(3, good=20)
    assert watch.phase() == "ok"
    watch.minutes(2, good=10, bad=10)
    assert watch.phase() == "firing"
    watch.minutes(6, good=20)
    assert watch.phase() == "ok"
    assert watch.steps() == [("ok", "firing"), ("firing", "ok")]


def test_an_episode_is_one_row_of_the_table_that_other_tools_read(watch: Watch) -> None:
    watch.rules(rule(title="High error rate"))
    watch.minutes(2, good=10, bad=10)
    (row,) = watch.episodes()
    assert (row.alert_type, row.severity, row.resolved) == ("errors", "warning", 0)
    assert (row.metric_value, row.threshold_value) == (50.0, 5.0)
    assert row.message == "High error rate: 50 is above the limit 5"
    opened = row.alert_id
    watch.minutes(6, good=20)
    (row,) = watch.episodes()
    assert (row.resolved, row.alert_id) == (1, opened)
    assert row.timestamp < row.resolved_at < watch.house.now_us
    ids = {one.alert_id for one in watch.rows(alert_transitions)}
    assert ids == {opened}


def test_it_fires_after_its_duration_and_resolves_after_its_recovery(watch: Watch) -> None:
    watch.rules(rule(for_seconds=120, recover_seconds=180))
    watch.minutes(2, bad=20)
    assert watch.phase() == "pending"
    watch.minutes(1, bad=20)
    assert watch.phase() == "firing"
    watch.minutes(5, good=200)
    assert watch.phase() == "recovering"
    watch.minutes(3, good=200)
    assert watch.steps() == [
        ("ok", "pending"), ("pending", "firing"), ("firing", "recovering"), ("recovering", "ok"),
    ]  # fmt: skip


def test_between_limit_and_recovery_an_alert_stays_what_it_was(watch: Watch) -> None:
    watch.rules(rule(window_seconds=60, condition=Threshold(Side.ABOVE, 5, 2)))
    watch.predictions(good=90, bad=10)
    watch.evaluate()
    watch.house.now_us += MINUTE * US
    watch.predictions(good=97, bad=3)
    watch.evaluate()
    assert watch.phase() == "firing"
    watch.house.now_us += MINUTE * US
    watch.predictions(good=99, bad=1)
    watch.evaluate()
    assert watch.phase() == "ok"


def test_a_restart_keeps_the_streak_and_the_open_episode(watch: Watch) -> None:
    watch.rules(rule(for_seconds=180))
    watch.minutes(2, bad=20)
    watch.restart()
    watch.minutes(2, bad=20)
    assert watch.phase() == "firing"
    (before,) = watch.episodes()
    watch.restart()
    watch.minutes(2, bad=20)
    (after,) = watch.episodes()
    assert before.alert_id == after.alert_id
    assert watch.steps() == [("ok", "pending"), ("pending", "firing")]


def test_too_few_predictions_are_no_data(watch: Watch) -> None:
    watch.rules(rule(min_samples=20))
    watch.minutes(1, good=3, bad=3)
    assert watch.phase() == "no-data"
    assert watch.reason() == "6 of at least 20 samples in the window"


@pytest.mark.parametrize(
    ("no_data", "quiet", "open_one"),
    [
        (NoData.KEEP, "no-data", "firing"),
        (NoData.FINE, "ok", "ok"),
        (NoData.BAD, "firing", "firing"),
    ],
)
def test_what_silence_does_is_the_rules_choice(
    watch: Watch, no_data: NoData, quiet: str, open_one: str
) -> None:
    watch.rules(rule(no_data=no_data))
    watch.after(0)
    assert watch.phase() == quiet
    watch.minutes(2, bad=20)
    assert watch.phase() == "firing"
    watch.minutes(10)
    assert watch.phase() == open_one


def test_a_burning_budget_needs_both_windows_and_enough_bad_events(watch: Watch) -> None:
    burn = BurnRate(objective=99, factor=10, short_seconds=300, min_bad=5)
    watch.rules(rule(condition=burn, window_seconds=3600))
    watch.minutes(2, good=1, bad=2)
    assert watch.phase() == "ok"
    assert "4 of at least 5 bad events" in watch.reason()
    watch.minutes(3, good=1, bad=2)
    assert watch.phase() == "firing"
    watch.minutes(6, good=2)
    assert watch.phase() == "ok"


def test_a_change_is_measured_against_the_window_before(watch: Watch) -> None:
    change = Change(Side.ABOVE, percent=200)
    watch.rules(rule("surge", "total_predictions", change, window_seconds=600))
    watch.minutes(20, good=2)
    assert watch.phase("surge") == "ok"
    watch.minutes(11, good=20)
    assert watch.phase("surge") == "firing"


def test_a_season_is_learned_for_three_weeks_and_then_judges(watch: Watch) -> None:
    watch.rules(
        rule("spike", "total_predictions", Seasonal(Side.ABOVE, k=6, weeks=3), window_seconds=3600)
    )
    start = watch.house.now_us
    # The house's own start is a change of clocks in Europe; UTC has none.
    for week in range(5):
        for day in range(7):
            at = start + (week * 7 + day) * DAY * US
            watch.house.add_all(watch.made(50, timestamp_us=at - 30 * MINUTE * US))
    watch.house.now_us = start + 7 * DAY * US
    watch.evaluate()
    assert watch.phase("spike") == "ok"
    assert watch.reason("spike") == "learning: 1 of 3 weeks known"
    watch.house.now_us = start + 28 * DAY * US
    watch.evaluate()
    assert "usual at this hour 50" in watch.reason("spike")
    watch.predictions(200, timestamp_us=watch.house.now_us - 5 * MINUTE * US)
    watch.after(60)
    assert watch.phase("spike") == "firing"


def test_silence_at_a_usually_busy_hour_is_noticed(watch: Watch) -> None:
    condition = Seasonal(Side.BELOW, k=6, weeks=3)
    watch.rules(rule("silence", "total_predictions", condition, window_seconds=3600))
    start = watch.house.now_us
    for week, n in enumerate((80, 40, 60, 90)):
        at = start + (week * 7 * DAY - HOUR // 2) * US
        watch.house.add_all(watch.made(n, timestamp_us=at))
    watch.house.now_us = start + 28 * DAY * US
    watch.evaluate()
    assert watch.phase("silence") == "firing"


def test_rules_with_filters_see_only_what_matches(watch: Watch) -> None:
    watch.rules(
        rule("of_acme", filters={"client": ("acme",)}),
        rule("of_globex", filters={"client": ("globex",)}),
        rule("of_both", filters={"client": ("acme", "globex")}),
        rule("of_german_kyc", filters={"country": ("DE",), "use_case": ("kyc",)}),
    )
    watch.predictions(good=100, client="acme", client_key="acme")
    watch.predictions(good=90, bad=10, client="globex", client_key="globex", use_case="kyc")
    watch.evaluate()
    values = {row.rule: row.value for row in watch.rows(alert_states) if row.rule in
              ("of_acme", "of_globex", "of_both", "of_german_kyc")}  # fmt: skip
    assert values == {"of_acme": 0.0, "of_globex": 10.0, "of_both": 5.0, "of_german_kyc": 10.0}


def test_a_metric_that_was_not_measured_has_a_reason_and_no_alert(watch: Watch) -> None:
    watch.rules()
    watch.evaluate()
    with watch.house.database.writing() as connection:
        connection.execute(
            alert_rules.update()
            .where(alert_rules.c.tenant_id == watch.tenant_id, alert_rules.c.name == "known_answer")
            .values(rule=_enabled(connection, watch.tenant_id, "known_answer"))
        )
    watch.evaluate()
    assert watch.phase("known_answer") == "no-data"
    assert watch.reason("known_answer") == "nothing was measured in the window"


def _enabled(connection: Connection, tenant_id: int, name: str) -> str:
    stored = connection.execute(
        alert_rules.select().where(alert_rules.c.tenant_id == tenant_id, alert_rules.c.name == name)
    ).one()
    return json.dumps(json.loads(stored.rule) | {"enabled": True})


def test_one_bad_rule_ends_in_error_and_the_others_go_on(watch: Watch) -> None:
    watch.rules(rule(), rule("broken"))
    with watch.house.database.writing() as connection:
        connection.execute(
            update(alert_rules)
            .where(alert_rules.c.tenant_id == watch.tenant_id, alert_rules.c.name == "broken")
            .values(rule='{"name": "broken", "window_seconds": -1}')
        )
    watch.minutes(2, bad=20)
    assert (watch.phase(), watch.phase("broken")) == ("firing", "error")
    assert "window_seconds" in watch.reason("broken")


def test_a_source_that_fails_takes_only_its_own_rules_with_it(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    (first, *_) = watch.sources.all
    plain: Any = first

    def read(
        connection: Connection, tenant_id: int, reads: Collection[Read]
    ) -> Mapping[Read, Found]:
        if any(one.metric == "avg_confidence" for one in reads):
            raise OSError("the disk is gone")
        return original(connection, tenant_id, reads)

    original = plain.read
    monkeypatch.setattr(plain, "read", read)
    watch.rules(rule(), rule("sick", "avg_confidence"))
    watch.minutes(2, bad=20)
    assert (watch.phase(), watch.phase("sick")) == ("firing", "error")
    assert watch.reason("sick") == "the disk is gone"


def test_an_open_alert_ends_when_its_rule_is_switched_off(watch: Watch) -> None:
    watch.rules(rule())
    watch.minutes(2, bad=20)
    watch.rules(rule(is_enabled=False))
    watch.after(5)
    assert watch.phase() is None
    (row,) = watch.episodes()
    assert row.resolved == 1
    assert watch.steps()[-1] == ("firing", "ok")


def test_an_edited_rule_is_evaluated_at_once(watch: Watch) -> None:
    watch.rules(rule(window_seconds=7200, condition=Threshold(Side.ABOVE, 50)))
    watch.predictions(good=80, bad=20)
    watch.evaluate()
    assert watch.phase() == "ok"
    watch.rules(rule(window_seconds=7200, condition=Threshold(Side.ABOVE, 10)))
    watch.after(5)
    assert watch.phase() == "firing"


def test_a_state_change_is_one_transaction(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a kill in the middle leaves: nothing of the change, so that the next start makes all of it."""
    watch.rules(rule())
    watch.predictions(bad=20, good=0)
    whole = state_store._Changes.write

    def torn(self: Any, connection: Connection) -> int:
        whole(self, connection)
        raise KeyboardInterrupt

    monkeypatch.setattr(state_store._Changes, "write", torn)
    with pytest.raises(KeyboardInterrupt):
        watch.evaluate()
    assert (watch.phases(), watch.episodes(), watch.steps()) == ({}, [], [])
    monkeypatch.setattr(state_store._Changes, "write", whole)
    watch.restart()
    watch.evaluate()
    assert (watch.phase(), len(watch.episodes())) == ("firing", 1)


def test_an_evaluation_never_overlaps_itself(watch: Watch) -> None:
    watch.rules(rule())
    inside, go_on = threading.Event(), threading.Event()
    original = watch.sources.read

    def slow(*args: Any) -> Any:
        inside.set()
        go_on.wait(30)
        return original(*args)

    watch.sources.read = slow  # type: ignore[method-assign]
    first = threading.Thread(target=watch.evaluate)
    first.start()
    assert inside.wait(30)
    assert watch.evaluator.run(watch.house.now_us) is None
    go_on.set()
    first.join()


@pytest.mark.slow
def test_five_hundred_crossings_are_three_episodes(watch: Watch) -> None:
    watch.rules(rule(window_seconds=60))
    for crossing in range(500):
        watch.predictions(good=20, bad=20 * (crossing % 2))
        watch.evaluate()
        watch.house.now_us += MINUTE * US
    for _ in range(32):
        watch.predictions(good=20)
        watch.evaluate()
        watch.house.now_us += MINUTE * US
    assert len(watch.episodes()) == 3
    assert watch.phase() == "ok"


@pytest.mark.slow
def test_thirty_days_of_rules_keep_every_episode(watch: Watch) -> None:
    """Six hours of trouble each day, seen every hour for thirty days, with a restart in the middle of it."""
    watch.rules(
        rule(window_seconds=3600, for_seconds=3600),
        rule("loose", condition=Threshold(Side.ABOVE, 90)),
    )
    start = watch.house.now_us
    new = []
    for hour in range(30 * 24):
        bad = 5 if hour % 24 < 6 else 0
        new += watch.made(10 - bad, bad, timestamp_us=start + hour * HOUR * US)
    watch.house.add_all(new)
    for hour in range(30 * 24):
        watch.house.now_us = start + hour * HOUR * US
        if hour % 24 == 3:
            watch.restart()
        watch.evaluate()
    rows = watch.episodes()
    assert len(rows) == 30
    assert all(row.resolved for row in rows)
    assert watch.steps("loose") == []


def test_an_idle_evaluation_writes_nothing_for_a_while(watch: Watch) -> None:
    watch.rules(rule())
    watch.minutes(1, good=20)
    (before,) = [row for row in watch.rows(alert_states) if row.rule == "errors"]
    watch.after(5)
    (after,) = [row for row in watch.rows(alert_states) if row.rule == "errors"]
    assert after.evaluated_at == before.evaluated_at
    watch.after(15)
    (later,) = [row for row in watch.rows(alert_states) if row.rule == "errors"]
    assert later.evaluated_at > before.evaluated_at
