"""`/api/v1/shadows`: detectors that look without answering, compared with the one that answers."""

from typing import Annotated

import msgspec
from anyio.to_thread import run_sync
from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from verascope import clock
from verascope.api.deps import Owner, RuntimeDep
from verascope.api.errors import documented
from verascope.api.params import whole_number
from verascope.quality import shadows as quality

router = APIRouter(prefix="/api/v1", tags=["Quality"])

Days = Annotated[
    int,
    *whole_number(1, 400),
    Query(description="Calendar days in the tenant's time zone, today included."),
]


class LoadedShadow(BaseModel):
    """A shadow of this process. dropped: pictures it did not look at, because too many waited."""

    model_config = ConfigDict(strict=True, extra="forbid", protected_namespaces=())

    detector: str
    model_version: str
    dropped: int = Field(description="Since this process started.")


class Comparison(BaseModel):
    """Two model versions on the same pictures; only those the answering one gave a verdict on."""

    model_config = ConfigDict(strict=True, extra="forbid", protected_namespaces=())

    detector: str
    model_version: str
    answered_by: str = Field(description="The model version that gave the answers.")
    n: int = Field(description="Pictures on which both gave a verdict.")
    failed: int = Field(description="Pictures on which the shadow failed.")
    agreement: float | None = Field(description="Share of n with the same verdict, in percent.")
    agreement_interval: list[float] | None = Field(description="95 % (Wilson), in percent.")
    mean_difference: float | None = Field(
        description="Mean of shadow − answered fake probability, in percentage points."
    )
    outcomes: dict[str, dict[str, int]] = Field(
        description="`outcomes[answered][shadow]`: pictures; real, fake and uncertain each."
    )


class ShadowReport(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    start: str
    end: str
    loaded: list[LoadedShadow]
    comparisons: list[Comparison]


@router.get(
    "/shadows",
    summary="Shadow detectors compared with the answering one",
    response_model=ShadowReport,
    responses=documented(401, 403, 421, 422),
)
async def shadows(runtime: RuntimeDep, principal: Owner, days: Days = 30) -> Response:
    """A shadow's notes are on record within about a second of the answer."""
    found, comparisons = await run_sync(
        quality.comparison, runtime.database, principal.tenant_id, days, runtime.now()
    )
    body = {
        "start": clock.to_iso(found.start_us),
        "end": clock.to_iso(found.end_us),
        "loaded": [
            {
                "detector": one.detector.name,
                "model_version": one.detector.version,
                "dropped": one.dropped,
            }
            for one in runtime.shadows.each
        ],
        "comparisons": comparisons,
    }
    return Response(msgspec.json.encode(body), media_type="application/json")
