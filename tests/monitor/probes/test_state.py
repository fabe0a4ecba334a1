"""Flap control: pure, one check after another."""

from hypothesis import given
from hypothesis import strategies as st

from verascope.clock import US
from verascope.monitor.probes.state import Limits, Phase, State, advance, first, next_due

LIMITS = Limits(fail_after=3, ok_after=2)


def after(*checks: bool, start: State | None = None, in_maintenance: bool = False) -> State:
    state = start or first(0)
    for number, ok in enumerate(checks, 1):
        state = advance(state, ok, LIMITS, number * US, in_maintenance=in_maintenance)
    return state


def test_the_first_success_makes_it_up() -> None:
    assert after(True) == State(Phase.UP, US, 0, 1)


def test_before_enough_failures_a_new_probe_is_unknown() -> None:
    assert after(False, False).phase is Phase.UNKNOWN
    assert after(False, False, False) == State(Phase.DOWN, 3 * US, 3, 0)


def test_failures_apart_from_each_other_never_make_it_down() -> None:
    assert after(True, *(False, False, True) * 20).phase is Phase.UP


def test_down_ends_after_enough_successes_in_a_row() -> None:
    down = after(False, False, False)
    assert after(True, start=down).phase is Phase.DOWN
    assert after(True, False, True, start=down).phase is Phase.DOWN
    assert after(True, True, start=down) == State(Phase.UP, 2 * US, 0, 2)


def test_since_is_when_the_phase_began() -> None:
    assert after(True, True, True, False, False).since_us == US


def test_in_maintenance_failures_count_for_nothing_and_successes_do() -> None:
    up = after(True, False, False)
    kept = after(*(False,) * 10, start=up, in_maintenance=True)
    assert (kept.phase, kept.failures_in_a_row) == (Phase.UP, 0)
    down = after(False, False, False)
    assert after(False, start=down, in_maintenance=True).phase is Phase.DOWN
    assert after(True, True, start=down, in_maintenance=True).phase is Phase.UP


@given(st.lists(st.booleans(), max_size=40), st.integers(1, 5), st.integers(1, 5))
def test_it_is_down_only_after_a_run_of_failures(checks: list[bool], fail: int, ok: int) -> None:
    state, run, good = first(0), 0, 0
    for number, is_ok in enumerate(checks):
        before = state.phase
        state = advance(state, is_ok, Limits(fail, ok), number)
        run, good = (0, good + 1) if is_ok else (run + 1, 0)
        assert (state.failures_in_a_row, state.successes_in_a_row) == (run, good)
        if state.phase is not before:
            assert (
                run >= fail if state.phase is Phase.DOWN else good >= ok or before is Phase.UNKNOWN
            )


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(10, 3600), st.floats(0, 1))
def test_the_next_check_is_always_to_come_and_near_an_interval_away(
    due: int, late: int, interval: int, chance: float
) -> None:
    now = due + late
    found = next_due(due, now, interval, chance)
    assert now < found <= now + round(interval * 1.05)


def test_probes_made_together_drift_apart() -> None:
    assert next_due(0, 0, 100, 0.0) == 95
    assert next_due(0, 0, 100, 1.0) == 105
