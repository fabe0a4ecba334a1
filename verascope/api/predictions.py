"""`/api/v1/predictions`: the single predictions behind the numbers."""

from typing import Any, Literal

import msgspec
from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from verascope.api.deps import Owner, RuntimeDep
from verascope.api.errors import documented
from verascope.queries import activity

router = APIRouter(prefix="/api/v1", tags=["Predictions"])


class PredictionRecord(BaseModel):
    """One prediction as it is on record. Percentages run from 0 to 100; money is exact text in US
    dollars.
    """

    model_config = ConfigDict(strict=True, extra="forbid", protected_namespaces=())

    id: str
    timestamp: str = Field(description="When it happened.")
    received_at: str = Field(description="When it reached this service.")
    client: str
    country: str
    use_case: str
    source: Literal["predict", "ingest", "import"]
    prediction: Literal["real", "fake", "uncertain"] | None = Field(
        description="null when it failed."
    )
    outcome: Literal["real", "fake", "uncertain", "failed"]
    confidence: float | None
    real_probability: float | None
    fake_probability: float | None
    inference_time_ms: float | None
    response_time_ms: float | None
    model_version: str | None
    file_hash: str | None
    file_size: int | None
    image_format: str | None
    image_width: int | None
    image_height: int | None
    perceptual_hash: str | None
    success: bool
    error_message: str | None
    error_pattern: str | None
    price: str
    billable: bool
    label: str | None
    tags: dict[str, str]
    user_agent: str | None


class PredictionPage(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    items: list[PredictionRecord] = Field(description="Newest arrival first.")
    next_cursor: str | None = Field(description="Give it back as `cursor` for the next page.")


_FILTERS = {
    "limit": "1 to 500, default 50.",
    "cursor": "From the page before.",
    "client": "May be repeated, like every filter.",
    "country": "",
    "model": "",
    "outcome": "real, fake, uncertain or failed.",
    "use_case": "",
    "error_pattern": "",
    "tag.NAME": "The value of a tag that recording.indexed_tags names.",
    "start": "ISO 8601 with an offset; included.",
    "end": "ISO 8601 with an offset; not included.",
}


@router.get(
    "/predictions",
    summary="Predictions, newest first",
    response_model=PredictionPage,
    responses=documented(401, 403, 421, 422),
    openapi_extra={
        "parameters": [
            {"name": name, "in": "query", "description": text, "schema": {"type": "string"}}
            for name, text in _FILTERS.items()
        ]
    },
)
async def predictions(request: Request, runtime: RuntimeDep, principal: Owner) -> Response:
    """One page, by arrival. The cursor stays valid while new predictions arrive."""
    page = await run_sync(
        activity.predictions,
        runtime.database,
        principal.tenant_id,
        request.query_params.multi_items(),
        runtime.settings.recording.indexed_tags,
    )
    return _json(page)


@router.get(
    "/predictions/{prediction_id}",
    summary="One prediction",
    response_model=PredictionRecord,
    responses=documented(401, 403, 404, 421, 422),
)
async def prediction(runtime: RuntimeDep, principal: Owner, prediction_id: str) -> Response:
    return _json(
        await run_sync(activity.prediction, runtime.database, principal.tenant_id, prediction_id)
    )


def _json(value: Any) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json")
