"""Slack: an incoming webhook, the message as Block Kit inside an attachment, whose bar shows the severity.

Limits: https://docs.slack.dev/reference/block-kit/blocks
"""

import re
from typing import Any

import msgspec

from verascope import clock
from verascope.notifications.channel import Channel, Field, Kind, Sent, Values, judged, posted
from verascope.notifications.guard import Guard
from verascope.notifications.message import Message, Moment, heading
from verascope.records import Severity

HEADER_LENGTH = 150
SECTION_LENGTH = 3000
FIELD_LENGTH = 2000
FIELDS = 10
ELEMENTS = 10

COLOURS = {Severity.CRITICAL: "#c62828", Severity.WARNING: "#b26a00", Severity.INFO: "#1565c0"}
_RESOLVED = "#2e7d32"


class Slack:
    def __init__(self, values: Values, guard: Guard) -> None:
        self._url: str = values["webhook_url"]
        self._guard = guard

    def send(self, message: Message, delivery_id: str, remaining: tuple[str, ...]) -> Sent:
        body = msgspec.json.encode(payload(message))
        headers = {"Content-Type": "application/json"}
        return judged(posted(self._guard, self._url, body, headers))


def payload(message: Message) -> dict[str, Any]:
    """What the webhook takes. `text` is what notifications on a phone show."""
    title = f"{heading(message)}: {message.title}"
    blocks: list[dict[str, Any]] = [
        {
            "type": "header",
            "text": {"type": "plain_text", "text": title[:HEADER_LENGTH], "emoji": False},
        }
    ]
    if message.summary:
        blocks.append({"type": "section", "text": _text(message.summary, SECTION_LENGTH)})
    facts = message.facts
    for start in range(0, min(len(facts), 4 * FIELDS), FIELDS):
        fields = [
            _marked(f"*{_escaped(fact.name, 200)}*\n{_escaped(fact.value, FIELD_LENGTH - 210)}")
            for fact in facts[start : start + FIELDS]
        ]
        blocks.append({"type": "section", "fields": fields})
    links = [
        # A bar would end the address, so it is written in its code.
        f"<{_escaped(link.url.replace('|', '%7C'), 1500)}|{_escaped(link.name, 200)}>"
        for link in message.links[: ELEMENTS - 1]
    ]
    context = [f"{_escaped(message.tenant, 200)} · {clock.to_iso(message.occurred_us)}", *links]
    blocks.append({"type": "context", "elements": [_marked(one) for one in context]})
    is_over = message.moment is Moment.RESOLVE
    colour = _RESOLVED if is_over else COLOURS[message.severity]
    return {
        "text": _escaped(title, SECTION_LENGTH),
        "attachments": [
            {"color": colour, "fallback": _escaped(title, SECTION_LENGTH), "blocks": blocks}
        ],
    }


def _text(text: str, limit: int) -> dict[str, Any]:
    return _marked(_escaped(text, limit))


def _marked(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text}


def _escaped(text: str, limit: int) -> str:
    """Nothing in it is a command, a mention or a link; at most `limit` characters, no character in two."""
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return plain if len(plain) <= limit else re.sub(r"&[a-z]*$", "", plain[: limit - 1]) + "…"


def _make(values: Values, guard: Guard) -> Channel:
    return Slack(values, guard)


KIND = Kind(
    "slack",
    "Slack",
    "A channel of a Slack workspace, through an incoming webhook.",
    (
        Field(
            "webhook_url",
            "Webhook address",
            "From the app's page Incoming Webhooks, https://hooks.slack.com/services/…",
            "url",
            required=True,
            is_secret=True,
        ),
    ),
    _make,
)
