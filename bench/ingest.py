"""What recording costs: the store's insert with its fold beside a bare insert loop that is as safe."""

import itertools
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path

import numpy as np
from sqlalchemy import Connection

from bench import data
from bench.report import Options, Report, median
from verascope import clock
from verascope.config import Settings
from verascope.ingest.writer import Writer
from verascope.records import Prediction
from verascope.store import dialect, events
from verascope.store.columns import Columns
from verascope.store.database import Database
from verascope.store.events import EventFilter
from verascope.store.fold import Folder
from verascope.store.tables import DEFAULT_TENANT, predictions

TITLE = "Recording: insert and fold"
METHOD = (
    "*Bare* is one thread that inserts ready tuples with `executemany` into the same table with the same indexes, one commit a "
    "batch, `synchronous=FULL`. *Store* is what the server does with the same batches: `events.insert` in the writer's thread, "
    "the folder's thread beside it, and the clock stops when everything is in the rollups and the columns. *Live* rows carry "
    "timestamps of the last seconds; *backfill* rows lie 20 days apart from first to last, oldest first. Bare and store take "
    "turns; ratios are medians of the turns' ratios."
)

BATCHES = (1_000, 10_000)
IN_FLIGHT = 2
"""Batches waiting at the writer, so that it never waits for the sender."""
LIVE_SECONDS = 10
BACKFILL_DAYS = 20


def measure(options: Options) -> Report:
    rows = min(20_000 if options.quick else 500_000, options.sizes(500_000)[0])
    report = Report(TITLE, METHOD, f"{rows:,} rows a turn")
    made = {"live": _made(rows, live=True), "backfill": _made(rows, live=False)}
    for batch, (kind, (facts, tuples)) in itertools.product(BATCHES, made.items()):
        turns = []
        for _ in range(options.times(5)):
            with tempfile.TemporaryDirectory(prefix="verascope-bench-") as folder:
                bare = _bare(Settings(home=Path(folder) / "bare"), tuples, batch)
                turns.append((rows / bare, *_store(Path(folder) / "store", facts, batch)))
        name = f"{kind}, batches of {batch:,}"
        report.told(f"{name}: bare", median([turn[0] for turn in turns]), "rows/s")
        report.told(f"{name}: store with fold", median([turn[1] for turn in turns]), "rows/s")
        report.at_least(
            f"{name}: store ÷ bare", median([turn[1] / turn[0] for turn in turns]), 0.6, ""
        )
    return report


def _made(rows: int, *, live: bool) -> tuple[list[Prediction], list[dialect.Row]]:
    """The same rows as facts and as tuples; the facts come from a store, so that both are exactly alike."""
    end_us = clock.now_us()
    tuples = list(itertools.chain.from_iterable(data.batches(rows, end_us, BACKFILL_DAYS * 24)))
    if live:
        at = events.COLUMNS.index("timestamp")
        spread = np.linspace(end_us - LIVE_SECONDS * clock.US, end_us, rows).astype(int).tolist()
        tuples = [
            (*row[:at], clock.to_text(us), *row[at + 1 :])
            for row, us in zip(tuples, spread, strict=True)
        ]
    with tempfile.TemporaryDirectory(prefix="verascope-bench-") as folder:
        database = Database.open(Settings(home=Path(folder)))
        with database.writing() as connection:
            dialect.insert_new(connection, predictions, events.COLUMNS, tuples)
        with database.reading() as connection:
            stored = events.page(connection, DEFAULT_TENANT, EventFilter(), None, rows)
        database.close()
    return [one.prediction for one in reversed(stored)], tuples


def _bare(settings: Settings, tuples: Sequence[dialect.Row], batch: int) -> float:
    """Seconds for inserting ready tuples, `batch` rows a commit."""
    names = ", ".join(events.COLUMNS)
    statement = f"INSERT INTO predictions ({names}) VALUES ({', '.join('?' * len(events.COLUMNS))})"
    database = Database.open(settings)
    started = time.perf_counter()
    for start in range(0, len(tuples), batch):
        with database.writing() as connection:
            dialect.cursor(connection).executemany(statement, tuples[start : start + batch])
    spent = time.perf_counter() - started
    database.close()
    return spent


def _store(home: Path, facts: Sequence[Prediction], batch: int) -> tuple[float]:
    """Rows a second through the writer's and the folder's threads until all is folded."""
    settings = Settings(home=home)
    database = Database.open(settings)
    columns = Columns(settings.columns_path, settings.recording.columns_memory_mb)
    writer = Writer(database, settings.recording.queue_limit)
    writer.start()
    cut = round(settings.pricing.high_confidence * 1000)
    folder = Folder(database, columns, writer.submit, cut)
    folder.start()
    under_way: list[Future[int]] = []
    started = time.perf_counter()
    for start in range(0, len(facts), batch):
        under_way.append(writer.submit(partial(_insert, new=facts[start : start + batch])))
        if len(under_way) > IN_FLIGHT:
            under_way.pop(0).result()
    newest = max(future.result() for future in under_way)
    folder.wait(newest, columns=True)
    spent = time.perf_counter() - started
    folder.stop()
    writer.stop(30)
    columns.close()
    database.close()
    return (len(facts) / spent,)


def _insert(connection: Connection, new: Sequence[Prediction]) -> int:
    outcomes = events.insert(connection, new)
    if any(outcome is not events.Insertion.STORED for outcome in outcomes):
        raise AssertionError("a row was not stored")
    return events.last_seq(connection)
