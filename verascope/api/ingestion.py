"""`POST /api/v1/predictions`: what other people's detectors saw, in batches, counted once. `/api/v1/senders`: who sends.

The batch route is a plain one: the framework's own validation would cost several times what judging an event does.
"""

import asyncio
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
from anyio.to_thread import run_sync
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from verascope import clock
from verascope.api.deps import Owner, RuntimeDep, runtime_of, submitter
from verascope.api.errors import Unreadable, answer, documented
from verascope.api.upload import SILENCE_SECONDS, Uploads
from verascope.clock import US
from verascope.errors import Busy, FieldError, Invalid, VerascopeError, shown
from verascope.ingest import senders
from verascope.ingest.batch import ENCODINGS, MAX_BYTES, BadBody, Judged, judged, unpacked
from verascope.ingest.event import Code, Context, Rejected
from verascope.ingest.pipeline import MAX_USER_AGENT, cleaned
from verascope.records import Source
from verascope.runtime import Runtime
from verascope.security.principal import Principal
from verascope.store.events import Insertion

router = APIRouter(prefix="/api/v1", tags=["Ingestion"])

INLINE_BYTES = 20_000
"""A smaller body is judged in the event loop: handing it to a thread would take longer."""

BODY_SECONDS = 120.0
MAX_SENDER = 64
LINES = (
    "application/x-ndjson",
    "application/ndjson",
    "application/jsonl",
    "application/x-jsonlines",
)
LARGEST = 2**53

_STORED_ELSEWHERE = "an id that no other prediction has; the one on record stays as it is"
_UNSTORABLE = "values that the database can hold"


class WrongEvent(BaseModel):
    """One wrong field of one event. An event with several has several of these."""

    model_config = ConfigDict(strict=True, extra="forbid")

    index: int = Field(description="The event's place in the body, from 0.")
    id: str | None
    code: Literal["invalid", "too_old", "clock_skew", "conflict", "malformed"]
    retryable: bool = Field(description="Whether the same event may be accepted later.")
    field: str
    value: str
    accepted: str


class Receipt(BaseModel):
    """What came of every event: received = stored + duplicate + rejected."""

    model_config = ConfigDict(strict=True, extra="forbid")

    received: int
    stored: int = Field(description="New on record, committed to disk.")
    duplicate: int = Field(description="On record before, with the same content.")
    rejected: int = Field(description="Not on record; `errors` says why.")
    errors: list[WrongEvent]


