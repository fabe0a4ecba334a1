"""A 256-bit perceptual hash: near copies of a picture get near hashes, other pictures far ones.

The image itself is never kept, so this is what recognises a picture that comes back resized or
recompressed. After PDQ (Facebook, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing
Algorithm", 2019): luminance, tent filter down to 64×64, the 16×16 lowest frequencies of the DCT
without its constant row and column, one bit for each frequency above their median. PDQ's filter is
two box passes; a tent is their convolution.
"""

from functools import cache

import numpy as np
import numpy.typing as npt
from PIL import Image

HASH_VERSION = 1
"""Hashes of different versions must not be compared."""

HASH_BYTES = 32

_SIDE = 64
_FREQUENCIES = 16
_FLAT = 1e-3
"""Coefficients below this are rounding noise: luminance steps are 1, and a flat image has none."""


def perceptual_hash(image: Image.Image) -> tuple[bytes, int]:
    """The hash (32 bytes) and its quality (0–100) of an upright RGB or L image.

    Quality is PDQ's: the sum of visible luminance steps between neighbours at 64×64. Below about 50
    a hash says little (PDQ's authors discard those); a flat image has quality 0 and the hash of
    zero bits.
    """
    luminance = _luminance(image)
    basis = _dct_basis()
    coefficients = basis @ luminance @ basis.T
    coefficients[np.abs(coefficients) < _FLAT] = 0.0
    bits = coefficients > np.median(coefficients)
    return np.packbits(bits.ravel()).tobytes(), _quality(luminance)


def hamming(a: bytes, b: bytes) -> int:
    """How many bits differ: 0 the same, about 128 unrelated. Copies at half size and JPEG 50
    stay within 31."""
    if len(a) != len(b):
        raise ValueError(f"hashes of {len(a)} and {len(b)} bytes can't be compared")
    return (int.from_bytes(a) ^ int.from_bytes(b)).bit_count()


def _luminance(image: Image.Image) -> npt.NDArray[np.float64]:
    # A whole-number box reduction first: it is exact, and five times faster than filtering a large
    # image.
    factor = min(image.size) // (4 * _SIDE)
    reduced = image.reduce(factor) if factor > 1 else image
    small = reduced.convert("L").resize((_SIDE, _SIDE), Image.Resampling.BILINEAR)
    return np.asarray(small, dtype=np.float64)


@cache
def _dct_basis() -> npt.NDArray[np.float64]:
    """Rows 1–16 of the orthonormal 64-point DCT-II."""
    frequency = np.arange(1, _FREQUENCIES + 1)[:, None]
    position = np.arange(_SIDE)[None, :]
    basis: npt.NDArray[np.float64] = np.sqrt(2.0 / _SIDE) * np.cos(
        np.pi / (2 * _SIDE) * frequency * (2 * position + 1)
    )
    return basis


def _quality(luminance: npt.NDArray[np.float64]) -> int:
    # PDQ's scale: steps in whole percent of full range, truncated (so faint noise counts nothing),
    # over 90.
    steps = sum(
        float(np.trunc(np.abs(np.diff(luminance, axis=axis)) * 100 / 255).sum()) for axis in (0, 1)
    )
    return min(100, int(steps / 90))
