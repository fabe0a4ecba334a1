"""The sidecar of a remote detector: where it is, what it is sent, and how its answer is read."""

import math
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

from verascope.detectors.sidecar import (
    DecisionSpec,
    decision_contradictions,
    decode_sidecar,
    name_contradictions,
    refuse,
)

_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # a token of RFC 9110
_OURS = frozenset(
    {"content-type", "content-length", "host", "transfer-encoding", "accept-encoding"}
)


class Secret(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A header's value that does not stand in the sidecar: from the environment or from a file."""

    env: str | None = None
    file: str | None = None
    prefix: str = ""


class RequestSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A POST of multipart/form-data. field: of the image. fields: other parts. send_filename: the
    name its sender gave it, else `image` and an extension.
    """

    field: str = "file"
    fields: dict[str, str] = {}
    headers: dict[str, str] = {}
    secret_headers: dict[str, Secret] = {}
    send_filename: bool = False


class ScaleSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which numbers the score runs through; min and max for `range` only."""

    kind: Literal["probability", "percent", "logit", "range"] = "probability"
    min: float | None = None
    max: float | None = None


class ResponseSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the answer stands in the JSON that comes back, as JSON pointers (RFC 6901).

    score_of: the class that the score is the probability of; `label`: of the class in `label`.
    labels: what the remote calls real, fake and uncertain, in any case; true and false as `true` and
    `false`. The label decides when there is one, else `decision`. label_probabilities: P(fake) that a
    label alone stands for, needed without a score.
    """

    score: str | None = None
    score_of: Literal["fake", "real", "label"] = "fake"
    scale: ScaleSpec = ScaleSpec()
    label: str | None = None
    labels: dict[Literal["real", "fake", "uncertain"], list[str]] = {}
    label_probabilities: dict[Literal["real", "fake", "uncertain"], float] = {}
    version: str | None = None


class TimeoutSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Seconds. total: everything, retries and the waits between them included."""

    connect: float = 2.0
    read: float = 10.0
    total: float = 20.0


class RetrySpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """attempts: all of them, the first included. wait, longest_wait: seconds, doubled each time,
    spread at random between half and whole.
    """

    attempts: int = 3
    wait: float = 0.2
    longest_wait: float = 5.0


class BreakerSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Left alone for `open_seconds` after so many failures in a row."""

    failures: int = 5
    open_seconds: float = 30.0


class RemoteSidecar(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file. ca_file: certificates to trust instead of the system's."""

    name: str
    version: str
    kind: Literal["remote"]
    url: str
    response: ResponseSpec
    model_type: str = "remote detection API"
    licence: str = "not stated"
    request: RequestSpec = RequestSpec()
    decision: DecisionSpec | None = None
    timeouts: TimeoutSpec = TimeoutSpec()
    retries: RetrySpec = RetrySpec()
    breaker: BreakerSpec = BreakerSpec()
    concurrency: int = 16
    max_response_bytes: int = 1_000_000
    ca_file: str | None = None
    metrics: dict[str, Any] = {}
    trained: dict[str, Any] = {}
    limits: tuple[str, ...] = ()


def read_remote_sidecar(path: Path) -> RemoteSidecar:
    """The checked sidecar. Raises DetectorBroken that names the file and each wrong field."""
    sidecar = decode_sidecar(path, RemoteSidecar)
    wrong = [
        *name_contradictions(sidecar.name, sidecar.version),
        *_address(sidecar.url),
        *_request(sidecar.request),
        *_response(sidecar.response),
        *_decision(sidecar),
        *_limits(sidecar),
    ]
    refuse(path, wrong)
    return sidecar


def headers_of(
    path: Path, request: RequestSpec, environ: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """All headers with their values. Raises DetectorBroken naming those whose secret is missing; no
    value is ever repeated.
    """
    found, wrong = dict(request.headers), []
    for name, secret in request.secret_headers.items():
        where = f"request.secret_headers.{name}"
        if secret.env is not None:
            value = environ.get(secret.env, "")
            trouble = f"{where}.env: {secret.env} is not set"
        else:
            assert secret.file is not None
            trouble = f"{where}.file: {secret.file} can't be read, or is empty"
            try:
                value = (path.parent / secret.file).read_text("utf-8").strip()
            except (OSError, UnicodeDecodeError):
                value = ""
        if not value:
            wrong.append(trouble)
        elif not _is_header_value(secret.prefix + value):
            wrong.append(f"{where}: its value has characters that no header may have")
        found[name] = secret.prefix + value
    refuse(path, wrong)
    return found


def _address(url: str) -> list[str]:
    try:
        parts = urlsplit(url)
        is_usable = parts.scheme in ("http", "https") and bool(parts.hostname)
        _ = parts.port
    except ValueError:
        is_usable, parts = False, urlsplit("")
    if not is_usable:
        return [f"url: {url[:80]!r}; http://… or https://… is accepted"]
    if parts.username is not None or parts.password is not None:
        return ["url: carries a user name; give it in request.secret_headers"]
    return []


def _request(spec: RequestSpec) -> list[str]:
    wrong = [] if spec.field else ["request.field: is empty"]
    if spec.field in spec.fields:
        wrong.append(f"request.fields: {spec.field} is the image's field")
    for name, value in spec.headers.items():
        if not _is_header_value(value):
            wrong.append(f"request.headers.{name}: has characters that no header may have")
    for name in (*spec.headers, *spec.secret_headers):
        if not _HEADER.fullmatch(name):
            wrong.append(f"request.headers: {name!r} is no header name")
        elif name.lower() in _OURS:
            wrong.append(f"request.headers.{name}: is set by Verascope itself")
    for name, secret in spec.secret_headers.items():
        if (secret.env is None) == (secret.file is None):
            wrong.append(f"request.secret_headers.{name}: one of env and file is needed")
    return wrong


def _response(spec: ResponseSpec) -> list[str]:
    wrong = []
    for name in ("score", "label", "version"):
        pointer = getattr(spec, name)
        if pointer is not None and not is_pointer(pointer):
            wrong.append(f'response.{name}: {pointer!r}; a JSON pointer such as "/result/{name}"')
    if spec.score is None and spec.label is None:
        wrong.append("response: score or label is needed")
    if spec.score_of == "label" and (spec.label is None or spec.score is None):
        wrong.append("response.score_of: label; that needs response.label and response.score")
    wrong += _scale(spec.scale)
    if spec.label is None:
        if spec.labels or spec.label_probabilities:
            wrong.append("response.labels: without response.label they mean nothing")
        return wrong
    words = [word.casefold().strip() for given in spec.labels.values() for word in given]
    if not spec.labels.get("real") or not spec.labels.get("fake"):
        wrong.append("response.labels: the words for real and for fake are needed")
    if twice := sorted({word for word in words if words.count(word) > 1}):
        wrong.append(f"response.labels: {', '.join(twice)} stand for two classes")
    if spec.score is None:
        wrong += [
            f"response.label_probabilities.{name}: needed without response.score, 0 to 1"
            for name in spec.labels
            if not 0 <= spec.label_probabilities.get(name, -1.0) <= 1
        ]
    elif spec.label_probabilities:
        wrong.append("response.label_probabilities: the score says it already")
    return wrong


def _scale(spec: ScaleSpec) -> list[str]:
    if spec.kind != "range":
        is_plain = spec.min is None and spec.max is None
        return [] if is_plain else [f"response.scale: min and max don't belong to {spec.kind}"]
    low, high = spec.min, spec.max
    if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
        return ["response.scale: range needs min and max"]
    return [] if low < high else [f"response.scale: min {low} must be below max {high}"]


def _decision(sidecar: RemoteSidecar) -> list[str]:
    if sidecar.decision is not None:
        return decision_contradictions(sidecar.decision)
    if sidecar.response.label is None:
        return ["decision: needed when no label decides: fake_at and real_at, 0 to 1"]
    return []


def _limits(sidecar: RemoteSidecar) -> list[str]:
    times, retries, breaker = sidecar.timeouts, sidecar.retries, sidecar.breaker
    checks = [
        ("timeouts.connect", times.connect, 0 < times.connect <= 60, "above 0, at most 60 seconds"),
        ("timeouts.read", times.read, 0 < times.read <= 300, "above 0, at most 300 seconds"),
        ("timeouts.total", times.total, 0 < times.total <= 600, "above 0, at most 600 seconds"),
        ("retries.attempts", retries.attempts, 1 <= retries.attempts <= 10, "1 to 10"),
        ("retries.wait", retries.wait, 0 <= retries.wait <= 60, "0 to 60 seconds"),
        (
            "retries.longest_wait",
            retries.longest_wait,
            retries.wait <= retries.longest_wait <= 600,
            "retries.wait to 600 seconds",
        ),
        ("breaker.failures", breaker.failures, 1 <= breaker.failures <= 10_000, "1 to 10000"),
        (
            "breaker.open_seconds",
            breaker.open_seconds,
            0 < breaker.open_seconds <= 86_400,
            "above 0, at most 86400 seconds",
        ),
        ("concurrency", sidecar.concurrency, 1 <= sidecar.concurrency <= 256, "1 to 256"),
        (
            "max_response_bytes",
            sidecar.max_response_bytes,
            100 <= sidecar.max_response_bytes <= 100_000_000,
            "100 to 100000000",
        ),
    ]
    return [
        f"{name}: {value}; {accepted}" for name, value, is_good, accepted in checks if not is_good
    ]


def is_pointer(text: str) -> bool:
    """Whether it is a JSON pointer: empty, or parts that each begin with `/`, `~` only as ~0 or ~1."""
    return (text == "" or text.startswith("/")) and re.search(r"~(?![01])", text) is None


def _is_header_value(text: str) -> bool:
    return text.isprintable() and all(ord(character) < 256 for character in text)
