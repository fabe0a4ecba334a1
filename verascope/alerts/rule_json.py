"""A rule as JSON: what the API takes and shows, and what is stored.

`parse` looks at everything before it refuses, so that a caller sees all wrong values at once.
"""

import difflib
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from verascope.alerts.rule import (
    BurnRate,
    Change,
    Condition,
    NoData,
    Rule,
    Seasonal,
    Side,
    Threshold,
)
from verascope.clock import DAY, MINUTE
from verascope.errors import FieldError, Invalid, shown
from verascope.metrics import DIMENSIONS, VALUES, Metric, Unit
from verascope.records import Severity

KINDS = ("threshold", "change", "seasonal", "burn_rate")
LONGEST_WINDOW = 31 * DAY
LONGEST_WAIT = 7 * DAY
MAX_FILTER_VALUES = 200
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_FIELDS = (
    "name", "title", "group", "metric", "filters", "severity", "condition", "window_seconds", "for_seconds",
    "recover_seconds", "min_samples", "no_data", "enabled",
)  # fmt: skip


def to_json(rule: Rule) -> dict[str, Any]:
    """Every field of the rule; `parse` reads it back."""
    return {
        "name": rule.name,
        "title": rule.title,
        "group": rule.group,
        "metric": rule.metric,
        "filters": {name: list(values) for name, values in rule.filters.items()},
        "severity": rule.severity.value,
        "condition": condition_json(rule.condition),
        "window_seconds": rule.window_seconds,
        "for_seconds": rule.for_seconds,
        "recover_seconds": rule.recover_seconds,
        "min_samples": rule.min_samples,
        "no_data": rule.no_data.value,
        "enabled": rule.is_enabled,
    }


def condition_json(condition: Condition) -> dict[str, Any]:
    match condition:
        case Threshold():
            return {
                "kind": "threshold",
                "side": condition.side.value,
                "limit": condition.limit,
                "recovery": condition.recovery,
            }
        case Change():
            return {
                "kind": "change",
                "side": condition.side.value,
                "percent": condition.percent,
                "recovery_percent": condition.recovery_percent,
            }
        case Seasonal():
            return {
                "kind": "seasonal",
                "side": condition.side.value,
                "k": condition.k,
                "weeks": condition.weeks,
            }
        case BurnRate():
            return {
                "kind": "burn_rate",
                "objective": condition.objective,
                "factor": condition.factor,
                "short_seconds": condition.short_seconds,
                "min_bad": condition.min_bad,
            }


def parse(mapping: Mapping[str, object], metrics: Mapping[str, Metric]) -> Rule:
    """The rule in a JSON object. metrics: those that can be watched.

    Raises Invalid with every wrong field, named by its path (`condition.limit`).
    """
    return _Reading(mapping, metrics).rule()


def near(name: str, known: Sequence[str] | Mapping[str, object]) -> str:
    """How to name what was perhaps meant."""
    found = difflib.get_close_matches(name, list(known), n=3, cutoff=0.5)
    meant = f"did you mean {' or '.join(found)}? " if found else ""
    return f"{meant}known are {', '.join(sorted(known))}"


T = TypeVar("T", Severity, Side, NoData)


