"""A detector measured on labelled pictures: how often it is right, how sure of it we are, and how fast.

Abstentions stand apart from accuracy, as coverage; files that got no verdict are listed, never dropped.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from verascope.detectors.detector import Detector
from verascope.detectors.image import ImageLimits
from verascope.ingest.files import Looked, look_at
from verascope.metrics import Interval
from verascope.quality.dataset import Dataset, Example, content_hash
from verascope.quality.statistics import Share, auc, calibration_error, percentile
from verascope.records import FULL_MPCT, Outcome
from verascope.store.benchmarks import Benchmark

MAX_LISTED = 200
"""Failed files that a stored benchmark names; all of them are counted."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One labelled picture with its verdict."""

    example: Example
    outcome: Outcome
    fake_probability: float
    inference_us: int
    model_version: str

    @property
    def is_answered(self) -> bool:
        return self.outcome is not Outcome.UNCERTAIN

    @property
    def is_right(self) -> bool:
        return (self.outcome is Outcome.FAKE) == self.example.is_fake


@dataclass(frozen=True, slots=True)
class Failure:
    """One labelled file without a verdict."""

    example: Example
    error: str


def run(
    dataset: Dataset,
    detector: Detector,
    limits: ImageLimits,
    threads: int,
    now_us: int,
    advance: Callable[[], object] = lambda: None,
) -> Benchmark:
    """Looks at every picture and measures. advance: called after each. threads share the cores, so
    latencies are those under that load; throughput is of the whole run.
    """
    started = time.perf_counter()
    contents: list[tuple[Example, str]] = []
    judged: list[Judged] = []
    failures: list[Failure] = []
    paths = [example.path for example in dataset.examples]
    looks = look_at(paths, detector, limits, threads)
    for example, looked in zip(dataset.examples, looks, strict=True):
        observation = looked.observation
        image = None if observation is None else observation.image
        if image is not None and image.file_hash is not None:
            contents.append((example, image.file_hash))
        one = _judged(example, looked)
        if isinstance(one, Failure):
            failures.append(one)
        else:
            judged.append(one)
        advance()
    seconds = time.perf_counter() - started
    return measured(
        dataset,
        judged,
        failures,
        detector=detector.name,
        model_version=detector.version,
        dataset_hash=content_hash(contents),
        seconds=seconds,
        threads=threads,
        now_us=now_us,
    )


def _judged(example: Example, looked: Looked) -> Judged | Failure:
    seen = looked.observation
    if seen is None or seen.verdict is None or seen.inference_us is None:
        return Failure(example, looked.error or "There is no verdict.")
    verdict = seen.verdict
    fake = verdict.fake_probability_mpct / FULL_MPCT
    return Judged(example, verdict.outcome, fake, seen.inference_us, verdict.model_version)


def measured(
    dataset: Dataset,
    judged: Sequence[Judged],
    failures: Sequence[Failure],
    *,
    detector: str,
    model_version: str,
    dataset_hash: str,
    seconds: float,
    threads: int,
    now_us: int,
) -> Benchmark:
    """The figures of a run that took `seconds`. Pure.

    model_version: stored unless the verdicts name another one, as a remote detector's may.
    """
    versions = sorted({one.model_version for one in judged})
    rates = _Rates(judged)
    scores = np.array([one.fake_probability for one in judged], np.float64)
    truths = np.array([one.example.is_fake for one in judged], np.bool_)
    times = np.array([one.inference_us / 1000 for one in judged], np.float64)
    area = auc(scores, truths) if len(judged) else None
    total = len(judged) + len(failures)
    return Benchmark(
        timestamp_us=now_us,
        detector=detector,
        model_version=", ".join(versions) or model_version,
        dataset=dataset.name,
        dataset_hash=dataset_hash,
        total_processed=total,
        real_count=sum(not one.example.is_fake for one in judged),
        fake_count=sum(one.example.is_fake for one in judged),
        failed_count=len(failures),
        accuracy_rate=rates.accuracy.percent,
        auc=None if area is None else area.value,
        false_positive_rate=rates.false_positives.percent,
        false_negative_rate=rates.false_negatives.percent,
        calibration_error=calibration_error(scores, truths),
        uncertain_share=rates.uncertain.percent,
        avg_inference_time=float(times.mean()) if len(times) else None,
        latency_p50=percentile(times, 50),
        latency_p95=percentile(times, 95),
        latency_p99=percentile(times, 99),
        throughput_per_second=total / seconds if seconds > 0 else None,
        detail={
            "intervals": {
                "accuracy_rate": _pair(rates.accuracy.interval),
                "auc": _pair(area.interval if area else None),
                "false_positive_rate": _pair(rates.false_positives.interval),
                "false_negative_rate": _pair(rates.false_negatives.interval),
                "uncertain_share": _pair(rates.uncertain.interval),
            },
            "answered": rates.accuracy.n,
            "threads": threads,
            "seconds": round(seconds, 3),
            "skipped": dataset.skipped,
            "sources": _sources(judged, failures),
            "failures": [
                {"file": one.example.name, "error": one.error} for one in failures[:MAX_LISTED]
            ],
        },
    )


class _Rates:
    """Shares of one set of judged pictures."""

    def __init__(self, judged: Iterable[Judged]) -> None:
        every = list(judged)
        answered = [one for one in every if one.is_answered]
        real = [one for one in answered if not one.example.is_fake]
        fake = [one for one in answered if one.example.is_fake]
        self.accuracy = Share(sum(one.is_right for one in answered), len(answered))
        self.false_positives = Share(sum(not one.is_right for one in real), len(real))
        self.false_negatives = Share(sum(not one.is_right for one in fake), len(fake))
        self.uncertain = Share(len(every) - len(answered), len(every))


def _sources(judged: Sequence[Judged], failures: Sequence[Failure]) -> list[dict[str, Any]]:
    """One row for each source and label, in their order."""
    groups: dict[tuple[str, bool], list[Judged]] = defaultdict(list)
    for one in judged:
        groups[one.example.source, one.example.is_fake].append(one)
    failed: dict[tuple[str, bool], int] = defaultdict(int)
    for failure in failures:
        key = failure.example.source, failure.example.is_fake
        failed[key] += 1
        groups.setdefault(key, [])
    rows = []
    for source, is_fake in sorted(groups):
        rates = _Rates(groups[source, is_fake])
        rows.append(
            {
                "source": source,
                "label": "fake" if is_fake else "real",
                "n": len(groups[source, is_fake]),
                "answered": rates.accuracy.n,
                "accuracy_rate": rates.accuracy.percent,
                "interval": _pair(rates.accuracy.interval),
                "uncertain_share": rates.uncertain.percent,
                "failed": failed[source, is_fake],
            }
        )
    return rows


def _pair(interval: Interval | None) -> list[float] | None:
    return None if interval is None else [interval.low, interval.high]
