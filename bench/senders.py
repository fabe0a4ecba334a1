"""A light HTTP client in a process of its own: raw asyncio sockets, requests built in advance, answers barely read.

The parent writes one JSON line a task on stdin and reads one JSON line of results. Between tasks the process sleeps, so
that it costs nothing while other things are measured.
"""

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import uvloop

from bench import pictures


class Senders:
    """The parent's end."""

    def __init__(self, port: int, folder: Path, files: list[bytes], *, ready: bool = False) -> None:
        """files: images for `/predict`, or whole requests when they are `ready`."""
        self._command = [sys.executable, "-m", "bench.senders", str(port)]
        for number, data in enumerate(files):
            path = folder / f"request-{number}"
            path.write_bytes(data if ready else request_of(data))
            self._command.append(str(path))
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def send(
        self, connections: int, *, requests: int = 0, seconds: float = 0.0, per_second: float = 0.0
    ) -> tuple[list[float], float]:
        """Send that many requests, or for so long; at most so many a second. Milliseconds each took; seconds in all.

        Raises RuntimeError when an answer was not 200.
        """
        self.begin(connections, requests=requests, seconds=seconds, per_second=per_second)
        return self.finish()

    def begin(
        self, connections: int, *, requests: int = 0, seconds: float = 0.0, per_second: float = 0.0
    ) -> None:
        """`send` without waiting for its end."""
        assert self._process is not None
        assert self._process.stdin is not None
        task = {
            "connections": connections,
            "requests": requests,
            "seconds": seconds,
            "per_second": per_second,
        }
        self._process.stdin.write(json.dumps(task) + "\n")
        self._process.stdin.flush()

    def finish(self) -> tuple[list[float], float]:
        """The results of what was begun."""
        assert self._process is not None
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the sending process ended")
        found: dict[str, Any] = json.loads(line)
        if found["refused"]:
            raise RuntimeError(f"answers that were not 200: {found['refused'][:3]}")
        return found["milliseconds"], found["seconds"]


def request_of(data: bytes) -> bytes:
    """The bytes of a `POST /predict` with this image."""
    boundary = b"bench-boundary"
    body = (
        b"--" + boundary + b"\r\n"
        b'Content-Disposition: form-data; name="file"; filename="image"\r\n'
        b"Content-Type: application/octet-stream\r\n\r\n" + data + b"\r\n--" + boundary + b"--\r\n"
    )
    head = (
        "POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Content-Type: multipart/form-data; boundary={boundary.decode()}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def batch_request_of(events: list[dict[str, Any]]) -> bytes:
    """The bytes of a `POST /api/v1/predictions` with these events."""
    body = json.dumps(events).encode()
    head = (
        "POST /api/v1/predictions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class _Task:
    """What all connections of one task share."""

    def __init__(
        self, requests: list[bytes], wanted: int, seconds: float, per_second: float
    ) -> None:
        self.requests = requests
        self.milliseconds: list[float] = []
        self.refused: list[str] = []
        self._wanted = wanted
        self._begin = time.perf_counter()
        self._end = self._begin + seconds if seconds else float("inf")
        self._gap = 1 / per_second if per_second else 0.0
        self._sent = 0

    def next(self) -> tuple[bytes, float] | None:
        """The next request and when it is due; None when the task is over."""
        if (self._wanted and self._sent >= self._wanted) or time.perf_counter() >= self._end:
            return None
        due = self._begin + self._sent * self._gap
        request = self.requests[self._sent % len(self.requests)]
        self._sent += 1
        return request, due


async def _connection(port: int, task: _Task) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        while (following := task.next()) is not None:
            request, due = following
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            started = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
            body = await reader.readexactly(length)
            task.milliseconds.append((time.perf_counter() - started) * 1000)
            if not head.startswith(b"HTTP/1.1 200"):
                task.refused.append(f"{head[:40]!r} {body[:200]!r}")
    finally:
        writer.close()


async def _perform(port: int, requests: list[bytes], asked: dict[str, Any]) -> dict[str, Any]:
    task = _Task(requests, asked["requests"], asked["seconds"], asked["per_second"])
    started = time.perf_counter()
    await asyncio.gather(*(_connection(port, task) for _ in range(asked["connections"])))
    seconds = time.perf_counter() - started
    return {"milliseconds": task.milliseconds, "seconds": seconds, "refused": task.refused}


def main() -> None:
    port, *paths = sys.argv[1:]
    requests = [Path(path).read_bytes() for path in paths] or [request_of(pictures.tiny())]
    for line in sys.stdin:
        found = uvloop.run(_perform(int(port), requests, json.loads(line)))
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
