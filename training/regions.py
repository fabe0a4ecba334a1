"""The two parts of a map that are described apart: an ellipse in the middle, where the face is, and what lies around it.

A swapped face differs from what surrounds it, and a generator's background fails otherwise than its faces do; means over the
whole map blur both.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

HALF_HEIGHT = 0.36
HALF_WIDTH = 0.30
"""Half axes of the ellipse, in sides of the map."""


def region_weights(side: int) -> NDArray[np.float32]:
    """(side · side, 2): how much each place of a square map counts in the middle and around it; both columns add up to 1.

    A place belongs to the middle when its centre lies inside the ellipse. Raises ValueError for a map too small to have both parts.
    """
    away = (np.arange(side) + 0.5) / side - 0.5
    middle = np.hypot(away[:, None] / HALF_HEIGHT, away[None, :] / HALF_WIDTH).ravel() < 1
    if not middle.any() or middle.all():
        raise ValueError(f"a map of {side} × {side} has no two parts")
    return np.stack([middle / middle.sum(), ~middle / (~middle).sum()], axis=1).astype(np.float32)
