"""Error patterns as the API shows them: how often, since when, whom they hit, and what was said about them.

Counts are answers of `queries`, so a pattern counts the same here, on the dashboard and in an export. One page takes two of them:
which patterns there are, and everything about those that are shown, all of one moment.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, bindparam, literal_column, select

from verascope import clock
from verascope.clock import US, Range
from verascope.errors import FieldError, Invalid, NotFound, shown
from verascope.monitor.body import Body
from verascope.monitor.error_patterns import DIMENSION, Kind, Pattern, Status, status
from verascope.monitor.incidents import MAX_NAME
from verascope.queries.query import MAX_LIMIT, Query, parse
from verascope.queries.record import cursor, prediction_json, seq_of
from verascope.queries.run import Answers
from verascope.rules import ERROR_PATTERN_RULE
from verascope.store import events
from verascope.store.database import Database
from verascope.store.events import EventFilter
from verascope.store.incident_tables import error_pattern_events, error_patterns
from verascope.store.tables import dimension_keys, predictions

MAX_DAYS = 400
MAX_IGNORE_US = 366 * clock.DAY * US
CLIENTS = 5
"""Named for each pattern of a list; a single one names up to ALL_CLIENTS."""
ALL_CLIENTS = 100
SAMPLES = 10
HOURLY_DAYS = 7
"""The longest range whose trend is by hour; longer ones are by day."""
LOOKUP = 400

OPEN = (Status.NEW, Status.ONGOING, Status.REGRESSED)
STATES = ("open", *(status.value for status in Status), "all")


@dataclass(frozen=True, slots=True)
class Span:
    """What failures are counted in: the last `days` of the tenant's clock, or from `start` to before `end`, both in µs."""

    days: int
    between: Range | None = None

    @property
    def question(self) -> dict[str, Any]:
        """As `range` of a query."""
        if self.between is None:
            return {"days": self.days}
        return {
            "start": clock.to_iso(self.between.start_us),
            "end": clock.to_iso(self.between.end_us),
        }

    @property
    def interval(self) -> str:
        """Of trends."""
        if self.between is None:
            return "hour" if self.days <= HOURLY_DAYS else "day"
        length_us = self.between.end_us - self.between.start_us
        return "hour" if length_us <= HOURLY_DAYS * clock.DAY * US else "day"


@dataclass(frozen=True, slots=True)
class Asked:
    """state: of `STATES`. span: of the counts. after: the cursor of the page before."""

    state: str
    span: Span
    limit: int
    after: str | None = None


def span_of(days: int, start: str | None, end: str | None) -> Span:
    """`start` and `end` in ISO 8601, both or neither; they go before `days`. Raises Invalid with every wrong field."""
    if start is None and end is None:
        return Span(days)
    problems = []
    instants = []
    for name, text, other in (("start", start, "end"), ("end", end, "start")):
        if text is None:
            accepted = f"a time in ISO 8601 with an offset, since `{other}` is given"
            problems.append(FieldError(name, "nothing", accepted))
            continue
        try:
            instants.append(clock.from_iso(name, text))
        except Invalid as invalid:
            problems += invalid.fields
    if not problems:
        start_us, end_us = instants
        if 0 < end_us - start_us <= MAX_DAYS * clock.DAY * US:
            return Span(days, Range(start_us, end_us))
        accepted = (
            f"a time after `start`, at most {MAX_DAYS} days later; the end itself is not included"
        )
        problems.append(FieldError("end", shown(end), accepted))
    raise Invalid(*problems)


def ignore_until_of(body: Mapping[str, object], now_us: int) -> int:
    """Raises Invalid with every wrong field."""
    read = Body(body, ("until",))
    until_us = read.instant_after("until", now_us, MAX_IGNORE_US)
    read.check()
    return until_us


def assignee_of(body: Mapping[str, object]) -> str | None:
    """A name, None for nobody. Raises Invalid with every wrong field."""
    read = Body(body, ("assignee",))
    name = read.text_or_none("assignee", MAX_NAME)
    read.check()
    return name


def settle(answers: Answers, tenant_id: int) -> None:
    """Return once the fold has met every failure that was acknowledged before. Raises Busy when it can't catch up."""
    answers.answer(tenant_id, parse({"metrics": ["failed_predictions"], "range": {"days": 1}}))


