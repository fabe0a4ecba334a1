"""`/api/v1/system`: what the machine and this process use, now and over time."""

from dataclasses import asdict
from typing import Annotated, Any

import msgspec
from anyio.to_thread import run_sync
from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from verascope import clock
from verascope.api.deps import Owner, RuntimeDep
from verascope.api.errors import documented
from verascope.api.params import whole_number
from verascope.clock import US, Range
from verascope.errors import Invalid
from verascope.monitor import samples
from verascope.monitor.host import Sample
from verascope.runtime import Runtime

router = APIRouter(prefix="/api/v1", tags=["Service"])

MAX_HOURS = 9_600
_STEPS = ((3, 0), (24, 60), (7 * 24, 600), (45 * 24, 3600))
"""(hours, seconds a step): at most about 1,500 points whatever the range."""
_LONGEST_STEP = 6 * 3600


class SystemSample(BaseModel):
    """Shares are percent from 0 to 100; bytes, errors and requests are those of the interval; null is unknown."""

    model_config = ConfigDict(strict=True, extra="forbid")

    timestamp: str = Field(description="The end of the interval.")
    interval_seconds: float = Field(description="How much time was sampled.")
    cpu_usage: float | None = Field(description="Of what this machine, or container, may use.")
    memory_usage: float | None = Field(description="Of what this machine, or container, may use.")
    disk_usage: float | None = Field(description="Of the file system that holds the data.")
    disk_free_bytes: int | None
    disk_read_bytes: int | None
    disk_write_bytes: int | None
    network_sent_bytes: int | None
    network_received_bytes: int | None
    network_errors: int | None = Field(description="Errors and dropped packets, both ways.")
    active_connections: int | None = Field(description="Open TCP connections of the server.")
    total_requests: int | None = Field(description="HTTP requests answered.")
    error_rate: float | None = Field(
        description="Failed predictions of the last five minutes, in percent."
    )
    process_cpu_usage: float | None = Field(description="Of one core; 200 is two cores.")
    process_memory_bytes: int | None = Field(description="Resident memory of the server.")
    process_threads: int | None
    event_loop_lag_ms: float | None = Field(description="The longest in the interval.")
    queue_depth: int | None = Field(description="Predictions waiting for their commit.")
    wal_bytes: int | None = Field(description="Size of the database's write-ahead log.")
    gpu_usage: float | None = Field(description="Mean of all graphics processors.")
    gpu_memory_usage: float | None


class System(BaseModel):
    """now: the newest sample, null in the first seconds. step_seconds: 0 when samples are as they were taken."""

    model_config = ConfigDict(strict=True, extra="forbid")

    now: SystemSample | None
    step_seconds: int
    samples: list[SystemSample] = Field(description="Oldest first; none for time not sampled.")


@router.get(
    "/system",
    summary="The machine and the server process",
    response_model=System,
    responses=documented(401, 403, 421, 422, 503),
)
async def system(
    runtime: RuntimeDep,
    principal: Owner,
    hours: Annotated[int, *whole_number(1, MAX_HOURS), Query()] = 1,
    start: Annotated[str | None, Query(description="ISO 8601 with an offset; included.")] = None,
    end: Annotated[
        str | None, Query(description="ISO 8601 with an offset; not included. Now when left out.")
    ] = None,
) -> Response:
    """A sample every ten seconds, put together to longer steps for longer ranges. Either the last
    `hours`, or from `start` to `end`.
    """
    span = _span(runtime.now() + 1, hours, start, end)
    body = await run_sync(_system, runtime, span)
    return Response(msgspec.json.encode(body), media_type="application/json")


def _span(now_us: int, hours: int, start: str | None, end: str | None) -> Range:
    """Raises Invalid when the range is empty or longer than `MAX_HOURS`."""
    end_us = now_us if end is None else clock.from_iso("end", end)
    start_us = end_us - hours * 3600 * US if start is None else clock.from_iso("start", start)
    if 0 < end_us - start_us <= MAX_HOURS * 3600 * US:
        return Range(start_us, end_us)
    accepted = f"an instant before `end`, at most {MAX_HOURS} hours"
    raise Invalid.of("start", clock.to_iso(start_us), accepted)


def _system(runtime: Runtime, span: Range) -> dict[str, Any]:
    with runtime.database.reading() as connection:
        # What was never sampled needs no step: a young installation shows its first minutes in full.
        first = samples.first(connection, span) or span.end_us
        hours = (span.end_us - first) / (3600 * US)
        step = next((step for longest, step in _STEPS if hours <= longest + 0.1), _LONGEST_STEP)
        found = samples.read(connection, span, step)
        newest = samples.latest(connection)
    return {
        "now": None if newest is None else sample_json(newest),
        "step_seconds": step,
        "samples": [sample_json(sample) for sample in found],
    }


def sample_json(sample: Sample) -> dict[str, Any]:
    """The fields of a `SystemSample`."""
    values = asdict(sample)
    return {"timestamp": clock.to_iso(values.pop("timestamp_us")), **values}
