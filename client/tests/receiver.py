"""A real HTTP server on the loopback that takes batches like Verascope, and fails on demand."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import struct
import threading
from collections import deque
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable


class Batch:
    """One request as it came. headers: names in lower case."""

    def __init__(self, path: str, headers: dict[str, str], body: bytes) -> None:
        self.path = path
        self.headers = headers
        self.body = body

    @property
    def events(self) -> list[dict[str, Any]]:
        text = gzip.decompress(self.body)
        if self.headers["content-type"] == "application/json":
            found: list[dict[str, Any]] = json.loads(text)
            return found
        return [json.loads(line) for line in text.splitlines()]


Trouble = Callable[["Handler", Batch], None]
"""Answers one request in another way than usual."""


class Receiver:
    """events: what is stored, by id. batches: all requests. troubles: how the next requests are answered, one each;
    `always` answers all of them while it is set. refuse: gives a (code, retryable) to events that are refused.
    """

    def __init__(self) -> None:
        self.events: dict[str, dict[str, Any]] = {}
        self.batches: list[Batch] = []
        self.duplicates = 0
        self.dropped: dict[str, int] = {}
        self.troubles: deque[Trouble] = deque()
        self.always: Trouble | None = None
        self.refuse: Callable[[dict[str, Any]], tuple[str, bool] | None] = lambda event: None
        self.headers: dict[str, str] = {}
        self.release = threading.Event()
        self._lock = threading.Lock()
        self._server: _Server | None = None
        self.port = 0
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ids(self) -> set[str]:
        return set(self.events)

    def start(self) -> None:
        """Listen, on the same port as before."""
        self._server = _Server(("127.0.0.1", self.port), Handler)
        self._server.receiver = self
        self.port = self._server.server_address[1]
        thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        thread.start()

    def stop(self) -> None:
        """Connections are refused from now on, and the open ones are cut."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.cut()
            server.server_close()

    def store(self, events: list[dict[str, Any]]) -> dict[str, Any]:
        """The receipt."""
        errors = []
        stored = duplicate = 0
        with self._lock:
            for index, event in enumerate(events):
                refused = self.refuse(event)
                if refused is None and event["id"] in self.events:
                    refused = None if self.events[event["id"]] == event else ("conflict", False)
                    duplicate += refused is None
                elif refused is None:
                    self.events[event["id"]] = event
                    stored += 1
                if refused is not None:
                    code, retryable = refused
                    errors.append(
                        {
                            "index": index,
                            "id": event["id"],
                            "code": code,
                            "retryable": retryable,
                            "field": "confidence",
                            "value": "?",
                            "accepted": "0 to 100 percent",
                        }
                    )
            self.duplicates += duplicate
        return {
            "received": len(events),
            "stored": stored,
            "duplicate": duplicate,
            "rejected": len(errors),
            "errors": errors,
        }


class Handler(BaseHTTPRequestHandler):
    """Keeps connections open, like the real one."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:
        receiver = self.server.receiver
        body = self.rfile.read(int(self.headers["Content-Length"]))
        batch = Batch(self.path, {k.lower(): v for k, v in self.headers.items()}, body)
        receiver.batches.append(batch)
        trouble = receiver.always or (receiver.troubles.popleft() if receiver.troubles else None)
        if trouble is not None:
            trouble(self, batch)
        else:
            self.accept(batch)

    def accept(self, batch: Batch) -> None:
        receiver = self.server.receiver
        receipt = receiver.store(batch.events)
        sender, dropped = batch.headers["verascope-sender"], int(batch.headers["verascope-dropped"])
        receiver.dropped[sender] = max(dropped, receiver.dropped.get(sender, 0))
        self.answer(200, json.dumps(receipt).encode(), receiver.headers)

    def answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        headers = {"Content-Type": "application/json", **(headers or {})}
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def reset(self) -> None:
        """The connection ends with RST."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    receiver: Receiver

    def __init__(self, *args: Any) -> None:
        self._open: set[socket.socket] = set()
        super().__init__(*args)

    def cut(self) -> None:
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is part of the tests."""


# --- Troubles -------------------------------------------------------------------------------------


def status(code: int, problem: bool = True, **headers: str) -> Trouble:
    """problem: as Verascope says it, else as a proxy might."""

    def answer(handler: Handler, batch: Batch) -> None:
        kind = "application/problem+json" if problem else "text/html"
        body = b'{"title": "No"}' if problem else b"<html>No</html>"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        handler.answer(code, body, {"Content-Type": kind, **named})

    return answer


def reset(handler: Handler, batch: Batch) -> None:
    handler.reset()


def store_and_cut(handler: Handler, batch: Batch) -> None:
    """The events are stored, but the sender gets only half of the receipt."""
    handler.server.receiver.store(batch.events)
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"received": ')
    handler.wfile.flush()
    handler.close_connection = True


def store_and_reset(handler: Handler, batch: Batch) -> None:
    handler.server.receiver.store(batch.events)
    handler.reset()


def hang(handler: Handler, batch: Batch) -> None:
    """No answer until the test ends."""
    handler.server.receiver.release.wait(60)
    handler.close_connection = True


def lie(handler: Handler, batch: Batch) -> None:
    """200 from a captive portal."""
    handler.answer(200, b"<html>Welcome</html>", {"Content-Type": "text/html"})


@contextlib.contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()
    try:
        yield receiver
    finally:
        receiver.release.set()
        receiver.stop()
