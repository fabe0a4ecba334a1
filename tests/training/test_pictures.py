"""Crops, augmentation, drawings: the shapes and laws, on made-up pictures."""

from __future__ import annotations

import numpy as np
import pytest

from training.augment import augment
from training.data import centre_crop, prepared
from training.drawings import cartoon_face, face_in_screenshot, flat_graphic, screenshot, tiny_face


def _picture(height: int, width: int, seed: int = 6) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8)


@pytest.mark.parametrize(("height", "width"), [(320, 320), (200, 320), (320, 97), (40, 40)])
def test_every_shape_becomes_the_square_asked_for(height: int, width: int) -> None:
    picture = _picture(height, width)
    assert centre_crop(picture, 256, 224).shape == (224, 224, 3)
    for seed in range(20):
        changed = augment(centre_crop(picture, 256, 224), np.random.default_rng(seed))
        assert changed.shape == (224, 224, 3)
        assert changed.dtype == np.uint8


def test_augmentation_repeats_with_the_generator_state() -> None:
    picture = _picture(224, 224)
    first, again = (augment(picture, np.random.default_rng(8)) for _ in range(2))
    assert np.array_equal(first, again)


def test_a_prepared_square_is_a_normalised_batch_of_one() -> None:
    square = np.zeros((224, 224, 3), dtype=np.uint8)
    square[..., 0] = 255
    batch = prepared(square)
    assert batch.shape == (1, 3, 224, 224)
    assert batch[0, 0, 0, 0] == pytest.approx((1 - 0.485) / 0.229)
    assert batch[0, 1, 0, 0] == pytest.approx(-0.456 / 0.224)


def test_drawings_are_pictures_of_320_pixels_and_differ() -> None:
    for draw in (cartoon_face, screenshot, flat_graphic):
        first, second = (draw(np.random.default_rng(seed)) for seed in (1, 2))
        assert first.shape == (320, 320, 3)
        assert not np.array_equal(first, second)
    face = _picture(300, 200)
    for place in (face_in_screenshot, tiny_face):
        assert place(face, np.random.default_rng(1)).shape == (320, 320, 3)
