"""The web application: routers, middleware and the description of the API, put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from verascope import __version__
from verascope.api import (
    analytics,
    dashboard,
    docs,
    errors,
    health,
    live,
    metrics,
    predict,
    predictions,
    query,
)
from verascope.api.middleware import Compress, Count, SecurityHeaders
from verascope.api.submission import Submissions
from verascope.api.upload import Uploads
from verascope.runtime import Runtime

ROUTERS = (
    predict.router,
    analytics.router,
    health.router,
    query.router,
    predictions.router,
    live.router,
    metrics.router,
    docs.router,
    dashboard.router,
)

DESCRIPTION = """
Analytics for deepfake-detection services. Every image analysed becomes one fact; everything here is derived from those.

* Times are ISO 8601 in UTC; rates, confidence and probabilities are percent (0 to 100); money is exact text in US dollars.
* Errors are [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457) problem details.
* Only callers on this machine are served; `/predict` is also open to holders of an API key, from anywhere.
"""


def create_app(runtime: Runtime) -> FastAPI:
    """The application that serves `runtime`. Its end waits for every accepted image."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with runtime.feed.running():
            yield
            await app.state.submissions.drain(runtime.settings.server.drain_seconds)

    app = FastAPI(
        title="Verascope",
        version=__version__,
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.state.runtime = runtime
    app.state.submissions = Submissions(runtime)
    app.state.uploads = Uploads(runtime.settings.detection.max_bytes)
    errors.install(app)
    for router in ROUTERS:
        app.include_router(router)
    # The last one added is the outermost.
    app.add_middleware(errors.CatchUnexpected)
    app.add_middleware(Compress)
    app.add_middleware(Count, meters=runtime.meters)
    app.add_middleware(SecurityHeaders)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


def _openapi(app: FastAPI) -> dict[str, Any]:
    """The description, with the bodies that routes read themselves and with how a key is shown."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        components = schema.setdefault("components", {})
        for model in query.DOCUMENTED:
            described = model.model_json_schema(ref_template="#/components/schemas/{model}")
            described.pop("$defs", None)
            components.setdefault("schemas", {})[model.__name__] = described
        components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
        schema["paths"]["/predict"]["post"]["security"] = [{}, {"key": []}]
        app.openapi_schema = schema
    return app.openapi_schema
