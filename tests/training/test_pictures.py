"""Crops, augmentation, drawings: the shapes and laws, on made-up pictures."""

from __future__ import annotations

import numpy as np
import pytest

from training.augment import augment
from training.data import BatchDraw, centre_crop
from training.drawings import cartoon_face, face_in_screenshot, flat_graphic, screenshot, tiny_face
from training.sources import Label, Sample, Split


def _picture(height: int, width: int, seed: int = 6) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8)


@pytest.mark.parametrize(("height", "width"), [(320, 320), (200, 320), (320, 97), (40, 40)])
def test_every_shape_becomes_the_square_asked_for(height: int, width: int) -> None:
    picture = _picture(height, width)
    assert centre_crop(picture, 256, 224).shape == (224, 224, 3)
    for seed in range(20):
        changed = augment(picture, 160, np.random.default_rng(seed))
        assert changed.shape == (160, 160, 3)
        assert changed.dtype == np.uint8


def test_augmentation_repeats_with_the_generator_state() -> None:
    picture = _picture(200, 300)
    first, again = (augment(picture, 64, np.random.default_rng(8)) for _ in range(2))
    assert np.array_equal(first, again)


def test_a_resumed_run_draws_the_batches_it_would_have_drawn() -> None:
    samples = [
        Sample(f"{i}", Label.FAKE if i % 2 else Label.REAL, f"s{i % 4}", "-", "-", Split.TRAIN)
        for i in range(12)
    ]
    images = [_picture(64, 64, i) for i in range(12)]
    draw = BatchDraw(samples, images, range(12), size=4, crop=32, seed=1)
    from_start = draw.batches(0)
    skipped = [next(from_start) for _ in range(3)][2]
    resumed = next(draw.batches(2))
    assert np.array_equal(skipped[0], resumed[0])
    assert resumed[1].ravel().tolist() == [0, 0, 1, 1]


def test_drawings_are_pictures_of_320_pixels_and_differ() -> None:
    for draw in (cartoon_face, screenshot, flat_graphic):
        first, second = (draw(np.random.default_rng(seed)) for seed in (1, 2))
        assert first.shape == (320, 320, 3)
        assert not np.array_equal(first, second)
    face = _picture(300, 200)
    for place in (face_in_screenshot, tiny_face):
        assert place(face, np.random.default_rng(1)).shape == (320, 320, 3)
