"""`/api/v1/status`: how everything stands in one answer, for the frame around the pages."""

import logging
from collections.abc import Callable
from typing import Any, TypeVar

from anyio.to_thread import run_sync
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from verascope.alerts import alert_list
from verascope.alerts.episode import Wanted
from verascope.api.alerts import Alert
from verascope.api.answer import answer_json
from verascope.api.branding import Branding, branding_of
from verascope.api.deps import Owner, RuntimeDep
from verascope.api.errors import documented
from verascope.api.health import Health, health_of
from verascope.api.system import SystemSample, sample_json
from verascope.monitor import samples
from verascope.monitor.probes import editing
from verascope.monitor.probes.editing import Status as ProbeStatus
from verascope.runtime import Runtime

log = logging.getLogger(__name__)

router = APIRouter(prefix="/api/v1/status", tags=["Service"])

OPEN_ALERTS = 50

A = TypeVar("A")


class ProbeWord(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    name: str
    status: ProbeStatus


class Status(BaseModel):
    """Each part is what its own address answers; null when it can't be read now."""

    model_config = ConfigDict(strict=True, extra="forbid")

    health: Health
    alerts: list[Alert] | None = Field(
        description=f"The newest {OPEN_ALERTS} that are open or pending, as in /api/v1/alerts."
    )
    system: SystemSample | None = Field(
        description="The newest sample; null in the first seconds, too."
    )
    probes: list[ProbeWord] | None
    branding: Branding | None


@router.get(
    "",
    summary="How everything stands",
    response_model=Status,
    responses=documented(401, 403, 421),
)
async def status(runtime: RuntimeDep, principal: Owner) -> Response:
    """Health, open alerts, the machine, probes and branding. Answers 200 also when the server is unhealthy: `health` says it."""
    health = await health_of(runtime)
    is_readable = health["status"] != "unhealthy"
    rest = await run_sync(parts_of, runtime, principal.tenant_id) if is_readable else _UNREAD
    return answer_json({"health": health, **rest})


_UNREAD: dict[str, Any] = {"alerts": None, "system": None, "probes": None, "branding": None}


def parts_of(runtime: Runtime, tenant_id: int) -> dict[str, Any]:
    """What stands beside the health. Blocks, so call it from a worker thread."""

    def alerts() -> list[dict[str, Any]]:
        with runtime.database.reading() as connection:
            desk = runtime.desk(connection, tenant_id)
            is_open = Wanted(True)
            found = alert_list.page(connection, tenant_id, desk, is_open, OPEN_ALERTS, None)
        items: list[dict[str, Any]] = found["items"]
        return items

    def system() -> dict[str, Any] | None:
        with runtime.database.reading() as connection:
            newest = samples.latest(connection)
        return None if newest is None else sample_json(newest)

    def probes() -> list[dict[str, str]]:
        with runtime.database.reading() as connection:
            standings = editing.standings(connection, tenant_id, runtime.now())
        return [{"name": one.watched.probe.name, "status": one.status} for one in standings]

    return {
        "alerts": _known(alerts),
        "system": _known(system),
        "probes": _known(probes),
        "branding": _known(lambda: branding_of(runtime, tenant_id)),
    }


def _known(read: Callable[[], A]) -> A | None:
    """None for a part that can't be read: the others are wanted all the more then."""
    try:
        return read()
    except Exception:
        log.warning("a part of the status can't be read", exc_info=True)
        return None
