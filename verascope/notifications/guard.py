"""Requests to addresses that people write into channels, so that none of them reaches what only we can reach (SSRF).

The name is resolved here, every address it has is judged, and the connection goes to a judged address and to no other,
so a name that changes its mind in between changes nothing. Redirects are not followed, answers are cut, and a receiver
that drips its answer is cut off.

Which networks are not public: the IANA special-purpose registries (RFC 6890), as `ipaddress` knows them.
"""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any
from urllib.parse import SplitResult, urlsplit

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, SSLError

CONNECT_SECONDS = 5.0
READ_SECONDS = 10.0
TOTAL_SECONDS = 20.0
ANSWER_BYTES = 16_384
USER_AGENT = "Verascope"

_NAT64 = IPv6Network("64:ff9b::/96")
_METADATA = frozenset(
    ip_address(text)
    for text in (
        "100.100.100.200",  # Alibaba
        "168.63.129.16",  # Azure's platform; it looks public and answers virtual machines only
        "192.0.0.192",  # Oracle
        "fd00:ec2::254",  # Amazon
    )
)
"""Where clouds tell machines their secrets, beside the link-local 169.254.169.254."""

_NOT_PUBLIC = tuple(
    ip_network(text)
    for text in (
        "192.0.0.0/24",
        "192.88.99.0/24",
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/23",
        "3fff::/20",
        "5f00::/16",
    )
)
"""Special-purpose networks that `is_global` of Python 3.11 lets pass."""

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Sequence[str]]


class NotAllowed(Exception):
    """The address may not be asked, whatever is there. The text says why."""


class Unreachable(OSError):
    """No whole answer came. The text says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """text: the beginning of the body, fit to be shown. retry_after: seconds the receiver asked us to wait, or 0."""

    status: int
    text: str
    retry_after: float


def resolved(host: str, port: int) -> list[str]:
    """Every address of a name. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def objection(address: Address, *, allow_private: bool) -> str | None:
    """Why an address may not be asked; None when it may. What a cloud tells its machines is never asked for."""
    if (hidden := _inside(address)) is not None:
        return objection(hidden, allow_private=allow_private)
    if address.is_link_local or address in _METADATA:
        return "it is a link-local or metadata address"
    if address.is_multicast or address.is_unspecified:
        return "it is no address of one machine"
    if allow_private:
        return None
    if address.is_loopback:
        return "it is this machine; alerts.allow_private_webhooks allows it"
    is_special = any(address in network for network in _NOT_PUBLIC)
    if not address.is_global or address.is_reserved or is_special:
        return "it is not on the public internet; alerts.allow_private_webhooks allows it"
    return None


def _inside(address: Address) -> Address | None:
    """The IPv4 address that an IPv6 one stands for, when it does."""
    if isinstance(address, IPv4Address):
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    is_compatible = int(address) >> 32 == 0 and int(address) > 1
    if is_compatible or address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None


@dataclass(frozen=True, slots=True)
class Guard:
    """allow_private: whether private networks and this machine may be asked, and http used.

    trust: what to judge certificates by; the system's authorities when None.
    """

    allow_private: bool = False
    resolve: Resolve = resolved
    trust: ssl.SSLContext | None = None
    total_seconds: float = TOTAL_SECONDS

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send it once. Raises NotAllowed, or Unreachable when no whole answer came in time."""
        parts = self._parts(url)
        deadline = time.monotonic() + self.total_seconds
        trouble = Unreachable(f"{parts.hostname} has no address.")
        for address in self._judged(parts):
            left = deadline - time.monotonic()
            if left <= 0:
                break
            try:
                connection = self._connected(parts, address, min(CONNECT_SECONDS, left))
            except (HTTPError, OSError) as error:
                trouble = Unreachable(f"{parts.hostname} can't be reached: {_said(error)}")
                continue
            with contextlib.closing(connection):
                return self._asked(connection, parts, body, headers, deadline)
        raise trouble

    def _parts(self, url: str) -> SplitResult:
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise NotAllowed("The address can't be read.") from None
        if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
            raise NotAllowed("The address must begin with https:// and a host.")
        if "@" in parts.netloc:
            raise NotAllowed("The address may hold no name or password.")
        if parts.scheme == "http" and not self.allow_private:
            raise NotAllowed(
                "The address must begin with https://; alerts.allow_private_webhooks allows http."
            )
        return parts

    def _judged(self, parts: SplitResult) -> list[str]:
        """The addresses of the host, all of which may be asked."""
        host, port = parts.hostname or "", _port(parts)
        try:
            found = self.resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise Unreachable(f"The name {host} can't be resolved: {_said(error)}") from None
        for text in found:
            why = objection(ip_address(text.partition("%")[0]), allow_private=self.allow_private)
            if why is not None:
                # What a name means inside our network is not told to whoever wrote it.
                raise NotAllowed(f"{host} may not be asked: {why}.")
        return list(found)

    def _connected(self, parts: SplitResult, address: str, seconds: float) -> HTTPConnection:
        port = _port(parts)
        if parts.scheme == "http":
            connection = HTTPConnection(address, port, timeout=seconds)
        else:
            connection = HTTPSConnection(
                address,
                port,
                timeout=seconds,
                cert_reqs="CERT_REQUIRED",
                ssl_context=self.trust or ssl.create_default_context(),
                # The certificate must be the name's, though we connect to the address.
                server_hostname=parts.hostname,
            )
        try:
            connection.connect()
        except BaseException:
            connection.close()
            raise
        return connection

    def _asked(
        self,
        connection: HTTPConnection,
        parts: SplitResult,
        body: bytes,
        headers: Mapping[str, str],
        deadline: float,
    ) -> Answer:
        sock = connection.sock
        left = max(0.01, deadline - time.monotonic())
        sock.settimeout(min(READ_SECONDS, left))
        watch = threading.Timer(left, _cut_off, args=(sock,))
        watch.daemon = True
        watch.start()
        try:
            path = parts.path or "/"
            target = f"{path}?{parts.query}" if parts.query else path
            named = {"Host": _host(parts), "User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
            connection.request(
                "POST",
                target,
                body=body,
                headers={**named, **headers, "Connection": "close"},
                preload_content=False,
                decode_content=False,
            )
            response = connection.getresponse()
            begun = response.read(ANSWER_BYTES)
            return Answer(response.status, _readable(begun), _seconds(response.headers))
        except (HTTPError, OSError, ValueError) as error:
            is_late = time.monotonic() >= deadline
            reason = "no whole answer in time" if is_late else _said(error)
            raise Unreachable(f"{parts.hostname} did not answer: {reason}") from None
        finally:
            watch.cancel()


def _cut_off(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _host(parts: SplitResult) -> str:
    return parts.netloc.encode("idna").decode() if not parts.netloc.isascii() else parts.netloc


def _readable(raw: bytes) -> str:
    text = raw.decode("utf-8", "replace")
    return "".join(one if one.isprintable() else " " for one in text).strip()


def _seconds(headers: Any) -> float:
    text = str(headers.get("Retry-After", "")).strip()
    return float(text) if text.isascii() and text.isdigit() and len(text) < 8 else 0.0


def _said(error: Exception) -> str:
    if isinstance(error, SSLError | ssl.SSLError):
        return f"its certificate is not accepted ({str(error)[:200]})"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]
