"""What can't be analysed is refused with a stable reason, before it costs memory, and stays on
record."""

import io
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from verascope.detectors.image import (
    CORRUPT,
    EMPTY,
    TOO_MANY_BYTES,
    TOO_MANY_PIXELS,
    UNSUPPORTED,
    ImageLimits,
    decode,
    inspect,
)
from verascope.detectors.image_header import MAX_JPEG_SEGMENTS, jpeg_scans
from verascope.errors import ImageRefused

LIMITS = ImageLimits()
FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "AVIF", "HEIF", "TIFF")
FUZZ = settings(
    max_examples=60,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def refused(data: bytes, limits: ImageLimits = LIMITS) -> tuple[str, int]:
    with pytest.raises(ImageRefused) as caught:
        decode(data, limits)
    assert caught.value.detail
    return caught.value.reason, caught.value.status


def outcome(data: bytes, limits: ImageLimits = LIMITS) -> str:
    """ "decoded" or the reason of the refusal: anything else that is raised fails the test."""
    try:
        decoded = decode(data, limits)
    except ImageRefused as refusal:
        return refusal.reason
    assert decoded.pixels.mode == "RGB"
    assert decoded.pixels.tobytes()
    return "decoded"


def attempt(data: bytes) -> None:
    """The law of the fuzzing tests: a picture or a refusal, and facts either way."""
    outcome(data, ImageLimits(max_pixels=1_000_000, min_side=1))
    assert inspect(data).file_size == len(data)


def patched(data: bytes, at: int, *values: bytes) -> bytes:
    new = b"".join(values)
    return data[:at] + new + data[at + len(new) :]


def tiff(*tags: tuple[int, int, int, int], order: str = "<") -> bytes:
    """A TIFF of nothing but tags: (tag, type, count, value or offset)."""
    mark = b"II*\0" if order == "<" else b"MM\0*"
    entries = b"".join(
        struct.pack(order + "HHI", tag, kind, count)
        + (struct.pack(order + "HH", value, 0) if kind == 3 else struct.pack(order + "I", value))
        for tag, kind, count, value in sorted(tags)
    )
    return mark + struct.pack(order + "IH", 8, len(tags)) + entries + bytes(4)


@pytest.fixture
def bombs(photo: Any, encode: Any, png_chunk: Any) -> dict[str, bytes]:
    """Small files that declare enormous pictures; the name's first word is the format."""
    image = photo()
    jpeg, gif = encode(image, "JPEG"), encode(image, "GIF")
    sof = jpeg.index(b"\xff\xc0")
    frame = gif.index(b",", 13 + 768)
    webp, avif, heif = (encode(image, name) for name in ("WEBP", "AVIF", "HEIF"))
    bmp = encode(image, "BMP")
    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header)
    png += png_chunk(b"IDAT", zlib.compress(bytes(100_000))) + png_chunk(b"IEND", b"")
    canvas = (16_383).to_bytes(3, "little") * 2
    extended = b"VP8X" + struct.pack("<I", 10) + bytes(4) + canvas + webp[12:]
    sides = ((256, 4, 1, 60_000), (257, 4, 1, 60_000), (259, 3, 1, 1), (262, 3, 1, 1))
    return {
        "PNG header": png,
        "JPEG frame": patched(jpeg, sof + 5, struct.pack(">HH", 65_500, 65_500)),
        "GIF screen": patched(gif, 6, struct.pack("<HH", 65_535, 65_535)),
        "GIF frame": patched(gif, frame + 5, struct.pack("<HH", 65_535, 65_535)),
        "GIF frame far off": patched(gif, frame + 1, struct.pack("<HH", 65_000, 65_000)),
        "BMP header": patched(bmp, 18, struct.pack("<ii", 2**30, 2**30)),
        "BMP upside down": patched(bmp, 18, struct.pack("<ii", 40_000, -40_000)),
        "WEBP canvas": b"RIFF" + struct.pack("<I", 4 + len(extended)) + b"WEBP" + extended,
        "WEBP lossy": patched(webp, 26, struct.pack("<HH", 16_383, 16_383)),
        "TIFF strips": tiff(*sides, (273, 4, 1, 8), (279, 4, 1, 8)),
        "TIFF big-endian": tiff(*sides, (273, 4, 1, 8), (279, 4, 1, 8), order=">"),
        "AVIF extent": patched(avif, avif.index(b"ispe") + 8, struct.pack(">II", 60_000, 60_000)),
        "HEIF extent": patched(heif, heif.index(b"ispe") + 8, struct.pack(">II", 30_000, 30_000)),
    }


