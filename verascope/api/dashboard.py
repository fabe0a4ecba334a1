"""The browser interface at `/dashboard`, as the build left it in `verascope/web_dist`."""

from functools import lru_cache
from pathlib import Path

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from verascope.api.assets import IMMUTABLE, REVALIDATED, Asset, read_folder
from verascope.api.deps import Owner
from verascope.errors import NotFound

router = APIRouter(include_in_schema=False)

FOLDER = Path(__file__).resolve().parent.parent / "web_dist"
INDEX = "index.html"
TITLE = "Enterprise Analytics Dashboard"

_NOT_BUILT = f"""<!doctype html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{TITLE}</title>
<body style="font: 16px/1.5 system-ui; max-width: 40rem; margin: 4rem auto; padding: 0 1rem">
<h1>{TITLE}</h1>
<p>The server runs, but its browser interface is not built. Run <code>make serve</code> in the project's folder: it
builds the interface, then starts the server.</p>
<p>Everything else works: <a href="/analytics">/analytics</a>, <a href="/health">/health</a>,
<a href="/docs">/docs</a>.</p>
</body>
</html>
"""


@router.get("/")
async def root(request: Request, principal: Owner) -> Response:
    return RedirectResponse(f"{request.scope.get('root_path', '')}/dashboard", 307)


@router.get("/dashboard")
@router.get("/dashboard/{path:path}")
async def dashboard(request: Request, principal: Owner, path: str = "") -> Response:
    """A file of the interface, else its one page: the addresses below /dashboard are the page's
    own.
    """
    files = _files() or await run_sync(_read_again)
    asset = files.get(path) if path else None
    if asset is not None and path != INDEX:
        is_hashed = path.startswith("assets/")
        return asset.response(request, IMMUTABLE if is_hashed else REVALIDATED)
    if path.startswith("assets/"):
        raise NotFound(f"The interface has no file {path!r}; reload the page if it was updated.")
    index = files.get(INDEX)
    if index is None:
        return HTMLResponse(_NOT_BUILT)
    return index.response(request, REVALIDATED)


@lru_cache(maxsize=1)
def _files() -> dict[str, Asset]:
    return read_folder(FOLDER)


def _read_again() -> dict[str, Asset]:
    """Look once more: the interface may have been built since."""
    _files.cache_clear()
    return _files()
