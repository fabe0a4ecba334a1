"""A web address that must answer as it should: status, time, JSON, text."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urljoin, urlsplit

import msgspec

from verascope.errors import shown
from verascope.monitor.probes.connect import Watch
from verascope.monitor.probes.probe import Failed, Finding, HttpSettings, JsonCondition
from verascope.monitor.probes.web import Answer, request, with_secrets

REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MISSING = object()


def check(
    url: str, settings: HttpSettings, watch: Watch, *, also: frozenset[int] = frozenset()
) -> Finding:
    """also: statuses that are fine too, and whose body says nothing. Raises Failed when nothing answers."""
    headers = with_secrets(settings.headers)
    body = None if settings.body is None else settings.body.encode()
    method, hops, spent_ms = settings.method, 0, 0.0
    while True:
        answer = request(
            method, url, headers, body, watch,
            max_bytes=settings.max_bytes, verify=settings.verify, ca_file=settings.ca_file,
        )  # fmt: skip
        spent_ms += answer.response_ms
        if answer.status not in REDIRECTS or hops >= settings.redirects:
            break
        before, url = url, _next(url, answer)
        hops += 1
        if urlsplit(before)[:2] != urlsplit(url)[:2]:
            # What was meant for one server is not shown to another.
            headers = {}
        if answer.status == 303 or (answer.status in (301, 302) and method == "POST"):
            method, body = "GET", None
    reasons = [] if answer.status in also else _objections(answer, settings)
    if settings.max_response_ms is not None and spent_ms > settings.max_response_ms:
        reasons.append(
            f"The answer took {spent_ms:.0f} ms; at most {settings.max_response_ms:g} ms are accepted."
        )
    return Finding(
        ok=not reasons,
        reason=" ".join(reasons) or None,
        response_ms=spent_ms,
        certificate_days=answer.certificate_days,
        detail={"status": answer.status, "bytes": len(answer.body), "redirects": hops},
    )


def _objections(answer: Answer, settings: HttpSettings) -> list[str]:
    found = []
    if not expects(settings.expect_status, answer.status):
        wanted = ", ".join(str(one) for one in settings.expect_status)
        found.append(f"The status is {answer.status}; {wanted} is accepted.")
    looks_inside = settings.json or settings.contains is not None or settings.lacks is not None
    if not looks_inside:
        return found
    if answer.is_cut:
        return [*found, f"The body has more than {settings.max_bytes} bytes, so it is not judged."]
    if answer.headers.get("content-encoding", "identity") != "identity":
        return [*found, "The body is compressed although that was not asked for; it is not judged."]
    text = answer.body.decode("utf-8", "replace")
    if settings.contains is not None and settings.contains not in text:
        found.append(f"The body does not contain {shown(settings.contains)}.")
    if settings.lacks is not None and settings.lacks in text:
        found.append(f"The body contains {shown(settings.lacks)}.")
    if settings.json:
        try:
            value = msgspec.json.decode(answer.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return [*found, "The body is not JSON."]
        found += [reason for one in settings.json if (reason := objection(one, value)) is not None]
    return found


def expects(accepted: Sequence[int | str], status: int) -> bool:
    """Whether a status is among `accepted`: numbers, or ranges such as `200-299`."""
    for one in accepted:
        low, _, high = str(one).partition("-")
        if int(low) <= status <= int(high or low):
            return True
    return False


def objection(condition: JsonCondition, answer: Any) -> str | None:
    """Why `answer` doesn't meet the condition; None when it does."""
    found = pointed(answer, condition.path)
    where = condition.path or "the answer"
    match condition.op:
        case "exists":
            return f"{where} is missing." if found is _MISSING else None
        case "absent":
            return None if found is _MISSING else f"{where} is there."
        case _ if found is _MISSING:
            return f"{where} is missing."
        case "equals":
            is_met = _same(found, condition.value)
        case "not_equals":
            is_met = not _same(found, condition.value)
        case "above":
            is_met = _is_number(found) and found > condition.value
        case "below":
            is_met = _is_number(found) and found < condition.value
        case "contains":
            is_met = _contains(found, condition.value)
    if is_met:
        return None
    wanted = condition.op.replace("_", " ")
    return f"{where} is {shown(found)}; {wanted} {shown(condition.value)} is accepted."


def pointed(answer: Any, pointer: str) -> Any:
    """What a JSON pointer points at; `_MISSING` when there is nothing."""
    found = answer
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(found, dict) and name in found:
            found = found[name]
        elif (
            isinstance(found, list) and name.isascii() and name.isdigit() and int(name) < len(found)
        ):
            found = found[int(name)]
        else:
            return _MISSING
    return found


def is_missing(value: Any) -> bool:
    return value is _MISSING


def _same(one: Any, other: Any) -> bool:
    # To Python True is 1; in JSON they are different things.
    return isinstance(one, bool) is isinstance(other, bool) and bool(one == other)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _contains(found: Any, value: Any) -> bool:
    if isinstance(found, str):
        return isinstance(value, str) and value in found
    if isinstance(found, list):
        return any(_same(one, value) for one in found)
    return isinstance(found, dict) and value in found


def _next(url: str, answer: Answer) -> str:
    target = urljoin(url, answer.headers.get("location", ""))
    try:
        parts = urlsplit(target)
        is_usable = parts.scheme in ("http", "https") and bool(parts.hostname)
        _ = parts.port
    except ValueError:
        is_usable = False
    if not is_usable or not answer.headers.get("location"):
        raise Failed(f"It redirects to {shown(target)}, which is no web address.")
    return target
