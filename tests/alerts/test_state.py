"""How judgements move an alert, a minute at a time."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verascope.alerts.judge import Judgement, Verdict
from verascope.alerts.rule import NoData, Rule, Side, Threshold
from verascope.alerts.state import ALARMING, FLAPS, Phase, State, advanced, failed
from verascope.clock import US
from verascope.records import Severity

MINUTE = 60 * US
RULE = Rule("r", "performance", "error_rate", Severity.WARNING, Threshold(Side.ABOVE, 5), 300)


def walked(rule: Rule, verdicts: str, state: State | None = None) -> list[Phase]:
    """The phases after each verdict, a minute apart: b bad, - between, f fine, n no data."""
    meaning = {"b": Verdict.BAD, "-": Verdict.BETWEEN, "f": Verdict.FINE, "n": Verdict.NO_DATA}
    state, phases = state or State(), []
    for minute, letter in enumerate(verdicts):
        state = advanced(rule, state, Judgement(meaning[letter], 1.0, 5.0, letter), minute * MINUTE)
        phases.append(state.phase)
    return phases


def with_times(
    for_minutes: int = 0, recover_minutes: int = 0, no_data: NoData = NoData.KEEP
) -> Rule:
    return dataclasses.replace(
        RULE, for_seconds=60 * for_minutes, recover_seconds=60 * recover_minutes, no_data=no_data
    )


def test_without_a_duration_it_fires_and_resolves_at_once() -> None:
    assert walked(RULE, "fbbf") == [Phase.OK, Phase.FIRING, Phase.FIRING, Phase.OK]


def test_it_fires_only_when_bad_for_the_whole_duration() -> None:
    assert walked(with_times(2), "bbb") == [Phase.PENDING, Phase.PENDING, Phase.FIRING]
    assert walked(with_times(2), "bbfbb")[-1] is Phase.PENDING


def test_a_value_between_limit_and_recovery_ends_the_streak_but_not_the_alert() -> None:
    assert walked(with_times(2), "bb-bb")[-1] is Phase.PENDING
    assert walked(RULE, "b-----")[-1] is Phase.FIRING


def test_it_resolves_only_after_good_windows_without_a_break() -> None:
    rule = with_times(recover_minutes=2)
    assert walked(rule, "bfff") == [Phase.FIRING, Phase.RECOVERING, Phase.RECOVERING, Phase.OK]
    assert walked(rule, "bffbff")[-2:] == [Phase.RECOVERING, Phase.RECOVERING]


def test_recovering_turns_back_to_firing_without_a_new_alert() -> None:
    rule = with_times(recover_minutes=5)
    state = State()
    for minute, verdict in enumerate((Verdict.BAD, Verdict.FINE, Verdict.BAD)):
        state = advanced(rule, state, Judgement(verdict, 1, 5, ""), minute * MINUTE)
    assert state.phase is Phase.FIRING
    assert len(state.fired_us) == 1


@pytest.mark.parametrize(
    ("no_data", "quiet", "firing"),
    [
        (NoData.KEEP, Phase.NO_DATA, Phase.FIRING),
        (NoData.FINE, Phase.OK, Phase.OK),
        (NoData.BAD, Phase.FIRING, Phase.FIRING),
    ],
)
def test_what_missing_data_do_is_the_rules_choice(
    no_data: NoData, quiet: Phase, firing: Phase
) -> None:
    rule = with_times(no_data=no_data)
    assert walked(rule, "fn")[-1] is quiet
    assert walked(rule, "bn")[-1] is firing


def test_a_rule_that_can_not_be_evaluated_says_so_and_keeps_an_open_alert_open() -> None:
    assert failed(State(), "no such metric", MINUTE).phase is Phase.ERROR
    firing = State(Phase.FIRING, since_us=5)
    assert failed(firing, "timeout", MINUTE) == dataclasses.replace(firing, reason="timeout")


def test_the_phase_keeps_the_moment_it_began() -> None:
    state = advanced(RULE, State(), Judgement(Verdict.BAD, 1, 5, ""), 3 * MINUTE)
    state = advanced(RULE, state, Judgement(Verdict.BAD, 1, 5, ""), 9 * MINUTE)
    assert state.since_us == 3 * MINUTE


def test_a_metric_that_crosses_its_limit_again_and_again_flaps_until_it_is_calm() -> None:
    phases = walked(RULE, "bf" * 250 + "f" * 60)
    began = [
        phase
        for before, phase in zip([Phase.OK, *phases], phases, strict=False)
        if phase is not before and phase in (Phase.FIRING, Phase.FLAPPING)
    ]
    assert began == [Phase.FIRING] * (FLAPS - 1) + [Phase.FLAPPING]
    assert phases[-1] is Phase.OK


@given(st.lists(st.sampled_from("b-fn"), max_size=200), st.integers(0, 5), st.integers(0, 5))
def test_an_alert_never_opens_without_a_bad_value_now(
    letters: list[str], for_minutes: int, recover_minutes: int
) -> None:
    phases = walked(with_times(for_minutes, recover_minutes), "".join(letters))
    for letter, before, phase in zip(letters, [Phase.OK, *phases], phases, strict=False):
        if phase in ALARMING and before not in ALARMING:
            assert letter == "b"
