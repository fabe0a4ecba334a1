"""`python -m training --data ../shared/detector-data`: train, export, measure, write the model with its sidecar and card."""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.card import card
from training.data import Pixels, read_images
from training.export import write_fp32, write_int8
from training.measure import Model, answers_to_drawings, robustness, speed
from training.report import FoldReport, Report
from training.results import RunFacts, Scored, View, area_of, calibrate, figures_of
from training.sidecar import sidecar
from training.sources import FOLDS, Fold, Sample, Split, fold_of, read_manifest, seen_in_training
from training.train import Plan, train

SHIPPED_FOLD = 1
_CALIBRATION_IMAGES = 256


@dataclass(frozen=True)
class Options:
    """Where things lie and how long to train."""

    data: Path
    work: Path
    models: Path
    fold: Fold
    plan: Plan
    resume: bool
    report_only: bool
    version: str


def main() -> None:
    """Steps one after the other; each says what it does."""
    options = _options()
    options.work.mkdir(parents=True, exist_ok=True)
    samples = read_manifest(options.data / "manifest.csv")
    print(f"reading {len(samples)} images", flush=True)
    images = read_images(options.data, samples)
    if not options.report_only:
        left_out = ", ".join(options.fold.left_out)
        print(f"fold {options.fold.number}: training without {left_out}", flush=True)
        _train_and_score(options, samples, images).save(options.work)
    if Scored.load(options.work, SHIPPED_FOLD) is None:
        print(
            f"fold {SHIPPED_FOLD} has not been run yet, so there is no model to report on",
            flush=True,
        )
        return
    report = _report(options, samples, images)
    _publish(options, report)


def _train_and_score(
    options: Options, samples: Sequence[Sample], images: Sequence[Pixels]
) -> Scored:
    """The int8 file of every fold is kept in the work folder; only the shipped fold's is published."""
    fold = options.fold
    checkpoint = options.work / f"fold-{fold.number}.pt"
    trained = train(options.plan, fold, samples, images, checkpoint, options.resume)
    fp32, int8 = _files(options.work, fold)
    print("exporting", flush=True)
    write_fp32(trained.network.eval(), fp32)
    chosen = seen_in_training(samples, fold, Split.TRAIN)
    spread = np.linspace(0, len(chosen) - 1, _CALIBRATION_IMAGES).astype(int)
    write_int8(fp32, int8, [images[chosen[i]] for i in spread])
    print("scoring", flush=True)
    view = View(samples, fold)
    facts = RunFacts(
        fold.number,
        trained.samples,
        trained.minutes,
        options.plan.seed,
        datetime.datetime.now(datetime.UTC).date().isoformat(),
    )
    return Scored(
        facts,
        _score(int8, images, view.to_score, options.plan.threads),
        _score(fp32, images, np.flatnonzero(view.test), options.plan.threads),
    )


def _score(
    path: Path, images: Sequence[Pixels], members: Sequence[int] | np.ndarray, threads: int
) -> np.ndarray:
    model = Model(path, threads)
    logits = np.full(len(images), np.nan)
    logits[members] = model.logits([images[i] for i in members])
    return logits


def _report(options: Options, samples: Sequence[Sample], images: Sequence[Pixels]) -> Report:
    shipped = Scored.load(options.work, SHIPPED_FOLD)
    assert shipped is not None
    fold = fold_of(SHIPPED_FOLD)
    view = View(samples, fold)
    calibration = calibrate(view, shipped.int8)
    file = options.models / f"verascope-reference-{options.version}.onnx"
    file.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(_files(options.work, fold)[1], file)
    print("measuring robustness and speed", flush=True)
    model = Model(file, options.plan.threads)
    return Report(
        version=f"vs-ref-{options.version}",
        file=file.name,
        sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
        bytes=file.stat().st_size,
        fold=fold,
        facts=shipped.facts,
        samples=samples,
        calibration=calibration,
        figures=figures_of(view, shipped.int8, calibration),
        fp32_area=area_of(view, shipped.fp32, view.test),
        robustness=robustness(model, view, images, calibration),
        drawings=answers_to_drawings(model, calibration),
        speed=speed(file, [images[i] for i in np.flatnonzero(view.test)[:100]]),
        folds=[
            found
            for other in FOLDS
            if (found := _fold_report(options, samples, other, shipped)) is not None
        ],
    )


def _fold_report(
    options: Options, samples: Sequence[Sample], fold: Fold, shipped: Scored
) -> FoldReport | None:
    scored = Scored.load(options.work, fold.number)
    if scored is None or fold.number == SHIPPED_FOLD:
        return None
    view = View(samples, fold)
    own = calibrate(view, scored.int8)
    of_shipped = calibrate(View(samples, fold_of(SHIPPED_FOLD)), shipped.int8)
    return FoldReport(
        fold,
        scored.facts,
        figures_of(view, scored.int8, own),
        figures_of(view, scored.int8, of_shipped),
    )


def _publish(options: Options, report: Report) -> None:
    beside = options.models / report.file.replace(".onnx", ".json")
    beside.write_text(
        json.dumps(sidecar(report), indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    (options.models / "MODEL_CARD.md").write_text(card(report), encoding="utf-8")
    print(f"wrote {report.file}, {beside.name} and MODEL_CARD.md to {options.models}", flush=True)


def _files(work: Path, fold: Fold) -> tuple[Path, Path]:
    return work / f"fold-{fold.number}-fp32.onnx", work / f"fold-{fold.number}-int8.onnx"


def _options() -> Options:
    root = Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument(
        "--data",
        type=Path,
        default=root.parent / "shared" / "detector-data",
        help="folder with manifest.csv and the tars",
    )
    parser.add_argument(
        "--work",
        type=Path,
        default=Path(tempfile.gettempdir()) / "verascope-training",
        help="checkpoints and logits",
    )
    parser.add_argument(
        "--models",
        type=Path,
        default=root / "models",
        help="where the model, its sidecar and card go",
    )
    parser.add_argument(
        "--fold",
        type=int,
        default=SHIPPED_FOLD,
        help=f"1–{len(FOLDS)}; the model of fold {SHIPPED_FOLD} is shipped",
    )
    parser.add_argument("--minutes", type=float, default=50, help="minutes of training work")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on from the fold's checkpoint; a finished run is measured again",
    )
    parser.add_argument(
        "--report-only",
        action="store_true",
        help="write sidecar and card again from the logits in the work folder",
    )
    parser.add_argument(
        "--version", default="0.1", help="the model's version, without the prefix vs-ref-"
    )
    given = parser.parse_args()
    plan = Plan(minutes=given.minutes, seed=given.seed, threads=given.threads)
    return Options(
        given.data,
        given.work,
        given.models,
        fold_of(given.fold),
        plan,
        given.resume,
        given.report_only,
        given.version,
    )


if __name__ == "__main__":
    main()
