"""`POST /predict`: an image in, a verdict out, and exactly one row between them."""

import hashlib
import time
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Header, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from verascope import clock
from verascope.api.deps import RuntimeDep, Submitter, origin_of
from verascope.api.errors import documented, problem
from verascope.api.submission import Submission, Submissions, Submitted
from verascope.api.upload import Uploads, uploaded
from verascope.errors import Invalid
from verascope.ingest.pipeline import Caller
from verascope.security.principal import Principal

router = APIRouter(tags=["Detection"])

MAX_KEY = 200
MAX_FILENAME = 255


class Verdict(BaseModel):
    """What the detector says about one image. Percentages run from 0 to 100."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        protected_namespaces=(),
        json_schema_extra={
            "example": {
                "id": "01a2052d-9407-77bf-bd7f-c44ddf784c2a",
                "prediction": "fake",
                "confidence": 97.312,
                "real_probability": 2.688,
                "fake_probability": 97.312,
                "inference_time_ms": 21.4,
                "response_time_ms": 24.9,
                "filename": "portrait.jpg",
                "model_version": "0.1.0",
                "client": "acme",
                "use_case": "kyc",
                "country": "DE",
                "timestamp": "2026-01-31T09:00:00.123456Z",
                "file_hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                "file_size": 48213,
                "image_format": "JPEG",
                "image_width": 640,
                "image_height": 480,
            }
        },
    )

    id: str = Field(description="`GET /api/v1/predictions/{id}` finds it again.")
    prediction: Literal["real", "fake", "uncertain"]
    confidence: float = Field(description="Of the likelier class, in percent.")
    real_probability: float
    fake_probability: float
    inference_time_ms: float | None = Field(description="Decode and model.")
    response_time_ms: float | None = Field(description="From arrival to the hand-over to storage.")
    filename: str | None
    model_version: str | None
    client: str
    use_case: str
    country: str = Field(description="Of the address's allocation; `unknown` for private ones.")
    timestamp: str
    file_hash: str | None = Field(description="SHA-256 in hex.")
    file_size: int | None
    image_format: str | None
    image_width: int | None
    image_height: int | None


_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {
                            "type": "string",
                            "format": "binary",
                            "description": "JPEG, PNG, GIF, BMP, WebP, AVIF, HEIC or TIFF.",
                        },
                        "client": {
                            "type": "string",
                            "maxLength": 120,
                            "description": "Counted for this client, unless an API key names another.",
                        },
                        "use_case": {"type": "string", "maxLength": 120},
                    },
                }
            }
        },
    }
}


@router.post(
    "/predict",
    summary="Analyse an image",
    response_model=Verdict,
    responses=documented(400, 401, 403, 408, 413, 415, 422, 500, 503),
    openapi_extra=_FORM,
)
async def predict(
    request: Request,
    runtime: RuntimeDep,
    principal: Submitter,
    idempotency_key: Annotated[
        str | None,
        Header(
            description="At most 200 printable characters; a retry with it is not counted again."
        ),
    ] = None,
) -> Response:
    """The verdict is on record when it arrives: the answer waits for the commit of its row.

    An image that can't be analysed is on record too, as a failed prediction that `prediction_id`
    names. A request that carries no image is no prediction.
    """
    arrived_us, arrived_ns = runtime.now(), time.perf_counter_ns()
    key = None if idempotency_key is None else _scoped(idempotency_key, principal)
    state = request.app.state
    uploads: Uploads = state.uploads
    submissions: Submissions = state.submissions
    async with uploaded(request, uploads) as upload:
        caller = Caller(
            tenant_id=principal.tenant_id,
            key_client=principal.client,
            is_trusted=principal.names_clients,
            client=upload.client,
            use_case=upload.use_case,
            address=origin_of(request).address,
            user_agent=request.headers.get("user-agent"),
        )
        submission = Submission(upload.data, caller, arrived_us, arrived_ns)
        submitted = await submissions.submit(submission, key)
    headers = {"Idempotent-Replayed": "true"} if submitted.was_replayed else {}
    if not upload.was_read_to_end:
        headers["Connection"] = "close"
    if submitted.status != 200:
        return _refusal(submitted, headers)
    filename = upload.filename and upload.filename[:MAX_FILENAME]
    body = msgspec.json.encode(verdict_json(submitted, filename))
    return Response(body, headers=headers, media_type="application/json")


def verdict_json(submitted: Submitted, filename: str | None) -> dict[str, object]:
    """The fields of `Verdict`, in its order."""
    p = submitted.prediction
    confidence, fake = p.confidence_mpct, p.fake_probability_mpct
    assert confidence is not None
    assert fake is not None
    image = p.image
    return {
        "id": p.id,
        "prediction": p.outcome.value,
        "confidence": confidence / 1000,
        "real_probability": (100_000 - fake) / 1000,
        "fake_probability": fake / 1000,
        "inference_time_ms": None if p.inference_us is None else p.inference_us / 1000,
        "response_time_ms": None if p.response_us is None else p.response_us / 1000,
        "filename": filename,
        "model_version": p.model_version,
        "client": p.client,
        "use_case": p.use_case,
        "country": p.country,
        "timestamp": clock.to_iso(p.timestamp_us),
        "file_hash": image and image.file_hash,
        "file_size": image and image.file_size,
        "image_format": image and image.image_format,
        "image_width": image and image.width,
        "image_height": image and image.height,
    }


def _refusal(submitted: Submitted, headers: dict[str, str]) -> Response:
    p = submitted.prediction
    kind = "detector-failed" if submitted.status == 500 else "image-refused"
    title = p.error_message or "The image was refused."
    return problem(
        submitted.status, kind, title, submitted.detail, headers=headers, prediction_id=p.id
    )


def _scoped(key: str, principal: Principal) -> str:
    """The key as it is stored: hashed together with the caller it belongs to."""
    if not key or len(key) > MAX_KEY or not (key.isascii() and key.isprintable()):
        raise Invalid.of("Idempotency-Key", key, f"1 to {MAX_KEY} printable ASCII characters")
    return hashlib.sha256(f"{principal.name}\0{key}".encode()).hexdigest()
