"""The image that known-answer probes send: drawn by integer arithmetic and encoded by hand, so that its bytes
are the same on every machine and with every version of every library.

A drawing of a face before a plain background: enough for a detector to have an opinion, and nobody's likeness.
"""

import struct
import zlib
from functools import lru_cache

SIDE = 224
SHA256 = "8ad0b12811559aee161cdc1acd44b576758da1c2f61bdeb5da122486171cb2dd"
"""Of `known_image()`; a test compares."""

_SKIN, _HAIR, _EYE, _MOUTH = (205, 160, 130), (70, 45, 30), (30, 30, 40), (160, 70, 75)
_STORED = 65_535


@lru_cache(maxsize=1)
def known_image() -> bytes:
    """A PNG of 224 × 224 pixels, RGB, not compressed: compressors differ, stored blocks don't."""
    rows = bytearray()
    for y in range(SIDE):
        rows.append(0)
        for x in range(SIDE):
            rows += bytes(_pixel(x, y))
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", _stored(bytes(rows))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


def _pixel(x: int, y: int) -> tuple[int, int, int]:
    grain = (x * 1103515245 + y * 12345 + x * y * 2654435761) >> 7 & 15
    if _inside(x, y, 84, 104, 11, 7) or _inside(x, y, 140, 104, 11, 7):
        return _shaded(_EYE, 0, grain)
    if _inside(x, y, 112, 160, 26, 8):
        return _shaded(_MOUTH, 0, grain)
    if _inside(x, y, 112, 122, 62, 82):
        light = (112 - x) // 4 + (122 - y) // 6 - ((112 - x) ** 2 + (122 - y) ** 2) // 400
        return _shaded(_SKIN, light, grain)
    if _inside(x, y, 112, 104, 78, 92):
        return _shaded(_HAIR, (x + 3 * y) % 17, grain)
    return _shaded((96, 120, 150), (SIDE - y) // 5, grain)


def _inside(x: int, y: int, cx: int, cy: int, rx: int, ry: int) -> bool:
    """Whether a pixel lies in the ellipse with this centre and these radii."""
    return ((x - cx) * ry) ** 2 + ((y - cy) * rx) ** 2 <= (rx * ry) ** 2


def _shaded(colour: tuple[int, int, int], light: int, grain: int) -> tuple[int, int, int]:
    red, green, blue = (min(255, max(0, one + light + grain - 8)) for one in colour)
    return red, green, blue


def _stored(data: bytes) -> bytes:
    """A zlib stream (RFC 1950) of stored blocks (RFC 1951, 3.2.4)."""
    blocks = bytearray(b"\x78\x01")
    for start in range(0, len(data), _STORED):
        part = data[start : start + _STORED]
        is_last = start + _STORED >= len(data)
        blocks += struct.pack("<BHH", is_last, len(part), len(part) ^ 0xFFFF) + part
    return bytes(blocks) + struct.pack(">I", zlib.adler32(data))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
