"""`/health` for monitoring systems, `/info` for technical teams."""

import logging
import shutil
from typing import Any, Literal

import anyio
import msgspec
from anyio.to_thread import run_sync
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from verascope import __version__
from verascope.api.deps import Owner, RuntimeDep
from verascope.api.errors import documented
from verascope.notifications import channels
from verascope.runtime import Runtime
from verascope.store import events

log = logging.getLogger(__name__)

router = APIRouter(tags=["Service"])

DATABASE_SECONDS = 2.0
QUEUE_SHARE = 0.8
FOLD_LAG_SECONDS = 10.0
DISK_SHARE = 0.05
DISK_BYTES = 500_000_000

# Threads of its own: answers about health don't wait behind slow questions.
_probe_threads = anyio.CapacityLimiter(2)


class Health(BaseModel):
    """healthy; degraded: it answers, and `reasons` say what is wrong; unhealthy: it can't do its
    work.
    """

    model_config = ConfigDict(strict=True, extra="forbid", protected_namespaces=())

    status: Literal["healthy", "degraded", "unhealthy"]
    reasons: list[str] = Field(examples=[["The queue of predictions is 91 % full."]])
    model_loaded: bool
    device: str
    model_version: str
    version: str
    uptime_seconds: float
    queue_depth: int = Field(description="Predictions that wait for their commit.")
    queue_limit: int
    fold_lag: float = Field(
        description="For how many seconds commits have waited for the summaries."
    )
    disk_free_bytes: int | None
    listeners: int


class Info(BaseModel):
    """The detector that runs. accuracy: measured share of right verdicts in percent, null when not
    measured.
    """

    model_config = ConfigDict(strict=True, extra="forbid", protected_namespaces=())

    model_type: str
    accuracy: float | None
    device: str
    classes: list[str]
    name: str
    model_version: str
    licence: str
    metrics: dict[str, Any]
    decision: dict[str, float] = Field(
        description="P(fake) from 0 to 1: fake from `fake_at` up, real from `real_at` down, else uncertain."
    )
    limits: list[str]
    explains: bool = Field(description="Whether `/predict?explain=1` is answered.")
    shadows: list[str] = Field(
        description="Name and version of each detector that sees the same images without answering."
    )
    input_limits: dict[str, int]
    formats: list[str]
    version: str


async def health_of(runtime: Runtime) -> dict[str, Any]:
    """The fields of `/health`. Never waits for a fold; at most `DATABASE_SECONDS` for the database."""
    unreadable, broken = await _from_database(runtime)
    fatal = [*_writer_dead(runtime), *unreadable]
    free, disk_reasons = _disk(runtime)
    reasons = [*fatal, *_load_reasons(runtime), *disk_reasons, *broken]
    card = runtime.detector.describe()
    status = "unhealthy" if fatal else "degraded" if reasons else "healthy"
    return {
        "status": status,
        "reasons": reasons,
        "model_loaded": True,
        "device": card.device,
        "model_version": card.version,
        "version": __version__,
        "uptime_seconds": (runtime.now() - runtime.started_us) / 1e6,
        "queue_depth": runtime.writer.depth,
        "queue_limit": runtime.writer.limit,
        "fold_lag": runtime.folder.lag_seconds,
        "disk_free_bytes": free,
        "listeners": runtime.feed.listeners,
    }


def _writer_dead(runtime: Runtime) -> list[str]:
    return [] if runtime.writer.is_alive else ["The writer has stopped; nothing can be recorded."]


async def _from_database(runtime: Runtime) -> tuple[list[str], list[str]]:
    """Why it can't be read, and which channels are broken, as far as it can be read."""

    def ask() -> list[str]:
        with runtime.database.reading() as connection:
            events.last_seq(connection)
            return channels.broken(connection)

    try:
        with anyio.fail_after(DATABASE_SECONDS):
            return [], await run_sync(ask, abandon_on_cancel=True, limiter=_probe_threads)
    except TimeoutError:
        return [f"The database did not answer within {DATABASE_SECONDS:.0f} seconds."], []
    except Exception as error:
        # Whatever a driver raises means the same here; the caller must get an answer.
        log.exception("the database can't be read")
        return [f"The database can't be read: {type(error).__name__}."], []


def _load_reasons(runtime: Runtime) -> list[str]:
    reasons = []
    if runtime.writer.problem:
        reasons.append(runtime.writer.problem)
    share = runtime.writer.depth / runtime.writer.limit
    if share > QUEUE_SHARE:
        reasons.append(f"The queue of predictions is {share:.0%} full.")
    if runtime.folder.problem:
        reasons.append(runtime.folder.problem)
    if runtime.folder.lag_seconds > FOLD_LAG_SECONDS:
        lag = runtime.folder.lag_seconds
        reasons.append(f"The summaries are {lag:.0f} seconds behind the recorded predictions.")
    reasons += [*runtime.detection.problems, *runtime.shadows.problems]
    return reasons


def _disk(runtime: Runtime) -> tuple[int | None, list[str]]:
    try:
        usage = shutil.disk_usage(runtime.settings.home)
    except OSError:
        return None, [f"The folder {runtime.settings.home} can't be examined."]
    if usage.free < min(DISK_BYTES, DISK_SHARE * usage.total):
        return usage.free, [f"The disk is almost full: {usage.free // 1_000_000} MB are left."]
    return usage.free, []


@router.head("/health", include_in_schema=False)
@router.get(
    "/health",
    summary="Is it well?",
    response_model=Health,
    responses={
        200: {"description": "healthy or degraded"},
        503: {"model": Health, "description": "unhealthy"},
        **documented(401, 403, 421),
    },
)
async def health(runtime: RuntimeDep, principal: Owner) -> Response:
    """Quick, and never waits for anything but one read of the database."""
    found = await health_of(runtime)
    status = 503 if found["status"] == "unhealthy" else 200
    return Response(msgspec.json.encode(found), status, media_type="application/json")


@router.get(
    "/info", summary="Which model runs?", response_model=Info, responses=documented(401, 403, 421)
)
async def info(runtime: RuntimeDep, principal: Owner) -> Response:
    """What the detector's card says, and what images are accepted."""
    card = runtime.detector.describe()
    limits = runtime.settings.detection
    body = {
        "model_type": card.model_type,
        "accuracy": _percent(card.metrics.get("accuracy")),
        "device": card.device,
        "classes": list(card.classes),
        "name": card.name,
        "model_version": card.version,
        "licence": card.licence,
        "metrics": dict(card.metrics),
        "decision": {"fake_at": card.decision.fake_at, "real_at": card.decision.real_at},
        "limits": list(card.limits),
        "explains": runtime.detection.can_explain,
        "shadows": [f"{one.name} {one.version}" for one in runtime.shadows.detectors],
        "input_limits": {
            "max_bytes": limits.max_bytes,
            "max_pixels": limits.max_pixels,
            "min_side": limits.min_side,
        },
        "formats": ["JPEG", "PNG", "GIF", "BMP", "WebP", "AVIF", "HEIC", "TIFF"],
        "version": __version__,
    }
    return Response(msgspec.json.encode(body), media_type="application/json")


def _percent(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
