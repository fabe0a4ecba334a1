"""From what somebody wrote to a probe: every field judged, every error told at once."""

import math
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from verascope.errors import FieldError, Invalid, shown
from verascope.monitor.probes.dns import RESOLV_CONF, SYSTEM, name_server
from verascope.monitor.probes.http import expects
from verascope.monitor.probes.probe import (
    OWN,
    SETTINGS,
    DnsSettings,
    HeartbeatSettings,
    HttpSettings,
    JsonCondition,
    Kind,
    KnownAnswerSettings,
    Origin,
    Probe,
    Settings,
    TcpSettings,
    TlsSettings,
    WebSettings,
)
from verascope.monitor.probes.web import is_header_value

FIELDS = (
    "name", "kind", "target", "settings", "interval_seconds", "timeout_seconds", "fail_after", "ok_after", "enabled",
)  # fmt: skip

INTERVALS = {
    Kind.HTTP: 60, Kind.TCP: 60, Kind.DNS: 60, Kind.TLS: 3600, Kind.KNOWN_ANSWER: 300, Kind.HEARTBEAT: 3600,
}  # fmt: skip
TIMEOUT_SECONDS = 10.0
FAIL_AFTER, OK_AFTER = 3, 2

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,79}")
_HOST = re.compile(r"(?!-)[A-Za-z0-9_.-]{1,253}")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_SECRET_HEADERS = frozenset(
    {"authorization", "proxy-authorization", "cookie", "x-api-key", "api-key", "x-auth-token"}
)
_PART = re.compile(r"[^\r\n\"]{1,200}")


def read(
    body: Mapping[str, Any], now_us: int, before: Probe | None = None, own_port: int | None = None
) -> Probe:
    """The probe that `body` describes. before: the one it replaces, whose name, kind and origin stay.

    own_port: where this service listens. Raises Invalid with every field that is wrong.
    """
    wrong = [
        FieldError(key, shown(value), f"known fields are {', '.join(FIELDS)}")
        for key, value in body.items()
        if key not in FIELDS
    ]
    name = _name(body, before, wrong)
    kind = _kind(body, before, wrong)
    if kind is None:
        raise Invalid(*wrong)
    interval = _number(body, "interval_seconds", INTERVALS[kind], 10, 366 * 86_400, wrong)
    longest = min(60.0, interval)
    timeout = _number(body, "timeout_seconds", min(TIMEOUT_SECONDS, longest), 0.1, longest, wrong)
    is_heartbeat = kind is Kind.HEARTBEAT
    fail_after = _number(body, "fail_after", 1 if is_heartbeat else FAIL_AFTER, 1, 100, wrong)
    ok_after = _number(body, "ok_after", 1 if is_heartbeat else OK_AFTER, 1, 100, wrong)
    for field, value in (
        ("interval_seconds", interval),
        ("fail_after", fail_after),
        ("ok_after", ok_after),
    ):
        if value != int(value):
            wrong.append(FieldError(field, shown(value), "a whole number"))
    enabled = body.get("enabled", True)
    if not isinstance(enabled, bool):
        wrong.append(FieldError("enabled", shown(enabled), "true or false"))
    settings = _settings(kind, body.get("settings", {}), wrong)
    target = _target(kind, body, settings, own_port, wrong)
    if wrong or settings is None:
        raise Invalid(*wrong)
    return Probe(
        name=name,
        kind=kind,
        target=target,
        settings=settings,
        interval_seconds=int(interval),
        timeout_seconds=float(timeout),
        fail_after=int(fail_after),
        ok_after=int(ok_after),
        enabled=enabled,
        origin=before.origin if before else Origin.USER,
        created_us=before.created_us if before else now_us,
        updated_us=now_us,
    )


def host_and_port(target: str, default: int | None = None) -> tuple[str, int]:
    """Of `host:port`, `[2001:db8::1]:443`, or `host` when there is a default. Raises ValueError."""
    parts = urlsplit(f"//{target}")
    port = parts.port or default
    if not parts.hostname or port is None or parts.path or parts.query or parts.username:
        raise ValueError(target)
    return parts.hostname, port


