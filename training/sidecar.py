"""The JSON beside the model: what a reader must do with it, and the figures that go with it."""

from __future__ import annotations

import math
from typing import Any

from training.data import MEAN, SHORT_SIDE, SIZE, STD
from training.figures import Interval, Share
from training.report import FoldReport, Report
from training.results import SourceFigures
from training.sources import FACE_SWAP_SOURCES, Label

_ALWAYS = (
    "Trained on pictures of one face, at most 320 pixels wide; what it says about other subjects, drawings and screenshots has no meaning.",
    "The face has to fill the picture: made faces shown small, or inside a screenshot, are not found reliably.",
    "Knows StyleGAN2, StyleGAN3, Stable Diffusion 2.1, SDXL and one kind of GAN face swap; faces from other generators may pass as real.",
    "Posed portraits unlike its training photographs look made to it more often than snapshots do.",
    "Nobody tried to deceive it on purpose in these measurements; expect a determined forger to succeed.",
    "`real` means no trace was found, not that a picture is genuine.",
    "For triage: a verdict is a reason to look closer, never a proof.",
)


def limits(report: Report) -> tuple[str, ...]:
    """What a user has to know before relying on an answer, the worst figures on unknown sources among it."""
    left_out = [source for fold in report.folds for source in fold.left_out]
    reals = [one for one in left_out if one.label is Label.REAL]
    fakes = [one for one in left_out if one.label is Label.FAKE]
    accused = max(reals, key=lambda one: one.right_or_wrong.percent or 0.0)
    missed = min(fakes, key=lambda one: one.right_or_wrong.percent or 0.0)
    swaps = [one for one in report.figures.sources if one.source in FACE_SWAP_SOURCES]
    return (
        f"Photographs from places it doesn't know: up to {_percent(accused.right_or_wrong)} % of a source were called fake when that source was left out.",
        f"Generators it doesn't know: as few as {_percent(missed.right_or_wrong)} % of the answered fakes of a source were found when its generator was left out.",
        *(
            f"Face swaps come from one source and were never left out: {_percent(one.right_or_wrong)} % of its answered test images were found, which says little about other swaps."
            for one in swaps
        ),
        *_ALWAYS,
    )


def sidecar(report: Report) -> dict[str, Any]:
    """Rates in percent, AUC and calibration error between 0 and 1, times in ms."""
    figures, unseen, decision = report.figures, report.unseen, report.calibration.decision
    return {
        "name": "verascope-reference",
        "version": report.version,
        "kind": "onnx",
        "file": report.file,
        "sha256": report.sha256,
        "model_type": "EfficientNet-Lite0 trunk with a head, int8, 224 px",
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
            "a": round(report.platt.a, 6),
            "b": round(report.platt.b, 6),
        },
        "decision": {
            "fake_at": decision.fake_at,
            "real_at": decision.real_at,
        },
        "metrics": {
            "evaluated_on": "the test split; *_unseen: every image of the sources that four folds left out, "
            "each fold with the thresholds the other folds chose",
            "accuracy": _percent(figures.test.accuracy),
            "accuracy_n": figures.test.accuracy.n,
            "accuracy_interval": _interval(figures.test.accuracy.interval, 1),
            "uncertain_share": _percent(figures.test.uncertain),
            "auc_test": _area(figures.test.area.value),
            "auc_test_interval": _interval(figures.test.area.interval, 4),
            "auc_whole_image": _area(figures.whole_image.value),
            "auc_whole_image_interval": _interval(figures.whole_image.interval, 4),
            "auc_unseen": _area(unseen.area),
            "auc_unseen_interval": _interval(unseen.interval, 4),
            "accuracy_unseen": _percent(unseen.accuracy),
            "accuracy_unseen_n": unseen.accuracy.n,
            "accuracy_unseen_interval": _interval(unseen.accuracy.interval, 1),
            "uncertain_share_unseen": _percent(unseen.uncertain),
            "ece_test": round(figures.test.calibration_error, 4),
            "ece_unseen": round(unseen.calibration_error, 4),
            "per_source": [_source(source) for source in figures.sources],
            "left_out": [_fold(fold) for fold in report.folds],
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
            "left_out": [],
        },
        "limits": list(limits(report)),
    }


def _fold(fold: FoldReport) -> dict[str, Any]:
    assert fold.blind.unseen is not None
    return {
        "fold": fold.fold.number,
        "samples": fold.facts.samples,
        "auc": _area(fold.blind.unseen.area.value),
        "auc_interval": _interval(fold.blind.unseen.area.interval, 4),
        "ece": round(fold.blind.unseen.calibration_error, 4),
        "per_source": [_source(source) for source in fold.left_out],
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
    """One digit; at most 99.9, for the same reason. The interval beside it tells how much that is worth."""
    return None if share.percent is None else min(99.9, round(share.percent, 1))


def _interval(interval: Interval, digits: int) -> list[float]:
    return [round(interval.low, digits), round(interval.high, digits)]
