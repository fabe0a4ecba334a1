"""Any ONNX classifier of real and fake, run in this process as its sidecar describes it.

The file is read once, checked against the sidecar's SHA-256 and judged (`onnx_file`), and those
very bytes are handed to the runtime: nothing else is opened, and nothing can change in between.
"""

import hashlib
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import onnxruntime
from PIL import Image

from verascope.detectors.detector import Area, Decision, DetectorCard, Explanation
from verascope.detectors.image import Picture
from verascope.detectors.occlusion import occlusion
from verascope.detectors.onnx_file import objections
from verascope.detectors.sidecar import InputSpec, OutputSpec, Platt, Sidecar, read_sidecar
from verascope.errors import DetectorBroken
from verascope.records import Verdict

_RESAMPLE = {
    "bicubic": Image.Resampling.BICUBIC,
    "bilinear": Image.Resampling.BILINEAR,
    "lanczos": Image.Resampling.LANCZOS,
}

_CERTAIN = 1e-7
"""Probabilities of exactly 0 and 1 have no log-odds; they are taken as this far from the end."""


class OnnxDetector:
    """A loaded model. Threads may call `detect` at once; the runtime shares one session safely."""

    def __init__(self, sidecar: Sidecar, session: Any, source: Path) -> None:
        self._sidecar = sidecar
        self._session = session
        self._source = source
        self._decision = Decision(sidecar.decision.fake_at, sidecar.decision.real_at)
        self._takes_batches = not isinstance(session.get_inputs()[0].shape[0], int)
        spec = sidecar.input
        self._order = slice(None, None, 1 if spec.color == "RGB" else -1)
        # (x/255 - mean) / std, as one product and one sum.
        self._scale: npt.NDArray[np.float32] = np.array(
            [1 / (255 * std) for std in spec.std], np.float32
        )
        self._shift: npt.NDArray[np.float32] = np.array(
            [-mean / std for mean, std in zip(spec.mean, spec.std, strict=True)], np.float32
        )

    @classmethod
    def load(cls, sidecar_path: Path, threads: int = 1) -> Self:
        """The detector beside `sidecar_path`, warmed up by one inference.

        threads: cores for one inference; with a pool of callers 1 is fastest overall.
        Raises DetectorBroken, naming the file and the field, when sidecar and model contradict each
        other or the model asks for anything but standard operators and its own bytes.
        """
        sidecar = read_sidecar(sidecar_path)
        model_path, model = _read_model(sidecar_path, sidecar)
        session = _open_session(model_path, model, threads)
        if wrong := _contradictions(session, sidecar):
            raise DetectorBroken(f"{sidecar_path}: {'; '.join(wrong)}")
        detector = cls(sidecar, session, model_path)
        side = sidecar.input.size
        detector.detect(Picture.made(Image.new("RGB", (side, side), "grey")))
        return detector

    @property
    def name(self) -> str:
        return self._sidecar.name

    @property
    def version(self) -> str:
        return self._sidecar.version

    @property
    def problem(self) -> str | None:
        return None

    def describe(self) -> DetectorCard:
        sidecar = self._sidecar
        return DetectorCard(
            name=sidecar.name,
            version=sidecar.version,
            model_type=sidecar.model_type,
            device="cpu",
            decision=self._decision,
            licence=sidecar.licence,
            metrics=sidecar.metrics,
            limits=sidecar.limits,
        )

    def detect(self, picture: Picture) -> Verdict:
        values = self._run(self._tensor(_square(picture.pixels, self._sidecar.input)))
        return self._decision.verdict(self._fake_probability(values), self.version)

    def explain(self, picture: Picture) -> Explanation:
        spec = self._sidecar.input
        return occlusion(_square(picture.pixels, spec), _seen(picture.pixels, spec), self._scores)

    def close(self) -> None:
        self._session = None

    def _scores(self, squares: Sequence[Image.Image]) -> list[float]:
        tensors = [self._tensor(square) for square in squares]
        if self._takes_batches:
            values = self._run(np.concatenate(tensors)).reshape(len(squares), -1)
        else:
            values = np.stack([self._run(tensor) for tensor in tensors])
        return [self._fake_probability(row) for row in values]

    def _run(self, tensor: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """All values that come out, in one row."""
        session = self._session
        if session is None:
            raise DetectorBroken(f"{self._source}: the detector was closed")
        try:
            (answer,) = session.run([self._sidecar.output.name], {self._sidecar.input.name: tensor})
        # The runtime raises classes of its own C++ module without a common public base.
        except Exception as error:
            raise DetectorBroken(f"{self._source}: {_first_line(error)}") from error
        return np.asarray(answer, np.float64).ravel()

    def _tensor(self, square: Image.Image) -> npt.NDArray[np.float32]:
        spec = self._sidecar.input
        scaled = np.array(square, np.float32)[:, :, self._order]
        scaled *= self._scale
        scaled += self._shift
        planes = scaled.transpose(2, 0, 1) if spec.layout == "NCHW" else scaled
        return np.ascontiguousarray(planes[None])

    def _fake_probability(self, values: npt.NDArray[np.float64]) -> float:
        """Calibrated P(fake), 0–1. Raises DetectorBroken when the answer is no score."""
        log_odds = _log_odds(values, self._sidecar.output)
        if log_odds is None:
            raise DetectorBroken(
                f"{self._source}: output.{self._sidecar.output.name} answered {values.tolist()}, "
                f"which is no {self._sidecar.output.kind}"
            )
        calibration = self._sidecar.calibration
        if isinstance(calibration, Platt):
            log_odds = calibration.a * log_odds + calibration.b
        return 0.5 * (1.0 + math.tanh(0.5 * log_odds))


def _read_model(sidecar_path: Path, sidecar: Sidecar) -> tuple[Path, bytes]:
    folder = sidecar_path.parent.resolve()
    path = (folder / sidecar.file).resolve()
    if not path.is_relative_to(folder):
        raise DetectorBroken(f"{sidecar_path}: file: {sidecar.file} lies outside of {folder}")
    try:
        model = path.read_bytes()
    except OSError as error:
        raise DetectorBroken(
            f"{sidecar_path}: file: {sidecar.file} can't be read ({error.strerror})"
        ) from error
    if (found := hashlib.sha256(model).hexdigest()) != sidecar.sha256.lower():
        raise DetectorBroken(
            f"{sidecar_path}: sha256: {sidecar.sha256}, but that of {sidecar.file} is {found}"
        )
    try:
        wrong = objections(model)
    except ValueError as error:
        raise DetectorBroken(f"{path}: is not an ONNX file ({error})") from error
    if wrong:
        raise DetectorBroken(f"{path}: {'; '.join(wrong)}")
    return path, model


def _open_session(path: Path, model: bytes, threads: int) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    # The arena never gives memory back: with a pool of callers it grows by a peak for each of them.
    options.enable_cpu_mem_arena = False
    # Idle threads would spin on the cores that decoding needs.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    # The runtime raises classes of its own C++ module without a common public base.
    except Exception as error:
        raise DetectorBroken(f"{path}: can't be loaded ({_first_line(error)})") from error


def _contradictions(session: Any, sidecar: Sidecar) -> list[str]:
    """One sentence for each thing that sidecar and model say differently."""
    spec, out = sidecar.input, sidecar.output
    square = (spec.size, spec.size)
    shape = (1, 3, *square) if spec.layout == "NCHW" else (1, *square, 3)
    shapes: list[tuple[int, ...]] = [(1, 2)] if len(out.classes) == 2 else [(1, 1), (1,)]
    return [
        *_mismatch("input", spec.name, [shape], session.get_inputs(), only=True),
        *_mismatch("output", out.name, shapes, session.get_outputs(), only=False),
    ]


def _mismatch(
    field: str, name: str, shapes: list[tuple[int, ...]], nodes: list[Any], *, only: bool
) -> list[str]:
    """only: the model may have no other node of this sort (an input nobody feeds)."""
    found = {node.name: node for node in nodes}
    if name not in found:
        return [f"{field}.name: {name}; the model has {', '.join(found) or 'none'}"]
    if only and len(found) > 1:
        return [f"{field}.name: {name} alone doesn't do; the model needs {', '.join(found)}"]
    node = found[name]
    if node.type != "tensor(float)":
        return [f"{field}.name: {name} is {node.type}; tensor(float) is accepted"]
    if any(_fits(node.shape, shape) for shape in shapes):
        return []
    wanted = " or ".join(str(list(shape)) for shape in shapes)
    return [f"{field}: {name} has shape {node.shape} in the model; the sidecar says {wanted}"]


def _fits(declared: list[int | str | None], shape: tuple[int, ...]) -> bool:
    """A named or unknown dimension takes any size."""
    return len(declared) == len(shape) and all(
        not isinstance(size, int) or size == wanted
        for size, wanted in zip(declared, shape, strict=True)
    )


def _square(image: Image.Image, spec: InputSpec) -> Image.Image:
    """The centre of the image at the model's scale. Pillow's filters widen with the scale:
    antialiased."""
    width, height = _scaled(image, spec)
    resized = image.convert("RGB").resize((width, height), _RESAMPLE[spec.resample])
    left, top = (width - spec.size) // 2, (height - spec.size) // 2
    return resized.crop((left, top, left + spec.size, top + spec.size))


def _scaled(image: Image.Image, spec: InputSpec) -> tuple[int, int]:
    scale = spec.resize_short_side / min(image.size)
    width, height = (max(spec.resize_short_side, round(side * scale)) for side in image.size)
    return width, height


def _seen(image: Image.Image, spec: InputSpec) -> Area:
    """The part of the image that `_square` keeps."""
    width, height = _scaled(image, spec)
    left, top = (width - spec.size) // 2, (height - spec.size) // 2
    return Area(left / width, top / height, spec.size / width, spec.size / height)


def _log_odds(values: npt.NDArray[np.float64], spec: OutputSpec) -> float | None:
    """The raw log-odds of fake; None when the values are not what the sidecar promised."""
    if len(values) != len(spec.classes) or not np.isfinite(values).all():
        return None
    fake = float(values[spec.classes.index("fake")])
    match spec.kind:
        case "logit":
            return fake
        case "logits":
            return fake - float(values[spec.classes.index("real")])
        case "probability":
            if not 0.0 <= fake <= 1.0:
                return None
            inside = min(max(fake, _CERTAIN), 1.0 - _CERTAIN)
            return math.log(inside / (1.0 - inside))


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
