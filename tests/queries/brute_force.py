"""The definitions once more, the plain way: a loop over predictions, with exact fractions."""

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from math import ceil
from zoneinfo import ZoneInfo

from tests.queries.house import MIN_LABELS
from verascope import clock
from verascope.clock import Range
from verascope.metrics import METRICS
from verascope.records import Outcome, Prediction

UTC = ZoneInfo("UTC")
QUANTILES = {"inference_time_p50": 50, "inference_time_p95": 95, "inference_time_p99": 99}


def keys_of(p: Prediction, zone: ZoneInfo = UTC) -> dict[str, str | None]:
    local = clock.to_datetime(p.timestamp_us).astimezone(zone)
    return {
        "image_format": (p.image and p.image.image_format) or "unknown",
        "file_size": size_class(p),
        "weekday_hour": f"{local.isoweekday()}-{local.hour:02d}",
        "client": p.client_key,
        "country": p.country,
        "model": p.model_version or "unknown",
        "use_case": p.use_case,
        "error_pattern": p.error_pattern,
        "outcome": p.outcome.value,
    }


def size_class(p: Prediction) -> str:
    if p.image is None:
        return "unknown"
    kb = p.image.file_size / 1000
    for limit, name in (
        (100, "under 100 kB"), (250, "100 to 250 kB"), (500, "250 to 500 kB"), (1000, "500 kB to 1 MB"),
        (2000, "1 to 2 MB"), (5000, "2 to 5 MB"), (10_000, "5 to 10 MB"),
    ):  # fmt: skip
        if kb < limit:
            return name
    return "10 MB or more"


def peak(predictions: list[Prediction]) -> tuple[int, int | None]:
    """(highest count of a minute, the first such minute's epoch second)."""
    minutes = Counter(p.timestamp_us // 60_000_000 for p in predictions)
    if not minutes:
        return 0, None
    n = max(minutes.values())
    return n, min(minute for minute, count in minutes.items() if count == n) * 60


def judged(predictions: Iterable[Prediction]) -> tuple[int, int]:
    """(right verdicts, labelled predictions with the verdict real or fake)"""
    verdicts = [
        (p.outcome.value, p.label)
        for p in predictions
        if p.label is not None and p.outcome in (Outcome.REAL, Outcome.FAKE)
    ]
    return sum(verdict == label for verdict, label in verdicts), len(verdicts)


def measured(p: Prediction, measure: str) -> int | None:
    """µs, or thousandths of a percent; None where a histogram does not count it."""
    if p.outcome is Outcome.FAILED:
        return None
    return {
        "inference_time": p.inference_us,
        "response_time": p.response_us,
        "confidence": p.confidence_mpct,
    }[measure]


def is_in_bin(value: int, measure: str, bin_: dict[str, float]) -> bool:
    low, high = bin_["from"] * 1000, bin_["to"] * 1000
    if measure == "confidence":
        return low <= value < high or value == high == 100_000
    return low < value <= high or value == low == 0


def matching(
    predictions: Iterable[Prediction],
    span: Range,
    filters: dict[str, list[str]],
    zone: ZoneInfo = UTC,
) -> list[Prediction]:
    return [
        p
        for p in predictions
        if span.start_us <= p.timestamp_us < span.end_us
        and all(keys_of(p, zone)[name] in values for name, values in filters.items())
    ]


def metrics(predictions: list[Prediction], seconds: int) -> dict[str, object]:
    """Every metric but the percentiles; ratios are fractions, money a Decimal."""
    n = {outcome: sum(p.outcome is outcome for p in predictions) for outcome in Outcome}
    total = len(predictions)
    verdicts = total - n[Outcome.FAILED]
    succeeded = [p for p in predictions if p.outcome is not Outcome.FAILED]

    def percent(part: int, whole: int) -> Fraction | None:
        return Fraction(100 * part, whole) if whole else None

    def mean(values: list[int | None]) -> Fraction | None:
        known = [value for value in values if value is not None]
        return Fraction(sum(known), len(known) * 1000) if known else None

    sure_fakes = sum(
        p.outcome is Outcome.FAKE and (p.confidence_mpct or 0) > 90_000 for p in predictions
    )
    found: dict[str, object] = {
        "total_predictions": total,
        "real_predictions": n[Outcome.REAL],
        "fake_predictions": n[Outcome.FAKE],
        "uncertain_predictions": n[Outcome.UNCERTAIN],
        "failed_predictions": n[Outcome.FAILED],
        "succeeded_predictions": verdicts,
        "success_rate": percent(verdicts, total),
        "error_rate": percent(n[Outcome.FAILED], total),
        "real_share": percent(n[Outcome.REAL], verdicts),
        "fake_share": percent(n[Outcome.FAKE], verdicts),
        "uncertain_share": percent(n[Outcome.UNCERTAIN], verdicts),
        "avg_confidence": mean([p.confidence_mpct for p in succeeded]),
        "avg_inference_time": mean([p.inference_us for p in succeeded]),
        "avg_response_time": mean([p.response_us for p in succeeded]),
        "high_confidence_fakes": sure_fakes,
        "high_confidence_fake_share": percent(sure_fakes, verdicts),
        "billable_predictions": sum(p.billable for p in predictions),
        "revenue": Decimal(sum(p.price_micros for p in predictions if p.billable)) / 10**6,
        "throughput_per_hour": Fraction(3600 * total, seconds) if seconds else None,
    }
    found["peak_load"] = peak(predictions)[0]
    right, labelled = judged(predictions)
    found["accuracy"] = percent(right, labelled) if labelled >= MIN_LABELS else None
    assert found.keys() | QUANTILES.keys() == METRICS.keys(), "a metric has no law"
    return found


def nearest_rank_us(predictions: list[Prediction], percent: int) -> int | None:
    measured = sorted(
        p.inference_us for p in predictions if p.success and p.inference_us is not None
    )
    return measured[ceil(Fraction(percent * len(measured), 100)) - 1] if measured else None
