"""What durability and the fold cost: rows through the writer against the barest insert loop that is as safe."""

import asyncio
import itertools
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench import data
from bench.report import Options, Report, median
from verascope import clock
from verascope.config import Recording, Settings
from verascope.ingest.writer import Writer
from verascope.records import Prediction
from verascope.store import dialect, events
from verascope.store.columns import Columns
from verascope.store.database import Database
from verascope.store.events import EventFilter, Insertion
from verascope.store.fold import Folder
from verascope.store.tables import DEFAULT_TENANT, predictions

TITLE = "Durability and the fold"
METHOD = (
    "*Bare* inserts ready tuples with `executemany` into the same table, GROUP rows a commit, and nothing else. *Live* is "
    "`Writer.record` for each row with GROUP callers waiting at a time, and the folder thread beside it; the clock stops "
    "when everything is folded into rollups and columns. *Backfill* is the store's insert in batches of 10,000 with a fold "
    "after all. Each takes turns under both settings of `synchronous`."
)

GROUP = 256
ROWS_AN_HOUR = 10_000_000 // (90 * 24)
"""As dense in time as ten million rows over 90 days: the denser, the less a row costs to fold."""
BACKFILL = 10_000


def measure(options: Options) -> Report:
    rows = min(2_000 if options.quick else 100_000, options.sizes(1_000_000)[0])
    facts, tuples = _made(rows)
    rates: dict[tuple[str, str], list[float]] = {}
    for _ in range(options.times(5)):
        for synchronous in ("FULL", "NORMAL"):
            with tempfile.TemporaryDirectory(prefix="verascope-bench-") as folder:
                for way, seconds in _round(Path(folder), synchronous, facts, tuples).items():
                    rates.setdefault((way, synchronous), []).append(rows / seconds)
    found = {key: median(values) for key, values in rates.items()}
    report = Report(
        TITLE,
        METHOD.replace("GROUP", str(GROUP)),
        f"{rows:,} rows a turn, {ROWS_AN_HOUR:,} an hour",
    )
    for (way, synchronous), rate in found.items():
        report.told(f"{way}, {synchronous}", rate, "rows/s")
    for way in ("bare", "live"):
        report.told(f"{way}, FULL ÷ NORMAL", found[way, "FULL"] / found[way, "NORMAL"], "")
    for way in ("live", "backfill"):
        share = median(
            [a / b for a, b in zip(rates[way, "FULL"], rates["bare", "FULL"], strict=True)]
        )
        report.at_least(f"{way} with fold ÷ bare, FULL", share, 0.75, "")
    return report


def _made(rows: int) -> tuple[list[Prediction], list[dialect.Row]]:
    """The same rows as facts and as tuples; the facts come from a store, so that both are exactly alike."""
    hours = max(1, rows // ROWS_AN_HOUR)
    tuples = list(itertools.chain.from_iterable(data.batches(rows, clock.now_us(), hours)))
    with tempfile.TemporaryDirectory(prefix="verascope-bench-") as folder:
        database = Database.open(Settings(home=Path(folder)))
        with database.writing() as connection:
            dialect.insert_new(connection, predictions, events.COLUMNS, tuples)
        with database.reading() as connection:
            stored = events.page(connection, DEFAULT_TENANT, EventFilter(), None, rows)
        database.close()
    return [one.prediction for one in reversed(stored)], tuples


def _round(
    folder: Path, synchronous: str, facts: Sequence[Prediction], tuples: Sequence[dialect.Row]
) -> dict[str, float]:
    """Seconds each way took, each in a database of its own."""
    recording = Recording(synchronous="FULL" if synchronous == "FULL" else "NORMAL")

    def settings(name: str) -> Settings:
        return Settings(home=folder / name, recording=recording)

    inserting, folding = _backfill(settings("backfill"), facts)
    return {
        "bare": _bare(settings("bare"), tuples),
        "live": asyncio.run(_live(settings("live"), facts)),
        "backfill": inserting + folding,
        "backfill's insert alone": inserting,
        "backfill's fold alone": folding,
    }


def _bare(settings: Settings, tuples: Sequence[dialect.Row]) -> float:
    database = Database.open(settings)
    started = time.perf_counter()
    for start in range(0, len(tuples), GROUP):
        with database.writing() as connection:
            dialect.insert_new(
                connection, predictions, events.COLUMNS, list(tuples[start : start + GROUP])
            )
    spent = time.perf_counter() - started
    database.close()
    return spent


async def _live(settings: Settings, facts: Sequence[Prediction]) -> float:
    database = Database.open(settings)
    columns = Columns(settings.columns_path, settings.recording.columns_memory_mb)
    writer = Writer(database, settings.recording.queue_limit)
    writer.start()
    folder = Folder(database, columns, writer.submit, _cut(settings))
    folder.start()
    waiting = iter(facts)

    async def caller() -> None:
        for fact in waiting:
            if await writer.record(fact) is not Insertion.STORED:
                raise AssertionError(f"{fact.id} was not stored")

    started = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(GROUP)))
    await asyncio.to_thread(folder.wait, writer.last_seq)
    spent = time.perf_counter() - started
    folder.stop()
    writer.stop(30)
    columns.close()
    database.close()
    return spent


def _backfill(settings: Settings, facts: Sequence[Prediction]) -> tuple[float, float]:
    """Seconds for inserting, and for folding."""
    database = Database.open(settings)
    columns = Columns(settings.columns_path, settings.recording.columns_memory_mb)
    folder = Folder(database, columns, data.submit_to(database), _cut(settings))
    started = time.perf_counter()
    for start in range(0, len(facts), BACKFILL):
        with database.writing() as connection:
            events.insert(connection, facts[start : start + BACKFILL])
    inserted = time.perf_counter()
    folder.fold_all()
    folded = time.perf_counter()
    columns.close()
    database.close()
    return inserted - started, folded - inserted


def _cut(settings: Settings) -> int:
    return round(settings.pricing.high_confidence * 1000)
