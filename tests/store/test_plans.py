"""What the feed, the pages and the fold read stays small however many rows there are."""

from pathlib import Path

import pytest

from tests.predictions import NOON, make
from tests.store.folding import insert
from verascope import config
from verascope.clock import Range
from verascope.store import events, slices
from verascope.store.database import Database
from verascope.store.events import EventFilter

READS = {
    "the feed": lambda c: events.after(c, 1, 5, 10),
    "a page": lambda c: events.page(c, 1, EventFilter(), None, 10),
    "a page further on": lambda c: events.page(c, 1, EventFilter(), 50, 10),
    "a filtered page": lambda c: events.page(c, 1, EventFilter(client=("acme",)), None, 10),
    "a page up to now": lambda c: events.page(
        c, 1, EventFilter(span=Range(NOON, NOON + 1)), None, 10
    ),
    "the fold": lambda c: slices.read(c, 1, 5, 10, 5, 90_000),
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_reading_in_the_order_of_arrival_never_sorts(tmp_path: Path, read) -> None:  # type: ignore[no-untyped-def]
    database = Database.open(config.load({"VERASCOPE_HOME": str(tmp_path)}))
    insert(database, *(make() for _ in range(20)))
    said: list[str] = []
    with database.reading() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        raw.set_trace_callback(said.append)
        read(connection)
        raw.set_trace_callback(None)
        plans = [
            row[3]
            for statement in said
            if "FROM predictions" in statement.replace("\n", " ")
            for row in raw.execute(f"EXPLAIN QUERY PLAN {statement}").fetchall()
        ]
    database.close()
    assert plans
    assert not [plan for plan in plans if "TEMP B-TREE" in plan], plans
