"""Images in memory, and how they are prepared for the model."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.sources import Sample, Split

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


def centre_crop(pixels: Pixels, short_side: int, size: int) -> Pixels:
    """The picture as the reader of the model prepares it: short side resized (bicubic), square cut from the middle."""
    image = Image.fromarray(pixels)
    scale = short_side / min(image.size)
    width, height = (max(short_side, round(side * scale)) for side in image.size)
    image = image.resize((width, height), Image.Resampling.BICUBIC)
    left, top = (width - size) // 2, (height - size) // 2
    return np.asarray(image.crop((left, top, left + size, top + size)))


def prepared(square: Pixels) -> NDArray[np.float32]:
    """A batch of one: between 0 and 1, normalised, channels first."""
    floats = square.astype(np.float32) / np.float32(255)
    normal = np.subtract(floats, np.array(MEAN, dtype=np.float32)) / np.array(STD, dtype=np.float32)
    return np.ascontiguousarray(normal.transpose(2, 0, 1)[None], dtype=np.float32)
