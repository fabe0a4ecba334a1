"""A thousand alert rules over a filled database: one evaluation of all of them."""

import time
from contextlib import ExitStack
from dataclasses import replace
from itertools import cycle, islice, product

from bench import data
from bench.data import CLIENTS, COUNTRIES, USE_CASES, House
from bench.report import Options, Report, median
from verascope.alerts import rule_store
from verascope.alerts.backtest import backtest
from verascope.alerts.evaluate import Evaluator
from verascope.alerts.rule import BurnRate, Change, Rule, Seasonal, Side, Threshold
from verascope.alerts.sources import sources_of
from verascope.clock import MINUTE, US
from verascope.config import Settings
from verascope.records import Severity
from verascope.store.tables import DEFAULT_TENANT

TITLE = "Alert rules"
METHOD = (
    "A thousand rules beside the default ones: 500 for single clients, 300 for countries, 100 for a client's use "
    "case, 100 unfiltered; thresholds, changes, seasons of eight weeks and burn rates on eight metrics over windows "
    "of 5 minutes to a day. All of them are due each time, which in service happens once a minute. The first "
    "evaluation, whose alerts all begin, counts too."
)
RULES = 1_000

_METRICS = (
    "error_rate", "total_predictions", "fake_share", "avg_confidence", "avg_inference_time",
    "high_confidence_fakes", "revenue", "success_rate",
)  # fmt: skip
_WINDOWS = (300, 900, 3600, 86_400)


def measure(options: Options) -> Report:
    sizes = options.sizes(1_000_000, 10_000_000)
    report = Report(TITLE, METHOD, f"{' and '.join(f'{n:,}' for n in sizes)} rows over 90 days")
    with data.folder_of(options) as folder, ExitStack() as stack:
        for rows in sizes:
            house = stack.enter_context(data.opened(data.filled(folder, rows)))
            _measure(report, house, options)
    return report


def _measure(report: Report, house: House, options: Options) -> None:
    settings = Settings(home=house.filled.home)
    sources = sources_of(house.answers)
    watched = rules()
    with house.database.writing() as connection:
        for rule in watched:
            rule_store.put(connection, DEFAULT_TENANT, None, rule, "bench", house.filled.end_us)
    size = f"{house.filled.rows:,} rows"
    times = []
    for run in range(options.times(20)):
        # A new evaluator remembers nothing, so every rule is due.
        evaluator = Evaluator(
            house.database, data.submit_to(house.database), sources, lambda: settings
        )
        started = time.perf_counter()
        done = evaluator.run(house.filled.end_us + run * MINUTE * US)
        times.append(time.perf_counter() - started)
        assert done is not None
        if done.rules < RULES or done.failed:
            raise AssertionError(f"{done.rules} rules were evaluated, {done.failed} failed")
    report.told(f"the first evaluation, {size}", times[0], "s")
    report.at_most(f"one evaluation of {done.rules:,} rules, {size}, p50", median(times), 2, "s")
    report.at_most(f"the slowest of {len(times)}, {size}", max(times), 2, "s")
    for name, rule in (
        ("an unfiltered rule", watched[-1]),
        ("a rule for one client", watched[0]),
    ):
        seconds = []
        for _ in range(options.times(10)):
            started = time.perf_counter()
            with house.database.reading() as connection:
                backtest(
                    connection, DEFAULT_TENANT, replace(rule, window_seconds=300), 30,
                    house.filled.end_us, sources, house.answers,
                )  # fmt: skip
            seconds.append(time.perf_counter() - started)
        report.told(f"back-test of {name} over 30 days, {size}, p50", median(seconds), "s")


def rules() -> list[Rule]:
    """The same thousand each time."""
    filters = [
        *({"client": (client,)} for client in islice(cycle(CLIENTS), RULES // 2)),
        *({"country": (country,)} for country in islice(cycle(COUNTRIES), RULES * 3 // 10)),
        *(
            {"client": (client,), "use_case": (case,)}
            for client, case in islice(product(CLIENTS, USE_CASES), RULES // 10)
        ),
        *({} for _ in range(RULES // 10)),
    ]
    found = []
    for number, wanted in enumerate(filters):
        metric = _METRICS[number % len(_METRICS)]
        window = _WINDOWS[number // len(_METRICS) % len(_WINDOWS)]
        found.append(
            Rule(
                f"bench_{number}",
                "performance",
                metric,
                Severity.WARNING,
                _condition(number, metric),
                window,
                filters=wanted,
                for_seconds=300,
            )
        )
    return found


def _condition(number: int, metric: str) -> Threshold | Change | Seasonal | BurnRate:
    match number % 10:
        case 0:
            return Seasonal(Side.ABOVE)
        case 1:
            return Change(Side.ABOVE, 100)
        case 2 if metric in ("error_rate", "success_rate"):
            return BurnRate(99, 10, 60)
        case _:
            return Threshold(Side.ABOVE, 5)
