"""A webhook of one's own, signed as Standard Webhooks has it: https://www.standardwebhooks.com

`webhook-id` is the delivery's: the same when a message is sent again, so a receiver that remembers it handles each once.
"""

import base64
import binascii
import hashlib
import hmac
from typing import Any

import msgspec

from verascope import clock
from verascope.notifications.channel import Channel, Field, Kind, Sent, Values, judged, posted
from verascope.notifications.guard import Guard
from verascope.notifications.message import Message, Moment

SECRET_MARK = "whsec_"  # noqa: S105  (what every secret begins with)
SECRET_BYTES = (24, 64)

_TYPES = {
    Moment.TRIGGER: "alert.triggered",
    Moment.ACKNOWLEDGE: "alert.acknowledged",
    Moment.RESOLVE: "alert.resolved",
    Moment.TEST: "test",
}


class Webhook:
    def __init__(self, values: Values, guard: Guard) -> None:
        self._url: str = values["url"]
        self._secret: str = values["secret"]
        self._guard = guard

    def send(self, message: Message, delivery_id: str, remaining: tuple[str, ...]) -> Sent:
        body = msgspec.json.encode(payload(message))
        second = clock.now_us() // clock.US
        headers = {
            "Content-Type": "application/json",
            "webhook-id": delivery_id,
            "webhook-timestamp": str(second),
            "webhook-signature": signature(self._secret, delivery_id, second, body),
        }
        return judged(posted(self._guard, self._url, body, headers))


def payload(message: Message) -> dict[str, Any]:
    """The body: what happened, when, and everything that is known of it."""
    return {
        "type": _TYPES[message.moment],
        "timestamp": clock.to_iso(message.occurred_us),
        "data": {
            "severity": message.severity,
            "title": message.title,
            "summary": message.summary,
            "facts": message.facts,
            "links": message.links,
            "dedup_key": message.dedup_key,
            "tenant": message.tenant,
        },
    }


def signature(secret: str, message_id: str, second: int, body: bytes) -> str:
    """The header's value for one secret (`whsec_` and base64)."""
    signed = f"{message_id}.{second}.".encode() + body
    mark = hmac.new(_key(secret), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(mark).decode()}"


def _key(secret: str) -> bytes:
    """Raises ValueError for what is no secret."""
    return base64.b64decode(secret.removeprefix(SECRET_MARK), validate=True)


def _check(values: Values) -> list[tuple[str, str]]:
    try:
        size = len(_key(values["secret"]))
    except (ValueError, binascii.Error):
        size = 0
    low, high = SECRET_BYTES
    if low <= size <= high and values["secret"].startswith(SECRET_MARK):
        return []
    return [("secret", f"{SECRET_MARK} and base64 of {low} to {high} random bytes")]


def _make(values: Values, guard: Guard) -> Channel:
    return Webhook(values, guard)


KIND = Kind(
    "webhook",
    "Webhook",
    "Any service that takes JSON, signed as Standard Webhooks has it.",
    (
        Field("url", "Address", "Where messages are posted.", "url", required=True),
        Field(
            "secret",
            "Signing secret",
            "whsec_ and base64 of 24 to 64 random bytes; the receiver checks signatures with it.",
            required=True,
            is_secret=True,
        ),
    ),
    _make,
    _check,
)
