"""The error family: one class for each kind of trouble a caller can act on.

`detail` is a sentence for people: it says which value was wrong and what is accepted. The HTTP door
(`api.errors`) and the command line (`cli`) are the only places that turn these into answers.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldError:
    """One wrong value: where it stood, what it was (shortened), what would have been accepted."""

    field: str
    value: str
    accepted: str

    def __str__(self) -> str:
        return f"{self.field}: {self.value} is not accepted; {self.accepted}"


def shown(value: object, limit: int = 80) -> str:
    """`value` as it may be repeated to people: quoted, without line breaks, at most `limit` long."""
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


class VerascopeError(Exception):
    """Base of every error we raise on purpose."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class Invalid(VerascopeError):
    """A request or a setting carries wrong values; `fields` holds every one that was found."""

    def __init__(self, *fields: FieldError) -> None:
        super().__init__("; ".join(str(field) for field in fields))
        self.fields = fields

    @classmethod
    def of(cls, field: str, value: object, accepted: str) -> "Invalid":
        return cls(FieldError(field, shown(value), accepted))


class ImageRefused(VerascopeError):
    """An image that can't be analysed. It is on record as a failed prediction.

    reason: a stable sentence without values, stored as `error_message` so that failures group.
    status: the HTTP status that fits: 400 broken, 413 too large, 415 not an accepted format.
    """

    def __init__(self, reason: str, *, status: int, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.status = status


class NotFound(VerascopeError):
    """What was asked for does not exist in this tenant."""


class Conflict(VerascopeError):
    """The same identity was used before with other content."""


class OutOfTurn(VerascopeError):
    """What was asked does not fit the present state; nothing was changed. `detail` says what fits."""


class Fixed(VerascopeError):
    """A setting that can't be changed here; `detail` says what fixes it."""


class Forbidden(VerascopeError):
    """The caller may not do this; `detail` says who can."""


class Unauthenticated(VerascopeError):
    """The caller showed no credential, or one that is not valid."""


class Busy(VerascopeError):
    """The work can't be taken now; nothing of it was recorded. `retry_after` in seconds."""

    def __init__(self, detail: str, retry_after: int = 1) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class RateLimited(Busy):
    """The caller sends more than its share; nothing was recorded."""


class SqlFailed(VerascopeError):
    """The database refused a query of the console; `detail` is what it said.

    position: 0-based character of the query that it complained about, None when it names none; line and
    column say the same from 1.
    """

    def __init__(self, detail: str, position: int | None = None, sql: str = "") -> None:
        super().__init__(detail)
        self.position = position
        before = sql[:position] if position is not None else ""
        is_placed = position is not None and bool(sql)
        self.line = before.count("\n") + 1 if is_placed else None
        self.column = len(before) - (before.rfind("\n") + 1) + 1 if is_placed else None


class SqlStopped(VerascopeError):
    """A query of the console was stopped. is_timeout: by its time limit, else by somebody."""

    def __init__(self, detail: str, *, is_timeout: bool) -> None:
        super().__init__(detail)
        self.is_timeout = is_timeout


class RoleMissing(VerascopeError):
    """The database has no read-only role for the console, and none could be made; `detail` says what is needed."""


DETECTOR_FAILED = "The detector failed on this image."


class DetectorBroken(VerascopeError):
    """A model file or its sidecar is unusable, or a detector stopped giving answers.

    detail: for the operator. reason: a stable sentence without values, stored as `error_message` so
    that failures group. told: what the sender of the image may read. status: the HTTP status that
    fits: 500 failed, 502 answered with something unusable, 503 not there, 504 too slow, 400 it did
    its work and doesn't take this image.
    """

    def __init__(
        self,
        detail: str,
        *,
        reason: str = DETECTOR_FAILED,
        status: int = 500,
        told: str = "The failure is recorded; try again, or tell the operator.",
    ) -> None:
        super().__init__(detail)
        self.reason = reason
        self.status = status
        self.told = told


class StoreUnusable(VerascopeError):
    """The database can't be opened or written: missing rights, locked, damaged, foreign or newer."""


class SourceUnreadable(VerascopeError):
    """A file to import can't be read to its end: damaged, of another kind, or not readable at all."""


class StartRefused(VerascopeError):
    """The server will not start as it is configured; `detail` is the one line to print."""
