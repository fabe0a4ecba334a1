"""`/api/v1/channels` and `/api/v1/deliveries`: how people are told, trying it, and what was sent.

Secrets go in and never come out: an answer only says whether one is set and where it is kept.
"""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, Literal

import uuid_utils
from anyio.to_thread import run_sync
from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from verascope import clock
from verascope.api.answer import answer_json
from verascope.api.deps import Owner, RuntimeDep
from verascope.api.errors import documented
from verascope.api.params import whole_number
from verascope.errors import Invalid, NotFound
from verascope.notifications import channels as kept
from verascope.notifications import outbox
from verascope.notifications.channels import View
from verascope.notifications.kinds import KINDS
from verascope.notifications.message import Fact, Link, Message, Moment
from verascope.notifications.outbox import Delivery, State
from verascope.records import Severity
from verascope.runtime import Runtime
from verascope.security import secrets

router = APIRouter(prefix="/api/v1", tags=["Notifications"])

KindName = Literal["email", "slack", "teams", "pagerduty", "webhook", "sns"]


class ChannelField(BaseModel):
    """One setting of a kind, as a form shows it."""

    model_config = ConfigDict(strict=True, extra="forbid")

    name: str
    label: str
    help: str
    is_secret: bool = Field(description="Takes the secret itself, `env:NAME` or `file:/path`.")
    required: bool
    default: Any
    kind: Literal["text", "url", "number", "list", "boolean"]
    choices: list[str] | None = Field(description="All that is accepted, when it is a choice.")


