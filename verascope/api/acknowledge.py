"""`/api/v1/acknowledge/…`: the signed link of a message. It works without an account, from anywhere, until it expires.

Opening it changes nothing, because mail programs open links to look at them; the button on the page does it.
"""

from html import escape
from typing import Any

from anyio.to_thread import run_sync
from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from verascope import clock
from verascope.alerts import acknowledge
from verascope.alerts.episode import Episode
from verascope.api.deps import RuntimeDep
from verascope.errors import Forbidden

router = APIRouter(prefix="/api/v1/acknowledge", tags=["Alerts"])

WHO = "the link in a message"

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><title>{title} · Verascope</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 38rem; margin: 3rem auto; padding: 0 1rem; color: #1c2128; background: #fff; }}
h1 {{ font-size: 1.3rem; }} li {{ margin: .6rem 0; }} small {{ color: #57606a; display: block; }}
button {{ font: inherit; padding: .6rem 1.2rem; border: 0; border-radius: 6px; background: #1f5fbf; color: #fff; cursor: pointer; }}
button:focus-visible {{ outline: 3px solid #1c2128; outline-offset: 2px; }}
@media (prefers-color-scheme: dark) {{ body {{ color: #e6edf3; background: #0d1117; }} small {{ color: #9aa4b2; }} }}
</style></head><body><main><h1>{title}</h1>{body}</main></body></html>
"""


@router.get("/{token}", summary="The page of a message's link", response_class=HTMLResponse)
async def show(runtime: RuntimeDep, token: str) -> Response:
    """Says what would be acknowledged, with a button."""

    def read() -> Response:
        with runtime.database.reading() as connection:
            key = runtime.vault.link_key
            _, found = acknowledge.of_token(connection, key, token, runtime.now())
        is_open = any(one.acknowledged is None and one.ended_us is None for one in found)
        if not is_open:
            return _page("Nothing is left to acknowledge", _listed(found))
        button = '<form method="post"><button type="submit">Acknowledge</button></form>'
        return _page("Acknowledge this alert", _listed(found) + button)

    try:
        return await run_sync(read)
    except Forbidden as refused:
        return _page("This link can't be used", f"<p>{escape(refused.detail)}</p>", 403)


@router.post("/{token}", summary="Acknowledge by a message's link", response_class=HTMLResponse)
async def confirm(runtime: RuntimeDep, token: str) -> Response:
    """Acknowledges every alert of the message that goes on."""

    def write(connection: Any) -> list[Episode]:
        key, now_us = runtime.vault.link_key, runtime.now()
        tenant_id, found = acknowledge.of_token(connection, key, token, now_us)
        desk = runtime.desk(connection, tenant_id)
        return [
            acknowledge.acknowledge(
                connection, tenant_id, desk, one.alert_id, WHO, None, "link", now_us
            )
            if one.ended_us is None
            else one
            for one in found
        ]

    try:
        found = await runtime.writer.run(write)
    except Forbidden as refused:
        return _page("This link can't be used", f"<p>{escape(refused.detail)}</p>", 403)
    return _page("Acknowledged", _listed(found))


def _listed(found: list[Episode]) -> str:
    return f"<ul>{''.join(_item(one) for one in found)}</ul>"


def _item(one: Episode) -> str:
    parts = [f"{one.target.severity.value}, since {clock.to_iso(one.started_us)}", one.reason]
    if one.ended_us is not None:
        parts.append(f"over since {clock.to_iso(one.ended_us)}")
    if one.acknowledged is not None:
        said = one.acknowledged
        parts.append(f"acknowledged by {said.who} at {clock.to_iso(said.at_us)}")
    told = "".join(f"<small>{escape(part)}</small>" for part in parts)
    return f"<li><strong>{escape(one.headline)}</strong>{told}</li>"


def _page(title: str, body: str, status: int = 200) -> Response:
    return HTMLResponse(_PAGE.format(title=escape(title), body=body), status)
