"""Middleware for Flask, Django and any other WSGI application."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any, Callable, Optional

from verascope_client.recorder import Recorder
from verascope_client.watch import Seen, Watch

ExcInfo = tuple[type[BaseException], BaseException, Optional[TracebackType]]
Start = Callable[..., Callable[[bytes], object]]
App = Callable[[dict[str, Any], Start], Iterable[bytes]]


class VerascopeWSGI:
    """Records what the endpoint under `path` answers; the answer itself goes out as it is, when it is.

        app.wsgi_app = VerascopeWSGI(app.wsgi_app, client=vs, path="/detect", scale="fraction")

    Options as in `Watch`. An exception or a status from 500 on is a failed prediction.
    """

    def __init__(
        self, app: App, *, client: Recorder, path: str | Iterable[str], **options: Any
    ) -> None:
        self._app = app
        self._watch = Watch(client, path, **options)

    def __call__(self, environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
        if not self._watch.wants(environ.get("REQUEST_METHOD", ""), path):
            return self._app(environ, start_response)
        seen = Seen(self._watch, environ)

        def start(
            status: str, headers: list[tuple[str, str]], exc_info: ExcInfo | None = None
        ) -> Callable[[bytes], object]:
            write = (
                start_response(status, headers)
                if exc_info is None
                else start_response(status, headers, exc_info)
            )
            code = status[:3]
            seen.head(int(code) if code.isdigit() else 0, {k.lower(): v for k, v in headers})

            def noted(data: bytes) -> object:
                seen.body(data)
                return write(data)

            return noted

        try:
            parts = self._app(environ, start)
        except BaseException as error:
            seen.end(error)
            raise
        return _Parts(parts, seen)


class _Parts:
    """The answer's iterable, part by part as it is asked for; recorded when the server closes it."""

    def __init__(self, parts: Iterable[bytes], seen: Seen) -> None:
        self._parts = parts
        self._iterator: Iterator[bytes] | None = None
        self._seen = seen

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            if self._iterator is None:
                self._iterator = iter(self._parts)
            part = next(self._iterator)
        except StopIteration:
            raise
        except BaseException as error:
            self._seen.end(error)
            raise
        self._seen.body(part)
        return part

    def close(self) -> None:
        try:
            close = getattr(self._parts, "close", None)
            if close is not None:
                close()
        except BaseException as error:
            self._seen.end(error)
            raise
        self._seen.end()
