"""A detector written in Python by somebody else: an entry point of the group `verascope.detectors`.

The entry point is a function of one mapping, the sidecar's `options`, that gives an object with
`predict(image) -> float`: P(fake), 0–1, of an upright RGB Pillow image. It may have `close()`.
"""

import math
import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, Literal, Protocol, Self

import msgspec
from PIL import Image

from verascope.detectors.detector import Area, Decision, DetectorCard, Explanation
from verascope.detectors.image import Picture
from verascope.detectors.occlusion import occlusion
from verascope.detectors.sidecar import (
    DecisionSpec,
    decision_contradictions,
    decode_sidecar,
    name_contradictions,
    refuse,
)
from verascope.errors import DetectorBroken, shown
from verascope.records import Verdict

GROUP = "verascope.detectors"
FIRST_SIDE = 224
"""Pixels of the picture that a detector is tried on when it is loaded."""

EXPLAINED_SIDE = 448
"""Pixels of the longer side of a picture that is explained: fifty copies of a large one cost too much."""


class Judge(Protocol):
    """What an entry point's function gives."""

    def predict(self, image: Image.Image) -> float:
        """P(fake), 0–1. Called from several threads at once unless the sidecar says `serial`."""
        ...


class PythonSidecar(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file. serial: one picture at a time. explain: whether it may be asked fifty times to
    explain one picture.
    """

    name: str
    version: str
    kind: Literal["python"]
    entry_point: str
    decision: DecisionSpec
    options: dict[str, Any] = {}
    serial: bool = False
    explain: bool = False
    model_type: str = "Python detector"
    device: str = "cpu"
    licence: str = "not stated"
    metrics: dict[str, Any] = {}
    trained: dict[str, Any] = {}
    limits: tuple[str, ...] = ()


class PythonDetector:
    """A loaded entry point. Threads may call `detect` at once."""

    def __init__(self, sidecar: PythonSidecar, judge: Judge, source: Path) -> None:
        self._sidecar = sidecar
        self._judge = judge
        self._source = source
        self._decision = Decision(sidecar.decision.fake_at, sidecar.decision.real_at)
        self._turn: AbstractContextManager[Any] = (
            threading.Lock() if sidecar.serial else nullcontext()
        )

    @classmethod
    def load(cls, sidecar_path: Path, threads: int = 1) -> Self:
        """The detector that `sidecar_path` names, tried on one grey picture.

        Raises DetectorBroken, naming the file and each wrong field; an entry point that nobody
        installed lists those that are.
        """
        sidecar = decode_sidecar(sidecar_path, PythonSidecar)
        wrong = [
            *name_contradictions(sidecar.name, sidecar.version),
            *decision_contradictions(sidecar.decision),
        ]
        refuse(sidecar_path, wrong)
        judge = _made(sidecar_path, sidecar)
        kind = ExplainingPythonDetector if sidecar.explain else PythonDetector
        detector = kind(sidecar, judge, sidecar_path)
        detector.detect(Picture.made(Image.new("RGB", (FIRST_SIDE, FIRST_SIDE), "grey")))
        return detector  # type: ignore[return-value]

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
            device=sidecar.device,
            decision=self._decision,
            licence=sidecar.licence,
            metrics=sidecar.metrics,
            limits=sidecar.limits,
        )

    def detect(self, picture: Picture) -> Verdict:
        return self._decision.verdict(self._score(picture.pixels), self.version)

    def close(self) -> None:
        closing = getattr(self._judge, "close", None)
        if callable(closing):
            closing()

    def _score(self, pixels: Image.Image) -> float:
        try:
            with self._turn:
                answer: object = self._judge.predict(pixels)
        except Exception as error:
            # Somebody else's code may raise anything.
            raise DetectorBroken(
                f"{self._source}: entry_point: {self._sidecar.entry_point} raised "
                f"{type(error).__name__}: {_first_line(error)}"
            ) from error
        return self._checked(answer)

    def _checked(self, answer: object) -> float:
        """A float in 0–1; numpy's and torch's scalars convert, truth values and text do not."""
        value = math.nan
        if not isinstance(answer, bool | str | bytes):
            try:
                value = float(answer)  # type: ignore[arg-type]
            except (TypeError, ValueError, OverflowError):
                value = math.nan
        if not 0.0 <= value <= 1.0:
            raise DetectorBroken(
                f"{self._source}: entry_point: {self._sidecar.entry_point} answered "
                f"{shown(answer)}; a number from 0 to 1 is accepted"
            )
        return value


class ExplainingPythonDetector(PythonDetector):
    """One whose sidecar allows explanations."""

    def explain(self, picture: Picture) -> Explanation:
        pixels = picture.pixels.copy()
        pixels.thumbnail((EXPLAINED_SIDE, EXPLAINED_SIDE))
        return occlusion(pixels, Area(), self._scores)

    def _scores(self, pictures: Sequence[Image.Image]) -> list[float]:
        return [self._score(picture) for picture in pictures]


def _made(path: Path, sidecar: PythonSidecar) -> Judge:
    where = f"{path}: entry_point: {sidecar.entry_point}"
    installed = entry_points(group=GROUP)
    fitting = [one for one in installed if one.name == sidecar.entry_point]
    if not fitting:
        names = ", ".join(sorted(map(_shown, installed)))
        raise DetectorBroken(
            f"{where}: no such entry point of {GROUP} is installed; "
            f"{'found ' + names if names else 'there is none at all'}"
        )
    if len(fitting) > 1:
        raise DetectorBroken(f"{where}: is offered twice: {', '.join(map(_shown, fitting))}")
    try:
        judge = fitting[0].load()(dict(sidecar.options))
    except Exception as error:
        # Somebody else's code may raise anything while it is imported or made.
        raise DetectorBroken(
            f"{where}: can't be loaded ({type(error).__name__}: {_first_line(error)})"
        ) from error
    if not callable(getattr(judge, "predict", None)):
        raise DetectorBroken(f"{where}: gave {shown(judge)}, which has no method predict(image)")
    made: Judge = judge
    return made


def _shown(entry: EntryPoint) -> str:
    origin = f"{entry.dist.name} {entry.dist.version}" if entry.dist else "unknown package"
    return f"{entry.name} ({origin})"


def _first_line(error: Exception) -> str:
    return (str(error).strip() or "no message").splitlines()[0][:300]
