"""The fold: rows become rollups and columns a heartbeat after their commit, exactly once.

The watermark moves in the transaction that adds to the rollups, conditionally on where it stood, so a crash
between any two steps repeats nothing and skips nothing. Only the server folds; rows may come from any process.
"""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeVar

from sqlalchemy import Connection, select

from verascope import clock
from verascope.errors import Busy, VerascopeError
from verascope.store import dictionary, events, rollups, slices
from verascope.store.columns import Columns
from verascope.store.committed import Committed
from verascope.store.database import Database
from verascope.store.rollups import Additions
from verascope.store.slices import KEYED, Slice
from verascope.store.tables import fold_state, tenants

log = logging.getLogger(__name__)

T = TypeVar("T")

HEARTBEAT_SECONDS = 0.2
BUSY_HEARTBEAT_SECONDS = 1.0
BUSY_ROWS = 2_000
"""A heartbeat that folded as many rows is followed by a longer one: rows of one bucket are added up before they
are written, so a larger slice writes less. A question still has its fold at once."""
COLUMNS_SECONDS = 2.0
COLUMNS_ROWS = 50_000
"""So many slices' rows are held, at 250 bytes each, until the columns follow."""
SLICE_ROWS = 50_000
"""Bounds what a slice takes in memory (about 50 MB while it is folded)."""
WAIT_SECONDS = 30.0


class Submit(Protocol):
    """Runs a write in the store's one writer; the future holds its result after the commit."""

    def __call__(self, job: Callable[[Connection], T]) -> Future[T]: ...


@dataclass(frozen=True, slots=True)
class _State:
    tenant_id: int
    folded_seq: int
    generation: int
    time_zone: str


class Superseded(VerascopeError):
    """The watermark moved under a fold; its additions were not applied."""


