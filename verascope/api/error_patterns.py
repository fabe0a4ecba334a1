"""`/api/v1/error-patterns`: failures in groups, and what becomes of each group."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, Literal

from anyio.to_thread import run_sync
from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from verascope.api.answer import answer_json
from verascope.api.deps import JsonObject, Owner, RuntimeDep
from verascope.api.errors import documented
from verascope.api.params import body_of, whole_number
from verascope.monitor import error_patterns, pattern_list
from verascope.monitor.incidents import MAX_NAME
from verascope.monitor.pattern_list import Asked, Span, span_of
from verascope.runtime import Runtime
from verascope.security.principal import Principal

router = APIRouter(prefix="/api/v1/error-patterns", tags=["Error patterns"])

# A pattern may hold a slash, so it takes all of the path up to the last word.
ONE = "/{pattern:path}"
Connection = Any
"""Of the store; routes hand it on and know nothing of it."""


class PatternClient(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    name: str
    count: int


class PatternRange(BaseModel):
    """Half open: whole days of the tenant's clock, today included, or what `start` and `end` say."""

    model_config = ConfigDict(strict=True, extra="forbid")

    start: str
    end: str
    time_zone: str
    unfinished: bool


class ErrorPatternRecord(BaseModel):
    """Failures with the same fingerprint. Counts are of the range asked for, the rest is of all time."""

    model_config = ConfigDict(strict=True, extra="forbid")

    pattern: str
    version: int = Field(description="Of the rule that made the fingerprint.")
    message: str | None = Field(description="Of its newest failure.")
    status: Literal["new", "ongoing", "regressed", "resolved", "ignored"]
    first_seen: str = Field(description="By the time of the failures, as `last_seen`.")
    last_seen: str
    count: int = Field(description="Failures in the range: `failed_predictions` of /api/v1/query.")
    share: float | None = Field(description="Percent of all failures in the range.")
    clients: list[PatternClient] = Field(description="The most affected first.")
    affected_clients: int | None = Field(
        description="How many clients; null when they are too many to tell."
    )
    trend: list[int] = Field(description="Failures in each bucket of `trend_starts`.")
    assignee: str | None
    ignored_until: str | None
    resolved_at: str | None
    regressed_at: str | None = Field(description="When it first happened again after the resolve.")


