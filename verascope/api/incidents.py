"""`/api/v1/incidents`: what is wrong, who looks after it, and how long that takes."""

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
from verascope.monitor import incident_list, incidents, resolution
from verascope.runtime import Runtime
from verascope.security.principal import Principal

router = APIRouter(prefix="/api/v1/incidents", tags=["Incidents"])

Severity = Literal["critical", "warning", "info"]
Connection = Any
"""Of the store; routes hand it on and know nothing of it."""


class Incident(BaseModel):
    """Something is wrong, and somebody looks after it. Times are null until they happened."""

    model_config = ConfigDict(strict=True, extra="forbid")

    id: str
    number: int = Field(description="Counts up from 1.")
    title: str
    severity: Severity
    state: Literal["open", "acknowledged", "resolved"]
    about: Literal["errors", "other"] = Field(
        description="errors: its time to resolve counts as error resolution time."
    )
    opened_at: str
    acknowledged_at: str | None = Field(description="The first acknowledgement.")
    resolved_at: str | None = Field(description="The last resolve; null again once re-opened.")
    assignee: str | None
    source: Literal["alert", "manual"]
    alert_id: str | None
    summary: str
    seconds_to_acknowledge: float | None = Field(
        description="From the opening to the first acknowledgement."
    )
    seconds_to_resolve: float | None = Field(
        description="From the opening to the last resolve, also when it was re-opened in between."
    )


