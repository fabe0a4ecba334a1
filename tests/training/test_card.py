"""The report's words and figures, from made-up logits: what card and sidecar must say whatever was measured."""

from __future__ import annotations

import json

import numpy as np
import pytest

from training.calibrate import Platt, calibrate, pooled
from training.card import card
from training.figures import Interval, Share
from training.measure import Answers, Changed, Speed
from training.report import FoldReport, Report, bars, unseen_of
from training.results import Area, RunFacts, View, evidence_of, figures_of, own_map_of
from training.sidecar import sidecar
from training.sources import ALL_SOURCES, FOLDS, Fold, Label, Sample, Split

_AREA = Area(0.9, Interval(0.88, 0.92), 100)
_ALWAYS_SEEN = (("ds10k_ai", Label.FAKE), ("ds10k_real", Label.REAL))


def _samples() -> list[Sample]:
    left_out = [(s, Label.FAKE) for fold in FOLDS for s in fold.fake_sources]
    left_out += [(s, Label.REAL) for fold in FOLDS for s in fold.real_sources]
    return [
        Sample(f"{source}/{split}/{number}", label, source, "a generator", "MIT", split)
        for source, label in (*_ALWAYS_SEEN, *left_out)
        for split in Split
        for number in range(40)
    ]


def _logits(view: View, fold: Fold) -> np.ndarray:
    rng = np.random.default_rng(fold.number)
    apart = np.where(view.left_out, 1.0, 2.0)
    return rng.normal(size=len(view.is_fake)) + np.where(view.is_fake, apart, -apart)


@pytest.fixture(scope="module")
def report() -> Report:
    samples = _samples()
    views = {fold.number: View(samples, fold) for fold in (*FOLDS, ALL_SOURCES)}
    logits = {fold.number: _logits(views[fold.number], fold) for fold in (*FOLDS, ALL_SOURCES)}
    evidence = pooled([evidence_of(views[f.number], logits[f.number], f) for f in FOLDS])
    chosen = calibrate(evidence)
    folds = []
    for fold in FOLDS:
        view, of_fold = views[fold.number], logits[fold.number]
        of_others = calibrate(evidence.without(fold.number))
        blind, shipped = (
            figures_of(view, of_fold, one.shared.after(own_map_of(view, of_fold)), one.decision)
            for one in (of_others, chosen)
        )
        facts = RunFacts(fold.number, 1000, 5.0, 7, "2026-01-01")
        folds.append(FoldReport(fold, facts, of_others, blind, shipped))
    own = Platt(1.0, 0.0)
    return Report(
        version="vs-ref-9.9",
        file="verascope-reference-9.9.onnx",
        sha256="0" * 64,
        bytes=3_800_000,
        facts=RunFacts(0, 2000, 10.0, 7, "2026-01-01"),
        samples=samples,
        own=own,
        calibration=chosen,
        figures=figures_of(views[0], logits[0], chosen.shared.after(own), chosen.decision),
        fp32_area=_AREA,
        robustness=[Changed("none", _AREA, Share(1, 10), Share(9, 10), Share(0, 20))],
        drawings=[Answers("drawn shapes", Share(9, 10), Share(1, 10), Share(0, 10))],
        speed=Speed(9.0, 12.0, 14.0, 100),
        folds=folds,
        unseen=unseen_of(evidence, [f.blind.unseen for f in folds if f.blind.unseen is not None]),
    )


def test_the_card_names_every_source_and_fold_and_never_claims_perfection(report: Report) -> None:
    text = card(report)
    for source in {sample.source for sample in report.samples}:
        assert f"| {source} " in text
    assert text.count("| blind |") == text.count("| shipped |") == 9
    assert "100 %" not in text.replace("100.0", "100")
    assert "not proof" in text


def test_every_missed_bar_stays_in_the_card(report: Report) -> None:
    found = bars(report)
    text = card(report)
    assert all(bar.demand in text for bar in found)
    assert text.count("**missed**") == sum(not bar.met for bar in found)
    assert sum("percent recall on left-out" in bar.demand for bar in found) == 5
    assert sum("percent false positives on left-out" in bar.demand for bar in found) == 4


def test_the_sidecar_applies_both_maps_and_carries_the_folds(report: Report) -> None:
    found = json.loads(json.dumps(sidecar(report)))
    assert found["calibration"]["a"] == pytest.approx(report.calibration.shared.a, abs=1e-5)
    assert found["decision"]["real_at"] <= 0.5 <= found["decision"]["fake_at"]
    assert [fold["fold"] for fold in found["metrics"]["left_out"]] == [1, 2, 3, 4]
    assert found["metrics"]["accuracy_unseen_n"] == report.unseen.accuracy.n
    assert found["trained"]["samples"] == 2000


def test_blind_answers_are_counted_fold_by_fold(report: Report) -> None:
    by_fold = [fold.blind.unseen for fold in report.folds if fold.blind.unseen is not None]
    assert report.unseen.accuracy.part == sum(one.accuracy.part for one in by_fold)
    assert report.unseen.accuracy.n == sum(one.accuracy.n for one in by_fold)
    assert report.unseen.uncertain.part == sum(one.uncertain.part for one in by_fold)
    assert report.unseen.area == pytest.approx(np.mean([one.area.value for one in by_fold]))
