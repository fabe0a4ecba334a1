"""Pictures and models for these tests, made on the spot: no image and no model file is kept."""

import hashlib
import io
import json
import os
import struct
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
import pytest
from PIL import Image

Photo = Callable[..., Image.Image]
Encode = Callable[..., bytes]

pillow_heif.register_heif_opener()  # for its encoder; decoding doesn't need it


@pytest.fixture(autouse=True)
def _as_in_production() -> None:
    """pytest turns warnings into errors on top of the filter that silences Pillow in production."""
    warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")


@pytest.fixture
def photo() -> Photo:
    """Draws a natural-looking RGB picture: noise whose spectrum falls with frequency as in
    photographs."""

    def draw(seed: int = 1, width: int = 96, height: int = 64) -> Image.Image:
        random = np.random.default_rng(seed)
        across, down = np.fft.fftfreq(width)[None, :], np.fft.fftfreq(height)[:, None]
        falloff = 1 / np.maximum(np.hypot(across, down), 1 / max(width, height)) ** 1.3
        noise = random.normal(size=(height, width, 3)) * [1.0, 0.4, 0.4]
        planes = np.fft.ifft2(
            np.fft.fft2(noise, axes=(0, 1)) * falloff[..., None], axes=(0, 1)
        ).real
        y, u, v = np.moveaxis(planes / planes[..., 0].std(), -1, 0)
        colours = 128 + 48 * np.stack([y + v, y - u / 2 - v / 2, y + u], axis=-1)
        return Image.fromarray(np.clip(colours, 0, 255).astype(np.uint8))

    return draw


@pytest.fixture
def encode() -> Encode:
    """The bytes of an image in a format, with Pillow's options for it."""

    def encoded(image: Image.Image, image_format: str, **options: Any) -> bytes:
        target = io.BytesIO()
        image.save(target, image_format, **options)
        return target.getvalue()

    return encoded


@pytest.fixture
def detector_data() -> Path:
    """The folder of real sample images, which is not part of this repository."""
    beside = Path(__file__).parents[3] / "shared" / "detector-data"
    folder = Path(os.environ.get("VERASCOPE_DETECTOR_DATA", beside))
    if not (folder / "test.tar").is_file():
        pytest.skip(f"sample images are not at {folder} (VERASCOPE_DETECTOR_DATA)")
    return folder


def _varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def _field(number: int, value: int | str | bytes) -> bytes:
    """One protobuf field; the numbers are those of onnx.proto3."""
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    raw = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(raw)) + raw


class OnnxWriter:
    """Writes ONNX files by hand: mean colour of the picture, then one linear layer."""

    def node(
        self,
        operator: str,
        takes: list[str],
        gives: str,
        *,
        domain: str = "",
        attributes: bytes = b"",
    ) -> bytes:
        names = b"".join(_field(1, name) for name in takes) + _field(2, gives)
        return names + _field(4, operator) + attributes + (_field(7, domain) if domain else b"")

    def subgraph(self, *nodes: bytes) -> bytes:
        """A graph as an attribute of a node, as `If` has them."""
        graph = b"".join(_field(1, node) for node in nodes) + _field(2, "inner")
        return _field(5, _field(1, "then_branch") + _field(6, graph) + _field(20, 5))

    def tensor(self, name: str, values: np.ndarray[Any, Any], *, location: str = "") -> bytes:
        shape = b"".join(_field(1, size) for size in values.shape)
        head = shape + _field(2, 1) + _field(8, name)
        if location:
            return head + _field(13, _field(1, "location") + _field(2, location)) + _field(14, 1)
        return head + _field(9, values.astype("<f4").tobytes())

    def value(self, name: str, shape: list[int | str], element: int = 1) -> bytes:
        sizes = b"".join(
            _field(1, _field(1, size) if isinstance(size, int) else _field(2, size))
            for size in shape
        )
        return _field(1, name) + _field(2, _field(1, _field(1, element) + _field(2, sizes)))

    def model(
        self,
        *,
        weights: list[list[float]] | None = None,
        bias: list[float] | None = None,
        shape: list[int | str] | None = None,
        names: tuple[str, str] = ("pixels", "score"),
        extra_nodes: tuple[bytes, ...] = (),
        extra_inputs: tuple[bytes, ...] = (),
        domains: tuple[str, ...] = (),
        location: str = "",
    ) -> bytes:
        """weights: one row of 3 for each output value, applied to the mean of each input
        channel."""
        rows = np.array(weights or [[1.0, 1.0, 1.0]])
        shape = shape or ["batch", 3, 8, 8]
        pixels, score = names
        channels_last = shape[-1] == 3
        nodes = [
            self.node("Transpose", [pixels], "planes", attributes=_PERMUTATION)
            if channels_last
            else self.node("Identity", [pixels], "planes"),
            self.node("GlobalAveragePool", ["planes"], "mean"),
            self.node("Flatten", ["mean"], "flat"),
            self.node("MatMul", ["flat", "w"], "product"),
            self.node("Add", ["product", "b"], score),
            *extra_nodes,
        ]
        graph = b"".join(_field(1, node) for node in nodes) + _field(2, "tiny")
        graph += _field(5, self.tensor("w", rows.T, location=location))
        graph += _field(5, self.tensor("b", np.array([bias or [0.0] * len(rows)])))
        graph += _field(11, self.value(pixels, shape))
        graph += b"".join(_field(11, value) for value in extra_inputs)
        graph += _field(12, self.value(score, [shape[0], len(rows)]))
        opsets = _field(8, _field(1, "") + _field(2, 13))
        opsets += b"".join(_field(8, _field(1, name) + _field(2, 1)) for name in domains)
        return _field(1, 8) + opsets + _field(7, graph)


_PERMUTATION = _field(
    5, _field(1, "perm") + _field(20, 7) + b"".join(_field(8, axis) for axis in (0, 3, 1, 2))
)


@pytest.fixture
def onnx_writer() -> OnnxWriter:
    return OnnxWriter()


@pytest.fixture
def install(tmp_path: Path) -> Callable[..., Path]:
    """Writes a model and its sidecar; `sections` change or add to the sidecar. Returns the
    sidecar's path."""

    def write(model: bytes, stem: str = "tiny", /, **sections: Any) -> Path:
        (tmp_path / f"{stem}.onnx").write_bytes(model)
        sidecar: dict[str, Any] = {
            "name": stem,
            "version": "1.0.0",
            "kind": "onnx",
            "file": f"{stem}.onnx",
            "sha256": hashlib.sha256(model).hexdigest(),
            "model_type": "mean colour",
            "licence": "Apache-2.0",
            "input": {
                "name": "pixels",
                "layout": "NCHW",
                "size": 8,
                "resize_short_side": 10,
                "resample": "bicubic",
                "color": "RGB",
                "mean": [0.5, 0.5, 0.5],
                "std": [0.25, 0.25, 0.25],
            },
            "output": {"name": "score", "kind": "logit", "classes": ["fake"]},
            "calibration": {"kind": "none"},
            "decision": {"fake_at": 0.7, "real_at": 0.3},
            "metrics": {"auc": 0.9},
            "trained": {"on": "nothing"},
            "limits": ["knows colours only"],
        }
        for key, value in sections.items():
            whole = key in ("calibration", "decision") or not isinstance(value, dict)
            sidecar[key] = value if whole else {**sidecar[key], **value}
        path = tmp_path / f"{stem}.json"
        path.write_text(json.dumps(sidecar))
        return path

    return write


@pytest.fixture
def png_chunk() -> Callable[[bytes, bytes], bytes]:
    """A PNG chunk with a right checksum."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    return chunk