def test_an_empty_file_is_refused() -> None:
    assert refused(b"") == (EMPTY, 400)
    assert inspect(b"").file_size == 0


@pytest.mark.parametrize(
    "data", [b"hello", b"\0" * 500, b"%PDF-1.7\n", b"<svg/>", b"P6 40 40 255\n" + bytes(4800)]
)
def test_what_is_no_image_of_ours_is_unsupported(data: bytes) -> None:
    assert refused(data) == (UNSUPPORTED, 415)
    assert inspect(data).image_format is None


@pytest.mark.parametrize("image_format", ["ICO", "PPM", "TGA", "JPEG2000", "PCX", "DDS"])
def test_other_formats_pillow_could_read_are_unsupported(
    photo: Any, encode: Any, image_format: str
) -> None:
    assert refused(encode(photo(), image_format)) == (UNSUPPORTED, 415)


def test_a_side_below_the_minimum_is_refused_and_32_is_enough(photo: Any, encode: Any) -> None:
    for size in ((31, 100), (100, 31), (2, 2)):
        reason, status = refused(encode(photo(1, *size), "PNG"))
        assert (reason, status) == ("The image is smaller than 32 pixels on a side.", 400)
    assert decode(encode(photo(1, 32, 32), "PNG"), LIMITS).pixels.size == (32, 32)


def test_bytes_and_pixels_are_limited_to_the_last_one(photo: Any, encode: Any) -> None:
    data = encode(photo(1, 50, 40), "PNG")
    exact = ImageLimits(max_bytes=len(data), max_pixels=2000, min_side=40)
    assert decode(data, exact).pixels.size == (50, 40)
    assert refused(data, ImageLimits(max_bytes=len(data) - 1)) == (TOO_MANY_BYTES, 413)
    assert refused(data, ImageLimits(max_pixels=1999)) == (TOO_MANY_PIXELS, 413)


def test_the_refusal_says_the_value_and_what_is_accepted(photo: Any, encode: Any) -> None:
    with pytest.raises(ImageRefused, match=r"50 × 40 = 2000 pixels; at most 1999 are accepted"):
        decode(encode(photo(1, 50, 40), "PNG"), ImageLimits(max_pixels=1999))
    with pytest.raises(ImageRefused, match=r"31 × 40 pixels; both sides must have at least 32"):
        decode(encode(photo(1, 31, 40), "PNG"), LIMITS)


def test_limits_that_cannot_be_kept_are_refused() -> None:
    for wrong in ({"max_pixels": 10**9}, {"max_pixels": 0}, {"max_bytes": 0}, {"min_side": 0}):
        with pytest.raises(ValueError, match=r"max_|min_"):
            ImageLimits(**wrong)


