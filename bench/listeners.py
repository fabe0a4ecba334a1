"""Many listeners of the live feed in a process of their own: plain asyncio protocols on sockets.

The parent writes `report` on stdin to read, as one JSON line, what was heard since the last time. A latency is the
time from an image's arrival at the server, which the event carries, to its event's arrival here: one clock, one machine.
"""

import asyncio
import json
import re
import resource
import subprocess
import sys
import time
from datetime import datetime
from types import TracebackType
from typing import Any, Self, cast

import uvloop

_REQUEST = b"GET /api/v1/live HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n"
_TIMESTAMP = re.compile(rb'"timestamp": ?"([^"]+)"')
_END = b"\n\n"


class Listeners:
    """The parent's end. `n` connections are open and greeted once the block begins."""

    def __init__(self, port: int, n: int) -> None:
        self._command = [sys.executable, "-m", "bench.listeners", str(port), str(n)]
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        if self._process.stdout.readline().strip() != "ready":
            self._process.kill()
            raise RuntimeError("the listeners could not connect")
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
        self._process.wait(60)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def heard(self) -> tuple[list[float], int]:
        """Milliseconds from arrival to event, one for each listener and event since the last call; listeners left."""
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("report\n")
        self._process.stdin.flush()
        found: dict[str, Any] = json.loads(self._process.stdout.readline())
        return found["milliseconds"], found["connected"]


class _Ears:
    """What all listeners share."""

    def __init__(self, n: int) -> None:
        self.milliseconds: list[float] = []
        self.connected = 0
        self.greeted = 0
        self.all_greeted = asyncio.Event()
        self._n = n
        self._known: dict[bytes, list[float]] = {}

    def hear(self, event: bytes) -> None:
        """One complete event. Its text is the same for every listener, so it is read once."""
        if b"event: hello" in event:
            self.greeted += 1
            if self.greeted == self._n:
                self.all_greeted.set()
            return
        if b"event: prediction" not in event:
            return
        now = time.time()
        data = event[event.index(b"data:") :]
        if data not in self._known:
            if len(self._known) > 1000:
                self._known.clear()
            self._known[data] = [
                datetime.fromisoformat(found.decode()).timestamp()
                for found in _TIMESTAMP.findall(data)
            ]
        self.milliseconds += [(now - at) * 1000 for at in self._known[data]]


class _Listener(asyncio.Protocol):
    def __init__(self, ears: _Ears) -> None:
        self._ears = ears
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are such without being derived from it.
        cast(asyncio.WriteTransport, transport).write(_REQUEST)
        self._ears.connected += 1

    def data_received(self, data: bytes) -> None:
        # The sizes of HTTP chunks stand between events and contain no empty line of this kind.
        *events, self._rest = (self._rest + data).split(_END)
        for event in events:
            self._ears.hear(event)

    def connection_lost(self, exc: Exception | None) -> None:
        self._ears.connected -= 1


async def _listen(port: int, n: int) -> None:
    loop = asyncio.get_running_loop()
    ears = _Ears(n)
    for _ in range(n):
        await loop.create_connection(lambda: _Listener(ears), "127.0.0.1", port)
    await asyncio.wait_for(ears.all_greeted.wait(), 60)
    print("ready", flush=True)
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.readline():
        found = {"milliseconds": ears.milliseconds, "connected": ears.connected}
        ears.milliseconds = []
        print(json.dumps(found), flush=True)


def allow_many_files() -> None:
    """Raise the soft limit of open files to the hard one: a listener is one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


if __name__ == "__main__":
    allow_many_files()
    uvloop.run(_listen(int(sys.argv[1]), int(sys.argv[2])))
