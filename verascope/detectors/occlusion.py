"""Where a verdict comes from: cover one cell of the picture after the other and see what P(fake)
does (occlusion sensitivity, Zeiler & Fergus 2014, section 4.2).

It needs no gradients, so it works with whatever answers with a probability.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from PIL import Image

from verascope.detectors.detector import Area, Explanation

GRID = 7
COVER = (128, 128, 128)
"""Grey says least: black and white are colours that models have opinions about."""

Scores = Callable[[Sequence[Image.Image]], Sequence[float]]
"""P(fake), 0–1, of each picture."""


def occlusion(pixels: Image.Image, area: Area, scores: Scores) -> Explanation:
    """What each cell of `pixels` says, which shows `area` of the picture. Asks for a row of cells at
    a time, so that a batch stays small."""
    (whole,) = scores([pixels])
    rows = [
        tuple(round(100 * (whole - score), 3) for score in scores(covered))
        for covered in _covered(pixels)
    ]
    return Explanation(tuple(rows), area)


def _covered(pixels: Image.Image) -> Iterator[list[Image.Image]]:
    for top, bottom in pairwise(_edges(pixels.height)):
        row = []
        for left, right in pairwise(_edges(pixels.width)):
            copy = pixels.copy()
            copy.paste(COVER, (left, top, right, bottom))
            row.append(copy)
        yield row


def _edges(side: int) -> list[int]:
    return [round(side * cell / GRID) for cell in range(GRID + 1)]
