"""The dashboard in Chromium: how soon it is there, how soon it answers, and what staying open costs."""

import gzip
import json
import math
import re
import shutil
import statistics
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import uuid_utils
from playwright.sync_api import Browser, CDPSession, Page, Request, sync_playwright

from bench import data
from bench.report import Options, Report, median
from bench.server import Server
from verascope.clock import HOUR

TITLE = "The dashboard in a browser"
METHOD = (
    "Chromium without a graphics card at 1440 × 900, on the same machine as the server. *Cold* is a profile without a cache, *warm* "
    "the next load in it. The first figure counts as painted in the frame after its digits stand in the page. A range or a filter counts as "
    "shown when no figure on the page is marked as outdated any more. While the page stays open, ten events a second come in through "
    "`POST /api/v1/predictions`; memory is the JavaScript heap after a collection."
)

WEB = Path(__file__).resolve().parents[1] / "verascope" / "web_dist"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
EVENTS_A_SECOND = 10

_WATCH = """
window.seen = { shift: 0, longest: 0, first: null };
// Cumulative layout shift as the Web Vitals define it: the worst window of at most five seconds.
const spell = { sum: 0, began: 0, last: 0 };
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) {
    if (one.hadRecentInput) continue;
    const at = one.startTime;
    if (at - spell.last > 1000 || at - spell.began > 5000) Object.assign(spell, { sum: 0, began: at });
    spell.sum += one.value;
    spell.last = at;
    window.seen.shift = Math.max(window.seen.shift, spell.sum);
  }
}).observe({ type: "layout-shift", buffered: true });
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) window.seen.longest = Math.max(window.seen.longest, one.duration);
}).observe({ type: "longtask", buffered: true });
const look = () => {
  const card = [...document.querySelectorAll("section[aria-labelledby]")]
    .find((one) => one.querySelector("h2")?.textContent === "Total predictions");
  if (card && /[0-9]/.test(card.textContent)) window.seen.first = performance.now();
  else requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""

_UNTIL_SHOWN = """
async (address) => {
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const outdated = () => document.querySelector("[data-outdated]") !== null;
  const started = performance.now();
  window.history.pushState({}, "", address);
  window.dispatchEvent(new PopStateEvent("popstate"));
  while (!outdated() && performance.now() - started < 100) await frame();
  while (outdated()) await frame();
  await frame();
  return performance.now() - started;
}
"""


def measure(options: Options) -> Report:
    (rows,) = options.sizes(10_000_000)
    report = Report(TITLE, METHOD, f"{rows:,} rows over 90 days")
    report.at_most("scripts before the first paint, packed", _initial_script_kb(), 260, "KB")
    with (
        data.folder_of(options) as folder,
        Server(data.filled(folder, rows).home) as server,
        _chromium() as browser,
    ):
        address = f"http://127.0.0.1:{server.port}/dashboard"
        _loads(report, browser, address, options.times(10))
        _requests(report, browser, address, options.times(40))
        _changes(report, browser, address, options.times(10))
        _open_page(report, browser, server, 10 if options.quick else HOUR)
    return report


@contextmanager
def _chromium() -> Iterator[Browser]:
    installed = next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=installed, args=FLAGS)
        yield browser
        browser.close()


def _initial_script_kb() -> float:
    """What index.html names, packed as the server sends it."""
    page = (WEB / "index.html").read_text("utf-8")
    names = set(re.findall(r'/assets/([^"]+\.js)"', page))
    return sum(len(gzip.compress((WEB / "assets" / name).read_bytes())) for name in names) / 1000


def _loads(report: Report, browser: Browser, address: str, times: int) -> None:
    cold, warm, requests = [], [], []
    for _ in range(times):
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.add_init_script(_WATCH)
        page = context.new_page()
        asked: list[str] = []
        page.on(
            "request",
            lambda one, asked=asked: (
                asked.append(one.url)
                if one.resource_type in ("fetch", "xhr", "eventsource")
                else None
            ),
        )
        cold.append(_first_paint(page, address))
        page.wait_for_timeout(1500)
        requests.append(len(asked))
        warm.append(_first_paint(page, address))
        context.close()
    report.at_most("first figure painted, cold, p50", median(cold), 1000, "ms")
    report.at_most("first figure painted, warm, p50", median(warm), 400, "ms")
    report.at_most("requests of the overview to the API", max(requests), 6, "")


def _requests(report: Report, browser: Browser, address: str, times: int) -> None:
    """What the unfiltered overview asks, asked again by a client that does nothing else."""
    page = browser.new_page()
    page.add_init_script(_WATCH)
    asked: dict[tuple[str, str, str | None], None] = {}

    def note(one: Request) -> None:
        if one.resource_type in ("fetch", "xhr") and "/live" not in one.url:
            asked[one.method, one.url, one.post_data] = None

    page.on("request", note)
    _first_paint(page, address)
    page.wait_for_timeout(1500)
    page.close()
    slowest = ("", 0.0)
    for method, url, body in asked:
        spent = []
        for _ in range(times):
            request = urllib.request.Request(url, None if body is None else body.encode())
            request.method = method
            request.add_header("Content-Type", "application/json")
            started = time.perf_counter()
            with urllib.request.urlopen(request, timeout=60) as answer:
                answer.read()
            spent.append((time.perf_counter() - started) * 1000)
        p95 = sorted(spent)[math.ceil(len(spent) * 0.95) - 1]
        if p95 > slowest[1]:
            slowest = (f"{method} {urlsplit(url).path}", p95)
    report.at_most(f"slowest request of the overview ({slowest[0]}), p95", slowest[1], 50, "ms")


def _first_paint(page: Page, address: str) -> float:
    page.goto(address)
    # The page's own policy forbids what `wait_for_function` would do there.
    deadline = time.monotonic() + 60
    while (first := page.evaluate("window.seen.first")) is None:
        if time.monotonic() > deadline:
            raise RuntimeError("no figure was painted within a minute")
        page.wait_for_timeout(10)
    return float(first)


def _changes(report: Report, browser: Browser, address: str, times: int) -> None:
    """Each range and filter is asked for the first time in its page: nothing is in the browser's memory."""
    ranges, filters = [], []
    for turn in range(times):
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.add_init_script(_WATCH)
        page = context.new_page()
        _first_paint(page, address)
        page.wait_for_timeout(1500)
        days = (30, 90)[turn % 2]
        ranges.append(float(page.evaluate(_UNTIL_SHOWN, f"/dashboard?range={days}d")))
        page.wait_for_timeout(500)
        client = data.COMMON["client"][0]
        address_of_filter = f"/dashboard?range={days}d&client={client}"
        filters.append(float(page.evaluate(_UNTIL_SHOWN, address_of_filter)))
        context.close()
    report.at_most("another range shown, p50", median(ranges), 200, "ms")
    report.at_most("a filter shown, p50", median(filters), 400, "ms")


