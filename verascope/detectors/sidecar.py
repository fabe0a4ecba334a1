"""The sidecar: one JSON file beside each model that says how to feed it and how to read its answer.

Unknown keys are refused by name, so that a misspelt threshold can't be silently ignored.
"""

import math
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec

from verascope.errors import DetectorBroken

S = TypeVar("S", bound=msgspec.Struct)


class InputSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How pixels become the tensor: short side resized with antialiasing, centre crop, (x/255 -
    mean) / std.

    size, resize_short_side: pixels. mean, std: one each for the colours in the order of `color`.
    """

    name: str
    layout: Literal["NCHW", "NHWC"]
    size: int
    resize_short_side: int
    resample: Literal["bicubic", "bilinear", "lanczos"]
    color: Literal["RGB", "BGR"]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]


class OutputSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What comes out: one logit or probability of `fake`, or two values in the order of
    `classes`."""

    name: str
    kind: Literal["logit", "probability", "logits"]
    classes: tuple[str, ...]


class Platt(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="platt"):
    """P(fake) = sigmoid(a·z + b), z the raw log-odds of fake (Platt 1999)."""

    a: float
    b: float


class Uncalibrated(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="none"
):
    """P(fake) = sigmoid(z)."""


class DecisionSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Thresholds on P(fake), 0–1: `real_at` <= 0.5 <= `fake_at`; between them the answer is
    uncertain."""

    fake_at: float
    real_at: float


class Sidecar(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file. `file` is the model, relative to the sidecar; `sha256` in hex is its
    content."""

    name: str
    version: str
    kind: Literal["onnx"]
    file: str
    sha256: str
    model_type: str
    licence: str
    input: InputSpec
    output: OutputSpec
    calibration: Platt | Uncalibrated
    decision: DecisionSpec
    metrics: dict[str, Any] = {}
    trained: dict[str, Any] = {}
    limits: tuple[str, ...] = ()


def read_sidecar(path: Path) -> Sidecar:
    """The checked sidecar at `path`. Raises DetectorBroken that names the file and each wrong
    field."""
    sidecar = decode_sidecar(path, Sidecar)
    refuse(path, _contradictions(sidecar))
    return sidecar


def decode_sidecar(path: Path, kind: type[S]) -> S:
    """The file at `path` in the shape of its kind. Raises DetectorBroken with the field that isn't."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except OSError as error:
        raise DetectorBroken(f"{path}: can't be read ({error.strerror})") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DetectorBroken(f"{path}: {error}") from error


def refuse(path: Path, wrong: list[str]) -> None:
    """Raises DetectorBroken when anything is wrong, with all of it."""
    if wrong:
        raise DetectorBroken(f"{path}: {'; '.join(wrong)}")


def _contradictions(sidecar: Sidecar) -> list[str]:
    """One sentence for each field that can't be meant as it stands."""
    return [
        *name_contradictions(sidecar.name, sidecar.version),
        *_input_contradictions(sidecar.input),
        *_output_contradictions(sidecar.output),
        *decision_contradictions(sidecar.decision),
        *_calibration_contradictions(sidecar.calibration),
    ]


def name_contradictions(name: str, version: str) -> list[str]:
    """What is wrong with the two names that every detector has."""
    return [
        f"{field}: is empty" for field, text in (("name", name), ("version", version)) if not text
    ]


def _input_contradictions(spec: InputSpec) -> list[str]:
    wrong = []
    if not 8 <= spec.size <= 4096:
        wrong.append(f"input.size: {spec.size}; 8 to 4096 pixels are accepted")
    if not spec.size <= spec.resize_short_side <= 8192:
        wrong.append(
            f"input.resize_short_side: {spec.resize_short_side}; "
            f"input.size ({spec.size}) to 8192 pixels are accepted"
        )
    if not all(map(math.isfinite, spec.mean)):
        wrong.append(f"input.mean: {list(spec.mean)}; finite numbers are accepted")
    if not all(math.isfinite(value) and value > 0 for value in spec.std):
        wrong.append(f"input.std: {list(spec.std)}; finite numbers above 0 are accepted")
    return wrong


def _output_contradictions(spec: OutputSpec) -> list[str]:
    both = sorted(spec.classes) == ["fake", "real"]
    match spec.kind:
        case "logit":
            fits, accepted = spec.classes == ("fake",), '["fake"]'
        case "logits":
            fits, accepted = both, '["real", "fake"] in the order of the output'
        case "probability":
            fits = both or spec.classes == ("fake",)
            accepted = '["fake"], or ["real", "fake"] in the order of the output'
    if fits:
        return []
    return [
        f"output.classes: {list(spec.classes)} doesn't fit output.kind {spec.kind}; {accepted} does"
    ]


def decision_contradictions(spec: DecisionSpec) -> list[str]:
    """What is wrong with the thresholds."""
    if 0.0 <= spec.real_at <= 0.5 <= spec.fake_at <= 1.0:
        return []
    return [
        f"decision: real_at {spec.real_at} and fake_at {spec.fake_at}; "
        "0 <= real_at <= 0.5 <= fake_at <= 1 is accepted"
    ]


def _calibration_contradictions(spec: Platt | Uncalibrated) -> list[str]:
    if isinstance(spec, Uncalibrated):
        return []
    # A slope of zero or less would ignore or invert the model.
    if math.isfinite(spec.a) and spec.a > 0 and math.isfinite(spec.b):
        return []
    return [f"calibration: a {spec.a} and b {spec.b}; finite numbers with a above 0 are accepted"]