class TimelineEntry(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    at: str
    kind: Literal["opened", "acknowledged", "resolved", "reopened", "note", "assigned", "severity"]
    by: str
    text: str


class IncidentDetail(Incident):
    timeline: list[TimelineEntry] = Field(description="Oldest first; it only grows.")


class IncidentPage(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    items: list[Incident] = Field(description="The highest number first.")
    next_cursor: str | None = Field(description="Give it back as `cursor` for the next page.")


class IncidentMonth(BaseModel):
    """Means over the incidents opened in a month. null: nothing was measured."""

    model_config = ConfigDict(strict=True, extra="forbid")

    month: str = Field(examples=["2026-03"], description="On the tenant's clock.")
    severity: Severity = Field(description="The one the incident has now.")
    incidents: int
    acknowledged: int = Field(description="How many `mtta_seconds` is the mean of.")
    resolved: int = Field(description="How many `mttr_seconds` is the mean of.")
    resolved_about_errors: int
    mtta_seconds: float | None = Field(description="Mean time to acknowledge.")
    mttr_seconds: float | None = Field(description="Mean time to resolve.")
    mttr_error_seconds: float | None = Field(
        description="Error resolution time: mean time to resolve of incidents about errors."
    )


class IncidentStatistics(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    items: list[IncidentMonth] = Field(description="The newest month first, by severity.")


class NewIncident(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: str = Field(max_length=incidents.MAX_TITLE)
    severity: Severity
    summary: str = Field("", max_length=incidents.MAX_TEXT)
    about: Literal["errors", "other"] = "other"


class IncidentNote(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: str = Field(max_length=incidents.MAX_TEXT)


class IncidentAssignee(BaseModel):
    """null: nobody."""

    model_config = ConfigDict(extra="forbid")

    assignee: str | None = Field(max_length=incidents.MAX_NAME)


class IncidentSeverity(BaseModel):
    model_config = ConfigDict(extra="forbid")

    severity: Severity


DOCUMENTED: tuple[type[BaseModel], ...] = (
    NewIncident,
    IncidentNote,
    IncidentAssignee,
    IncidentSeverity,
)

_READ = documented(401, 403, 404, 421, 422)
_WRITE = documented(401, 403, 404, 409, 421, 422, 503)
_WRITE_BODY = documented(400, 401, 403, 404, 413, 415, 421, 422, 503)


@router.get(
    "",
    summary="Incidents, newest first",
    response_model=IncidentPage,
    responses=documented(401, 403, 421, 422),
)
async def listed(
    runtime: RuntimeDep,
    principal: Owner,
    state: Annotated[str, Query(description="open (not resolved), resolved or all.")] = "all",
    limit: Annotated[int, *whole_number(1, 200), Query()] = 50,
    cursor: Annotated[str | None, Query(description="From the page before.")] = None,
) -> Response:
    """Opened by alerts or by hand."""

    def read() -> dict[str, Any]:
        with runtime.database.reading() as connection:
            return incident_list.page(connection, principal.tenant_id, state, limit, cursor)

    return answer_json(await run_sync(read))


@router.get(
    "/statistics",
    summary="Mean times to acknowledge and to resolve",
    response_model=IncidentStatistics,
    responses=documented(401, 403, 421, 422),
)
async def statistics(
    runtime: RuntimeDep,
    principal: Owner,
    months: Annotated[int, *whole_number(1, resolution.MAX_MONTHS), Query()] = 6,
) -> Response:
    """By severity and month, from the timelines. The present month is the last of them."""

    def read() -> dict[str, Any]:
        with runtime.database.reading() as connection:
            items = resolution.statistics(connection, principal.tenant_id, months, runtime.now())
            return {"items": items}

    return answer_json(await run_sync(read))


@router.post(
    "",
    summary="Open an incident by hand",
    response_model=IncidentDetail,
    status_code=201,
    responses=documented(400, 401, 403, 413, 415, 421, 422, 503),
    openapi_extra=body_of(NewIncident),
)
async def opened(runtime: RuntimeDep, principal: Owner, body: JsonObject) -> Response:
    said = incident_list.opening_of(body)
    at_us = runtime.now()

    def job(connection: Connection) -> dict[str, Any]:
        incident_id = incidents.open_incident(
            connection,
            principal.tenant_id,
            title=said.title,
            severity=said.severity,
            source="manual",
            alert_id=None,
            summary=said.summary,
            who=principal.name,
            at_us=at_us,
            about=said.about,
        )
        return incident_list.one(connection, principal.tenant_id, incident_id)

    return answer_json(await runtime.writer.run(job), 201)


@router.get(
    "/{incident_id}",
    summary="One incident with its timeline",
    response_model=IncidentDetail,
    responses=_READ,
)
async def incident(runtime: RuntimeDep, principal: Owner, incident_id: str) -> Response:
    def read() -> dict[str, Any]:
        with runtime.database.reading() as connection:
            return incident_list.one(connection, principal.tenant_id, incident_id)

    return answer_json(await run_sync(read))


@router.post(
    "/{incident_id}/acknowledge",
    summary="Say that somebody looks at it",
    response_model=IncidentDetail,
    responses=_WRITE,
)
async def acknowledge(runtime: RuntimeDep, principal: Owner, incident_id: str) -> Response:
    """Once is enough; a resolved one has to be re-opened first (409)."""
    return await _changed(runtime, principal, incident_id, incidents.acknowledge_open)


@router.post(
    "/{incident_id}/resolve",
    summary="Say that it is over",
    response_model=IncidentDetail,
    responses=_WRITE,
)
async def resolve(runtime: RuntimeDep, principal: Owner, incident_id: str) -> Response:
    return await _changed(runtime, principal, incident_id, incidents.resolve)


@router.post(
    "/{incident_id}/reopen",
    summary="Say that it is not over",
    response_model=IncidentDetail,
    responses=_WRITE,
)
async def reopen(runtime: RuntimeDep, principal: Owner, incident_id: str) -> Response:
    """It waits for an acknowledgement again; its time to resolve goes on from the first opening."""
    return await _changed(runtime, principal, incident_id, incidents.reopen)


@router.post(
    "/{incident_id}/note",
    summary="Add a note",
    response_model=IncidentDetail,
    responses=_WRITE_BODY,
    openapi_extra=body_of(IncidentNote),
)
async def note(
    runtime: RuntimeDep, principal: Owner, incident_id: str, body: JsonObject
) -> Response:
    change = partial(incidents.note, text=incident_list.note_of(body))
    return await _changed(runtime, principal, incident_id, change)


@router.post(
    "/{incident_id}/assign",
    summary="Say who looks after it",
    response_model=IncidentDetail,
    responses=_WRITE_BODY,
    openapi_extra=body_of(IncidentAssignee),
)
async def assign(
    runtime: RuntimeDep, principal: Owner, incident_id: str, body: JsonObject
) -> Response:
    change = partial(incidents.assign, assignee=incident_list.assignee_of(body))
    return await _changed(runtime, principal, incident_id, change)


@router.post(
    "/{incident_id}/severity",
    summary="Change its severity",
    response_model=IncidentDetail,
    responses=_WRITE_BODY,
    openapi_extra=body_of(IncidentSeverity),
)
async def severity(
    runtime: RuntimeDep, principal: Owner, incident_id: str, body: JsonObject
) -> Response:
    """Statistics count an incident under the severity it has now."""
    change = partial(incidents.change_severity, severity=incident_list.severity_of(body))
    return await _changed(runtime, principal, incident_id, change)


async def _changed(
    runtime: Runtime, principal: Principal, incident_id: str, change: Callable[..., object]
) -> Response:
    """The incident as it stands after `change`."""
    tenant_id, at_us = principal.tenant_id, runtime.now()

    def job(connection: Connection) -> dict[str, Any]:
        change(connection, tenant_id, incident_id, who=principal.name, at_us=at_us)
        return incident_list.one(connection, tenant_id, incident_id)

    return answer_json(await runtime.writer.run(job))
