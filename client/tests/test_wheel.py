"""The distribution: built without network, imported from the wheel alone."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

HERE = Path(__file__).parents[1]


@pytest.mark.slow
def test_the_wheel_can_be_built_and_used_without_anything_else(tmp_path: Path) -> None:
    built = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"),
            *("--no-index", "--disable-pip-version-check", "--wheel-dir", str(tmp_path), str(HERE)),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("verascope_client-0.1.0-py3-none-any.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "verascope_client/py.typed" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    metadata = zipfile.ZipFile(wheel).read("verascope_client-0.1.0.dist-info/METADATA").decode()
    assert "Requires-Python: >=3.9" in metadata
    assert "Requires-Dist" not in metadata
    # Isolated, without the site's packages: nothing but the standard library is there.
    program = (
        f"import sys; sys.path.insert(0, {str(wheel)!r})\n"
        "import verascope_client, verascope_client.testing\n"
        "assert '.whl' in verascope_client.__file__\n"
        "print(verascope_client.__version__)"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-W", "error", "-c", program],
        env={**os.environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "0.1.0\n"), done.stderr
