"""Every kind of channel, and the check of what somebody wrote into one."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from verascope.errors import FieldError, Invalid, shown
from verascope.notifications import email, pagerduty, slack, sns, teams, webhook
from verascope.notifications.channel import Field, Kind

KINDS: Mapping[str, Kind] = {
    one.KIND.name: one.KIND for one in (email, slack, teams, pagerduty, webhook, sns)
}
TEXT_LENGTH = 2_000
LIST_LENGTH = 100
SECRET_SHOWN = "(secret)"  # noqa: S105  (what is said instead of one)


def kind_named(name: object) -> Kind:
    """Raises Invalid."""
    if isinstance(name, str) and name in KINDS:
        return KINDS[name]
    raise Invalid.of("kind", name, f"one of {', '.join(KINDS)}")


def complete(kind: Kind, given: Mapping[str, Any]) -> dict[str, Any]:
    """`given` with defaults, each value checked. Secrets are the secrets themselves here.

    Raises Invalid with every field that is wrong; a secret is never repeated.
    """
    known = {field.name: field for field in kind.fields}
    problems = [
        FieldError(f"settings.{name}", shown(given[name]), f"known here: {', '.join(known)}")
        for name in given
        if name not in known
    ]
    values: dict[str, Any] = {}
    for field in kind.fields:
        value = given.get(field.name)
        if value is None or (value in ("", []) and field.required):
            if field.required:
                problems.append(_wrong(field, "nothing", "this field is required"))
            values[field.name] = field.default
            continue
        accepted = _objection(field, value)
        if accepted is not None:
            problems.append(_wrong(field, shown(value), accepted))
        values[field.name] = value
    if not problems:
        problems = [
            _wrong(known[name], shown(values[name]), accepted)
            for name, accepted in kind.check(values)
        ]
    if problems:
        raise Invalid(*problems)
    return values


def _wrong(field: Field, value: str, accepted: str) -> FieldError:
    told = SECRET_SHOWN if field.is_secret and value != "nothing" else value
    return FieldError(f"settings.{field.name}", told, accepted)


def _objection(field: Field, value: Any) -> str | None:
    """What is accepted, when `value` is not."""
    match field.kind:
        case "text" | "url":
            if not isinstance(value, str) or len(value) > TEXT_LENGTH or not value.isprintable():
                return f"text of at most {TEXT_LENGTH} characters, without line breaks"
            if field.choices and value not in field.choices:
                return f"one of {', '.join(field.choices)}"
            if field.kind == "url" and value and not _is_url(value):
                return "an address that begins with https:// and names a host"
        case "number":
            is_number = isinstance(value, int) and not isinstance(value, bool)
            if not is_number or not field.low <= value <= field.high:
                return f"a whole number from {field.low} to {field.high}"
        case "list":
            is_list = isinstance(value, list) and all(isinstance(one, str) for one in value)
            if not is_list or len(value) > LIST_LENGTH:
                return f"a list of at most {LIST_LENGTH} texts"
        case "boolean":
            if not isinstance(value, bool):
                return "true or false"
    return None


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        is_whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return is_whole and "@" not in parts.netloc and not any(one.isspace() for one in text)
