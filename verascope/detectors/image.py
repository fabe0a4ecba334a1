"""Bytes from anywhere in, an upright RGB picture or a plain refusal out.

The steps are visible in `decode`: size in bytes, format, size in pixels, and only then pixels.
Nothing that Pillow can raise on rubbish leaves this module as anything but ImageRefused. Every call
owns its data, so a pool of threads may decode at once.
"""

import hashlib
import io
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pillow_heif
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    ExifTags,
    GifImagePlugin,
    Image,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from verascope.detectors.image_header import Format, declared_size, image_format, jpeg_scans
from verascope.detectors.perceptual_hash import perceptual_hash
from verascope.errors import ImageRefused
from verascope.records import ImageFacts

EMPTY = "The file is empty."
TOO_MANY_BYTES = "The file is larger than the limit."
UNSUPPORTED = "The file is not an image in a supported format."
CORRUPT = "The image is truncated or corrupt."
TOO_MANY_PIXELS = "The image has more pixels than the limit."

ACCEPTED = "JPEG, PNG, GIF, BMP, WebP, AVIF, HEIC and TIFF are accepted"

PILLOW_MAX_PIXELS = 89_478_485
"""Above this Pillow's own guard warns, above twice this it raises. It stays as a second line
behind ours."""

MAX_SCANNED_PIXELS = 2_000_000_000
"""Pixels times scans of a progressive JPEG. About ten scans are usual; each is a pass over all
pixels (50 ms at 49 megapixels) that may cost a forger a few bytes."""

MAX_TILE_COVERAGE = 8
"""A TIFF's strips cover each pixel once for each of its bands. Offsets repeated beyond that are
a CPU bomb."""

# The readers are called directly, never through Image.open: no other format can be tried, MPO (a
# JPEG with more JPEGs behind it) stays a JPEG, and the size is judged here before Pillow's guard
# warns about it.
_READERS: dict[Format, Callable[[io.BytesIO, str], ImageFile.ImageFile]] = {
    Format.JPEG: JpegImagePlugin.JpegImageFile,
    Format.PNG: PngImagePlugin.PngImageFile,
    Format.GIF: GifImagePlugin.GifImageFile,
    Format.BMP: BmpImagePlugin.BmpImageFile,
    Format.WEBP: WebPImagePlugin.WebPImageFile,
    Format.AVIF: AvifImagePlugin.AvifImageFile,
    Format.HEIF: pillow_heif.HeifImageFile,
    Format.TIFF: TiffImagePlugin.TiffImageFile,
}

# One image, one thread: the pool that calls `decode` is what uses the cores.
AvifImagePlugin.DEFAULT_MAX_THREADS = 1
pillow_heif.options.DECODE_THREADS = 1
pillow_heif.options.THUMBNAILS = False
pillow_heif.options.DEPTH_IMAGES = False
pillow_heif.options.AUX_IMAGES = False

_ONE_AVIF = threading.Lock()
"""The video frame inside an AVIF may be larger than its container says, and libavif notices only
when the codec has allocated it (measured: 64 megapixels in 1.2 KB took 129 MB; it stops at
16,384 × 16,384). One at a time, such files can't add up. libheif refuses the like by itself."""

# Pillow warns about odd metadata (absurd EXIF, APNG without frames). Strangers' files must not
# write our log.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What makes each EXIF orientation upright (EXIF 2.32, tag 0x0112)."""


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """What is accepted: bytes of the file, pixels (width × height), pixels of the shorter side.

    Raises ValueError for limits that can't be kept: max_pixels above PILLOW_MAX_PIXELS, or less
    than one.
    """

    max_bytes: int = 20_000_000
    max_pixels: int = 50_000_000
    min_side: int = 32

    def __post_init__(self) -> None:
        if not 1 <= self.max_pixels <= PILLOW_MAX_PIXELS:
            raise ValueError(f"max_pixels: {self.max_pixels}; 1 to {PILLOW_MAX_PIXELS} is accepted")
        if self.max_bytes < 1 or self.min_side < 1:
            raise ValueError("max_bytes and min_side must be at least 1")


