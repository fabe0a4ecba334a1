"""Prometheus: the first dozen families, in a registry of our own.

What is in the database is read from it at every scrape (`Stored`), so the counters of predictions,
billable predictions and revenue equal the dashboard's totals and survive a restart. What only this
process knows (requests, durations, commits) starts at zero with it, as Prometheus expects.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

# The text format has no place for creation times; the library would make a second series of each.
disable_created_metrics()  # type: ignore[no-untyped-call]

_SECONDS = (0.005, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0)
_UNKNOWN_ROUTE = "(none)"


@dataclass(frozen=True, slots=True)
class Totals:
    """All-time totals of the tenant as the dashboard shows them. revenue: exact US dollars."""

    outcomes: dict[str, int]
    billable: int
    revenue: Decimal


@dataclass(frozen=True, slots=True)
class State:
    """What is true at the moment of a scrape."""

    totals: Totals
    version: str
    model_version: str
    commits: int
    queue_depth: int
    unfolded_rows: int
    fold_lag_seconds: float
    images_inside: int
    listeners: int
    uptime_seconds: float
    is_degraded: bool
    dropped_by_senders: int


class Meters:
    """The counters that live in this process. `observe_…` is cheap and safe from any thread."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = 0
        self._requests = Counter(
            "verascope_http_requests",
            "HTTP requests answered since the start of this process.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self._request_seconds = Histogram(
            "verascope_http_request_seconds",
            "Time from a request's arrival to the end of its answer (the live feed apart).",
            ("route",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._inference_seconds = Histogram(
            "verascope_inference_seconds",
            "Decode and model time of succeeded predictions made by this process.",
            buckets=_SECONDS,
            registry=self.registry,
        )
        ProcessCollector(registry=self.registry)

    def observe_request(self, method: str, route: str | None, status: int, seconds: float) -> None:
        """route: the template (`/api/v1/predictions/{id}`), so that ids can't multiply the series."""
        name = route or _UNKNOWN_ROUTE
        self.requests += 1
        self._requests.labels(_method(method), name, str(status)).inc()
        if name != "/api/v1/live":
            self._request_seconds.labels(name).observe(seconds)

    def observe_inference(self, inference_us: int) -> None:
        self._inference_seconds.observe(inference_us / 1_000_000)

    def exposition(self, state: State) -> bytes:
        """The text a Prometheus server scrapes."""
        moment = CollectorRegistry()
        moment.register(_Once(lambda: _families(state)))
        return generate_latest(self.registry) + generate_latest(moment)


class _Once(Collector):
    def __init__(self, families: Callable[[], Iterator[Metric]]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        return self._families()


def _families(state: State) -> Iterator[Metric]:
    outcomes = CounterMetricFamily(
        "verascope_predictions", "Predictions on record, by outcome.", labels=("outcome",)
    )
    for outcome, n in state.totals.outcomes.items():
        outcomes.add_metric((outcome,), n)
    yield outcomes
    yield CounterMetricFamily(
        "verascope_billable_predictions", "Billable predictions on record.", state.totals.billable
    )
    yield CounterMetricFamily(
        "verascope_revenue_usd",
        "Sum of the prices of billable predictions on record.",
        float(state.totals.revenue),
    )
    yield CounterMetricFamily(
        "verascope_commits", "Transactions that stored predictions in this process.", state.commits
    )
    yield CounterMetricFamily(
        "verascope_sender_dropped",
        "Events that senders say they dropped before they reached this service.",
        state.dropped_by_senders,
    )
    gauges: tuple[tuple[str, str, float], ...] = (
        ("queue_depth", "Predictions waiting for their commit.", state.queue_depth),
        ("unfolded_rows", "Committed rows that are not in the rollups yet.", state.unfolded_rows),
        ("fold_lag_seconds", "Age of the oldest unfolded commit.", state.fold_lag_seconds),
        ("images_in_detection", "Images being analysed or waiting for it.", state.images_inside),
        ("live_listeners", "Open live feeds.", state.listeners),
        ("uptime_seconds", "Time since this process became ready.", state.uptime_seconds),
        ("degraded", "1 while /health is not healthy.", float(state.is_degraded)),
    )
    for name, text, value in gauges:
        yield GaugeMetricFamily(f"verascope_{name}", text, value)
    build = GaugeMetricFamily(
        "verascope_build_info", "Always 1.", labels=("version", "model_version")
    )
    build.add_metric((state.version, state.model_version), 1)
    yield build


def _method(method: str) -> str:
    """Methods are the caller's text; only known ones become labels."""
    known = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
    return method if method in known else "OTHER"
