"""How soon an event is on every screen, and what a thousand screens cost."""

import tempfile
import time
from pathlib import Path

from bench import pictures
from bench.listeners import Listeners, allow_many_files
from bench.report import Options, Report, percentile
from bench.senders import Senders
from bench.server import Server

TITLE = "Live feed"
METHOD = (
    "Listeners are sockets on `/api/v1/live` in one process, images come from another as `POST /predict` (a 40 × 40 JPEG). "
    "A latency runs from the image's arrival at the server to the event at one listener, so it includes detection and "
    "commit. Processor time of the server process, all threads, is read from `/proc`."
)

RATES = (5, 20)


def measure(options: Options) -> Report:
    allow_many_files()
    few, many = (20, 50) if options.quick else (100, 1000)
    seconds = 4 if options.quick else 30
    report = Report(TITLE, METHOD, f"{seconds} s for each row, after 3 s of the same")
    with tempfile.TemporaryDirectory(prefix="verascope-bench-") as folder:
        home = Path(folder)
        with Server(home) as server, Senders(server.port, home, [pictures.tiny()]) as senders:
            senders.send(2, requests=20)
            with Listeners(server.port, few) as listeners:
                for rate in RATES:
                    heard, _ = _round(server, senders, listeners, rate, seconds)
                    what = f"{few} listeners, {rate} events/s, latency"
                    report.told(f"{what} p50", percentile(heard, 0.5), "ms")
                    report.at_most(f"{what} p99", percentile(heard, 0.99), 250, "ms")
            _, idle = _round(server, senders, None, RATES[0], seconds)
            report.told(f"no listeners, {RATES[0]} events/s, processor", idle, "% of a core")
            with Listeners(server.port, many) as listeners:
                heard, busy = _round(server, senders, listeners, RATES[0], seconds)
                what = f"{many} listeners, {RATES[0]} events/s"
                report.told(f"{what}, latency p99", percentile(heard, 0.99), "ms")
                report.at_most(f"{what}, processor", busy, 30, "% of a core")
    return report


def _round(
    server: Server, senders: Senders, listeners: Listeners | None, rate: int, seconds: int
) -> tuple[list[float], float]:
    """Latencies in ms, and the server's processor time in percent of a core.

    Raises RuntimeError when a listener was lost or an event did not reach everybody.
    """
    senders.send(1, seconds=3, per_second=rate)
    time.sleep(0.5)
    before = 0
    if listeners is not None:
        _, before = listeners.heard()
    started, used = time.perf_counter(), server.cpu_seconds()
    answered, _ = senders.send(1, seconds=seconds, per_second=rate)
    processor = (server.cpu_seconds() - used) / (time.perf_counter() - started) * 100
    if listeners is None:
        return [], processor
    time.sleep(1)
    heard, left = listeners.heard()
    if left != before or len(heard) != len(answered) * left:
        raise RuntimeError(
            f"{len(answered)} events to {left} of {before} listeners, {len(heard)} heard"
        )
    return heard, processor
