"""`python -m training --data ../shared/detector-data`: four folds, then the shipped run, then the model with sidecar and card."""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from training.assemble import assemble, missing_runs
from training.card import card
from training.data import read_images
from training.report import Report
from training.results import Scored
from training.runs import run
from training.sidecar import sidecar
from training.sources import ALL_SOURCES, FOLDS, fold_of, read_manifest
from training.train import Plan

_RUNS = (*FOLDS, ALL_SOURCES)


def main() -> None:
    """Steps one after the other; each says what it does."""
    given = _options()
    given.work.mkdir(parents=True, exist_ok=True)
    samples = read_manifest(given.data / "manifest.csv")
    print(f"reading {len(samples)} images", flush=True)
    images = read_images(given.data, samples)
    wanted = _RUNS if given.run is None else (fold_of(given.run),)
    for fold in () if given.report_only else wanted:
        if given.resume and given.run is None and Scored.load(given.work, fold.number) is not None:
            print(f"run {fold.number} is finished", flush=True)
            continue
        left_out = ", ".join(fold.left_out) or "nothing"
        print(f"run {fold.number}: training without {left_out}", flush=True)
        plan = _plan(given, fold.number)
        run(fold, plan, samples, images, given.work, given.resume)
    if missing := missing_runs(given.work):
        print(f"no report yet: runs {missing} have not been made", flush=True)
        return
    _publish(
        assemble(given.work, given.models, given.version, samples, images),
        given.models,
    )


def _plan(given: argparse.Namespace, number: int) -> Plan:
    """The shipped run begins with trained weights and changes them more gently."""
    if number == ALL_SOURCES.number:
        return Plan(
            minutes=given.final_minutes,
            seed=given.seed,
            threads=given.threads,
            rate=3e-4,
            head_rate=6e-4,
        )
    return Plan(minutes=given.minutes, seed=given.seed, threads=given.threads)


def _publish(report: Report, models: Path) -> None:
    beside = models / report.file.replace(".onnx", ".json")
    beside.write_text(
        json.dumps(sidecar(report), indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    (models / "MODEL_CARD.md").write_text(card(report), encoding="utf-8")
    print(f"wrote {report.file}, {beside.name} and MODEL_CARD.md to {models}", flush=True)


def _options() -> argparse.Namespace:
    root = Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    folder = Path(tempfile.gettempdir()) / "verascope-training"
    for name, standard, text in (
        ("--data", root.parent / "shared" / "detector-data", "manifest.csv and the tars"),
        ("--work", folder, "checkpoints and logits"),
        ("--models", root / "models", "where the model, its sidecar and card go"),
    ):
        parser.add_argument(name, type=Path, default=standard, help=text)
    parser.add_argument(
        "--run",
        type=int,
        help=f"this run alone: 1–{len(FOLDS)} are the folds, 0 is the shipped one; all of them unless given",
    )
    parser.add_argument("--minutes", type=float, default=25, help="to train each fold")
    parser.add_argument(
        "--final-minutes",
        type=float,
        default=25,
        help="to train each of the two members of the shipped run",
    )
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on where an earlier start stopped; finished runs are kept",
    )
    parser.add_argument(
        "--report-only",
        action="store_true",
        help="write model, sidecar and card again from the work folder",
    )
    parser.add_argument("--version", default="0.2", help="of the model, without the prefix vs-ref-")
    return parser.parse_args()


if __name__ == "__main__":
    main()