def page(
    answers: Answers, database: Database, tenant_id: int, asked: Asked, new_hours: int
) -> dict[str, Any]:
    """The most frequent first, then those that did not happen in the range, the latest first.

    Raises Invalid with every wrong value, Busy when the fold can't catch up.
    """
    start = _start(asked)
    counted = answers.answer(tenant_id, _how_often(asked.span))
    counts = {row[DIMENSION]: int(row["failed_predictions"]) for row in counted["rows"]}
    counts = {name: n for name, n in counts.items() if n}
    now_us = answers.now()
    with database.reading() as connection:
        known = _known(connection, tenant_id, list(counts))
    chosen = []
    for one in known:
        stands = status(one, now_us, new_hours)
        # One whose ignore ran out long ago is nobody's concern while it does not happen.
        is_quiet = one.pattern not in counts and stands in (Status.NEW, Status.ONGOING)
        if not is_quiet and _is_asked(stands, asked.state):
            chosen.append(one)
    chosen.sort(key=lambda one: (-counts.get(one.pattern, 0), -one.last_us, one.pattern))
    here = chosen[start : start + asked.limit]
    end = start + len(here)
    left_out = (counted["other"] or {}).get("failed_predictions", 0)
    return {
        **_described(answers, database, tenant_id, here, asked.span, new_hours, CLIENTS),
        "left_out": int(left_out),
        "next_cursor": cursor(end) if end < len(chosen) else None,
    }


def one(
    answers: Answers, database: Database, tenant_id: int, pattern: str, span: Span, new_hours: int
) -> dict[str, Any]:
    """One pattern with its newest failures and its timeline. Raises NotFound."""
    settle(answers, tenant_id)
    with database.reading() as connection:
        found = [p for p in _known(connection, tenant_id, [pattern]) if p.pattern == pattern]
        if not found:
            raise NotFound(f"There is no error pattern {shown(pattern)}.")
        where = EventFilter(error_pattern=(pattern,))
        samples = events.page(connection, tenant_id, where, None, SAMPLES)
        told = _timeline(connection, tenant_id, found[0])
    described = _described(answers, database, tenant_id, found, span, new_hours, ALL_CLIENTS)
    (item,) = described.pop("items")
    return {
        **item,
        **described,
        "samples": [prediction_json(stored) for stored in samples],
        "timeline": told,
    }


def _start(asked: Asked) -> int:
    problems = []
    if asked.state not in STATES:
        accepted = f"one of {', '.join(STATES)}"
        problems.append(FieldError("state", shown(asked.state), accepted))
    start = seq_of(asked.after) if asked.after else 0
    if start is None:
        accepted = "next_cursor of an earlier page, unchanged"
        problems.append(FieldError("cursor", shown(asked.after), accepted))
    if problems:
        raise Invalid(*problems)
    assert start is not None
    return start


def _is_asked(found: Status, state: str) -> bool:
    return state == "all" or (found in OPEN if state == "open" else found.value == state)


def _how_often(span: Span) -> Query:
    return parse(
        {
            "metrics": ["failed_predictions"],
            "dimensions": [DIMENSION],
            "range": span.question,
            "order_by": "-failed_predictions",
            "limit": MAX_LIMIT,
        }
    )


def _known(connection: Connection, tenant_id: int, counted: Sequence[str]) -> list[Pattern]:
    """The patterns of these names, and all that were resolved or ignored, however long ago they happened."""
    columns = (
        dimension_keys.c.key,
        dimension_keys.c.first_at,
        dimension_keys.c.last_at,
        error_patterns.c.version,
        error_patterns.c.assignee,
        error_patterns.c.ignored_until,
        error_patterns.c.resolved_at,
        error_patterns.c.regressed_at,
    )
    is_same = and_(
        error_patterns.c.tenant_id == dimension_keys.c.tenant_id,
        error_patterns.c.pattern == dimension_keys.c.key,
    )
    is_one = (dimension_keys.c.tenant_id == tenant_id, dimension_keys.c.dimension == DIMENSION)
    # The fold may have met a pattern seconds before the follower did.
    all_keys = select(*columns).where(*is_one)
    counted_keys = all_keys.outerjoin_from(dimension_keys, error_patterns, is_same)
    said_something = all_keys.join_from(dimension_keys, error_patterns, is_same).where(
        error_patterns.c.resolved_at.is_not(None) | error_patterns.c.ignored_until.is_not(None)
    )
    statements = [said_something] + [
        counted_keys.where(dimension_keys.c.key.in_(counted[start : start + LOOKUP]))
        for start in range(0, len(counted), LOOKUP)
    ]
    found = {}
    for statement in statements:
        for row in connection.execute(statement):
            version = ERROR_PATTERN_RULE if row.version is None else row.version
            found[row.key] = Pattern(row.key, version, *row[1:3], *row[4:])
    return list(found.values())


