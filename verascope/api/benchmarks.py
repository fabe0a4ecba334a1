"""`/api/v1/benchmarks`: what was measured of each detector, and when."""

from typing import Annotated, Any

import msgspec
from anyio.to_thread import run_sync
from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from verascope.api.deps import Owner, RuntimeDep
from verascope.api.errors import documented
from verascope.api.params import whole_number
from verascope.quality import benchmarks as quality

router = APIRouter(prefix="/api/v1", tags=["Quality"])


class BenchmarkRecord(BaseModel):
    """One run over labelled pictures. Rates and shares are percent, times ms; `auc` and
    `calibration_error` run from 0 to 1. null: nothing was counted.
    """

    model_config = ConfigDict(strict=True, extra="forbid", protected_namespaces=())

    id: int
    timestamp: str
    detector: str | None
    model_version: str | None
    dataset: str | None
    dataset_hash: str | None = Field(
        description="Equal for the same pictures with the same labels, whatever their names."
    )
    total_processed: int | None
    real_count: int | None = Field(description="Real pictures with a verdict.")
    fake_count: int | None = Field(description="Fake pictures with a verdict.")
    failed_count: int | None = Field(description="Files without a verdict.")
    accuracy_rate: float | None = Field(
        description="Right / answered; uncertain verdicts stand apart."
    )
    auc: float | None
    false_positive_rate: float | None = Field(
        description="Real pictures called fake / answered real ones."
    )
    false_negative_rate: float | None
    calibration_error: float | None = Field(description="Expected, over 15 bins of equal mass.")
    uncertain_share: float | None
    avg_inference_time: float | None
    latency_p50: float | None
    latency_p95: float | None
    latency_p99: float | None
    throughput_per_second: float | None
    detail: dict[str, Any] | None = Field(
        description="`intervals` (95 %: Wilson, for the AUC DeLong), `sources`, `failures` and how it was run."
    )


class BenchmarkPage(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    items: list[BenchmarkRecord] = Field(description="Newest first.")
    next_cursor: str | None = Field(description="Give it back as `cursor` for the next page.")


@router.get(
    "/benchmarks",
    summary="Benchmarks, newest first",
    response_model=BenchmarkPage,
    responses=documented(401, 403, 421, 422),
)
async def benchmarks(
    runtime: RuntimeDep,
    principal: Owner,
    limit: Annotated[int, *whole_number(1, 100), Query()] = 20,
    cursor: Annotated[str | None, Query(description="From the page before.")] = None,
) -> Response:
    """What `verascope benchmark` has measured."""
    page = await run_sync(quality.listed, runtime.database, principal.tenant_id, limit, cursor)
    return Response(msgspec.json.encode(page), media_type="application/json")
