"""The set-up: locked without naming anybody's host, nothing built is committed, and one line says what is missing."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.lock", "requirements-dev.lock")
NPM_LOCK = ROOT / "web" / "package-lock.json"

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))

# Import name → distribution, where they differ.
DISTRIBUTIONS = {
    "PIL": "pillow",
    "backports": "backports-zstd",
    "dns": "dnspython",
    "compression": "backports-zstd",  # what it is called in Python's own library from 3.14 on
    "pynvml": "nvidia-ml-py",
    "prometheus_client": "prometheus-client",
    "pydantic_core": "pydantic",
}

USED_WITHOUT_IMPORT = {
    "httptools": "uvicorn's parser, chosen by name",
    "uvloop": "uvicorn's event loop, chosen by name",
    "python-multipart": "Starlette's form parser",
    "tzdata": "the time zones of machines without their own",
}


def pins(lock: str) -> dict[str, str]:
    """requirement → everything that belongs to it."""
    text = (ROOT / lock).read_text("utf-8")
    blocks = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)
    return {
        block.split(" ", 1)[0]: block for block in blocks if block and not block.startswith("#")
    }


@pytest.mark.parametrize("lock", LOCKS)
def test_every_requirement_is_pinned_with_hashes(lock: str) -> None:
    found = pins(lock)
    assert len(found) > 30
    for name, block in found.items():
        assert "==" in name, name
        assert "--hash=sha256:" in block, name


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_host(lock: str) -> None:
    text = (ROOT / lock).read_text("utf-8")
    assert re.findall(r"://|--index-url|--extra-index-url|--find-links|@ file", text) == []


def test_the_front_ends_lock_names_no_host_and_has_hashes() -> None:
    text = NPM_LOCK.read_text("utf-8")
    assert '"resolved"' not in text
    assert text.count('"integrity"') > 50


def test_development_and_product_agree_on_every_version() -> None:
    product, development = (set(pins(lock)) for lock in LOCKS)
    assert product <= development


def test_the_lock_holds_what_the_project_declares() -> None:
    locked = {pin.split("==")[0] for pin in pins("requirements.lock")}
    declared = {requirement_name(text) for text in PROJECT["project"]["dependencies"]}
    built_with = {requirement_name(text) for text in PROJECT["build-system"]["requires"]}
    assert declared | built_with <= locked


def requirement_name(text: str) -> str:
    found = re.match(r"[A-Za-z0-9_.-]+", text)
    assert found
    return found[0].lower().replace("_", "-")


def imported() -> Iterator[str]:
    """Distributions that the product's code imports."""
    for path in (ROOT / "verascope").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                modules = [node.module]
            else:
                continue
            for module in modules:
                top = module.partition(".")[0]
                if top not in sys.stdlib_module_names and top != "verascope":
                    yield DISTRIBUTIONS.get(top, top.replace("_", "-"))


def test_dependencies_are_exactly_what_is_used() -> None:
    optional = {
        requirement_name(text)
        for texts in PROJECT["project"]["optional-dependencies"].values()
        for text in texts
    }
    declared = {requirement_name(text) for text in PROJECT["project"]["dependencies"]}
    # Named as a resource folder, not imported.
    used = {*imported(), "fastapi-offline"} - optional
    assert declared - set(USED_WITHOUT_IMPORT) == used - set(USED_WITHOUT_IMPORT)


@pytest.mark.parametrize(
    "path",
    [
        "verascope/web_dist/index.html",
        "web/node_modules/react/index.js",
        "analytics/analytics.db",
        "analytics/secret.key",
        "analytics/notify.key",
        "logs/enterprise_monitoring.log",
        "config/monitoring.json",
        ".venv/bin/python",
    ],
)
def test_is_ignored_by_git(path: str) -> None:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        ignored = (ROOT / ".gitignore").read_text("utf-8").split()
        assert any(path.startswith(line.strip("/")) or line.strip("/") in path for line in ignored)
        return
    done = subprocess.run(["git", "check-ignore", "-q", path], cwd=ROOT, check=False)
    assert done.returncode == 0


def test_the_model_and_the_example_of_the_settings_are_not_ignored() -> None:
    ignored = (ROOT / ".gitignore").read_text("utf-8").split()
    assert not [line for line in ignored if line.strip("/") in {"models", "config", "*.onnx"}]


def test_api_main_without_an_installation_says_in_one_line_what_to_run(tmp_path: Path) -> None:
    checkout = tmp_path / "a checkout"
    (checkout / "verascope").mkdir(parents=True)
    (checkout / "verascope" / "__init__.py").touch()
    shutil.copytree(ROOT / "api", checkout / "api", ignore=shutil.ignore_patterns("__pycache__"))
    done = subprocess.run(
        # Isolated and without site-packages: as bare as an interpreter gets.
        [sys.executable, "-I", "-S", checkout / "api" / "main.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == f"Verascope is not installed yet; run `make serve` in {checkout}.\n"


def test_the_licence_is_apache_2() -> None:
    text = (ROOT / "LICENSE").read_text("utf-8")
    assert "Apache License\n                           Version 2.0, January 2004" in text
    assert "Copyright 2026 The Verascope authors" in text
    assert PROJECT["project"]["license"] == "Apache-2.0"


def test_continuous_integration_runs_make_test() -> None:
    script = ROOT / ".ci" / "run"
    text = script.read_text("utf-8")
    assert "make test" in text
    assert "export CI=true" in text
    assert script.stat().st_mode & 0o100


@pytest.mark.slow
@pytest.mark.parametrize(
    ("reason", "ci", "outcome"),
    [
        ("no browser here", "true", "error"),
        ("needs ../shared", "true", "skipped"),
        ("no browser here", "", "skipped"),
    ],
)
def test_in_continuous_integration_a_skip_fails_unless_it_needs_shared(
    tmp_path: Path, reason: str, ci: str, outcome: str
) -> None:
    (tmp_path / "test_it.py").write_text(
        f"import pytest\n@pytest.mark.skip(reason={reason!r})\ndef test_it(): pass\n"
    )
    (tmp_path / "pytest.ini").touch()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "tests.ci_rules", "test_it.py"],
        cwd=tmp_path,
        env={**os.environ, "CI": ci, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert f"1 {outcome}" in done.stdout
    assert (done.returncode == 0) == (outcome == "skipped")
