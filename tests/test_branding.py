"""Text can be read on a tenant's colours, whichever they are."""

import colorsys
import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from verascope import branding
from verascope.branding import AA, DARK, LIGHT, colours, contrast

THEME = Path(__file__).resolve().parents[1] / "web" / "src" / "theme.ts"

any_colour = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@given(any_colour)
@example("#ffff00")
@example("#000000")
@example("#ffffff")
@example("#767676")
def test_text_reaches_aa_on_every_background_of_both_themes(accent: str) -> None:
    found = colours(accent)
    assert contrast(found.text, found.accent) >= AA
    for background in (*LIGHT, found.soft_light):
        assert contrast(found.on_light, background) >= AA
    for background in (*DARK, found.soft_dark):
        assert contrast(found.on_dark, background) >= AA


@given(any_colour)
def test_every_result_is_a_colour_and_fitting_it_again_changes_nothing(accent: str) -> None:
    found = colours(accent)
    assert found.accent == accent
    for one in (found.text, found.on_light, found.on_dark, found.soft_light, found.soft_dark):
        assert branding.is_colour(one)
    assert colours(accent.upper()) == found


@given(any_colour)
def test_an_accent_only_gets_darker_on_light_and_lighter_on_dark(accent: str) -> None:
    found = colours(accent)
    assert contrast(found.on_light, "#000000") <= contrast(accent, "#000000") + 1e-9
    assert contrast(found.on_dark, "#ffffff") <= contrast(accent, "#ffffff") + 1e-9


@given(st.floats(0, 1), st.floats(0.5, 1), st.floats(0.3, 0.6))
def test_the_hue_stays(hue: float, saturation: float, lightness: float) -> None:
    accent = branding._hex(colorsys.hls_to_rgb(hue, lightness, saturation))
    before = colorsys.rgb_to_hls(*branding._channels(accent))[0]
    for moved in (colours(accent).on_light, colours(accent).on_dark):
        after, light, colourful = colorsys.rgb_to_hls(*branding._channels(moved))
        turned = abs(after - before)
        if 0.1 < light < 0.9 and colourful > 0.3:  # rounding to 8 bits turns near-greys
            assert min(turned, 1 - turned) < 0.03


def test_an_accent_that_can_be_read_stays_as_it_is() -> None:
    assert colours("#4f46c8").on_light == "#4f46c8"
    assert colours("#4f46c8").text == "#ffffff"
    assert colours("#ffdd00").text == "#000000"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("#000000", "#ffffff", 21.0), ("#777777", "#ffffff", 4.48), ("#abcdef", "#abcdef", 1.0)],
)
def test_contrast_is_that_of_the_recommendation(one: str, other: str, expected: float) -> None:
    assert round(contrast(one, other), 2) == expected
    assert contrast(one, other) == contrast(other, one)


def test_the_backgrounds_are_those_of_the_dashboard() -> None:
    text = THEME.read_text("utf-8")
    light, dark = text.split("const dark")
    for part, known in ((light, LIGHT), (dark, DARK)):
        names = ("page", "surface", "raised", "sunken")
        told = {re.search(rf"\b{name}: \"(#\w+)\"", part)[1] for name in names}  # type: ignore[index]
        assert told == set(known)


@pytest.mark.parametrize(
    "text", ["", "red", "#fff", "#12345", "#1234567", "#12345g", "# 12345", "#123456\n"]
)
def test_other_texts_are_no_colour(text: str) -> None:
    assert not branding.is_colour(text)


@pytest.mark.parametrize("accent", ["#000100", "#010000", "#fffffe", "#000000", "#7f8080"])
def test_what_looks_grey_stays_grey(accent: str) -> None:
    found = branding.colours(accent)
    for moved in (found.on_light, found.on_dark):
        channels = branding._channels(moved)
        assert max(channels) - min(channels) < 0.06, moved


def test_a_dark_colour_keeps_its_hue() -> None:
    red, green, blue = branding._channels(branding.colours("#000033").on_dark)
    assert blue - max(red, green) > 0.3
