"""`POST /predict`: an image in, a verdict out, and exactly one row between them."""

import logging
import time
from contextlib import ExitStack
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Header, Query, Request
from starlette.responses import Response

from verascope.api.deps import RuntimeDep, Submitter, origin_of
from verascope.api.errors import MEDIA_TYPE, documented
from verascope.api.submission import Submission, Submissions
from verascope.api.upload import Uploads, uploaded
from verascope.api.verdict import (
    Verdict,
    explanation_json,
    refusal_headers,
    refusal_json,
    scoped,
    shown_name,
    verdict_json,
)
from verascope.errors import Invalid
from verascope.ingest.detection import Explain
from verascope.ingest.pipeline import Caller
from verascope.runtime import Runtime

log = logging.getLogger(__name__)

router = APIRouter(tags=["Detection"])


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
    responses=documented(400, 401, 403, 408, 413, 415, 422, 500, 502, 503, 504),
    openapi_extra=_FORM,
)
async def predict(
    request: Request,
    runtime: RuntimeDep,
    principal: Submitter,
    explain: Annotated[
        Literal["0", "1"],
        Query(
            description="1: also say where in the image the verdict comes from; about fifty times the work."
        ),
    ] = "0",
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
    key = None if idempotency_key is None else scoped(idempotency_key, principal)
    state = request.app.state
    uploads: Uploads = state.uploads
    submissions: Submissions = state.submissions
    if explain == "1":
        _check_explains(runtime)
    async with uploaded(request, uploads) as upload:
        with ExitStack() as places:
            # The place is taken before anything is recorded: a 503 leaves nothing behind.
            explaining = None
            if explain == "1":
                explaining = places.enter_context(runtime.detection.explaining())
            caller = Caller(
                tenant_id=principal.tenant_id,
                key_client=principal.client,
                is_trusted=principal.names_clients,
                client=upload.client,
                use_case=upload.use_case,
                address=origin_of(request).address,
                user_agent=request.headers.get("user-agent"),
            )
            submission = Submission(upload.data, caller, arrived_us, arrived_ns, upload.filename)
            submitted = await submissions.submit(submission, key)
            headers = {"Idempotent-Replayed": "true"} if submitted.was_replayed else {}
            if not upload.was_read_to_end:
                headers["Connection"] = "close"
            if submitted.status != 200:
                body = refusal_json(submitted)
                headers |= refusal_headers(submitted)
                return _json(body, submitted.status, headers, MEDIA_TYPE)
            body = verdict_json(submitted, shown_name(upload.filename))
            if explaining is not None and upload.data is not None and not submitted.was_replayed:
                body |= await _explained(explaining, upload.data, submitted.prediction.id)
    return _json(body, 200, headers, "application/json")


def _check_explains(runtime: Runtime) -> None:
    if not runtime.detection.can_explain:
        card = runtime.detector.describe()
        accepted = f"0: the detector {card.name} {card.version} can't explain its verdicts"
        raise Invalid.of("explain", "1", accepted)


async def _explained(explain: Explain, data: bytes, prediction_id: str) -> dict[str, object]:
    """The map, or nothing: the verdict is on record and is answered whatever becomes of its map."""
    try:
        return {"explanation": explanation_json(await explain(data))}
    except Exception:
        # A detector may be anybody's code.
        log.exception("prediction %s could not be explained", prediction_id)
        return {}


def _json(body: object, status: int, headers: dict[str, str], media_type: str) -> Response:
    return Response(msgspec.json.encode(body), status, headers, media_type=media_type)
