"""Signed links: a token that says one thing, to whoever holds it, until it expires.

A token is `base64url(payload).base64url(HMAC-SHA256)`. The purpose is signed with it and not written in it, so a token
made for one use is worth nothing in another.
"""

import base64
import hashlib
import hmac
import json

from verascope.errors import Forbidden

_NOT_OURS = "This link is not valid: it was cut short, changed, or made by another installation."
_EXPIRED = "This link has expired; open the alert in the dashboard instead."


def sign(key: bytes, purpose: str, value: str, expires_us: int) -> str:
    """A token that `check` turns back into `value` until `expires_us`. It can be read by anybody, but not changed."""
    payload = json.dumps([value, expires_us], separators=(",", ":")).encode()
    return f"{_text(payload)}.{_text(_mark(key, purpose, payload))}"


def check(key: bytes, purpose: str, token: str, now_us: int) -> str:
    """The value that was signed. Raises Forbidden for a token that is not ours, of another purpose, or expired."""
    payload_text, _, mark_text = token.partition(".")
    try:
        payload, mark = _bytes(payload_text), _bytes(mark_text)
    except ValueError:
        raise Forbidden(_NOT_OURS) from None
    if not hmac.compare_digest(mark, _mark(key, purpose, payload)):
        raise Forbidden(_NOT_OURS)
    value, expires_us = json.loads(payload)
    if now_us >= expires_us:
        raise Forbidden(_EXPIRED)
    return str(value)


def _mark(key: bytes, purpose: str, payload: bytes) -> bytes:
    # The length keeps purpose and payload apart whatever stands in them.
    name = purpose.encode()
    signed = b"verascope link %d %b %b" % (len(name), name, payload)
    return hmac.new(key, signed, hashlib.sha256).digest()


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    """Raises ValueError for text that is no base64url."""
    padded = text.encode("ascii") + b"=" * (-len(text) % 4)
    return base64.b64decode(padded, altchars=b"-_", validate=True)
