"""`/api/v1/alerts/routing`: who is told of what, when, and who is asked next."""

from typing import Any, Literal

import msgspec
from anyio.to_thread import run_sync
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from verascope.alerts import routing as tree
from verascope.alerts import routing_store
from verascope.alerts.matcher import Target
from verascope.alerts.routing import Routing
from verascope.api.answer import answer_json
from verascope.api.deps import JsonObject, Owner, RuntimeDep
from verascope.api.errors import documented
from verascope.api.params import body_of, parsed
from verascope.records import Severity as AlertSeverity

router = APIRouter(prefix="/api/v1/alerts/routing", tags=["Alerts"])

Severity = Literal["critical", "warning", "info"]
AlertField = Literal["rule", "severity", "group", "subject"]
Name = str
WEEK = 7 * 86_400


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", populate_by_name=True)


class DefaultRoute(_Part):
    """Where an alert goes that no route matches. Channel `*`: every enabled one."""

    channels: list[Name] = ["*"]
    group_wait_seconds: int = Field(default=tree.WAIT_SECONDS, ge=0, le=3600)
    group_interval_seconds: int = Field(default=tree.INTERVAL_SECONDS, ge=0, le=86_400)
    repeat_seconds: int = Field(default=tree.REPEAT_SECONDS, ge=60, le=WEEK)
    group_by: list[AlertField] = ["rule"]


class RouteMatch(_Part):
    """An empty list accepts everything."""

    severity: list[Severity] = []
    group: list[str] = []
    rule: list[str] = []


class AlertRoute(_Part):
    """Tried in order. Without channels an alert is recorded and nobody is told. null: as the default."""

    match: RouteMatch = RouteMatch()
    channels: list[Name] = []
    goes_on: bool = Field(
        False, alias="continue", description="Whether later routes are tried as well."
    )
    group_wait_seconds: int | None = Field(None, ge=0, le=3600)
    group_interval_seconds: int | None = Field(None, ge=0, le=86_400)
    repeat_seconds: int | None = Field(None, ge=60, le=WEEK)
    group_by: list[AlertField] | None = None


class EscalationStep(_Part):
    """Who is told too when nobody has acknowledged so long after the first message."""

    after_seconds: int = Field(ge=60, le=WEEK)
    severity: list[Severity] = Field([], description="Empty: any.")
    channels: list[Name] = Field(min_length=1)


class InhibitRule(_Part):
    """While an alert that fits `source` fires, nobody is told of those that fit `target` and share `equal`."""

    source: dict[AlertField, str] = Field(min_length=1)
    target: dict[AlertField, str] = Field(min_length=1)
    equal: list[AlertField] = []


class RoutingDocument(_Part):
    default: DefaultRoute = DefaultRoute()
    routes: list[AlertRoute] = Field([], max_length=200)
    escalation: list[EscalationStep] = Field([], max_length=50)
    inhibit: list[InhibitRule] = Field([], max_length=200)
    incidents: list[Severity] = Field(
        ["critical"], description="Severities for which an alert opens an incident."
    )


class PreviewAlert(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    severity: Severity
    group: str = ""
    rule: str = ""


class RoutingPreview(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    channels: list[str]
    reason: str = Field(examples=["route 2, after 30 s"])


DOCUMENTED: tuple[type[BaseModel], ...] = (RoutingDocument, PreviewAlert)


@router.get(
    "",
    summary="Who is told of what",
    response_model=RoutingDocument,
    responses=documented(401, 403, 421),
)
async def show(runtime: RuntimeDep, principal: Owner) -> Response:
    def read() -> Routing:
        with runtime.database.reading() as connection:
            return routing_store.load(connection, principal.tenant_id)

    return answer_json(await run_sync(read))


@router.put(
    "",
    summary="Change who is told of what",
    response_model=RoutingDocument,
    responses=documented(400, 401, 403, 413, 415, 421, 422, 503),
    openapi_extra=body_of(RoutingDocument),
)
async def put(runtime: RuntimeDep, principal: Owner, body: JsonObject) -> Response:
    """The whole document; what is left out returns to its default. In force within seconds, for open alerts too."""
    wanted = parsed(RoutingDocument, body)
    routing = msgspec.convert(wanted.model_dump(by_alias=True), Routing)

    def write(connection: Any) -> Routing:
        return routing_store.save(
            connection, principal.tenant_id, routing, principal.name, runtime.now()
        )

    return answer_json(await runtime.writer.run(write))


@router.post(
    "/preview",
    summary="Who would be told of such an alert",
    response_model=RoutingPreview,
    responses=documented(400, 401, 403, 413, 415, 421, 422),
    openapi_extra=body_of(PreviewAlert),
)
async def preview(runtime: RuntimeDep, principal: Owner, body: JsonObject) -> Response:
    wanted = parsed(PreviewAlert, body)
    target = Target(wanted.rule, AlertSeverity(wanted.severity), wanted.group, "")

    def read() -> dict[str, Any]:
        with runtime.database.reading() as connection:
            routing = routing_store.load(connection, principal.tenant_id)
            enabled = routing_store.names(connection, principal.tenant_id, enabled_only=True)
        found = tree.ways(routing, target)
        channels = [one for way in found for one in tree.reached(way.channels, enabled)]
        reasons = [
            f"{way.name}, after {way.timing.group_wait_seconds} s"
            if tree.reached(way.channels, enabled)
            else f"{way.name} tells nobody"
            + ("" if way.channels else ": it names no channel, the alert is only recorded")
            for way in found
        ]
        return {"channels": list(dict.fromkeys(channels)), "reason": "; ".join(reasons)}

    return answer_json(await run_sync(read))
