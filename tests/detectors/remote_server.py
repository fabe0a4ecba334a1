"""A detection API on loopback that answers as a test tells it to."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Request:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Reply:
    """status, body and headers of an answer; `raw` is sent instead of all of it."""

    body: object = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None


class Remote:
    """`replies` are given one after the other, the last one again and again. A reply may be a function
    that gets the socket and says everything itself.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.replies: list[Reply | Callable[[socket.socket], None]] = []
        self.requests: list[Request] = []
        self.ended = threading.Event()

    def answers(self, *replies: object) -> None:
        self.replies = [
            reply if isinstance(reply, Reply) or callable(reply) else Reply(reply)
            for reply in replies
        ]


@contextmanager
def remote() -> Iterator[Remote]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.requests.append(Request(self.path, dict(self.headers), body))
            reply = told.replies.pop(0) if len(told.replies) > 1 else told.replies[0]
            if not isinstance(reply, Reply):
                self.close_connection = True
                reply(self.connection)
                return
            if reply.raw is not None:
                self.close_connection = True
                self.wfile.write(reply.raw)
                return
            content = (
                reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
            )
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: Any) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, *args: Any) -> None:
            pass  # the other side went away, as it should

    with Quiet(("127.0.0.1", 0), Handler) as server:
        told = Remote(f"http://127.0.0.1:{server.server_port}/v1/analyse?mode=full")
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield told
        finally:
            told.ended.set()
            server.shutdown()
            thread.join()
