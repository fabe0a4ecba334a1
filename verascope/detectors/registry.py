"""Which kinds of detector there are, and how a name in the settings becomes one that runs."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from verascope.detectors.detector import Detector
from verascope.detectors.onnx import OnnxDetector
from verascope.detectors.python import PythonDetector
from verascope.detectors.remote import RemoteDetector
from verascope.errors import DetectorBroken

REFERENCE = "reference"
"""The detector that ships with the product. Without a sidecar of that name it is the newest of
any."""

KINDS: dict[str, Callable[[Path, int], Detector]] = {
    "onnx": OnnxDetector.load,
    "python": PythonDetector.load,
    "remote": RemoteDetector.load,
}
"""`kind` in the sidecar -> what loads it from the sidecar's path and a number of threads."""


class _Head(msgspec.Struct, frozen=True):
    """What is read of a sidecar before its kind is known."""

    name: str | None = None
    version: str = ""
    kind: str | None = None


def load(name_or_path: str, models_dir: Path, threads: int = 1) -> Detector:
    """The detector of that name: the newest version of it in `models_dir`, or the sidecar at a path
    ending in .json.

    threads: cores for one inference. Raises DetectorBroken when there is none, or when it is
    unusable.
    """
    path = _find(name_or_path, models_dir)
    head = _read_head(path)
    loader = KINDS.get(head.kind or "")
    if loader is None:
        raise DetectorBroken(f"{path}: kind: {head.kind}; accepted: {', '.join(KINDS)}")
    return loader(path, threads)


def _find(name_or_path: str, models_dir: Path) -> Path:
    if name_or_path.endswith(".json"):
        path = Path(name_or_path)
        if not path.is_file():
            raise DetectorBroken(f"{path}: there is no such sidecar")
        return path
    sidecars = list(_sidecars(models_dir))
    fitting = [entry for entry in sidecars if entry[1].name == name_or_path]
    if not fitting and name_or_path == REFERENCE:
        fitting = sidecars
    if not fitting:
        names = sorted({head.name for _, head in sidecars if head.name})
        raise DetectorBroken(
            f"{models_dir}: holds no detector named {name_or_path!r}; "
            f"{'found ' + ', '.join(names) if names else 'there is no sidecar at all'}"
        )
    return max(fitting, key=lambda entry: (_ordinal(entry[1].version), entry[0]))[0]


def _sidecars(models_dir: Path) -> Iterator[tuple[Path, _Head]]:
    """The folder also holds measured figures as JSON; a sidecar is what states its kind."""
    for path in sorted(models_dir.glob("*.json")):
        head = _read_head(path)
        if head.kind is not None:
            yield path, head


def _read_head(path: Path) -> _Head:
    """Without a kind when it is JSON of some other shape. Raises DetectorBroken when it is no
    JSON."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Head)
    except OSError as error:
        raise DetectorBroken(f"{path}: can't be read ({error.strerror})") from error
    except msgspec.ValidationError:
        return _Head()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DetectorBroken(f"{path}: {error}") from error


def _ordinal(version: str) -> tuple[tuple[int, str], ...]:
    """Orders 1.9 before 1.10, and 1.0-rc1 before 1.0: numbers by value, words by letter."""
    parts = re.findall(r"[0-9]+|[^0-9.]+", version)
    return *((int(part), "") if part.isdigit() else (-1, part) for part in parts), (0, "")
