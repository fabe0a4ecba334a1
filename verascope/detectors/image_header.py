"""What the bytes of a file say about it before any decoder has touched it: format, size, effort.

Some of Pillow's readers allocate the whole canvas while they open a file (WebP, GIF), forget its
size when a later part is broken (PNG, TIFF), or work through small parts in slow Python. These few
functions look at bytes only, so what is too large or too costly is refused for what it declares.
JPEG, AVIF and HEIF are opened by Pillow without allocating.
"""

import re
import struct
from collections.abc import Iterator
from enum import StrEnum

MAX_TIFF_VALUES = 100_000
"""Most values one numeric TIFF tag may hold; a 50 megapixel image of one-row strips needs about
50,000. Pillow turns every strip offset into Python objects, so a 20 MB tag would cost gigabytes."""

MAX_GIF_EXTENSIONS = 4_000_000
"""Most bytes before a GIF's first frame. Pillow reads them block by block in Python."""

MAX_PNG_CHUNKS = 30_000
"""A 20 MB PNG in chunks of 1 KB has fewer. Pillow reads each chunk in Python."""

MAX_RLE_BYTES = 2_000_000
"""Largest run-length encoded BMP. Pillow decodes those in Python, a million runs a second."""

MAX_JPEG_SEGMENTS = 10_000
"""Where the count of scans stops."""

_JPEG_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
"""Any but the restart markers and the stuffed zero, which stand inside a scan."""

_TIFF_WIDTH, _TIFF_HEIGHT, _TIFF_ORIENTATION = 256, 257, 274
_TIFF_RAW_TYPES = {1, 2, 6, 7}
"""BYTE, ASCII, SBYTE and UNDEFINED stay bytes whatever their count."""


class Format(StrEnum):
    """The image formats that are analysed, spelled as they are stored."""

    JPEG = "JPEG"
    PNG = "PNG"
    GIF = "GIF"
    BMP = "BMP"
    WEBP = "WEBP"
    AVIF = "AVIF"
    HEIF = "HEIF"
    TIFF = "TIFF"


def image_format(data: bytes) -> Format | None:
    """The format the file claims by its magic number; None when it is none of ours."""
    if data.startswith(b"\xff\xd8\xff"):
        return Format.JPEG
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return Format.PNG
    if data.startswith((b"GIF87a", b"GIF89a")):
        return Format.GIF
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return Format.WEBP
    if data.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):
        return Format.TIFF
    if data[4:8] == b"ftyp":
        return _iso_format(data)
    return Format.BMP if data.startswith(b"BM") else None


def declared_size(data: bytes, image_format: Format) -> tuple[int, int] | None:
    """Width and height in pixels as the header declares them, upright for TIFF as Pillow has it.

    None when this format is left to Pillow, or the header is cut off or broken (decoding says
    which). Raises ValueError on what would cost Pillow out of proportion: a TIFF tag of more than
    MAX_TIFF_VALUES values, a GIF whose first frame doesn't follow its header, a PNG of more than
    MAX_PNG_CHUNKS chunks, a run-length encoded BMP above MAX_RLE_BYTES.
    """
    try:
        match image_format:
            case Format.PNG:
                return _png_size(data)
            case Format.BMP:
                return _bmp_size(data)
            case Format.GIF:
                return _gif_size(data)
            case Format.WEBP:
                return _webp_size(data)
            case Format.TIFF:
                return _tiff_size(data)
            case _:
                return None
    except (struct.error, IndexError):
        return None


def jpeg_scans(data: bytes) -> int:
    """How often a decoder of this JPEG will pass over its picture, up to the end of the image.

    MAX_JPEG_SEGMENTS when there are that many segments of any sort.
    """
    at, scans = 2, 0
    for _ in range(MAX_JPEG_SEGMENTS):
        found = _JPEG_MARKER.search(data, at)
        if found is None or found[0] == b"\xff\xd9":
            return scans
        scans += found[0] == b"\xff\xda"
        alone = found[0] in (b"\xff\x01", b"\xff\xd8")
        at = found.end() + (0 if alone else int.from_bytes(data[found.end() : found.end() + 2]))
    return MAX_JPEG_SEGMENTS


