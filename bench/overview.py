"""The 30-day overview: against a bar, against ten times the rows, against scanning the rows, and with filters."""

import itertools
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from functools import partial

from bench import data
from bench.data import COMMON, Filled, House
from bench.report import Options, Report, median
from verascope import clock
from verascope.clock import Grain
from verascope.queries.query import Last, Query, Unit
from verascope.queries.result import Result
from verascope.store.tables import DEFAULT_TENANT

TITLE = "30-day overview"
METHOD = (
    "The answers behind the dashboard's first page, asked in one batch through `Answers.answer_all`: totals, daily "
    "series, latency percentiles, top ten clients and countries. The scans ask the same five questions of the same "
    "file with `sqlite3`, the way the brief's queries do, and their totals are compared."
)

DAYS = 30
_MONTH = Last(DAYS, Unit.DAYS)
_COUNTS = (
    "total_predictions",
    "real_predictions",
    "fake_predictions",
    "uncertain_predictions",
    "failed_predictions",
)
OVERVIEW = {
    "kpis": Query((*_COUNTS, "success_rate", "avg_inference_time", "revenue"), range=_MONTH),
    "daily": Query((*_COUNTS, "avg_confidence"), range=_MONTH, interval=Grain.DAY),
    "percentiles": Query(
        ("inference_time_p50", "inference_time_p95", "inference_time_p99"), range=_MONTH
    ),
    "clients": Query(
        ("total_predictions", "fake_share", "revenue"), ("client",), range=_MONTH, limit=10
    ),
    "countries": Query(("total_predictions", "fake_share"), ("country",), range=_MONTH, limit=10),
}

_SHARES = "SUM(prediction = 'real'), SUM(prediction = 'fake'), SUM(prediction = 'uncertain'), SUM(success = 0)"
_WITHIN = "FROM predictions WHERE timestamp >= :start AND timestamp < :end"
_RANKED = f"SELECT inference_time_ms {_WITHIN} AND success = 1 ORDER BY 1 LIMIT 1 OFFSET :rank"
SCANS = {
    "kpis": f"SELECT COUNT(*), {_SHARES}, AVG(success), AVG(inference_time_ms), SUM(price_micros) {_WITHIN}",
    "daily": f"SELECT DATE(timestamp), COUNT(*), {_SHARES}, AVG(confidence) {_WITHIN} GROUP BY 1 ORDER BY 1 DESC",
    "clients": (
        f"SELECT client, COUNT(*), AVG(prediction = 'fake'), SUM(price_micros) {_WITHIN} "
        "GROUP BY 1 ORDER BY 2 DESC LIMIT 10"
    ),
    "countries": (
        f"SELECT country, COUNT(*), AVG(prediction = 'fake') {_WITHIN} "
        "GROUP BY 1 ORDER BY 2 DESC LIMIT 10"
    ),
}


def measure(options: Options) -> Report:
    sizes = options.sizes(1_000_000, 10_000_000)
    report = Report(TITLE, METHOD, f"{' and '.join(f'{n:,}' for n in sizes)} rows over 90 days")
    with data.folder_of(options) as folder, ExitStack() as stack:
        houses = [stack.enter_context(data.opened(data.filled(folder, rows))) for rows in sizes]
        _fillings(report, [house.filled for house in houses])
        _unfiltered(report, houses, options)
        _filtered(report, houses[-1], options)
    return report


def _fillings(report: Report, made: Sequence[Filled]) -> None:
    for one in made:
        for what, seconds in (("inserting", one.insert_seconds), ("folding", one.fold_seconds)):
            if seconds:
                report.told(f"{what} {one.rows:,} rows", one.rows / seconds, "rows/s")


def _unfiltered(report: Report, houses: Sequence[House], options: Options) -> None:
    """Alternates sizes and ways, so that a slow minute of the machine falls on all of them."""
    overviews: list[list[float]] = [[] for _ in houses]
    scans: list[list[float]] = [[] for _ in houses]
    kpis = [_ask(house, OVERVIEW)["kpis"] for house in houses]
    for _ in range(options.times(50)):
        for house, times in zip(houses, overviews, strict=True):
            times += [_timed(partial(_ask, house, OVERVIEW)) for _ in range(4)]
    for _ in range(options.times(3)):
        for house, seen, times, slow in zip(houses, kpis, overviews, scans, strict=True):
            slow.append(_timed(partial(_scan, house, seen)))
            # The first answer after a scan finds the caches full of rows; it counts all the same.
            times += [_timed(partial(_ask, house, OVERVIEW)) for _ in range(4)]
    first = median(overviews[0])
    for house, times, slow in zip(houses, overviews, scans, strict=True):
        size = f"{house.filled.rows:,} rows"
        if house is houses[0]:
            report.at_most(f"overview, {size}, p50", median(times), 10, "ms")
        else:
            report.told(f"overview, {size}, p50", median(times), "ms")
            report.at_most(
                f"overview, {size} ÷ {houses[0].filled.rows:,} rows",
                median(times) / first,
                1.5,
                "×",
            )
        report.told(f"the same by scanning, {size}, p50", median(slow), "ms")
        report.at_least(f"scanning ÷ overview, {size}", median(slow) / median(times), 100, "×")


def _filtered(report: Report, house: House, options: Options) -> None:
    """Every combination of two and of three filters, each with its most frequent value."""
    for n in (2, 3):
        medians = {}
        for names in itertools.combinations(COMMON, n):
            filters = {name: COMMON[name] for name in names}
            asked = {name: replace(query, filters=filters) for name, query in OVERVIEW.items()}
            _ask(house, asked)
            medians[names] = median(
                [_timed(partial(_ask, house, asked)) for _ in range(options.times(9))]
            )
        size = f"{house.filled.rows:,} rows"
        slowest = max(medians, key=lambda names: medians[names])
        report.at_most(f"{n} filters, {size}, p50 of the slowest", medians[slowest], 250, "ms")
        report.told(
            f"{n} filters, {size}, median of {len(medians)}", median(list(medians.values())), "ms"
        )
        report.notes.append(f"The slowest {n} filters are {', '.join(slowest)}.")


def _ask(house: House, queries: Mapping[str, Query]) -> dict[str, Result]:
    return house.answers.answer_all(DEFAULT_TENANT, queries)


def _scan(house: House, kpis: Result) -> None:
    """The five questions by reading rows. Raises when their total is not the overview's."""
    start, end = (clock.from_iso(edge, kpis["range"][edge]) for edge in ("start", "end"))
    within: dict[str, object] = {"start": clock.to_text(start), "end": clock.to_text(end)}
    path = house.filled.home / "analytics" / "analytics.db"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        answers = {
            name: connection.execute(statement, within).fetchall()
            for name, statement in SCANS.items()
        }
        total, failed = answers["kpis"][0][0], answers["kpis"][0][4]
        for share in (0.5, 0.95, 0.99):
            rank = int(share * (total - failed - 1))
            connection.execute(_RANKED, {**within, "rank": rank}).fetchone()
    counted = kpis["totals"]["total_predictions"]
    if total != counted:
        raise AssertionError(f"scanning counts {total}, the overview {counted}")


def _timed(work: Callable[[], object]) -> float:
    """Milliseconds."""
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000
