"""`/api/v1/heartbeats/{token}`: where jobs call in. Whoever knows the address may, from anywhere."""

import msgspec
from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from verascope import clock
from verascope.api.deps import RuntimeDep, origin_of
from verascope.api.errors import documented
from verascope.errors import NotFound
from verascope.monitor.probes import heartbeat, records
from verascope.monitor.probes.probe import Kind, Probe
from verascope.runtime import Runtime
from verascope.security.rate import RateLimit

router = APIRouter(prefix="/api/v1/heartbeats", tags=["Monitoring"])

BEATS_A_MINUTE = 60
"""Of one probe."""
WRONG_A_MINUTE = 30
"""Calls with a wrong token that one address may make."""
_UNKNOWN = "No heartbeat has this address; its probe shows the right one."


class Beat(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    received_at: str


class HeartbeatLimits:
    """Who may call how often. In memory."""

    def __init__(self) -> None:
        self.beats = RateLimit(BEATS_A_MINUTE)
        self.wrong = RateLimit(WRONG_A_MINUTE)


@router.post(
    "/{token}",
    summary="A job says that it ran",
    response_model=Beat,
    responses=documented(404, 429, 503),
)
async def beat(request: Request, runtime: RuntimeDep, token: str) -> Response:
    """The address is shown as the target of its probe. A body is not read."""
    limits: HeartbeatLimits = request.app.state.heartbeats
    found = await run_sync(_found, runtime, token)
    if found is None:
        # Nobody guesses 192 bits; this only keeps those who try from costing much.
        limits.wrong.take((0, origin_of(request).address or ""), 1)
        raise NotFound(_UNKNOWN)
    tenant_id, probe = found
    limits.beats.take((tenant_id, probe.name), 1)
    now_us = runtime.now()
    await runtime.writer.run(
        lambda connection: records.beat(connection, tenant_id, probe.name, now_us)
    )
    body = {"received_at": clock.to_iso(now_us)}
    return Response(msgspec.json.encode(body), media_type="application/json")


def _found(runtime: Runtime, token: str) -> tuple[int, Probe] | None:
    """Tenant and probe that `token` opens; None when it opens nothing."""
    said = heartbeat.named(token)
    if said is None:
        return None
    tenant_id, name = said
    try:
        with runtime.database.reading() as connection:
            probe = records.get(connection, tenant_id, name).probe
    except NotFound:
        return None
    is_right = probe.kind is Kind.HEARTBEAT and heartbeat.is_of(
        token, runtime.address_key, tenant_id, probe
    )
    return (tenant_id, probe) if is_right else None
