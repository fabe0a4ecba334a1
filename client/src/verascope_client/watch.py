"""What both middlewares share: which requests are predictions, and what their answers say."""

from __future__ import annotations

import json
import time
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Callable, Union

from verascope_client.answer import Reading, message_in
from verascope_client.calm import Calm
from verascope_client.recorder import Recorder

MAX_ANSWER = 65_536
"""Bytes of an answer that are copied; a longer one can't be read."""

REFUSALS = frozenset({400, 413, 415, 422})
"""Answers to an image that could not be analysed, if the host counts them."""

Fields = Mapping[str, Any]


class Exchange:
    """A request that was answered. status: 200 to 299. headers: of the answer, names in lower case. body: as sent."""

    def __init__(
        self, status: int, headers: Mapping[str, str], body: bytes, response_time_ms: float
    ) -> None:
        self.status = status
        self.headers = headers
        self.body = body
        self.response_time_ms = response_time_ms

    def json(self) -> Any:
        """Raises ValueError when the body is no JSON."""
        body = self.body
        if self.headers.get("content-encoding") == "gzip":
            body = zlib.decompressobj(31).decompress(body, 16 * MAX_ANSWER)
        return json.loads(body)


Extract = Callable[[Exchange], Union[Fields, Sequence[Fields], None]]
"""Makes the fields of one prediction out of an exchange, of several, or None for none. Called in the background."""


class Watch:
    """path: exact, or several, or with `*` at its end for everything below. scale, fields, verdicts: how the answer is
    read (`Reading`), unless `extract` reads it. context: called with the request (ASGI scope, WSGI environ) while it is
    handled; gives more fields, such as `client`. refusals: whether 400, 413, 415 and 422 are failed predictions.
    Raises ValueError for what is wrong.
    """

    def __init__(
        self,
        client: Recorder,
        path: str | Iterable[str],
        *,
        scale: str | None = None,
        fields: Mapping[str, str] | None = None,
        verdicts: Mapping[Any, str] | None = None,
        extract: Extract | None = None,
        context: Callable[[Any], Fields | None] | None = None,
        methods: Iterable[str] = ("POST",),
        refusals: bool = False,
        max_answer: int = MAX_ANSWER,
    ) -> None:
        self.client = client
        paths = [path] if isinstance(path, str) else list(path)
        self._exact: frozenset[str] = frozenset(one for one in paths if not one.endswith("*"))
        self._below: tuple[str, ...] = tuple(one[:-1] for one in paths if one.endswith("*"))
        self._methods = frozenset(method.upper() for method in methods)
        self._extract = extract
        self._reading = None if extract is not None else Reading(scale, fields, verdicts)
        self._context = context
        self.refusals = refusals
        self.max_answer = max_answer
        self.calm = Calm()

    def wants(self, method: str, path: str) -> bool:
        return method in self._methods and (path in self._exact or path.startswith(self._below))

    def context(self, request: Any) -> dict[str, Any]:
        """What the host says about the request; nothing when that fails."""
        if self._context is None:
            return {}
        try:
            return dict(self._context(request) or {})
        except Exception as error:
            self.calm.note("context", "context= failed: %r. This is said once", error)
            return {}

    def read(self, exchange: Exchange, more: Fields) -> list[Fields]:
        """The fields of the predictions in it. Raises what reading it raises."""
        if self._extract is None:
            assert self._reading is not None
            found: Any = self._reading.read(exchange.json())
        else:
            found = self._extract(exchange)
        if found is None:
            return []
        several = [found] if isinstance(found, Mapping) else found
        return [{"response_time_ms": exchange.response_time_ms, **more, **one} for one in several]


class Seen:
    """One request while it is handled: takes a bounded copy of what goes out, and records at the end, once."""

    def __init__(self, watch: Watch, request: Any) -> None:
        self._watch = watch
        self._more = watch.context(request)
        self._began = time.perf_counter()
        self._status = 0
        self._headers: dict[str, str] = {}
        self._body = bytearray()
        self._is_over = False
        self._is_cut = False

    def head(self, status: int, headers: dict[str, str]) -> None:
        """headers: names in lower case."""
        self._status, self._headers = status, headers

    def body(self, chunk: bytes) -> None:
        if len(self._body) + len(chunk) > self._watch.max_answer:
            self._is_cut = True
        elif not self._is_cut:
            self._body += chunk

    def end(self, error: BaseException | None = None) -> None:
        """The answer is out, or never will be. Never raises."""
        if self._is_over:
            return
        self._is_over = True
        try:
            self._record(error)
        except Exception as trouble:
            self._watch.calm.note("watch", "A request was not recorded: %r", trouble)

    def _record(self, error: BaseException | None) -> None:
        took = (time.perf_counter() - self._began) * 1000
        watch, status = self._watch, self._status
        if error is not None:
            text = str(error)
            self._fail(took, f"{type(error).__name__}: {text}" if text else type(error).__name__)
        elif status == 0:
            self._fail(took, "no answer")
        elif status >= 500 or (watch.refusals and status in REFUSALS):
            exchange = Exchange(status, self._headers, bytes(self._body), took)
            self._fail(took, _message(exchange))
        elif 200 <= status < 300:
            if self._is_cut:
                watch.calm.note(
                    "long",
                    "An answer is longer than max_answer=%d and can't be read",
                    watch.max_answer,
                )
            exchange = Exchange(status, self._headers, bytes(self._body), took)
            more = self._more
            watch.client.observe(lambda: watch.read(exchange, more), len(self._body))

    def _fail(self, took: float, message: str) -> None:
        fields: Any = {
            **self._more,
            "success": False,
            "error_message": message,
            "response_time_ms": took,
        }
        self._watch.client.record(**fields)


def _message(exchange: Exchange) -> str:
    """What the answer says about its failure, else its status."""
    try:
        said = message_in(exchange.json())
    except (ValueError, zlib.error):
        said = None
    return said or f"HTTP {exchange.status}"
