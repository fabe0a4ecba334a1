"""A detection API that already runs somewhere: Verascope asks it and keeps what it says.

The bytes go out as they came in. Certificates are checked, redirects are not followed, answers are
bounded in size and time, and after failures in a row the remote is left alone for a while.
"""

import random
import ssl
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
)

from verascope.detectors.breaker import Breaker
from verascope.detectors.detector import Decision, DetectorCard
from verascope.detectors.image import Picture
from verascope.detectors.image_header import Format
from verascope.detectors.remote_answer import Garbled, read
from verascope.detectors.remote_sidecar import RemoteSidecar, headers_of, read_remote_sidecar
from verascope.errors import DetectorBroken
from verascope.records import Verdict

UNREACHABLE = "The detector can't be reached."
TOO_SLOW = "The detector did not answer in time."
UNREADABLE = "The detector's answer can't be understood."
DECLINED = "The detector does not take this image."
PAUSED = "The detector is left alone for a while after failures in a row."

STATUS = {UNREACHABLE: 503, TOO_SLOW: 504, UNREADABLE: 502, DECLINED: 400, PAUSED: 503}
"""The HTTP status of each reason, also when a stored answer is replayed."""

RETRIED = frozenset({429, 502, 503, 504})
OF_THE_IMAGE = frozenset({400, 413, 415, 422})
"""What an API answers when it does not like the image rather than the request."""

_CHUNK = 65_536
_CONTENT_TYPES = {
    Format.JPEG: "image/jpeg",
    Format.PNG: "image/png",
    Format.GIF: "image/gif",
    Format.BMP: "image/bmp",
    Format.WEBP: "image/webp",
    Format.AVIF: "image/avif",
    Format.HEIF: "image/heic",
    Format.TIFF: "image/tiff",
}

_mine = threading.local()
"""The connection that this thread's request goes over, so that its watch can end it."""


class RemoteDetector:
    """One remote. Threads may call `detect` at once; each has a connection of its own while it does."""

    def __init__(self, sidecar: RemoteSidecar, headers: dict[str, str], source: Path) -> None:
        self._sidecar = sidecar
        self._headers = {**headers, "Accept": "application/json", "Accept-Encoding": "identity"}
        self._source = source
        spec = sidecar.decision
        self._decision = Decision(spec.fake_at, spec.real_at) if spec else Decision(0.5, 0.5)
        self._breaker = Breaker(sidecar.breaker.failures, sidecar.breaker.open_seconds)
        self._ending = threading.Event()
        self._pool = _pool(sidecar, source)

    @classmethod
    def load(cls, sidecar_path: Path, threads: int = 1) -> Self:
        """The remote that `sidecar_path` describes. It is not asked: it may come up later.

        Raises DetectorBroken, naming the file and each wrong field.
        """
        sidecar = read_remote_sidecar(sidecar_path)
        return cls(sidecar, headers_of(sidecar_path, sidecar.request), sidecar_path)

    @property
    def name(self) -> str:
        return self._sidecar.name

    @property
    def version(self) -> str:
        return self._sidecar.version

    @property
    def problem(self) -> str | None:
        return PAUSED if self._breaker.is_open else None

    def describe(self) -> DetectorCard:
        sidecar = self._sidecar
        own = ("The remote decides by thresholds of its own.",) if sidecar.response.label else ()
        return DetectorCard(
            name=sidecar.name,
            version=sidecar.version,
            model_type=sidecar.model_type,
            device="remote",
            decision=self._decision,
            licence=sidecar.licence,
            concurrency=sidecar.concurrency,
            metrics=sidecar.metrics,
            limits=(*sidecar.limits, *own),
        )

    def detect(self, picture: Picture) -> Verdict:
        if not self._breaker.admits():
            raise self._trouble(PAUSED, "the circuit breaker is open")
        try:
            verdict = self._asked(picture)
        except DetectorBroken as broken:
            # A remote that doesn't take one image is well.
            (self._breaker.succeeded if broken.reason == DECLINED else self._breaker.failed)()
            raise
        except BaseException:
            self._breaker.failed()
            raise
        self._breaker.succeeded()
        return verdict

    def close(self) -> None:
        self._ending.set()
        self._pool.close()

    def _asked(self, picture: Picture) -> Verdict:
        """Tries until there is an answer, the attempts are used up, or the time is."""
        sidecar = self._sidecar
        body, content_type = self._form(picture)
        deadline = time.monotonic() + sidecar.timeouts.total
        attempt = 0
        while True:
            attempt += 1
            wanted_wait = 0.0
            try:
                status, headers, answer = self._post(body, content_type, deadline)
            except (NewConnectionError, ConnectTimeoutError, ProtocolError) as error:
                if time.monotonic() >= deadline:
                    raise self._trouble(
                        TOO_SLOW, f"nothing in {sidecar.timeouts.total:g} s"
                    ) from error
                trouble = self._trouble(UNREACHABLE, _first_line(error))
            except ReadTimeoutError as error:
                raise self._trouble(TOO_SLOW, _first_line(error)) from error
            except (HTTPError, OSError, ValueError) as error:
                raise self._trouble(UNREACHABLE, _first_line(error)) from error
            else:
                if time.monotonic() >= deadline:  # the watch may have cut the answer off
                    raise self._trouble(TOO_SLOW, f"nothing whole in {sidecar.timeouts.total:g} s")
                if 200 <= status < 300:
                    return self._verdict(answer)
                trouble = self._refusal(status, headers)
                if status not in RETRIED:
                    raise trouble
                wanted_wait = _retry_after(headers)
            wait = max(wanted_wait, self._pause(attempt))
            if attempt >= sidecar.retries.attempts or time.monotonic() + wait >= deadline:
                raise trouble
            if self._ending.wait(wait):
                raise self._trouble(UNREACHABLE, "this service is stopping")

    def _post(
        self, body: bytes, content_type: str, deadline: float
    ) -> tuple[int, urllib3.HTTPHeaderDict, bytes]:
        times = self._sidecar.timeouts
        left = max(0.001, deadline - time.monotonic())
        timeout = urllib3.Timeout(connect=min(times.connect, left), read=min(times.read, left))
        _mine.connection = _mine.sock = None
        watch = _Watch(left)
        watch.start()
        try:
            answer = self._pool.urlopen(
                "POST",
                _target(self._sidecar.url),
                body=body,
                headers={**self._headers, "Content-Type": content_type},
                retries=False,
                redirect=False,
                timeout=timeout,
                preload_content=False,
                decode_content=False,
            )
            try:
                return answer.status, answer.headers, self._read(answer)
            finally:
                # What is left unread would be taken for the next answer.
                if answer.length_remaining == 0:
                    answer.release_conn()
                else:
                    answer.close()
        finally:
            watch.cancel()

    def _read(self, answer: urllib3.BaseHTTPResponse) -> bytes:
        limit = self._sidecar.max_response_bytes
        body = bytearray()
        while chunk := answer.read(min(_CHUNK, limit + 1 - len(body)), decode_content=False):
            body += chunk
            if len(body) > limit:
                field = "max_response_bytes"
                told = f"{field}: more than {limit} bytes came back."
                raise self._trouble(UNREADABLE, told, told)
        return bytes(body)

    def _verdict(self, answer: bytes) -> Verdict:
        try:
            return read(answer, self._sidecar.response, self._decision, self.version)
        except Garbled as garbled:
            # What came back goes to the log only; the sender of the image learns which field.
            told = f"{garbled.field}: {garbled.wanted} is accepted."
            raise self._trouble(UNREADABLE, str(garbled), told) from None

    def _refusal(self, status: int, headers: urllib3.HTTPHeaderDict) -> DetectorBroken:
        said = f"it answered with status {status}"
        if status in OF_THE_IMAGE:
            return self._trouble(DECLINED, said, f"It answered with status {status}.")
        if 300 <= status < 400:
            to = headers.get("Location", "nowhere")[:80]
            return self._trouble(
                UNREADABLE,
                f"url: {said}, to {to!r}; redirects are not followed",
                "url: it answered with a redirect, which is not followed.",
            )
        reason = UNREACHABLE if status in RETRIED else UNREADABLE
        return self._trouble(reason, said, f"It answered with status {status}.")

    def _trouble(self, reason: str, detail: str, told: str = "") -> DetectorBroken:
        told = f"{told} The failure is recorded; try again, or tell the operator.".strip()
        return DetectorBroken(
            f"{self._source}: {reason} ({detail})", reason=reason, status=STATUS[reason], told=told
        )

    def _pause(self, attempt: int) -> float:
        retries = self._sidecar.retries
        longest = min(retries.longest_wait, retries.wait * 2 ** (attempt - 1))
        return random.uniform(longest / 2, longest)

    def _form(self, picture: Picture) -> tuple[bytes, str]:
        request = self._sidecar.request
        kind = picture.facts.image_format
        content_type = _CONTENT_TYPES[Format(kind)] if kind else "application/octet-stream"
        filename = f"image.{content_type.partition('/')[2]}"
        if request.send_filename and picture.filename:
            filename = picture.filename
        fields: list[tuple[str, Any]] = list(request.fields.items())
        fields.append((request.field, (filename, picture.data, content_type)))
        return urllib3.encode_multipart_formdata(fields)


