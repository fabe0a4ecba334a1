"""The state of one alert, and how a judgement moves it. Pure: no clock, no store.

ok → pending → firing → recovering → ok. A value between limit and recovery moves nothing. An alert that
fires too often within an hour flaps: it stays one alert, told once, until it has been calm.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import assert_never

from verascope.alerts.judge import Judgement, Verdict
from verascope.alerts.rule import NoData, Rule
from verascope.clock import US

FLAPS = 3
FLAP_SECONDS = 3600
CALM_SECONDS = 1800


class Phase(StrEnum):
    """learning counts as ok; error: the rule itself could not be evaluated."""

    OK = "ok"
    PENDING = "pending"
    FIRING = "firing"
    RECOVERING = "recovering"
    NO_DATA = "no-data"
    ERROR = "error"
    FLAPPING = "flapping"


ALARMING = frozenset({Phase.FIRING, Phase.RECOVERING, Phase.FLAPPING})
"""While in one of these an alert is open."""


@dataclass(frozen=True, slots=True)
class State:
    """Where an alert stands since `since_us`.

    bad_since_us, fine_since_us: since when the value has been so without a break, None when it isn't.
    fired_us: the moments it began to fire within the last `FLAP_SECONDS`. last_bad_us: when it was last bad.
    """

    phase: Phase = Phase.OK
    since_us: int = 0
    bad_since_us: int | None = None
    fine_since_us: int | None = None
    fired_us: tuple[int, ...] = ()
    last_bad_us: int | None = None
    reason: str = ""


def advanced(rule: Rule, state: State, judgement: Judgement, now_us: int) -> State:
    """The state after one evaluation; the same phase and `since_us` when nothing changed."""
    match judgement.verdict:
        case Verdict.BAD:
            return _bad(rule, state, judgement.reason, now_us)
        case Verdict.FINE | Verdict.LEARNING:
            return _fine(rule, state, judgement.reason, now_us)
        case Verdict.BETWEEN:
            # Neither streak goes on: "for five minutes" means without a break.
            calm = replace(state, bad_since_us=None, fine_since_us=None, reason=judgement.reason)
            return _to(calm, Phase.OK, now_us) if calm.phase is Phase.PENDING else calm
        case Verdict.NO_DATA:
            return _no_data(rule, state, judgement.reason, now_us)
        case _:
            assert_never(judgement.verdict)


def failed(state: State, reason: str, now_us: int) -> State:
    """The state after an evaluation that could not be made. An open alert stays open."""
    kept = replace(state, bad_since_us=None, fine_since_us=None, reason=reason)
    return kept if state.phase in ALARMING else _to(kept, Phase.ERROR, now_us)


def _bad(rule: Rule, state: State, reason: str, now_us: int) -> State:
    since = now_us if state.bad_since_us is None else state.bad_since_us
    state = replace(
        state, bad_since_us=since, fine_since_us=None, last_bad_us=now_us, reason=reason
    )
    match state.phase:
        case Phase.FIRING | Phase.FLAPPING:
            return state
        case Phase.RECOVERING:
            return _to(state, Phase.FIRING, now_us)
        case _ if now_us - since >= rule.for_seconds * US:
            return _fire(state, now_us)
        case _:
            return _to(state, Phase.PENDING, now_us)


def _fire(state: State, now_us: int) -> State:
    recent = tuple(at for at in state.fired_us if now_us - at < FLAP_SECONDS * US)
    state = replace(state, fired_us=(*recent, now_us))
    return _to(state, Phase.FLAPPING if len(recent) + 1 >= FLAPS else Phase.FIRING, now_us)


def _fine(rule: Rule, state: State, reason: str, now_us: int) -> State:
    since = now_us if state.fine_since_us is None else state.fine_since_us
    state = replace(state, bad_since_us=None, fine_since_us=since, reason=reason)
    match state.phase:
        case Phase.FLAPPING:
            calm = state.last_bad_us is None or now_us - state.last_bad_us >= CALM_SECONDS * US
            return _to(state, Phase.OK, now_us) if calm else state
        case Phase.FIRING | Phase.RECOVERING:
            is_over = now_us - since >= rule.recover_seconds * US
            return _to(state, Phase.OK if is_over else Phase.RECOVERING, now_us)
        case _:
            return _to(state, Phase.OK, now_us)


def _no_data(rule: Rule, state: State, reason: str, now_us: int) -> State:
    match rule.no_data:
        case NoData.BAD:
            return _bad(rule, state, reason, now_us)
        case NoData.FINE:
            return _fine(rule, state, reason, now_us)
        case NoData.KEEP:
            kept = replace(state, bad_since_us=None, fine_since_us=None, reason=reason)
            return kept if state.phase in ALARMING else _to(kept, Phase.NO_DATA, now_us)
        case _:
            assert_never(rule.no_data)


def _to(state: State, phase: Phase, now_us: int) -> State:
    return state if state.phase is phase else replace(state, phase=phase, since_us=now_us)
