"""Databases full of lifelike predictions: 90 days, most of it in working hours, a few big clients and many small ones.

Rows go in through the store's own insert, in large batches; the fold is the store's own as well.
"""

import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from bench.report import Options
from verascope import clock
from verascope.config import Settings
from verascope.queries.run import Answers
from verascope.store import dialect, events
from verascope.store.columns import Columns
from verascope.store.database import Database
from verascope.store.fold import Folder, Submit
from verascope.store.tables import predictions

T = TypeVar("T")

DAYS = 90
BATCH = 50_000
SEED = 20_260_131
PRICE_MICROS = 50_000

CLIENTS = [f"client-{i:03d}" for i in range(200)]
COUNTRIES = [
    "US",
    "DE",
    "GB",
    "FR",
    "IN",
    "BR",
    "JP",
    "CA",
    "NL",
    "ES",
    "IT",
    "PL",
    "SE",
    "AU",
    "MX",
    "KR",
    "ID",
    "TR",
    "CH",
    "AT",
    "BE",
    "DK",
    "NO",
    "FI",
    "IE",
    "PT",
    "CZ",
    "RO",
    "GR",
    "HU",
    "ZA",
    "NG",
    "EG",
    "KE",
    "AR",
    "CL",
    "CO",
    "SG",
    "MY",
    "TH",
    "VN",
    "PH",
    "unknown",
]
USE_CASES = ["kyc", "social_media", "news", "insurance", "unspecified"]
MODELS = ["vs-ref-0.1", "vs-ref-0.2", "vs-ref-0.3"]
FORMATS = ["JPEG", "PNG", "WEBP", "HEIF"]
ERRORS = [
    "The image is truncated or corrupt.",
    "The file is not an image in a supported format.",
    "The file is empty.",
    "The image is smaller than the limit.",
    "The file is larger than the limit.",
    "The detector failed on this image.",
]
AGENTS = ["python-requests/2.32", "okhttp/4.12", "axios/1.7", "Mozilla/5.0", "Go-http-client/2.0"]

COMMON = {
    "client": (CLIENTS[0],),
    "country": (COUNTRIES[0],),
    "model": (MODELS[-1],),
    "outcome": ("real",),
    "use_case": (USE_CASES[0],),
    "error_pattern": (ERRORS[0],),
}
"""The most frequent value of each dimension: the filters that leave the most work."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A filled home. end_us: the last instant in it, which is "now" for questions. Seconds of 0: not done here."""

    home: Path
    rows: int
    end_us: int
    insert_seconds: float
    fold_seconds: float


@dataclass(frozen=True, slots=True)
class House:
    """An open store with everything folded."""

    filled: Filled
    database: Database
    columns: Columns
    answers: Answers


