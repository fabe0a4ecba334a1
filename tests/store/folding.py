"""Insert and fold without threads, the way the server does it with them."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from sqlalchemy import Connection, select

from verascope.records import Prediction
from verascope.store import events
from verascope.store.columns import Columns
from verascope.store.database import Database
from verascope.store.events import Insertion
from verascope.store.fold import Folder
from verascope.store.tables import dimension_keys, rollup_histograms, rollups

T = TypeVar("T")
CUT = 90_000


def submit_to(database: Database) -> Callable[[Callable[[Connection], T]], Future[T]]:
    """Runs a write at once, in the caller's thread."""

    def submit(job: Callable[[Connection], T]) -> Future[T]:
        done: Future[T] = Future()
        with database.writing() as connection:
            done.set_result(job(connection))
        return done

    return submit


def insert(database: Database, *new: Prediction) -> list[Insertion]:
    with database.writing() as connection:
        return events.insert(connection, new)


def fold(database: Database, columns: Columns | None = None, cut: int = CUT) -> None:
    Folder(database, columns, submit_to(database), cut).fold_all()


def stored_rollups(database: Database) -> tuple[set[tuple[object, ...]], ...]:
    """Everything the fold keeps in the database, as comparable sets (codes apart: they are ours)."""
    with database.reading() as connection:
        return (
            set(map(tuple, connection.execute(select(rollups)))),
            set(map(tuple, connection.execute(select(rollup_histograms)))),
            set(map(tuple, connection.execute(select(*list(dimension_keys.columns)[1:])))),
        )
