"""`/api/v1/live`: every prediction as it is committed, as server-sent events."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from starlette.responses import StreamingResponse

from verascope.api.deps import Owner, RuntimeDep
from verascope.api.errors import documented

router = APIRouter(prefix="/api/v1", tags=["Predictions"])

_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}

_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events `hello`, `prediction`, `predictions`, `resync`; a comment every ten seconds.",
        "content": {
            "text/event-stream": {
                "schema": {"type": "string"},
                "example": 'event: prediction\nid: MTIzNA\ndata: {"id": "01a2052d-…"}\n\n',
            }
        },
    }
}


@router.get(
    "/live",
    summary="Predictions as they arrive",
    response_class=StreamingResponse,
    responses={**_STREAM, **documented(401, 403, 421, 422)},
)
async def live(
    runtime: RuntimeDep,
    principal: Owner,
    last_event_id: Annotated[str | None, Header(description="Resume after this event.")] = None,
    after: Annotated[
        str | None,
        Query(alias="last_event_id", description="The same, for those who can't set headers."),
    ] = None,
) -> StreamingResponse:
    """An unknown or too old `Last-Event-ID` is answered with `resync`: fetch the page again."""
    stream: AsyncIterator[bytes] = runtime.feed.subscribe(
        principal.tenant_id, last_event_id or after
    )
    return StreamingResponse(stream, headers=_HEADERS, media_type="text/event-stream")
