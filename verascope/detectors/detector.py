"""What every detector is: something that looks at an upright picture and gives a verdict.

Adding a kind of detector is one file with a class that fits `Detector`, and one line in
`registry.KINDS`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from verascope.detectors.image import Picture
from verascope.records import FULL_MPCT, Outcome, Verdict


@dataclass(frozen=True, slots=True)
class Decision:
    """Where a probability becomes an answer: fake from `fake_at` up, real from `real_at` down,
    P(fake) 0–1.

    What lies between is `uncertain`: the detector abstains.
    """

    fake_at: float
    real_at: float

    def verdict(self, fake_probability: float, version: str) -> Verdict:
        """The answer to a P(fake) of 0–1."""
        # Decided on the rounded number that is stored, so that rows and thresholds never disagree.
        fake = round(fake_probability * FULL_MPCT)
        if fake >= round(self.fake_at * FULL_MPCT):
            outcome = Outcome.FAKE
        elif fake <= round(self.real_at * FULL_MPCT):
            outcome = Outcome.REAL
        else:
            outcome = Outcome.UNCERTAIN
        return Verdict(outcome, max(fake, FULL_MPCT - fake), fake, version)


@dataclass(frozen=True, slots=True)
class DetectorCard:
    """What a detector says about itself; `/info` serves it as it stands.

    model_type: the architecture in words. device: what it runs on, `cpu` for instance, or `remote`.
    concurrency: how many pictures it may be given at once; 0: as many as there are cores. metrics:
    the measured figures of this version, as its maker wrote them. limits: sentences about what it
    can't judge.
    """

    name: str
    version: str
    model_type: str
    device: str
    decision: Decision
    licence: str
    classes: tuple[str, ...] = ("real", "fake")
    concurrency: int = 0
    metrics: Mapping[str, Any] = field(default_factory=dict)
    limits: tuple[str, ...] = ()


class Detector(Protocol):
    """A model, wherever it runs. Safe to call from several threads at once."""

    @property
    def name(self) -> str:
        """Stable across versions."""
        ...

    @property
    def version(self) -> str:
        """Of the weights; stored with every prediction."""
        ...

    @property
    def problem(self) -> str | None:
        """What keeps it from answering now, as a sentence; None when nothing is known to."""
        ...

    def describe(self) -> DetectorCard:
        """The card of the loaded version."""
        ...

    def detect(self, picture: Picture) -> Verdict:
        """The verdict on a picture.

        Raises DetectorBroken when there is no usable answer: not a number, out of range, model
        gone.
        """
        ...

    def close(self) -> None:
        """Lets go of memory and connections; `detect` must not be called afterwards."""
        ...


@dataclass(frozen=True, slots=True)
class Area:
    """A part of the upright picture, as fractions of its width and height."""

    left: float = 0.0
    top: float = 0.0
    width: float = 1.0
    height: float = 1.0


@dataclass(frozen=True, slots=True)
class Explanation:
    """What each cell of a grid over the picture says. It never holds the picture itself.

    values: one row of cells after the other, top first; by how many percentage points P(fake) falls
    when the cell is covered. Above zero the cell speaks for fake, below for real. area: what the grid
    covers.
    """

    values: tuple[tuple[float, ...], ...]
    area: Area
    method: str = "occlusion"


@runtime_checkable
class Explainer(Protocol):
    """A detector that can also say where in the picture its verdict comes from."""

    def explain(self, picture: Picture) -> Explanation:
        """Asks the model about fifty times. Raises DetectorBroken as `detect` does."""
        ...
