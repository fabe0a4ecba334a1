"""The server as a process of its own, and what the kernel says about it."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Any, Self

START_SECONDS = 120


class Server:
    """`verascope serve` on a free port of the loopback; ended with SIGTERM when the block ends."""

    def __init__(self, home: Path, module: Sequence[str] = ("verascope",), **settings: str) -> None:
        """module: what `python -m` runs with `serve`. settings: VERASCOPE_* without the prefix."""
        self.home = home
        self._module = module
        self._settings = {f"VERASCOPE_{name.upper()}": value for name, value in settings.items()}
        self.port = free_port()
        self.start_seconds = 0.0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def __enter__(self) -> Self:
        self.home.mkdir(parents=True, exist_ok=True)
        environ = {
            **os.environ,
            "VERASCOPE_HOME": str(self.home),
            "VERASCOPE_PORT": str(self.port),
            "VERASCOPE_HOST": "127.0.0.1",
            **self._settings,
        }
        command = [sys.executable, "-m", *self._module, "serve"]
        with (self.home / "server.out").open("wb") as out:
            started = time.perf_counter()
            self._process = subprocess.Popen(
                command, env=environ, stdout=out, stderr=subprocess.STDOUT
            )
        self._wait(started)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise

    def ask(self, path: str, body: object = None) -> Any:
        """The JSON of an answer; a POST when there is a body. Raises RuntimeError for anything but 200."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            if body is None:
                connection.request("GET", path)
            else:
                headers = {"Content-Type": "application/json"}
                connection.request("POST", path, json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path} answered {answer.status}: {text[:300]!r}")
        return json.loads(text)

    def memory_mb(self, field: str) -> float:
        """`VmRSS` (now) or `VmHWM` (the most there was), in MB of 10⁶ bytes."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(f"{field}:"):
                return int(line.split()[1]) * 1024 / 1e6
        raise RuntimeError(f"/proc/{self.pid}/status has no {field}")

    def cpu_seconds(self) -> float:
        """Processor time used so far by all its threads, user and system."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _wait(self, started: float) -> None:
        """Until `/health` answers 200; asked every 5 ms, so that the time of the first answer is known."""
        assert self._process is not None
        while True:
            self.start_seconds = time.perf_counter() - started
            if self._process.poll() is not None:
                said = (self.home / "server.out").read_text("utf-8", "replace")
                raise RuntimeError(f"the server ended with {self._process.returncode}: {said}")
            if answers_health(self.port):
                self.start_seconds = time.perf_counter() - started
                return
            if self.start_seconds > START_SECONDS:
                self._process.kill()
                raise RuntimeError(f"no answer within {START_SECONDS} s")
            time.sleep(0.005)


def answers_health(port: int) -> bool:
    """Whether `/health` on that port of the loopback answers 200."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == 200
        except OSError:
            return False


def free_port() -> int:
    """A port of the loopback that nothing listens on."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
