"""`/api/v1/predictions`: the single predictions behind the numbers."""

from functools import partial
from typing import Literal

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from verascope.api.answer import answer_json
from verascope.api.deps import JsonObject, Owner, RuntimeDep
from verascope.api.errors import documented
from verascope.queries import activity, labelling
from verascope.queries.record import prediction_json
from verascope.store import labels

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
    tags: dict[str, str]
    label: str | None = Field(description="The truth, as it was last said: real or fake.")
    labelled_at: str | None
    labelled_by: str | None
    label_reason: str | None
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
    "image_format": "",
    "file_size": "A class of /api/v1/metrics.",
    "label": "real, fake or none.",
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
    return answer_json(page)


@router.get(
    "/predictions/{prediction_id}",
    summary="One prediction",
    response_model=PredictionRecord,
    responses=documented(401, 403, 404, 421, 422),
)
async def prediction(runtime: RuntimeDep, principal: Owner, prediction_id: str) -> Response:
    return answer_json(
        await run_sync(activity.prediction, runtime.database, principal.tenant_id, prediction_id)
    )


class LabelGiven(BaseModel):
    """What is said about a prediction. null withdraws the label before."""

    model_config = ConfigDict(extra="forbid")

    label: Literal["real", "fake"] | None
    reason: str | None = Field(None, max_length=labelling.MAX_REASON)
    origin: Literal["chosen", "random"] = Field(
        "chosen", description="chosen: somebody picked this case; random: a random slice held it."
    )


class LabelRecord(BaseModel):
    """origin sent: the label came with the prediction."""

    model_config = ConfigDict(strict=True, extra="forbid")

    label: Literal["real", "fake"] | None
    reason: str | None
    labelled_by: str | None
    labelled_at: str
    origin: Literal["chosen", "random", "sent"]


class LabelHistory(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    items: list[LabelRecord] = Field(description="Newest first; the first one counts.")


DOCUMENTED: tuple[type[BaseModel], ...] = (LabelGiven,)


@router.post(
    "/predictions/{prediction_id}/label",
    summary="Say what an image really was",
    response_model=PredictionRecord,
    responses=documented(400, 401, 403, 404, 413, 415, 421, 422, 503),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"$ref": "#/components/schemas/LabelGiven"}}
            },
        }
    },
)
async def label(
    runtime: RuntimeDep, principal: Owner, prediction_id: str, body: JsonObject
) -> Response:
    """The latest label counts, all are kept. A failed prediction has no verdict to be right or wrong."""
    said = labelling.label_of(body, principal.name, runtime.now())
    job = partial(
        labels.add, tenant_id=principal.tenant_id, prediction_id=prediction_id, label=said
    )
    stored = await runtime.writer.run(job)
    runtime.feed.labelled(principal.tenant_id, stored)
    return answer_json(prediction_json(stored))


@router.get(
    "/predictions/{prediction_id}/labels",
    summary="Everything that was said about one prediction",
    response_model=LabelHistory,
    responses=documented(401, 403, 404, 421, 422),
)
async def label_history(runtime: RuntimeDep, principal: Owner, prediction_id: str) -> Response:
    return answer_json(
        await run_sync(labelling.history, runtime.database, principal.tenant_id, prediction_id)
    )
