"""The dictionary of numbers: what each metric means and how it is computed from additive parts.

Dashboard, API, exports, reports and alerts read this table, so one question never gets two answers. The
parts are the integer counters of `store.tables.COUNTERS`; a metric whose denominator is zero is None: nothing
was counted, so nothing is claimed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil, sqrt

from verascope.rules import usd

Parts = Mapping[str, int]
Value = int | float | str | None
"""Counts are int, ratios and times float, money an exact decimal string."""


class Unit(StrEnum):
    COUNT = "count"
    PERCENT = "percent"
    MS = "ms"
    USD = "USD"
    PER_HOUR = "per_hour"
    PER_MINUTE = "per_minute"
    POINTS = "points"
    BYTES = "bytes"
    SECONDS = "seconds"
    DAYS = "days"


class Better(StrEnum):
    """Which direction is good news."""

    HIGHER = "better"
    LOWER = "worse"
    NEUTRAL = "neutral"


Z95 = 1.959963984540054
"""The 97.5 % quantile of the normal distribution."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One number. quantile is set for those read from a histogram instead of the parts.

    is_peak: the highest count of a minute, which no parts add up to; `peak_load_at` stands beside it.
    is_labelled: read from the labels, which come when the predictions have long been counted; how many there are and
    the 95 % interval stand beside it.
    own_filters: what else than the dimensions of predictions a metric of another source can be filtered by.
    """

    name: str
    label: str
    unit: Unit
    higher_is: Better
    definition: str
    parts: tuple[str, ...] = ()
    compute: Callable[[Parts], Value] | None = None
    quantile: float | None = None
    is_peak: bool = False
    is_labelled: bool = False
    own_filters: tuple[str, ...] = ()

    @property
    def filters(self) -> tuple[str, ...]:
        """What it can be filtered by."""
        is_of_predictions = self.is_counted or self.is_peak or self.is_labelled
        return tuple(DIMENSIONS) if is_of_predictions else self.own_filters

    @property
    def is_counted(self) -> bool:
        """Whether counters or a histogram hold it, so that it is known for any range at no cost."""
        return bool(self.parts) or self.quantile is not None


def _count(part: str) -> Callable[[Parts], Value]:
    return lambda parts: parts[part]


def _percent(part: str, *of: str) -> Callable[[Parts], Value]:
    def compute(parts: Parts) -> Value:
        whole = sum(parts[name] for name in of)
        return 100 * parts[part] / whole if whole else None

    return compute


def _mean(total: str, n: str, scale: int) -> Callable[[Parts], Value]:
    return lambda parts: parts[total] / parts[n] / scale if parts[n] else None


_VERDICTS = ("real", "fake", "uncertain")


def _counter(name: str, label: str, part: str, better: Better, definition: str) -> Metric:
    return Metric(name, label, Unit.COUNT, better, definition, (part,), _count(part))


def _share(outcome: str) -> Metric:
    return Metric(
        f"{outcome}_share",
        f"Share {outcome}",
        Unit.PERCENT,
        Better.NEUTRAL,
        f"{outcome} / (real + fake + uncertain), in percent; failures apart.",
        _VERDICTS,
        _percent(outcome, *_VERDICTS),
    )


def _quantile(q: float) -> Metric:
    return Metric(
        f"inference_time_p{q * 100:.0f}",
        f"Inference time p{q * 100:.0f}",
        Unit.MS,
        Better.LOWER,
        f"{q:.0%} of succeeded predictions took at most this long (decode + model). From a log-binned "
        "histogram: relative error at most 2 %.",
        quantile=q,
    )


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        _counter(
            "total_predictions", "Total predictions", "total", Better.HIGHER,
            "Images submitted for analysis, whatever came of them: real + fake + uncertain + failed.",
        ),
        _counter("real_predictions", "Real", "real", Better.NEUTRAL, "Predictions with the verdict real."),
        _counter("fake_predictions", "Fake", "fake", Better.NEUTRAL, "Predictions with the verdict fake."),
        _counter(
            "uncertain_predictions", "Uncertain", "uncertain", Better.NEUTRAL,
            "Predictions in which the detector abstained: the score lies in its stated band.",
        ),
        _counter(
            "failed_predictions", "Error count", "failed", Better.LOWER,
            "Predictions that got no verdict: an image that could not be read, or a detector that failed.",
        ),
        Metric(
            "succeeded_predictions", "Succeeded", Unit.COUNT, Better.HIGHER,
            "Predictions with a verdict: real + fake + uncertain.", _VERDICTS,
            lambda parts: sum(parts[name] for name in _VERDICTS),
        ),
        Metric(
            "success_rate", "Success rate", Unit.PERCENT, Better.HIGHER,
            "Succeeded / total, in percent. Success rate and error rate add up to 100.",
            ("total", "failed"),
            lambda parts: (
                100 * (parts["total"] - parts["failed"]) / parts["total"] if parts["total"] else None
            ),
        ),
        Metric(
            "error_rate", "Error rate", Unit.PERCENT, Better.LOWER,
            "Failed / total, in percent.", ("failed", "total"), _percent("failed", "total"),
        ),
        _share("real"),
        _share("fake"),
        _share("uncertain"),
        Metric(
            "avg_confidence", "Average confidence", Unit.PERCENT, Better.NEUTRAL,
            "Mean confidence the detector gave the class it chose, over succeeded predictions, in percent.",
            ("confidence_mpct", "confidence_n"), _mean("confidence_mpct", "confidence_n", 1000),
        ),
        Metric(
            "avg_inference_time", "Average inference time", Unit.MS, Better.LOWER,
            "Mean of decode + model over succeeded predictions, in milliseconds.",
            ("inference_us", "inference_n"), _mean("inference_us", "inference_n", 1000),
        ),
        Metric(
            "avg_response_time", "Average response time", Unit.MS, Better.LOWER,
            "Mean time of the whole request inside the server up to the hand-over to storage, in "
            "milliseconds, over succeeded predictions that were made here.",
            ("response_us", "response_n"), _mean("response_us", "response_n", 1000),
        ),
        _quantile(0.50),
        _quantile(0.95),
        _quantile(0.99),
        _counter(
            "high_confidence_fakes", "High-confidence fakes", "high_confidence_fakes", Better.NEUTRAL,
            "Fakes with a confidence above the set cut (default 90 %).",
        ),
        Metric(
            "high_confidence_fake_share", "Share of high-confidence fakes", Unit.PERCENT, Better.NEUTRAL,
            "High-confidence fakes / (real + fake + uncertain), in percent; failures apart.",
            ("high_confidence_fakes", *_VERDICTS), _percent("high_confidence_fakes", *_VERDICTS),
        ),
        _counter(
            "billable_predictions", "Billable predictions", "billable", Better.HIGHER,
            "Succeeded predictions, uncertain ones included (billing rule 1).",
        ),
        Metric(
            "revenue", "Revenue", Unit.USD, Better.HIGHER,
            "Sum of the prices of billable predictions at the price in force when each happened. Exact.",
            ("revenue_micros",), lambda parts: usd(parts["revenue_micros"]),
        ),
        Metric(
            "throughput_per_hour", "Throughput", Unit.PER_HOUR, Better.HIGHER,
            "Predictions per hour of the range that has passed.", ("total", "seconds"),
            lambda parts: 3600 * parts["total"] / parts["seconds"] if parts["seconds"] else None,
        ),
        Metric(
            "peak_load", "Peak load", Unit.PER_MINUTE, Better.NEUTRAL,
            "The highest count of predictions in any one minute of the range; `peak_load_at` says which, "
            "the earliest of equals.",
            is_peak=True,
        ),
        Metric(
            "accuracy", "Accuracy", Unit.PERCENT, Better.HIGHER,
            "Right verdicts / labelled predictions with the verdict real or fake, in percent, by the latest label; "
            "abstentions apart. `accuracy_n` says how many, `accuracy_low` and `accuracy_high` give the 95 % Wilson "
            "interval. Unknown below `quality.min_labels` (30). Labels of chosen cases bias it.",
            is_labelled=True,
        ),
    )
}  # fmt: skip

INCIDENT_METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric(
            "time_to_acknowledge", "Time to acknowledge", Unit.SECONDS, Better.LOWER,
            "Mean time from the opening of an incident to its first acknowledgement, over incidents opened in the "
            "range that were acknowledged.",
        ),
        Metric(
            "time_to_resolve", "Time to resolve", Unit.SECONDS, Better.LOWER,
            "Mean time from the opening of an incident to its last resolve, over incidents opened in the range "
            "that are resolved; a re-opened one counts as a whole.",
        ),
        Metric(
            "open_incidents", "Open incidents", Unit.COUNT, Better.LOWER,
            "Incidents that are not resolved at the end of the range, acknowledged ones included.",
        ),
        Metric(
            "new_error_patterns", "New error patterns", Unit.COUNT, Better.LOWER,
            "Error patterns whose first failure ever lies in the range; ignored ones apart.",
        ),
        Metric(
            "regressed_error_patterns", "Regressed error patterns", Unit.COUNT, Better.LOWER,
            "Times in the range that an error pattern happened again after it was resolved; ignored ones apart.",
        ),
    )
}  # fmt: skip
"""Read from incidents and error patterns, not from predictions, so `/api/v1/query` can't split or filter them."""

