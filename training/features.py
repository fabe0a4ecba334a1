"""The trunk's statistics of every picture, computed once and kept: all runs train and are scored on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from training.augment import augment
from training.data import SHORT_SIDE, SIZE, Pixels, centre_crop, prepared

Floats = NDArray[np.float32]

_SLICE = 400


class Describer:
    """A described trunk (`export.write_description`)."""

    def __init__(self, path: Path, threads: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self._session = onnxruntime.InferenceSession(
            path, options, providers=["CPUExecutionProvider"]
        )

    def describe(self, square: Pixels) -> Floats:
        """(d,) of a square of `SIZE` pixels."""
        found: Floats = self._session.run(None, {"image": prepared(square)})[0][0]
        return found


def plain(pixels: Pixels, _: int) -> Pixels:
    """As the reader of the model prepares it."""
    return centre_crop(pixels, SHORT_SIDE, SIZE)


def changed(seed: int) -> Callable[[Pixels, int], Pixels]:
    """The plain square with random changes; the same for the same seed and position."""
    return lambda pixels, position: augment(
        plain(pixels, position), np.random.default_rng([seed, position])
    )


def described(
    describer: Describer,
    images: Sequence[Pixels],
    chosen: Sequence[int],
    square: Callable[[Pixels, int], Pixels],
    path: Path,
) -> Floats:
    """(len(images), d), NaN where not chosen. Kept at `path` after every slice: an interrupted start goes on from there."""
    done: Floats | None = None
    if path.exists():
        with np.load(path) as stored:
            done = stored["features"]
    for start in range(0, len(chosen), _SLICE):
        part = chosen[start : start + _SLICE]
        if done is not None and not np.isnan(done[part[-1], 0]):
            continue
        rows = np.stack([describer.describe(square(images[i], i)) for i in part])
        if done is None:
            done = np.full((len(images), rows.shape[1]), np.nan, dtype=np.float32)
        done[part] = rows
        beside = path.with_suffix(".new.npz")
        np.savez(beside, features=done)
        beside.replace(path)
        print(f"{path.stem}: {start + len(part)} of {len(chosen)}", flush=True)
    if done is None:
        raise ValueError("no images chosen")
    return done
