"""The map says where: it is large where the picture's evidence lies, and only there."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from verascope.detectors.image import Picture
from verascope.detectors.onnx import OnnxDetector


@pytest.mark.parametrize("batch", ["batch", 1])
def test_the_cell_with_the_evidence_stands_out(
    install: Callable[..., Path], onnx_writer: Any, batch: int | str
) -> None:
    pixels = Image.new("RGB", (112, 112), (128, 128, 128))
    pixels.paste("white", (48, 16, 64, 32))  # cell (row 1, column 3) of 7 × 7
    model = onnx_writer.model(shape=[batch, 3, 112, 112])
    sidecar = install(model, input={"size": 112, "resize_short_side": 112})
    found = OnnxDetector.load(sidecar).explain(Picture.made(pixels))
    cells = {(r, c): v for r, row in enumerate(found.values) for c, v in enumerate(row)}
    assert (len(found.values), {len(row) for row in found.values}) == (7, {7})
    assert max(cells, key=lambda cell: cells[cell]) == (1, 3)
    assert cells[1, 3] > 1
    assert all(abs(value) < 0.1 for cell, value in cells.items() if cell != (1, 3))


def test_the_area_is_what_the_model_looks_at(
    install: Callable[..., Path], onnx_writer: Any
) -> None:
    model = onnx_writer.model(shape=["batch", 3, 80, 80])
    sidecar = install(model, input={"size": 80, "resize_short_side": 100})
    area = OnnxDetector.load(sidecar).explain(Picture.made(Image.new("RGB", (400, 200)))).area
    assert (area.left, area.top) == pytest.approx((0.3, 0.1))
    assert (area.width, area.height) == pytest.approx((0.4, 0.8))


def test_large_values_are_percentage_points_of_the_calibrated_probability(
    install: Callable[..., Path], onnx_writer: Any
) -> None:
    model = onnx_writer.model(shape=["batch", 3, 70, 70], weights=[[1.0, 0, 0]])
    sidecar = install(
        model,
        input={"size": 70, "resize_short_side": 70, "mean": [0, 0, 0], "std": [1, 1, 1]},
        output={"kind": "probability"},
    )
    found = OnnxDetector.load(sidecar).explain(Picture.made(Image.new("RGB", (70, 70), "white")))
    # One cell of 49 goes from 1 to 128 / 255.
    expected = 100 * (1 - 128 / 255) / 49
    assert [value for row in found.values for value in row] == pytest.approx(
        [expected] * 49, abs=0.01
    )
