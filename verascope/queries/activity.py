"""Single predictions: pages of them and one of them. `feed` has the new ones as they are committed."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from verascope import clock
from verascope.clock import Range
from verascope.errors import FieldError, Invalid, NotFound, shown
from verascope.metrics import VALUES
from verascope.queries.feed import Feed
from verascope.queries.query import FIRST_YEAR_US, LAST_YEAR_US
from verascope.queries.record import cursor, prediction_json, seq_of
from verascope.store import events
from verascope.store.database import Database
from verascope.store.events import UNLABELLED, EventFilter

DEFAULT_LIMIT = 50
MAX_LIMIT = 500

TAG = "tag."
FILTERS = (
    "client", "country", "model", "outcome", "use_case", "error_pattern", "image_format", "file_size", "label",
)  # fmt: skip
_CLOSED = {
    "outcome": VALUES["outcome"],
    "file_size": VALUES["file_size"],
    "label": ("real", "fake", UNLABELLED),
}
_ONCE = ("limit", "cursor", "start", "end")

Params = Iterable[tuple[str, str]]
"""The parameters of a URL; a filter may be repeated, its values are alternatives."""


def predictions(
    database: Database, tenant_id: int, params: Params, indexed_tags: Sequence[str] = ()
) -> dict[str, Any]:
    """A page, newest arrival first; `next_cursor` is None on the last. Raises Invalid with every wrong parameter."""
    items = list(params)
    problems: list[FieldError] = []
    tags = _tags([item for item in items if item[0].startswith(TAG)], indexed_tags, problems)
    items = [item for item in items if not item[0].startswith(TAG)]
    where = replace(_where(items, problems), tags=tags)
    once = {name: text for name, text in items if name in _ONCE and text}
    limit = _limit(once.get("limit"), problems)
    before = None
    if "cursor" in once:
        before = seq_of(once["cursor"])
        if before is None:
            accepted = "next_cursor of an earlier page, unchanged"
            problems.append(FieldError("cursor", shown(once["cursor"]), accepted))
    if problems:
        raise Invalid(*problems)
    with database.reading() as connection:
        found = events.page(connection, tenant_id, where, before, limit + 1)
    shown_here = found[:limit]
    return {
        "items": [prediction_json(stored) for stored in shown_here],
        "next_cursor": cursor(shown_here[-1].seq) if len(found) > limit else None,
    }


def prediction(database: Database, tenant_id: int, prediction_id: str) -> dict[str, Any]:
    """The JSON of one prediction. Raises NotFound."""
    with database.reading() as connection:
        stored = events.get(connection, tenant_id, prediction_id)
    if stored is None:
        raise NotFound(f"There is no prediction {shown(prediction_id)}.")
    return prediction_json(stored)


def _tags(
    items: list[tuple[str, str]], indexed: Sequence[str], problems: list[FieldError]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Filters such as `tag.batch=7`, of indexed tags only: any other would read every row there is."""
    values: dict[str, list[str]] = {}
    for parameter, text in items:
        name = parameter.removeprefix(TAG)
        if name in indexed:
            values.setdefault(name, []).append(text)
            continue
        known = f"indexed are {', '.join(indexed)}" if indexed else "none is indexed"
        accepted = f"a tag named in the setting recording.indexed_tags ({known})"
        problems.append(FieldError(parameter, shown(text), accepted))
    return tuple((name, tuple(given)) for name, given in values.items())


def where_of(params: Params) -> EventFilter:
    """The filter in a URL's parameters. Raises Invalid with every wrong one."""
    problems: list[FieldError] = []
    where = _where(list(params), problems)
    if problems:
        raise Invalid(*problems)
    return where


def _where(items: list[tuple[str, str]], problems: list[FieldError]) -> EventFilter:
    values: dict[str, list[str]] = {name: [] for name in FILTERS}
    seen: set[str] = set()
    for name, text in items:
        if name in values:
            if text:
                values[name].append(text)
        elif name not in _ONCE:
            accepted = f"parameters are {', '.join((*FILTERS, *_ONCE, 'tag.NAME'))}"
            problems.append(FieldError(name, shown(text), accepted))
        elif name in seen:
            problems.append(FieldError(name, shown(text), "given once"))
        seen.add(name)
    problems += [
        FieldError(name, shown(text), f"one of {', '.join(accepted)}")
        for name, accepted in _CLOSED.items()
        for text in values[name]
        if text not in accepted
    ]
    span = _span(
        {name: text for name, text in items if name in ("start", "end") and text}, problems
    )
    return EventFilter(
        client=tuple(values["client"]),
        country=tuple(values["country"]),
        model=tuple(values["model"]),
        outcome=tuple(values["outcome"]),
        use_case=tuple(values["use_case"]),
        error_pattern=tuple(values["error_pattern"]),
        image_format=tuple(values["image_format"]),
        file_size=tuple(values["file_size"]),
        label=tuple(values["label"]),
        span=span,
    )


def _span(given: dict[str, str], problems: list[FieldError]) -> Range | None:
    """The range between `start` and `end`, either of which may be open."""
    if not given:
        return None
    edges = {"start": FIRST_YEAR_US, "end": LAST_YEAR_US}
    for name, text in given.items():
        try:
            edges[name] = clock.from_iso(name, text)
        except Invalid as invalid:
            problems += invalid.fields
            return None
        if not FIRST_YEAR_US <= edges[name] <= LAST_YEAR_US:
            problems.append(FieldError(name, shown(text), "a time in the years 1970 to 2199"))
    if edges["start"] >= edges["end"]:
        problems.append(FieldError("end", shown(given.get("end")), "a time after start"))
    return Range(edges["start"], edges["end"])


def _limit(text: str | None, problems: list[FieldError]) -> int:
    if text is None:
        return DEFAULT_LIMIT
    if text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= MAX_LIMIT:
        return int(text)
    problems.append(FieldError("limit", shown(text), f"a whole number from 1 to {MAX_LIMIT}"))
    return DEFAULT_LIMIT


__all__ = ["Feed", "prediction", "prediction_json", "predictions", "where_of"]
