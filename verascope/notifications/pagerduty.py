"""PagerDuty, Events API v2: trigger, acknowledge and resolve, tied together by the dedup key.

https://developer.pagerduty.com/docs/events-api-v2/trigger-events/
"""

import hashlib
from typing import Any

import msgspec

from verascope import clock
from verascope.notifications.channel import (
    Blame,
    Channel,
    Field,
    Kind,
    Sent,
    Trouble,
    Values,
    judged,
    posted,
)
from verascope.notifications.guard import Guard
from verascope.notifications.message import Message, Moment

BASE_URL = "https://events.pagerduty.com"
SUMMARY_LENGTH = 1024
DEDUP_LENGTH = 255
VALUE_LENGTH = 2000
FACTS = 50

_ACTIONS = {
    Moment.TRIGGER: "trigger",
    Moment.ACKNOWLEDGE: "acknowledge",
    Moment.RESOLVE: "resolve",
}


class PagerDuty:
    def __init__(self, values: Values, guard: Guard) -> None:
        self._routing_key: str = values["routing_key"]
        self._url = f"{values['base_url'].rstrip('/')}/v2/enqueue"
        self._guard = guard

    def send(self, message: Message, delivery_id: str, remaining: tuple[str, ...]) -> Sent:
        """A test opens an incident and resolves it at once."""
        if message.moment is not Moment.TEST:
            return self._post(event(message, self._routing_key))
        key = f"verascope-test-{delivery_id}"
        sent = self._post(event(message, self._routing_key, key))
        self._post(_follow_up(self._routing_key, "resolve", key))
        return sent

    def _post(self, body: dict[str, Any]) -> Sent:
        headers = {"Content-Type": "application/json"}
        answer = posted(self._guard, self._url, msgspec.json.encode(body), headers)
        if answer.status == 400 and "routing_key" in answer.text:
            # It says so of a key that no service has; nothing will ever work with it.
            raise Trouble(Blame.BROKEN, f"PagerDuty refuses the routing key: {answer.text}")
        return judged(answer)


def event(message: Message, routing_key: str, dedup_key: str | None = None) -> dict[str, Any]:
    """One event as the API takes it. dedup_key: the message's unless said."""
    key = _fitting(dedup_key or message.dedup_key)
    action = _ACTIONS.get(message.moment, "trigger")
    if action != "trigger":
        return _follow_up(routing_key, action, key)
    details = {fact.name: fact.value[:VALUE_LENGTH] for fact in message.facts[:FACTS]}
    return {
        **_follow_up(routing_key, action, key),
        "client": "Verascope",
        "payload": {
            "summary": message.title[:SUMMARY_LENGTH],
            "source": message.tenant,
            # PagerDuty also has `error`, which we have no use for.
            "severity": message.severity.value,
            "timestamp": clock.to_iso(message.occurred_us),
            "custom_details": {"summary": message.summary[:VALUE_LENGTH], **details},
        },
        "links": [{"href": link.url, "text": link.name} for link in message.links],
    }


def _follow_up(routing_key: str, action: str, key: str) -> dict[str, Any]:
    return {"routing_key": routing_key, "event_action": action, "dedup_key": key}


def _fitting(key: str) -> str:
    """The key, or what stands for it when it is too long; always the same for the same key."""
    if len(key) <= DEDUP_LENGTH:
        return key
    return key[:150] + hashlib.sha256(key.encode()).hexdigest()


def _make(values: Values, guard: Guard) -> Channel:
    return PagerDuty(values, guard)


KIND = Kind(
    "pagerduty",
    "PagerDuty",
    "A PagerDuty service, through the Events API v2.",
    (
        Field(
            "routing_key",
            "Integration key",
            "Of an integration “Events API v2” of the service.",
            required=True,
            is_secret=True,
        ),
        Field(
            "base_url",
            "Address",
            "https://events.eu.pagerduty.com in the European region.",
            "url",
            default=BASE_URL,
        ),
    ),
    _make,
)
