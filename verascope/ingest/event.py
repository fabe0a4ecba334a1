"""One event that somebody else's detector sent, judged: a fact to store, or why it can't be one.

Events carry the names of the table `predictions`. `accept_typed` is the quick way for events whose types
were right when they were decoded; `accept` looks at each field alone and names all that is wrong.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any, Literal

import msgspec
import uuid_utils
from msgspec import Meta

from verascope import clock, rules
from verascope.clock import US
from verascope.errors import FieldError, Invalid, shown
from verascope.ingest import geo
from verascope.ingest.country import CODES
from verascope.ingest.pipeline import (
    ANONYMOUS,
    MAX_NAME,
    MAX_USER_AGENT,
    UNSPECIFIED,
    Rules,
    cleaned,
    name_of,
)
from verascope.records import FULL_MPCT, ImageFacts, Outcome, Prediction, Source

AHEAD_US = 5 * 60 * US
"""Clocks differ; what lies further ahead waits at its sender until its time has come."""

SUM_TOLERANCE = 0.1 + 1e-9
"""Percentage points by which the two probabilities may miss 100: senders round."""

MAX_MESSAGE = 500
MAX_TAGS = 16
MAX_DURATION_MS = 86_400_000
LARGEST = 2**63 - 1

FORMATS = (
    "JPEG", "PNG", "GIF", "BMP", "WEBP", "AVIF", "HEIF", "TIFF", "JPEG2000", "JXL", "ICO", "PSD", "SVG", "RAW", "OTHER",
)  # fmt: skip
"""A closed set: what anybody may invent can't be counted."""

_SPELT = {"JPG": "JPEG", "TIF": "TIFF", "HEIC": "HEIF", "JP2": "JPEG2000"}

Percent = Annotated[float, Meta(ge=0, le=100)]
Milliseconds = Annotated[float, Meta(ge=0, le=MAX_DURATION_MS)]
Name = Annotated[str, Meta(max_length=4 * MAX_NAME)]
Size = Annotated[int, Meta(ge=0, le=LARGEST)]
Side = Annotated[int, Meta(ge=1, le=1_000_000)]
TagName = Annotated[str, Meta(pattern=r"^[a-z0-9_.\-]{1,40}$")]
TagValue = Annotated[str, Meta(max_length=200)]


class Code(StrEnum):
    """What is wrong with an event, as a word for programs."""

    INVALID = "invalid"
    TOO_OLD = "too_old"
    CLOCK_SKEW = "clock_skew"
    CONFLICT = "conflict"
    MALFORMED = "malformed"


