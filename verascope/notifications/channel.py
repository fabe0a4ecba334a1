"""What a channel is: it sends one message and says what came of it. Each kind has a file of its own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, Protocol

from verascope.notifications.guard import Answer, Guard, NotAllowed
from verascope.notifications.message import Message

ANSWER_LENGTH = 500
"""Characters of a receiver's answer that are kept."""


class Blame(StrEnum):
    """What can be done about a failure.

    outage: the receiver is down or wants less; everything for it waits. later: this message may work later.
    refused: this message never will. broken: no message will, until somebody changes the channel.
    """

    OUTAGE = "outage"
    LATER = "later"
    REFUSED = "refused"
    BROKEN = "broken"


class Trouble(Exception):
    """A message was not sent. wait_seconds: how long the receiver asked us to wait."""

    def __init__(self, blame: Blame, detail: str, wait_seconds: float = 0) -> None:
        super().__init__(detail)
        self.blame = blame
        self.detail = detail[:ANSWER_LENGTH]
        self.wait_seconds = wait_seconds


@dataclass(frozen=True, slots=True)
class Sent:
    """answer: what the receiver said. remaining: recipients that must be tried again."""

    answer: str
    remaining: tuple[str, ...] = ()


class Channel(Protocol):
    """One configured way to people. Used by one thread at a time."""

    def send(self, message: Message, delivery_id: str, remaining: tuple[str, ...]) -> Sent:
        """Send it once. delivery_id stays the same when a message is sent again, so that receivers can tell. remaining:
        the only recipients, when others have it already. Raises Trouble.
        """


FieldKind = Literal["text", "url", "number", "list", "boolean"]


@dataclass(frozen=True, slots=True)
class Field:
    """One setting of a kind of channel, as a form shows it. choices: all that is accepted, when it is a choice.

    low, high: the bounds of a number.
    """

    name: str
    label: str
    help: str
    kind: FieldKind = "text"
    required: bool = False
    default: Any = None
    is_secret: bool = False
    choices: tuple[str, ...] = ()
    low: int = 0
    high: int = 0


Values = Mapping[str, Any]
"""The settings of one channel by name, complete and with its secrets."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of channel. check: what is wrong with values that fit each on their own, as (field, what is accepted)."""

    name: str
    label: str
    help: str
    fields: tuple[Field, ...]
    make: Callable[[Values, Guard], Channel]
    check: Callable[[Values], list[tuple[str, str]]] = lambda values: []


def judged(answer: Answer) -> Sent:
    """What an HTTP answer means. Raises Trouble for all but success."""
    said = f"{answer.status} {answer.text}".strip()[:ANSWER_LENGTH]
    status = answer.status
    if 200 <= status < 300:
        return Sent(said)
    if status in (401, 403, 404, 410):
        raise Trouble(Blame.BROKEN, f"The receiver refuses this channel: {said}")
    if 300 <= status < 400:
        raise Trouble(Blame.BROKEN, f"The receiver redirects, which is not followed: {said}")
    if status in (429, 502, 503, 504):
        raise Trouble(Blame.OUTAGE, f"The receiver can't take it now: {said}", answer.retry_after)
    if status >= 500 or status in (408, 409, 425):
        raise Trouble(Blame.LATER, f"The receiver failed: {said}", answer.retry_after)
    raise Trouble(Blame.REFUSED, f"The receiver refuses this message: {said}")


def posted(guard: Guard, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """The answer to a POST. Raises Trouble when none came."""
    try:
        return guard.post(url, body, headers)
    except NotAllowed as refused:
        raise Trouble(Blame.BROKEN, str(refused)) from None
    except OSError as error:
        raise Trouble(Blame.OUTAGE, str(error)) from None
