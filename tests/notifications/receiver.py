"""A real HTTP server on loopback that answers as a test says and keeps what it was asked."""

import http.server
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Receiver(http.server.BaseHTTPRequestHandler):
    """Answers as the test says and keeps what it was asked."""

    answer: Callable[["Receiver"], None]
    asked: list[tuple[str, dict[str, str], bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.asked.append((self.path, dict(self.headers), body))
        try:
            type(self).answer(self)
        except OSError:
            self.close_connection = True

    def respond(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def receiver(
    answer: Callable[[Receiver], None], tls: ssl.SSLContext | None = None
) -> Iterator[tuple[int, list[tuple[str, dict[str, str], bytes]]]]:
    asked: list[tuple[str, dict[str, str], bytes]] = []
    handler = type("Handler", (Receiver,), {"answer": staticmethod(answer), "asked": asked})

    class Quiet(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that goes away is what some tests want."""

    with Quiet(("127.0.0.1", 0), handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server.server_address[1], asked
        finally:
            server.shutdown()
            thread.join()
