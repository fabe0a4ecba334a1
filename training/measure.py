"""Runs an exported model: over the data, over changed copies of the test images, over drawings, and against the clock."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from training.augment import recode
from training.calibrate import Platt
from training.data import SHORT_SIDE, SIZE, Pixels, centre_crop, prepared
from training.drawings import cartoon_face, face_in_screenshot, flat_graphic, screenshot, tiny_face
from training.figures import Scores, Share, Truths, auc, auc_interval
from training.results import Area, View
from training.thresholds import Decision, verdict_shares

Batch = NDArray[np.float32]
Change = Callable[[Pixels, np.random.Generator], Pixels]


class Model:
    """An ONNX file, read and fed as its sidecar tells others to."""

    def __init__(self, path: Path, threads: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self._session = onnxruntime.InferenceSession(
            path, options, providers=["CPUExecutionProvider"]
        )

    def logits(self, images: Sequence[Pixels]) -> Scores:
        """One logit an image."""
        return np.array([self.logit(pixels) for pixels in images], dtype=np.float64)

    def logit(self, pixels: Pixels) -> float:
        """The logit for `fake`."""
        return self.run(prepared(centre_crop(pixels, SHORT_SIDE, SIZE)))

    def run(self, batch: Batch) -> float:
        """The logit of a prepared batch of one."""
        return float(self._session.run(None, {"image": batch})[0][0, 0])


@dataclass(frozen=True)
class Changed:
    """The test images after one change."""

    name: str
    area: Area
    false_positives: Share
    recall: Share
    uncertain: Share


@dataclass(frozen=True)
class Answers:
    """What was answered to pictures without a truth."""

    name: str
    real: Share
    uncertain: Share
    fake: Share


@dataclass(frozen=True)
class Speed:
    """Medians in ms, one thread, one image at a time; `whole` from JPEG bytes of at most 320 pixels to the logit.

    `model_ms` and `whole_ms` are processor time of the thread, which neighbours on the machine change little;
    `waited_ms` is what the clock on the wall said for the whole.
    """

    model_ms: float
    whole_ms: float
    waited_ms: float
    images: int


def _jpeg(quality: int) -> Change:
    return lambda pixels, _: np.asarray(recode(Image.fromarray(pixels), "JPEG", quality))


def _blurred(pixels: Pixels, _: np.random.Generator) -> Pixels:
    return np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(1.5)))


def _small(pixels: Pixels, _: np.random.Generator) -> Pixels:
    image = Image.fromarray(pixels)
    scale = 160 / min(image.size)
    return np.asarray(
        image.resize(
            (round(image.width * scale), round(image.height * scale)), Image.Resampling.BICUBIC
        )
    )


def _grey(pixels: Pixels, _: np.random.Generator) -> Pixels:
    return np.asarray(Image.fromarray(pixels).convert("L").convert("RGB"))


CHANGES: tuple[tuple[str, Change], ...] = (
    ("none", lambda pixels, _: pixels),
    ("JPEG quality 50", _jpeg(50)),
    ("JPEG quality 30", _jpeg(30)),
    ("short side 160 px", _small),
    ("blur, sigma 1.5 px", _blurred),
    ("grey", _grey),
    ("inside a screenshot, 150 px wide", face_in_screenshot),
    ("face picture of 48 px in a larger drawing", tiny_face),
)


def changed_logits(
    model: Model, view: View, images: Sequence[Pixels], seed: int = 11
) -> dict[str, Scores]:
    """By change: the test images' logits, in the order of the manifest."""
    found = {}
    for name, change in CHANGES:
        rng = np.random.default_rng(seed)
        found[name] = model.logits(
            [change(images[i], rng) for i in np.flatnonzero(view.test).tolist()]
        )
    return found


def drawn_logits(model: Model, each: int = 200, seed: int = 11) -> dict[str, Scores]:
    """By kind of drawing. Drawn faces, pages and shapes: none is a photograph and none was made by a generator of the data."""
    found = {}
    for name, draw in (
        ("drawn cartoon faces", cartoon_face),
        ("drawn screenshots of text", screenshot),
        ("drawn shapes", flat_graphic),
    ):
        rng = np.random.default_rng(seed)
        found[name] = model.logits([draw(rng) for _ in range(each)])
    return found


def robustness(
    logits: Mapping[str, Scores], view: View, platt: Platt, decision: Decision
) -> list[Changed]:
    """What the changed test images are answered."""
    truths = view.is_fake[view.test]
    return [_changed(name, truths, one, platt, decision) for name, one in logits.items()]


def answers_to_drawings(
    logits: Mapping[str, Scores], platt: Platt, decision: Decision
) -> list[Answers]:
    """What the drawings are answered."""
    found = []
    for name, one in logits.items():
        counts = verdict_shares(platt.probabilities(one), decision)
        real, uncertain, fake = (Share(part, len(one)) for part in counts)
        found.append(Answers(name, real, uncertain, fake))
    return found


def speed(path: Path, images: Sequence[Pixels], rounds: int = 300) -> Speed:
    """Measured after ten images of warming up."""
    model = Model(path, threads=1)
    stored = [_as_jpeg(images[i % len(images)]) for i in range(rounds)]
    whole: list[float] = []
    waited: list[float] = []
    for number in range(rounds + 10):
        started, on_the_wall = time.thread_time(), time.perf_counter()
        with Image.open(io.BytesIO(stored[number % rounds])) as image:
            model.logit(np.asarray(image.convert("RGB")))
        whole.append(time.thread_time() - started)
        waited.append(time.perf_counter() - on_the_wall)
    batch = np.zeros((1, 3, SIZE, SIZE), dtype=np.float32)
    alone: list[float] = []
    for _ in range(rounds + 10):
        started = time.thread_time()
        model.run(batch)
        alone.append(time.thread_time() - started)
    model_ms, whole_ms, waited_ms = (
        1000 * float(np.median(times[10:])) for times in (alone, whole, waited)
    )
    return Speed(model_ms, whole_ms, waited_ms, rounds)


def _changed(
    name: str, truths: Truths, logits: Scores, platt: Platt, decision: Decision
) -> Changed:
    probabilities = platt.probabilities(logits)
    missed, unsure_fake, caught = verdict_shares(probabilities[truths], decision)
    spared, unsure_real, accused = verdict_shares(probabilities[~truths], decision)
    return Changed(
        name=name,
        area=Area(auc(logits, truths), auc_interval(logits, truths), len(truths)),
        false_positives=Share(accused, accused + spared),
        recall=Share(caught, caught + missed),
        uncertain=Share(unsure_fake + unsure_real, len(truths)),
    )


def _as_jpeg(pixels: Pixels) -> bytes:
    stored = io.BytesIO()
    Image.fromarray(pixels).save(stored, format="JPEG", quality=90)
    return stored.getvalue()