class Folder:
    """Folds in a thread of its own between `start` and `stop`. `fold_all` works without the thread."""

    def __init__(
        self,
        database: Database,
        columns: Columns | None,
        submit: Submit,
        high_confidence_mpct: int,
        committed: Committed | None = None,
    ) -> None:
        """committed: where the writer leaves what it has just stored; the rest is read from the table."""
        self._database = database
        self._committed = committed or Committed()
        self._columns = columns
        self._submit = submit
        self._cut = high_confidence_mpct
        self._wake = threading.Event()
        self._moved = threading.Condition()
        self._stopping = False
        self._thread: threading.Thread | None = None
        self.folded_seq = 0
        self.problem: str | None = None
        self._is_current = False
        self._is_stuck = False
        self._columns_seq = -1
        self._columns_at = 0.0
        self._columns_wanted = False
        self._columns_failed: Exception | None = None
        self._behind_since: float | None = None
        # Slices by tenant that are in the rollups and not yet in the columns, each after the one before.
        self._held: dict[int, list[Slice]] = {}
        self._folded_rows = 0

    def start(self) -> None:
        """Begin folding. Call once, after migrations."""
        self._thread = threading.Thread(target=self._run, name="folder", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Fold what is committed, then end the thread."""
        self._stopping = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(WAIT_SECONDS)

    @property
    def lag_seconds(self) -> float:
        """For how long committed rows have been waiting to be folded; 0 when none are."""
        since = self._behind_since
        return 0.0 if since is None else time.monotonic() - since

    def wait(self, seq: int, *, columns: bool = False) -> None:
        """Return once everything up to `seq` is in the rollups, and the columns hold the same if asked for.

        Raises Busy after 30 s, or at once when folding is in trouble.
        """

        def is_there() -> bool:
            follows = not columns or self._columns is None or self._columns_seq >= self.folded_seq
            return self.folded_seq >= seq and follows

        with self._moved:
            if is_there():
                return
            self._columns_wanted = self._columns_wanted or columns
            self._wake.set()
            # Columns mend themselves. When the rollups can't be written, waiting only holds a thread.
            self._moved.wait_for(lambda: is_there() or self._is_stuck, WAIT_SECONDS)
            if not is_there():
                raise Busy(self.problem or "The summaries are still being brought up to date.", 5)

    def _run(self) -> None:
        while True:
            is_busy = self._folded_rows >= BUSY_ROWS
            self._wake.wait(BUSY_HEARTBEAT_SECONDS if is_busy else HEARTBEAT_SECONDS)
            stopping = self._stopping
            self._wake.clear()
            since = time.monotonic() - self._columns_at
            wanted, self._columns_wanted = self._columns_wanted, False
            try:
                self.fold_all(columns=wanted or stopping or since >= COLUMNS_SECONDS)
                self.problem = None
                self._is_stuck = False
            except Exception as error:
                # The loop must survive: rows are safe, the next heartbeat tries again.
                log.exception("fold failed")
                self.problem = f"Summaries can't be brought up to date: {type(error).__name__}."
                with self._moved:
                    self._is_stuck = self._columns_failed is None
                    self._moved.notify_all()
                if not stopping:
                    time.sleep(1)
            if stopping:
                return

    def fold_all(self, *, columns: bool = True) -> None:
        """Fold every committed row of every tenant. columns: append to the columns as well.

        Rollups keep up with every heartbeat. The columns, dearer to append to and asked less often, follow when
        they are asked, when many rows wait, or every few seconds.
        """
        with self._database.reading() as connection:
            upto = events.last_seq(connection)
        self._folded_rows = max(0, upto - self.folded_seq)
        if self._columns is not None and self._columns.mend():
            self._columns_seq = -1
            self._held.clear()
        follow = self._columns is not None and (columns or upto - self._columns_seq >= COLUMNS_ROWS)
        is_followed = not follow or self._columns_seq >= upto
        if upto <= self.folded_seq and self._is_current and is_followed:
            return
        self._is_current = False
        self._columns_failed = None
        if self._behind_since is None:
            self._behind_since = time.monotonic()
        for state in self._states():
            self._fold_tenant(state, upto, follow)
        self._committed.forget(upto)
        with self._moved:
            self.folded_seq = max(self.folded_seq, upto)
            if follow and self._columns_failed is None:
                self._columns_seq, self._columns_at = upto, time.monotonic()
            self._moved.notify_all()
        self._behind_since = None
        if self._columns_failed is not None:
            raise self._columns_failed
        self._is_current = True

    def _fold_tenant(self, state: _State, upto: int, follow: bool) -> None:
        while state.folded_seq < upto:
            part = self._next(state, upto)
            # Here and not in the writer's thread, which every sender waits for.
            new = rollups.additions(part, clock.zone(state.time_zone))
            self._submit(partial(_apply, state=state, part=part, new=new)).result()
            self._hold(part)
            if follow:
                self._follow(state, part.upto)
            state = _State(state.tenant_id, part.upto, state.generation, state.time_zone)
        if follow:
            self._follow(state, state.folded_seq)

    def _next(self, state: _State, upto: int) -> Slice:
        """The tenant's next rows: as the writer left them, else from the table."""
        after = state.folded_seq
        commits = self._committed.take(after, upto, SLICE_ROWS)
        if commits:
            parts = [commit.said for commit in commits]
            return slices.of(state.tenant_id, after, commits[-1].upto, parts, self._cut)
        upto = self._committed.next_after(after, upto)
        with self._database.reading() as connection:
            return slices.read(connection, state.tenant_id, after, upto, SLICE_ROWS, self._cut)

    def _hold(self, part: Slice) -> None:
        """Keep a slice for the columns, so that its rows need not be read again."""
        if self._columns is None or not len(part):
            return
        held = self._held.setdefault(part.tenant_id, [])
        if (held and held[-1].upto != part.after) or sum(map(len, held)) > COLUMNS_ROWS:
            held.clear()  # They are read again.
        held.append(part)

    def _follow(self, state: _State, upto: int) -> None:
        """Bring the columns after the rollups. They are disposable: their trouble must not hold up a fold."""
        columns = self._columns
        if columns is None or self._columns_failed is not None:
            return
        held = self._held.pop(state.tenant_id, [])
        try:
            generation, seq = columns.watermark(state.tenant_id)
            if held and held[0].after == 0 and generation != state.generation:
                columns.restart(state.tenant_id, state.generation)
                generation, seq = columns.watermark(state.tenant_id)
            if held and (generation, seq) == (state.generation, held[0].after):
                self._append(columns, slices.join(held), state.generation)
            self._catch_up(columns, state, upto)
        except Exception as error:
            self._columns_failed = error

    def _catch_up(self, columns: Columns, state: _State, upto: int) -> None:
        """Bring the columns to `upto` from the rows: after a crash, a lost file or a rebuild."""
        generation, seq = columns.watermark(state.tenant_id)
        if generation != state.generation or seq > upto:
            columns.restart(state.tenant_id, state.generation)
            seq = 0
        while seq < upto:
            with self._database.reading() as connection:
                part = slices.read(connection, state.tenant_id, seq, upto, SLICE_ROWS, self._cut)
            self._append(columns, part, state.generation)
            seq = part.upto

    def _append(self, columns: Columns, part: Slice, generation: int) -> None:
        with self._database.reading() as connection:
            codes = {
                name: dictionary.codes(connection, part.tenant_id, name, part.keys[name].names)
                for name in KEYED
            }
        columns.append(part, codes, generation)

    def _states(self) -> list[_State]:
        """Where each tenant's fold stands; starts or restarts those whose cut or zone is another now."""
        with self._database.reading() as connection:
            rows = connection.execute(
                select(
                    tenants.c.tenant_id,
                    tenants.c.time_zone,
                    fold_state.c.folded_seq,
                    fold_state.c.generation,
                    fold_state.c.time_zone.label("folded_zone"),
                    fold_state.c.high_confidence_mpct,
                ).join_from(
                    tenants, fold_state, tenants.c.tenant_id == fold_state.c.tenant_id, isouter=True
                )
            ).all()
        states = []
        for row in rows:
            is_current = row.folded_zone == row.time_zone and row.high_confidence_mpct == self._cut
            if row.generation is None or not is_current:
                self._submit(
                    partial(
                        restart,
                        tenant_id=row.tenant_id,
                        time_zone=row.time_zone,
                        high_confidence_mpct=self._cut,
                    )
                ).result()
                states.append(_State(row.tenant_id, 0, (row.generation or 0) + 1, row.time_zone))
            else:
                states.append(_State(row.tenant_id, row.folded_seq, row.generation, row.time_zone))
        return states


def restart(
    connection: Connection, tenant_id: int, time_zone: str, high_confidence_mpct: int
) -> None:
    """Empty the tenant's rollups and return its watermark to 0: the next fold rebuilds them from the rows."""
    values = {"folded_seq": 0, "time_zone": time_zone, "high_confidence_mpct": high_confidence_mpct}
    moved = connection.execute(
        fold_state.update()
        .where(fold_state.c.tenant_id == tenant_id)
        .values(generation=fold_state.c.generation + 1, **values)
    )
    if not moved.rowcount:
        connection.execute(fold_state.insert().values(tenant_id=tenant_id, generation=1, **values))
    # After the watermark, in the order of `_apply`: whoever folds at the same time adds before this or not at all.
    rollups.clear(connection, tenant_id)


def _apply(connection: Connection, state: _State, part: Slice, new: Additions) -> None:
    moved = connection.execute(
        fold_state.update()
        .where(
            fold_state.c.tenant_id == state.tenant_id,
            fold_state.c.folded_seq == part.after,
            fold_state.c.generation == state.generation,
        )
        .values(folded_seq=part.upto)
    )
    if moved.rowcount != 1:
        raise Superseded(f"The fold of tenant {state.tenant_id} no longer stands at {part.after}.")
    if len(part):
        rollups.add(connection, new)
        dictionary.learn(connection, part)
