"""What the server's answer means for the batch that was sent. Pure: decides, does nothing."""

from __future__ import annotations

import json
import re
from email.utils import parsedate_to_datetime
from typing import NamedTuple, Union

from verascope_client.wire import Answer

LONGEST_WAIT = 3600.0
"""Seconds; a server that asks for more is asked again after this."""


class Delivered(NamedTuple):
    """The server has a receipt. delivered: stored now or before (duplicate). again: positions in the batch to send once
    more later. rejected: refused for good. refused: position → what is wrong, as far as the receipt says.
    """

    delivered: int
    duplicate: int
    rejected: int
    again: list[int]
    refused: dict[int, str]


class Retry(NamedTuple):
    """Nothing can be said about the batch. kind: of trouble, for the log. wait: seconds the server asks for."""

    kind: str
    reason: str
    wait: float | None = None


class Smaller(NamedTuple):
    """The batch as a whole was refused; a smaller one may pass. final: a single event that is refused so is lost."""

    reason: str
    final: bool


Decision = Union[Delivered, Retry, Smaller]


def decide(answer: Answer, sent: int, now: float) -> Decision:
    """sent: events in the batch. now: seconds since 1970, for a Retry-After that is a date."""
    if answer.status == 200:
        return _read(answer.body, sent)
    wait = retry_after(answer.headers.get("retry-after"), now)
    # Only the server itself speaks so; a proxy that refuses everything must not cost events.
    ours = answer.headers.get("content-type", "").startswith("application/problem+json")
    if answer.status == 413 or (answer.status in (400, 422) and ours):
        return Smaller(f"answered {answer.status}{_title(answer, ours)}", ours)
    said = f"answered {answer.status}{_title(answer, ours)}"
    if answer.status in (401, 403):
        return Retry("key", said, wait)
    if answer.status in (429, 503):
        return Retry("busy", said, wait)
    return Retry("answer", said, wait)


def retry_after(value: str | None, now: float) -> float | None:
    """Seconds, 0 to LONGEST_WAIT; None when the header is absent or unreadable."""
    if value is None:
        return None
    try:
        seconds = float(value) if value.strip().isdigit() else _until(value, now)
    except (TypeError, ValueError, OverflowError):
        return None
    return min(max(seconds, 0.0), LONGEST_WAIT)


def allowance(value: str | None) -> tuple[int, float] | None:
    """(events left, seconds until there are more) of a `RateLimit` header; None when it has none."""
    if value is None:
        return None
    left = re.search(r";\s*r=(\d{1,15})", value)
    until = re.search(r";\s*t=(\d{1,9})", value)
    if left is None or until is None:
        return None
    return int(left.group(1)), min(float(until.group(1)), LONGEST_WAIT)


def _read(body: bytes, sent: int) -> Decision:
    """A receipt that doesn't add up is none: the batch is sent again, which is safe."""
    try:
        found = json.loads(body)
        stored, duplicate = int(found["stored"]), int(found["duplicate"])
        received, rejected = int(found["received"]), int(found["rejected"])
        again: list[int] = []
        refused: dict[int, str] = {}
        for error in found.get("errors", []):
            index = int(error["index"])
            if not 0 <= index < sent:
                raise ValueError("an index outside the batch")
            if error["retryable"] is True:
                again.append(index)
            else:
                text = f"{error.get('field') or 'event'}: {error.get('code')}"
                refused.setdefault(index, f"{text}, accepted is {error.get('accepted')}")
    except (ValueError, TypeError, KeyError, AttributeError):
        return Retry("answer", "answered 200 without a receipt")
    again = sorted(set(again) - refused.keys())
    if received != sent or stored + duplicate + rejected != sent:
        return Retry("answer", "answered with a receipt that does not add up")
    if len(again) + len(refused) > rejected:
        return Retry("answer", "answered with a receipt whose errors do not add up")
    return Delivered(stored + duplicate, duplicate, rejected - len(again), again, refused)


def _until(value: str, now: float) -> float:
    return parsedate_to_datetime(value).timestamp() - now


def _title(answer: Answer, ours: bool) -> str:
    if not ours:
        return ""
    try:
        return f" ({str(json.loads(answer.body)['title'])[:120]})"
    except (ValueError, TypeError, KeyError):
        return ""
