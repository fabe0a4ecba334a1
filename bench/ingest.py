"""What recording costs: the store's insert with its fold beside a bare insert loop that is as safe."""

import asyncio
import gc
import itertools
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bench import data
from bench.report import Options, Report, median, percentile
from bench.senders import Senders, batch_request_of
from bench.server import Server
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
    "batch, `synchronous=FULL`. *Store* is what the server does with the same batches: `Writer.record_all`, with the writer's and "
    "the folder's threads, and the clock stops when everything is in the rollups and the columns. *Live* rows carry "
    "timestamps of the last seconds; *backfill* rows lie 20 days apart from first to last, oldest first. Bare and store take "
    "turns; ratios are medians of the turns' ratios. *HTTP* is a server process with shipped settings and a client process; "
    "*without fold* and *no writer* are the same server with that part left out (`bench/variant.py`)."
)

BATCHES = (1_000, 10_000)
IN_FLIGHT = 2
"""Batches waiting at the writer, so that it never waits for the sender."""
QUEUE_LIMIT = 50_000
"""Room for them: the shipped 20,000 would refuse the third batch of 10,000."""
LIVE_SECONDS = 10
BACKFILL_DAYS = 20
HTTP_BATCHES = (100, 1_000)
BATCH_CONNECTIONS = 4
SINGLE_CONNECTIONS = 64
EVENT = {
    "client": "client-001",
    "use_case": "kyc",
    "country": "DE",
    "prediction": "fake",
    "confidence": 91.25,
    "inference_time_ms": 23.5,
    "model_version": "bench-1",
}
"""Without id and time, so that the same bytes are a new event each time."""


def measure(options: Options) -> Report:
    rows = min(20_000 if options.quick else 500_000, options.sizes(500_000)[0])
    report = Report(TITLE, METHOD, f"{rows:,} rows a turn")
    _storage(report, rows, options)
    with tempfile.TemporaryDirectory(prefix="verascope-bench-") as folder:
        _batches(report, Path(folder), options)
        _singles(report, Path(folder), options)
    one, five, quarter = os.getloadavg()
    report.notes.append(
        f"Load of the machine at the end: {one:.1f}, {five:.1f}, {quarter:.1f} (1, 5, 15 minutes)."
    )
    return report


def _storage(report: Report, rows: int, options: Options) -> None:
    made = {"live": _made(rows, live=True), "backfill": _made(rows, live=False)}
    for batch, (kind, (facts, tuples)) in itertools.product(BATCHES, made.items()):
        turns = []
        for _ in range(options.times(5)):
            with tempfile.TemporaryDirectory(prefix="verascope-bench-") as folder:
                bare = rows / _bare(Settings(home=Path(folder) / "bare"), tuples, batch)
                turns.append((bare, rows / _store(Path(folder) / "store", facts, batch)))
        name = f"{kind}, batches of {batch:,}"
        report.told(f"{name}: bare", median([bare for bare, _ in turns]), "rows/s")
        report.told(f"{name}: store with fold", median([stored for _, stored in turns]), "rows/s")
        share = median([stored / bare for bare, stored in turns])
        report.at_least(f"{name}: store ÷ bare", share, 0.6, "")


def _batches(report: Report, folder: Path, options: Options) -> None:
    """Over HTTP, beside the same server that never folds."""
    seconds = 2.0 if options.quick else 10.0
    with (
        Server(folder / "whole") as whole,
        Server(folder / "no-fold", ("bench.variant", "no-fold")) as without,
    ):
        for size in HTTP_BATCHES:
            request = [batch_request_of([EVENT] * size)]
            turns = []
            with (
                Senders(whole.port, folder, request, ready=True) as to_whole,
                Senders(without.port, folder, request, ready=True) as to_without,
            ):
                for _ in range(options.times(7)):
                    times, spent = to_without.send(BATCH_CONNECTIONS, seconds=seconds)
                    bare = size * len(times) / spent
                    started = time.perf_counter()
                    times, _ = to_whole.send(BATCH_CONNECTIONS, seconds=seconds)
                    # Its answer waits for the fold of all that was sent.
                    whole.ask("/analytics?days=1")
                    turns.append((bare, size * len(times) / (time.perf_counter() - started)))
            name = f"HTTP, batches of {size:,}"
            report.told(f"{name}: without fold", median([bare for bare, _ in turns]), "events/s")
            report.told(f"{name}: with fold", median([sent for _, sent in turns]), "events/s")
            share = median([sent / bare for bare, sent in turns])
            report.at_least(f"{name}: with ÷ without", share, 0.6, "")


