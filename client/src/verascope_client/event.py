"""One prediction: from the fields given to `record` to the line of JSON that the server reads."""

from __future__ import annotations

import json
import math
import operator
import os
import re
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, Callable, NamedTuple, TypedDict

VERDICTS = ("real", "fake", "uncertain")
ERROR_CHARACTERS = 500
"""What the server takes of an error message; the rest is cut off here."""

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_DAY_MS = 86_400_000


class Fields(TypedDict, total=False):
    """What `record` takes, by name. Percentages are 0 to 100; times are milliseconds."""

    id: str | uuid.UUID
    timestamp: str | datetime
    prediction: str
    confidence: float
    real_probability: float
    fake_probability: float
    inference_time_ms: float
    response_time_ms: float
    success: bool
    error_message: str
    client: str
    use_case: str
    model_version: str
    country: str
    user_ip: str
    user_agent: str
    file_hash: str
    file_size: int
    image_format: str
    image_width: int
    image_height: int
    label: str
    tags: Mapping[str, str]


class Item(NamedTuple):
    """An event on its way. recorded_us: when `record` was called, microseconds since 1970.
    line: the event as JSON, UTF-8, without a line break.
    """

    recorded_us: int
    line: bytes


class Unfit(ValueError):
    """An event that the server would refuse. field: which one is wrong; the text says what is accepted."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(f"{field}: {text}")
        self.field = field


def encode(now_ns: int, fields: Mapping[str, Any]) -> Item:
    """now_ns: when `record` was called; the event's time unless it brings its own. Raises Unfit."""
    event: dict[str, Any] = {}
    for name, value in fields.items():
        check = _CHECKS.get(name)
        if check is None:
            raise Unfit("unknown", f"{str(name)[:40]} is no field")
        if value is None:
            continue
        try:
            event[name] = check(value)
        except (TypeError, ValueError, OverflowError, AttributeError) as error:
            raise Unfit(name, str(error)) from None
    _agree(event)
    if "id" not in event:
        event["id"] = uuid7(now_ns)
    if "timestamp" not in event:
        event["timestamp"] = _iso(now_ns)
    line = json.dumps(event, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Item(now_ns // 1000, line.encode("utf-8", "replace"))


def uuid7(now_ns: int) -> str:
    """A UUID version 7 of that moment (RFC 9562): ids made one after another sort that way."""
    number = (now_ns // 1_000_000 & 0xFFFFFFFFFFFF) << 80 | int.from_bytes(os.urandom(10), "big")
    number = number & ~(0xF << 76) | 0x7 << 76
    number = number & ~(0x3 << 62) | 0x2 << 62
    text = f"{number:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _agree(event: dict[str, Any]) -> None:
    """Raises Unfit when the fields don't make one prediction."""
    failed = not event.setdefault("success", "error_message" not in event)
    if failed:
        if "prediction" in event:
            raise Unfit("prediction", "must be absent when success is false")
        if not event.get("error_message"):
            raise Unfit("error_message", "is required when success is false")
        return
    if "error_message" in event:
        raise Unfit("error_message", "must be absent when success is true")
    if "prediction" not in event:
        raise Unfit("prediction", "is required: real, fake or uncertain")
    if not event.keys() & {"confidence", "real_probability", "fake_probability"}:
        raise Unfit("confidence", "a verdict needs a confidence or a probability")


def _iso(now_ns: int) -> str:
    return (_EPOCH + timedelta(microseconds=now_ns // 1000)).isoformat()


def _number(value: object) -> float:
    """Any number: of Python, NumPy, or a tensor with one element."""
    if isinstance(value, (bool, str, bytes)):
        raise TypeError(f"must be a number, not {_shown(value)}")
    number = float(value)  # type: ignore[arg-type]
    if not math.isfinite(number):
        raise ValueError("must be a finite number")
    return number


def _within(least: float, most: float, unit: str) -> Callable[[object], float]:
    def check(value: object) -> float:
        number = _number(value)
        if not least <= number <= most:
            raise ValueError(f"must be {least:g} to {most:.0f} {unit}, not {number:g}")
        return number

    return check


def _whole(value: object) -> int:
    if isinstance(value, bool):
        raise TypeError("must be a whole number")
    number = operator.index(value)  # type: ignore[arg-type]
    if not 0 <= number < 2**63:
        raise ValueError("must be 0 to 2⁶³ − 1")
    return number


def _text(most: int) -> Callable[[object], str]:
    def check(value: object) -> str:
        if not isinstance(value, str):
            raise TypeError(f"must be text, not {type(value).__name__}")
        if not 0 < len(value) <= most:
            raise ValueError(f"must have 1 to {most} characters, not {len(value)}")
        return str(value)

    return check


def _matching(pattern: str, accepted: str) -> Callable[[object], str]:
    compiled = re.compile(pattern)

    def check(value: object) -> str:
        if not isinstance(value, str) or compiled.fullmatch(value) is None:
            raise ValueError(f"must be {accepted}")
        return str(value)

    return check


def _one_of(*words: str) -> Callable[[object], str]:
    def check(value: object) -> str:
        if not isinstance(value, str) or value not in words:
            raise ValueError(f"must be {', '.join(words)}, not {_shown(value)}")
        return str(value)

    return check


def _id(value: object) -> str:
    return _PRINTABLE(str(value) if isinstance(value, uuid.UUID) else value)


def _timestamp(value: object) -> str:
    if isinstance(value, datetime):
        if value.utcoffset() is None:
            raise ValueError("needs a time zone")
        return value.isoformat()
    return _ZONED(value)


def _message(value: object) -> str:
    """Whatever it is as text, cut to what the server takes: a long message must not lose the event."""
    text = value if isinstance(value, str) else str(value)
    return text[:ERROR_CHARACTERS] or "unknown error"


def _success(value: object) -> bool:
    # NumPy's booleans are not Python's.
    if isinstance(value, bool) or value in (0, 1):
        return bool(value)
    raise ValueError(f"must be true or false, not {_shown(value)}")


def _tags(value: object) -> dict[str, str]:
    if not isinstance(value, Mapping) or len(value) > 16:
        raise ValueError("must be a mapping of at most 16 entries")
    return {_TAG_KEY(key): _TAG_VALUE(entry) for key, entry in value.items()}


def _shown(value: object) -> str:
    """A wrong value as a log may show it: what could name a person is told by its kind only."""
    if isinstance(value, (bool, int, float)):
        return repr(value)[:40]
    if isinstance(value, str) and len(value) <= 20 and value.isidentifier():
        return repr(value)
    return type(value).__name__


_PRINTABLE = _matching("[!-~]{1,36}", "1 to 36 printable ASCII characters without spaces")
_ZONED = _matching(
    r"\d{4}-\d\d-\d\d[T ][\d:.,]+(Z|z|[+-]\d\d:?\d\d)", "ISO 8601 with Z or an offset"
)
_TAG_KEY = _matching("[a-z0-9_.-]{1,40}", "keyed by 1 to 40 of a–z, 0–9, dot, dash, underscore")
_TAG_VALUE = _text(200)
_PERCENT = _within(0, 100, "percent")
_MILLISECONDS = _within(0, _DAY_MS, "ms")
_NAME = _text(120)

_CHECKS: dict[str, Callable[[Any], Any]] = {
    "id": _id,
    "timestamp": _timestamp,
    "prediction": _one_of(*VERDICTS),
    "confidence": _PERCENT,
    "real_probability": _PERCENT,
    "fake_probability": _PERCENT,
    "inference_time_ms": _MILLISECONDS,
    "response_time_ms": _MILLISECONDS,
    "success": _success,
    "error_message": _message,
    "client": _NAME,
    "use_case": _NAME,
    "model_version": _NAME,
    "country": _matching("[A-Za-z]{2}|unknown", "two letters (ISO 3166) or unknown"),
    "user_ip": _text(64),
    "user_agent": _text(1000),
    "file_hash": _matching("[0-9a-fA-F]{64}", "64 hexadecimal digits (SHA-256)"),
    "file_size": _whole,
    "image_format": _text(40),
    "image_width": _whole,
    "image_height": _whole,
    "label": _one_of("real", "fake"),
    "tags": _tags,
}
