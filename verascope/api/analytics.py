"""`/analytics` and `/export/analytics`: the same numbers as the dashboard, for programs and
spreadsheets.
"""

from typing import Annotated, Any, Literal

import msgspec
from anyio.to_thread import run_sync
from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response, StreamingResponse

from verascope import __version__
from verascope.api.deps import Owner, RuntimeDep
from verascope.api.errors import documented
from verascope.api.params import whole_number
from verascope.queries import export
from verascope.runtime import Runtime

router = APIRouter(tags=["Analytics"])

MAX_DAYS = 400

Days = Annotated[
    int,
    *whole_number(1, MAX_DAYS),
    Query(description="Calendar days in the tenant's time zone, today included."),
]


class _Model(BaseModel):
    model_config = ConfigDict(strict=True, extra="allow", protected_namespaces=())


class Summary(_Model):
    """Counts and rates over the range, except `all_time_predictions`. Rates in percent, times in
    ms.
    """

    total_predictions: int
    real_predictions: int
    fake_predictions: int
    uncertain_predictions: int
    failed_predictions: int
    avg_confidence: float | None
    avg_inference_time: float | None
    error_count: int
    success_rate: float | None
    revenue: str = Field(description="US dollars, exact.", examples=["62.350000"])
    all_time_predictions: int


class Day(_Model):
    """One day. total = real + fake + uncertain + failed."""

    date: str = Field(examples=["2026-01-31"])
    total: int
    avg_confidence: float | None
    real_count: int
    fake_count: int
    uncertain_count: int
    failed_count: int
    success_rate: float | None


class ErrorPattern(_Model):
    error: str
    count: int


class SystemInfo(_Model):
    model_loaded: bool
    device: str
    uptime: float = Field(description="Seconds since the server became ready.")
    version: str


class Analytics(_Model):
    """The whole answer; further keys may be added."""

    summary: Summary
    daily_breakdown: list[Day] = Field(description="Newest first.")
    error_patterns: list[ErrorPattern] = Field(description="Most frequent first.")
    system_info: SystemInfo
    range: dict[str, Any]
    generated_at: str


def system_info(runtime: Runtime) -> dict[str, Any]:
    """The part of the answer that is about this process."""
    card = runtime.detector.describe()
    return {
        "model_loaded": True,
        "device": card.device,
        "model_version": card.version,
        "uptime": (runtime.now() - runtime.started_us) / 1e6,
        "version": __version__,
    }


@router.get(
    "/analytics",
    summary="The numbers of the last days",
    response_model=Analytics,
    responses=documented(401, 403, 421, 422, 503),
)
async def analytics(runtime: RuntimeDep, principal: Owner, days: Days = 7) -> Response:
    """Everything that was acknowledged before this question is in the answer."""
    body = await run_sync(_json, runtime, principal.tenant_id, days)
    return Response(body, media_type="application/json")


@router.get(
    "/export/analytics",
    summary="The same as a file",
    response_model=Analytics,
    responses={
        200: {"content": {"text/csv": {"schema": {"type": "string"}}}},
        **documented(401, 403, 421, 422, 503),
    },
)
async def export_analytics(
    runtime: RuntimeDep,
    principal: Owner,
    days: Days = 30,
    format: Annotated[
        Literal["json", "csv"], Query(description="`csv` has one line a day.")
    ] = "json",
) -> Response:
    """JSON in the shape of /analytics, or CSV whose first columns are the ones spreadsheets know."""
    name = f"analytics-{days}d.{format}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    if format == "json":
        body = await run_sync(_json, runtime, principal.tenant_id, days)
        return Response(body, headers=headers, media_type="application/json")
    rows = await run_sync(export.csv_rows, runtime.answers, principal.tenant_id, days)
    return StreamingResponse(rows, headers=headers, media_type="text/csv; charset=utf-8")


def _json(runtime: Runtime, tenant_id: int, days: int) -> bytes:
    return msgspec.json.encode(
        export.analytics(runtime.answers, tenant_id, days, system_info(runtime))
    )