def _singles(report: Report, folder: Path, options: Options) -> None:
    """One event a request, beside the same server that answers before it writes."""
    seconds = 2.0 if options.quick else 10.0
    request = [batch_request_of([EVENT])]
    with Server(folder / "no-writer", ("bench.variant", "no-writer")) as without:
        for synchronous, bar in (("FULL", 0.5), ("NORMAL", 0.75)):
            settings = {"recording_synchronous": synchronous}
            with (
                Server(folder / synchronous, **settings) as whole,
                Senders(whole.port, folder, request, ready=True) as to_whole,
                Senders(without.port, folder, request, ready=True) as to_without,
            ):
                turns, waits = [], []
                for _ in range(options.times(7)):
                    times, spent = to_without.send(SINGLE_CONNECTIONS, seconds=seconds)
                    bare = len(times) / spent
                    times, spent = to_whole.send(SINGLE_CONNECTIONS, seconds=seconds)
                    turns.append((bare, len(times) / spent))
                    waits += times
            name = f"single posts, {SINGLE_CONNECTIONS} connections, {synchronous}"
            report.told(f"{name}: no writer", median([bare for bare, _ in turns]), "events/s")
            report.told(f"{name}", median([sent for _, sent in turns]), "events/s")
            report.told(f"{name}: p99", percentile(waits, 0.99), "ms")
            share = median([sent / bare for bare, sent in turns])
            report.at_least(f"{name}: with ÷ without", share, bar, "")


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
    facts = [one.prediction for one in reversed(stored)]
    # A server never holds this many facts: the collector must not walk through them over and over.
    del stored
    gc.collect()
    gc.freeze()
    return facts, tuples


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


def _store(home: Path, facts: Sequence[Prediction], batch: int) -> float:
    """Seconds through the writer's and the folder's threads until all is folded."""
    settings = Settings(home=home)
    database = Database.open(settings)
    columns = Columns(settings.columns_path, settings.recording.columns_memory_mb)
    writer = Writer(database, QUEUE_LIMIT)
    writer.start()
    cut = round(settings.pricing.high_confidence * 1000)
    folder = Folder(database, columns, writer.submit, cut, writer.committed)
    folder.start()
    started = time.perf_counter()
    asyncio.run(_sent(writer, facts, batch))
    folder.wait(writer.last_seq, columns=True)
    spent = time.perf_counter() - started
    folder.stop()
    writer.stop(30)
    columns.close()
    database.close()
    return spent


async def _sent(writer: Writer, facts: Sequence[Prediction], batch: int) -> None:
    """Hand over all facts as routes do, with `IN_FLIGHT` batches on their way beside the one being written."""
    under_way: list[asyncio.Task[list[events.Insertion]]] = []
    for start in range(0, len(facts), batch):
        under_way.append(asyncio.create_task(writer.record_all(facts[start : start + batch])))
        await asyncio.sleep(0)
        if len(under_way) > IN_FLIGHT:
            _check(await under_way.pop(0))
    for outcomes in await asyncio.gather(*under_way):
        _check(outcomes)


def _check(outcomes: Sequence[events.Insertion]) -> None:
    if any(outcome is not events.Insertion.STORED for outcome in outcomes):
        raise AssertionError("a row was not stored")
