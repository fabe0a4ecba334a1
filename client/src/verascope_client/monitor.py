"""A decorator for a function that detects: Flask view, FastAPI endpoint, or plain function."""

from __future__ import annotations

import functools
import inspect
import time
from collections.abc import Mapping, Sequence
from typing import Any, Callable, TypeVar, Union

from verascope_client.answer import Reading, message_in
from verascope_client.recorder import Recorder
from verascope_client.watch import REFUSALS, Fields

Function = TypeVar("Function", bound=Callable[..., Any])

Extract = Callable[[Any], Union[Fields, Sequence[Fields], None]]
"""Makes the fields of one prediction out of what the function returned, of several, or None for none."""


def monitor(
    client: Recorder,
    *,
    scale: str | None = None,
    fields: Mapping[str, str] | None = None,
    verdicts: Mapping[Any, str] | None = None,
    extract: Extract | None = None,
    more: Fields | None = None,
    refusals: bool = False,
) -> Callable[[Function], Function]:
    """Record what the function returns, and what it raises as a failed prediction; both reach the caller unchanged.

    scale, fields, verdicts: how the returned value is read (`Reading`), unless `extract` reads it. It may be a mapping,
    an object with attributes (a Pydantic model, a data class), a Flask response, or any of them with a status behind
    it. more: fields for every prediction. refusals: whether 400, 413, 415 and 422 are failed predictions.
    Raises ValueError for what is wrong.
    """
    judge = _Judge(client, scale, fields, verdicts, extract, dict(more or {}), refusals)

    def decorate(function: Function) -> Function:
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def watched(*args: Any, **kwargs: Any) -> Any:
                began = time.perf_counter()
                try:
                    result = await function(*args, **kwargs)
                except BaseException as error:
                    judge.failed(error, began)
                    raise
                judge.returned(result, began)
                return result
        else:

            @functools.wraps(function)
            def watched(*args: Any, **kwargs: Any) -> Any:
                began = time.perf_counter()
                try:
                    result = function(*args, **kwargs)
                except BaseException as error:
                    judge.failed(error, began)
                    raise
                judge.returned(result, began)
                return result

        return watched  # type: ignore[return-value]

    return decorate


class _Judge:
    """Turns what a function did into records. Never raises from `returned` and `failed`."""

    def __init__(
        self,
        client: Recorder,
        scale: str | None,
        fields: Mapping[str, str] | None,
        verdicts: Mapping[Any, str] | None,
        extract: Extract | None,
        more: Fields,
        refusals: bool,
    ) -> None:
        self._client = client
        self._reading = None if extract is not None else Reading(scale, fields, verdicts)
        self._extract = extract
        self._more = more
        self._refusals = refusals

    def returned(self, result: Any, began: float) -> None:
        took = (time.perf_counter() - began) * 1000
        try:
            if self._extract is None:
                self._read(result, took)
                return
            found = self._extract(result)
            several: Sequence[Fields] = (
                [] if found is None else [found] if isinstance(found, Mapping) else found
            )
            for one in several:
                self._record(took, one)
        except Exception as error:
            self._unreadable(error)

    def failed(self, error: BaseException, began: float) -> None:
        took = (time.perf_counter() - began) * 1000
        try:
            # HTTPException of FastAPI and of Flask: an answer by another way.
            status = getattr(error, "status_code", None) or getattr(error, "code", None)
            if isinstance(status, int) and 300 <= status < 500 and not self._is_refusal(status):
                return
            text = str(error)
            name = type(error).__name__
            self._fail(took, f"{name}: {text}" if text else name)
        except Exception as trouble:
            self._unreadable(trouble)

    def _read(self, result: Any, took: float) -> None:
        assert self._reading is not None
        answer, status = _parts(result)
        if status >= 500 or self._is_refusal(status):
            self._fail(took, message_in(answer) or f"HTTP {status}")
        elif 200 <= status < 300:
            self._record(took, self._reading.read(answer))

    def _is_refusal(self, status: int) -> bool:
        return self._refusals and status in REFUSALS

    def _fail(self, took: float, message: str) -> None:
        self._record(took, {"success": False, "error_message": message})

    def _record(self, took: float, fields: Fields) -> None:
        merged: Any = {"response_time_ms": took, **self._more, **fields}
        self._client.record(**merged)

    def _unreadable(self, error: Exception) -> None:
        """Counted like any other event that can't be right."""

        def again() -> Sequence[Fields]:
            raise error

        self._client.observe(again, 0)


def _parts(result: Any) -> tuple[Any, int]:
    """(answer, status) of what a view may return: an answer, (answer, status), (answer, status, headers) or a response."""
    status = 200
    if isinstance(result, tuple) and result:
        if len(result) > 1 and isinstance(result[1], int):
            status = result[1]
        result = result[0]
    get_json = getattr(result, "get_json", None)
    if callable(get_json):
        if isinstance(getattr(result, "status_code", None), int):
            status = result.status_code
        return get_json(silent=True), status
    return result, status