ELSEWHERE: dict[str, str] = {
    "time_to_acknowledge": "/api/v1/incidents/statistics",
    "time_to_resolve": "/api/v1/incidents/statistics",
    "open_incidents": "/api/v1/incidents",
    "new_error_patterns": "/api/v1/error-patterns",
    "regressed_error_patterns": "/api/v1/error-patterns",
}
"""Metric → where it is told, for those that are not counted from predictions."""

DIMENSIONS: dict[str, str] = {
    "client": "Client",
    "country": "Country of address allocation",
    "model": "Model version",
    "use_case": "Use case",
    "error_pattern": "Error pattern",
    "outcome": "Outcome",
    "image_format": "Image format",
    "file_size": "File size",
    "weekday_hour": "Weekday and hour",
}
"""What a question can be split or filtered by; name → label."""

_SIZES = (
    (100_000, "under 100 kB"),
    (250_000, "100 to 250 kB"),
    (500_000, "250 to 500 kB"),
    (1_000_000, "500 kB to 1 MB"),
    (2_000_000, "1 to 2 MB"),
    (5_000_000, "2 to 5 MB"),
    (10_000_000, "5 to 10 MB"),
)
SIZE_BOUNDS = tuple(bound for bound, _ in _SIZES)
"""Bytes at which the next class of `file_size` begins."""
SIZE_CLASSES = (*(name for _, name in _SIZES), "10 MB or more", "unknown")

