"""The one translator from errors to HTTP: RFC 9457 problem details, never internals.

An unexpected error gets an id that is also in the log; the caller sees nothing else of it.
"""

import logging
import uuid
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from verascope.errors import (
    Busy,
    Conflict,
    DetectorBroken,
    FieldError,
    Fixed,
    Forbidden,
    ImageRefused,
    Invalid,
    NotFound,
    OutOfTurn,
    RateLimited,
    RoleMissing,
    SqlFailed,
    SqlStopped,
    StartRefused,
    StoreUnusable,
    Unauthenticated,
    VerascopeError,
    shown,
)

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
RETRY_STORE_SECONDS = 5


class Unreadable(VerascopeError):
    """The request can't be taken as it stands. status: one of `_UNREADABLE`."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


_UNREADABLE = {
    400: ("malformed", "The request can't be read."),
    408: ("stalled", "The request stopped arriving."),
    413: ("too-large", "The request is too large."),
    415: ("media-type", "The request is in another form than is accepted here."),
    421: ("misdirected", "This is not that host."),
}


class WrongField(BaseModel):
    """One value that was not accepted."""

    model_config = ConfigDict(strict=True, extra="forbid")

    field: str = Field(examples=["range.days"])
    value: str = Field(examples=["1000"])
    accepted: str = Field(examples=["a whole number from 1 to 400"])


class Problem(BaseModel):
    """RFC 9457 problem details. `prediction_id` names the failed prediction that was recorded."""

    model_config = ConfigDict(strict=True, extra="forbid")

    type: str = Field(examples=["urn:verascope:problem:invalid"])
    title: str = Field(examples=["The request carries values that are not accepted."])
    status: int = Field(examples=[422])
    detail: str
    errors: list[WrongField] | None = None
    id: str | None = Field(None, description="Of an unexpected error; the log knows more under it.")
    prediction_id: str | None = None
    position: int | None = Field(None, description="Of a refused SQL query: the character, from 0.")
    line: int | None = Field(None, description="The same as a line, from 1.")
    column: int | None = Field(None, description="And as its column, from 1.")


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route: which problems it answers with (`app` adds their shape)."""
    return {
        status: {"description": _MEANINGS.get(status, HTTPStatus(status).phrase)}
        for status in statuses
    }


_MEANINGS = {
    400: "The request or the image can't be read.",
    401: "The API key is unknown or revoked.",
    403: "Only callers on this machine are served here, or the request comes from another site.",
    404: "It does not exist.",
    409: "It can't be done in the present state.",
    408: "The request's body stopped arriving.",
    413: "The file or image is larger than the limit.",
    415: "Not a supported format.",
    421: "The Host header does not name this service.",
    429: "More than this caller may send; try again after Retry-After seconds.",
    422: "Values that are not accepted; `errors` names each with what is.",
    500: "Something unexpected; `id` finds it in the log.",
    502: "The detector answered with something unusable; the failure is on record.",
    504: "The detector did not answer in time; the failure is on record.",
    503: "Can't be done now; try again after Retry-After seconds.",
}


def problem(
    status: int,
    kind: str,
    title: str,
    detail: str,
    *,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
    **more: str | int | None,
) -> Response:
    """`problem_body` as a response."""
    body = problem_body(status, kind, title, detail, errors=errors, **more)
    return Response(msgspec.json.encode(body), status, {**(headers or {})}, media_type=MEDIA_TYPE)


def problem_body(
    status: int,
    kind: str,
    title: str,
    detail: str,
    *,
    errors: Sequence[FieldError] = (),
    **more: str | int | None,
) -> dict[str, Any]:
    """The fields of `Problem`. kind: the last part of its type, a stable word for programs."""
    body: dict[str, Any] = {
        "type": f"urn:verascope:problem:{kind}",
        "title": title,
        "status": status,
        "detail": detail,
        **more,
    }
    if errors:
        body["errors"] = [
            {"field": one.field, "value": one.value, "accepted": one.accepted} for one in errors
        ]
    return body


