"""`/api/v1/demo`: look at a demonstration without leaving the server, and put it away again."""

from typing import Any, Literal

import msgspec
from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from verascope.api.demonstration import Demonstration
from verascope.api.deps import Owner
from verascope.api.errors import documented

router = APIRouter(prefix="/api/v1/demo", tags=["Demonstration"])


class Demo(BaseModel):
    """progress: 0 to 1 while it is made. url: where it is, once it is ready."""

    model_config = ConfigDict(strict=True, extra="forbid")

    state: Literal["absent", "preparing", "ready", "failed"]
    progress: float | None
    url: str | None = Field(examples=["/demo/dashboard"])
    problem: str | None


@router.get(
    "",
    summary="Whether the demonstration is open",
    response_model=Demo,
    responses=documented(401, 403, 421),
)
async def state(request: Request, principal: Owner) -> Response:
    return _told(request)


@router.post(
    "",
    summary="Open the demonstration",
    response_model=Demo,
    status_code=202,
    responses=documented(401, 403, 421),
)
async def start(request: Request, principal: Owner) -> Response:
    """Ninety days of made-up traffic in a database of its own. Asking again changes nothing."""
    _of(request).start()
    return _told(request, 202)


@router.delete(
    "",
    summary="Put the demonstration away",
    response_model=Demo,
    responses=documented(401, 403, 421),
)
async def remove(request: Request, principal: Owner) -> Response:
    """Closes it and deletes its files; the real database is another one."""
    await _of(request).remove()
    return _told(request)


def _of(request: Request) -> Demonstration:
    found: Demonstration = request.app.state.demonstration
    return found


def _told(request: Request, status: int = 200) -> Response:
    told: dict[str, Any] = _of(request).told()
    return Response(msgspec.json.encode(told), status, media_type="application/json")