class SenderInfo(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    sender: str
    client: str | None = Field(description="The client of the key it last showed.")
    user_agent: str | None
    first_seen: str
    last_seen: str
    dropped: int = Field(description="Events it says it dropped since it began.")


class SenderList(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    senders: list[SenderInfo] = Field(description="The last seen first.")


@dataclass(frozen=True, slots=True)
class _Envelope:
    """What the headers say about a body."""

    is_lines: bool
    encoding: str
    sender: str | None
    dropped: int


async def post(request: Request) -> Response:
    """Store a batch and answer with its receipt, after the commit that holds what is stored."""
    runtime = runtime_of(request)
    principal = await submitter(request)
    caller = (principal.tenant_id, principal.name)
    limits = runtime.rate_limit
    try:
        receipt = await _taken(request, runtime, principal)
    except BadBody as bad:
        response = answer(Unreadable(bad.status, bad.detail))
    except VerascopeError as refused:
        # A sender that is refused needs to know what is left no less than one that is served.
        response = answer(refused)
    else:
        response = Response(msgspec.json.encode(receipt), media_type="application/json")
    response.headers.update(limits.headers(caller))
    return response


# The prefix of the router holds for the framework's own routes only.
router.add_route("/api/v1/predictions", post, methods=["POST"])


@router.get(
    "/senders",
    summary="Who sends events, and what they dropped",
    response_model=SenderList,
    responses=documented(401, 403, 421, 503),
)
async def sender_list(runtime: RuntimeDep, principal: Owner) -> Response:
    """Senders that name themselves with `Verascope-Sender`, as the Python client does."""
    found = await run_sync(senders.listed, runtime.database, principal.tenant_id)
    body = [
        {
            "sender": one.sender,
            "client": one.client,
            "user_agent": one.user_agent,
            "first_seen": clock.to_iso(one.first_seen_us),
            "last_seen": clock.to_iso(one.last_seen_us),
            "dropped": one.dropped,
        }
        for one in found
    ]
    return Response(msgspec.json.encode({"senders": body}), media_type="application/json")


async def _taken(request: Request, runtime: Runtime, principal: Principal) -> dict[str, Any]:
    envelope = _envelope(request)
    bodies: Uploads = request.app.state.bodies
    body = bytearray()
    held = 0
    try:
        async for chunk in _chunks(request):
            bodies.take(len(chunk))
            held += len(chunk)
            body += chunk
            if len(body) > MAX_BYTES:
                raise Unreadable(413, f"At most {MAX_BYTES} bytes are accepted at once.")
        if envelope.encoding != "identity":
            # What it grows to isn't known before it has grown.
            bodies.take(MAX_BYTES)
            held += MAX_BYTES
        context = _context(runtime, principal)
        is_small = len(body) <= INLINE_BYTES and envelope.encoding == "identity"
        if is_small:
            found = judged(bytes(body), is_lines=envelope.is_lines, context=context)
        else:
            found = await run_sync(_judged, bytes(body), envelope, context)
        caller, n = (principal.tenant_id, principal.name), len(found.events)
        runtime.rate_limit.take(caller, n)
        try:
            insertions = await runtime.writer.record_all(found.good)
        except Busy:
            runtime.rate_limit.give_back(caller, n)
            raise
    finally:
        bodies.give_back(held)
    if envelope.sender is not None:
        _note(runtime, principal, request, envelope.sender, envelope.dropped)
    return _receipt(found, insertions)


def _judged(body: bytes, envelope: _Envelope, context: Context) -> Judged:
    return judged(unpacked(body, envelope.encoding), is_lines=envelope.is_lines, context=context)


async def _chunks(request: Request) -> Any:
    """The body as it arrives. Raises Unreadable (408) when it stalls, or takes altogether too long."""
    stream = request.stream()
    loop = asyncio.get_running_loop()
    deadline = loop.time() + BODY_SECONDS
    while True:
        try:
            async with asyncio.timeout_at(min(deadline, loop.time() + SILENCE_SECONDS)):
                chunk = await anext(stream, None)
        except TimeoutError:
            raise Unreadable(
                408,
                f"The body must not pause for {SILENCE_SECONDS:.0f} seconds, and arrive within {BODY_SECONDS:.0f}.",
            ) from None
        if chunk is None:
            return
        yield chunk


def _context(runtime: Runtime, principal: Principal) -> Context:
    now_us = runtime.now()
    days = runtime.settings.recording.retention_days
    return Context(
        tenant_id=principal.tenant_id,
        source=Source.INGEST,
        received_us=now_us,
        now_us=runtime.latest(),
        oldest_us=now_us - days * 86_400 * US,
        key_client=principal.client,
        may_name_clients=principal.names_clients,
        rules=runtime.rules,
    )


def _envelope(request: Request) -> _Envelope:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in ("application/json", *LINES):
        raise Unreadable(
            415,
            f"Send application/json (an object or an array) or application/x-ndjson, not {media_type[:80]!r}.",
        )
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ENCODINGS:
        raise Unreadable(
            415, f"Content-Encoding {encoding[:80]!r} is not one of {', '.join(ENCODINGS)}."
        )
    problems: list[FieldError] = []
    sender = request.headers.get("verascope-sender")
    if sender is not None and not (
        1 <= len(sender) <= MAX_SENDER and sender.isascii() and sender.isprintable()
    ):
        accepted = f"1 to {MAX_SENDER} printable ASCII characters"
        problems.append(FieldError("Verascope-Sender", shown(sender), accepted))
    text = request.headers.get("verascope-dropped", "0")
    is_number = text.isascii() and text.isdigit() and len(text) <= 16 and int(text) <= LARGEST
    if not is_number:
        accepted = f"a whole number from 0 to {LARGEST}: the total since the sender began"
        problems.append(FieldError("Verascope-Dropped", shown(text), accepted))
    if problems:
        raise Invalid(*problems)
    return _Envelope(media_type in LINES, encoding, sender, int(text))


def _note(
    runtime: Runtime, principal: Principal, request: Request, sender: str, dropped: int
) -> None:
    now_us = runtime.now()
    agent = cleaned(request.headers.get("user-agent", ""), MAX_USER_AGENT)
    runtime.senders.note(
        senders.Sender(
            principal.tenant_id, sender, principal.client, agent, now_us, now_us, dropped
        )
    )


def _receipt(found: Judged, insertions: list[Insertion]) -> dict[str, Any]:
    counts = {"stored": 0, "duplicate": 0, "rejected": 0}
    errors: list[dict[str, Any]] = []
    outcomes = iter(insertions)
    for index, event in enumerate(found.events):
        if isinstance(event, Rejected):
            counts["rejected"] += 1
            errors += [
                _wrong(index, event.id, event.code, event.retryable, one) for one in event.errors
            ]
            continue
        match next(outcomes):
            case Insertion.STORED:
                counts["stored"] += 1
            case Insertion.DUPLICATE:
                counts["duplicate"] += 1
            case Insertion.CONFLICT:
                counts["rejected"] += 1
                one = FieldError("id", shown(event.id), _STORED_ELSEWHERE)
                errors.append(_wrong(index, event.id, Code.CONFLICT, False, one))
            case Insertion.REFUSED:
                counts["rejected"] += 1
                one = FieldError("event", shown(event.id), _UNSTORABLE)
                errors.append(_wrong(index, event.id, Code.INVALID, False, one))
    return {"received": len(found.events), **counts, "errors": errors}


def _wrong(
    index: int, id_: str | None, code: Code, retryable: bool, one: FieldError
) -> dict[str, Any]:
    return {
        "index": index,
        "id": id_,
        "code": code.value,
        "retryable": retryable,
        "field": one.field,
        "value": one.value,
        "accepted": one.accepted,
    }
