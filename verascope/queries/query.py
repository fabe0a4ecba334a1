"""The question as a value: what `/api/v1/query` takes, what the dashboard asks, what exports and reports are made of.

`parse` (JSON) and `from_params` (a URL) check everything before they refuse, so that a caller sees all wrong
values at once. A Query holds no instant of its own: `span.resolve` turns it into instants.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar, cast

from verascope import clock
from verascope.clock import Grain, Range
from verascope.errors import FieldError, Invalid, shown
from verascope.metrics import DIMENSIONS, ELSEWHERE, MEASURES, METRICS, VALUES

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000
MAX_DIMENSIONS = 2
MAX_FILTER_VALUES = 200
FIRST_YEAR_US = clock.from_iso("start", "1970-01-01T00:00:00Z")
LAST_YEAR_US = clock.from_iso("end", "2200-01-01T00:00:00Z")


class Unit(StrEnum):
    """What `Last` counts in."""

    DAYS = "days"
    HOURS = "hours"
    MINUTES = "minutes"


LONGEST = {Unit.DAYS: 400, Unit.HOURS: 9600, Unit.MINUTES: 1440}


@dataclass(frozen=True, slots=True)
class Last:
    """The last n days, hours or minutes of the tenant's clock, the present one included."""

    n: int
    unit: Unit


@dataclass(frozen=True, slots=True)
class Everything:
    """From the tenant's first prediction on."""


Asked = Last | Range | Everything


class Compare(StrEnum):
    """previous: the range of equal length just before. weekdays: the same range some whole weeks earlier."""

    PREVIOUS = "previous"
    WEEKDAYS = "weekdays"


AUTO = "auto"
"""The interval that leaves the choice to `span.fitting`."""


@dataclass(frozen=True, slots=True)
class Query:
    """One question.

    filters: dimension → accepted values; a prediction must match every dimension named.
    order_by: a metric of the question, its dimension, either with `-` for descending; None orders by the
    first metric, most first. limit: how many groups are shown; buckets are never cut.
    histograms: names of `metrics.MEASURES`. is_auto: the interval is chosen by the length of the range.
    """

    metrics: tuple[str, ...]
    dimensions: tuple[str, ...] = ()
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    range: Asked = Last(30, Unit.DAYS)
    interval: Grain | None = None
    compare: Compare | None = None
    order_by: str | None = None
    limit: int = DEFAULT_LIMIT
    histograms: tuple[str, ...] = ()
    is_auto: bool = False


def parse(mapping: Mapping[str, object]) -> Query:
    """The question in a JSON object. Raises Invalid with every wrong field, named by its path (`range.days`)."""
    return _Reading(mapping).query()


def from_params(items: Iterable[tuple[str, str]]) -> Query:
    """The question in a URL; a dimension's name is its filter and may be repeated. Raises Invalid as `parse` does."""
    problems: list[FieldError] = []
    filters: dict[str, list[str]] = {}
    asked: dict[str, object] = {}
    mapping: dict[str, object] = {}
    for name, text in items:
        if name in DIMENSIONS:
            filters.setdefault(name, []).append(text)
            continue
        place = asked if name in _RANGES else mapping
        if name in place:
            problems.append(FieldError(name, shown(text), "given once"))
        place[name] = _typed(name, text)
    if filters:
        mapping["filters"] = filters
    if asked:
        mapping["range"] = asked
    try:
        query = parse(mapping)
    except Invalid as invalid:
        problems += [
            FieldError(
                one.field.removeprefix("range.").removeprefix("filters."), one.value, one.accepted
            )
            for one in invalid.fields
        ]
    if problems:
        raise Invalid(*problems)
    return query


def _typed(name: str, text: str) -> object:
    """The JSON value a parameter's text stands for; text that is none stays text and is refused by `parse`."""
    if name in ("metrics", "dimensions", "histograms"):
        return [part for part in text.split(",") if part]
    if name == "all":
        return True if text == "true" else text
    if name == "limit" or name in LONGEST:
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text
    if name in ("interval", "compare", "order_by"):
        return text or None
    return text


_FIELDS = (
    "metrics", "dimensions", "filters", "range", "interval", "compare", "order_by", "limit", "histograms",
)  # fmt: skip
_RANGES = (*(str(unit) for unit in Unit), "start", "end", "all")
_RANGE_FORMS = "one of days (1 to 400), hours (1 to 9600), minutes (1 to 1440), start with end (ISO 8601), all (true)"


Choice = TypeVar("Choice", bound=StrEnum)


