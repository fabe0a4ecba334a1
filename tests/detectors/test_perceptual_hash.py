"""Near copies get near hashes, other pictures far ones."""

import io
import time
from itertools import combinations
from typing import Any

import pytest
from PIL import Image, ImageEnhance

from verascope.detectors.perceptual_hash import hamming, perceptual_hash


def of(image: Image.Image) -> bytes:
    return perceptual_hash(image)[0]


def recompressed(image: Image.Image, quality: int) -> Image.Image:
    target = io.BytesIO()
    image.save(target, "JPEG", quality=quality)
    return Image.open(target).convert("RGB")


@pytest.mark.parametrize("size", [(320, 240), (480, 600), (256, 256)])
def test_half_size_copies_at_jpeg_50_stay_within_31_bits(photo: Any, size: tuple[int, int]) -> None:
    for seed in range(6):
        image = photo(seed, *size)
        half = image.resize((size[0] // 2, size[1] // 2), Image.Resampling.BICUBIC)
        assert hamming(of(image), of(recompressed(half, 50))) <= 31


def test_brighter_and_greyer_copies_stay_near(photo: Any) -> None:
    image = photo(3, 400, 300)
    assert hamming(of(image), of(image.convert("L").convert("RGB"))) == 0
    assert hamming(of(image), of(ImageEnhance.Brightness(image).enhance(0.8))) <= 31


def test_unrelated_pictures_are_far_apart(photo: Any) -> None:
    hashes = [of(photo(seed, 200, 150)) for seed in range(30)]
    assert min(hamming(a, b) for a, b in combinations(hashes, 2)) > 80


def test_about_half_of_the_bits_are_set(photo: Any) -> None:
    assert int.from_bytes(of(photo(1))).bit_count() == 128


def test_a_flat_picture_has_quality_nought_and_always_the_same_hash() -> None:
    for colour in ("black", "white", (90, 140, 10)):
        assert perceptual_hash(Image.new("RGB", (700, 500), colour)) == (bytes(32), 0)


def test_quality_grows_with_what_is_to_be_seen(photo: Any) -> None:
    image = photo(2, 300, 300)
    faint = Image.blend(Image.new("RGB", image.size, "grey"), image, 0.1)
    assert perceptual_hash(faint)[1] < perceptual_hash(image)[1]
    assert 50 <= perceptual_hash(image)[1] <= 100


@pytest.mark.parametrize("size", [(32, 32), (33, 4000), (4000, 33), (64, 64), (65, 127)])
def test_any_shape_has_a_hash(photo: Any, size: tuple[int, int]) -> None:
    assert len(of(photo(1, *size))) == 32


def test_distance_counts_bits_and_refuses_other_lengths() -> None:
    assert hamming(bytes(32), bytes(31) + b"\x07") == 3
    with pytest.raises(ValueError, match="32 and 8 bytes"):
        hamming(bytes(32), bytes(8))


def test_a_hash_takes_a_few_milliseconds(photo: Any) -> None:
    image = photo(1, 1024, 768)
    perceptual_hash(image)
    times = []
    for _ in range(15):
        start = time.thread_time()
        perceptual_hash(image)
        times.append(time.thread_time() - start)
    assert min(times) < 0.003
