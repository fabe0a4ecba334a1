"""A multipart body read part by part as it arrives, so that one file is in memory at a time.

The framework's own parser hands over the parts when the whole body has been read.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

MAX_HEADER_BYTES = 8_192


class Malformed(Exception):
    """The body is not what its content type says."""


@dataclass(slots=True)
class Part:
    """One part. data: its content up to the limit; `is_cut` says that there was more. filename: None
    for a text field.
    """

    name: str = ""
    filename: str | None = None
    data: bytearray = field(default_factory=bytearray)
    is_cut: bool = False


class Parts:
    """Feed it chunks; it gives the parts that ended in them. keep: how many bytes of a part of this
    kind are kept (True for a file).
    """

    def __init__(self, content_type: str, keep: Callable[[bool], int]) -> None:
        _, options = parse_options_header(content_type)
        boundary = options.get(b"boundary")
        if not boundary:
            raise Malformed("The content type names no boundary.")
        self._keep = keep
        self._ended: list[Part] = []
        self._part = Part()
        self._header = b""
        self._value = b""
        self._limit = 0
        self.has_ended = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": self._header_field,
                "on_header_value": self._header_value,
                "on_header_end": self._header_end,
                "on_headers_finished": self._headers_finished,
                "on_part_data": self._data,
                "on_part_end": self._end,
                "on_end": self._finish,
            },
        )

    @property
    def held(self) -> int:
        """Bytes kept of the part that is arriving."""
        return len(self._part.data)

    def feed(self, chunk: bytes) -> list[Part]:
        """The parts that ended in this chunk. Raises Malformed."""
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise Malformed(str(error)) from None
        ended, self._ended = self._ended, []
        return ended

    def cut_off(self) -> Part | None:
        """The file that was arriving when the body was given up."""
        part, self._part = self._part, Part()
        part.is_cut = True
        return part if part.filename else None

    def _begin(self) -> None:
        self._part = Part()

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]
        self._check_header()

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]
        self._check_header()

    def _check_header(self) -> None:
        if len(self._header) + len(self._value) > MAX_HEADER_BYTES:
            raise FormParserError(f"A part's header has more than {MAX_HEADER_BYTES} bytes.")

    def _header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            _, options = parse_options_header(self._value)
            self._part.name = options.get(b"name", b"").decode("utf-8", "replace")
            if b"filename" in options:
                self._part.filename = options[b"filename"].decode("utf-8", "replace")
        self._header = self._value = b""

    def _headers_finished(self) -> None:
        self._limit = self._keep(self._part.filename is not None)

    def _data(self, data: bytes, start: int, end: int) -> None:
        room = self._limit - len(self._part.data)
        if end - start > room:
            self._part.is_cut = True
            end = start + max(0, room)
        self._part.data += data[start:end]

    def _end(self) -> None:
        self._ended.append(self._part)
        self._part = Part()

    def _finish(self) -> None:
        self.has_ended = True
