"""Pictures that are no photographs of faces, made by code: what does a face detector answer to them?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Pixels = NDArray[np.uint8]
Colour = tuple[int, int, int]

_SIDE = 320
_WORDS = (
    "invoice",
    "total",
    "account",
    "transfer",
    "confirm",
    "settings",
    "profile",
    "message",
    "today",
)


def cartoon_face(rng: np.random.Generator) -> Pixels:
    """A flat drawn face on a plain ground."""
    image = Image.new("RGB", (_SIDE, _SIDE), _colour(rng))
    draw = ImageDraw.Draw(image)
    centre, radius = rng.uniform(130, 190, size=2), rng.uniform(70, 120)
    x, y = float(centre[0]), float(centre[1])
    draw.ellipse(
        (x - radius, y - radius * 1.2, x + radius, y + radius * 1.2),
        fill=_colour(rng),
        outline=(20, 20, 20),
        width=3,
    )
    for side in (-1, 1):
        eye = x + side * radius * 0.4
        draw.ellipse(
            (eye - 14, y - 30, eye + 14, y - 10),
            fill=(250, 250, 250),
            outline=(20, 20, 20),
            width=2,
        )
        draw.ellipse((eye - 5, y - 25, eye + 5, y - 15), fill=_colour(rng))
    draw.arc((x - 40, y + 10, x + 40, y + 60), 10, 170, fill=(150, 30, 40), width=5)
    draw.line((x, y - 10, x - 8, y + 18, x + 4, y + 20), fill=(20, 20, 20), width=3)
    return np.asarray(image)


def screenshot(rng: np.random.Generator) -> Pixels:
    """A page with a bar, lines of words and buttons."""
    return np.asarray(_page(rng))


def flat_graphic(rng: np.random.Generator) -> Pixels:
    """Overlapping coloured shapes on a gradient."""
    ramp = np.linspace(_colour(rng), _colour(rng), _SIDE)
    image = Image.fromarray(np.repeat(ramp[:, None, :], _SIDE, axis=1).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    for _ in range(int(rng.integers(3, 12))):
        left, top = (int(v) for v in rng.integers(-40, 280, size=2))
        width, height = (int(v) for v in rng.integers(20, 160, size=2))
        shape = draw.ellipse if rng.random() < 0.5 else draw.rectangle
        shape((left, top, left + width, top + height), fill=_colour(rng))
    return np.asarray(image)


def face_in_screenshot(face: Pixels, rng: np.random.Generator) -> Pixels:
    """The picture shown 150 pixels wide inside a page of 320."""
    page = _page(rng)
    page.paste(_square(face, 150), (85, 85))
    return np.asarray(page)


def tiny_face(face: Pixels, rng: np.random.Generator) -> Pixels:
    """The picture shrunk to 48 pixels within a plain scene of 320."""
    scene = Image.fromarray(flat_graphic(rng))
    left, top = (int(v) for v in rng.integers(60, 212, size=2))
    scene.paste(_square(face, 48), (left, top))
    return np.asarray(scene)


def _page(rng: np.random.Generator) -> Image.Image:
    paper = int(rng.integers(235, 256))
    image = Image.new("RGB", (_SIDE, _SIDE), (paper, paper, paper))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, _SIDE, 36), fill=_colour(rng))
    for line in range(int(rng.integers(8, 16))):
        words = " ".join(str(word) for word in rng.choice(_WORDS, size=int(rng.integers(2, 8))))
        draw.text((12, 48 + line * 16), words, fill=(40, 40, 40))
    draw.rounded_rectangle((200, 280, 300, 306), radius=6, fill=_colour(rng))
    return image


def _square(face: Pixels, side: int) -> Image.Image:
    image = Image.fromarray(face)
    short = min(image.size)
    left, top = (image.width - short) / 2, (image.height - short) / 2
    return image.resize(
        (side, side), Image.Resampling.BICUBIC, box=(left, top, left + short, top + short)
    )


def _colour(rng: np.random.Generator) -> Colour:
    red, green, blue = (int(value) for value in rng.integers(0, 256, size=3))
    return red, green, blue