class _Watch(threading.Timer):
    """Ends this thread's connection when the time is used up: a remote that sends a byte now and
    then would pass every timeout of a single read.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds, _Watch._end, args=(_mine.__dict__,))
        self.daemon = True

    @staticmethod
    def _end(mine: dict[str, Any]) -> None:
        # While it connects and sends, only the connection knows the socket; once an answer without a
        # length has begun, only the answer does.
        sock = mine.get("sock") or getattr(mine.get("connection"), "sock", None)
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(2)


class _Tracked:
    """A connection that its thread's watch knows."""

    def request(self, *args: Any, **named: Any) -> None:
        _mine.connection = self
        super().request(*args, **named)  # type: ignore[misc]
        _mine.sock = self.sock  # type: ignore[attr-defined]


class _PlainConnection(_Tracked, HTTPConnection):
    pass


class _SecureConnection(_Tracked, HTTPSConnection):
    pass


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


def _pool(sidecar: RemoteSidecar, source: Path) -> HTTPConnectionPool:
    url = urllib3.util.parse_url(sidecar.url)
    assert url.host is not None
    if url.scheme == "http":
        return _PlainPool(url.host, url.port, maxsize=sidecar.concurrency)
    try:
        ca_file = None if sidecar.ca_file is None else source.parent / sidecar.ca_file
        trust = ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise DetectorBroken(
            f"{source}: ca_file: {sidecar.ca_file} can't be used ({error})"
        ) from None
    return _SecurePool(url.host, url.port, maxsize=sidecar.concurrency, ssl_context=trust)


def _target(url: str) -> str:
    return urllib3.util.parse_url(url).request_uri


def _retry_after(headers: urllib3.HTTPHeaderDict) -> float:
    """Seconds that the remote asks us to wait; 0 when it says nothing usable (dates are not read)."""
    text = headers.get("Retry-After", "").strip()
    return float(text) if text.isascii() and text.isdigit() and len(text) < 8 else 0.0


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:300]
