"""A port that must take connections, and may have to say something."""

import socket
import time

from verascope.errors import shown
from verascope.monitor.probes.connect import Watch, dial, said
from verascope.monitor.probes.probe import Failed, Finding, TcpSettings

MAX_BYTES = 65_536


def check(host: str, port: int, settings: TcpSettings, watch: Watch) -> Finding:
    """Raises Failed when nothing takes the connection."""
    started = time.perf_counter()
    sock = dial(host, port, watch)
    reason = None
    try:
        if settings.send is not None:
            sock.settimeout(watch.left)
            sock.sendall(settings.send.encode())
        if settings.expect is not None:
            reason = _heard(sock, settings.expect, watch)
    except OSError as error:
        if watch.is_over or isinstance(error, TimeoutError):
            raise watch.too_slow() from None
        raise Failed(f"The connection broke off: {said(error)}.") from None
    spent_ms = (time.perf_counter() - started) * 1000
    if (
        reason is None
        and settings.max_response_ms is not None
        and spent_ms > settings.max_response_ms
    ):
        reason = f"It took {spent_ms:.0f} ms; at most {settings.max_response_ms:g} ms are accepted."
    return Finding(ok=reason is None, reason=reason, response_ms=spent_ms)


def _heard(sock: socket.socket, expected: str, watch: Watch) -> str | None:
    """What is wrong with what the other side says; None when it contains `expected`."""
    heard = b""
    while expected.encode() not in heard:
        sock.settimeout(watch.left)
        chunk = sock.recv(4096)
        if watch.is_over:
            raise watch.too_slow()
        heard += chunk
        if not chunk or len(heard) > MAX_BYTES:
            return f"It says {shown(heard[:60].decode('utf-8', 'replace'))}; {shown(expected)} is expected."
    return None
