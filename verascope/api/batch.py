"""`POST /predict/batch`: many images in one request, each its own row and its own result.

Files are analysed as they arrive. Reading pauses while enough of them are being worked on, so a batch holds
three files of the largest size in memory, however long it is.
"""

import asyncio
import logging
import time
from dataclasses import dataclass, replace
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Header, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from verascope.api import errors
from verascope.api.deps import RuntimeDep, Submitter, origin_of
from verascope.api.errors import Problem, Unreadable, documented, problem_body
from verascope.api.multipart import Malformed, Part, Parts
from verascope.api.submission import Submission, Submissions, Submitted
from verascope.api.upload import SLACK_BYTES, Body, Uploads
from verascope.api.verdict import Verdict, refusal_json, scoped, shown_name, verdict_json
from verascope.errors import Busy, FieldError, Invalid, VerascopeError
from verascope.ingest.pipeline import Caller, check_names
from verascope.runtime import Runtime
from verascope.security.principal import Principal

log = logging.getLogger(__name__)

router = APIRouter(tags=["Detection"])

MAX_FILES = 64
FIELDS = ("files", "file")
BATCHES_AT_ONCE = 2
"""Two batches hold at most three quarters of the memory for uploads: single images still fit beside them."""

MAX_TEXT_BYTES = 1_000
BUSY_SECONDS = 30.0
"""How long a file of a batch waits for a place before its result says that there was none."""

SHORTEST_PAUSE, LONGEST_PAUSE = 0.05, 1.0


class FileResult(BaseModel):
    """What came of one file: a verdict when status is 200, else a problem."""

    model_config = ConfigDict(strict=True, extra="forbid")

    index: int = Field(description="Position of the file in the request, from 0.")
    filename: str | None
    status: int
    verdict: Verdict | None = None
    problem: Problem | None = None


class BatchResult(BaseModel):
    """received = succeeded + failed; results stand in the order of the files."""

    model_config = ConfigDict(strict=True, extra="forbid")

    received: int
    succeeded: int
    failed: int
    results: list[FileResult]


_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["files"],
                    "properties": {
                        "client": {
                            "type": "string",
                            "maxLength": 120,
                            "description": "Before the files, like use_case; for all of them.",
                        },
                        "use_case": {"type": "string", "maxLength": 120},
                        "files": {
                            "type": "array",
                            "items": {"type": "string", "format": "binary"},
                            "maxItems": MAX_FILES,
                        },
                    },
                }
            }
        },
    }
}


@router.post(
    "/predict/batch",
    summary="Analyse up to 64 images",
    response_model=BatchResult,
    responses=documented(400, 401, 403, 408, 413, 415, 422, 503),
    openapi_extra=_FORM,
)
async def batch(
    request: Request,
    runtime: RuntimeDep,
    principal: Submitter,
    idempotency_key: Annotated[
        str | None,
        Header(
            description="For the whole batch; each file is kept under it with its position, so a retry must "
            "send the same files in the same order."
        ),
    ] = None,
) -> Response:
    """Each file is one prediction with a result of its own, as `/predict` would give it. What was accepted
    is recorded even when the caller goes away.
    """
    if idempotency_key is not None:
        scoped(idempotency_key, principal)
    state = request.app.state
    work = _Batch(request, runtime, principal, state.uploads, state.submissions, idempotency_key)
    with state.batches:
        results, was_read_to_end = await work.run()
    succeeded = sum(one["status"] == 200 for one in results)
    body = {
        "received": len(results),
        "succeeded": succeeded,
        "failed": len(results) - succeeded,
        "results": results,
    }
    headers = {} if was_read_to_end else {"Connection": "close"}
    return Response(msgspec.json.encode(body), headers=headers, media_type="application/json")


class Places:
    """At most `BATCHES_AT_ONCE` batches are read at a time. Used from one event loop."""

    def __init__(self) -> None:
        self._taken = 0

    def __enter__(self) -> None:
        if self._taken >= BATCHES_AT_ONCE:
            raise Busy(f"{self._taken} batches are being read; no more than that may.", 2)
        self._taken += 1

    def __exit__(self, *_: object) -> None:
        self._taken -= 1


@dataclass(slots=True)
class _Room:
    """How much of a batch is being worked on."""

    files: int = 0
    bytes: int = 0