def answer(error: VerascopeError) -> Response:
    """The HTTP answer to an error that was raised on purpose."""
    match error:
        case Invalid():
            title = "The request carries values that are not accepted."
            return problem(422, "invalid", title, error.detail, errors=error.fields)
        case ImageRefused():
            return problem(error.status, "image-refused", error.reason, error.detail)
        case NotFound():
            return problem(404, "not-found", "There is no such thing here.", error.detail)
        case Conflict():
            title = "The same identity was used before with other content."
            return problem(422, "conflict", title, error.detail)
        case Unauthenticated():
            challenge = {"WWW-Authenticate": 'Bearer realm="verascope"'}
            title = "The API key is not valid."
            return problem(401, "unauthenticated", title, error.detail, headers=challenge)
        case Forbidden():
            return problem(403, "forbidden", "You may not do this from here.", error.detail)
        case Unreadable():
            kind, title = _UNREADABLE[error.status]
            # The rest of the body is unread; a connection that goes on would take it for a request.
            close = {"Connection": "close"} if error.status in (408, 413) else {}
            return problem(error.status, kind, title, error.detail, headers=close)
        case RateLimited():
            retry = {"Retry-After": str(error.retry_after)}
            return problem(429, "rate-limited", "Too much at once.", error.detail, headers=retry)
        case Busy():
            retry = {"Retry-After": str(error.retry_after)}
            return problem(503, "busy", "Too busy right now.", error.detail, headers=retry)
        case SqlFailed() | SqlStopped() | RoleMissing() | Fixed() | OutOfTurn():
            return _of_a_page(error)
        case DetectorBroken() | StoreUnusable() | StartRefused():
            log.error("unusable while serving: %s", error.detail)
            retry = {"Retry-After": str(RETRY_STORE_SECONDS)}
            title = "A part of this service is unusable; its operator finds the reason in the log."
            return problem(503, "unusable", title, title, headers=retry)
        case _:
            return unexpected(error)


def _of_a_page(error: SqlFailed | SqlStopped | RoleMissing | Fixed | OutOfTurn) -> Response:
    """What the console, the settings and what has states refuse."""
    match error:
        case OutOfTurn():
            title = "It can't be done in the present state."
            return problem(409, "out-of-turn", title, error.detail)
        case Fixed():
            return problem(409, "fixed", "This setting can't be changed here.", error.detail)
        case SqlFailed():
            title = "The database refused the query."
            return problem(
                422, "sql", title, error.detail,
                position=error.position, line=error.line, column=error.column,
            )  # fmt: skip
        case SqlStopped(is_timeout=True):
            # Not 408: browsers send a request again that was answered so.
            return problem(422, "sql-timeout", "The query took too long.", error.detail)
        case SqlStopped():
            return problem(409, "sql-cancelled", "The query was cancelled.", error.detail)
        case RoleMissing():
            retry = {"Retry-After": "60"}
            title = "The database has no read-only role for the console."
            return problem(503, "unusable", title, error.detail, headers=retry)


def unexpected(error: Exception) -> Response:
    """500 with an id; the log gets the traceback under the same id."""
    error_id = uuid.uuid4().hex
    log.error("unexpected error %s", error_id, exc_info=error)
    title = "Something unexpected went wrong."
    detail = "It is in the log under this id. Nothing was changed unless another request says so."
    return problem(500, "unexpected", title, detail, id=error_id)


def install(app: FastAPI) -> None:
    """Make `app` answer every error as a problem."""

    async def ours(_: Request, error: Exception) -> Response:
        assert isinstance(error, VerascopeError)
        return answer(error)

    async def validation(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return _validation(error)

    async def plain(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return _plain(error)

    app.add_exception_handler(VerascopeError, ours)
    app.add_exception_handler(RequestValidationError, validation)
    app.add_exception_handler(HTTPException, plain)


def _validation(error: RequestValidationError) -> Response:
    """What FastAPI's own checks refused, in our words."""
    if any(one["type"] == "json_invalid" for one in error.errors()):
        return answer(Unreadable(400, "The body is not JSON."))
    fields = [
        FieldError(
            ".".join(str(part) for part in one["loc"][1:]) or str(one["loc"][0]),
            shown(one.get("input")),
            _accepted(one),
        )
        for one in error.errors()
    ]
    return answer(Invalid(*fields))


def _accepted(one: Mapping[str, Any]) -> str:
    """What would have been accepted, as pydantic or one of our own types (`params`) says it."""
    if one["type"] == "missing":
        return "this field is required"
    return str(one.get("ctx", {}).get("expected") or one["msg"])


def _plain(error: HTTPException) -> Response:
    headers = dict(error.headers or {})
    match error.status_code:
        case 404:
            detail = "Nothing answers at this address; /docs lists everything that does."
            return problem(404, "not-found", "There is no such address.", detail, headers=headers)
        case 405:
            detail = f"This address answers {headers.get('Allow', 'other methods')}."
            return problem(
                405, "method", "This method is not answered here.", detail, headers=headers
            )
        case status:
            title = HTTPStatus(status).phrase
            return problem(status, "http", title, str(error.detail), headers=headers)


class CatchUnexpected:
    """Innermost middleware: whatever a route raises becomes a problem, and the connection stays
    usable.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_started = False

        async def watched(message: Message) -> None:
            nonlocal has_started
            has_started = has_started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except ClientDisconnect:
            log.info("%s %s: the client went away", scope.get("method"), scope.get("path"))
        except Exception as error:
            if has_started or scope["type"] != "http":
                raise
            await unexpected(error)(scope, receive, send)
