"""`python -m training --data ../shared/detector-data`: statistics, four folds, the shipped run, then the model with sidecar and card."""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from training.assemble import assemble, missing_runs
from training.card import card
from training.data import read_images
from training.head import Plan
from training.report import Report
from training.runs import describe, run
from training.sidecar import sidecar
from training.sources import ALL_SOURCES, FOLDS, fold_of, read_manifest

_RUNS = (*FOLDS, ALL_SOURCES)


def main() -> None:
    """Steps one after the other; each says what it does."""
    given = _options()
    given.work.mkdir(parents=True, exist_ok=True)
    samples = read_manifest(given.data / "manifest.csv")
    print(f"reading {len(samples)} images", flush=True)
    images = read_images(given.data, samples)
    if not given.report_only:
        statistics = describe(samples, images, given.work, given.seed, given.threads)
        for fold in _RUNS if given.run is None else (fold_of(given.run),):
            left_out = ", ".join(fold.left_out) or "nothing"
            print(f"run {fold.number}: training without {left_out}", flush=True)
            run(fold, Plan(seed=given.seed), samples, images, statistics, given.work)
    if missing := missing_runs(given.work):
        print(f"no report yet: runs {missing} have not been made", flush=True)
        return
    _publish(
        assemble(given.work, given.models, given.version, samples, images),
        given.models,
    )


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
        ("--work", folder, "trunks, statistics and logits; what is there is used again"),
        ("--models", root / "models", "where the model, its sidecar and card go"),
    ):
        parser.add_argument(name, type=Path, default=standard, help=text)
    parser.add_argument(
        "--run",
        type=int,
        help=f"this run alone: 1–{len(FOLDS)} are the folds, 0 is the shipped one; all of them unless given",
    )
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2, help="while describing images")
    parser.add_argument(
        "--report-only",
        action="store_true",
        help="write model, sidecar and card again from the work folder",
    )
    parser.add_argument("--version", default="0.4", help="of the model, without the prefix vs-ref-")
    return parser.parse_args()


if __name__ == "__main__":
    main()