class ChannelKind(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    kind: KindName
    label: str
    help: str
    fields: list[ChannelField]


class ChannelKinds(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    kinds: list[ChannelKind]


class DeliveryRecord(BaseModel):
    """One message on its way through one channel."""

    model_config = ConfigDict(strict=True, extra="forbid")

    id: str
    channel: str
    kind: str | None = Field(description="null when the channel is gone.")
    title: str
    moment: Literal["trigger", "acknowledge", "resolve", "test"]
    severity: Literal["critical", "warning", "info"]
    dedup_key: str
    state: Literal["waiting", "sending", "delivered", "failed", "given_up"]
    attempts: int
    created_at: str
    next_attempt_at: str | None
    delivered_at: str | None
    answer: str | None = Field(description="What the receiver said.")
    error: str | None = Field(description="What went wrong at the last attempt.")
    fallback_of: str | None = Field(description="The delivery it stands in for.")


class DeliveryPage(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    items: list[DeliveryRecord] = Field(description="Newest first.")
    next_cursor: str | None


class ChannelRecord(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    name: str
    kind: KindName
    settings: dict[str, Any] = Field(
        description='Secrets as `{"is_set": true, "from": "database"}` (or `environment`, `file`).'
    )
    fallback: str | None = Field(
        description="The channel that stands in when this one fails for good."
    )
    enabled: bool
    disabled_reason: str | None
    fixed_by: str | None = Field(description="The file or variables that set it up.")
    paused_until: str | None = Field(description="Its receiver is down; the next attempt is then.")
    last_delivery: DeliveryRecord | None


class ChannelPage(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    items: list[ChannelRecord]
    next_cursor: str | None


class NewChannel(BaseModel):
    """A channel to be made. `GET /channels/kinds` says which settings a kind has."""

    model_config = ConfigDict(strict=True, extra="forbid")

    name: str
    kind: str
    settings: dict[str, Any]
    fallback: str | None = None
    enabled: bool = True


class ChannelChange(BaseModel):
    """What replaces a channel's settings. A secret that is left out, or given back as it was answered, stays."""

    model_config = ConfigDict(strict=True, extra="forbid")

    settings: dict[str, Any] | None = Field(None, description="Left out: they stay.")
    fallback: str | None = None
    enabled: bool = True


@router.get(
    "/channels/kinds",
    summary="Kinds of channels and their settings",
    response_model=ChannelKinds,
    responses=documented(401, 403, 421),
)
async def kinds(principal: Owner) -> Response:
    return answer_json(
        {
            "kinds": [
                {
                    "kind": kind.name,
                    "label": kind.label,
                    "help": kind.help,
                    "fields": [
                        {
                            "name": field.name,
                            "label": field.label,
                            "help": field.help,
                            "is_secret": field.is_secret,
                            "required": field.required,
                            "default": field.default,
                            "kind": field.kind,
                            "choices": list(field.choices) or None,
                        }
                        for field in kind.fields
                    ],
                }
                for kind in KINDS.values()
            ]
        }
    )


@router.get(
    "/channels",
    summary="Channels by name",
    response_model=ChannelPage,
    responses=documented(401, 403, 421),
)
async def channels(runtime: RuntimeDep, principal: Owner) -> Response:
    def read() -> list[dict[str, Any]]:
        with runtime.database.reading() as connection:
            found = kept.listed(connection, principal.tenant_id)
            return [_record(kept.viewed(connection, one)) for one in found]

    return answer_json({"items": await run_sync(read), "next_cursor": None})


@router.post(
    "/channels",
    summary="Add a channel",
    status_code=201,
    response_model=ChannelRecord,
    responses=documented(400, 401, 403, 421, 422, 503),
)
async def create(runtime: RuntimeDep, principal: Owner, new: NewChannel) -> Response:
    now_us = runtime.now()

    made = await runtime.writer.run(
        lambda connection: kept.create(
            connection, runtime.vault, principal.tenant_id, new.name, new.kind, new.settings,
            new.fallback, new.enabled, principal.name, now_us,
        )
    )  # fmt: skip
    return answer_json(_record(View(made, None)), 201)


@router.get(
    "/channels/{name}",
    summary="One channel",
    response_model=ChannelRecord,
    responses=documented(401, 403, 404, 421),
)
async def channel(runtime: RuntimeDep, principal: Owner, name: str) -> Response:
    def read() -> dict[str, Any]:
        with runtime.database.reading() as connection:
            stored = kept.get(connection, principal.tenant_id, name)
            return _record(kept.viewed(connection, stored))

    return answer_json(await run_sync(read))


@router.put(
    "/channels/{name}",
    summary="Change a channel",
    response_model=ChannelRecord,
    responses=documented(400, 401, 403, 404, 409, 421, 422, 503),
)
async def change(
    runtime: RuntimeDep, principal: Owner, name: str, wanted: ChannelChange
) -> Response:
    """Of a channel that the settings file or a variable set up, only fallback and enabled can be changed."""
    now_us = runtime.now()

    changed = await runtime.writer.run(
        lambda connection: kept.viewed(
            connection,
            kept.change(
                connection, runtime.vault, principal.tenant_id, name, wanted.settings,
                wanted.fallback, wanted.enabled, principal.name, now_us,
            ),
        )
    )  # fmt: skip
    return answer_json(_record(changed))


@router.delete(
    "/channels/{name}",
    summary="Remove a channel",
    status_code=204,
    responses=documented(401, 403, 404, 409, 421, 422, 503),
)
async def delete(runtime: RuntimeDep, principal: Owner, name: str) -> Response:
    """What still waits for it fails; what was sent stays on record."""
    await runtime.writer.run(partial(kept.remove, tenant_id=principal.tenant_id, name=name))
    return Response(status_code=204)


@router.post(
    "/channels/{name}/enable",
    summary="Switch a channel on again",
    response_model=ChannelRecord,
    responses=documented(401, 403, 404, 421, 503),
)
async def enable(runtime: RuntimeDep, principal: Owner, name: str) -> Response:
    """It forgets why it was off. What waited for it is sent."""
    enabled = await runtime.writer.run(
        lambda connection: kept.viewed(
            connection, kept.enable(connection, principal.tenant_id, name)
        )
    )
    return answer_json(_record(enabled))


@router.post(
    "/channels/{name}/test",
    summary="Send a test",
    response_model=DeliveryRecord,
    responses=documented(401, 403, 404, 421, 503),
)
async def send_test(runtime: RuntimeDep, principal: Owner, name: str) -> Response:
    """Sent at once, once, also when the channel is off; the answer is the delivery, with what the receiver said."""
    now_us = runtime.now()
    message = _test_message(runtime, name, now_us)

    stored, delivery_id = await runtime.writer.run(
        lambda connection: (
            kept.get(connection, principal.tenant_id, name),
            outbox.enqueue(
                connection,
                principal.tenant_id,
                name,
                message,
                message.dedup_key,
                now_us,
                is_direct=True,
            ),
        )
    )
    found = await run_sync(runtime.deliverer.send, principal.tenant_id, delivery_id)
    if found is None:
        raise NotFound("The test is gone.")
    return answer_json(_delivery(found, stored.kind))


@router.get(
    "/deliveries",
    summary="What was sent, newest first",
    response_model=DeliveryPage,
    responses=documented(401, 403, 421, 422),
)
async def deliveries(
    runtime: RuntimeDep,
    principal: Owner,
    channel: Annotated[str | None, Query()] = None,
    state: Annotated[State | None, Query()] = None,
    alert: Annotated[str | None, Query(description="An alert's id, or a dedup key.")] = None,
    limit: Annotated[int, *whole_number(1, 200), Query()] = 50,
    cursor: Annotated[str | None, Query(description="From the page before.")] = None,
) -> Response:
    if cursor is not None and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
        raise Invalid.of("cursor", cursor, "the next_cursor of an earlier page")

    def read() -> dict[str, Any]:
        with runtime.database.reading() as connection:
            names = {one.name: one.kind for one in kept.listed(connection, principal.tenant_id)}
            found = outbox.listed(
                connection, principal.tenant_id, limit + 1,
                before_seq=None if cursor is None else int(cursor),
                channel=channel, state=state, about=alert,
            )  # fmt: skip
        page = found[:limit]
        more = str(page[-1].seq) if len(found) > limit else None
        return {
            "items": [_delivery(one, names.get(one.channel)) for one in page],
            "next_cursor": more,
        }

    return answer_json(await run_sync(read))


def _test_message(runtime: Runtime, name: str, now_us: int) -> Message:
    return Message(
        moment=Moment.TEST,
        severity=Severity.INFO,
        title=f"Test of the channel {name}",
        summary="If you can read this, alerts of Verascope reach you here.",
        facts=(Fact("Channel", name),),
        links=(Link("Open Verascope", f"{runtime.settings.public_url}/dashboard"),),
        dedup_key=f"test {uuid_utils.uuid7()}",
        occurred_us=now_us,
        tenant="Verascope",
    )


def _record(view: View) -> dict[str, Any]:
    stored = view.stored
    kind = KINDS.get(stored.kind)
    fields = kind.fields if kind is not None else ()
    hidden: Mapping[str, Any] = {
        field.name: {
            "is_set": field.name in stored.secrets,
            "from": secrets.origin(stored.secrets[field.name])
            if field.name in stored.secrets
            else None,
        }
        for field in fields
        if field.is_secret
    }
    paused_us = stored.paused_until_us
    return {
        "name": stored.name,
        "kind": stored.kind,
        "settings": {**stored.settings, **hidden},
        "fallback": stored.fallback,
        "enabled": stored.enabled,
        "disabled_reason": stored.disabled_reason,
        "fixed_by": stored.fixed_by,
        "paused_until": clock.iso_or_none(paused_us),
        "last_delivery": _delivery(view.last, stored.kind) if view.last else None,
    }


def _delivery(one: Delivery, kind: str | None) -> dict[str, Any]:
    return {
        "id": one.id,
        "channel": one.channel,
        "kind": kind,
        "title": one.title,
        "moment": one.moment,
        "severity": one.severity,
        "dedup_key": one.dedup_key,
        "state": one.state,
        "attempts": one.attempts,
        "created_at": clock.iso_or_none(one.created_us),
        "next_attempt_at": clock.iso_or_none(one.next_attempt_us),
        "delivered_at": clock.iso_or_none(one.delivered_us),
        "answer": one.answer,
        "error": one.error,
        "fallback_of": one.fallback_of,
    }
