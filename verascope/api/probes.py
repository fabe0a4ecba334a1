"""`/api/v1/probes`: what is watched, how it stands, and how it stood."""

from typing import Annotated, Any, Literal

from anyio.to_thread import run_sync
from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from verascope import clock
from verascope.api.answer import answer_json
from verascope.api.deps import JsonObject, Owner, RuntimeDep
from verascope.api.errors import documented
from verascope.api.params import whole_number
from verascope.clock import DAY, HOUR, MINUTE, US
from verascope.monitor.probes import editing, heartbeat, history, records
from verascope.monitor.probes.editing import Standing, Status
from verascope.monitor.probes.history import Totals
from verascope.monitor.probes.probe import Kind
from verascope.monitor.probes.settings import read
from verascope.runtime import Runtime

router = APIRouter(prefix="/api/v1/probes", tags=["Monitoring"])

MAX_HOURS = 9_600
_STEPS = ((3, MINUTE), (24, 5 * MINUTE), (7 * 24, 30 * MINUTE), (45 * 24, 3 * HOUR))
"""(hours, seconds a step): at most about 400 points whatever the range."""
_LONGEST_STEP = DAY
_RANGES = {"24h": DAY, "7d": 7 * DAY, "30d": 30 * DAY}

KindName = Literal["http", "tcp", "dns", "tls", "known_answer", "heartbeat"]


class ProbeCheck(BaseModel):
    """The newest check. response_ms is null when nothing answered, and for heartbeats."""

    model_config = ConfigDict(strict=True, extra="forbid")

    at: str
    ok: bool
    response_ms: float | None
    reason: str | None = Field(description="Why it is not ok, in a sentence.")
    detail: dict[str, Any] = Field(description="What was seen, by kind.")


class ProbeRecord(BaseModel):
    """A probe and how it stands."""

    model_config = ConfigDict(strict=True, extra="forbid")

    name: str
    kind: KindName
    target: str = Field(description="For a heartbeat, the path that its job calls by POST.")
    settings: dict[str, Any] = Field(description="By kind; see the documentation of monitoring.")
    interval_seconds: int
    timeout_seconds: float
    fail_after: int = Field(description="Failed checks in a row that make it down.")
    ok_after: int = Field(description="Good checks in a row that make it up again.")
    enabled: bool
    origin: Literal["default", "user"]
    status: Status
    since: str = Field(description="Since when it is up, down or unknown.")
    last: ProbeCheck | None
    availability_24h: float | None = Field(
        description="Percent; null when nothing was probed outside maintenance."
    )
    certificate_days: float | None = Field(
        description="Days left of the certificate that the newest check saw."
    )
    reference: dict[str, Any] | None = Field(
        description="What a known-answer probe compares with, unless its settings state it."
    )


class ProbePage(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    items: list[ProbeRecord] = Field(description="By name.")
    next_cursor: str | None = Field(description="Always null: there are at most 500.")


class ProbeFailure(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    at: str
    reason: str
    response_ms: float | None
    in_maintenance: bool


class ProbeHistory(BaseModel):
    """points: [start of the step, percent of good checks, mean response time of good checks in ms]."""

    model_config = ConfigDict(strict=True, extra="forbid")

    step_seconds: int
    points: list[tuple[str, float | None, float | None]] = Field(
        description="Oldest first; null where nothing was checked outside maintenance."
    )
    failures: list[ProbeFailure] = Field(description="Newest first, at most 200; kept for 30 days.")
    availability: dict[Literal["24h", "7d", "30d"], float | None]


class NewProbe(BaseModel):
    """What can be set. When changing a probe, what is left out stays; its name and kind do."""

    model_config = ConfigDict(extra="forbid")

    name: str
    kind: KindName
    target: str = Field("", description="Everything but a heartbeat needs one.")
    settings: dict[str, Any] = {}
    interval_seconds: int = Field(60, ge=10)
    timeout_seconds: float = Field(10, ge=0.1, le=60)
    fail_after: int = Field(3, ge=1, le=100)
    ok_after: int = Field(2, ge=1, le=100)
    enabled: bool = True


DOCUMENTED: tuple[type[BaseModel], ...] = (NewProbe,)

_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/NewProbe"}}},
    }
}


@router.get(
    "",
    summary="Everything that is watched",
    response_model=ProbePage,
    responses=documented(401, 403, 421),
)
async def probes(runtime: RuntimeDep, principal: Owner) -> Response:
    """With how each stands and what its newest check found."""
    items = await run_sync(_records, runtime, principal.tenant_id, None)
    return answer_json({"items": items, "next_cursor": None})


@router.post(
    "",
    status_code=201,
    summary="Watch something",
    response_model=ProbeRecord,
    responses=documented(400, 401, 403, 413, 415, 421, 422, 503),
    openapi_extra=_BODY,
)
async def add(runtime: RuntimeDep, principal: Owner, body: JsonObject) -> Response:
    """Checked at once, then again and again."""
    now_us = runtime.now()
    probe = read(body, now_us, own_port=runtime.settings.server.port)
    await runtime.writer.run(
        lambda connection: records.add(connection, principal.tenant_id, probe, now_us)
    )
    return await _one(runtime, principal.tenant_id, probe.name, 201)