@contextmanager
def folder_of(options: Options) -> Iterator[Path]:
    """The folder that keeps filled databases; deleted at the end unless `--keep` named one."""
    if options.keep is not None:
        options.keep.mkdir(parents=True, exist_ok=True)
        yield options.keep.resolve()
        return
    folder = Path(tempfile.mkdtemp(prefix="verascope-bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def filled(folder: Path, rows: int, *, folded: bool = True) -> Filled:
    """A home with that many rows in `folder`, filled now unless it is there from an earlier run."""
    home = folder / f"rows-{rows}"
    note = home / "filled.json"
    if note.exists():
        return Filled(**{**json.loads(note.read_text()), "home": home})
    shutil.rmtree(home, ignore_errors=True)
    settings = Settings(home=home)
    end_us = clock.now_us()
    database = Database.open(settings)
    try:
        insert_seconds = _insert(database, rows, end_us)
        fold_seconds = _fold(database, settings) if folded else 0.0
    finally:
        database.close()
    made = Filled(home, rows, end_us, insert_seconds, fold_seconds)
    note.write_text(json.dumps({**asdict(made), "home": str(home)}))
    return made


@contextmanager
def opened(made: Filled) -> Iterator[House]:
    """The filled home open for questions, asked as of the end of its data."""
    settings = Settings(home=made.home)
    database = Database.open(settings)
    columns = Columns(settings.columns_path, settings.recording.columns_memory_mb)
    try:
        folder = Folder(database, columns, submit_to(database), _cut(settings))
        folder.fold_all()
        answers = Answers(database, folder, columns, settings, lambda: made.end_us)
        yield House(made, database, columns, answers)
    finally:
        columns.close()
        database.close()


def submit_to(database: Database) -> Submit:
    """Runs a write at once, in the caller's thread."""

    def submit(job: Callable[[Connection], T]) -> Future[T]:
        done: Future[T] = Future()
        with database.writing() as connection:
            done.set_result(job(connection))
        return done

    return submit


def batches(rows: int, end_us: int, hours: int = DAYS * 24) -> Iterator[list[dialect.Row]]:
    """`rows` rows of the `hours` before `end_us` in the order of arrival, BATCH at a time; always the same."""
    random = np.random.default_rng(SEED)
    at_us = _instants(random, rows, end_us, hours)
    for start in range(0, rows, BATCH):
        part = at_us[start : start + BATCH]
        yield _rows(random, part, start / rows)


def _insert(database: Database, rows: int, end_us: int) -> float:
    spent, done = 0.0, 0
    for batch in batches(rows, end_us):
        started = time.perf_counter()
        with database.writing() as connection:
            dialect.insert_new(connection, predictions, events.COLUMNS, batch)
        spent += time.perf_counter() - started
        done += len(batch)
        if done % 1_000_000 == 0:
            print(f"  {done:,} rows in", file=sys.stderr, flush=True)
    return spent


def _fold(database: Database, settings: Settings) -> float:
    columns = Columns(settings.columns_path, settings.recording.columns_memory_mb)
    try:
        started = time.perf_counter()
        Folder(database, columns, submit_to(database), _cut(settings)).fold_all()
        return time.perf_counter() - started
    finally:
        columns.close()


def _cut(settings: Settings) -> int:
    return round(settings.pricing.high_confidence * 1000)


def _instants(
    random: np.random.Generator, rows: int, end_us: int, span_hours: int
) -> NDArray[np.int64]:
    """Arrival times: busy by day, quiet by night and at weekends, growing slowly."""
    hours = np.arange(span_hours)
    start_us = end_us - span_hours * clock.HOUR * clock.US
    of_day = 1.2 + np.cos((hours % 24 - 14) / 24 * 2 * np.pi)
    of_week = np.where(hours // 24 % 7 < 5, 1.0, 0.45)
    weight = of_day * of_week * (1 + hours / hours.size)
    counts = random.multinomial(rows, weight / weight.sum())
    base = np.repeat(hours * clock.HOUR * clock.US, counts)
    found = start_us + base + random.integers(0, clock.HOUR * clock.US, rows)
    found.sort()
    return found


def _rows(random: np.random.Generator, at_us: NDArray[np.int64], age: float) -> list[dialect.Row]:
    """age: from 0 (the oldest rows) to 1, which decides the model in use."""
    n = len(at_us)
    failed = random.random(n) < 0.02
    fake = random.beta(0.5, 0.8, n)
    fake_mpct = np.where(failed, 0, np.rint(fake * 100_000).astype(np.int64))
    outcome = np.select([failed, fake >= 0.6, fake <= 0.4], ["failed", "fake", "real"], "uncertain")
    inference_us = np.rint(random.lognormal(np.log(22_000), 0.5, n)).astype(np.int64)
    response_us = inference_us + random.integers(800, 6_000, n)
    # One in a hundred was reported late, by up to three hours.
    late = np.where(random.random(n) < 0.01, random.integers(0, 3 * clock.HOUR * clock.US, n), 0)
    hashes, prints = random.bytes(32 * n).hex(), random.bytes(32 * n)
    client = _pick(random, CLIENTS, n, 1.1)
    error = [
        message if bad else None
        for message, bad in zip(_pick(random, ERRORS, n, 0.8), failed.tolist(), strict=True)
    ]

    def unless_failed(values: NDArray[Any]) -> list[Any]:
        return [
            None if bad else value
            for value, bad in zip(values.tolist(), failed.tolist(), strict=True)
        ]

    columns: dict[str, Any] = {
        "tenant_id": [1] * n,
        "id": _uuids(random, at_us),
        "timestamp": _texts(at_us - late),
        "received_at": _texts(at_us),
        "client": client,
        "client_key": client,
        "use_case": _pick(random, USE_CASES, n, 0.7),
        "country": _pick(random, COUNTRIES, n, 0.9),
        "source": ["predict"] * n,
        "prediction": unless_failed(outcome),
        "confidence": unless_failed(np.maximum(fake_mpct, 100_000 - fake_mpct) / 1000),
        "real_probability": unless_failed((100_000 - fake_mpct) / 1000),
        "fake_probability": unless_failed(fake_mpct / 1000),
        "inference_time_ms": unless_failed(inference_us / 1000),
        "response_time_ms": (response_us / 1000).tolist(),
        "model_version": unless_failed(np.full(n, MODELS[min(2, int(age * 3))])),
        "file_hash": [hashes[i : i + 64] for i in range(0, 64 * n, 64)],
        "file_size": random.integers(20_000, 4_000_000, n).tolist(),
        "image_format": _pick(random, FORMATS, n, 2.0),
        "image_width": random.choice([640, 1080, 1280, 1920, 4032], n).tolist(),
        "image_height": random.choice([480, 720, 1080, 1350, 3024], n).tolist(),
        "perceptual_hash": [prints[i : i + 32] for i in range(0, 32 * n, 32)],
        "perceptual_hash_quality": random.integers(20, 101, n).tolist(),
        "perceptual_hash_version": [1] * n,
        "user_ip": [hashes[i + 8 : i + 40] for i in range(0, 64 * n, 64)],
        "user_agent": _pick(random, AGENTS, n, 0.5),
        "success": (~failed).astype(int).tolist(),
        "error_message": error,
        "error_pattern": error,
        "billable": (~failed).astype(int).tolist(),
        "billing_rule": [1] * n,
        "price_micros": np.where(failed, 0, PRICE_MICROS).tolist(),
        "label": [None] * n,
        "tags": [None] * n,
    }
    return list(zip(*(columns[name] for name in events.COLUMNS), strict=True))


def _pick(random: np.random.Generator, names: list[str], n: int, steepness: float) -> list[str]:
    """Names by Zipf's law: the first is the most frequent."""
    weight = 1 / np.arange(1, len(names) + 1) ** steepness
    chosen = random.choice(len(names), n, p=weight / weight.sum())
    return [names[i] for i in chosen.tolist()]


def _texts(at_us: NDArray[np.int64]) -> list[str]:
    """`clock.to_text` of many instants at once."""
    lines = "\n".join(np.datetime_as_string(at_us.astype("datetime64[us]")).tolist())
    return lines.replace("T", " ").split("\n")


def _uuids(random: np.random.Generator, at_us: NDArray[np.int64]) -> list[str]:
    """UUIDv7 (RFC 9562) of these instants."""
    raw = np.frombuffer(random.bytes(16 * len(at_us)), np.uint8).reshape(-1, 16).copy()
    raw[:, :6] = (at_us // 1000).astype(">i8").view(np.uint8).reshape(-1, 8)[:, 2:]
    raw[:, 6] = raw[:, 6] & 0x0F | 0x70
    raw[:, 8] = raw[:, 8] & 0x3F | 0x80
    h = raw.tobytes().hex()
    return [
        f"{h[i : i + 8]}-{h[i + 8 : i + 12]}-{h[i + 12 : i + 16]}-{h[i + 16 : i + 20]}-{h[i + 20 : i + 32]}"
        for i in range(0, 32 * len(at_us), 32)
    ]