def _name(body: Mapping[str, Any], before: Probe | None, wrong: list[FieldError]) -> str:
    name = body.get("name", before.name if before else None)
    if before is not None and name != before.name:
        wrong.append(FieldError("name", shown(name), f"{before.name}: the name of a probe stays"))
    elif not isinstance(name, str) or not _NAME.fullmatch(name):
        accepted = "1 to 80 letters, digits, spaces and . _ -, with a letter or digit first"
        wrong.append(FieldError("name", shown(name), accepted))
    return str(name)


def _kind(body: Mapping[str, Any], before: Probe | None, wrong: list[FieldError]) -> Kind | None:
    text = body.get("kind", before.kind.value if before else None)
    kind = next((one for one in Kind if one.value == text), None)
    if kind is None:
        wrong.append(FieldError("kind", shown(text), f"one of {', '.join(Kind)}"))
    elif before is not None and kind is not before.kind:
        wrong.append(FieldError("kind", shown(text), f"{before.kind}: the kind of a probe stays"))
    return kind


def _number(
    body: Mapping[str, Any],
    field: str,
    default: float,
    low: float,
    high: float,
    wrong: list[FieldError],
) -> float:
    value = body.get(field, default)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not low <= value <= high:
        wrong.append(FieldError(field, shown(value), f"{low:g} to {high:g}"))
        return default
    return float(value)


def _settings(kind: Kind, values: Any, wrong: list[FieldError]) -> Settings | None:
    """Each field on its own, so that all that is wrong can be told."""
    struct = SETTINGS[kind]
    if not isinstance(values, dict):
        wrong.append(FieldError("settings", shown(values), "an object"))
        return None
    fields = {one.name: one.type for one in msgspec.structs.fields(struct)}
    before = len(wrong)
    good: dict[str, Any] = {}
    for key, value in values.items():
        if key not in fields:
            accepted = f"known for {kind} are {', '.join(sorted(fields))}"
            wrong.append(FieldError(f"settings.{key}", shown(value), accepted))
            continue
        try:
            good[key] = msgspec.convert(value, fields[key])
        except msgspec.ValidationError as error:
            # A header may hold a secret that somebody wrote down by mistake.
            seen = "(not repeated)" if key == "headers" else shown(value)
            wrong.append(FieldError(f"settings.{key}", seen, str(error)))
    settings = struct(**good)
    wrong += _contradictions(settings)
    return settings if len(wrong) == before else None


def _contradictions(settings: Settings) -> list[FieldError]:
    """What is of the right type and still can't be."""
    found: list[FieldError] = []

    def need(is_fine: bool, field: str, value: Any, accepted: str) -> None:
        if not is_fine:
            found.append(FieldError(f"settings.{field}", shown(value), accepted))

    limit = getattr(settings, "max_response_ms", None)
    need(limit is None or 0 < limit <= 60_000, "max_response_ms", limit, "above 0, at most 60000")
    ca_file = getattr(settings, "ca_file", None)
    need(ca_file is None or ca_file != "", "ca_file", ca_file, "the path of a file of certificates")
    if isinstance(settings, WebSettings):
        size = settings.max_bytes
        need(1 <= size <= 10_000_000, "max_bytes", size, "1 to 10000000")
        found += _headers(settings.headers)
    match settings:
        case HttpSettings():
            found += _http(settings)
        case TcpSettings():
            for name in ("send", "expect"):
                text = getattr(settings, name)
                need(text is None or 0 < len(text) <= 4096, name, text, "1 to 4096 characters")
        case DnsSettings():
            found += _dns(settings)
        case TlsSettings():
            need(0 <= settings.min_days <= 3650, "min_days", settings.min_days, "0 to 3650")
            host = settings.server_name
            need(host is None or bool(_HOST.fullmatch(host)), "server_name", host, "a host name")
        case KnownAnswerSettings():
            found += _known_answer(settings)
        case HeartbeatSettings():
            grace = settings.grace_seconds
            need(0 <= grace <= 366 * 86_400, "grace_seconds", grace, "0 to 31622400")
    return found


