"""The web application: routers, middleware and the description of the API, put together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from verascope import __version__
from verascope.api import (
    acknowledge,
    alert_rules,
    alerts,
    analytics,
    batch,
    benchmarks,
    branding,
    channels,
    dashboard,
    demo,
    docs,
    error_patterns,
    errors,
    health,
    heartbeats,
    incidents,
    ingestion,
    ingestion_openapi,
    live,
    maintenance,
    metrics,
    predict,
    predictions,
    probes,
    query,
    routing,
    settings,
    shadows,
    silences,
    sql,
    status,
    system,
)
from verascope.api.demonstration import PLACE, Demonstration
from verascope.api.middleware import Compress, Count, SecurityHeaders
from verascope.api.submission import Submissions
from verascope.api.upload import Uploads
from verascope.ingest.batch import MAX_BYTES
from verascope.runtime import Runtime

ROUTERS = (
    predict.router,
    batch.router,
    analytics.router,
    health.router,
    query.router,
    settings.router,
    alert_rules.router,
    branding.router,
    sql.router,
    predictions.router,
    ingestion.router,
    live.router,
    shadows.router,
    benchmarks.router,
    channels.router,
    metrics.router,
    error_patterns.router,
    incidents.router,
    system.router,
    status.router,
    probes.router,
    heartbeats.router,
    maintenance.router,
    silences.router,
    routing.router,
    acknowledge.router,
    # After the other addresses under /alerts: it takes what is left for the id of an alert.
    alerts.router,
    docs.router,
    dashboard.router,
)

DESCRIPTION = """
Analytics for deepfake-detection services. Every image analysed becomes one fact; everything here is derived from those.

* Times are ISO 8601 in UTC; rates, confidence and probabilities are percent (0 to 100); money is exact text in US dollars.
* Errors are [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457) problem details.
* Only callers on this machine are served; `/predict`, `/predict/batch` and `POST /api/v1/predictions` are also open to holders of an API
  key, from anywhere. The address of a heartbeat is open to whoever knows it.
"""


def create_app(runtime: Runtime, *, is_demo: bool = False) -> FastAPI:
    """The application that serves `runtime`. Its end waits for every accepted image.

    is_demo: it is the demonstration itself, which has no other one inside.
    """
    demonstration = None if is_demo else Demonstration(runtime, partial(create_app, is_demo=True))

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        lag = asyncio.create_task(runtime.loop_lag.watch())
        async with runtime.feed.running():
            yield
            if demonstration is not None:
                await demonstration.close()
            await app.state.submissions.drain(runtime.settings.server.drain_seconds)
        lag.cancel()

    app = FastAPI(
        title="Verascope",
        version=__version__,
        description=DESCRIPTION,
        lifespan=lifespan,
        # The framework's own exporters stay off: no number leaves this machine by itself.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.state.runtime = runtime
    app.state.submissions = Submissions(runtime)
    app.state.batches = batch.Places()
    app.state.uploads = Uploads(runtime.settings.detection.max_bytes)
    app.state.heartbeats = heartbeats.HeartbeatLimits()
    app.state.bodies = Uploads(2 * MAX_BYTES)
    errors.install(app)
    for router in ROUTERS:
        app.include_router(router)
    if demonstration is not None:
        app.state.demonstration = demonstration
        app.include_router(demo.router)
        app.mount(PLACE, demonstration)
    # The last one added is the outermost.
    app.add_middleware(errors.CatchUnexpected)
    app.add_middleware(Compress)
    app.add_middleware(Count, meters=runtime.meters)
    app.add_middleware(SecurityHeaders)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


def _openapi(app: FastAPI) -> dict[str, Any]:
    """The description, with what the framework can't know: bodies that routes read themselves,
    problems, keys.
    """
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        components = schema["components"]
        schemas = components["schemas"]
        models: tuple[type[BaseModel], ...] = (
            *query.DOCUMENTED,
            *ingestion_openapi.DOCUMENTED,
            *predictions.DOCUMENTED,
            *probes.DOCUMENTED,
            *maintenance.DOCUMENTED,
            *settings.DOCUMENTED,
            *alerts.DOCUMENTED,
            *silences.DOCUMENTED,
            *routing.DOCUMENTED,
            *alert_rules.DOCUMENTED,
            *sql.DOCUMENTED,
            *error_patterns.DOCUMENTED,
            *incidents.DOCUMENTED,
            errors.Problem,
        )
        for model in models:
            described = model.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas.update(described.pop("$defs", {}))
            schemas[model.__name__] = described
        schemas["Event"] = ingestion_openapi.event_schema()
        schema["paths"][ingestion_openapi.PATH]["post"] = ingestion_openapi.operation()
        for operations in schema["paths"].values():
            for operation in operations.values():
                _describe_problems(operation)
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
        for path in ("/predict", "/predict/batch", ingestion_openapi.PATH):
            schema["paths"][path]["post"]["security"] = [{}, {"key": []}]
        app.openapi_schema = schema
    return app.openapi_schema


def _describe_problems(operation: dict[str, Any]) -> None:
    content = {errors.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for code, response in operation["responses"].items():
        is_health = "Health" in str(response.get("content"))
        if int(code) >= 400 and not is_health:
            response["content"] = content
