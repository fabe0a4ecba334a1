"""A name in the settings finds its detector, or one clear line says why not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from verascope.detectors import load
from verascope.errors import DetectorBroken

Install = Callable[..., Path]


def test_the_reference_is_the_newest_version_by_number_not_by_letter(
    install: Install, onnx_writer: Any, tmp_path: Path
) -> None:
    for number, version in enumerate(("1.9.0", "1.10.0", "1.10.0-rc1")):
        path = install(onnx_writer.model(), f"file{number}", name="reference", version=version)
    assert load("reference", path.parent).version == "1.10.0"


def test_without_a_sidecar_of_that_name_the_reference_is_the_newest_of_any(
    install: Install, onnx_writer: Any, tmp_path: Path
) -> None:
    install(onnx_writer.model(), "faces", version="2.0")
    assert load("reference", tmp_path).name == "faces"
    install(onnx_writer.model(), "own", name="reference", version="1.0")
    assert load("reference", tmp_path).version == "1.0"


def test_a_detector_is_found_by_its_own_name_or_path(
    install: Install, onnx_writer: Any, tmp_path: Path
) -> None:
    path = install(onnx_writer.model(), "faces")
    install(onnx_writer.model(), "other")
    assert load("faces", tmp_path).name == "faces"
    assert load(str(path), tmp_path / "nowhere").name == "faces"


def test_json_that_is_no_sidecar_is_passed_over(
    install: Install, onnx_writer: Any, tmp_path: Path
) -> None:
    install(onnx_writer.model(), "faces")
    (tmp_path / "figures.json").write_text('{"auc": 0.9}')
    (tmp_path / "list.json").write_text("[1, 2]")
    assert load("reference", tmp_path).name == "faces"


def test_a_name_nobody_has_lists_the_names_there_are(
    install: Install, onnx_writer: Any, tmp_path: Path
) -> None:
    install(onnx_writer.model(), "faces")
    with pytest.raises(DetectorBroken, match=r"no detector named 'voices'; found faces"):
        load("voices", tmp_path)


def test_an_empty_or_absent_folder_says_that_there_is_no_sidecar(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "absent"):
        with pytest.raises(DetectorBroken, match="no sidecar at all"):
            load("reference", folder)
    with pytest.raises(DetectorBroken, match="no such sidecar"):
        load(str(tmp_path / "absent.json"), tmp_path)


def test_an_unknown_kind_names_the_accepted_ones(
    install: Install, onnx_writer: Any, tmp_path: Path
) -> None:
    install(onnx_writer.model(), "faces", kind="torch")
    with pytest.raises(DetectorBroken, match=r"faces\.json: kind: torch; accepted: onnx"):
        load("faces", tmp_path)


def test_a_broken_sidecar_in_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "half.json").write_text('{"name": "refer')
    with pytest.raises(DetectorBroken, match=r"half\.json"):
        load("reference", tmp_path)