class _Reading:
    """One pass over a JSON object that notes every problem and goes on."""

    def __init__(self, mapping: Mapping[str, object]) -> None:
        self._mapping = mapping
        self._problems: list[FieldError] = []

    def query(self) -> Query:
        for name in self._mapping:
            if name not in _FIELDS:
                accepted = f"known fields are {', '.join((*_FIELDS, *DIMENSIONS, *_RANGES))}"
                self._refuse(str(name), self._mapping[name], accepted)
        metrics = self._names("metrics", METRICS, at_least=1, at_most=len(METRICS))
        dimensions = self._names("dimensions", DIMENSIONS, at_least=0, at_most=MAX_DIMENSIONS)
        filters = self._filters()
        asked = self._range()
        is_auto = self._mapping.get("interval") == AUTO
        interval = None if is_auto else self._choice("interval", tuple(Grain), AUTO)
        compare = self._choice("compare", tuple(Compare))
        order_by = self._order_by((*metrics, *dimensions))
        limit = self._integer("limit", self._mapping.get("limit"), MAX_LIMIT, DEFAULT_LIMIT)
        histograms = self._names("histograms", MEASURES, at_least=0, at_most=len(MEASURES))
        if compare is not None and isinstance(asked, Everything):
            self._refuse(
                "compare",
                compare.value,
                "nothing, when the range is everything: nothing lies before it",
            )
        if self._problems:
            raise Invalid(*self._problems)
        return Query(
            metrics, dimensions, filters, asked, interval, compare, order_by, limit, histograms, is_auto
        )  # fmt: skip

    def _refuse(self, path: str, value: object, accepted: str) -> None:
        self._problems.append(FieldError(path, shown(value), accepted))

    def _names(
        self, path: str, known: Mapping[str, object], *, at_least: int, at_most: int
    ) -> tuple[str, ...]:
        value = self._mapping.get(path)
        given = [] if value is None else value
        accepted = f"a list of {at_least} to {at_most} different names out of {', '.join(known)}"
        if not isinstance(given, list | tuple):
            self._refuse(path, value, accepted)
            return ()
        wrong = [name for name in given if not isinstance(name, str) or name not in known]
        for name in wrong:
            self._refuse(path, name, _instead_of(name, known))
        if not wrong and (not at_least <= len(given) <= at_most or len(set(given)) < len(given)):
            self._refuse(path, value, accepted)
        return tuple(name for name in given if name not in wrong)

    def _filters(self) -> dict[str, tuple[str, ...]]:
        value = self._mapping.get("filters")
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            self._refuse("filters", value, f"an object with keys out of {', '.join(DIMENSIONS)}")
            return {}
        found = {}
        for name, values in value.items():
            path = f"filters.{name}"
            if name not in DIMENSIONS:
                self._refuse(path, values, f"filters are {', '.join(DIMENSIONS)}")
            elif not _is_texts(values):
                self._refuse(path, values, f"a list of 1 to {MAX_FILTER_VALUES} texts")
            elif name in VALUES and not set(values) <= set(VALUES[name]):
                self._refuse(path, values, f"a list out of {listed(VALUES[name])}")
            else:
                found[name] = tuple(dict.fromkeys(values))
        return found

    def _range(self) -> Asked:
        default = Query.__dataclass_fields__["range"].default
        value = self._mapping.get("range")
        if value is None:
            return cast(Asked, default)
        if not isinstance(value, Mapping):
            self._refuse("range", value, _RANGE_FORMS)
            return Everything()
        match sorted(value):
            case ["all"]:
                if value["all"] is not True:
                    self._refuse("range.all", value["all"], "true")
                return Everything()
            case ["end", "start"]:
                return self._between(value)
            case ["days" | "hours" | "minutes" as name]:
                unit = Unit(name)
                return Last(self._integer(f"range.{name}", value[name], LONGEST[unit], 1), unit)
            case _:
                self._refuse("range", dict(value), _RANGE_FORMS)
                return Range(0, 1)

    def _between(self, value: Mapping[str, object]) -> Range:
        instants = []
        for name in ("start", "end"):
            try:
                instant = clock.from_iso(f"range.{name}", str(value[name]))
                if not FIRST_YEAR_US <= instant <= LAST_YEAR_US:
                    raise Invalid.of(
                        f"range.{name}", value[name], "a time in the years 1970 to 2199"
                    )
            except Invalid as invalid:
                self._problems += invalid.fields
            else:
                instants.append(instant)
        if len(instants) < 2:
            return Range(0, 1)
        if instants[0] >= instants[1]:
            self._refuse(
                "range.end",
                value["end"],
                "a time after range.start; the end itself is not included",
            )
        return Range(instants[0], instants[1])

    def _choice(self, path: str, choices: tuple[Choice, ...], *more: str) -> Choice | None:
        value = self._mapping.get(path)
        for choice in choices:
            if value == choice.value:
                return choice
        if value is not None:
            self._refuse(path, value, f"{', '.join((*choices, *more))} or null")
        return None

    def _order_by(self, names: tuple[str, ...]) -> str | None:
        value = self._mapping.get("order_by")
        if value is None or (isinstance(value, str) and value.removeprefix("-") in names):
            return value
        self._refuse(
            "order_by", value, f"one of {', '.join(names)}, with - in front for descending"
        )
        return None

    def _integer(self, path: str, value: object, largest: int, default: int) -> int:
        if value is None and path == "limit":
            return default
        if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= largest:
            return value
        self._refuse(path, value, f"a whole number from 1 to {largest}")
        return default


def _instead_of(name: object, known: Mapping[str, object]) -> str:
    if isinstance(name, str) and name in ELSEWHERE:
        return f"metrics counted from predictions; {name} is told at {ELSEWHERE[name]}"
    return f"one of {', '.join(known)}"


def listed(values: tuple[str, ...]) -> str:
    """A closed set as people read it; a long one by its ends."""
    return ", ".join(values) if len(values) <= 12 else f"{values[0]} to {values[-1]}"


def _is_texts(values: object) -> bool:
    return (
        isinstance(values, list | tuple)
        and 1 <= len(values) <= MAX_FILTER_VALUES
        and all(isinstance(value, str) for value in values)
    )