def _iso_format(data: bytes) -> Format | None:
    """AVIF and HEIC share a container; its brands tell them apart (ISO 23000-22)."""
    length = int.from_bytes(data[:4])
    brands = {data[8:12]} | {data[at : at + 4] for at in range(16, min(length, 256), 4)}
    if brands & {b"avif", b"avis"}:
        return Format.AVIF
    heif = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
    return Format.HEIF if brands & heif or data[8:12] in (b"mif1", b"msf1") else None


def _png_size(data: bytes) -> tuple[int, int] | None:
    at, chunks = 8, 0
    while at < len(data):
        at += 12 + int.from_bytes(data[at : at + 4])
        chunks += 1
        if chunks > MAX_PNG_CHUNKS:
            raise ValueError(f"the PNG has more than {MAX_PNG_CHUNKS} chunks")
    return struct.unpack_from(">II", data, 16) if data[12:16] == b"IHDR" else None


def _bmp_size(data: bytes) -> tuple[int, int] | None:
    """Rows from the top are stored as a negative height; a header of 12 bytes has 16-bit sides."""
    if int.from_bytes(data[14:18], "little") < 40:
        return struct.unpack_from("<HH", data, 18)
    width, height, compression = struct.unpack_from("<ii4xI", data, 18)
    if compression in (1, 2) and len(data) > MAX_RLE_BYTES:
        raise ValueError(f"a run-length encoded BMP of more than {MAX_RLE_BYTES} bytes")
    return abs(width), abs(height)


def _gif_size(data: bytes) -> tuple[int, int] | None:
    """The logical screen, grown to hold the first frame as Pillow grows it."""
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    at = 13 + (3 << (flags & 7) + 1 if flags & 0x80 else 0)
    while data[at] == 0x21:  # an extension: a label, then blocks up to an empty one
        at += 2
        while data[at] and at < MAX_GIF_EXTENSIONS:
            at += 1 + data[at]
        at += 1
    if data[at] != 0x2C or at >= MAX_GIF_EXTENSIONS:
        raise ValueError("the GIF holds no image where its first one should be")
    left, top, frame_width, frame_height = struct.unpack_from("<4H", data, at + 1)
    return max(width, left + frame_width), max(height, top + frame_height)


def _webp_size(data: bytes) -> tuple[int, int] | None:
    """The canvas (https://developers.google.com/speed/webp/docs/riff_container)."""
    match data[12:16]:
        case b"VP8X":
            return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(
                data[27:30], "little"
            )
        case b"VP8L":
            (bits,) = struct.unpack_from("<I", data, 21)
            return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        case b"VP8 ":
            width, height = struct.unpack_from("<HH", data, 26)
            return width & 0x3FFF, height & 0x3FFF
        case _:
            return None


def _tiff_size(data: bytes) -> tuple[int, int] | None:
    found: dict[int, int] = {}
    for tag, kind, count, value in _tiff_tags(data):
        if kind not in _TIFF_RAW_TYPES and count > MAX_TIFF_VALUES:
            raise ValueError(
                f"TIFF tag {tag} declares {count} values; at most {MAX_TIFF_VALUES} are accepted"
            )
        found[tag] = value
    if not {_TIFF_WIDTH, _TIFF_HEIGHT} <= found.keys():
        return None
    size = found[_TIFF_WIDTH], found[_TIFF_HEIGHT]
    return size[::-1] if found.get(_TIFF_ORIENTATION) in (5, 6, 7, 8) else size


def _tiff_tags(data: bytes) -> Iterator[tuple[int, int, int, int]]:
    """(tag, type, count, first value if it is a SHORT or LONG kept in place, else 0) of the
    first image."""
    order = "<" if data.startswith(b"II") else ">"
    if data[2 if order == "<" else 3] == 43:  # BigTIFF: 8-byte offsets
        (directory,) = struct.unpack_from(order + "Q", data, 8)
        entry, number, values = struct.Struct(order + "HHQ8s"), "Q", {3: "H", 4: "I", 16: "Q"}
    else:
        (directory,) = struct.unpack_from(order + "I", data, 4)
        entry, number, values = struct.Struct(order + "HHI4s"), "H", {3: "H", 4: "I"}
    (entries,) = struct.unpack_from(order + number, data, directory)
    first = directory + struct.calcsize(number)
    for at in range(first, min(first + entries * entry.size, len(data)), entry.size):
        tag, kind, count, raw = entry.unpack_from(data, at)
        value = struct.unpack_from(order + values[kind], raw)[0] if kind in values else 0
        yield tag, kind, count, value