def _headers(headers: Mapping[str, str]) -> list[FieldError]:
    found = []
    for name, value in headers.items():
        where = f"settings.headers.{name[:100]}"
        is_reference = re.fullmatch(r"(env|file):.+", value) is not None
        if not _TOKEN.fullmatch(name):
            found.append(FieldError(where, shown(name), "a header name"))
        elif name.lower() in ("content-length", "transfer-encoding", "connection"):
            found.append(FieldError(where, "this header", "any but those that frame the request"))
        elif name.lower() in _SECRET_HEADERS and not is_reference:
            accepted = "env:NAME or file:PATH; secrets are not kept in the database"
            found.append(FieldError(where, "(secret)", accepted))
        elif not value or len(value) > 4096 or not is_header_value(value):
            found.append(
                FieldError(where, "(not repeated)", "1 to 4096 printable ASCII characters")
            )
    if len(headers) > 50:
        found.append(FieldError("settings.headers", f"{len(headers)} headers", "at most 50"))
    return found


def _http(settings: HttpSettings) -> list[FieldError]:
    found = []
    if not settings.expect_status:
        found.append(FieldError("settings.expect_status", "[]", "at least one status or range"))
    for one in settings.expect_status:
        if not _is_status(one):
            accepted = "a status from 100 to 599, or a range such as 200-299"
            found.append(FieldError("settings.expect_status", shown(one), accepted))
    for name in ("contains", "lacks"):
        text = getattr(settings, name)
        if text is not None and not 0 < len(text) <= 4096:
            found.append(FieldError(f"settings.{name}", shown(text), "1 to 4096 characters"))
    if not 0 <= settings.redirects <= 10:
        found.append(FieldError("settings.redirects", shown(settings.redirects), "0 to 10"))
    if settings.body is not None and len(settings.body) > 65_536:
        found.append(
            FieldError("settings.body", f"{len(settings.body)} characters", "at most 65536")
        )
    if settings.method == "HEAD" and (settings.json or settings.contains or settings.lacks):
        found.append(
            FieldError("settings.method", "'HEAD'", "GET: conditions on the body need one")
        )
    if len(settings.json) > 50:
        found.append(FieldError("settings.json", f"{len(settings.json)} conditions", "at most 50"))
    for place, condition in enumerate(settings.json):
        found += _condition(f"settings.json.{place}", condition)
    return found


def _condition(where: str, one: JsonCondition) -> list[FieldError]:
    found = []
    if not _is_pointer(one.path):
        found.append(FieldError(f"{where}.path", shown(one.path), "a JSON pointer such as /status"))
    is_number = isinstance(one.value, int | float) and not isinstance(one.value, bool)
    if one.op in ("above", "below") and not is_number:
        found.append(FieldError(f"{where}.value", shown(one.value), "a number"))
    return found


def _dns(settings: DnsSettings) -> list[FieldError]:
    found = []
    if settings.resolver not in (SYSTEM, RESOLV_CONF):
        try:
            name_server(settings.resolver)
        except ValueError:
            accepted = "system, resolv.conf, or the address of a name server such as 192.0.2.1:53"
            found.append(FieldError("settings.resolver", shown(settings.resolver), accepted))
    elif settings.resolver == SYSTEM and settings.record not in ("A", "AAAA"):
        accepted = "A or AAAA with the resolver system; name another resolver for the rest"
        found.append(FieldError("settings.record", shown(settings.record), accepted))
    if settings.only_expected and not settings.expect:
        found.append(FieldError("settings.expect", "[]", "at least one answer with only_expected"))
    if len(settings.expect) > 100:
        found.append(
            FieldError("settings.expect", f"{len(settings.expect)} answers", "at most 100")
        )
    return found


