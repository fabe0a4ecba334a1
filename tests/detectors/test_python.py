"""PythonDetector: somebody else's code behind an entry point, well behaved and not."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from verascope.detectors import Detector, Picture, load
from verascope.detectors.detector import Explainer
from verascope.errors import DetectorBroken
from verascope.records import Outcome

CODE = """
import numpy as np

class Brightness:
    def __init__(self, options):
        self.scale = options.get("scale", 1.0)
    def predict(self, image):
        return np.float32(np.asarray(image, dtype=float).mean() / 255 * self.scale)

class Says:
    def __init__(self, options):
        self.answer, self.calls = options["answer"], 0
    def predict(self, image):
        self.calls += 1
        if self.calls == 1:
            return 0.5
        if self.answer == "raise":
            raise RuntimeError("out of memory")
        return {"nan": float("nan"), "list": [0.5], "none": None}.get(self.answer, self.answer)

def refuses(options):
    raise ValueError("no weights at " + options.get("weights", "nowhere"))

def nothing(options):
    return object()
"""

WHITE = Picture.made(Image.new("RGB", (40, 30), "white"))


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package with entry points, as pip leaves it."""
    site = tmp_path / "site"
    info = site / "acme_detector-1.2.dist-info"
    info.mkdir(parents=True)
    (site / "acme_detector_for_tests.py").write_text(CODE)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-detector\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text(
        "[verascope.detectors]\n"
        "brightness = acme_detector_for_tests:Brightness\n"
        "says = acme_detector_for_tests:Says\n"
        "refuses = acme_detector_for_tests:refuses\n"
        "nothing = acme_detector_for_tests:nothing\n"
        "gone = acme_detector_for_tests_absent:Gone\n"
    )
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.delitem(sys.modules, "acme_detector_for_tests", raising=False)
    return tmp_path


@pytest.fixture
def make(installed: Path) -> Callable[..., Detector]:
    def loaded(entry_point: str = "brightness", **sections: Any) -> Detector:
        sidecar = {
            "name": "own",
            "version": "3",
            "kind": "python",
            "entry_point": entry_point,
            "decision": {"fake_at": 0.6, "real_at": 0.4},
            **sections,
        }
        path = installed / "own.json"
        path.write_text(json.dumps(sidecar))
        return load(str(path), installed)

    return loaded


def refusal(make: Callable[..., Detector], *args: str, **sections: Any) -> str:
    with pytest.raises(DetectorBroken) as caught:
        make(*args, **sections)
    assert "own.json" in caught.value.detail
    return caught.value.detail


def test_an_entry_point_judges_with_its_options(make: Callable[..., Detector]) -> None:
    verdict = make(options={"scale": 0.8}).detect(WHITE)
    assert (verdict.outcome, verdict.fake_probability_mpct) == (Outcome.FAKE, 80_000)
    assert verdict.model_version == "3"


def test_an_unknown_entry_point_lists_those_that_are_installed(
    make: Callable[..., Detector],
) -> None:
    detail = refusal(make, "darkness")
    assert "entry_point: darkness" in detail
    assert "brightness (acme-detector 1.2)" in detail


@pytest.mark.parametrize(
    ("entry_point", "said"),
    [
        ("gone", "can't be loaded (ModuleNotFoundError"),
        ("refuses", "can't be loaded (ValueError: no weights at nowhere)"),
        ("nothing", "has no method predict(image)"),
    ],
)
def test_code_that_can_not_be_used_is_refused_at_the_start(
    make: Callable[..., Detector], entry_point: str, said: str
) -> None:
    assert said in refusal(make, entry_point)


def test_a_wrong_score_is_noticed_when_it_is_loaded(make: Callable[..., Detector]) -> None:
    assert "a number from 0 to 1" in refusal(make, options={"scale": 9})


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"version": ""}, "version: is empty"),
        ({"decision": {"fake_at": 0.3, "real_at": 0.2}}, "decision"),
        ({"option": {}}, "option"),
    ],
)
def test_a_wrong_sidecar_is_refused_by_field(
    make: Callable[..., Detector], change: dict[str, Any], named: str
) -> None:
    assert named in refusal(make, **change)


@pytest.mark.parametrize("answer", ["nan", "list", "none", "raise", True, -0.1, 1.1, "0.5"])
def test_garbage_breaks_one_prediction_and_names_the_entry_point(
    make: Callable[..., Detector], answer: object
) -> None:
    detector = make("says", options={"answer": answer})
    with pytest.raises(DetectorBroken, match=r"own\.json: entry_point: says"):
        detector.detect(WHITE)


def test_it_explains_only_when_its_sidecar_says_so(make: Callable[..., Detector]) -> None:
    assert not isinstance(make(), Explainer)
    explaining = make(explain=True, serial=True)
    assert isinstance(explaining, Explainer)
    found = explaining.explain(WHITE)
    values = [value for row in found.values for value in row]
    assert len(values) == 49
    # Grey over a 49th of white lowers the mean by (255 − 128) / 255 / 49, as a percentage point.
    assert sum(values) == pytest.approx(100 * 127 / 255, abs=0.1)