def _open_page(report: Report, browser: Browser, server: Server, seconds: int) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_init_script(_WATCH)
    page = context.new_page()
    _first_paint(page, f"http://127.0.0.1:{server.port}/dashboard")
    session = context.new_cdp_session(page)
    stop = threading.Event()
    sender = threading.Thread(target=_send, args=(server.port, stop))
    sender.start()
    try:
        page.wait_for_timeout(5_000)  # the list of newest predictions fills
        before = _heap_mb(session)
        page.evaluate("window.seen.longest = 0")
        sizes = []
        for _ in range(max(1, seconds // 10)):
            page.wait_for_timeout(10_000)
            sizes.append(_heap_mb(session))
        seen: dict[str, Any] = page.evaluate("window.seen")
    finally:
        stop.set()
        sender.join()
    context.close()
    minutes = seconds / 60
    growth = f"heap after {minutes:.3g} min at {EVENTS_A_SECOND} events/s, growth"
    if seconds >= HOUR:
        report.at_most(growth, sizes[-1] - before, 30, "MB")
    else:
        report.told(growth, sizes[-1] - before, "MB")
    report.told("heap, the most there was", max(sizes), "MB")
    report.told("heap, standard deviation", statistics.pstdev(sizes), "MB")
    report.at_most("longest task while open", seen["longest"], 200, "ms")
    report.at_most("cumulative layout shift", seen["shift"], 0.05, "")


def _heap_mb(session: CDPSession) -> float:
    session.send("HeapProfiler.collectGarbage")
    return float(session.send("Runtime.getHeapUsage")["usedSize"]) / 1e6


def _send(port: int, stop: threading.Event) -> None:
    address = f"http://127.0.0.1:{port}/api/v1/predictions"
    while not stop.wait(1 / EVENTS_A_SECOND):
        event = {
            "id": str(uuid_utils.uuid7()),
            "timestamp": datetime.now(UTC).isoformat(),
            "client": "acme",
            "prediction": "real",
            "confidence": 91.5,
            "inference_time_ms": 20 + time.monotonic() % 10,
            "country": "DE",
        }
        request = urllib.request.Request(
            address, json.dumps(event).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            answer.read()
