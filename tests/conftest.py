"""What many tests share: generated pictures, a tiny model, and real servers on free ports in homes
of their own.
"""

import contextlib
import hashlib
import io
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from tests.detectors.conftest import OnnxWriter

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 60
STOP_SECONDS = 40


def picture(
    shade: int = 200, width: int = 64, height: int = 48, image_format: str = "PNG", seed: int = 0
) -> bytes:
    """An encoded grey picture with a little noise; another seed gives other bytes.

    The tiny model calls bright ones fake, dark ones real, and those around 128 uncertain.
    """
    noise = np.random.default_rng(seed).integers(-6, 7, size=(height, width, 3))
    pixels = np.clip(shade + noise, 0, 255).astype(np.uint8)
    target = io.BytesIO()
    Image.fromarray(pixels).save(target, image_format)
    return target.getvalue()


OVERFLOWING = 3e38

FAKE, REAL, UNCERTAIN = 230, 25, 128
"""Shades and what the tiny model says to them."""


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sidecar of a model of a few hundred bytes, which judges by brightness alone."""
    return write_model(tmp_path_factory.mktemp("model"))


def write_model(folder: Path, *, version: str = "1.0.0", scale: float = 1.0) -> Path:
    """scale: what brightness is multiplied by; `OVERFLOWING` makes a detector that loads and fails
    on bright images.
    """
    model = OnnxWriter().model(weights=[[scale, scale, scale]], bias=[0.0])
    (folder / "tiny.onnx").write_bytes(model)
    sidecar = {
        "name": "tiny",
        "version": version,
        "kind": "onnx",
        "file": "tiny.onnx",
        "sha256": hashlib.sha256(model).hexdigest(),
        "model_type": "mean brightness",
        "licence": "Apache-2.0",
        "input": {
            "name": "pixels",
            "layout": "NCHW",
            "size": 8,
            "resize_short_side": 8,
            "resample": "bilinear",
            "color": "RGB",
            "mean": [0.5, 0.5, 0.5],
            "std": [0.25, 0.25, 0.25],
        },
        "output": {"name": "score", "kind": "logit", "classes": ["fake"]},
        "calibration": {"kind": "none"},
        "decision": {"fake_at": 0.7, "real_at": 0.3},
        "metrics": {"accuracy": 91.5},
        "limits": ["knows brightness only"],
    }
    path = folder / "tiny.json"
    path.write_text(json.dumps(sidecar))
    return path


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that starts servers of its own takes seconds."""
    for item in items:
        if "start" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """A real server process; its home, its address and its database."""

    def __init__(self, home: Path, environ: dict[str, str], *args: str) -> None:
        self.home = home
        self.port = int(environ["VERASCOPE_PORT"])
        self.url = f"http://127.0.0.1:{self.port}"
        self.lines: list[str] = []
        self.errors: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "verascope", "serve", *args],
            env=environ,
            cwd=home,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._ready = threading.Event()
        pairs = ((self.process.stdout, self.lines), (self.process.stderr, self.errors))
        self._followers = [
            threading.Thread(target=self._follow, args=pair, daemon=True) for pair in pairs
        ]
        for follower in self._followers:
            follower.start()

    def _follow(self, stream: Any, lines: list[str]) -> None:
        with stream:
            for line in stream:
                lines.append(line.rstrip("\n"))
                if line.startswith("Verascope is ready"):
                    self._ready.set()
        if lines is self.lines:
            self._ready.set()

    def wait_until_ready(self) -> "Server":
        self._ready.wait(START_SECONDS)
        if not self.lines:
            raise AssertionError(f"the server did not start: {self.errors}")
        return self

    def settled_errors(self) -> list[str]:
        """All that an ended process wrote to stderr."""
        for follower in self._followers:
            follower.join(STOP_SECONDS)
        return self.errors

    def client(self, **options: Any) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=30, trust_env=False, **options)

    def predict(self, image: bytes, /, **options: Any) -> httpx.Response:
        """POST /predict with the image in the field `file`."""
        name = options.pop("filename", "picture.png")
        with self.client() as client:
            return client.post("/predict", files={"file": (name, image)}, **options)

    def get(self, path: str, **options: Any) -> httpx.Response:
        with self.client() as client:
            return client.get(path, **options)

    def rows(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        """What is stored, read as any other program would."""
        path = self.home / "analytics" / "analytics.db"
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            return connection.execute(sql, values).fetchall()

    def count(self) -> int:
        (row,) = self.rows("SELECT COUNT(*) FROM predictions")
        return int(row[0])

    def stop(self, how: int = signal.SIGTERM) -> int:
        """The exit code after a signal."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        code = self.process.wait(STOP_SECONDS)
        self.settled_errors()
        return code


@pytest.fixture(scope="session")
def environ(tiny_model: Path) -> Callable[..., dict[str, str]]:
    """The environment of a Verascope process with this home; `settings` are VERASCOPE_* without the
    prefix.
    """

    def make(home: Path, **settings: object) -> dict[str, str]:
        ours = {
            name: value for name, value in os.environ.items() if not name.startswith("VERASCOPE_")
        }
        chosen = {"home": home, "detection_detector": tiny_model, **settings}
        return {
            **ours,
            **{f"VERASCOPE_{name.upper()}": str(value) for name, value in chosen.items()},
            "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
            "PYTHONUNBUFFERED": "1",
        }

    return make


@pytest.fixture
def start(
    tmp_path: Path, environ: Callable[..., dict[str, str]]
) -> Iterator[Callable[..., Server]]:
    """Starts servers that end with the test. `wait=False` returns at once, for servers that refuse
    to start.
    """
    started: list[Server] = []

    def begin(home: Path | None = None, *, wait: bool = True, **settings: object) -> Server:
        home = home or tmp_path / "home"
        home.mkdir(parents=True, exist_ok=True)
        settings.setdefault("port", free_port())
        server = Server(home, environ(home, **settings))
        started.append(server)
        return server.wait_until_ready() if wait else server

    yield begin
    for server in started:
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait()


@pytest.fixture(scope="session")
def server(
    tmp_path_factory: pytest.TempPathFactory, environ: Callable[..., dict[str, str]]
) -> Iterator[Server]:
    """One server for all tests that don't mind what others recorded."""
    home = tmp_path_factory.mktemp("home")
    running = Server(home, environ(home, port=free_port())).wait_until_ready()
    yield running
    assert running.stop() == 0, running.errors


@pytest.fixture
def run(
    tmp_path: Path, environ: Callable[..., dict[str, str]]
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the command `verascope` to its end, in the home of the test."""

    def execute(
        *args: str, home: Path | None = None, **settings: object
    ) -> subprocess.CompletedProcess[str]:
        home = home or tmp_path / "home"
        home.mkdir(parents=True, exist_ok=True)
        return subprocess.run(
            [sys.executable, "-m", "verascope", *args],
            env=environ(home, **settings),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )

    return execute
