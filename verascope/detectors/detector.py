"""What every detector is: something that looks at an upright picture and gives a verdict.

Adding a kind of detector is one file with a class that fits `Detector`, and one line in
`registry.KINDS`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from PIL import Image

from verascope.records import Verdict


@dataclass(frozen=True, slots=True)
class Decision:
    """Where a probability becomes an answer: fake from `fake_at` up, real from `real_at` down,
    P(fake) 0–1.

    What lies between is `uncertain`: the detector abstains.
    """

    fake_at: float
    real_at: float


@dataclass(frozen=True, slots=True)
class DetectorCard:
    """What a detector says about itself; `/info` serves it as it stands.

    model_type: the architecture in words. device: what it runs on, `cpu` for instance. metrics: the
    measured figures of this version, as its maker wrote them. limits: sentences about what it can't
    judge.
    """

    name: str
    version: str
    model_type: str
    device: str
    decision: Decision
    licence: str
    classes: tuple[str, ...] = ("real", "fake")
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

    def describe(self) -> DetectorCard:
        """The card of the loaded version."""
        ...

    def detect(self, image: Image.Image) -> Verdict:
        """The verdict on an upright RGB image.

        Raises DetectorBroken when there is no usable answer: not a number, out of range, model
        gone.
        """
        ...

    def close(self) -> None:
        """Lets go of memory and connections; `detect` must not be called afterwards."""
        ...