@pytest.mark.parametrize("image_format", FORMATS)
def test_a_truncated_file_is_refused_and_its_facts_are_known(
    photo: Any, encode: Any, image_format: str
) -> None:
    data = encode(photo(), image_format)
    for tenths in range(1, 10):
        part = data[: len(data) * tenths // 10]
        assert refused(part) == (CORRUPT, 400)
        facts = inspect(part)
        assert (facts.image_format, facts.file_size) == (image_format, len(part))
    if image_format not in ("AVIF", "HEIF", "TIFF"):  # TIFF keeps its tags at the end
        assert (inspect(data[: len(data) * 9 // 10]).width) == 96


@pytest.mark.parametrize("image_format", FORMATS)
def test_no_cut_anywhere_does_more_than_refuse(photo: Any, encode: Any, image_format: str) -> None:
    data = encode(photo(1, 40, 33), image_format)
    for end in {*range(1, 64), *range(64, len(data), max(1, len(data) // 60))}:
        attempt(data[:end])


@pytest.mark.parametrize("image_format", FORMATS)
def test_a_magic_number_with_rubbish_behind_it_is_corrupt(
    encode: Any, photo: Any, image_format: str
) -> None:
    start = encode(photo(), image_format)[:16]
    random = np.random.default_rng(0).integers(0, 256, 5000, np.uint8).tobytes()
    assert refused(start + random)[1] in (400, 413)


def test_bombs_are_refused_by_their_header(bombs: dict[str, bytes]) -> None:
    for name, data in bombs.items():
        assert len(data) < 20_000, name
        reason, status = refused(data)
        # libavif and libheif refuse to open theirs at all, before Pillow learns a size.
        accepted = {(TOO_MANY_PIXELS, 413)}
        if name.split()[0] in ("AVIF", "HEIF"):
            accepted.add((CORRUPT, 400))
        assert (reason, status) in accepted, name
        assert inspect(data).image_format == name.split()[0]


def test_bombs_leave_their_declared_size_on_record(bombs: dict[str, bytes]) -> None:
    assert (inspect(bombs["PNG header"]).width, inspect(bombs["PNG header"]).height) == (
        50_000,
        50_000,
    )
    assert inspect(bombs["GIF frame"]).width == 65_535
    assert inspect(bombs["WEBP canvas"]).height == 16_384
    assert inspect(bombs["TIFF big-endian"]).height == 60_000
    assert inspect(bombs["JPEG frame"]).width == 65_500


_MEASURE = """
import resource, sys
from pathlib import Path
from verascope.detectors.image import ImageLimits, decode, inspect
from verascope.errors import ImageRefused
files = [Path(path).read_bytes() for path in sys.argv[1:]]
decode(files[0], ImageLimits())
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for data in files[1:]:
    try:
        decode(data, ImageLimits())
        print("decoded", end=" ")
    except ImageRefused:
        pass
    inspect(data)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_refusing_bombs_allocates_nothing(
    bombs: dict[str, bytes], photo: Any, encode: Any, tmp_path: Path
) -> None:
    warm = tmp_path / "warm.png"
    warm.write_bytes(encode(photo(), "PNG"))
    paths = []
    for number, data in enumerate(bombs.values()):
        paths.append(tmp_path / str(number))
        paths[-1].write_bytes(data)
    answer = subprocess.run(
        [sys.executable, "-W", "error", "-c", _MEASURE, warm, *paths],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert not answer.stderr
    assert int(answer.stdout) < 8_000  # kilobytes


def test_a_heic_frame_larger_than_its_header_says_is_refused(photo: Any, encode: Any) -> None:
    data = encode(photo(1, 320, 240), "HEIF")
    lying = patched(data, data.index(b"ispe") + 8, struct.pack(">II", 64, 64))
    assert refused(lying) == (CORRUPT, 400)


def test_an_avif_frame_larger_than_its_header_says_is_scaled_to_the_header(
    photo: Any, encode: Any
) -> None:
    data = encode(photo(1, 320, 240), "AVIF")
    lying = patched(data, data.index(b"ispe") + 8, struct.pack(">II", 64, 64))
    assert decode(lying, ImageLimits(max_pixels=10_000)).pixels.size == (64, 64)


def test_a_jpeg_with_a_second_larger_frame_is_refused(photo: Any, encode: Any) -> None:
    data = encode(photo(1, 64, 64), "JPEG")
    at = data.index(b"\xff\xc0")
    frame = data[at : at + 2 + int.from_bytes(data[at + 2 : at + 4])]
    larger = patched(frame, 5, struct.pack(">HH", 9_000, 9_000))
    assert refused(data[:at] + frame + larger + data[at + len(frame) :])[1] in (400, 413)
    assert refused(data[:at] + larger + frame + data[at + len(frame) :])[1] in (400, 413)


def test_a_progressive_jpeg_of_endless_scans_is_refused(encode: Any) -> None:
    data = encode(Image.new("L", (3000, 3000), 128), "JPEG", progressive=True)
    assert decode(data, LIMITS).facts.width == 3000
    last, end = data.rindex(b"\xff\xda"), len(data) - 2
    # A comment that looks like the end of the image must not end the count.
    bomb = data[:end] + b"\xff\xfe\0\x04\xff\xd9" + data[last:end] * 300 + data[end:]
    assert len(bomb) < 100_000
    assert refused(bomb) == (CORRUPT, 400)


def test_what_follows_a_jpeg_does_not_count_as_its_scans(photo: Any, encode: Any) -> None:
    data = encode(photo(), "JPEG", progressive=True)
    assert jpeg_scans(data) == jpeg_scans(data + b"\xff\xda\0\x02" * 100_000) < 20
    assert jpeg_scans(data[:-2] + b"\xff\xfe\0\x02" * 100_000) == MAX_JPEG_SEGMENTS


def test_files_of_countless_small_parts_are_refused(
    photo: Any, encode: Any, png_chunk: Any
) -> None:
    png, bmp = encode(photo(), "PNG"), encode(photo().quantize(16), "BMP")
    assert refused(png[:33] + png_chunk(b"teSt", b"") * 40_000 + png[33:]) == (CORRUPT, 400)
    runs = patched(bmp, 30, struct.pack("<I", 1)) + b"\x01\x05" * 1_000_000
    assert refused(runs) == (CORRUPT, 400)


@pytest.mark.parametrize("kind", [b"zTXt", b"iCCP", b"iTXt"])
def test_a_text_or_profile_chunk_that_unpacks_to_gigabytes_is_no_danger(
    photo: Any, encode: Any, png_chunk: Any, kind: bytes
) -> None:
    packed = zlib.compress(bytes(60_000_000), 9)
    head = b"key\0\0" if kind != b"iTXt" else b"key\0\1\0\0\0"
    data = encode(photo(), "PNG")
    bomb = data[:33] + png_chunk(kind, head + packed) * 3 + data[33:]
    assert outcome(bomb) in ("decoded", CORRUPT)
    assert inspect(bomb).width == 96


def test_a_tiff_tag_with_an_absurd_count_is_refused() -> None:
    tags = [(256, 4, 1, 64), (257, 4, 1, 64), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1)]
    strips = [(273, 4, 2_000_000_000, 8), (279, 4, 1, 8)]
    assert refused(tiff(*tags, *strips)) == (CORRUPT, 400)
    assert refused(tiff(*tags, (273, 4, 1, 8), (34_665, 3, 200_000, 8))) == (CORRUPT, 400)
    assert refused(tiff(*tags, (273, 4, 1, 4_000_000_000), (279, 4, 1, 8))) == (CORRUPT, 400)


def test_tiff_strips_that_cover_the_picture_again_and_again_are_refused() -> None:
    strips = 20_000
    offsets = struct.pack(f"<{strips}I", *[8] * strips)
    tags = [
        (256, 4, 1, 64),
        (257, 4, 1, 64),
        (258, 3, 1, 8),
        (259, 3, 1, 1),
        (262, 3, 1, 1),
        (277, 3, 1, 1),
        (278, 4, 1, 63),
    ]
    data = tiff(*tags, (273, 4, strips, 8 + 2 + 12 * 8 + 4))
    assert refused(data + offsets + bytes(8000)) == (CORRUPT, 400)


def test_a_gif_without_a_picture_is_corrupt(photo: Any, encode: Any) -> None:
    data = encode(photo(), "GIF")
    screen = data[: 13 + 768]
    assert refused(screen + b";") == (CORRUPT, 400)
    assert refused(screen + b"x" * 5_000_000) == (CORRUPT, 400)
    assert refused(screen + b"!\xfe" + b"\x01a" * 3_000_000 + b"\0" + data[13 + 768 :]) == (
        CORRUPT,
        400,
    )


def test_a_bmp_of_impossible_depth_or_compression_is_corrupt(photo: Any, encode: Any) -> None:
    data = encode(photo(), "BMP")
    assert refused(patched(data, 28, b"\x07\0")) == (CORRUPT, 400)
    assert refused(patched(data, 30, b"\x63\0\0\0")) == (CORRUPT, 400)
    assert refused(patched(data, 18, struct.pack("<ii", 0, 0)))[1] == 400


def test_reasons_are_the_same_whatever_the_values(photo: Any, encode: Any) -> None:
    reasons = {refused(encode(photo(1, side, 40), "PNG"))[0] for side in (5, 17, 31)}
    reasons |= {refused(encode(photo(1, 40, side), "GIF"))[0] for side in (5, 17, 31)}
    assert len(reasons) == 1


_SEEDS: dict[str, bytes] = {}


@pytest.fixture
def seed(photo: Any, encode: Any) -> Callable[[str], bytes]:
    def valid(image_format: str) -> bytes:
        if image_format not in _SEEDS:
            exif = Image.Exif()
            exif[0x0112] = 6
            options = {} if image_format in ("GIF", "BMP") else {"exif": exif.tobytes()}
            _SEEDS[image_format] = encode(photo(1, 40, 36), image_format, **options)
        return _SEEDS[image_format]

    return valid


@pytest.mark.parametrize("image_format", FORMATS)
@FUZZ
@given(data=st.data())
def test_no_change_to_a_valid_file_does_more_than_refuse(
    seed: Callable[[str], bytes], image_format: str, data: st.DataObject
) -> None:
    mutated = bytearray(seed(image_format))
    near_start = st.integers(0, min(200, len(mutated) - 1))
    anywhere = st.integers(0, len(mutated) - 1)
    for at in data.draw(st.lists(near_start | anywhere, min_size=1, max_size=8)):
        mutated[at] = data.draw(st.sampled_from([0, 1, 0x7F, 0x80, 0xFF]) | st.integers(0, 255))
    cut = data.draw(st.none() | anywhere)
    attempt(bytes(mutated[:cut]))


@FUZZ
@given(
    start=st.sampled_from(
        [
            b"",
            b"\xff\xd8\xff",
            b"\x89PNG\r\n\x1a\n",
            b"GIF89a",
            b"BM",
            b"RIFF\0\0\0\0WEBPVP8 ",
            b"II*\0\x08\0\0\0",
            b"MM\0*\0\0\0\x08",
            b"II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0",
            b"\0\0\0\x18ftypavif",
            b"\0\0\0\x18ftypheic",
            b"\0\0\0\x18ftypmif1",
        ]
    ),
    rest=st.binary(max_size=400),
)
def test_random_bytes_do_no_more_than_be_refused(start: bytes, rest: bytes) -> None:
    attempt(start + rest)


@pytest.mark.parametrize("image_format", FORMATS)
def test_a_valid_file_with_another_behind_it_does_no_harm(
    seed: Callable[[str], bytes], image_format: str
) -> None:
    for other in FORMATS:
        attempt(seed(image_format) + seed(other))
        attempt(seed(image_format)[:200] + seed(other)[200:])


def test_an_image_is_not_trusted_for_its_name_but_for_its_bytes(photo: Any, encode: Any) -> None:
    wrapped = io.BytesIO(b"\0" * 8 + encode(photo(), "JPEG")).getvalue()
    assert refused(wrapped) == (UNSUPPORTED, 415)
