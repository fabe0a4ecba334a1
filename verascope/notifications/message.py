"""What is said to people, in no channel's language yet."""

from dataclasses import dataclass
from enum import StrEnum

import msgspec

from verascope import clock
from verascope.records import Severity


class Moment(StrEnum):
    """Which turn of an alert a message tells of. test: none, somebody tries the channel."""

    TRIGGER = "trigger"
    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a table."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Link:
    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Message:
    """Everything is plain text; each channel escapes it its own way.

    dedup_key: the same for the whole life of one group of alerts, so that a receiver can tell what belongs
    together. tenant: its name as people know it.
    """

    moment: Moment
    severity: Severity
    title: str
    summary: str
    facts: tuple[Fact, ...]
    links: tuple[Link, ...]
    dedup_key: str
    occurred_us: int
    tenant: str


_HEADINGS = {
    Moment.ACKNOWLEDGE: "Acknowledged",
    Moment.RESOLVE: "Resolved",
    Moment.TEST: "Test",
}


def heading(message: Message) -> str:
    """What it is in a word or two: the severity while something goes on, else what came of it."""
    return _HEADINGS.get(message.moment, message.severity.value.capitalize())


def as_text(message: Message) -> str:
    """The whole message for readers without markup, lines of any length."""
    parts = [f"{heading(message)}: {message.title}", message.summary]
    facts = [f"{fact.name}: {fact.value}" for fact in message.facts]
    parts.append("\n".join([*facts, f"Time: {clock.to_iso(message.occurred_us)}"]))
    parts.append("\n".join(f"{link.name}: {link.url}" for link in message.links))
    return "\n\n".join(part for part in parts if part) + "\n"


def encode(message: Message) -> str:
    """The text that is stored."""
    return msgspec.json.encode(message).decode()


def decode(text: str) -> Message:
    """What `encode` was given."""
    return msgspec.json.decode(text, type=Message)