@dataclass(frozen=True, slots=True)
class Picture:
    """An image as it was sent and as it is seen.

    pixels: the first frame, upright, RGB, transparency on white. data: the bytes as they came, empty
    for a picture that was made here. filename: as its sender named it.
    """

    facts: ImageFacts
    pixels: Image.Image
    data: bytes = b""
    filename: str | None = None

    @classmethod
    def made(cls, pixels: Image.Image) -> "Picture":
        """A picture that nobody sent: to warm up, or with a part of another one covered."""
        width, height = pixels.size
        return cls(ImageFacts("", 0, None, width, height), pixels)


def decode(data: bytes, limits: ImageLimits, filename: str | None = None) -> Picture:
    """The picture in `data` and what is kept of it.

    Raises ImageRefused: 400 empty, corrupt or too small, 413 too many bytes or pixels, 415 not one
    of our formats. Refusals for size come before any pixel is decoded or allocated; `inspect` tells
    what is known of the file even then.

    Large JPEGs are decoded at full scale. libjpeg's reduced scales (Pillow's `draft`) would save
    two thirds of the time (52 to 19 ms at 12 megapixels), but they move scores: on 62 sample faces
    scaled up to 12 megapixels, keeping twice the model's short side, P(fake) changed by up to 0.042
    with the int8 model and 0.025 with fp32; keeping four times, by 0.032 and 0.017.
    """
    _check_bytes(data, limits)
    claimed = image_format(data)
    if claimed is None:
        raise ImageRefused(
            UNSUPPORTED, status=415, detail=f"The file starts with {data[:8]!r}; {ACCEPTED}."
        )
    with _corrupt_if_raised(claimed):
        if size := declared_size(data, claimed):
            _check_pixels(size, limits)
        with _READERS[claimed](io.BytesIO(data), "") as image:
            _check_pixels(image.size, limits)
            _check_effort(image, data)
            orientation = _orientation(image)
            with _ONE_AVIF if claimed is Format.AVIF else nullcontext():
                image.load()
            _check_pixels(image.size, limits)  # libheif may correct the size while it decodes
            pixels = _rgb(image)
        if orientation in _UPRIGHT:
            pixels = pixels.transpose(_UPRIGHT[orientation])
        phash, quality = perceptual_hash(pixels)
    facts = replace(
        _known(data, claimed, pixels.size),
        perceptual_hash=phash,
        perceptual_hash_quality=quality,
    )
    return Picture(facts, pixels, data, filename)


def inspect(data: bytes) -> ImageFacts:
    """What can be said about a file without decoding it, for the record of a refused one. Never
    raises.

    Format is what the file claims to be; width and height are upright, None where the header
    doesn't tell.
    """
    claimed = image_format(data)
    size: tuple[int, int] | None = None
    if claimed is not None:
        # The file was refused already; whatever else is wrong with it changes nothing.
        with suppress(Exception):
            size = declared_size(data, claimed)
            if size is None or size[0] * size[1] <= PILLOW_MAX_PIXELS:
                with _READERS[claimed](io.BytesIO(data), "") as image:
                    size = image.size[::-1] if _orientation(image) >= 5 else image.size
    return _known(data, claimed, size)


def _known(data: bytes, claimed: Format | None, size: tuple[int, int] | None) -> ImageFacts:
    width, height = size or (None, None)
    return ImageFacts(
        file_hash=hashlib.sha256(data).hexdigest(),
        file_size=len(data),
        image_format=claimed.value if claimed else None,
        width=width,
        height=height,
    )


def _check_bytes(data: bytes, limits: ImageLimits) -> None:
    if not data:
        raise ImageRefused(EMPTY, status=400, detail=f"The file has 0 bytes; {ACCEPTED}.")
    if len(data) > limits.max_bytes:
        raise ImageRefused(
            TOO_MANY_BYTES,
            status=413,
            detail=f"The file has {len(data)} bytes; at most {limits.max_bytes} are accepted.",
        )


