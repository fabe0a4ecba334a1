"""Every accepted format and mode becomes an upright RGB picture that looks like what was sent."""

import hashlib
import io
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from verascope.detectors.image import ImageLimits, decode, inspect
from verascope.errors import ImageRefused

LIMITS = ImageLimits()
FORMATS = {
    "JPEG": {"quality": 95},
    "PNG": {},
    "GIF": {},
    "BMP": {},
    "WEBP": {"quality": 95},
    "AVIF": {"quality": 95},
    "HEIF": {"quality": 95},
    "TIFF": {},
}


def difference(a: Image.Image, b: Image.Image) -> float:
    """Mean absolute difference of two RGB pictures, 0–255."""
    assert a.size == b.size
    assert (a.mode, b.mode) == ("RGB", "RGB")
    return float(np.abs(np.asarray(a, np.int16) - np.asarray(b, np.int16)).mean())


def grey(image: Image.Image) -> Image.Image:
    return image.convert("L").convert("RGB")


@pytest.mark.parametrize("image_format", FORMATS)
def test_each_format_decodes_to_the_picture_and_its_facts(
    photo: Any, encode: Any, image_format: str
) -> None:
    image = photo()
    data = encode(image, image_format, **FORMATS[image_format])
    decoded = decode(data, LIMITS)
    assert difference(decoded.pixels, image) < 8
    facts = decoded.facts
    assert (facts.image_format, facts.width, facts.height) == (image_format, 96, 64)
    assert facts.file_hash == hashlib.sha256(data).hexdigest()
    assert facts.file_size == len(data)
    assert facts.perceptual_hash is not None
    assert len(facts.perceptual_hash) == 32
    assert facts.perceptual_hash_quality is not None


@pytest.mark.parametrize("image_format", FORMATS)
def test_inspecting_tells_the_same_facts_without_decoding(
    photo: Any, encode: Any, image_format: str
) -> None:
    data = encode(photo(), image_format)
    seen, decoded = inspect(data), decode(data, LIMITS).facts
    assert (seen.file_hash, seen.file_size, seen.image_format, seen.width, seen.height) == (
        decoded.file_hash,
        decoded.file_size,
        decoded.image_format,
        decoded.width,
        decoded.height,
    )
    assert seen.perceptual_hash is None


@pytest.mark.parametrize(
    ("image_format", "mode"),
    [
        ("PNG", "L"),
        ("PNG", "LA"),
        ("PNG", "I;16"),
        ("TIFF", "L"),
        ("TIFF", "LA"),
        ("TIFF", "I;16"),
        ("TIFF", "I;16B"),
        ("WEBP", "L"),
        ("JPEG", "L"),
        ("AVIF", "L"),
        ("HEIF", "L"),
    ],
)
def test_grey_modes_keep_their_brightness(
    photo: Any, encode: Any, image_format: str, mode: str
) -> None:
    image = photo().convert("L")
    if mode.startswith("I;16"):
        wide = np.asarray(image, np.uint16) * 257
        sent = Image.frombytes(
            mode, image.size, wide.astype(">u2" if "B" in mode else "<u2").tobytes()
        )
    else:
        sent = image.convert(mode)
    assert difference(decode(encode(sent, image_format), LIMITS).pixels, grey(image)) < 8


@pytest.mark.parametrize(
    ("image_format", "mode", "options"),
    [
        ("PNG", "RGBA", {}),
        ("PNG", "P", {}),
        ("BMP", "P", {}),
        ("BMP", "RGBA", {}),
        ("GIF", "P", {}),
        ("TIFF", "RGBA", {}),
        ("TIFF", "P", {}),
        ("TIFF", "CMYK", {}),
        ("TIFF", "YCbCr", {}),
        ("TIFF", "RGB", {"compression": "tiff_lzw"}),
        ("TIFF", "RGB", {"compression": "tiff_adobe_deflate"}),
        ("TIFF", "RGB", {"compression": "jpeg"}),
        ("TIFF", "RGB", {"compression": "packbits"}),
        ("TIFF", "RGB", {"big_tiff": True}),
        ("WEBP", "RGBA", {"lossless": True}),
        ("AVIF", "RGBA", {"quality": 95}),
        ("HEIF", "RGBA", {"quality": 95}),
        ("JPEG", "CMYK", {"quality": 95}),
        ("JPEG", "RGB", {"quality": 95, "progressive": True}),
    ],
)
def test_colour_modes_keep_their_colours(
    photo: Any, encode: Any, image_format: str, mode: str, options: dict[str, Any]
) -> None:
    image = photo()
    sent = image.quantize(256) if mode == "P" else image.convert(mode)
    assert difference(decode(encode(sent, image_format, **options), LIMITS).pixels, image) < 8


