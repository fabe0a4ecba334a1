"""Middleware for FastAPI, Starlette and any other ASGI application."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, MutableMapping
from typing import Any, Callable

from verascope_client.recorder import Recorder
from verascope_client.watch import Seen, Watch

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]


class VerascopeMiddleware:
    """Records what the endpoint under `path` answers; the answer itself goes out as it is, when it is.

        app.add_middleware(VerascopeMiddleware, client=vs, path="/detect", scale="fraction")

    Options as in `Watch`. An exception or a status from 500 on is a failed prediction.
    """

    def __init__(
        self, app: App, *, client: Recorder, path: str | Iterable[str], **options: Any
    ) -> None:
        self._app = app
        self._watch = Watch(client, path, **options)

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self._watch.wants(scope["method"], scope["path"]):
            await self._app(scope, receive, send)
            return
        seen = Seen(self._watch, scope)

        async def note(message: Message) -> None:
            await send(message)
            if message["type"] == "http.response.start":
                pairs = message.get("headers", ())
                headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in pairs}
                seen.head(message["status"], headers)
            elif message["type"] == "http.response.body":
                seen.body(message.get("body", b""))
                if not message.get("more_body", False):
                    seen.end()

        try:
            await self._app(scope, receive, note)
        except BaseException as error:
            seen.end(error)
            raise
        seen.end()