WEEKDAY_HOURS = tuple(f"{day}-{hour:02d}" for day in range(1, 8) for hour in range(24))
"""ISO weekday (Monday is 1) and hour of the tenant's clock."""

VALUES: dict[str, tuple[str, ...]] = {
    "outcome": ("real", "fake", "uncertain", "failed"),
    "file_size": SIZE_CLASSES,
    "weekday_hour": WEEKDAY_HOURS,
}
"""Dimension → all its values in their order, for those that have a closed set."""

# Histograms: logarithmic bins of a DDSketch (Masson, Rim, Lee: "DDSketch", VLDB 2019) with γ = 1.04, laid
# out as rows and merged by addition. Reading a bin's middle 2γⁱ/(γ+1) errs by at most (γ−1)/(γ+1) = 1.96 %.
GAMMA = 1.04
ZERO_BIN = -1
"""Bin of durations below one microsecond; read as 0."""


def bin_value_ms(bin_index: int) -> float:
    """The duration in ms that stands for a bin; bin i holds γ^(i−1) < µs ≤ γ^i."""
    if bin_index == ZERO_BIN:
        return 0.0
    return float(2 * GAMMA**bin_index / (GAMMA + 1) / 1000)


CONFIDENCE_BINS_A_PERCENT = 2
"""A stored bin of confidence is half a percent wide."""


