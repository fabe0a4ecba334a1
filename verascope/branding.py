"""A tenant's accent colour, fitted to both themes so that its text can be read on them.

Contrast is that of WCAG 2.2 (relative luminance); 4.5:1 is level AA for text of any size. The backgrounds are those of
`web/src/theme.ts`; a test compares the two.
"""

import colorsys
import re
from collections.abc import Sequence
from dataclasses import dataclass

AA = 4.5
BLACK, WHITE = "#000000", "#ffffff"
LIGHT = ("#f6f7f9", "#ffffff", "#eff1f4")
DARK = ("#101318", "#171b22", "#1e232c", "#12161c")
"""Page, surface, raised and sunken: what text of the accent's colour may stand on."""
_LIGHT_SURFACE, _DARK_SURFACE = LIGHT[1], DARK[1]
_SOFT_LIGHT, _SOFT_DARK = 0.12, 0.22
"""How much of the accent a soft background holds."""
_STEPS = 512
_COLOURFUL = 0.1
"""Difference of the largest and the smallest channel from which a colour keeps its saturation; below, it turns grey."""

Channels = tuple[float, float, float]
"""Red, green and blue, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Colours:
    """All `#rrggbb`.

    text: black or white, for what stands on the accent itself. on_light, on_dark: the accent as a colour of text.
    soft_light, soft_dark: a background with a little of it, on which on_light and on_dark can be read too.
    """

    accent: str
    text: str
    on_light: str
    on_dark: str
    soft_light: str
    soft_dark: str


def is_colour(text: str) -> bool:
    """Whether it is `#rrggbb`."""
    return re.fullmatch(r"#[0-9a-fA-F]{6}", text) is not None


def colours(accent: str) -> Colours:
    """The accent's variants; it keeps its hue and moves in lightness only as far as it has to."""
    accent = accent.lower()
    soft_light = _mixed(accent, _LIGHT_SURFACE, _SOFT_LIGHT)
    soft_dark = _mixed(accent, _DARK_SURFACE, _SOFT_DARK)
    return Colours(
        accent,
        max((WHITE, BLACK), key=lambda one: contrast(one, accent)),
        _moved(accent, (*LIGHT, soft_light), towards=0.0),
        _moved(accent, (*DARK, soft_dark), towards=1.0),
        soft_light,
        soft_dark,
    )


def contrast(one: str, other: str) -> float:
    """From 1 (the same) to 21 (black on white)."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _moved(accent: str, backgrounds: Sequence[str], *, towards: float) -> str:
    """The first lightness on the way to black or white at which text can be read on every background."""
    channels = _channels(accent)
    hue, lightness, saturation = colorsys.rgb_to_hls(*channels)
    # Of near black and near white HLS says the fullest saturation for a hue that nobody sees.
    saturation *= min(1.0, (max(channels) - min(channels)) / _COLOURFUL)
    for step in range(_STEPS + 1):
        here = lightness + (towards - lightness) * step / _STEPS
        moved = _hex(colorsys.hls_to_rgb(hue, here, saturation)) if step else accent
        if all(contrast(moved, background) >= AA for background in backgrounds):
            return moved
    raise AssertionError("black can be read on every light background, and white on every dark one")


def _luminance(colour: str) -> float:
    red, green, blue = (
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
        for channel in _channels(colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _mixed(accent: str, surface: str, share: float) -> str:
    pairs = zip(_channels(accent), _channels(surface), strict=True)
    red, green, blue = (share * one + (1 - share) * other for one, other in pairs)
    return _hex((red, green, blue))


def _channels(colour: str) -> Channels:
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return red, green, blue


def _hex(channels: Channels) -> str:
    return "#" + "".join(f"{round(255 * channel):02x}" for channel in channels)
