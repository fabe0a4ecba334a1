"""`/api/v1/alerts`: what fires, what fired, acknowledging it, and everything that ever happened with alerts."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

import msgspec
from anyio.to_thread import run_sync
from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response, StreamingResponse

from verascope import clock
from verascope.alerts import acknowledge, alert_list, episode, history
from verascope.alerts.history import Kind
from verascope.api.answer import answer_json
from verascope.api.deps import JsonObject, Owner, RuntimeDep
from verascope.api.errors import documented
from verascope.api.params import body_of, parsed, whole_number
from verascope.errors import FieldError, Invalid, shown
from verascope.runtime import Runtime

router = APIRouter(prefix="/api/v1/alerts", tags=["Alerts"])

Severity = Literal["critical", "warning", "info"]
KindName = Literal[
    "transition", "delivery", "suppressed", "acknowledged", "silenced", "incident", "note", "rule",
    "routing",
]  # fmt: skip
Limit = Annotated[int, *whole_number(1, 500), Query(description="Items a page.")]
Text = Annotated[str | None, Query(max_length=200)]

EXPORT_PAGE = 1_000
"""Entries read at once for an export: no read transaction is held while the caller is slow."""


class AlertAcknowledgement(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    by: str
    at: str
    note: str | None


class Alert(BaseModel):
    """One alert from the moment it fires until it is over. `id` is null while it is pending: it may yet come to nothing."""

    model_config = ConfigDict(strict=True, extra="forbid")

    id: str | None
    rule: str
    subject: str = Field(
        description="What the number belongs to; empty for a rule about one number."
    )
    title: str
    group: str
    severity: Severity
    phase: str = Field(examples=["firing"])
    started_at: str
    ended_at: str | None
    since: str = Field(description="Since when it is in this phase.")
    value: float | None
    limit: float | None
    unit: str | None
    metric: str | None
    reason: str
    acknowledged: AlertAcknowledgement | None
    silenced_by: str | None = Field(
        description="The id of the silence because of which nobody is told."
    )
    inhibited_by: str | None = Field(description="The other alert because of which nobody is told.")
    incident_id: str | None
    notified: int = Field(description="Messages that told of it.")


class AlertEvent(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    at: str
    kind: KindName
    text: str
    by: str | None
    detail: dict[str, Any]


class AlertDetail(Alert):
    timeline: list[AlertEvent] = Field(description="Oldest first; it only grows.")


class AlertPage(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    items: list[Alert] = Field(description="The newest first; pending ones before all others.")
    next_cursor: str | None = Field(description="Give it back as `cursor` for the next page.")


class HistoryEntry(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    id: str
    at: str
    kind: KindName
    severity: Severity | None
    rule: str | None
    subject: str
    alert_id: str | None
    text: str
    by: str | None
    detail: dict[str, Any]


class HistoryPage(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    items: list[HistoryEntry] = Field(description="The newest first.")
    next_cursor: str | None = Field(description="Give it back as `cursor` for the next page.")


class AcknowledgeNote(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    note: str | None = Field(None, max_length=1000)


DOCUMENTED: tuple[type[BaseModel], ...] = (AcknowledgeNote,)


@router.get(
    "",
    summary="Alerts that go on, and those that are over",
    response_model=AlertPage,
    responses=documented(401, 403, 421, 422),
)
async def listed(
    runtime: RuntimeDep,
    principal: Owner,
    state: Literal["open", "resolved", "all"] = "open",
    severity: Severity | None = None,
    rule: Text = None,
    q: Text = None,
    limit: Limit = 50,
    cursor: Text = None,
) -> Response:
    wanted = episode.Wanted(
        None if state == "all" else state == "open",
        () if severity is None else (severity,),
        rule,
        q,
    )
    before = None if cursor is None else _place(cursor)

    def read() -> dict[str, Any]:
        with runtime.database.reading() as connection:
            return alert_list.page(
                connection,
                principal.tenant_id,
                runtime.desk(connection, principal.tenant_id),
                wanted,
                limit,
                before,
            )

    return answer_json(await run_sync(read))


@router.get(
    "/history",
    summary="Everything that ever happened with alerts",
    response_model=HistoryPage,
    responses=documented(401, 403, 421, 422),
)
async def all_history(
    runtime: RuntimeDep,
    principal: Owner,
    q: Text = None,
    kind: KindName | None = None,
    severity: Severity | None = None,
    start: Annotated[str | None, Query(alias="from", description="ISO 8601, included.")] = None,
    end: Annotated[str | None, Query(alias="to", description="ISO 8601, not included.")] = None,
    format: Literal["json", "csv", "ndjson"] = "json",
    limit: Limit = 100,
    cursor: Annotated[int | None, Query(ge=1)] = None,
) -> Response:
    """JSON comes in pages, the newest first; CSV and NDJSON hold all that was asked for, however much that is. Entries
    are never changed and never removed.
    """
    wanted = history.Wanted(
        q,
        () if kind is None else (Kind(kind),),
        () if severity is None else (severity,),
        None if start is None else clock.from_iso("from", start),
        None if end is None else clock.from_iso("to", end),
    )
    if format != "json":
        lines = _exported(runtime, principal.tenant_id, wanted, format == "csv")
        media_type = "text/csv; charset=utf-8" if format == "csv" else "application/x-ndjson"
        name = f'attachment; filename="alert-history.{format}"'
        return StreamingResponse(
            lines, media_type=media_type, headers={"Content-Disposition": name}
        )

    def read() -> dict[str, Any]:
        with runtime.database.reading() as connection:
            found = history.listed(connection, principal.tenant_id, wanted, limit + 1, cursor)
        next_cursor = str(found[limit - 1].seq) if len(found) > limit else None
        return {
            "items": [history.as_json(one) for one in found[:limit]],
            "next_cursor": next_cursor,
        }

    return answer_json(await run_sync(read))


@router.get(
    "/{alert_id}",
    summary="One alert with its timeline",
    response_model=AlertDetail,
    responses=documented(401, 403, 404, 421),
)
async def one_alert(runtime: RuntimeDep, principal: Owner, alert_id: str) -> Response:
    def read() -> dict[str, Any]:
        with runtime.database.reading() as connection:
            desk = runtime.desk(connection, principal.tenant_id)
            return alert_list.detail(connection, principal.tenant_id, desk, alert_id)

    return answer_json(await run_sync(read))


@router.post(
    "/{alert_id}/acknowledge",
    summary="Say that somebody looks after it",
    response_model=AlertDetail,
    responses=documented(400, 401, 403, 404, 413, 415, 421, 422, 503),
    openapi_extra=body_of(AcknowledgeNote),
)
async def acknowledge_alert(
    runtime: RuntimeDep, principal: Owner, alert_id: str, body: JsonObject
) -> Response:
    """No repeats and no escalation from then on; its incident is acknowledged too. The first one counts."""
    note = parsed(AcknowledgeNote, body).note

    def write(connection: Any) -> dict[str, Any]:
        desk = runtime.desk(connection, principal.tenant_id)
        acknowledge.acknowledge(
            connection, principal.tenant_id, desk, alert_id, principal.name,
            note.strip() if note and note.strip() else None, "api", runtime.now(),
        )  # fmt: skip
        return alert_list.detail(connection, principal.tenant_id, desk, alert_id)

    return answer_json(await runtime.writer.run(write))


def _exported(
    runtime: Runtime, tenant_id: int, wanted: history.Wanted, is_csv: bool
) -> Iterator[str]:
    if is_csv:
        yield history.csv_header()
    before: int | None = None
    while True:
        with runtime.database.reading() as connection:
            found = history.listed(connection, tenant_id, wanted, EXPORT_PAGE, before)
        if is_csv:
            yield from history.csv_lines(found)
        else:
            yield from (msgspec.json.encode(history.as_json(one)).decode() + "\n" for one in found)
        if len(found) < EXPORT_PAGE:
            return
        before = found[-1].seq


def _place(cursor: str) -> tuple[int, str]:
    started, _, alert_id = cursor.partition(".")
    if not (started.isdigit() and started.isascii() and len(started) < 20 and alert_id):
        accepted = "a cursor that a page gave"
        raise Invalid(FieldError("cursor", shown(cursor), accepted))
    return int(started), alert_id
