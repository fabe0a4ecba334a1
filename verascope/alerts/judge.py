"""Whether a value is bad, with the reason in words. Pure: evidence in, judgement out."""

from dataclasses import dataclass
from enum import StrEnum
from statistics import median
from typing import assert_never

from verascope.alerts.rule import BurnRate, Change, Condition, Rule, Seasonal, Side, Threshold

MAD_SCALE = 1.4826
"""Makes the median absolute deviation of a normal distribution its standard deviation."""


BUSY = 20
SILENCE = 0.05
"""A season with a median of at least BUSY never allows less than this share of it."""


class Verdict(StrEnum):
    """between: on the good side of the limit, not yet past recovery: an alert keeps what it was."""

    BAD = "bad"
    BETWEEN = "between"
    FINE = "fine"
    NO_DATA = "no-data"
    LEARNING = "learning"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was read for one rule at one moment.

    value: the metric over the window, None when there is none. samples: events it is made of. before: the
    metric over the window before (change). usual: its values at this hour in the weeks before (seasonal).
    good, bad, short_good, short_bad: events of the long and the short window (burn rate).
    """

    value: float | None
    samples: int = 0
    before: float | None = None
    usual: tuple[float, ...] = ()
    good: int = 0
    bad: int = 0
    short_good: int = 0
    short_bad: int = 0


@dataclass(frozen=True, slots=True)
class Judgement:
    """limit: what the value was compared with, in its own unit, None when that wasn't known."""

    verdict: Verdict
    value: float | None
    limit: float | None
    reason: str


def judge(rule: Rule, evidence: Evidence) -> Judgement:
    """Too few samples and missing values are no data, whatever the condition."""
    value = evidence.value
    if evidence.samples < rule.min_samples:
        reason = f"{evidence.samples} of at least {rule.min_samples} samples in the window"
        return Judgement(Verdict.NO_DATA, value, _limit(rule.condition), reason)
    condition = rule.condition
    match condition:
        case BurnRate():
            return _burn(condition, evidence)
        case _ if value is None:
            return Judgement(Verdict.NO_DATA, None, _limit(condition), "no value in the window")
        case Threshold():
            recovery = condition.limit if condition.recovery is None else condition.recovery
            return _compared(value, condition.side, condition.limit, recovery, "the limit")
        case Change():
            return _change(condition, value, evidence.before)
        case Seasonal():
            return _seasonal(condition, value, evidence.usual)
        case _:
            assert_never(condition)


def _limit(condition: Condition) -> float | None:
    return condition.limit if isinstance(condition, Threshold) else None


def _compared(value: float, side: Side, limit: float, recovery: float, what: str) -> Judgement:
    above = side is Side.ABOVE
    if value > limit if above else value < limit:
        verdict, word = Verdict.BAD, side.value
    elif value <= recovery if above else value >= recovery:
        verdict, word = Verdict.FINE, "within"
    else:
        verdict, word = Verdict.BETWEEN, "between recovery and"
    return Judgement(verdict, value, limit, f"{value:g} is {word} {what} {limit:g}")


def _change(condition: Change, value: float, before: float | None) -> Judgement:
    if before is None or before == 0:
        return Judgement(
            Verdict.NO_DATA, value, None, "nothing in the window before to compare with"
        )
    sign = 1 if condition.side is Side.ABOVE else -1
    recovery = (
        condition.percent if condition.recovery_percent is None else condition.recovery_percent
    )
    reach = abs(before) / 100
    found = _compared(
        value,
        condition.side,
        before + sign * condition.percent * reach,
        before + sign * recovery * reach,
        "the limit",
    )
    return Judgement(found.verdict, value, found.limit, f"{found.reason}; {before:g} before")


def _seasonal(condition: Seasonal, value: float, usual: tuple[float, ...]) -> Judgement:
    if len(usual) < condition.weeks:
        reason = f"learning: {len(usual)} of {condition.weeks} weeks known"
        return Judgement(Verdict.LEARNING, value, None, reason)
    middle = median(usual)
    deviation = MAD_SCALE * median(abs(one - middle) for one in usual)
    # Weeks that agree exactly would make any difference infinitely unusual.
    deviation = max(deviation, 0.05 * abs(middle), 1e-9)
    sign = 1 if condition.side is Side.ABOVE else -1
    limit = middle + sign * condition.k * deviation
    if condition.side is Side.BELOW and middle >= BUSY:
        # However much the weeks differ, silence at a busy hour is unusual.
        limit = max(limit, SILENCE * middle)
    recovery = (limit + middle) / 2
    found = _compared(value, condition.side, limit, recovery, "the limit")
    return Judgement(found.verdict, value, limit, f"{found.reason}; usual at this hour {middle:g}")


def _burn(condition: BurnRate, evidence: Evidence) -> Judgement:
    budget = 1 - condition.objective / 100
    total, short = evidence.good + evidence.bad, evidence.short_good + evidence.short_bad
    if not total:
        return Judgement(Verdict.NO_DATA, None, condition.factor, "no events in the window")
    rate = evidence.bad / total / budget
    short_rate = evidence.short_bad / short / budget if short else 0.0
    reason = f"budget burns {rate:.3g}× in the long and {short_rate:.3g}× in the short window"
    if evidence.bad < condition.min_bad:
        few = f"{reason}; {evidence.bad} of at least {condition.min_bad} bad events"
        return Judgement(Verdict.FINE, rate, condition.factor, few)
    if rate > condition.factor and short_rate > condition.factor:
        return Judgement(Verdict.BAD, rate, condition.factor, reason)
    # The short window ends an alert soon after the trouble ends.
    return Judgement(Verdict.FINE, rate, condition.factor, reason)