def _check_pixels(size: tuple[int, int], limits: ImageLimits) -> None:
    width, height = size
    if width * height > limits.max_pixels:
        raise ImageRefused(
            TOO_MANY_PIXELS,
            status=413,
            detail=f"The image is {width} × {height} = {width * height} pixels; "
            f"at most {limits.max_pixels} are accepted.",
        )
    if min(size) < limits.min_side:
        raise ImageRefused(
            f"The image is smaller than {limits.min_side} pixels on a side.",
            status=400,
            detail=f"The image is {width} × {height} pixels; "
            f"both sides must have at least {limits.min_side}.",
        )


def _check_effort(image: ImageFile.ImageFile, data: bytes) -> None:
    """Raises ValueError when a small file asks for work far beyond its pixels."""
    pixels = image.size[0] * image.size[1]
    if image.info.get("progressive") and jpeg_scans(data) * pixels > MAX_SCANNED_PIXELS:
        raise ValueError("a progressive JPEG with far more scans than it needs")
    boxes = [tile.extents for tile in image.tile if tile.extents]
    covered = sum((right - left) * (bottom - top) for left, top, right, bottom in boxes)
    if covered > MAX_TILE_COVERAGE * pixels:
        raise ValueError("strips that cover the image many times over")


def _orientation(image: Image.Image) -> int:
    """EXIF orientation 1–8. Broken EXIF must not cost a good picture, so it counts as 1.

    Pillow turns TIFF upright itself, libheif HEIC; both leave nothing to do.
    """
    if image.format in (Format.TIFF, Format.HEIF):
        return 1
    with suppress(Exception):
        value = image.getexif().get(ExifTags.Base.Orientation, 1)
        return value if isinstance(value, int) and 1 <= value <= 8 else 1
    return 1


def _rgb(image: Image.Image) -> Image.Image:
    """Any mode Pillow loads as 8-bit RGB; what is transparent lies on white.

    Colour profiles are not applied: detectors are trained on plain RGB values.
    """
    if image.mode == "RGB" and not image.has_transparency_data:
        return image
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return _eight_bit(image).convert("RGB")
    if image.mode == "CMYK" and image.format == Format.JPEG and "adobe" not in image.info:
        # Pillow inverts every CMYK JPEG as Adobe writes them; without Adobe's mark the values are
        # plain.
        image = Image.fromarray(255 - np.asarray(image), "CMYK")
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        page = Image.new("RGB", layer.size, "white")
        page.paste(layer, mask=layer.getchannel("A"))
        return page
    if image.mode == "LAB":
        raise ImageRefused(
            UNSUPPORTED,
            status=415,
            detail="The TIFF is in CIE Lab colours; RGB, CMYK, YCbCr, palette, grey are accepted.",
        )
    return image.convert("RGB")


def _eight_bit(image: Image.Image) -> Image.Image:
    """Grey of more than 8 bits, scaled (not clipped) to 0–255.

    16-bit images have a range: 0–65535. For 32-bit and float images, which declare none, it is the
    smallest usual one that holds every value (float 0–1, 0–255, 0–65535), else from their own least
    to their own greatest.
    """
    values: Any = np.nan_to_num(np.asarray(image, dtype=np.float32), posinf=0.0, neginf=0.0)
    low, high = float(values.min()), float(values.max())
    if image.mode.startswith("I;16"):
        usual = [65535.0]
    else:
        usual = [1.0, 255.0, 65535.0] if image.mode == "F" else [255.0, 65535.0]
    top = next((top for top in usual if low >= 0 and high <= top), None)
    if top is None:
        values, top = values - low, high - low
    scaled = np.rint(values * (255.0 / top))
    return Image.fromarray(np.clip(scaled, 0, 255).astype(np.uint8), "L")


@contextmanager
def _corrupt_if_raised(claimed: Format) -> Iterator[None]:
    """Everything a decoder raises on rubbish is one refusal.

    Broad on purpose: Pillow's readers raise OSError, SyntaxError, struct.error, ValueError,
    EOFError, IndexError, KeyError, TypeError, OverflowError, ZeroDivisionError, MemoryError and
    their own classes; fuzzing finds more.
    """
    try:
        yield
    except ImageRefused:
        raise
    except Exception as error:
        why = str(error).strip().rstrip(".") or type(error).__name__
        raise ImageRefused(
            CORRUPT,
            status=400,
            detail=f"The file claims to be {claimed} but can't be decoded: {why}.",
        ) from error