def _known_answer(settings: KnownAnswerSettings) -> list[FieldError]:
    found = []
    for name in ("verdict_path", "score_path"):
        path = getattr(settings, name)
        if path is not None and not _is_pointer(path):
            found.append(
                FieldError(f"settings.{name}", shown(path), "a JSON pointer such as /prediction")
            )
    if settings.verdict_path is None and settings.score_path is None:
        accepted = "a JSON pointer to the verdict or to the score"
        found.append(FieldError("settings.verdict_path", "null", accepted))
    if settings.expect_verdict is not None and settings.verdict_path is None:
        found.append(
            FieldError(
                "settings.expect_verdict", shown(settings.expect_verdict), "needs verdict_path"
            )
        )
    if settings.expect_score is not None and settings.score_path is None:
        found.append(
            FieldError("settings.expect_score", shown(settings.expect_score), "needs score_path")
        )
    for name in ("tolerance", "expect_score"):
        value = getattr(settings, name)
        if value is not None and not (math.isfinite(value) and 0 <= value <= 100):
            found.append(FieldError(f"settings.{name}", shown(value), "0 to 100"))
    texts = {"field": settings.field, **{f"fields.{k[:60]}": k for k in settings.fields}}
    for name, text in texts.items():
        if not _PART.fullmatch(text):
            accepted = "1 to 200 characters without quotes and line breaks"
            found.append(FieldError(f"settings.{name}", shown(text), accepted))
    return found


def _target(
    kind: Kind,
    body: Mapping[str, Any],
    settings: Settings | None,
    own_port: int | None,
    wrong: list[FieldError],
) -> str:
    target = body.get("target", "")
    if kind is Kind.HEARTBEAT:
        # What we show as its target may come back.
        return ""
    if not isinstance(target, str) or not 0 < len(target) <= 2000:
        wrong.append(FieldError("target", shown(target), "1 to 2000 characters"))
        return ""
    accepted = None
    match kind:
        case Kind.HTTP:
            is_fine = _is_own_path(target) or is_web_address(target)
            accepted = (
                None if is_fine else "http://… or https://… without a user name, or own:/path"
            )
        case Kind.KNOWN_ANSWER:
            is_fine = target == OWN + "detector" or is_web_address(target)
            accepted = (
                None if is_fine else "http://… or https://… without a user name, or own:detector"
            )
            if is_fine and _is_own_predict(target, own_port):
                accepted = "own:detector: what /predict is sent counts as a customer's image"
        case Kind.DNS:
            accepted = None if _HOST.fullmatch(target) else "a name such as example.com"
        case Kind.TCP | Kind.TLS:
            default = 443 if kind is Kind.TLS else None
            try:
                host_and_port(target, default)
            except ValueError:
                accepted = "host:port such as example.com:443"
    if accepted is not None:
        wrong.append(FieldError("target", shown(target), accepted))
    return target


def is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        has_place = parts.scheme in ("http", "https") and bool(parts.hostname)
        return (
            has_place
            and parts.username is None
            and parts.port != 0
            and text.isprintable()
            and " " not in text
        )
    except ValueError:
        return False


def _is_own_path(text: str) -> bool:
    return text.startswith(OWN + "/") and text.isprintable() and " " not in text


def _is_own_predict(url: str, own_port: int | None) -> bool:
    if url.startswith(OWN):
        return False
    parts = urlsplit(url)
    is_here = parts.hostname in ("localhost", "127.0.0.1", "::1") and parts.port == own_port
    return is_here and parts.path.rstrip("/") in ("/predict", "/predict/batch")


def _is_status(one: int | str) -> bool:
    parts = str(one).split("-")
    if len(parts) > 2 or not all(
        len(part) == 3 and part.isascii() and part.isdigit() for part in parts
    ):
        return False
    low, high = int(parts[0]), int(parts[-1])
    return 100 <= low <= high <= 599 and expects([one], low)


def _is_pointer(text: str) -> bool:
    return text == "" or (text.startswith("/") and len(text) <= 500)
