"""One random square out of a picture, changed as pictures get changed on their way through the web.

Both labels get the same changes with the same odds: what differs between the labels in size, compression
or sharpness is how the files were collected, and must not help.
"""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageFilter

Pixels = NDArray[np.uint8]

_FILTERS = (Image.Resampling.BICUBIC, Image.Resampling.BILINEAR, Image.Resampling.LANCZOS)


def augment(pixels: Pixels, size: int, rng: np.random.Generator) -> Pixels:
    """A square of `size` pixels a side; the same generator state gives the same square."""
    image = random_crop(Image.fromarray(pixels), size, rng)
    if rng.random() < 0.5:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if rng.random() < 0.2:
        image = down_and_up(image, rng)
    if rng.random() < 0.15:
        image = image.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.3, 1.8))))
    if rng.random() < 0.1:
        image = ImageEnhance.Sharpness(image).enhance(float(rng.uniform(1.2, 2.5)))
    if rng.random() < 0.5:
        image = change_colours(image, rng)
    if rng.random() < 0.12:
        image = image.convert("L").convert("RGB")
    if rng.random() < 0.15:
        image = cover_part(image, rng)
    if rng.random() < 0.15:
        image = add_noise(image, rng)
    return np.asarray(compress(image, rng))


def random_crop(image: Image.Image, size: int, rng: np.random.Generator) -> Image.Image:
    """As if the short side were rescaled to 172–400 pixels and a square of `size` cut out anywhere."""
    short = min(image.size)
    side = size / rng.uniform(172, 400) * short
    width = min(side * rng.uniform(0.95, 1.05), image.width)
    height = min(side, image.height)
    left = rng.uniform(0, image.width - width)
    top = rng.uniform(0, image.height - height)
    box = (left, top, left + width, top + height)
    return image.resize((size, size), _FILTERS[rng.integers(len(_FILTERS))], box=box)


def down_and_up(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A thumbnail blown up again."""
    small = max(16, round(image.width * rng.uniform(0.4, 0.9)))
    down, up = (_FILTERS[i] for i in rng.integers(len(_FILTERS), size=2))
    return image.resize((small, small), down).resize(image.size, up)


def change_colours(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Brightness, contrast and saturation, each within 30 %."""
    for enhancer in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
        image = enhancer(image).enhance(float(rng.uniform(0.7, 1.3)))
    return image


def cover_part(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A plain rectangle over a part: no fake of the data wears a mask, so a covered face must not mean real."""
    width, height = (int(image.width * rng.uniform(0.15, 0.5)) for _ in range(2))
    left = int(rng.integers(0, image.width - width))
    top = int(rng.integers(0, image.height - height))
    red, green, blue = (int(value) for value in rng.integers(0, 256, size=3))
    covered = image.copy()
    covered.paste((red, green, blue), (left, top, left + width, top + height))
    return covered


def add_noise(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Gaussian noise of 2–10 grey levels."""
    pixels = np.asarray(image, dtype=np.float32)
    noisy = pixels + rng.standard_normal(pixels.shape, dtype=np.float32) * np.float32(
        rng.uniform(2, 10)
    )
    return Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))


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
