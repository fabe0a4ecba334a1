"""Answering: wait until everything committed is folded, then read one snapshot and shape the results."""

import logging
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select

from verascope import clock
from verascope.clock import US, Grain, Now, Range
from verascope.config import Settings
from verascope.errors import Busy, FieldError, Invalid
from verascope.queries import counts, result
from verascope.queries.counts import Shared, Wanted
from verascope.queries.notice import notices
from verascope.queries.plan import Source, plan
from verascope.queries.query import Everything, Query
from verascope.queries.reader import Reader
from verascope.queries.result import Question, Result
from verascope.queries.rows import Cell
from verascope.queries.span import check_interval, fitting, resolve
from verascope.store import events
from verascope.store.columns import Columns, ColumnsUnreadable
from verascope.store.database import Database
from verascope.store.facts import Snapshot
from verascope.store.fold import Folder
from verascope.store.tables import COUNTERS, fold_state, rollups, tenants

log = logging.getLogger(__name__)

D = TypeVar("D")
A = TypeVar("A")

ATTEMPTS = 20
"""How often we try to catch rollups and columns at the same fold; between the two lie milliseconds, or
the seconds in which damaged columns are built anew. The pauses add up to about five seconds."""
PAUSE_SECONDS = 0.025


class Answers:
    """Answers questions. Blocks, so call it from a worker thread. Thread-safe."""

    def __init__(
        self,
        database: Database,
        folder: Folder,
        columns: Columns | None,
        settings: Settings,
        now: Now = clock.now_us,
    ) -> None:
        self._database = database
        self._folder = folder
        self._columns = columns
        self._high_confidence = settings.pricing.high_confidence
        self._min_labels = settings.quality.min_labels
        self.now = now

    def answer(self, tenant_id: int, query: Query) -> Result:
        """The answer to one question.

        Raises Invalid when its interval does not fit its range, Busy when the fold can't catch up.
        """
        return self._answer(tenant_id, {"": query})[""]

    def answer_all(self, tenant_id: int, queries: Mapping[str, Query]) -> dict[str, Result]:
        """The answers by name, all of the same moment. Raises as `answer` does, fields under `queries.NAME`."""
        return self._answer(tenant_id, queries)

    def tenant(self, tenant_id: int) -> dict[str, str]:
        """Whose numbers these are: name, and the time zone that days are cut in."""
        with self._database.reading() as connection:
            row = connection.execute(
                select(tenants.c.name, tenants.c.time_zone).where(tenants.c.tenant_id == tenant_id)
            ).one()
        return {"name": row.name, "time_zone": row.time_zone}

    def counts(self, tenant_id: int, wanted: Collection[Wanted]) -> dict[Wanted, Cell]:
        """The counters behind many numbers at once, all of the same moment; see `queries.counts`."""

        def decide(connection: Connection, moment: _Moment) -> Sequence[Shared]:
            return counts.shared(wanted, moment.zone)

        def read(
            connection: Connection, facts: Snapshot | None, moment: _Moment, asks: Sequence[Shared]
        ) -> dict[Wanted, Cell]:
            reader = self._reader(connection, facts, tenant_id, moment)
            return counts.read(reader, asks)

        return self._settled(tenant_id, decide, counts.reads_columns, read)

    def count_series(self, tenant_id: int, wanted: Wanted, interval: Grain) -> dict[int, Cell]:
        """{bucket: counters} of one wanted number; buckets without a prediction are absent."""

        def decide(connection: Connection, moment: _Moment) -> Sequence[Shared]:
            return counts.shared([wanted], moment.zone, interval)

        def read(
            connection: Connection, facts: Snapshot | None, moment: _Moment, asks: Sequence[Shared]
        ) -> dict[int, Cell]:
            reader = self._reader(connection, facts, tenant_id, moment)
            return counts.read_series(reader, asks, interval)[wanted]

        return self._settled(tenant_id, decide, counts.reads_columns, read)

    def _answer(self, tenant_id: int, queries: Mapping[str, Query]) -> dict[str, Result]:
        def decide(connection: Connection, moment: _Moment) -> dict[str, Question]:
            return self._decide(connection, moment, tenant_id, queries)

        def build(
            connection: Connection,
            facts: Snapshot | None,
            moment: _Moment,
            questions: dict[str, Question],
        ) -> dict[str, Result]:
            return self._build(connection, facts, moment, tenant_id, questions)

        def reads_columns(questions: dict[str, Question]) -> bool:
            return _reads_columns(questions.values())

        return self._settled(tenant_id, decide, reads_columns, build)

    def _settled(
        self,
        tenant_id: int,
        decide: Callable[[Connection, "_Moment"], D],
        reads_columns: Callable[[D], bool],
        build: Callable[[Connection, Snapshot | None, "_Moment", D], A],
    ) -> A:
        """What was committed before the question is in the answer, so it may have to wait for the fold."""
        with self._database.reading() as connection:
            moment = _moment(connection, tenant_id)
            if moment.is_folded:
                decided = decide(connection, moment)
                if self._columns is None or not reads_columns(decided):
                    return build(connection, None, moment, decided)
        needed = moment.committed
        for attempt in range(ATTEMPTS):
            self._folder.wait(needed, columns=True)
            try:
                with self._facts() as facts, self._database.reading() as connection:
                    moment = _moment(connection, tenant_id)
                    if _is_one_moment(moment, needed, facts, tenant_id):
                        return build(connection, facts, moment, decide(connection, moment))
                    needed = max(needed, moment.folded or 0)
            except ColumnsUnreadable:
                log.debug("columns are looked after", exc_info=True)
            time.sleep(attempt * PAUSE_SECONDS)
        raise Busy("The summaries are being built anew.", 5)

    @contextmanager
    def _facts(self) -> Iterator[Snapshot | None]:
        if self._columns is None:
            yield None
        else:
            with self._columns.reading() as facts:
                yield facts

    def _decide(
        self,
        connection: Connection,
        moment: "_Moment",
        tenant_id: int,
        queries: Mapping[str, Query],
    ) -> dict[str, Question]:
        asks_all = any(isinstance(query.range, Everything) for query in queries.values())
        reach = _reach(connection, tenant_id) if asks_all else None
        return _decide(queries, moment.zone, self.now(), reach)

    def _reader(
        self,
        connection: Connection,
        facts: Snapshot | None,
        tenant_id: int,
        moment: "_Moment",
        needed: Collection[str] = COUNTERS,
    ) -> Reader:
        return Reader(
            connection, facts, tenant_id, moment.zone, self._high_confidence, self._min_labels, needed
        )  # fmt: skip

    def _build(
        self,
        connection: Connection,
        facts: Snapshot | None,
        moment: "_Moment",
        tenant_id: int,
        questions: Mapping[str, Question],
    ) -> dict[str, Result]:
        needed = set().union(*(result.counters(one.query) for one in questions.values()))
        reader = self._reader(connection, facts, tenant_id, moment, needed)
        for question in questions.values():
            reader.expect(result.first_asks(reader, question))
        answers = {name: result.build(reader, question) for name, question in questions.items()}
        for name, question in questions.items():
            answers[name]["notices"] = notices(connection, tenant_id, question.query)
        return answers