def _described(
    answers: Answers,
    database: Database,
    tenant_id: int,
    patterns: Sequence[Pattern],
    span: Span,
    new_hours: int,
    clients: int,
) -> dict[str, Any]:
    names = [one.pattern for one in patterns]
    told = answers.answer_all(tenant_id, _questions(names, span))
    total = int(told["total"]["totals"]["failed_predictions"])
    now_us = answers.now()
    with database.reading() as connection:
        messages = {name: _message(connection, tenant_id, name) for name in names}
    trends = _trends(told.get("trend"))
    starts = [row["bucket"] for row in told["total"]["rows"]]
    hit, is_cut = _hit(told.get("clients"))
    items = []
    for one in patterns:
        trend = trends.get(one.pattern, {})
        count = sum(trend.values())
        theirs = hit.get(one.pattern, [])
        items.append(
            {
                "pattern": one.pattern,
                "version": one.version,
                "message": messages[one.pattern],
                "status": status(one, now_us, new_hours).value,
                "first_seen": clock.to_iso(one.first_us),
                "last_seen": clock.to_iso(one.last_us),
                "count": count,
                "share": 100 * count / total if total else None,
                "clients": [{"name": name, "count": n} for name, n in theirs[:clients]],
                "affected_clients": None if is_cut else len(theirs),
                "trend": [trend.get(start, 0) for start in starts],
                "assignee": one.assignee,
                "ignored_until": clock.iso_or_none(one.ignored_until_us),
                "resolved_at": clock.iso_or_none(one.resolved_us),
                "regressed_at": clock.iso_or_none(one.regressed_us),
            }
        )
    return {
        "items": items,
        "range": told["total"]["range"],
        "failed": total,
        "interval": span.interval,
        "trend_starts": starts,
    }


def _questions(names: Sequence[str], span: Span) -> dict[str, Query]:
    base = {"metrics": ["failed_predictions"], "range": span.question}
    asked: dict[str, dict[str, Any]] = {"total": {**base, "interval": span.interval}}
    if names:
        only = {"filters": {DIMENSION: list(names)}}
        asked["trend"] = {
            **base,
            **only,
            "dimensions": [DIMENSION],
            "interval": span.interval,
            "limit": len(names),
        }
        asked["clients"] = {
            **base,
            **only,
            "dimensions": [DIMENSION, "client"],
            "order_by": "-failed_predictions",
            "limit": MAX_LIMIT,
        }
    return {name: parse(question) for name, question in asked.items()}


def _trends(answer: Mapping[str, Any] | None) -> dict[str, dict[str, int]]:
    """{pattern: {start of the bucket: failures}}, every bucket up to now."""
    found: dict[str, dict[str, int]] = {}
    for row in answer["rows"] if answer else ():
        found.setdefault(row[DIMENSION], {})[row["bucket"]] = int(row["failed_predictions"])
    return found


def _hit(answer: Mapping[str, Any] | None) -> tuple[dict[str, list[tuple[str, int]]], bool]:
    """{pattern: [(client, failures)], the most hit first}, and whether the limit cut any off."""
    found: dict[str, list[tuple[str, int]]] = {}
    for row in answer["rows"] if answer else ():
        if row["failed_predictions"]:
            pair = (row["client"], int(row["failed_predictions"]))
            found.setdefault(row[DIMENSION], []).append(pair)
    other = (answer or {}).get("other") or {}
    return found, bool(other.get("failed_predictions"))


# Built once: a list asks it for each of its patterns, and building costs more than SQLite needs.
_NEWEST_MESSAGE = (
    select(predictions.c.error_message)
    .where(
        predictions.c.tenant_id == bindparam("tenant_id"),
        predictions.c.error_pattern == bindparam("pattern"),
        predictions.c.success == literal_column("0"),
    )
    .order_by(predictions.c.seq.desc())
    .limit(1)
)


def _message(connection: Connection, tenant_id: int, pattern: str) -> str | None:
    """The message of its newest failure; None when no row of it is left."""
    values = {"tenant_id": tenant_id, "pattern": pattern}
    return connection.execute(_NEWEST_MESSAGE, values).scalar()


def _timeline(connection: Connection, tenant_id: int, found: Pattern) -> list[dict[str, Any]]:
    first = {
        "at": clock.to_iso(found.first_us),
        "kind": "first_seen",
        "by": None,
        "text": "Happened for the first time.",
    }
    rows = connection.execute(
        select(error_pattern_events)
        .where(
            error_pattern_events.c.tenant_id == tenant_id,
            error_pattern_events.c.pattern == found.pattern,
        )
        .order_by(error_pattern_events.c.seq)
    )
    return [first] + [
        {
            "at": clock.to_iso(row.at),
            "kind": row.kind,
            "by": row.actor,
            "text": _text(Kind(row.kind), row.given),
        }
        for row in rows
    ]


def _text(kind: Kind, given: str | None) -> str:
    match kind:
        case Kind.RESOLVED:
            return "Resolved."
        case Kind.REGRESSED:
            return "Happened again after it was resolved."
        case Kind.REOPENED:
            return "Re-opened."
        case Kind.IGNORED:
            return f"Ignored until {given}."
        case Kind.ASSIGNED:
            return f"Assigned to {given}." if given else "Assigned to nobody."
