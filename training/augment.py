"""A picture changed as pictures get changed on their way through the web: saved again, now and then shrunk or blurred.

Both labels get the same changes with the same odds: what differs between the labels in compression or sharpness is how the
files were collected, and must not help. Scale and place stay as the reader of the model prepares them: statistics of
random crops carried over worse to unknown sources.
"""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Pixels = NDArray[np.uint8]

_FILTERS = (Image.Resampling.BICUBIC, Image.Resampling.BILINEAR, Image.Resampling.LANCZOS)


def augment(square: Pixels, rng: np.random.Generator) -> Pixels:
    """The same shape; the same generator state gives the same picture."""
    image = Image.fromarray(square)
    if rng.random() < 0.5:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if rng.random() < 0.1:
        image = down_and_up(image, rng)
    if rng.random() < 0.1:
        image = image.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.3, 1.5))))
    return np.asarray(compress(image, rng))


def down_and_up(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A thumbnail blown up again."""
    small = max(16, round(image.width * rng.uniform(0.5, 0.9)))
    down, up = (_FILTERS[i] for i in rng.integers(len(_FILTERS), size=2))
    return image.resize((small, small), down).resize(image.size, up)


def compress(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Mostly JPEG 45–96, sometimes WebP 50–95, sometimes nothing."""
    draw = rng.random()
    if draw < 0.65:
        return recode(image, "JPEG", int(rng.integers(45, 97)))
    if draw < 0.8:
        return recode(image, "WEBP", int(rng.integers(50, 96)))
    return image


def recode(image: Image.Image, kind: str, quality: int) -> Image.Image:
    """The picture after being saved and read again."""
    stored = io.BytesIO()
    options = {"method": 0} if kind == "WEBP" else {}
    image.save(stored, format=kind, quality=quality, **options)
    with Image.open(stored) as read:
        return read.convert("RGB")