class Event(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """The fields of an event; every one may be left out, or null."""

    id: Annotated[str, Meta(pattern=r"^[!-~]{1,36}$")] | None = None
    timestamp: str | None = None
    prediction: Literal["real", "fake", "uncertain"] | None = None
    confidence: Percent | None = None
    real_probability: Percent | None = None
    fake_probability: Percent | None = None
    inference_time_ms: Milliseconds | None = None
    response_time_ms: Milliseconds | None = None
    success: bool | Literal[0, 1] | None = None
    error_message: Annotated[str, Meta(max_length=MAX_MESSAGE)] | None = None
    client: Name | None = None
    use_case: Name | None = None
    model_version: Name | None = None
    country: str | None = None
    user_ip: Annotated[str, Meta(max_length=60)] | None = None
    user_agent: str | None = None
    file_hash: Annotated[str, Meta(pattern="^[0-9a-fA-F]{64}$")] | None = None
    file_size: Size | None = None
    image_format: Name | None = None
    image_width: Side | None = None
    image_height: Side | None = None
    label: Literal["real", "fake"] | None = None
    tags: dict[TagName, TagValue] | None = None


ACCEPTED: dict[str, str] = {
    "id": "1 to 36 printable ASCII characters without spaces; a UUIDv7 is best",
    "timestamp": "ISO 8601 with Z or an offset, such as 2026-01-31T09:00:00.123Z",
    "prediction": "real, fake or uncertain; nothing when success is false",
    "confidence": "a number from 0 to 100 (percent)",
    "real_probability": "a number from 0 to 100 (percent); with fake_probability 100 ± 0.1",
    "fake_probability": "a number from 0 to 100 (percent); with real_probability 100 ± 0.1",
    "inference_time_ms": f"a number from 0 to {MAX_DURATION_MS}",
    "response_time_ms": f"a number from 0 to {MAX_DURATION_MS}",
    "success": "true or false",
    "error_message": f"text of at most {MAX_MESSAGE} characters; nothing when success is true",
    "client": f"text of at most {MAX_NAME} characters, no control characters",
    "use_case": f"text of at most {MAX_NAME} characters, no control characters",
    "model_version": f"text of at most {MAX_NAME} characters, no control characters",
    "country": "an ISO 3166-1 alpha-2 code such as DE, or unknown",
    "user_ip": "an IPv4 or IPv6 address",
    "user_agent": "text",
    "file_hash": "SHA-256 in 64 hex digits",
    "file_size": f"a whole number from 0 to {LARGEST}",
    "image_format": f"one of {', '.join(FORMATS)}, in any case",
    "image_width": "a whole number from 1 to 1000000",
    "image_height": "a whole number from 1 to 1000000",
    "label": "real or fake",
    "tags": (
        f"at most {MAX_TAGS} pairs; names of 1 to 40 of a-z 0-9 _ . -, values of at most 200 characters"
    ),
}
"""Field -> what is accepted, in words."""

_TYPES: dict[str, Any] = {one.name: one.type for one in msgspec.structs.fields(Event)}


@dataclass(frozen=True, slots=True)
class Context:
    """What the judgement needs beside the event.

    now_us: the latest instant it can be (`clock.Latest`). oldest_us: the retention horizon. key_client: the
    client of the API key that was shown. may_name_clients: whether events may name another one.
    """

    tenant_id: int
    source: Source
    received_us: int
    now_us: int
    oldest_us: int
    key_client: str | None
    may_name_clients: bool
    rules: Rules


@dataclass(frozen=True, slots=True)
class Rejected:
    """Why an event is not stored. retryable: the same event may be accepted later."""

    code: Code
    errors: tuple[FieldError, ...]
    id: str | None = None

    @property
    def retryable(self) -> bool:
        return self.code is Code.CLOCK_SKEW


def accept(event: object, context: Context) -> Prediction | Rejected:
    """The judgement on one decoded JSON value, with every wrong field named."""
    if not isinstance(event, Mapping):
        wrong = FieldError("event", shown(event), "an object with the fields of a prediction")
        return Rejected(Code.MALFORMED, (wrong,))
    problems: list[FieldError] = []
    values: dict[str, Any] = {}
    for name, value in event.items():
        if name not in _TYPES:
            accepted = f"known fields: {', '.join(_TYPES)}"
            problems.append(FieldError(shown(name)[1:-1], shown(value), accepted))
            continue
        try:
            values[name] = msgspec.convert(value, _TYPES[name])
        except (msgspec.ValidationError, OverflowError):
            problems.append(FieldError(name, shown(value), ACCEPTED[name]))
    if not problems:
        return accept_typed(Event(**values), context)
    # What can be judged beside the wrong fields is judged too: one answer names everything.
    found = accept_typed(Event(**values), context)
    wrong_names = {one.field for one in problems}
    if isinstance(found, Rejected):
        problems += [
            one
            for one in found.errors
            if one.field not in wrong_names and not _follows(one.field, wrong_names)
        ]
    return Rejected(Code.INVALID, tuple(problems), values.get("id"))


def _follows(field: str, wrong: set[str]) -> bool:
    """Whether a complaint may only be there because another field was unreadable."""
    verdict = {"prediction", "confidence", "real_probability", "fake_probability"}
    outcome = {*verdict, "success", "error_message"}
    return bool((field in outcome and wrong & outcome) or (field in verdict and wrong & verdict))


def accept_typed(event: Event, context: Context) -> Prediction | Rejected:
    """The judgement on an event whose fields have the right types."""
    problems: list[FieldError] = []
    timestamp_us = _instant(event.timestamp, context, problems)
    outcome = _outcome(event, problems)
    fake_mpct, confidence_mpct = _verdict(event, outcome, problems)
    client = _client(event.client, context, problems)
    use_case = _name("use_case", event.use_case, problems)
    model_version = _name("model_version", event.model_version, problems)
    country = _country(event, problems)
    if event.image_format is not None and _format(event.image_format) not in FORMATS:
        found = shown(event.image_format)
        problems.append(FieldError("image_format", found, ACCEPTED["image_format"]))
    _check_tags(event.tags, problems)
    message = _message(event, outcome, problems)
    if problems:
        return Rejected(Code.INVALID, tuple(problems), event.id)
    if timestamp_us > context.now_us + AHEAD_US:
        wanted = f"at most {AHEAD_US // US // 60} minutes ahead of this server's clock; send it again later"
        wrong = FieldError("timestamp", shown(event.timestamp), wanted)
        return Rejected(Code.CLOCK_SKEW, (wrong,), event.id)
    if timestamp_us < context.oldest_us:
        wanted = (
            f"not before {clock.to_iso(context.oldest_us)} (recording.retention_days can be raised)"
        )
        wrong = FieldError("timestamp", shown(event.timestamp), wanted)
        return Rejected(Code.TOO_OLD, (wrong,), event.id)
    with_ = context.rules
    billable = rules.is_billable(outcome)
    return Prediction(
        tenant_id=context.tenant_id,
        id=_id(event.id),
        timestamp_us=timestamp_us,
        received_us=context.received_us,
        client=client,
        client_key=with_.clients.key_of(context.tenant_id, client),
        use_case=use_case or UNSPECIFIED,
        country=country,
        source=context.source,
        outcome=outcome,
        confidence_mpct=confidence_mpct,
        fake_probability_mpct=fake_mpct,
        inference_us=_us(event.inference_time_ms),
        response_us=_us(event.response_time_ms),
        model_version=model_version,
        image=_image(event),
        user_ip=geo.kept_address(event.user_ip, with_.keep_address, with_.address_key),
        user_agent=event.user_agent and cleaned(event.user_agent, MAX_USER_AGENT),
        error_message=message,
        error_pattern=None if message is None else rules.error_pattern(message),
        billable=billable,
        billing_rule=rules.BILLING_RULE,
        price_micros=with_.price_micros if billable else 0,
        label=event.label,
        tags=None if not event.tags else _canonical(event.tags),
    )


def _instant(text: str | None, context: Context, problems: list[FieldError]) -> int:
    if text is None:
        return context.received_us
    try:
        return clock.from_iso("timestamp", text)
    except Invalid:
        problems.append(FieldError("timestamp", shown(text), ACCEPTED["timestamp"]))
        return context.received_us


def _outcome(event: Event, problems: list[FieldError]) -> Outcome:
    success = event.error_message is None if event.success is None else bool(event.success)
    if success:
        if event.error_message is not None:
            accepted = "nothing, because success is true"
            problems.append(FieldError("error_message", shown(event.error_message), accepted))
        if event.prediction is None:
            accepted = "real, fake or uncertain; or success false with an error_message"
            problems.append(FieldError("prediction", "nothing", accepted))
            return Outcome.UNCERTAIN
        return Outcome(event.prediction)
    if event.error_message is None:
        accepted = "text that says why, because success is false"
        problems.append(FieldError("error_message", "nothing", accepted))
    problems += [
        FieldError(name, shown(value), "nothing, because success is false")
        for name in ("prediction", "confidence", "real_probability", "fake_probability")
        if (value := getattr(event, name)) is not None
    ]
    return Outcome.FAILED


def _verdict(
    event: Event, outcome: Outcome, problems: list[FieldError]
) -> tuple[int | None, int | None]:
    """(fake probability, confidence) in thousandths of a percent; unknown for failed ones."""
    if outcome is Outcome.FAILED:
        return None, None
    real, fake, confidence = event.real_probability, event.fake_probability, event.confidence
    if real is not None and fake is not None and abs(real + fake - 100) > SUM_TOLERANCE:
        accepted = f"100 ± 0.1 together with real_probability {real:g}"
        problems.append(FieldError("fake_probability", shown(fake), accepted))
    if fake is None and real is not None:
        fake = 100 - real
    if fake is None and confidence is None:
        accepted = "a number from 0 to 100 (percent), or real_probability or fake_probability"
        problems.append(FieldError("confidence", "nothing", accepted))
        return None, None
    if fake is None:
        assert confidence is not None
        if outcome is Outcome.UNCERTAIN:
            return None, round(confidence * 1000)
        fake = confidence if outcome is Outcome.FAKE else 100 - confidence
    fake_mpct = round(fake * 1000)
    if confidence is None:
        return fake_mpct, max(fake_mpct, FULL_MPCT - fake_mpct)
    return fake_mpct, round(confidence * 1000)


def _message(event: Event, outcome: Outcome, problems: list[FieldError]) -> str | None:
    if event.error_message is None or outcome is not Outcome.FAILED:
        return None
    message = cleaned(event.error_message, MAX_MESSAGE)
    if message is None:
        problems.append(
            FieldError("error_message", shown(event.error_message), "text that says why")
        )
    return message


def _check_tags(tags: Mapping[str, str] | None, problems: list[FieldError]) -> None:
    if not tags:
        return
    if len(tags) > MAX_TAGS:
        problems.append(FieldError("tags", f"{len(tags)} pairs", ACCEPTED["tags"]))
    problems += [
        FieldError(f"tags.{name}", shown(value), "text without control characters")
        for name, value in tags.items()
        if not value.isprintable()
    ]


def _client(text: str | None, context: Context, problems: list[FieldError]) -> str:
    named = _name("client", text, problems)
    if named is None:
        return context.key_client or ANONYMOUS
    if context.may_name_clients or named == context.key_client:
        return named
    accepted = (
        f"{context.key_client}, whose key was shown, or nothing; a key made with --names-clients "
        "may name others"
    )
    problems.append(FieldError("client", shown(text), accepted))
    return named


def _name(field: str, text: str | None, problems: list[FieldError]) -> str | None:
    if text is None:
        return None
    try:
        return _known_name(field, text)
    except Invalid as invalid:
        problems += invalid.fields
        return None


# The same few names come again and again; looking at each character takes longer than the rest of an event.
_known_name = lru_cache(maxsize=4096)(name_of)
_country_of = lru_cache(maxsize=4096)(geo.country_of)


def _country(event: Event, problems: list[FieldError]) -> str:
    if event.user_ip is not None and not geo.is_address(event.user_ip):
        problems.append(FieldError("user_ip", shown(event.user_ip), ACCEPTED["user_ip"]))
        return geo.UNKNOWN
    if event.country is None:
        return _country_of(event.user_ip) if event.user_ip else geo.UNKNOWN
    code = event.country.upper()
    if code in CODES:
        return code
    if event.country != geo.UNKNOWN:
        problems.append(FieldError("country", shown(event.country), ACCEPTED["country"]))
    return geo.UNKNOWN


_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-?[0-9A-Fa-f]{4}){3}-?[0-9A-Fa-f]{12}")


def _id(text: str | None) -> str:
    """UUIDs in their one form, so that however it is spelt it stays the same prediction."""
    if text is None:
        return str(uuid_utils.uuid7())
    if len(text) >= 32 and _UUID.fullmatch(text):
        return str(uuid_utils.UUID(text))
    return text


def _us(milliseconds: float | None) -> int | None:
    return None if milliseconds is None else round(milliseconds * 1000)


def _image(event: Event) -> ImageFacts | None:
    facts = ImageFacts(
        event.file_hash and event.file_hash.lower(),
        event.file_size,
        _format(event.image_format),
        event.image_width,
        event.image_height,
    )
    return None if facts == _NO_FACTS else facts


_NO_FACTS = ImageFacts()


def _format(text: str | None) -> str | None:
    if text is None:
        return None
    name = text.upper()
    return _SPELT.get(name, name)


def _canonical(tags: Mapping[str, str]) -> str:
    return msgspec.json.encode(dict(sorted(tags.items()))).decode()
