"""What is kept of a caller's address: the country it is allocated to, and the address as privacy
allows.

The country is that of *allocation* in the regional registries' tables that `iptocc` ships; it is
not where a person is. A keyed hash (HMAC-SHA256) tells callers apart without saying who they are;
its key lies outside the database, so a copy of the database alone can't be turned back into
addresses.
"""

import hashlib
import hmac
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path
from typing import Literal

from iptocc import country_code

from verascope.store import key_file

UNKNOWN = "unknown"
KEY_BYTES = 32

Keep = Literal["full", "truncated", "hashed", "none"]


def country_of(address: str | None) -> str:
    """ISO 3166-1 alpha-2 (or `EU` where a registry says no more), `unknown` for private and unknown
    ones.
    """
    parsed = _parse(address)
    if parsed is None or not parsed.is_global:
        return UNKNOWN
    return country_code(str(parsed)) or UNKNOWN


def kept_address(address: str | None, keep: Keep, key: bytes) -> str | None:
    """The address as it is stored: as it is, as a /24 or /48 network, as 64 hex characters, or not
    at all.
    """
    parsed = _parse(address)
    if parsed is None:
        return None
    match keep:
        case "full":
            return str(parsed)
        case "truncated":
            length = 24 if parsed.version == 4 else 48
            return str(ip_network(f"{parsed}/{length}", strict=False))
        case "hashed":
            return hmac.new(key, parsed.packed, hashlib.sha256).hexdigest()
        case "none":
            return None


def is_address(text: str) -> bool:
    """Whether `text` is an IPv4 or IPv6 address."""
    return _parse(text) is not None


def load_key(path: Path) -> bytes:
    """The key of address hashes; made on the first call. Raises StartRefused as `key_file.load` does."""
    return key_file.load(path, KEY_BYTES, "start over with other address hashes")


@lru_cache(maxsize=4_096)
def _parse(address: str | None) -> IPv4Address | IPv6Address | None:
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return None
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        return parsed.ipv4_mapped
    return parsed
