"""`/docs`: the interactive description of this API, from files that are installed here.

No content delivery network is asked: our content security policy forbids it, and offline machines
have none. The files of Swagger UI come with the package `fastapi-offline`, of which nothing else is
used.
"""

from functools import lru_cache
from importlib.resources import files

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from verascope.api.assets import REVALIDATED, Asset
from verascope.api.deps import Owner
from verascope.errors import NotFound

router = APIRouter(include_in_schema=False)

_FILES = ("swagger-ui-bundle.js", "swagger-ui.css")

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Verascope API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""

_START = b"""window.ui = SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  tryItOutEnabled: true,
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIBundle.SwaggerUIStandalonePreset],
  layout: "BaseLayout",
});
"""


@router.get("/openapi.json")
async def openapi(request: Request, principal: Owner) -> Response:
    return JSONResponse(request.app.openapi())


@router.get("/docs")
async def docs(principal: Owner) -> Response:
    return HTMLResponse(_PAGE)


@router.get("/docs/{name}")
async def docs_file(request: Request, principal: Owner, name: str) -> Response:
    if name == "start.js":
        return Asset.of(name, _START).response(request, REVALIDATED)
    if name not in _FILES:
        raise NotFound(f"The API page has no file {name!r}.")
    asset = await run_sync(_file, name)
    return asset.response(request, REVALIDATED)


@lru_cache(maxsize=len(_FILES))
def _file(name: str) -> Asset:
    return Asset.of(name, files("fastapi_offline").joinpath("static", name).read_bytes())
