"""`/api/v1/maintenance`: when what probes find does not count."""

from typing import Any, Literal

from anyio.to_thread import run_sync
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from verascope import clock
from verascope.api.answer import answer_json
from verascope.api.deps import JsonObject, Owner, RuntimeDep
from verascope.api.errors import documented
from verascope.monitor import windows
from verascope.monitor.maintenance import Window
from verascope.monitor.probes import editing

router = APIRouter(prefix="/api/v1/maintenance", tags=["Monitoring"])

RepeatName = Literal["none", "daily", "weekly"]


class MaintenanceWindow(BaseModel):
    """starts_at and ends_at are of the first occurrence; one that repeats keeps its wall-clock time."""

    model_config = ConfigDict(strict=True, extra="forbid")

    id: str
    name: str
    probes: list[str] = Field(description="Names; none is all probes.")
    starts_at: str
    ends_at: str
    repeat: RepeatName
    time_zone: str
    comment: str
    created_at: str
    created_by: str
    active: bool = Field(description="Whether it is going on now.")


class MaintenancePage(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    items: list[MaintenanceWindow] = Field(description="Newest first.")
    next_cursor: str | None = Field(description="Always null: there are at most 200.")


class NewMaintenance(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=120)
    probes: list[str] = []
    starts_at: str = Field(examples=["2026-11-28T02:00:00Z"])
    ends_at: str = Field(examples=["2026-11-28T04:00:00Z"])
    repeat: RepeatName = "none"
    time_zone: str = Field("UTC", examples=["Europe/Berlin"])
    comment: str = Field("", max_length=1000)


DOCUMENTED: tuple[type[BaseModel], ...] = (NewMaintenance,)


@router.get(
    "",
    summary="Maintenance windows",
    response_model=MaintenancePage,
    responses=documented(401, 403, 421),
)
async def maintenance(runtime: RuntimeDep, principal: Owner) -> Response:
    def ask() -> list[Window]:
        with runtime.database.reading() as connection:
            return windows.listed(connection, principal.tenant_id)

    now_us = runtime.now()
    items = [_shown(window, now_us) for window in await run_sync(ask)]
    return answer_json({"items": items, "next_cursor": None})


@router.post(
    "",
    status_code=201,
    summary="Plan maintenance",
    response_model=MaintenanceWindow,
    responses=documented(400, 401, 403, 413, 415, 421, 422, 503),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"$ref": "#/components/schemas/NewMaintenance"}}
            },
        }
    },
)
async def add(runtime: RuntimeDep, principal: Owner, body: JsonObject) -> Response:
    """What was found before stays as it counted; a window changes nothing of the past."""
    now_us = runtime.now()

    window = await runtime.writer.run(
        lambda connection: editing.plan(
            connection, principal.tenant_id, body, principal.name, now_us
        )
    )
    return answer_json(_shown(window, now_us), 201)


@router.delete(
    "/{window_id}",
    status_code=204,
    summary="End maintenance, or take it off the plan",
    responses=documented(401, 403, 404, 421, 503),
)
async def delete(runtime: RuntimeDep, principal: Owner, window_id: str) -> Response:
    """What was found while it lasted stays out of the figures."""
    await runtime.writer.run(
        lambda connection: windows.remove(connection, principal.tenant_id, window_id)
    )
    return Response(status_code=204)


def _shown(window: Window, now_us: int) -> dict[str, Any]:
    return {
        "id": window.id,
        "name": window.name,
        "probes": sorted(window.probes),
        "starts_at": clock.to_iso(window.starts_us),
        "ends_at": clock.to_iso(window.ends_us),
        "repeat": window.repeat.value,
        "time_zone": window.time_zone,
        "comment": window.comment,
        "created_at": clock.to_iso(window.created_us),
        "created_by": window.created_by,
        "active": window.is_active(now_us),
    }