def test_one_bit_pictures_are_black_and_white(photo: Any, encode: Any) -> None:
    image = photo().convert("1")
    for image_format in ("PNG", "BMP", "GIF", "TIFF"):
        pixels = decode(encode(image, image_format), LIMITS).pixels
        assert difference(pixels, image.convert("RGB")) == 0


def test_sixteen_bit_colour_png_is_scaled(photo: Any, png_chunk: Any) -> None:
    image = photo()
    wide = (np.asarray(image, np.uint16) * 257).astype(">u2")
    rows = b"".join(b"\0" + row.tobytes() for row in wide)
    header = struct.pack(">IIBBBBB", *image.size, 16, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header)
    data += png_chunk(b"IDAT", zlib.compress(rows)) + png_chunk(b"IEND", b"")
    assert difference(decode(data, LIMITS).pixels, image) == 0


@pytest.mark.parametrize("top", [1.0, 255.0, 65535.0, 3.0e6])
def test_float_pictures_are_scaled_by_the_range_that_holds_them(
    photo: Any, encode: Any, top: float
) -> None:
    image = ImageOps.autocontrast(photo().convert("L"))
    values = np.asarray(image, np.float32) / 255 * top
    data = encode(Image.fromarray(values), "TIFF")
    assert difference(decode(data, LIMITS).pixels, image.convert("RGB")) < 0.6


@pytest.mark.parametrize(("low", "high"), [(0, 255), (0, 65535), (-32768, 32767), (0, 2**31 - 1)])
def test_integer_pictures_are_scaled_not_clipped(
    photo: Any, encode: Any, low: int, high: int
) -> None:
    image = ImageOps.autocontrast(photo().convert("L"))
    values = low + np.asarray(image, np.float64) / 255 * (high - low)
    data = encode(Image.fromarray(np.rint(values).astype(np.int32)), "TIFF")
    assert difference(decode(data, LIMITS).pixels, image.convert("RGB")) < 0.6


def test_a_dark_sixteen_bit_picture_stays_dark(encode: Any) -> None:
    values = np.full((40, 40), 6553, np.uint16)
    pixels = decode(encode(Image.fromarray(values), "PNG"), LIMITS).pixels
    assert pixels.getpixel((5, 5)) == (25, 25, 25)


def test_floats_that_are_no_numbers_are_black(encode: Any) -> None:
    values = np.full((40, 40), 0.5, np.float32)
    values[:20] = np.nan
    pixels = decode(encode(Image.fromarray(values), "TIFF"), LIMITS).pixels
    assert pixels.getpixel((5, 5)) == (0, 0, 0)
    assert pixels.getpixel((5, 35)) == (128, 128, 128)


def test_cmyk_without_adobes_mark_is_not_inverted(photo: Any, encode: Any) -> None:
    data = encode(photo().convert("CMYK"), "JPEG", quality=95)
    at = data.index(b"\xff\xee")
    plain = data[:at] + data[at + 2 + int.from_bytes(data[at + 2 : at + 4]) :]
    with_mark, without = decode(data, LIMITS).pixels, decode(plain, LIMITS).pixels
    inverted = np.asarray(Image.open(io.BytesIO(data)).convert("CMYK"))
    expected = Image.fromarray(255 - inverted, "CMYK").convert("RGB")
    assert difference(without, expected) < 2
    assert difference(with_mark, photo()) < 8


