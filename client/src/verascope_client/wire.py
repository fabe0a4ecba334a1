"""One connection to the server, kept open."""

from __future__ import annotations

import codecs
import gzip
import http.client
import platform
import ssl
from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import urlsplit

from verascope_client.version import __version__

PATH = "/api/v1/predictions"
USER_AGENT = (
    f"verascope-client/{__version__} (python {'.'.join(platform.python_version_tuple()[:2])})"
)
MAX_ANSWER = 8_000_000
"""Bytes; a receipt with an error for each of 10,000 events is smaller."""

# Looking up a host needs this codec. Loaded by the first connection, it could be half loaded in a thread while the
# host forks: the child inherits the lock of that import, which nobody there will ever give back, and never sends.
codecs.lookup("idna")


class Answer(NamedTuple):
    """headers: names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Wire:
    """Raises ValueError when the address is none."""

    def __init__(
        self, url: str, key: str | None, timeout: float, tls: ssl.SSLContext | None
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"url: must be http://HOST[:PORT] or https://…, not {url!r}")
        if parts.query or parts.fragment or parts.username or parts.password:
            raise ValueError("url: must have no user, query or fragment")
        self.place = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
        self._host = parts.hostname
        self._port = parts.port
        self._path = parts.path.rstrip("/") + PATH
        self._timeout = timeout
        self._tls = (tls or ssl.create_default_context()) if parts.scheme == "https" else None
        self._key = key
        self._connection: http.client.HTTPConnection | None = None

    @property
    def shows_key(self) -> bool:
        """Whether the key travels in the clear beyond this machine."""
        is_near = self._host in ("localhost", "::1") or self._host.startswith("127.")
        return self._key is not None and self._tls is None and not is_near

    def send(self, body: bytes, content_type: str, sender: str, dropped: int) -> Answer:
        """Raises OSError or http.client.HTTPException when there is no answer."""
        headers = {
            "Content-Type": content_type,
            "Content-Encoding": "gzip",
            "User-Agent": USER_AGENT,
            "Accept": "application/json, application/problem+json",
            "Verascope-Sender": sender,
            "Verascope-Dropped": str(dropped),
        }
        if self._key is not None:
            headers["Authorization"] = f"Bearer {self._key}"
        was_open = self._connection is not None
        if not was_open:
            # First of all: a server that is away costs no packing.
            self._connection = self._opened()
        packed = gzip.compress(body, 1, mtime=0)
        if was_open:
            # The server may have closed it while it was idle. Sending again is safe: events carry their ids.
            with suppress(ConnectionError, http.client.BadStatusLine):
                return self._exchange(packed, headers)
        return self._exchange(packed, headers)

    def close(self) -> None:
        """The next `send` opens a new one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(OSError):
                connection.close()

    def _exchange(self, packed: bytes, headers: dict[str, str]) -> Answer:
        try:
            if self._connection is None:
                self._connection = self._opened()
            self._connection.request("POST", self._path, packed, headers)
            answer = self._connection.getresponse()
            body = answer.read(MAX_ANSWER + 1)
            if len(body) > MAX_ANSWER:
                raise http.client.HTTPException("the answer has no end")
            if answer.will_close:
                self.close()
        except BaseException:
            self.close()
            raise
        return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, body)

    def _opened(self) -> http.client.HTTPConnection:
        connection: http.client.HTTPConnection
        if self._tls is None:
            connection = http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)
        else:
            connection = http.client.HTTPSConnection(
                self._host, self._port, timeout=self._timeout, context=self._tls
            )
        try:
            connection.connect()
        except BaseException:
            connection.close()
            raise
        return connection
