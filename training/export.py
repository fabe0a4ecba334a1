"""ONNX files: the trunk in fp32 with batch norms folded in, the same in int8 (QDQ), and either with a head on top."""

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

from training.data import SHORT_SIDE, SIZE, Pixels, centre_crop, prepared
from training.head import CLIP, Head
from training.network import DESCRIBED
from training.regions import region_weights

INPUT = "image"
FEATURES = "features"
OUTPUT = "logit"
_OPSET = 17
_TINY = 1e-6


class _Graph:
    """Collects nodes and weights; every method returns the name of what it produced."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def constant(self, name: str, values: NDArray[np.float32] | float) -> str:
        self.weights.append(numpy_helper.from_array(np.array(values, dtype=np.float32), name))
        return name

    def whole_numbers(self, name: str, values: Sequence[int]) -> str:
        self.weights.append(numpy_helper.from_array(np.array(values, dtype=np.int64), name))
        return name

    def node(self, kind: str, name: str, inputs: Sequence[str], **attributes: Any) -> str:
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
        return name

    def conv(self, name: str, source: str, conv: Any, norm: Any) -> str:
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


def write_trunk(network: Any, path: Path) -> None:
    """The described blocks' maps as outputs, batch size free. `network`: an EfficientNet-Lite in evaluation mode."""
    graph = _Graph()
    graph.constant("zero", 0.0)
    graph.constant("six", 6.0)
    last = graph.relu6(graph.conv("stem", INPUT, network._conv_stem, network._bn0))
    outputs = []
    for number, block in enumerate(network._blocks[: max(DESCRIBED) + 1]):
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
        if number in DESCRIBED:
            outputs.append(last)
    whole = helper.make_graph(
        graph.nodes,
        "verascope-reference",
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, ["n", 3, SIZE, SIZE])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
        graph.weights,
    )
    _save(onnx.shape_inference.infer_shapes(_model(whole)), path)


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


def write_description(trunk: Path, path: Path) -> None:
    """The trunk followed by the statistics of its maps: output `features`, float32 (n, d)."""
    model, graph = _opened(trunk)
    _finish(model, graph, _described(model, graph), FEATURES, path)


def write_model(trunk: Path, head: Head, path: Path) -> None:
    """Trunk, statistics and head: output `logit`, float32 (n, 1)."""
    model, graph = _opened(trunk)
    features = _described(model, graph)
    away = graph.node("Sub", "away", [features, graph.constant("centre", head.centre)])
    scaled = graph.node("Div", "scaled", [away, graph.constant("spread", head.spread)])
    limits = [graph.constant("lowest", -CLIP), graph.constant("highest", CLIP)]
    input_ = graph.node("Clip", "head_input", [scaled, *limits])
    hidden = graph.node(
        "Gemm",
        "hidden",
        [
            input_,
            graph.constant("hidden_weight", head.hidden),
            graph.constant("hidden_bias", head.hidden_bias),
        ],
    )
    bent = graph.node("Relu", "hidden_relu", [hidden])
    outer = graph.node("MatMul", "outer", [bent, graph.constant("outer_weight", head.outer)])
    linear = graph.node(
        "Gemm",
        "linear",
        [
            input_,
            graph.constant("linear_weight", head.linear),
            graph.constant("output_bias", head.bias),
        ],
    )
    _finish(model, graph, graph.node("Add", OUTPUT, [outer, linear]), OUTPUT, path)


def _opened(trunk: Path) -> tuple[onnx.ModelProto, _Graph]:
    return onnx.load(trunk), _Graph()


def _described(model: onnx.ModelProto, graph: _Graph) -> str:
    """Mean and standard deviation of each channel in both parts of a map (`regions`), block after block."""
    tiny = graph.constant("tiny", _TINY)
    flat = graph.whole_numbers("flat_shape", [0, 0, -1])
    parts = []
    for output in model.graph.output:
        name = output.name
        side = output.type.tensor_type.shape.dim[-1].dim_value
        weights = graph.constant(f"{name}_regions", region_weights(side))
        row = graph.node("Reshape", f"{name}_row", [name, flat])
        mean = graph.node("MatMul", f"{name}_mean", [row, weights])
        squares = graph.node("Mul", f"{name}_squares", [row, row])
        power = graph.node("MatMul", f"{name}_power", [squares, weights])
        variance = graph.node(
            "Sub", f"{name}_variance", [power, graph.node("Mul", f"{name}_mean_2", [mean, mean])]
        )
        spread = graph.node(
            "Sqrt", f"{name}_spread", [graph.node("Max", f"{name}_safe", [variance, tiny])]
        )
        parts += [graph.node("Flatten", f"{part}_flat", [part], axis=1) for part in (mean, spread)]
    return graph.node("Concat", FEATURES, parts, axis=1)


def _finish(model: onnx.ModelProto, graph: _Graph, last: str, output: str, path: Path) -> None:
    assert last == output
    model.graph.node.extend(graph.nodes)
    model.graph.initializer.extend(graph.weights)
    del model.graph.output[:]
    width = 1 if output == OUTPUT else None
    model.graph.output.append(
        helper.make_tensor_value_info(output, TensorProto.FLOAT, ["n", width])
    )
    del model.graph.value_info[:]
    _save(model, path)


def _model(graph: onnx.GraphProto) -> onnx.ModelProto:
    return helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", _OPSET)],
        ir_version=9,
        producer_name="verascope-training",
    )


def _save(model: onnx.ModelProto, path: Path) -> None:
    onnx.checker.check_model(model, full_check=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, path)


class _Reader(CalibrationDataReader):  # type: ignore[misc]
    """Feeds the pictures that activation ranges are taken from."""

    def __init__(self, images: Sequence[Pixels], batch: int = 16) -> None:
        self._inputs = self._batches(images, batch)

    def _batches(
        self, images: Sequence[Pixels], batch: int
    ) -> Iterator[dict[str, NDArray[np.float32]]]:
        for start in range(0, len(images), batch):
            crops = [
                centre_crop(pixels, SHORT_SIDE, SIZE) for pixels in images[start : start + batch]
            ]
            yield {INPUT: np.concatenate([prepared(crop) for crop in crops])}

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        return next(self._inputs, None)


def _folded(conv: Any, norm: Any) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    weight = conv.weight.detach().numpy().astype(np.float64)
    spread = np.sqrt(norm.running_var.numpy().astype(np.float64) + norm.eps)
    scale = norm.weight.detach().numpy() / spread
    bias = norm.bias.detach().numpy() - norm.running_mean.numpy() * scale
    return (weight * scale[:, None, None, None]).astype(np.float32), bias.astype(np.float32)
