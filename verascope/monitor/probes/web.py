"""One HTTP request of a probe, bounded in time and size. Nothing is followed or retried here.

The standard library's client over a socket of our own: no proxy of the environment comes between, and the
watch can end it at any moment.
"""

import http.client
import os
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from verascope import __version__
from verascope.clock import DAY
from verascope.monitor.probes.connect import Watch, dial, said, secured, trust
from verascope.monitor.probes.probe import Failed

AGENT = f"verascope-probe/{__version__}"
MAX_SECRET_BYTES = 8_192
_CHUNK = 65_536


@dataclass(frozen=True, slots=True)
class Answer:
    """headers: names in lower case. body: at most the limit; is_cut says that there was more.

    certificate_days: days left of the server's certificate, None without TLS or when it isn't judged.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    is_cut: bool
    response_ms: float
    certificate_days: float | None


def request(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes | None,
    watch: Watch,
    *,
    max_bytes: int,
    verify: bool = True,
    ca_file: str | None = None,
) -> Answer:
    """Raises Failed when there is no whole answer: unreachable, too slow, cut off, not HTTP."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    is_secure = parts.scheme == "https"
    port = parts.port or (443 if is_secure else 80)
    started = time.perf_counter()
    connection = http.client.HTTPConnection(host, port)
    # It would open a second connection by itself when the first is closed early.
    connection.auto_open = 0
    connection.default_port = 443 if is_secure else 80
    plain = dial(host, port, watch)
    days = None
    if is_secure:
        try:
            wrapped = secured(plain, trust(verify, ca_file), host, watch)
        except ssl.SSLCertVerificationError as error:
            raise Failed(f"The certificate is not accepted: {error.verify_message}.") from None
        days = _days_left(wrapped)
        connection.sock = wrapped
    else:
        connection.sock = plain
    connection.sock.settimeout(watch.left)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        sent = {"User-Agent": AGENT, "Accept": "*/*", "Accept-Encoding": "identity"}
        sent |= {"Connection": "close"} | dict(headers)
        with suppress(BrokenPipeError, ConnectionResetError):
            # A server may answer before it has read everything.
            connection.request(method, target, body=body, headers=sent)
        reply = connection.getresponse()
        found = _body(reply, max_bytes, watch)
    except Failed:
        raise
    except http.client.IncompleteRead as error:
        if watch.is_over:
            raise watch.too_slow() from None
        expected = "" if error.expected is None else f", {error.expected} more were announced"
        raise Failed(f"The answer ends early: {len(error.partial)} bytes came{expected}.") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        if watch.is_over or isinstance(error, TimeoutError):
            raise watch.too_slow() from None
        raise Failed(f"The answer broke off: {_trouble(error)}.") from None
    finally:
        connection.close()
    if watch.is_over:
        # The watch may have cut off an answer without a length; it looks whole.
        raise watch.too_slow()
    missing = reply.length
    if missing and len(found) <= max_bytes:
        raise Failed(
            f"The answer ends early: {len(found)} bytes came, {missing} more were announced."
        )
    return Answer(
        status=reply.status,
        headers={name.lower(): value for name, value in reply.getheaders()},
        body=bytes(found[:max_bytes]),
        is_cut=len(found) > max_bytes,
        response_ms=(time.perf_counter() - started) * 1000,
        certificate_days=days,
    )


def _body(reply: http.client.HTTPResponse, max_bytes: int, watch: Watch) -> bytearray:
    """The body, and at most one byte more than the limit."""
    found = bytearray()
    while len(found) <= max_bytes and (
        chunk := reply.read(min(_CHUNK, max_bytes + 1 - len(found)))
    ):
        found += chunk
        _ = watch.left
    return found


def with_secrets(
    headers: Mapping[str, str], environ: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """`headers` with what `env:NAME` and `file:PATH` stand for. Raises Failed, never repeating a value."""
    found = {}
    for name, written in headers.items():
        value, (source, _, place) = written, written.partition(":")
        match source:
            case "env":
                value = environ.get(place, "")
                trouble = f"the variable {place} is not set"
            case "file":
                value = _of_file(place)
                trouble = f"the file {place} can't be read, or is empty"
            case _:
                trouble = "it is empty"
        if not value:
            raise Failed(f"The header {name} has no value: {trouble}.")
        if not is_header_value(value):
            raise Failed(f"The header {name} has characters that no header may have.")
        found[name] = value
    return found


def is_header_value(text: str) -> bool:
    return text.isprintable() and text.isascii()


def _of_file(place: str) -> str:
    try:
        with Path(place).open("rb") as file:
            return file.read(MAX_SECRET_BYTES).decode("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _days_left(wrapped: ssl.SSLSocket) -> float | None:
    """What a checked certificate says; one that was not checked tells nothing here."""
    ends = (wrapped.getpeercert() or {}).get("notAfter")
    if not isinstance(ends, str):
        return None
    left = ssl.cert_time_to_seconds(ends) - datetime.now(UTC).timestamp()
    return left / DAY


def _trouble(error: BaseException) -> str:
    if isinstance(error, http.client.RemoteDisconnected):
        return "the server closed the connection without an answer"
    if isinstance(error, http.client.BadStatusLine):
        return "what came back is not HTTP"
    return said(error)