class _Reading:
    """One pass over a JSON object that notes every problem and goes on."""

    def __init__(self, mapping: Mapping[str, object], metrics: Mapping[str, Metric]) -> None:
        self._given = mapping
        self._metrics = metrics
        self._problems: list[FieldError] = []

    def rule(self) -> Rule:
        given = self._given
        for name in given:
            if name not in _FIELDS:
                self._refuse(str(name), given[name], f"known fields are {', '.join(_FIELDS)}")
        name = self._text("name", given, 64)
        if name and not _NAME.fullmatch(name):
            accepted = "lower-case letters, digits and _, the first a letter, at most 64"
            self._refuse("name", name, accepted)
        group = self._text("group", given, 64, default="custom")
        if not _NAME.fullmatch(group):
            accepted = "lower-case letters, digits and _, such as system, performance, business"
            self._refuse("group", group, accepted)
        metric = self._metric()
        window = self._whole(
            "window_seconds", given, MINUTE, LONGEST_WINDOW, multiple=MINUTE, required=True
        )
        condition = self._condition(window)
        rule = Rule(
            name=name,
            group=group,
            metric=metric,
            severity=self._choice("severity", given, Severity, None),
            condition=condition,
            window_seconds=window,
            title=self._text("title", given, 120, default="") or name,
            filters=self._filters(metric),
            for_seconds=self._whole("for_seconds", given, 0, LONGEST_WAIT),
            recover_seconds=self._whole("recover_seconds", given, 0, LONGEST_WAIT),
            min_samples=self._whole("min_samples", given, 0, 1_000_000_000),
            no_data=self._choice("no_data", given, NoData, NoData.KEEP),
            is_enabled=self._boolean("enabled", given, default=True),
        )
        if self._problems:
            raise Invalid(*self._problems)
        return rule

    def _refuse(self, path: str, value: object, accepted: str) -> None:
        self._problems.append(FieldError(path, shown(value), accepted))

    def _text(
        self, path: str, given: Mapping[str, object], longest: int, default: str | None = None
    ) -> str:
        value = given.get(path, default)
        least = 1 if default is None else 0
        if isinstance(value, str) and least <= len(value) <= longest and value.isprintable():
            return value.strip()
        self._refuse(path, value, f"a text of {least} to {longest} characters in one line")
        return default or ""

    def _metric(self) -> str:
        value = self._given.get("metric")
        if not isinstance(value, str) or value not in self._metrics:
            self._refuse("metric", value, near(str(value), self._metrics))
            return ""
        return value

    def _filters(self, metric: str) -> dict[str, tuple[str, ...]]:
        value = self._given.get("filters")
        if value is None or value == {}:
            return {}
        entry = self._metrics.get(metric)
        known = tuple(DIMENSIONS) if entry is None else entry.filters
        if not isinstance(value, Mapping):
            self._refuse("filters", value, f"an object with keys out of {', '.join(known)}")
            return {}
        if not known:
            self._refuse("filters", dict(value), f"nothing: {metric} can't be filtered")
            return {}
        found = {}
        for name, values in value.items():
            path = f"filters.{name}"
            is_list = isinstance(values, list | tuple) and 1 <= len(values) <= MAX_FILTER_VALUES
            if name not in known:
                self._refuse(path, values, near(str(name), known))
            elif not is_list or not all(isinstance(one, str) for one in values):
                self._refuse(path, values, f"a list of 1 to {MAX_FILTER_VALUES} texts")
            elif name in VALUES and not set(values) <= set(VALUES[name]):
                self._refuse(path, values, near(str(values), VALUES[name]))
            else:
                found[str(name)] = tuple(dict.fromkeys(values))
        return found

    def _condition(self, window: int) -> Condition:
        value = self._given.get("condition")
        nothing = Threshold(Side.ABOVE, 0)
        if not isinstance(value, Mapping):
            self._refuse("condition", value, f"an object with kind {', '.join(KINDS)}")
            return nothing
        fields = {
            "threshold": ("side", "limit", "recovery"),
            "change": ("side", "percent", "recovery_percent"),
            "seasonal": ("side", "k", "weeks"),
            "burn_rate": ("objective", "factor", "short_seconds", "min_bad"),
        }
        kind = value.get("kind")
        if not isinstance(kind, str) or kind not in fields:
            self._refuse("condition.kind", kind, f"one of {', '.join(KINDS)}")
            return nothing
        for name in value:
            if name not in ("kind", *fields[kind]):
                accepted = f"fields of {kind} are {', '.join(fields[kind])}"
                self._refuse(f"condition.{name}", value[name], accepted)
        if kind == "threshold":
            return self._threshold(value)
        if kind == "change":
            return self._change(value)
        if kind == "seasonal":
            return Seasonal(
                self._choice("condition.side", value, Side, None),
                self._number("condition.k", value, 0.5, 100, default=4.0),
                self._whole("condition.weeks", value, 2, 8, default=3),
            )
        return self._burn_rate(value, window)

    def _threshold(self, value: Mapping[str, object]) -> Threshold:
        side = self._choice("condition.side", value, Side, None)
        limit = self._number("condition.limit", value, -1e15, 1e15)
        recovery = None
        if value.get("recovery") is not None:
            recovery = self._number("condition.recovery", value, -1e15, 1e15)
            above = side is Side.ABOVE
            if recovery > limit if above else recovery < limit:
                accepted = f"{'at most' if above else 'at least'} the limit {limit:g}"
                self._refuse("condition.recovery", recovery, accepted)
        return Threshold(side, limit, recovery)

    def _change(self, value: Mapping[str, object]) -> Change:
        side = self._choice("condition.side", value, Side, None)
        most = 1e9 if side is Side.ABOVE else 100.0
        percent = self._number("condition.percent", value, 0.1, most)
        recovery = None
        if value.get("recovery_percent") is not None:
            recovery = self._number("condition.recovery_percent", value, 0, percent)
        return Change(side, percent, recovery)

    def _burn_rate(self, value: Mapping[str, object], window: int) -> BurnRate:
        entry = self._metrics.get(str(self._given.get("metric")))
        if entry is not None and entry.unit is not Unit.PERCENT:
            self._refuse("metric", entry.name, "a metric in percent, for a burn rate")
        short = self._whole(
            "condition.short_seconds", value, MINUTE, LONGEST_WINDOW, multiple=MINUTE, required=True
        )
        if short >= window > 0:
            accepted = f"less than window_seconds ({window})"
            self._refuse("condition.short_seconds", short, accepted)
        objective = self._number("condition.objective", value, 0, 99.9999)
        return BurnRate(
            objective,
            self._number("condition.factor", value, 0.01, 1e6),
            short,
            self._whole("condition.min_bad", value, 1, 1_000_000_000, default=5),
        )

    def _number(
        self,
        path: str,
        given: Mapping[str, object],
        least: float,
        most: float,
        default: float | None = None,
    ) -> float:
        value = given.get(path.rpartition(".")[2], default)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if is_number and math.isfinite(value) and least <= value <= most:  # type: ignore[arg-type, operator]
            return float(value)  # type: ignore[arg-type]
        self._refuse(path, value, f"a number from {least:g} to {most:g}")
        return default if default is not None else most

    def _whole(
        self,
        path: str,
        given: Mapping[str, object],
        least: int,
        most: int,
        *,
        default: int = 0,
        multiple: int = 1,
        required: bool = False,
    ) -> int:
        value = given.get(path.rpartition(".")[2], None if required else default)
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        if is_whole and least <= value <= most and value % multiple == 0:  # type: ignore[operator]
            return value  # type: ignore[return-value]
        of = f", a multiple of {multiple}" if multiple > 1 else ""
        self._refuse(path, value, f"a whole number from {least} to {most}{of}")
        return default

    def _boolean(self, path: str, given: Mapping[str, object], *, default: bool) -> bool:
        value = given.get(path, default)
        if isinstance(value, bool):
            return value
        self._refuse(path, value, "true or false")
        return default

    def _choice(
        self, path: str, given: Mapping[str, object], choices: type[T], default: T | None
    ) -> T:
        value = given.get(path.rpartition(".")[2])
        if value is None and default is not None:
            return default
        for choice in choices:
            if value == choice.value:
                return choice
        self._refuse(path, value, f"one of {', '.join(choice.value for choice in choices)}")
        return next(iter(choices))