class _Batch:
    """One request on its way."""

    def __init__(
        self,
        request: Request,
        runtime: Runtime,
        principal: Principal,
        uploads: Uploads,
        submissions: Submissions,
        key: str | None,
    ) -> None:
        self._request = request
        self._runtime = runtime
        self._principal = principal
        self._uploads = uploads
        self._submissions = submissions
        self._key = key
        self._caller = Caller(
            tenant_id=principal.tenant_id,
            key_client=principal.client,
            is_trusted=principal.names_clients,
            address=origin_of(request).address,
            user_agent=request.headers.get("user-agent"),
        )
        self._limit = runtime.settings.detection.max_bytes
        self._files_at_once = runtime.detection.threads + 1
        self._room = _Room()
        self._tasks: list[asyncio.Task[dict[str, Any]]] = []

    async def run(self) -> tuple[list[dict[str, Any]], bool]:
        """The results in order, and whether the body was read to its end.

        Raises Unreadable or Invalid for a request that can't be a batch; both say how many files are on
        record all the same.
        """
        try:
            was_read_to_end = await self._read()
        except Unreadable as error:
            raise Unreadable(error.status, self._told(error.detail)) from None
        if not self._tasks:
            accepted = f"1 to {MAX_FILES} images as files, in parts named `files`"
            raise Invalid(FieldError("files", "nothing", accepted))
        return [await task for task in self._tasks], was_read_to_end

    async def _read(self) -> bool:
        """Takes every part; whether the body was read to its end."""
        body = Body(self._request, MAX_FILES * self._limit + SLACK_BYTES)
        parts = self._parts(body)
        was_read_to_end = True
        async for chunk in body.chunks():
            try:
                ended = parts.feed(chunk)
            except Malformed as error:
                raise Unreadable(400, f"The form can't be read: {error}") from None
            for part in ended:
                await self._take(part)
        if body.was_cut:
            was_read_to_end = await body.throw_away_rest()
            if (unfinished := parts.cut_off()) is not None:
                await self._take(unfinished)
        elif not parts.has_ended:
            raise Unreadable(400, "The form ends in the middle of a part.")
        return was_read_to_end

    def _parts(self, body: Body) -> Parts:
        content_type = self._request.headers.get("content-type", "")
        if content_type.partition(";")[0].strip().lower() != "multipart/form-data":
            raise Unreadable(
                415,
                "Send the images as multipart/form-data with files in the field `files`; this is "
                f"{content_type[:80] or 'without a content type'}.",
            )
        declared = self._request.headers.get("content-length", "")
        if declared.isascii() and declared.isdigit() and int(declared) > body.limit:
            raise Unreadable(
                413, f"The body has {declared} bytes; at most {body.limit} are accepted."
            )
        try:
            return Parts(
                content_type, lambda is_file: self._limit + 1 if is_file else MAX_TEXT_BYTES
            )
        except Malformed as error:
            raise Unreadable(400, f"The form can't be read: {error}") from None

    async def _take(self, part: Part) -> None:
        """One part has arrived."""
        if part.filename is None:
            self._take_text(part)
            return
        if not part.filename and not part.data:
            return  # a browser's empty file box
        if part.name not in FIELDS:
            raise Invalid(FieldError(part.name, "a file", self._told("files are named `files`")))
        index = len(self._tasks)
        if index >= MAX_FILES:
            result = self._one_too_many(index, part)
            self._tasks.append(asyncio.create_task(result))
            return
        await self._wait_for_room(len(part.data))
        # The task goes on when the caller has gone; `Submissions` waits for it at the end.
        task = asyncio.create_task(self._analysed(index, part))
        self._submissions.keep(task)
        self._tasks.append(task)

    def _take_text(self, part: Part) -> None:
        if part.name not in ("client", "use_case"):
            return  # as /predict, which passes over fields it doesn't know
        if self._tasks:
            accepted = self._told("it must come before the files")
            raise Invalid(FieldError(part.name, "after a file", accepted))
        if getattr(self._caller, part.name) is not None:
            raise Invalid(FieldError(part.name, "2 parts", "one text"))
        text = part.data.decode("utf-8", "replace") + ("…" * MAX_TEXT_BYTES if part.is_cut else "")
        if part.name == "client":
            self._caller = replace(self._caller, client=text)
        else:
            self._caller = replace(self._caller, use_case=text)
        check_names(self._caller)

    async def _wait_for_room(self, size: int) -> None:
        room = self._room
        while room.files and (
            room.files >= self._files_at_once or room.bytes + size > 2 * self._limit
        ):
            await asyncio.wait(
                [task for task in self._tasks if not task.done()],
                return_when=asyncio.FIRST_COMPLETED,
            )
        room.files += 1
        room.bytes += size

    async def _analysed(self, index: int, part: Part) -> dict[str, Any]:
        """The result of one file. Never raises."""
        arrived_us, arrived_ns = self._runtime.now(), time.perf_counter_ns()
        size = len(part.data)
        data = None if part.is_cut else bytes(part.data)
        part.data = bytearray()
        submission = Submission(data, self._caller, arrived_us, arrived_ns, part.filename)
        key = None
        if self._key is not None:
            key = scoped(self._key, self._principal, f"file {index}")
        head = {"index": index, "filename": shown_name(part.filename)}
        try:
            submitted = await self._submitted(submission, key, size)
        except VerascopeError as error:
            response = errors.answer(error)
            return {**head, "status": response.status_code, "problem": msgspec.Raw(response.body)}
        except Exception as error:
            response = errors.unexpected(error)
            return {**head, "status": response.status_code, "problem": msgspec.Raw(response.body)}
        finally:
            self._room.files -= 1
            self._room.bytes -= size
        if submitted.status != 200:
            return {**head, "status": submitted.status, "problem": refusal_json(submitted)}
        verdict = verdict_json(submitted, shown_name(part.filename))
        return {**head, "status": 200, "verdict": verdict}

    async def _submitted(self, submission: Submission, key: str | None, size: int) -> Submitted:
        """Waits a while for memory and for a place in detection. Raises what `submit` raises."""
        give_up_at = time.monotonic() + BUSY_SECONDS
        pause = SHORTEST_PAUSE
        while True:
            try:
                self._uploads.take(size)
                try:
                    return await self._submissions.submit(submission, key)
                finally:
                    self._uploads.give_back(size)
            except Busy as busy:
                # What asks for more than a second is no queue: the store is in trouble, or we stop.
                if time.monotonic() >= give_up_at or busy.retry_after > 1:
                    raise
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)

    async def _one_too_many(self, index: int, part: Part) -> dict[str, Any]:
        accepted = f"at most {MAX_FILES} files; this one was not analysed and is not on record"
        error = FieldError("files", f"file {index + 1}", accepted)
        title = "The request carries values that are not accepted."
        problem = problem_body(422, "invalid", title, str(error), errors=[error])
        return {
            "index": index,
            "filename": shown_name(part.filename),
            "status": 422,
            "problem": problem,
        }

    def _told(self, text: str) -> str:
        """With how much of the batch is on record in spite of the refusal."""
        n = min(len(self._tasks), MAX_FILES)
        return f"{text} ({n} files before it were accepted and are on record)" if n else text
