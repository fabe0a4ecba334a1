"""Protected mode: where a request really comes from, and whether a browser was tricked into sending
it.

Without accounts, only a *direct loopback* caller is the owner: the connection comes from this
machine and nothing says that it was passed on. A header of a proxy that is not trusted never makes
anybody local, it only takes that away. Host and Origin are checked because a web page on the
internet can make a browser on this machine call us (DNS rebinding, cross-site requests).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Protocol
from urllib.parse import urlsplit

from verascope.errors import FieldError, Invalid, shown

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})

_FORWARDING = (
    "forwarded",
    "via",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "true-client-ip",
    "cf-connecting-ip",
    "fly-client-ip",
)
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Headers(Protocol):
    """A request's headers, names in lower case; Starlette's fit."""

    def get(self, key: str, /) -> str | None: ...
    def getlist(self, key: str, /) -> list[str]: ...
    def __iter__(self) -> Iterator[str]: ...


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request comes from.

    address: the caller's, None when it can't be known. is_local: a direct loopback caller, who is
    the owner.
    """

    address: str | None
    is_local: bool


@dataclass(frozen=True, slots=True)
class Perimeter:
    """What is believed about the network around us; made once from the settings."""

    allowed_hosts: frozenset[str]
    trusted_proxies: tuple[Network, ...]

    @classmethod
    def of(cls, allowed_hosts: Sequence[str], trusted_proxies: Sequence[str]) -> "Perimeter":
        """Raises Invalid for a proxy that is neither an address nor a network."""
        networks: list[Network] = []
        problems = []
        for text in trusted_proxies:
            try:
                networks.append(ip_network(text, strict=False))
            except ValueError:
                accepted = "an address or a network such as 10.0.0.0/8"
                problems.append(FieldError("server.trusted_proxies", shown(text), accepted))
        if problems:
            raise Invalid(*problems)
        hosts = frozenset(host.lower().strip("[]") for host in allowed_hosts)
        return cls(hosts | LOCAL_HOSTS, tuple(networks))

    def locate(self, peer: str | None, headers: Headers, http_version: str) -> Origin:
        """peer: the address at the other end of the socket."""
        address = parse_address(peer)
        if address is None:
            return Origin(None, is_local=False)
        chain = _forwarded_for(headers)
        if self._trusts(address) and chain:
            caller = self._last_untrusted(chain)
            return Origin(str(caller) if caller else None, is_local=_is_loopback(caller))
        # A proxy that adds no header at all still gives itself away by HTTP/1.0 (nginx's default).
        was_passed_on = _is_forwarded(headers) or http_version == "1.0"
        return Origin(str(address), is_local=address.is_loopback and not was_passed_on)

    def is_known_host(self, headers: Headers) -> bool:
        """Whether the Host header names this service, whatever the port."""
        hosts = headers.getlist("host")
        return len(hosts) == 1 and _host_name(hosts[0]) in self.allowed_hosts

    def objection(self, method: str, headers: Headers) -> str | None:
        """Why a browser's request must be refused as coming from another site; None when it may
        pass.
        """
        origins = headers.getlist("origin")
        if len(origins) > 1:
            return "The request carries more than one Origin header."
        if origins and not self._is_same_origin(origins[0], headers.get("host") or ""):
            return (
                f"The request comes from a page of {shown(origins[0])}, which is not this service; add the "
                "host name to server.allowed_hosts if it is yours."
            )
        site = headers.get("sec-fetch-site")
        if method not in _SAFE_METHODS and site in ("cross-site", "same-site"):
            return f"A page of another site ({site}) may not send {method} requests here."
        return None

    def _is_same_origin(self, origin: str, host: str) -> bool:
        try:
            parts = urlsplit(origin)
            name = (parts.hostname or "").lower()
        except ValueError:
            return False
        if parts.scheme not in ("http", "https"):
            return False
        return parts.netloc.lower() == host.lower() or name in self.allowed_hosts - LOCAL_HOSTS

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self.trusted_proxies)

    def _last_untrusted(self, chain: list[str]) -> Address | None:
        """The nearest address that no trusted proxy has; each proxy appends the address it saw."""
        caller = None
        for text in reversed(chain):
            caller = parse_address(text)
            if caller is None or not self._trusts(caller):
                break
        return caller


def parse_address(text: str | None) -> Address | None:
    """The address in `text`, with or without port and brackets, `::ffff:a.b.c.d` as IPv4; None if
    none.
    """
    if not text:
        return None
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def is_loopback_host(host: str) -> bool:
    """Whether binding to `host` keeps us on this machine."""
    address = parse_address(host)
    return address.is_loopback if address else host.lower() == "localhost"


def _is_loopback(address: Address | None) -> bool:
    return address is not None and address.is_loopback


def _is_forwarded(headers: Headers) -> bool:
    return any(name in _FORWARDING or name.startswith("x-forwarded") for name in headers)


def _forwarded_for(headers: Headers) -> list[str]:
    """The chain of addresses a proxy passes on, the original caller first (RFC 7239,
    X-Forwarded-For).
    """
    chain = [part for line in headers.getlist("x-forwarded-for") for part in line.split(",")]
    if chain:
        return chain
    for line in headers.getlist("forwarded"):
        for element in line.split(","):
            pairs = (pair.strip().partition("=") for pair in element.split(";"))
            chain += [value for name, _, value in pairs if name.lower() == "for"]
    return chain or headers.getlist("x-real-ip")


def _host_name(host: str) -> str:
    host = host.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]