@router.get(
    "/{name}",
    summary="One probe",
    response_model=ProbeRecord,
    responses=documented(401, 403, 404, 421),
)
async def get(runtime: RuntimeDep, principal: Owner, name: str) -> Response:
    return await _one(runtime, principal.tenant_id, name)


@router.put(
    "/{name}",
    summary="Change a probe",
    response_model=ProbeRecord,
    responses=documented(400, 401, 403, 404, 413, 415, 421, 422, 503),
    openapi_extra=_BODY,
)
async def put(runtime: RuntimeDep, principal: Owner, name: str, body: JsonObject) -> Response:
    """What is left out stays. With another target or other settings it is judged anew."""

    now_us, port = runtime.now(), runtime.settings.server.port
    await runtime.writer.run(
        lambda connection: editing.change(connection, principal.tenant_id, name, body, now_us, port)
    )
    return await _one(runtime, principal.tenant_id, name)


@router.delete(
    "/{name}",
    status_code=204,
    summary="Stop watching",
    responses=documented(401, 403, 404, 421, 503),
)
async def delete(runtime: RuntimeDep, principal: Owner, name: str) -> Response:
    """Its history goes with it. A default probe is paused instead: it would come back at the next start."""

    now_us = runtime.now()
    await runtime.writer.run(
        lambda connection: editing.drop(connection, principal.tenant_id, name, now_us)
    )
    return Response(status_code=204)


@router.post(
    "/{name}/run",
    summary="Check now",
    response_model=ProbeRecord,
    responses=documented(401, 403, 404, 421, 503),
)
async def run(runtime: RuntimeDep, principal: Owner, name: str) -> Response:
    """Answers when the finding is there, which takes at most the probe's timeout; it counts like any other."""
    await run_sync(runtime.probes.run_now, name)
    return await _one(runtime, principal.tenant_id, name)


@router.delete(
    "/{name}/reference",
    status_code=204,
    summary="Let the next answer be the known one",
    responses=documented(401, 403, 404, 421, 503),
)
async def forget_reference(runtime: RuntimeDep, principal: Owner, name: str) -> Response:
    """For known-answer probes whose detector was changed on purpose."""
    await runtime.writer.run(
        lambda connection: records.forget_reference(connection, principal.tenant_id, name)
    )
    return Response(status_code=204)


@router.get(
    "/{name}/history",
    summary="How a probe stood",
    response_model=ProbeHistory,
    responses=documented(401, 403, 404, 421, 422),
)
async def past(
    runtime: RuntimeDep,
    principal: Owner,
    name: str,
    hours: Annotated[int, *whole_number(1, MAX_HOURS), Query()] = 24,
) -> Response:
    return answer_json(await run_sync(_history, runtime, principal.tenant_id, name, hours))


def _history(runtime: Runtime, tenant_id: int, name: str, hours: int) -> dict[str, Any]:
    end_us = runtime.now() + 1
    start_us = end_us - hours * HOUR * US
    step = next((step for longest, step in _STEPS if hours <= longest), _LONGEST_STEP)
    with runtime.database.reading() as connection:
        records.get(connection, tenant_id, name)
        points = history.points(connection, tenant_id, name, start_us, end_us, step)
        failed = history.failures(connection, tenant_id, name, start_us, end_us)
        totals = {
            label: history.totals(connection, tenant_id, end_us - seconds * US, end_us, name)
            for label, seconds in _RANGES.items()
        }
    return {
        "step_seconds": step,
        "points": [(clock.to_iso(one.start_us), one.up, one.response_ms) for one in points],
        "failures": [
            {
                "at": clock.to_iso(one.at_us),
                "reason": one.reason,
                "response_ms": one.response_ms,
                "in_maintenance": one.in_maintenance,
            }
            for one in failed
        ],
        "availability": {label: _availability(found.get(name)) for label, found in totals.items()},
    }


async def _one(runtime: Runtime, tenant_id: int, name: str, status: int = 200) -> Response:
    (record,) = await run_sync(_records, runtime, tenant_id, name)
    return answer_json(record, status)


def _records(runtime: Runtime, tenant_id: int, name: str | None) -> list[dict[str, Any]]:
    with runtime.database.reading() as connection:
        found = editing.standings(connection, tenant_id, runtime.now(), name)
    return [_record(runtime, tenant_id, one) for one in found]


def _record(runtime: Runtime, tenant_id: int, standing: Standing) -> dict[str, Any]:
    watched = standing.watched
    probe, last, reference = watched.probe, watched.last, watched.reference
    target = probe.target
    if probe.kind is Kind.HEARTBEAT:
        target = heartbeat.PATH + heartbeat.token(runtime.address_key, tenant_id, probe)
    return {
        **editing.written(probe),
        "target": target,
        "origin": probe.origin.value,
        "status": standing.status,
        "since": clock.to_iso(watched.state.since_us),
        "last": None
        if last is None
        else {
            "at": clock.to_iso(last.at_us),
            "ok": last.ok,
            "response_ms": last.response_ms,
            "reason": last.reason,
            "detail": last.detail,
        },
        "availability_24h": _availability(standing.day),
        "certificate_days": None if last is None else last.detail.get("certificate_days"),
        "reference": None
        if reference is None
        else {
            "verdict": reference.verdict,
            "score": reference.score,
            "version": reference.version,
            "at": clock.to_iso(reference.at_us),
        },
    }


def _availability(totals: Totals | None) -> float | None:
    return None if totals is None else totals.availability
