"""The trained network as an ONNX file: fp32 with batch norms folded in, then int8 in QDQ form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from torch import nn

from training.data import SHORT_SIDE, SIZE, Pixels, centre_crop
from training.network import to_input

INPUT = "image"
OUTPUT = "logit"
_OPSET = 17


class _Graph:
    """Collects nodes and weights; every method returns the name of what it produced."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def constant(self, name: str, values: NDArray[np.float32]) -> str:
        self.weights.append(
            numpy_helper.from_array(np.ascontiguousarray(values, dtype=np.float32), name)
        )
        return name

    def node(self, kind: str, name: str, inputs: Sequence[str], **attributes: Any) -> str:
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
        return name

    def conv(self, name: str, source: str, conv: nn.Conv2d, norm: nn.BatchNorm2d) -> str:
        """Convolution with its batch norm folded in; the package's one-sided padding becomes the node's own."""
        weight, bias = _folded(conv, norm)
        left, right, top, bottom = getattr(
            getattr(conv, "static_padding", None), "padding", (0, 0, 0, 0)
        )
        inputs = [
            source,
            self.constant(f"{name}_weight", weight),
            self.constant(f"{name}_bias", bias),
        ]
        return self.node(
            "Conv",
            name,
            inputs,
            kernel_shape=list(conv.kernel_size),
            strides=[int(side) for side in conv.stride],
            group=conv.groups,
            pads=[top, left, bottom, right],
        )

    def relu6(self, source: str) -> str:
        return self.node("Clip", f"{source}_relu6", [source, "zero", "six"])


def write_fp32(network: Any, path: Path) -> None:
    """The graph node by node: eight kinds of standard operators, batch size free. `network`: an EfficientNet-Lite in evaluation mode."""
    graph = _Graph()
    graph.constant("zero", np.array(0.0, dtype=np.float32))
    graph.constant("six", np.array(6.0, dtype=np.float32))
    last = graph.relu6(graph.conv("stem", INPUT, network._conv_stem, network._bn0))
    for number, block in enumerate(network._blocks):
        before = last
        if block._block_args.expand_ratio != 1:
            last = graph.relu6(
                graph.conv(f"block{number}_expand", last, block._expand_conv, block._bn0)
            )
        last = graph.relu6(
            graph.conv(f"block{number}_depthwise", last, block._depthwise_conv, block._bn1)
        )
        last = graph.conv(f"block{number}_project", last, block._project_conv, block._bn2)
        arguments = block._block_args
        if (
            arguments.id_skip
            and int(np.max(arguments.stride)) == 1
            and arguments.input_filters == arguments.output_filters
        ):
            last = graph.node("Add", f"block{number}_add", [last, before])
    last = graph.relu6(graph.conv("head", last, network._conv_head, network._bn1))
    last = graph.node(
        "Flatten", "features", [graph.node("GlobalAveragePool", "pooled", [last])], axis=1
    )
    weight = graph.constant("output_weight", network._fc.weight.detach().numpy())
    bias = graph.constant("output_bias", network._fc.bias.detach().numpy())
    graph.node("Gemm", OUTPUT, [last, weight, bias], transB=1)
    whole = helper.make_graph(
        graph.nodes,
        "verascope-reference",
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, ["n", 3, SIZE, SIZE])],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["n", 1])],
        graph.weights,
    )
    model = helper.make_model(
        whole,
        opset_imports=[helper.make_opsetid("", _OPSET)],
        ir_version=9,
        producer_name="verascope-training",
    )
    onnx.checker.check_model(model, full_check=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, path)


def write_int8(fp32: Path, path: Path, calibration: Sequence[Pixels]) -> None:
    """Weights per channel in seven bits (`reduce_range`): with eight, CPUs without VNNI add up to saturation
    (https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    quantize_static(
        fp32,
        path,
        _Reader(calibration),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        reduce_range=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        calibrate_method=CalibrationMethod.MinMax,
    )
    onnx.checker.check_model(onnx.load(path), full_check=True)


class _Reader(CalibrationDataReader):  # type: ignore[misc]
    """Feeds the pictures that activation ranges are taken from."""

    def __init__(self, images: Sequence[Pixels], batch: int = 16) -> None:
        self._inputs = self._batches(images, batch)

    def _batches(
        self, images: Sequence[Pixels], batch: int
    ) -> Iterator[dict[str, NDArray[np.float32]]]:
        for start in range(0, len(images), batch):
            crops = np.stack(
                [centre_crop(pixels, SHORT_SIDE, SIZE) for pixels in images[start : start + batch]]
            )
            yield {INPUT: np.ascontiguousarray(to_input(crops).numpy())}

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        return next(self._inputs, None)


def _folded(
    conv: nn.Conv2d, norm: nn.BatchNorm2d
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    if norm.running_mean is None or norm.running_var is None:
        raise ValueError("a batch norm without running statistics can't be folded")
    weight = conv.weight.detach().numpy().astype(np.float64)
    spread = np.sqrt(norm.running_var.numpy().astype(np.float64) + norm.eps)
    scale = norm.weight.detach().numpy() / spread
    bias = norm.bias.detach().numpy() - norm.running_mean.numpy() * scale
    return (weight * scale[:, None, None, None]).astype(np.float32), bias.astype(np.float32)
