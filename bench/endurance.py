"""Millions of events without a pause, while a dashboard is open: does memory stay flat, does the write-ahead log stay bounded?"""

import tempfile
import time
from pathlib import Path

from bench.ingest import EVENT
from bench.report import Options, Report
from bench.senders import Senders, batch_request_of
from bench.server import Server

TITLE = "Endurance"
METHOD = (
    "Batches of 1,000 events come through `POST /api/v1/predictions` on two connections without a pause, and once a second the overview "
    "and a filtered question are asked, as an open dashboard does. Resident memory of the server and the size of its write-ahead log are read "
    "once a second; memory counts from the end of the first tenth."
)

BATCH = 1_000
SLICE_SECONDS = 10.0
_DAYS = {"days": 30}
QUESTIONS = {
    "range": {
        "metrics": ["total_predictions", "success_rate", "revenue"],
        "range": _DAYS,
        "interval": "day",
        "compare": "previous",
    },
    "percentiles": {"metrics": ["inference_time_p50", "inference_time_p99"], "range": _DAYS},
    "clients": {"metrics": ["total_predictions"], "dimensions": ["client"], "range": _DAYS},
    "filtered": {
        "metrics": ["total_predictions"],
        "filters": {"country": ["DE"], "outcome": ["real"]},
        "range": _DAYS,
    },
}


def measure(options: Options) -> Report:
    (events,) = options.sizes(10_000_000)
    report = Report(TITLE, METHOD, f"{events:,} events")
    memory: list[float] = []
    log: list[float] = []
    answers: list[float] = []
    with tempfile.TemporaryDirectory(prefix="verascope-bench-") as name:
        folder = Path(name)
        request = [batch_request_of([EVENT] * BATCH)]
        with (
            Server(folder / "home") as server,
            Senders(server.port, folder, request, ready=True) as senders,
        ):
            wal = server.home / "analytics" / "analytics.db-wal"
            sent, spent, first = 0, 0.0, 0
            while sent < events:
                seconds = 1.0 if options.quick else SLICE_SECONDS
                senders.begin(2, seconds=seconds)
                until = time.monotonic() + seconds
                while time.monotonic() < until:
                    asked = time.perf_counter()
                    server.ask("/api/v1/query/batch", {"queries": QUESTIONS})
                    answers.append((time.perf_counter() - asked) * 1000)
                    memory.append(server.memory_mb("VmRSS"))
                    log.append(wal.stat().st_size / 1e6)
                    time.sleep(max(0.0, min(1.0, until - time.monotonic())))
                times, took = senders.finish()
                sent += BATCH * len(times)
                spent += took
                if sent <= events / 10:
                    first = len(memory)
            stored = server.ask("/analytics?days=1")["summary"]["total_predictions"]
    if stored != sent:
        raise AssertionError(f"{sent} events were acknowledged, {stored} are counted")
    settled = memory[first:] or memory
    report.told("acknowledged and counted", sent, "events")
    report.told("rate, dashboard open", sent / spent, "events/s")
    report.at_most("memory, most above the first tenth's end", max(settled) - settled[0], 50, "MB")
    report.told("memory, the most there was", max(memory), "MB")
    report.at_most("write-ahead log, the most there was", max(log), 64, "MB")
    report.told(
        "the dashboard's questions meanwhile, median", sorted(answers)[len(answers) // 2], "ms"
    )
    return report