@pytest.mark.parametrize("image_format", ["PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_what_is_transparent_lies_on_white(encode: Any, image_format: str) -> None:
    image = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    image.paste((200, 0, 0, 255), (0, 0, 32, 64))
    options = {"lossless": True} if image_format == "WEBP" else {}
    pixels = decode(encode(image, image_format, **options), LIMITS).pixels
    assert all(value >= 250 for value in pixels.getpixel((60, 32)))
    assert pixels.getpixel((4, 32))[0] > 180


def test_half_transparency_is_mixed_with_white(encode: Any) -> None:
    data = encode(Image.new("LA", (40, 40), (0, 128)), "PNG")
    assert decode(data, LIMITS).pixels.getpixel((3, 3)) == (127, 127, 127)


@pytest.mark.parametrize("image_format", ["PNG", "GIF"])
def test_a_transparent_palette_colour_becomes_white(encode: Any, image_format: str) -> None:
    image = Image.new("P", (40, 40), 1)
    image.putpalette([10, 20, 30, 200, 0, 0])
    image.paste(0, (0, 0, 20, 40))
    pixels = decode(encode(image, image_format, transparency=0), LIMITS).pixels
    assert pixels.getpixel((5, 5)) == (255, 255, 255)
    assert pixels.getpixel((35, 5)) == (200, 0, 0)


def test_a_palette_with_graded_transparency_lies_on_white(encode: Any) -> None:
    image = Image.new("P", (40, 40), 1)
    image.putpalette([10, 20, 30, 200, 0, 0])
    data = encode(image, "PNG", transparency=bytes([255, 128]))
    assert decode(data, LIMITS).pixels.getpixel((5, 5)) == (227, 127, 127)


def test_a_transparent_colour_of_rgb_and_grey_becomes_white(encode: Any) -> None:
    rgb = encode(Image.new("RGB", (40, 40), (1, 2, 3)), "PNG", transparency=(1, 2, 3))
    assert decode(rgb, LIMITS).pixels.getpixel((0, 0)) == (255, 255, 255)
    level = encode(Image.new("L", (40, 40), 7), "PNG", transparency=7)
    assert decode(level, LIMITS).pixels.getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize("image_format", ["GIF", "WEBP", "PNG", "AVIF", "TIFF", "HEIF"])
def test_of_several_frames_the_first_is_judged(photo: Any, encode: Any, image_format: str) -> None:
    first, others = photo(1), [photo(2), photo(3)]
    data = encode(first, image_format, save_all=True, append_images=others)
    assert difference(decode(data, LIMITS).pixels, first) < 10


def test_a_camera_file_with_more_jpegs_behind_the_first_is_a_jpeg(photo: Any, encode: Any) -> None:
    data = encode(photo(1), "MPO", save_all=True, append_images=[photo(2)], quality=95)
    decoded = decode(data, LIMITS)
    assert decoded.facts.image_format == "JPEG"
    assert difference(decoded.pixels, photo(1)) < 8


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_pictures_stand_upright_whatever_the_camera_held(
    photo: Any, encode: Any, image_format: str, orientation: int
) -> None:
    image = photo()
    undo = {5: 5, 6: 8, 8: 6}.get(orientation, orientation)
    lying = image.copy()
    lying.getexif()[0x0112] = undo
    lying = ImageOps.exif_transpose(lying)
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encode(lying, image_format, exif=exif.tobytes(), **FORMATS[image_format])
    decoded = decode(data, LIMITS)
    assert difference(decoded.pixels, image) < 8
    assert (decoded.facts.width, decoded.facts.height) == image.size
    assert (inspect(data).width, inspect(data).height) == image.size


@pytest.mark.parametrize(
    "exif",
    [b"Exif\0\0rubbish", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff"],
)
def test_broken_exif_does_not_cost_a_good_picture(photo: Any, encode: Any, exif: bytes) -> None:
    image = photo()
    assert (
        difference(decode(encode(image, "JPEG", exif=exif, quality=95), LIMITS).pixels, image) < 8
    )


def test_an_orientation_out_of_range_is_taken_as_upright(photo: Any, encode: Any) -> None:
    exif = Image.Exif()
    exif[0x0112] = 77
    decoded = decode(encode(photo(), "PNG", exif=exif), LIMITS)
    assert difference(decoded.pixels, photo()) == 0


def test_a_pool_of_threads_decodes_what_one_thread_does(photo: Any, encode: Any) -> None:
    files = [encode(photo(), image_format) for image_format in FORMATS] * 6
    alone = [decode(data, LIMITS) for data in files]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda data: decode(data, LIMITS), files))
    for one, other in zip(alone, together, strict=True):
        assert one.facts == other.facts
        assert one.pixels.tobytes() == other.pixels.tobytes()


def test_lab_colours_are_refused_as_unsupported(encode: Any) -> None:
    data = encode(Image.new("LAB", (40, 40)), "TIFF")
    with pytest.raises(ImageRefused) as caught:
        decode(data, LIMITS)
    assert caught.value.status == 415
