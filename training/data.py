"""Images in memory, and the batches training draws from them."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.augment import augment
from training.sources import Label, Sample, Split, source_weights

Pixels = NDArray[np.uint8]

# How a reader of the model prepares a picture; the sidecar repeats it. Means are those of the ImageNet weights.
SHORT_SIDE = 256
SIZE = 224
MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)


def read_images(folder: Path, samples: Sequence[Sample]) -> list[Pixels]:
    """One RGB array (height, width, 3) per sample, in the same order; about 2.5 GB for the whole data set.

    Raises KeyError naming the member when an archive lacks an image of the manifest.
    """
    members: dict[str, Pixels] = {}
    for split in Split:
        wanted = {s.path for s in samples if s.split is split}
        if not wanted:
            continue
        with tarfile.open(folder / f"{split}.tar") as archive:
            for member in archive:
                if member.name not in wanted:
                    continue
                stored = archive.extractfile(member)
                if stored is not None:
                    with Image.open(io.BytesIO(stored.read())) as image:
                        members[member.name] = np.asarray(image.convert("RGB"))
    return [members[s.path] for s in samples]


class BatchDraw:
    """Endless training batches: half real, half fake, and within a label by the weight of the source.

    A batch depends on the seed and its step only, so a resumed run goes on with the batches it would have had.
    """

    def __init__(
        self,
        samples: Sequence[Sample],
        images: Sequence[Pixels],
        chosen: Sequence[int],
        size: int,
        crop: int,
        seed: int,
    ) -> None:
        self._images = images
        self._size = size
        self._crop = crop
        self._seed = seed
        self._by_label: dict[Label, tuple[NDArray[np.int64], NDArray[np.float64]]] = {}
        for label in Label:
            members = [i for i in chosen if samples[i].label is label]
            weights = source_weights(samples[i].source for i in members)
            sizes = {
                source: sum(samples[i].source == source for i in members) for source in weights
            }
            odds = np.array(
                [weights[samples[i].source] / sizes[samples[i].source] for i in members]
            )
            self._by_label[label] = (np.array(members, dtype=np.int64), odds / odds.sum())

    def batch(self, step: int) -> tuple[Pixels, NDArray[np.float32]]:
        """Pixels (size, crop, crop, 3) and truths (size, 1), 1 for fake."""
        rng = np.random.default_rng([self._seed, step])
        half = self._size // 2
        drawn: list[int] = []
        for label in Label:
            members, odds = self._by_label[label]
            drawn.extend(rng.choice(members, size=half, p=odds).tolist())
        pixels = np.stack([augment(self._images[i], self._crop, rng) for i in drawn])
        truths = np.repeat(np.array([0.0, 1.0], dtype=np.float32), half)[:, None]
        return pixels, truths

    def batches(self, first_step: int) -> Iterator[tuple[Pixels, NDArray[np.float32]]]:
        """Batches from `first_step` on, without end."""
        step = first_step
        while True:
            yield self.batch(step)
            step += 1


def centre_crop(pixels: Pixels, short_side: int, size: int) -> Pixels:
    """The picture as the reader of the model prepares it: short side resized (bicubic), square cut from the middle."""
    image = Image.fromarray(pixels)
    scale = short_side / min(image.size)
    width, height = (max(short_side, round(side * scale)) for side in image.size)
    image = image.resize((width, height), Image.Resampling.BICUBIC)
    left, top = (width - size) // 2, (height - size) // 2
    return np.asarray(image.crop((left, top, left + size, top + size)))
