"""The nouns of probing: what is watched, and what one check found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

import msgspec


class Kind(StrEnum):
    """What a probe does. heartbeat: it asks nobody; somebody else has to call in time."""

    HTTP = "http"
    TCP = "tcp"
    DNS = "dns"
    TLS = "tls"
    KNOWN_ANSWER = "known_answer"
    HEARTBEAT = "heartbeat"


class Origin(StrEnum):
    DEFAULT = "default"
    USER = "user"


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What every kind can be told. connectivity: its checks count for the metric of that name."""

    connectivity: bool = False


class JsonCondition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One demand on a JSON answer. path: JSON pointer (RFC 6901); `` is the whole answer."""

    path: str
    op: Literal["equals", "not_equals", "above", "below", "contains", "exists", "absent"]
    value: Any = None


class WebSettings(Settings, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What kinds that speak HTTP share. headers: values, or `env:NAME` and `file:PATH` for secrets.

    ca_file: certificates to trust instead of the system's. max_bytes: of an answer's body.
    """

    headers: dict[str, str] = {}
    max_response_ms: float | None = None
    max_bytes: int = 1_000_000
    verify: bool = True
    ca_file: str | None = None


class HttpSettings(WebSettings, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """expect_status: statuses and ranges such as `200-299`. contains, lacks: text of the body."""

    method: Literal["GET", "HEAD", "POST", "PUT"] = "GET"
    body: str | None = None
    expect_status: tuple[int | str, ...] = ("200-299",)
    json: list[JsonCondition] = []
    contains: str | None = None
    lacks: str | None = None
    redirects: int = 0


class TcpSettings(Settings, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """send: text that is sent first. expect: text that must come back."""

    send: str | None = None
    expect: str | None = None
    max_response_ms: float | None = None


class DnsSettings(Settings, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """resolver: `system` (as programs on this machine resolve names), `resolv.conf` (the servers named
    there are asked), or the address of a name server. expect: answers that must be among those given.
    """

    record: Literal["A", "AAAA", "CNAME", "MX", "NS", "TXT", "SRV", "SOA", "CAA", "PTR"] = "A"
    resolver: str = "system"
    expect: list[str] = []
    only_expected: bool = False
    max_response_ms: float | None = None


class TlsSettings(Settings, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """min_days: the certificate must be valid for at least that long. verify: also judge its chain and name."""

    min_days: float = 14
    server_name: str | None = None
    verify: bool = True
    ca_file: str | None = None


class KnownAnswerSettings(WebSettings, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """field: of the form, that the image is sent in. verdict_path, score_path: JSON pointers into the answer.

    expect_verdict, expect_score: a stated reference; else the first answer becomes it. tolerance:
    percentage points that the score may move.
    """

    field: str = "file"
    fields: dict[str, str] = {}
    verdict_path: str | None = "/prediction"
    score_path: str | None = "/fake_probability"
    score_scale: Literal["percent", "probability"] = "percent"
    expect_verdict: str | None = None
    expect_score: float | None = None
    tolerance: float = 5


class HeartbeatSettings(Settings, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """grace_seconds: how much later than the interval a beat may come."""

    grace_seconds: int = 60


SETTINGS: Mapping[Kind, type[Settings]] = {
    Kind.HTTP: HttpSettings,
    Kind.TCP: TcpSettings,
    Kind.DNS: DnsSettings,
    Kind.TLS: TlsSettings,
    Kind.KNOWN_ANSWER: KnownAnswerSettings,
    Kind.HEARTBEAT: HeartbeatSettings,
}

OWN = "own:"
"""A target that begins so is this service itself, wherever it listens."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One thing that is watched. fail_after, ok_after: checks in a row that make it down, and up again."""

    name: str
    kind: Kind
    target: str
    settings: Settings
    interval_seconds: int
    timeout_seconds: float
    fail_after: int
    ok_after: int
    enabled: bool
    origin: Origin
    created_us: int
    updated_us: int


@dataclass(frozen=True, slots=True)
class Reference:
    """What a known-answer probe compares with. score: percent. version: of the detector that gave it."""

    verdict: str | None
    score: float | None
    version: str | None
    at_us: int


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found. reason: a sentence for people when it is not ok. response_ms: None when nothing answered.

    certificate_days: days left, below 0 when expired. shift: points the score moved. reference: to be
    remembered, None when there is nothing new. detail: what was seen, as JSON.
    """

    ok: bool
    reason: str | None = None
    response_ms: float | None = None
    certificate_days: float | None = None
    shift: float | None = None
    late_seconds: float | None = None
    reference: Reference | None = None
    detail: dict[str, Any] = field(default_factory=dict)


class Failed(Exception):
    """A check that found something wrong; its text is the reason. finding: what was seen besides."""

    def __init__(self, reason: str, **seen: Any) -> None:
        super().__init__(reason)
        self.seen = seen
