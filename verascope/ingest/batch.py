"""A body of events: unpacked, split and judged. Pure and blocking, so large ones belong into a thread."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from verascope.errors import FieldError, VerascopeError, shown
from verascope.ingest.event import Code, Context, Event, Rejected, accept, accept_typed
from verascope.records import Prediction

try:
    from compression import zstd  # type: ignore[import-not-found,unused-ignore]
except ImportError:
    from backports import zstd  # Python before 3.14

MAX_BYTES = 16_000_000
MAX_EVENTS = 10_000
ENCODINGS = ("identity", "gzip", "zstd")
WINDOW_LOG = 24
"""zstd frames that need more than 16 MB to unpack are refused: a whole body is no larger."""


class BadBody(VerascopeError):
    """A body nothing can be taken from. status: 400 unreadable, 413 too large."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


@dataclass(frozen=True, slots=True)
class Judged:
    """The events of a body in order; each is a fact to store or says why it is none."""

    events: list[Prediction | Rejected]

    @property
    def good(self) -> list[Prediction]:
        return [one for one in self.events if not isinstance(one, Rejected)]


def unpacked(body: bytes, encoding: str) -> bytes:
    """The body without its Content-Encoding (one of `ENCODINGS`).

    Raises BadBody when it isn't what it says, ends early, or grows past `MAX_BYTES`, before memory does.
    """
    if encoding == "identity":
        return body
    try:
        return _gunzipped(body) if encoding == "gzip" else _unzstd(body)
    except (zlib.error, zstd.ZstdError) as error:
        raise BadBody(400, f"The body is not {encoding}: {error}.") from None


def _gunzipped(body: bytes) -> bytes:
    parts, room = [], MAX_BYTES
    while body:
        member = zlib.decompressobj(wbits=31)
        part = member.decompress(body, room + 1)
        room = _room(room, part)
        parts.append(part)
        if not member.eof:
            raise BadBody(400, "The gzip body ends in the middle.")
        body = member.unused_data
    return b"".join(parts)


def _unzstd(body: bytes) -> bytes:
    parts, room = [], MAX_BYTES
    limit = {zstd.DecompressionParameter.window_log_max: WINDOW_LOG}
    while body:
        frame = zstd.ZstdDecompressor(options=limit)
        part = frame.decompress(body, max_length=room + 1)
        room = _room(room, part)
        parts.append(part)
        if not frame.eof:
            raise BadBody(400, "The zstd body ends in the middle.")
        body = frame.unused_data
    return b"".join(parts)


def _room(room: int, part: bytes) -> int:
    if len(part) > room:
        raise BadBody(413, f"Unpacked, the body has more than the {MAX_BYTES} bytes accepted.")
    return room - len(part)


_one = msgspec.json.Decoder(Event)
_many = msgspec.json.Decoder(list[Event])
_anything = msgspec.json.Decoder(Any)


def judged(body: bytes, *, is_lines: bool, context: Context) -> Judged:
    """Every event of an object, an array or (is_lines) NDJSON.

    Raises BadBody when the body as a whole is not that, or holds more than `MAX_EVENTS`.
    """
    if is_lines:
        return Judged([*_lines(body, context)])
    start = body.lstrip(b" \t\r\n")[:1]
    if start not in (b"{", b"["):
        raise BadBody(400, "The body is neither a JSON object nor an array of objects.")
    try:
        events = _many.decode(body) if start == b"[" else [_one.decode(body)]
    except msgspec.ValidationError:
        return Judged([accept(value, context) for value in _values(body)])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadBody(400, f"The body is not JSON: {error}.") from None
    _check_count(len(events))
    return Judged([accept_typed(event, context) for event in events])


def _values(body: bytes) -> list[Any]:
    try:
        value = _anything.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadBody(400, f"The body is not JSON: {error}.") from None
    values = value if isinstance(value, list) else [value]
    _check_count(len(values))
    return values


def _lines(body: bytes, context: Context) -> Iterator[Prediction | Rejected]:
    lines = [line for line in body.split(b"\n") if line.strip()]
    _check_count(len(lines))
    for line in lines:
        try:
            try:
                yield accept_typed(_one.decode(line), context)
            except msgspec.ValidationError:
                # A wrong field is seen before the end of a line that is no JSON either.
                yield accept(_anything.decode(line), context)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            text = shown(line[:200].decode("utf-8", "replace"))
            wrong = FieldError("event", text, f"one JSON object a line ({error})")
            yield Rejected(Code.MALFORMED, (wrong,))


def _check_count(n: int) -> None:
    if n > MAX_EVENTS:
        raise BadBody(413, f"The body has {n} events; at most {MAX_EVENTS} are accepted at once.")