class PatternPage(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    items: list[ErrorPatternRecord] = Field(
        description="The most frequent first, then those that did not happen in the range."
    )
    range: PatternRange
    failed: int = Field(description="All failures in the range, whatever their pattern.")
    interval: Literal["hour", "day"]
    trend_starts: list[str] = Field(description="Where each bucket of the trends begins.")
    left_out: int = Field(
        description="Failures whose patterns are not among the thousand most frequent, which are listed."
    )
    next_cursor: str | None = Field(description="Give it back as `cursor` for the next page.")


class PatternEntry(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    at: str
    kind: Literal["first_seen", "resolved", "regressed", "reopened", "ignored", "assigned"]
    by: str | None
    text: str


class ErrorPatternDetail(ErrorPatternRecord):
    range: PatternRange
    failed: int
    interval: Literal["hour", "day"]
    trend_starts: list[str]
    samples: list[dict[str, Any]] = Field(
        description="Its newest failures, as GET /api/v1/predictions/{prediction_id} shows them."
    )
    timeline: list[PatternEntry] = Field(description="Oldest first; it only grows.")


class IgnoreUntil(BaseModel):
    model_config = ConfigDict(extra="forbid")

    until: str = Field(description="ISO 8601 with an offset, within the next 366 days.")


class PatternAssignee(BaseModel):
    """null: nobody."""

    model_config = ConfigDict(extra="forbid")

    assignee: str | None = Field(max_length=MAX_NAME)


DOCUMENTED: tuple[type[BaseModel], ...] = (IgnoreUntil, PatternAssignee)

Days = Annotated[int, *whole_number(1, pattern_list.MAX_DAYS), Query()]
Start = Annotated[
    str | None,
    Query(description="ISO 8601 with an offset; included. With `end`, instead of `range_days`."),
]
End = Annotated[str | None, Query(description="ISO 8601 with an offset; not included.")]
_WRITE = documented(401, 403, 404, 421, 503)
_WRITE_BODY = documented(400, 401, 403, 404, 413, 415, 421, 422, 503)


@router.get(
    "",
    summary="Failures by pattern",
    response_model=PatternPage,
    responses=documented(401, 403, 421, 422, 503),
)
async def listed(
    runtime: RuntimeDep,
    principal: Owner,
    state: Annotated[
        str,
        Query(
            description="open (new, ongoing and regressed), new, ongoing, regressed, resolved, ignored or all."
        ),
    ] = "open",
    range_days: Days = 7,
    start: Start = None,
    end: End = None,
    limit: Annotated[int, *whole_number(1, 100), Query()] = 50,
    cursor: Annotated[str | None, Query(description="From the page before.")] = None,
) -> Response:
    """Counts are those of the dashboard and of /api/v1/query."""
    asked = Asked(state, span_of(range_days, start, end), limit, cursor)
    page = await run_sync(
        pattern_list.page,
        runtime.answers,
        runtime.database,
        principal.tenant_id,
        asked,
        runtime.settings.error_patterns.new_hours,
    )
    return answer_json(page)


@router.get(
    ONE,
    summary="One pattern with its newest failures and its timeline",
    response_model=ErrorPatternDetail,
    responses=documented(401, 403, 404, 421, 422, 503),
)
async def one(
    runtime: RuntimeDep,
    principal: Owner,
    pattern: str,
    range_days: Days = 7,
    start: Start = None,
    end: End = None,
) -> Response:
    span = span_of(range_days, start, end)
    return answer_json(await _told(runtime, principal, pattern, span))


@router.post(
    f"{ONE}/resolve",
    summary="Say that it is over",
    response_model=ErrorPatternDetail,
    responses=_WRITE,
)
async def resolve(runtime: RuntimeDep, principal: Owner, pattern: str) -> Response:
    """A failure that happens later makes it regressed; one that only arrives later does not."""
    return await _changed(runtime, principal, pattern, error_patterns.resolve)


@router.post(
    f"{ONE}/reopen",
    summary="Take back a resolve or an ignore",
    response_model=ErrorPatternDetail,
    responses=_WRITE,
)
async def reopen(runtime: RuntimeDep, principal: Owner, pattern: str) -> Response:
    return await _changed(runtime, principal, pattern, error_patterns.reopen)


@router.post(
    f"{ONE}/ignore",
    summary="Hear nothing of it for a while",
    response_model=ErrorPatternDetail,
    responses=_WRITE_BODY,
    openapi_extra=body_of(IgnoreUntil),
)
async def ignore(runtime: RuntimeDep, principal: Owner, pattern: str, body: JsonObject) -> Response:
    """It is still counted; it is only in no alert and in no list of open ones."""
    until_us = pattern_list.ignore_until_of(body, runtime.now())
    change = partial(error_patterns.ignore, until_us=until_us)
    return await _changed(runtime, principal, pattern, change)


@router.post(
    f"{ONE}/assign",
    summary="Say who looks after it",
    response_model=ErrorPatternDetail,
    responses=_WRITE_BODY,
    openapi_extra=body_of(PatternAssignee),
)
async def assign(runtime: RuntimeDep, principal: Owner, pattern: str, body: JsonObject) -> Response:
    change = partial(error_patterns.assign, assignee=pattern_list.assignee_of(body))
    return await _changed(runtime, principal, pattern, change)


async def _changed(
    runtime: Runtime, principal: Principal, pattern: str, change: Callable[..., object]
) -> Response:
    """The pattern as it stands after `change`."""
    # What was acknowledged before may be the pattern's first failure, so it is folded first.
    await run_sync(pattern_list.settle, runtime.answers, principal.tenant_id)
    job = partial(
        change,
        tenant_id=principal.tenant_id,
        pattern=pattern,
        who=principal.name,
        at_us=runtime.now(),
    )
    await runtime.writer.run(job)
    return answer_json(await _told(runtime, principal, pattern, Span(7)))


async def _told(runtime: Runtime, principal: Principal, pattern: str, span: Span) -> dict[str, Any]:
    return await run_sync(
        pattern_list.one,
        runtime.answers,
        runtime.database,
        principal.tenant_id,
        pattern,
        span,
        runtime.settings.error_patterns.new_hours,
    )
