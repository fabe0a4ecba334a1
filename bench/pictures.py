"""Pictures for measurements, drawn from noise whose spectrum falls with frequency as in photographs."""

import io

import numpy as np
from PIL import Image

SIZES = [(640, 480), (800, 600), (1024, 768), (1280, 960), (1600, 1200), (960, 1280)]


def photos() -> list[bytes]:
    """Eight encoded files of usual sizes: six JPEG, one PNG, one WebP. The same every time."""
    drawn = [draw(seed, *size) for seed, size in enumerate(SIZES)]
    files = [encoded(image, "JPEG", quality=88) for image in drawn]
    return [*files, encoded(drawn[0], "PNG"), encoded(drawn[1], "WEBP", quality=85)]


def tiny() -> bytes:
    """The cheapest image that is accepted."""
    return encoded(draw(7, 40, 40), "JPEG")


def draw(seed: int, width: int, height: int) -> Image.Image:
    random = np.random.default_rng(seed)
    across, down = np.fft.fftfreq(width)[None, :], np.fft.fftfreq(height)[:, None]
    falloff = 1 / np.maximum(np.hypot(across, down), 1 / max(width, height)) ** 1.3
    noise = random.normal(size=(height, width, 3)) * [1.0, 0.4, 0.4]
    planes = np.fft.ifft2(np.fft.fft2(noise, axes=(0, 1)) * falloff[..., None], axes=(0, 1)).real
    y, u, v = np.moveaxis(planes / planes[..., 0].std(), -1, 0)
    colours = 128 + 48 * np.stack([y + v, y - u / 2 - v / 2, y + u], axis=-1)
    return Image.fromarray(np.clip(colours, 0, 255).astype(np.uint8))


def encoded(image: Image.Image, image_format: str, **options: int) -> bytes:
    target = io.BytesIO()
    image.save(target, image_format, **options)
    return target.getvalue()
