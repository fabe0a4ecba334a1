"""Error patterns: what became of each group of failures, and what people said about it.

Failures are grouped by the fingerprint that ingest writes (`rules.error_pattern`). How often a pattern happens is a
question like any other (`queries`); when it was first and last seen the fold knows (`dimension_keys`). Kept here is only what
neither can know: resolved, ignored, assigned, and that it came back.

`Follower` does the rest: it reads keys that the fold has added since, and, of resolved patterns that were seen later,
the failures that arrived since. Neither reads the table of predictions from its beginning.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    bindparam,
    case,
    func,
    literal,
    literal_column,
    select,
)

from verascope import clock
from verascope.errors import NotFound, shown
from verascope.rules import ERROR_PATTERN_RULE
from verascope.store import events
from verascope.store.database import Database
from verascope.store.fold import Submit
from verascope.store.incident_tables import error_pattern_events, error_patterns
from verascope.store.tables import dimension_keys, fold_state, predictions

DIMENSION = "error_pattern"
OURSELVES = "Verascope"
"""Who noticed that a pattern came back."""


class Status(StrEnum):
    """new: first seen lately. ongoing: known. regressed: seen again after it was resolved."""

    NEW = "new"
    ONGOING = "ongoing"
    REGRESSED = "regressed"
    RESOLVED = "resolved"
    IGNORED = "ignored"


class Kind(StrEnum):
    """What an entry of the timeline tells."""

    RESOLVED = "resolved"
    REGRESSED = "regressed"
    REOPENED = "reopened"
    IGNORED = "ignored"
    ASSIGNED = "assigned"


@dataclass(frozen=True, slots=True)
class Pattern:
    """One pattern as it is kept; instants in microseconds, first and last by the time of the failures."""

    pattern: str
    version: int
    first_us: int
    last_us: int
    assignee: str | None = None
    ignored_until_us: int | None = None
    resolved_us: int | None = None
    regressed_us: int | None = None


def status(pattern: Pattern, now_us: int, new_hours: int) -> Status:
    """The first that holds: ignored, regressed, resolved, new, ongoing."""
    if pattern.ignored_until_us is not None and now_us < pattern.ignored_until_us:
        return Status.IGNORED
    if pattern.regressed_us is not None:
        return Status.REGRESSED
    if pattern.resolved_us is not None:
        return Status.RESOLVED
    is_new = now_us - pattern.first_us < new_hours * clock.HOUR * clock.US
    return Status.NEW if is_new else Status.ONGOING


@dataclass(frozen=True, slots=True)
class Regression:
    """at_us: when it first happened again. resolved_us: the resolve that it refutes."""

    pattern: str
    resolved_us: int
    at_us: int


def has_new(connection: Connection, tenant_id: int) -> bool:
    """Whether the fold has met patterns that have no row here yet."""
    return connection.execute(select(_new_keys(tenant_id).exists())).scalar() is True


def notice(connection: Connection, tenant_id: int) -> int:
    """Give each pattern that the fold has met a row; how many were new. Inside a write transaction."""
    columns = ["tenant_id", "pattern", "code", "version"]
    found = connection.execute(error_patterns.insert().from_select(columns, _new_keys(tenant_id)))
    return found.rowcount


def _new_keys(tenant_id: int) -> Select[Any]:
    known = (
        select(func.coalesce(func.max(error_patterns.c.code), 0))
        .where(error_patterns.c.tenant_id == tenant_id)
        .scalar_subquery()
    )
    return select(
        dimension_keys.c.tenant_id,
        dimension_keys.c.key,
        dimension_keys.c.code,
        literal(ERROR_PATTERN_RULE, Integer),
    ).where(
        dimension_keys.c.code > known,
        # `+ 0` keeps SQLite on the codes after the last known one; the other index would give all keys there are.
        dimension_keys.c.tenant_id + 0 == tenant_id,
        dimension_keys.c.dimension == DIMENSION,
    )


# Later than the resolve is no condition of the rows: SQLite would take the index by time and read everything since, good
# ones too.
_FIRST_AGAIN = select(
    func.min(case((predictions.c.timestamp > bindparam("resolved_at"), predictions.c.timestamp)))
).where(
    predictions.c.tenant_id == bindparam("tenant_id"),
    predictions.c.error_pattern == bindparam("pattern"),
    predictions.c.success == literal_column("0"),
    predictions.c.seq > bindparam("after"),
    predictions.c.seq <= bindparam("upto"),
)


def regressions(connection: Connection, tenant_id: int, upto_seq: int) -> list[Regression]:
    """Resolved patterns that happened again: a failure that arrived since, up to `upto_seq`, and is later than the resolve.

    A failure that arrives late, from before the resolve, is no regression.
    """
    # The fold's last sight rules out nearly all of them before any row is looked at.
    suspects = connection.execute(
        select(
            error_patterns.c.pattern, error_patterns.c.resolved_at, error_patterns.c.resolved_seq
        )
        .join_from(error_patterns, dimension_keys, error_patterns.c.code == dimension_keys.c.code)
        .where(
            error_patterns.c.tenant_id == tenant_id,
            error_patterns.c.resolved_at.is_not(None),
            error_patterns.c.regressed_at.is_(None),
            dimension_keys.c.last_at > error_patterns.c.resolved_at,
        )
        .order_by(error_patterns.c.pattern)
    ).all()
    found = []
    for row in suspects:
        values = {
            "tenant_id": tenant_id,
            "pattern": row.pattern,
            "after": row.resolved_seq,
            "upto": upto_seq,
            "resolved_at": row.resolved_at,
        }
        at_us = connection.execute(_FIRST_AGAIN, values).scalar()
        if at_us is not None:
            found.append(Regression(row.pattern, row.resolved_at, at_us))
    return found


def regress(connection: Connection, tenant_id: int, found: Regression) -> bool:
    """Say so, unless somebody re-opened or resolved it anew in the meantime."""
    changed = connection.execute(
        error_patterns.update()
        .where(
            _is(tenant_id, found.pattern),
            error_patterns.c.resolved_at == found.resolved_us,
            error_patterns.c.regressed_at.is_(None),
        )
        .values(regressed_at=found.at_us)
    )
    if changed.rowcount:
        _append(connection, tenant_id, found.pattern, Kind.REGRESSED, OURSELVES, found.at_us)
    return bool(changed.rowcount)


class Follower:
    """Keeps the patterns after the fold. `run` is cheap when nothing was folded since the last time."""

    def __init__(self, database: Database, submit: Submit) -> None:
        self._database = database
        self._submit = submit
        self._seen: dict[int, int] = {}

    def run(self) -> None:
        with self._database.reading() as connection:
            folded = connection.execute(
                select(fold_state.c.tenant_id, fold_state.c.folded_seq)
            ).all()
        for tenant_id, seq in folded:
            # A rebuild sets the fold back; what it folds again is known.
            if self._seen.get(tenant_id) != seq:
                self._follow(tenant_id, seq)
                self._seen[tenant_id] = seq

    def _follow(self, tenant_id: int, seq: int) -> None:
        with self._database.reading() as connection:
            has_news = has_new(connection, tenant_id)
            found = regressions(connection, tenant_id, seq)
        if has_news:
            self._submit(partial(notice, tenant_id=tenant_id)).result()
        for one in found:
            self._submit(partial(regress, tenant_id=tenant_id, found=one)).result()


def resolve(connection: Connection, tenant_id: int, pattern: str, who: str, at_us: int) -> bool:
    """Say that it is over; also ends an ignore. False when that was said and it has not come back.

    Raises NotFound, as all below.
    """
    values: dict[str, object] = {
        "resolved_at": at_us,
        "resolved_seq": events.last_seq(connection),
        "regressed_at": None,
        "ignored_until": None,
    }
    is_open = error_patterns.c.resolved_at.is_(None) | error_patterns.c.regressed_at.is_not(None)
    return _change(
        connection, tenant_id, pattern, is_open, values, (Kind.RESOLVED, None), who, at_us
    )


def reopen(connection: Connection, tenant_id: int, pattern: str, who: str, at_us: int) -> bool:
    """Take back a resolve or an ignore: it is new or ongoing again. False when there was nothing to take back."""
    values: dict[str, object] = dict.fromkeys(
        ("resolved_at", "resolved_seq", "regressed_at", "ignored_until")
    )
    is_closed = error_patterns.c.resolved_at.is_not(None) | (
        error_patterns.c.ignored_until.is_not(None)
    )
    return _change(
        connection, tenant_id, pattern, is_closed, values, (Kind.REOPENED, None), who, at_us
    )


def ignore(
    connection: Connection, tenant_id: int, pattern: str, until_us: int, who: str, at_us: int
) -> bool:
    """Nobody needs to hear of it until then. False when it is ignored until then already."""
    is_other = error_patterns.c.ignored_until.is_distinct_from(until_us)
    said = (Kind.IGNORED, clock.to_iso(until_us))
    return _change(
        connection, tenant_id, pattern, is_other, {"ignored_until": until_us}, said, who, at_us
    )


def assign(
    connection: Connection,
    tenant_id: int,
    pattern: str,
    assignee: str | None,
    who: str,
    at_us: int,
) -> bool:
    """Say who looks after it; None: nobody. False when that was said before."""
    is_other = error_patterns.c.assignee.is_distinct_from(assignee)
    said = (Kind.ASSIGNED, assignee)
    return _change(
        connection, tenant_id, pattern, is_other, {"assignee": assignee}, said, who, at_us
    )


def _is(tenant_id: int, pattern: str) -> ColumnElement[bool]:
    return (error_patterns.c.tenant_id == tenant_id) & (error_patterns.c.pattern == pattern)


def _change(
    connection: Connection,
    tenant_id: int,
    pattern: str,
    condition: ColumnElement[bool],
    values: dict[str, object],
    said: tuple[Kind, str | None],
    who: str,
    at_us: int,
) -> bool:
    # It may be seconds old and not noticed yet. All are noticed at once, because the highest code is the watermark.
    notice(connection, tenant_id)
    changed = connection.execute(
        error_patterns.update().where(_is(tenant_id, pattern), condition).values(values)
    )
    if changed.rowcount:
        kind, given = said
        _append(connection, tenant_id, pattern, kind, who, at_us, given)
        return True
    known = connection.execute(select(error_patterns.c.code).where(_is(tenant_id, pattern)))
    if known.one_or_none() is None:
        raise NotFound(f"There is no error pattern {shown(pattern)}.")
    return False


def _append(
    connection: Connection,
    tenant_id: int,
    pattern: str,
    kind: Kind,
    who: str,
    at_us: int,
    given: str | None = None,
) -> None:
    connection.execute(
        error_pattern_events.insert().values(
            tenant_id=tenant_id, pattern=pattern, at=at_us, kind=kind.value, actor=who, given=given
        )
    )
