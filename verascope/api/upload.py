"""Reading an uploaded image: bounded in size, time and memory, and never on disk.

The body is cut off a little above the limit of a file, so that an endless upload costs a bounded
amount; what follows is thrown away for a while, because most clients read an answer only once they
have sent everything.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import cast

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from verascope.api.errors import Unreadable
from verascope.errors import Busy, FieldError, Invalid

FIELD = "file"
SLACK_BYTES = 1_000_000
"""What a body may hold beside the file: boundaries, headers, other fields."""

THROWN_AWAY_BYTES = 40_000_000
THROWN_AWAY_SECONDS = 10.0
SILENCE_SECONDS = 30.0
UPLOADS_IN_MEMORY = 8
"""Uploads of the largest size that may be in memory together; beyond, callers hear Busy."""


@dataclass(frozen=True, slots=True)
class Upload:
    """One submitted image with its form fields. data is None when it was cut off above the limit."""

    data: bytes | None
    filename: str | None
    client: str | None = None
    use_case: str | None = None
    was_read_to_end: bool = True


class Uploads:
    """How many bytes of uploads are in memory, over all requests of the event loop."""

    def __init__(self, largest: int) -> None:
        self.largest = largest
        self._limit = UPLOADS_IN_MEMORY * (largest + SLACK_BYTES)
        self._held = 0

    def take(self, n: int) -> None:
        """Raises Busy when the memory set aside for uploads is used up."""
        if self._held + n > self._limit:
            raise Busy("Too many uploads are in memory.", 1)
        self._held += n

    def give_back(self, n: int) -> None:
        self._held -= n


@asynccontextmanager
async def uploaded(request: Request, uploads: Uploads) -> AsyncIterator[Upload]:
    """The image in a multipart body.

    The memory counts as taken until the block ends. Raises Invalid when there is no file in the
    field `file`, or more than one; Unreadable for other bodies; Busy. None of these is a
    prediction.
    """
    content_type = request.headers.get("content-type", "")
    if content_type.partition(";")[0].strip().lower() != "multipart/form-data":
        raise Unreadable(
            415,
            f"Send the image as multipart/form-data with a file in the field `{FIELD}`; this is "
            f"{content_type[:80] or 'without a content type'}.",
        )
    body = _Counted(request, uploads)
    try:
        yield await _parsed(request, body)
    finally:
        body.release()


async def _parsed(request: Request, body: "_Counted") -> Upload:
    parser = _Parser(request.headers, body.chunks(), max_files=10, max_fields=50)
    parser.spool_max_size = body.limit
    try:
        form = await parser.parse()
    except _Cut:
        was_read_to_end = await body.throw_away_rest()
        if not parser.has_file:
            detail = (
                f"The body passed {body.limit} bytes before a file in the field `{FIELD}` began."
            )
            raise Unreadable(413, detail) from None
        texts = {name: value for name, value in parser.items if isinstance(value, str)}
        return Upload(
            None, parser.filename, texts.get("client"), texts.get("use_case"), was_read_to_end
        )
    except MultiPartException as error:
        detail = f"The form with the file can't be read: {error.message}"
        raise Unreadable(400, detail) from None
    try:
        return await _upload(form)
    finally:
        await form.close()


async def _upload(form: FormData) -> Upload:
    problems: list[FieldError] = []
    files = [(name, value) for name, value in form.multi_items() if isinstance(value, UploadFile)]
    # A browser's empty file box sends a file without a name and without bytes.
    images = [value for name, value in files if name == FIELD and (value.filename or value.size)]
    accepted = "one image as a file (with a filename), in a part named `file`"
    if len(images) != 1 or len(files) != 1:
        if images:
            problems.append(FieldError(FIELD, f"{len(files)} files", accepted))
        else:
            names = ", ".join(sorted(form.keys()))[:80]
            problems.append(FieldError(FIELD, f"fields: {names}" if names else "nothing", accepted))
    texts: dict[str, str | None] = {}
    for name in ("client", "use_case"):
        values = form.getlist(name)
        if len(values) > 1 or not all(isinstance(value, str) for value in values):
            problems.append(FieldError(name, f"{len(values)} parts", "one text"))
        texts[name] = cast(str, values[0]) if values else None
    if problems:
        raise Invalid(*problems)
    data = await images[0].read()
    return Upload(data, images[0].filename, texts["client"], texts["use_case"])


class _Cut(Exception):
    """The body passed its limit."""


class Body:
    """The bytes of one request's body up to a limit. Silence of the caller ends it."""

    def __init__(self, request: Request, limit: int) -> None:
        self._stream = request.stream()
        self._seen = 0
        self.limit = limit
        self.was_cut = False

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """Ends early, with `was_cut`, when the limit is passed."""
        while (chunk := await self._next(SILENCE_SECONDS)) is not None:
            self._seen += len(chunk)
            if self._seen > self.limit:
                self.was_cut = True
                return
            yield chunk

    async def throw_away_rest(self) -> bool:
        """Whether the end was reached within what may be thrown away."""
        thrown_away = 0
        try:
            async with asyncio.timeout(THROWN_AWAY_SECONDS):
                while thrown_away <= THROWN_AWAY_BYTES:
                    chunk = await self._next(SILENCE_SECONDS)
                    if chunk is None:
                        return True
                    thrown_away += len(chunk)
        except (TimeoutError, Unreadable):
            pass
        return False

    async def _next(self, seconds: float) -> bytes | None:
        try:
            async with asyncio.timeout(seconds):
                return await anext(self._stream, None)
        except TimeoutError:
            raise Unreadable(
                408, f"Nothing of the body arrived for {seconds:.0f} seconds."
            ) from None


class _Counted(Body):
    """A body whose bytes are held in memory until it is released."""

    def __init__(self, request: Request, uploads: Uploads) -> None:
        super().__init__(request, uploads.largest + SLACK_BYTES)
        self._uploads = uploads
        self._taken = 0

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        async for chunk in super().chunks():
            self._uploads.take(len(chunk))
            self._taken += len(chunk)
            yield chunk
        if self.was_cut:
            raise _Cut

    def release(self) -> None:
        self._uploads.give_back(self._taken)


class _Parser(MultiPartParser):
    """Starlette's parser, which also remembers whether the image's part began."""

    has_file = False
    filename: str | None = None

    def on_headers_finished(self) -> None:
        super().on_headers_finished()
        part = self._current_part
        if part.field_name == FIELD and part.file is not None:
            self.has_file = True
            self.filename = part.file.filename