@dataclass(frozen=True, slots=True)
class Measure:
    """What a histogram can be asked of. Succeeded predictions that have it are counted."""

    name: str
    label: str
    unit: Unit


MEASURES: dict[str, Measure] = {
    measure.name: measure
    for measure in (
        Measure("inference_time", "Inference time", Unit.MS),
        Measure("response_time", "Response time", Unit.MS),
        Measure("confidence", "Confidence", Unit.PERCENT),
    )
}

SHOWN_BINS = 4
"""Stored bins of a duration that are shown as one: γ⁴ = 1.17 from edge to edge."""

Bin = tuple[float, float, int]
"""(from, to, count)"""


def shown_bins(measure: str, histogram: Mapping[int, int]) -> list[Bin]:
    """The bins of {stored bin: count} as they are shown: ascending, without gaps, [] when empty.

    Durations in ms: from exclusive, to inclusive. Confidence in percent: from inclusive, to exclusive,
    but the last bin includes 100.
    """
    is_confidence = measure == "confidence"
    counts: dict[int, int] = {}
    for stored, n in histogram.items():
        if is_confidence:
            shown = min(stored // CONFIDENCE_BINS_A_PERCENT, 99)
        else:
            # Stored bin 0 is exactly 1 µs, and what lies below it is shown with it.
            shown = max(stored + SHOWN_BINS - 1, 0) // SHOWN_BINS
        counts[shown] = counts.get(shown, 0) + n
    if not counts:
        return []
    return [
        (*_edges(shown, is_confidence), counts.get(shown, 0))
        for shown in range(min(counts), max(counts) + 1)
    ]


def _edges(shown: int, is_confidence: bool) -> tuple[float, float]:
    if is_confidence:
        return float(shown), float(shown + 1)
    start = GAMMA ** (SHOWN_BINS * (shown - 1)) / 1000 if shown > 0 else 0.0
    return start, GAMMA ** (SHOWN_BINS * shown) / 1000


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95 % interval, in the unit of the figure it belongs to."""

    low: float
    high: float


def wilson(part: int, n: int) -> Interval:
    """Wilson's score interval of `part` of `n` in percent, the share always within; 0 to 100 when nothing was counted."""
    if n == 0:
        return Interval(0.0, 100.0)
    share = part / n
    centre = share + Z95**2 / (2 * n)
    spread = Z95 * sqrt(share * (1 - share) / n + Z95**2 / (4 * n**2))
    scale = 1 + Z95**2 / n
    # At 0 and at n one end is the share itself: the roots of floats come out beside it by their last bits.
    low, high = min(share, (centre - spread) / scale), max(share, (centre + spread) / scale)
    return Interval(100 * max(0.0, low), 100 * min(1.0, high))


def quantile_of(histogram: Mapping[int, int], q: float) -> float | None:
    """Nearest-rank quantile in ms of {bin: count}; None when empty. 0 < q ≤ 1."""
    return quantiles_of(histogram, [q])[0]


def quantiles_of(histogram: Mapping[int, int], qs: Sequence[float]) -> list[float | None]:
    """`quantile_of` for each of the ascending `qs`, in one walk over the bins."""
    n = sum(histogram.values())
    if not n or not qs:
        return [None] * len(qs)
    ranks = [ceil(q * n) for q in qs]
    found: list[float | None] = []
    seen = 0
    for bin_index in sorted(histogram):
        seen += histogram[bin_index]
        while seen >= ranks[len(found)]:
            found.append(bin_value_ms(bin_index))
            if len(found) == len(ranks):
                return found
    return found
