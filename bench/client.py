"""What `verascope-client` costs the service that uses it: time in the call, processor in the background.

Started by the measurement with arguments, the module is that service: a loop that makes predictions at a steady rate.
"""

import gzip
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from bench.report import Options, Report, median, percentile

TITLE = "The client in its host"
METHOD = (
    "A process calls `record` with six fields 100 times a second and times each call; another one answers the batches over "
    "loopback. Processor time is that of the whole host process, all threads, user and system, less that of the same loop "
    "without the client, which takes turns with it."
)

RATE = 100
SOURCE = Path(__file__).parents[1] / "client" / "src"
KINDS = {
    "in memory": {},
    "spool, background": {"durability": "background"},
    "spool, write": {"durability": "write"},
    "spool, fsync": {"durability": "fsync"},
}


def measure(options: Options) -> Report:
    seconds = 3 if options.quick else 10
    rounds = options.times(3)
    report = Report(
        TITLE,
        METHOD,
        f"{rounds} rounds of {seconds} s each; one-minute load average {os.getloadavg()[0]:.1f} at the beginning",
    )
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in KINDS}
    plain: list[float] = []
    with _server() as url, tempfile.TemporaryDirectory(prefix="verascope-bench-") as folder:
        for _ in range(rounds):
            bare = _host(url, seconds, None, folder)
            plain += bare["times"]
            for name, chosen in KINDS.items():
                one = _host(url, seconds, chosen, folder)
                one["share"] = 100 * (one["cpu"] - bare["cpu"]) / one["wall"]
                found[name].append(one)
    report.told(
        "for comparison: a dict of the six fields appended to a list, p50",
        percentile(plain, 0.5),
        "µs",
    )
    for name, several in found.items():
        times = [took for one in several for took in one["times"]]
        p50, p99 = percentile(times, 0.5), percentile(times, 0.99)
        share = median([one["share"] for one in several])
        # Only what happens in the background has a bar: a call that waits for the disk was asked to.
        if name in ("in memory", "spool, background"):
            report.at_most(f"`record`, {name}, p50", p50, 20, "µs")
            report.told(f"`record`, {name}, p99", p99, "µs")
            report.at_most(f"processor at {RATE}/s, {name}", share, 1, "% of a core")
        else:
            report.told(f"`record`, {name}, p50", p50, "µs")
            report.told(f"`record`, {name}, p99", p99, "µs")
            report.told(f"processor at {RATE}/s, {name}", share, "% of a core")
    lost = sum(one["lost"] for several in found.values() for one in several)
    report.notes.append(f"Events that were not delivered when the host ended: {lost}.")
    return report


def _host(url: str, seconds: int, chosen: dict[str, Any] | None, folder: str) -> dict[str, Any]:
    """times: of each call, µs. cpu, wall: seconds."""
    options = None if chosen is None else {**chosen, **({"spool": folder} if chosen else {})}
    done = subprocess.run(
        [sys.executable, __file__, url, str(seconds), json.dumps(options)],
        env={**os.environ, "PYTHONPATH": f"{SOURCE}:{Path(__file__).parents[1]}"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


class _Taker(BaseHTTPRequestHandler):
    """Says that everything was stored."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        body = gzip.decompress(self.rfile.read(int(self.headers["Content-Length"])))
        count = len(body.splitlines()) if body != b"[]" else 0
        receipt = {"received": count, "stored": count, "duplicate": 0, "rejected": 0, "errors": []}
        text = json.dumps(receipt).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def _server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Taker) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def _serve_predictions(url: str, seconds: int, options: dict[str, Any] | None) -> dict[str, Any]:
    from verascope_client import Client

    client = None if options is None else Client(url, **options)
    if client is not None:
        # Threads and connection are there before the clock runs.
        client.record(prediction="real", confidence=80)
        client.flush(10)
    kept: list[dict[str, Any]] = []
    record = client.record if client is not None else lambda **fields: kept.append(fields)
    times: list[float] = []
    cpu, wall = time.process_time(), time.perf_counter()
    for number in range(seconds * RATE):
        left = wall + number / RATE - time.perf_counter()
        if left > 0:
            time.sleep(left)
        began = time.perf_counter()
        record(
            prediction="fake",
            confidence=97.2,
            inference_time_ms=41.5,
            client="acme",
            use_case="kyc",
            model_version="2.1",
        )
        times.append((time.perf_counter() - began) * 1e6)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    lost = 0 if client is None or client.close(30) else client.stats().pending
    return {"times": times, "cpu": cpu, "wall": wall, "lost": lost}


if __name__ == "__main__":
    print(json.dumps(_serve_predictions(sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3]))))
