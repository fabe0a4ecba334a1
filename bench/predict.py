"""`POST /predict` against detecting the same images without a server around it."""

import os
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from bench import pictures
from bench.report import Options, Report, median
from bench.senders import Senders
from bench.server import Server
from verascope.config import load
from verascope.ingest.detection import look
from verascope.runtime import image_limits, load_detector

TITLE = "Detection over HTTP"
METHOD = (
    "The server is a process of its own with default settings (`synchronous=FULL`); the client is another one, with raw "
    "asyncio sockets and requests built in advance. *Bare* is decode, hashes and model over the same images in as many "
    "threads as the server uses, in a third process. All three share the same cores, and bare and HTTP take turns."
)

CONNECTIONS = 8
COMMIT_BYTES = 5 * 4120
"""What one prediction's commit appends to the write-ahead log: about five pages with their headers."""


def measure(options: Options) -> Report:
    files = pictures.photos()
    megabytes = sum(map(len, files)) / 1e6
    settings = load()
    detector = load_detector(settings)
    bare = partial(look, detector=detector, limits=image_limits(settings))
    report = Report(
        TITLE,
        METHOD,
        f"{len(files)} images of {megabytes:.1f} MB together, model {detector.version}",
    )
    with tempfile.TemporaryDirectory(prefix="verascope-bench-") as folder:
        home = Path(folder)
        with Server(home) as server, Senders(server.port, home, files) as senders:
            senders.send(CONNECTIONS, requests=4 * len(files))
            _throughput(report, senders, bare, files, options)
            _added(report, senders, bare, files, home, options)
    return report


def _throughput(
    report: Report,
    senders: Senders,
    bare: Callable[[bytes], object],
    files: Sequence[bytes],
    options: Options,
) -> None:
    seconds = 2.0 if options.quick else 10.0
    rates: list[tuple[float, float]] = []
    threads = os.cpu_count() or 1
    with ThreadPoolExecutor(threads) as pool:
        _bare_rate(pool, bare, files, 1.0)
        for _ in range(options.times(7)):
            without = _bare_rate(pool, bare, files, seconds)
            times, spent = senders.send(CONNECTIONS, seconds=seconds)
            rates.append((without, len(times) / spent))
    report.told(f"bare loop, {threads} threads", median([rate for rate, _ in rates]), "images/s")
    report.told(
        f"/predict, {CONNECTIONS} connections", median([rate for _, rate in rates]), "images/s"
    )
    share = median([served / without for without, served in rates])
    report.at_least("/predict ÷ bare loop", share, 0.85, "")


def _bare_rate(
    pool: ThreadPoolExecutor,
    bare: Callable[[bytes], object],
    files: Sequence[bytes],
    seconds: float,
) -> float:
    """Images a second; every thread takes the next image of the list until the time is up."""
    end = time.perf_counter() + seconds
    taken = iter(range(10**9))

    def work() -> int:
        done = 0
        while time.perf_counter() < end:
            bare(files[next(taken) % len(files)])
            done += 1
        return done

    started = time.perf_counter()
    workers = [pool.submit(work) for _ in range(pool._max_workers)]
    done = sum(worker.result() for worker in workers)
    return done / (time.perf_counter() - started)


def _added(
    report: Report,
    senders: Senders,
    bare: Callable[[bytes], object],
    files: Sequence[bytes],
    folder: Path,
    options: Options,
) -> None:
    """What HTTP and recording add to one request at a time, beyond the disk's own sync."""
    detecting: list[float] = []
    serving: list[float] = []
    syncing: list[float] = []
    for _ in range(options.times(30)):
        # Whole turns through the list, so that both medians are about the same images.
        detecting += [_timed(partial(bare, data)) for data in (*files, *files)]
        serving += senders.send(1, requests=2 * len(files))[0]
        syncing += _sync_times(folder, 2 * len(files))
    sync = median(syncing)
    added = median(serving) - median(detecting)
    report.told("bare detection, one at a time, p50", median(detecting), "ms")
    report.told("/predict, one connection, p50", median(serving), "ms")
    report.told(f"write of {COMMIT_BYTES:,} bytes and fdatasync, p50", sync, "ms")
    report.at_most("added beyond the sync, p50", added - sync, 2, "ms")


def _sync_times(folder: Path, n: int) -> list[float]:
    descriptor = os.open(folder / "sync", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    block = os.urandom(COMMIT_BYTES)

    def sync() -> None:
        os.write(descriptor, block)
        os.fdatasync(descriptor)

    try:
        return [_timed(sync) for _ in range(n)]
    finally:
        os.close(descriptor)


def _timed(work: Callable[[], object]) -> float:
    """Milliseconds."""
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000
