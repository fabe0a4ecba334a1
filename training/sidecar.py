"""The JSON beside the model: what a reader must do with it, and the figures that go with it."""

from __future__ import annotations

import math
from typing import Any

from training.data import MEAN, SHORT_SIDE, SIZE, STD
from training.figures import Interval, Share
from training.report import Report
from training.results import SourceFigures
from training.sources import Label

LIMITS = (
    "Trained on pictures of one face, at most 320 pixels wide; what it says about other subjects, drawings and screenshots has no meaning.",
    "The face has to fill the picture: made faces shown small, or inside a screenshot, pass as real.",
    "Knows StyleGAN2, Stable Diffusion 2.1, SDXL and one kind of GAN face swap; faces from other generators may pass as real.",
    "Face swaps are its weakest side: they come from one source, and next to none is called fake at the shipped thresholds.",
    "Posed portraits unlike its training photographs look made to it more often than snapshots do.",
    "Thresholds spare photographs of unknown origin, so many fakes are missed: `real` means no trace was found, not that a picture is genuine.",
    "Nobody tried to deceive it on purpose in these measurements; expect a determined forger to succeed.",
    "For triage: a verdict is a reason to look closer, never a proof.",
)


def sidecar(report: Report) -> dict[str, Any]:
    """Rates in percent, AUC and calibration error between 0 and 1, times in ms."""
    figures = report.figures
    return {
        "name": "verascope-reference",
        "version": report.version,
        "kind": "onnx",
        "file": report.file,
        "sha256": report.sha256,
        "model_type": "EfficientNet-Lite0, int8, 224 px",
        "licence": "Apache-2.0",
        "input": {
            "name": "image",
            "layout": "NCHW",
            "size": SIZE,
            "resize_short_side": SHORT_SIDE,
            "resample": "bicubic",
            "color": "RGB",
            "mean": list(MEAN),
            "std": list(STD),
        },
        "output": {"name": "logit", "kind": "logit", "classes": ["fake"]},
        "calibration": {
            "kind": "platt",
            "a": round(report.calibration.platt.a, 6),
            "b": round(report.calibration.platt.b, 6),
        },
        "decision": {
            "fake_at": report.calibration.decision.fake_at,
            "real_at": report.calibration.decision.real_at,
        },
        "metrics": {
            "evaluated_on": "the test split, and every image of the sources left out of training, apart from those that chose the thresholds",
            "accuracy": _percent(figures.test.accuracy),
            "accuracy_n": figures.test.accuracy.n,
            "accuracy_interval": _interval(figures.test.accuracy.interval, 1),
            "uncertain_share": _percent(figures.test.uncertain),
            "auc_test": _area(figures.test.area.value),
            "auc_test_interval": _interval(figures.test.area.interval, 4),
            "auc_whole_image": _area(figures.whole_image.value),
            "auc_whole_image_interval": _interval(figures.whole_image.interval, 4),
            "auc_unseen": _area(figures.unseen.area.value),
            "auc_unseen_interval": _interval(figures.unseen.area.interval, 4),
            "accuracy_unseen": _percent(figures.unseen.accuracy),
            "accuracy_unseen_n": figures.unseen.accuracy.n,
            "accuracy_unseen_interval": _interval(figures.unseen.accuracy.interval, 1),
            "ece_test": round(figures.test.calibration_error, 4),
            "ece_unseen": round(figures.unseen.calibration_error, 4),
            "per_source": [_source(source) for source in figures.sources],
            "int8_minus_fp32_auc": round(report.int8_minus_fp32, 4),
            "latency_ms_one_thread": round(report.speed.whole_ms, 1),
            "latency_is": "processor time from JPEG bytes to the logit, median",
            "model_ms_one_thread": round(report.speed.model_ms, 1),
        },
        "trained": {
            "on": report.facts.trained_on,
            "samples": report.facts.samples,
            "minutes": round(report.facts.minutes, 1),
            "seed": report.facts.seed,
            "left_out": list(report.fold.left_out),
        },
        "limits": list(LIMITS),
    }


def _source(source: SourceFigures) -> dict[str, Any]:
    rate = "false_positive_rate" if source.label is Label.REAL else "recall"
    return {
        "source": source.source,
        "label": source.label.value,
        "n": source.n,
        "auc": _area(source.area.value),
        rate: _percent(source.right_or_wrong),
        "answered": source.right_or_wrong.n,
        "interval": _interval(source.right_or_wrong.interval, 1),
        "uncertain_share": _percent(source.uncertain),
        "seen": source.seen,
    }


def _area(value: float) -> float:
    """Four digits, rounded down: a finite sample never shows perfection."""
    return math.floor(min(value, 0.9999) * 10_000) / 10_000


def _percent(share: Share) -> float | None:
    return None if share.percent is None else round(share.percent, 1)


def _interval(interval: Interval, digits: int) -> list[float]:
    return [round(interval.low, digits), round(interval.high, digits)]
