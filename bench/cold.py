"""`make serve` on a fresh clone: from nothing installed to the first answer. Needs the package index."""

import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from bench.report import Options, Report
from bench.server import answers_health, free_port

TITLE = "Cold start"
METHOD = (
    "The committed state of this checkout is cloned into an empty folder and `make serve` runs there, with empty caches of "
    "pip and npm, until `/health` answers 200. Downloads are part of the time."
)

ROOT = Path(__file__).parents[1]
GIVE_UP_SECONDS = 900


def measure(options: Options) -> Report:
    report = Report(TITLE, METHOD, "one run")
    with tempfile.TemporaryDirectory(prefix="verascope-bench-") as folder:
        report.at_most("clone to first answer of `make serve`", _serve(Path(folder)), 120, "s")
    return report


def _serve(folder: Path) -> float:
    """Seconds. Raises RuntimeError when `make` ends or takes a quarter of an hour."""
    checkout, port = folder / "checkout", free_port()
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(checkout)], check=True)
    environ = {
        **{name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"},
        "VERASCOPE_HOME": str(folder / "home"),
        "PIP_CACHE_DIR": str(folder / "pip"),
        "npm_config_cache": str(folder / "npm"),
    }
    out = folder / "out"
    started = time.perf_counter()
    with out.open("wb") as said:
        process = subprocess.Popen(
            ["make", "serve", f"ARGS=--port {port}"],
            cwd=checkout,
            env=environ,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        while not answers_health(port):
            spent = time.perf_counter() - started
            if process.poll() is not None or spent > GIVE_UP_SECONDS:
                raise RuntimeError(f"no answer after {spent:.0f} s: {out.read_text()[-2000:]}")
            time.sleep(0.1)
        return time.perf_counter() - started
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(60)
