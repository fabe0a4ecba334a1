"""A warm start, and the memory of a server that has seen a million predictions."""

import tempfile
import time
from pathlib import Path

from bench import data, pictures
from bench.data import COMMON
from bench.report import Options, Report, median
from bench.senders import Senders
from bench.server import Server

TITLE = "Start and memory"
METHOD = (
    "A start is timed from the spawn of `verascope serve` to the first 200 of `/health`, asked every 5 ms, with the "
    "program's files in the page cache. For memory a server folds all rows of a filled database itself, answers the "
    "overview without and with every pair of filters, takes 500 images at 8 connections, and is then looked at."
)

PREDICTIONS = 500
_MONTH = {"days": 30}
_COUNTS = ["total_predictions", "fake_predictions", "failed_predictions", "revenue"]
BATCH = {
    "kpis": {"metrics": [*_COUNTS, "success_rate", "avg_inference_time"], "range": _MONTH},
    "daily": {"metrics": _COUNTS, "range": _MONTH, "interval": "day", "compare": "previous"},
    "percentiles": {"metrics": ["inference_time_p50", "inference_time_p99"], "range": _MONTH},
    "clients": {"metrics": _COUNTS, "dimensions": ["client"], "range": _MONTH},
    "countries": {"metrics": _COUNTS, "dimensions": ["country"], "range": _MONTH},
}


def measure(options: Options) -> Report:
    rows = options.sizes(1_000_000)[0]
    report = Report(TITLE, METHOD, f"{rows:,} rows over 90 days")
    # Never a kept database: the server folds it and adds to it.
    with tempfile.TemporaryDirectory(prefix="verascope-bench-") as folder:
        _starts(report, "an empty database", Path(folder) / "empty", options)
        made = data.filled(Path(folder), rows, folded=False)
        _memory(report, made.home, rows)
        _starts(report, f"{rows:,} rows", made.home, options)
    return report


def _starts(report: Report, what: str, home: Path, options: Options) -> None:
    times = []
    for _ in range(options.times(7) + 1):
        with Server(home) as server:
            times.append(server.start_seconds)
    # The first one made the database, or found the files cold.
    report.at_most(f"warm start with {what}, p50", median(times[1:]), 3, "s")


def _memory(report: Report, home: Path, rows: int) -> None:
    with Server(home) as server, Senders(server.port, home, pictures.photos()) as senders:
        report.told("resident after the start", server.memory_mb("VmRSS"), "MB")
        started = time.perf_counter()
        counted = 0
        while counted < rows:
            time.sleep(0.5)
            counted = _ask(server, {})
        report.told("folding by the server", rows / (time.perf_counter() - started), "rows/s")
        report.told("resident after the fold", server.memory_mb("VmRSS"), "MB")
        for first in COMMON:
            for second in COMMON:
                _ask(server, {name: list(COMMON[name]) for name in {first, second}})
        senders.send(8, requests=PREDICTIONS)
        report.at_most(f"resident after {rows:,} events", server.memory_mb("VmRSS"), 400, "MB")
        report.told("most there ever was (VmHWM)", server.memory_mb("VmHWM"), "MB")


def _ask(server: Server, filters: dict[str, list[str]]) -> int:
    """Ask the whole overview; the total of all time without filters, 0 while the server still catches up."""
    queries = {name: {**query, "filters": filters} for name, query in BATCH.items()}
    queries["all"] = {"metrics": ["total_predictions"], "range": {"all": True}}
    try:
        results = server.ask("/api/v1/query/batch", {"queries": queries})["results"]
    except RuntimeError as error:
        if "answered 503" in str(error):
            return 0
        raise
    total: int = results["all"]["totals"]["total_predictions"]
    return total