@dataclass(frozen=True, slots=True)
class _Moment:
    """A snapshot of a tenant: its zone, what is committed (of all tenants), how far its fold reaches.

    zone: the one its rollups are cut in, so that a change of zone never mixes two cuts.
    """

    zone: ZoneInfo
    committed: int
    folded: int | None
    generation: int | None

    @property
    def is_folded(self) -> bool:
        return self.folded is not None and self.folded >= self.committed


def _moment(connection: Connection, tenant_id: int) -> _Moment:
    committed = events.last_seq(connection)
    row = connection.execute(
        select(
            tenants.c.time_zone,
            fold_state.c.time_zone.label("folded"),
            fold_state.c.folded_seq,
            fold_state.c.generation,
        )
        .join_from(tenants, fold_state, tenants.c.tenant_id == fold_state.c.tenant_id, isouter=True)
        .where(tenants.c.tenant_id == tenant_id)
    ).one_or_none()
    if row is None:
        return _Moment(clock.zone("UTC"), committed, committed, None)
    return _Moment(
        clock.zone(row.folded or row.time_zone), committed, row.folded_seq, row.generation
    )


def _is_one_moment(moment: _Moment, needed: int, facts: Snapshot | None, tenant_id: int) -> bool:
    """Whether rollups hold what is needed and the columns hold exactly the same.

    Columns follow the rollups, so a snapshot of theirs taken first is never ahead.
    """
    if moment.folded is None:  # a tenant that no fold has met has no prediction up to there
        return True
    if moment.folded < needed:
        return False
    mark = None if facts is None else facts.watermarks.get(tenant_id)
    return facts is None or mark == (moment.generation, moment.folded)


def _decide(
    queries: Mapping[str, Query], zone: ZoneInfo, now_us: int, reach: Range | None
) -> dict[str, Question]:
    """Spans and plans of all questions. Raises Invalid with the problems of all of them."""
    questions = {}
    problems: list[FieldError] = []
    for name, asked in queries.items():
        query = asked
        try:
            span = resolve(asked, zone, now_us, reach)
            if asked.is_auto:
                query = replace(asked, interval=fitting(span.range))
                check_interval(query, span.range)
        except Invalid as invalid:
            prefix = f"queries.{name}." if name else ""
            problems += [
                FieldError(prefix + one.field, one.value, one.accepted) for one in invalid.fields
            ]
            continue
        previous = None if span.previous is None else plan(query, span.previous, zone)
        questions[name] = Question(query, span, plan(query, span.range, zone), previous)
    if problems:
        raise Invalid(*problems)
    return questions


def _reads_columns(questions: Iterable[Question]) -> bool:
    plans = (plan for one in questions for plan in (one.plan, one.previous) if plan is not None)
    return any(piece.source is Source.COLUMNS for plan in plans for piece in plan.all_pieces)


def _reach(connection: Connection, tenant_id: int) -> Range | None:
    """From the tenant's first day with a prediction to the end of its last, None before there is one."""
    first, last = connection.execute(
        select(func.min(rollups.c.bucket), func.max(rollups.c.bucket)).where(
            rollups.c.tenant_id == tenant_id,
            rollups.c.grain == Grain.DAY.value,
            rollups.c.dimension == "all",
        )
    ).one()
    return None if first is None else Range(first * US, last * US + 1)
