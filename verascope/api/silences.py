"""`/api/v1/alerts/silences`: for some time nobody is told of certain alerts."""

from typing import Annotated, Any, Literal

from anyio.to_thread import run_sync
from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from verascope import clock
from verascope.alerts import episode, silences
from verascope.alerts.matcher import Field as AlertField
from verascope.alerts.matcher import Matcher, Op
from verascope.alerts.silence import Silence
from verascope.api.answer import answer_json
from verascope.api.deps import JsonObject, Owner, RuntimeDep
from verascope.api.errors import documented
from verascope.api.params import body_of, parsed, whole_number
from verascope.clock import DAY, US
from verascope.errors import FieldError, Invalid, shown
from verascope.runtime import Runtime

router = APIRouter(prefix="/api/v1/alerts/silences", tags=["Alerts"])

LONGEST_DAYS = 366
MOST_MATCHERS = 20
Limit = Annotated[int, *whole_number(1, 200), Query(description="Silences a page.")]


class SilenceMatcher(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    field: Literal["rule", "severity", "group", "subject"]
    op: Literal["is", "is_not", "contains"] = "is"
    value: str = Field(min_length=1, max_length=200)


class NewSilence(BaseModel):
    """It holds for alerts that all matchers fit. Without `starts_at` it begins now."""

    model_config = ConfigDict(strict=True, extra="forbid")

    matchers: list[SilenceMatcher] = Field(min_length=1, max_length=MOST_MATCHERS)
    starts_at: str | None = None
    ends_at: str = Field(description=f"At most {LONGEST_DAYS} days from now.")
    comment: str = Field("", max_length=1000)


class StoredSilence(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    id: str
    matchers: list[SilenceMatcher]
    starts_at: str
    ends_at: str
    comment: str
    author: str
    created_at: str
    ended_by: str | None = Field(description="Who ended it before its time.")
    active: bool
    matches: int = Field(description="Open alerts that it fits.")


class SilencePage(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    items: list[StoredSilence] = Field(description="The newest first, expired ones too.")
    next_cursor: str | None = Field(description="Give it back as `cursor` for the next page.")


DOCUMENTED: tuple[type[BaseModel], ...] = (NewSilence,)


@router.get(
    "",
    summary="Silences, those that are over too",
    response_model=SilencePage,
    responses=documented(401, 403, 421, 422),
)
async def listed(
    runtime: RuntimeDep, principal: Owner, limit: Limit = 50, cursor: str | None = None
) -> Response:
    def read() -> dict[str, Any]:
        with runtime.database.reading() as connection:
            found = silences.listed(connection, principal.tenant_id, limit + 1, cursor)
            items = _shown(runtime, connection, principal.tenant_id, found[:limit])
        next_cursor = found[limit - 1].id if len(found) > limit else None
        return {"items": items, "next_cursor": next_cursor}

    return answer_json(await run_sync(read))


@router.post(
    "",
    summary="Keep quiet for some time",
    response_model=StoredSilence,
    status_code=201,
    responses=documented(400, 401, 403, 413, 415, 421, 422, 503),
    openapi_extra=body_of(NewSilence),
)
async def create(runtime: RuntimeDep, principal: Owner, body: JsonObject) -> Response:
    """Alerts go on being evaluated and recorded; only messages are left out, each with its reason."""
    wanted = parsed(NewSilence, body)
    now_us = runtime.now()
    starts_us, ends_us = _times(wanted, now_us)
    matchers = tuple(
        Matcher(AlertField(one.field), Op(one.op), one.value) for one in wanted.matchers
    )

    def write(connection: Any) -> dict[str, Any]:
        made = silences.create(
            connection, principal.tenant_id, matchers, starts_us, ends_us, wanted.comment,
            principal.name, now_us,
        )  # fmt: skip
        return _shown(runtime, connection, principal.tenant_id, [made])[0]

    return answer_json(await runtime.writer.run(write), 201)


@router.delete(
    "/{silence_id}",
    summary="End a silence now",
    response_model=StoredSilence,
    responses=documented(401, 403, 404, 421, 503),
)
async def end(runtime: RuntimeDep, principal: Owner, silence_id: str) -> Response:
    """It stays in the list and in the history; one that is over stays as it was."""

    def write(connection: Any) -> dict[str, Any]:
        ended = silences.end(
            connection, principal.tenant_id, silence_id, principal.name, runtime.now()
        )
        return _shown(runtime, connection, principal.tenant_id, [ended])[0]

    return answer_json(await runtime.writer.run(write))


def _times(wanted: NewSilence, now_us: int) -> tuple[int, int]:
    problems: list[FieldError] = []

    def instant(field: str, text: str | None) -> int:
        if text is None:
            return now_us
        try:
            return clock.from_iso(field, text)
        except Invalid as invalid:
            problems.extend(invalid.fields)
            return now_us

    starts_us = instant("starts_at", wanted.starts_at)
    ends_us = instant("ends_at", wanted.ends_at)
    latest_us = now_us + LONGEST_DAYS * DAY * US
    if not problems and not max(starts_us, now_us) < ends_us <= latest_us:
        accepted = f"a time after now and after starts_at, at most {LONGEST_DAYS} days from now"
        problems.append(FieldError("ends_at", shown(wanted.ends_at), accepted))
    if problems:
        raise Invalid(*problems)
    return starts_us, ends_us


def _shown(
    runtime: Runtime, connection: Any, tenant_id: int, found: list[Silence]
) -> list[dict[str, Any]]:
    now_us = runtime.now()
    going_on = [one.target for one in episode.open_ones(connection, tenant_id)]
    return [
        {
            "id": one.id,
            "matchers": one.matchers,
            "starts_at": clock.to_iso(one.starts_us),
            "ends_at": clock.to_iso(one.ends_us),
            "comment": one.comment,
            "author": one.author,
            "created_at": clock.to_iso(one.created_us),
            "ended_by": one.ended_by,
            "active": one.is_active(now_us),
            "matches": sum(one.covers(target) for target in going_on),
        }
        for one in found
    ]
