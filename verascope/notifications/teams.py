"""Microsoft Teams: the webhook of a workflow ("Post to a channel when a webhook request is received"), which takes a
message with an adaptive card.

https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using · a message may
have 28 KB.
"""

from typing import Any

import msgspec

from verascope import clock
from verascope.notifications.channel import Channel, Field, Kind, Sent, Values, judged, posted
from verascope.notifications.guard import Guard
from verascope.notifications.message import Message, Moment, heading
from verascope.records import Severity

TEXT_LENGTH = 2000
FACT_LENGTH = 500
FACTS = 20
ACTIONS = 6
"""More would hide behind a menu."""

_STYLES = {
    Severity.CRITICAL: "attention",
    Severity.WARNING: "warning",
    Severity.INFO: "accent",
}


class Teams:
    def __init__(self, values: Values, guard: Guard) -> None:
        self._url: str = values["webhook_url"]
        self._guard = guard

    def send(self, message: Message, delivery_id: str, remaining: tuple[str, ...]) -> Sent:
        body = msgspec.json.encode(payload(message))
        headers = {"Content-Type": "application/json"}
        return judged(posted(self._guard, self._url, body, headers))


def payload(message: Message) -> dict[str, Any]:
    """The message that the workflow posts."""
    facts = [
        {"title": _plain(fact.name, FACT_LENGTH), "value": _plain(fact.value, FACT_LENGTH)}
        for fact in message.facts[:FACTS]
    ]
    facts.append({"title": "Time", "value": clock.to_iso(message.occurred_us)})
    style = "good" if message.moment is Moment.RESOLVE else _STYLES[message.severity]
    title = {
        "type": "TextBlock",
        "text": _plain(f"{heading(message)}: {message.title}", TEXT_LENGTH),
        "weight": "Bolder",
        "size": "Medium",
        "wrap": True,
    }
    body: list[dict[str, Any]] = [
        {"type": "Container", "style": style, "bleed": True, "items": [title]}
    ]
    if message.summary:
        summary = _plain(message.summary, TEXT_LENGTH)
        body.append({"type": "TextBlock", "text": summary, "wrap": True})
    body.append({"type": "FactSet", "facts": facts})
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": body,
    }
    if message.links:
        card["actions"] = [
            {"type": "Action.OpenUrl", "title": link.name[:100], "url": link.url}
            for link in message.links[:ACTIONS]
        ]
    content_type = "application/vnd.microsoft.card.adaptive"
    attachment = {"contentType": content_type, "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _plain(text: str, limit: int) -> str:
    """Cards read a little Markdown; a link of it can't begin here."""
    text = text.replace("](", "] (")
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _make(values: Values, guard: Guard) -> Channel:
    return Teams(values, guard)


KIND = Kind(
    "teams",
    "Microsoft Teams",
    "A channel or chat of Microsoft Teams, through a workflow.",
    (
        Field(
            "webhook_url",
            "Webhook address",
            "From the workflow “Post to a channel when a webhook request is received”.",
            "url",
            required=True,
            is_secret=True,
        ),
    ),
    _make,
)
