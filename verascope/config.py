"""Settings: defaults that run on a laptop, `config/monitoring.json`, then the environment; the last one wins.

The file holds the brief's two shapes as they stand, alone or together: the flat thresholds
(`{"cpu_usage": 80, …}`) and `{"alerts": {"email": {…}}}`; beside them our own sections, named like the
fields of `Settings`. An unknown key is refused by name. Every leaf can be set from the environment:
section and key, upper case, e.g. `VERASCOPE_DETECTION_MAX_BYTES`; `…_FILE` reads the value from a file.
"""

import json
import math
import os
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, get_args, get_origin
from urllib.parse import urlsplit

import msgspec

from verascope.branding import is_colour
from verascope.errors import FieldError, Invalid, StartRefused, shown

_PACKAGE = Path(__file__).resolve().parent
_IS_CHECKOUT = (_PACKAGE.parent / "pyproject.toml").is_file()

PROJECT_ROOT = _PACKAGE.parent if _IS_CHECKOUT else Path.cwd()
"""The checkout, whatever the working directory; for an installed wheel, the folder it is started in."""
PREFIX = "VERASCOPE_"


class _Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Thresholds(_Section, frozen=True, kw_only=True):
    """The brief's default alert thresholds: percent, percent, percent, ms, percentage points."""

    cpu_usage: float = 80
    memory_usage: float = 80
    error_rate: float = 5
    response_time: float = 2000
    accuracy_drop: float = 10


class Email(_Section, frozen=True, kw_only=True):
    """The brief's SMTP settings. Absent means that nothing is mailed."""

    smtp_server: str
    smtp_port: int = 587
    sender_email: str
    sender_password: str = ""
    recipients: list[str] = []
    smtp_username: str = ""
    smtp_security: Literal["auto", "starttls", "tls", "none"] = "auto"
    smtp_ca_file: str = ""


class Slack(_Section, frozen=True, kw_only=True):
    webhook_url: str


class Teams(_Section, frozen=True, kw_only=True):
    webhook_url: str


class PagerDuty(_Section, frozen=True, kw_only=True):
    routing_key: str
    base_url: str = "https://events.pagerduty.com"


class Alerts(_Section, frozen=True, kw_only=True):
    """Channels that exist by themselves once they are configured here.

    allow_private_webhooks: whether webhooks may go to addresses of this machine and its networks.
    """

    email: Email | None = None
    slack: Slack | None = None
    teams: Teams | None = None
    pagerduty: PagerDuty | None = None
    allow_private_webhooks: bool = False


class Server(_Section, frozen=True, kw_only=True):
    """Where we listen. trusted_proxies: addresses whose forwarding headers are believed.

    public_url: how people reach this service, for links in messages; empty: http://localhost and the port.
    """

    host: str = "127.0.0.1"
    port: int = 8001
    public_url: str = ""
    allowed_hosts: list[str] = []
    trusted_proxies: list[str] = []
    drain_seconds: float = 20


class Detection(_Section, frozen=True, kw_only=True):
    """detector: `reference` or the path of a sidecar; it answers. shadows: others that see the same
    pictures without answering. Limits are in bytes and pixels.
    """

    detector: str = "reference"
    shadows: list[str] = []
    threads: int = 0
    max_bytes: int = 20_000_000
    max_pixels: int = 50_000_000
    min_side: int = 32


class Recording(_Section, frozen=True, kw_only=True):
    """synchronous: FULL survives a power cut, NORMAL a crash of the process only.

    queue_limit: predictions waiting for a commit before we answer 503.
    client_limit: clients with a rollup of their own; the others share `(other)`.
    rate_limit: events a minute that one key may send to /api/v1/predictions; 0 sets no limit.
    indexed_tags: names of tags by which predictions can be found; others are only kept.
    """

    synchronous: Literal["FULL", "NORMAL"] = "FULL"
    queue_limit: int = 20_000
    retention_days: int = 400
    client_limit: int = 10_000
    rate_limit: int = 6_000_000
    indexed_tags: list[str] = []
    columns_memory_mb: int = 96


class Pricing(_Section, frozen=True, kw_only=True):
    """default_price: US dollars per billable prediction, exact to the millionth."""

    default_price: Decimal = Decimal("0.05")
    high_confidence: float = 90.0


class Business(_Section, frozen=True, kw_only=True):
    """value_per_fake: US dollars of damage that one detected fake would have done."""

    value_per_fake: Decimal = Decimal("1000")


class ErrorPatterns(_Section, frozen=True, kw_only=True):
    """new_hours: for how long a pattern counts as new after it was first seen."""

    new_hours: int = 24


class Quality(_Section, frozen=True, kw_only=True):
    """min_labels: how many labelled predictions an accuracy needs before it is told."""

    min_labels: int = 30


class Branding(_Section, frozen=True, kw_only=True):
    """Whose dashboard it is. An empty name: the tenant's. No picture: the dashboard loads nothing from elsewhere."""

    name: str = ""
    accent: str = "#4f46c8"


class Console(_Section, frozen=True, kw_only=True):
    """What one query of the SQL console may take."""

    seconds: float = 10
    rows: int = 10_000


class Privacy(_Section, frozen=True, kw_only=True):
    """How the caller's address is kept: `full`, `truncated`, keyed hash, or not at all."""

    address: Literal["full", "truncated", "hashed", "none"] = "hashed"


class Origin(_Section, frozen=True):
    """Where a setting's value came from: `file` or `environment`, and the file's path or the variable's name."""

    source: Literal["file", "environment"]
    where: str


class Settings(_Section, frozen=True, kw_only=True):
    """Everything that can be set. `home` holds analytics/, logs/ and config/.

    origins: dotted name → Origin of each setting that has not its default. It is told, not set.
    """

    home: Path = PROJECT_ROOT
    database_url: str | None = None
    redis_url: str | None = None
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    thresholds: Thresholds = Thresholds()
    alerts: Alerts = Alerts()
    server: Server = Server()
    detection: Detection = Detection()
    recording: Recording = Recording()
    pricing: Pricing = Pricing()
    business: Business = Business()
    error_patterns: ErrorPatterns = ErrorPatterns()
    quality: Quality = Quality()
    branding: Branding = Branding()
    console: Console = Console()
    privacy: Privacy = Privacy()
    origins: dict[str, Origin] = {}

    @property
    def database_path(self) -> Path:
        return self.home / "analytics" / "analytics.db"

    @property
    def columns_path(self) -> Path:
        return self.home / "analytics" / "columns.duckdb"

    @property
    def key_path(self) -> Path:
        """The key of address hashes; kept outside the database, created 0600."""
        return self.home / "analytics" / "secret.key"

    @property
    def notify_key_path(self) -> Path:
        """The key that seals stored secrets and signs links; kept outside the database, created 0600."""
        return self.home / "analytics" / "notify.key"

    @property
    def public_url(self) -> str:
        """The base of links that people are sent, without a slash at its end."""
        return self.server.public_url.rstrip("/") or f"http://localhost:{self.server.port}"

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def models(self) -> Path:
        """The detectors that ship with the product."""
        return (_PACKAGE.parent if _IS_CHECKOUT else _PACKAGE) / "models"


_ENV_ALIASES = {
    "VERASCOPE_HOST": "VERASCOPE_SERVER_HOST",
    "VERASCOPE_PORT": "VERASCOPE_SERVER_PORT",
    "VERASCOPE_PUBLIC_URL": "VERASCOPE_SERVER_PUBLIC_URL",
}


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings in force. Raises Invalid with every field that is wrong, StartRefused for an unreadable file."""
    home = Path(environ.get("VERASCOPE_HOME") or PROJECT_ROOT).expanduser().resolve()
    path = home / "config" / "monitoring.json"
    values = _from_file(path)
    values["home"] = str(home)
    problems: list[FieldError] = []
    where = str(path.relative_to(home))
    origins = {name: Origin("file", where) for name in names() if _holds(values, name)}
    origins |= _overlay(values, environ, problems)
    problems += _check(values, Settings, "")
    if problems:
        raise Invalid(*problems)
    settings = msgspec.convert(values, Settings, strict=False, dec_hook=_path)
    problems = _limits(settings)
    if problems:
        raise Invalid(*problems)
    return msgspec.structs.replace(settings, origins=origins)


def names() -> list[str]:
    """The dotted name of every setting."""
    return [".".join(path) for path in _leaves(Settings) if path != ("home",)]


def value_of(settings: Settings, name: str) -> Any:
    """The value of the setting called `name`; None where its section is absent."""
    found: Any = settings
    for part in name.split("."):
        found = getattr(found, part, None)
    return found


def kind_of(name: str) -> Any:
    """The declared type of the setting called `name`."""
    struct: type[msgspec.Struct] = Settings
    *sections, leaf = name.split(".")
    for section in sections:
        inner = _struct(_field(struct, section).type)
        assert inner is not None
        struct = inner
    return _field(struct, leaf).type


def _field(struct: type[msgspec.Struct], name: str) -> Any:
    return next(field for field in msgspec.structs.fields(struct) if field.name == name)


def changed(settings: Settings, name: str, value: object) -> Settings:
    """`settings` with one value of an inner section replaced. Raises Invalid as `load` does."""
    section, leaf = name.split(".")
    try:
        if isinstance(value, bool):
            raise msgspec.ValidationError("Expected a number or text, got a truth value")
        # A float would bring its binary digits along: 0.1 is meant as it is written.
        plain = str(value) if isinstance(value, int | float) else value
        converted = msgspec.convert(plain, kind_of(name), strict=False)
    except msgspec.ValidationError as error:
        raise Invalid.of(name, value, str(error)) from None
    inner = msgspec.structs.replace(getattr(settings, section), **{leaf: converted})
    found = msgspec.structs.replace(settings, **{section: inner})
    problems = [problem for problem in _limits(found) if problem.field == name]
    if problems:
        raise Invalid(*problems)
    return found


def accepted(name: str) -> str | None:
    """What a setting accepts, in words; None when there is nothing to say."""
    return {one: text for one, _, _, text in _checks(Settings())}.get(name)


def variable(name: str) -> str:
    """The environment variable of the setting called `name`."""
    full = PREFIX + name.replace(".", "_").upper()
    return {long: short for short, long in _ENV_ALIASES.items()}.get(full, full)


def _holds(values: Mapping[str, Any], name: str) -> bool:
    place: Any = values
    for part in name.split("."):
        if not isinstance(place, dict) or part not in place:
            return False
        place = place[part]
    return True


def _from_file(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise StartRefused(f"{path} can't be read: {error}.") from None
    try:
        values = json.loads(text)
    except ValueError as error:
        raise StartRefused(f"{path} is not JSON: {error}.") from None
    if not isinstance(values, dict):
        raise StartRefused(f"{path} must hold one JSON object, not {shown(values)}.")
    flat = {key: values.pop(key) for key in Thresholds.__struct_fields__ if key in values}
    if flat:
        nested = values.setdefault("thresholds", {})
        twice = sorted(flat.keys() & nested.keys()) if isinstance(nested, dict) else []
        if twice:
            raise Invalid.of(
                f"thresholds.{twice[0]}", nested[twice[0]], "set it once, not also flat"
            )
        values["thresholds"] = {**nested, **flat}
    return values


def _overlay(
    values: dict[str, Any], environ: Mapping[str, str], problems: list[FieldError]
) -> dict[str, Origin]:
    origins = {}
    known = {PREFIX + "_".join(path).upper(): path for path in _leaves(Settings)}
    for name, value in sorted(environ.items()):
        if not name.startswith(PREFIX) or name == "VERASCOPE_HOME":
            continue
        raw, key = value, _ENV_ALIASES.get(name, name)
        if key not in known and key.endswith("_FILE"):
            key = _ENV_ALIASES.get(key.removesuffix("_FILE"), key.removesuffix("_FILE"))
            if key in known:
                try:
                    raw = Path(raw).read_text("utf-8").strip()
                except OSError as error:
                    problems.append(
                        FieldError(name, shown(raw), f"a readable file ({error.strerror})")
                    )
                    continue
        if key not in known:
            # Its value may be a secret under a mistyped name.
            problems.append(FieldError(name, "this variable", f"known: {', '.join(sorted(known))}"))
            continue
        *sections, leaf = known[key]
        place = values
        for section in sections:
            place = place.setdefault(section, {})
        listy = leaf in _LISTS
        place[leaf] = [part.strip() for part in raw.split(",") if part.strip()] if listy else raw
        origins[".".join(known[key])] = Origin("environment", name)
    return origins


_LISTS = frozenset({"recipients", "allowed_hosts", "trusted_proxies", "indexed_tags", "shadows"})
"""Leaves that are lists; in a variable their values are separated by commas."""


_SECRETS = frozenset({"sender_password", "webhook_url", "routing_key"})
"""Leaves whose values are never repeated, not even when they are wrong."""


def _struct(kind: Any) -> type[msgspec.Struct] | None:
    options = get_args(kind) if get_origin(kind) is not None else (kind,)
    for option in (kind, *options):
        if isinstance(option, type) and issubclass(option, msgspec.Struct):
            return option
    return None


def _leaves(struct: type[msgspec.Struct]) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for field in msgspec.structs.fields(struct):
        if field.name == "origins":
            continue
        inner = _struct(field.type)
        if inner is not None:
            found += [(field.name, *rest) for rest in _leaves(inner)]
        else:
            found.append((field.name,))
    return found


def _path(kind: type, value: Any) -> Any:
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise NotImplementedError(f"settings hold no {kind}")


def _check(values: Any, struct: type[msgspec.Struct], prefix: str) -> list[FieldError]:
    """Every unknown key and every wrong value under `prefix`, not only the first."""
    if not isinstance(values, dict):
        return [FieldError(prefix.rstrip("."), shown(values), "an object")]
    fields = {field.name: field for field in msgspec.structs.fields(struct)}
    fields.pop("origins", None)
    problems = []
    for key, value in values.items():
        if key not in fields:
            accepted = f"known keys here are {', '.join(sorted(fields))}"
            problems.append(FieldError(f"{prefix}{key}", shown(value), accepted))
            continue
        inner = _struct(fields[key].type)
        if inner is not None and value is not None:
            problems += _check(value, inner, f"{prefix}{key}.")
            continue
        try:
            msgspec.convert(value, fields[key].type, strict=False, dec_hook=_path)
        except msgspec.ValidationError as error:
            seen = "(secret)" if key in _SECRETS else shown(value)
            problems.append(FieldError(f"{prefix}{key}", seen, str(error)))
    for name, field in fields.items():
        if field.required and name not in values:
            problems.append(FieldError(f"{prefix}{name}", "nothing", "this key is required here"))
    return problems


def _is_amount(money: Decimal) -> bool:
    """An amount in US dollars, exact to the millionth. The bounds come first: a huge exponent can't be quantized."""
    in_bounds = money.is_finite() and 0 <= money <= 1_000_000
    return in_bounds and money == money.quantize(Decimal("0.000001"))


def _is_url(text: str) -> bool:
    """An address of the web: http or https, a host, and nothing secret in it."""
    try:
        parts = urlsplit(text)
        return (
            parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
        )
    except ValueError:
        return False


def _limits(settings: Settings) -> list[FieldError]:
    return [
        FieldError(name, shown(value), accepted)
        for name, value, ok, accepted in _checks(settings)
        if not ok
    ]


def _checks(settings: Settings) -> list[tuple[str, Any, bool, str]]:
    """(name, value, whether it is within its limits, the limits in words)"""
    price = settings.pricing.default_price
    value = settings.business.value_per_fake
    t = settings.thresholds
    checks: list[tuple[str, Any, bool, str]] = [
        ("server.port", settings.server.port, 1 <= settings.server.port <= 65535, "1 to 65535"),
        (
            "detection.threads",
            settings.detection.threads,
            0 <= settings.detection.threads <= 256,
            "0 to 256",
        ),
        (
            "detection.max_bytes",
            settings.detection.max_bytes,
            settings.detection.max_bytes > 0,
            "above 0",
        ),
        (
            "detection.max_pixels",
            settings.detection.max_pixels,
            settings.detection.max_pixels > 0,
            "above 0",
        ),
        (
            "detection.min_side",
            settings.detection.min_side,
            settings.detection.min_side > 0,
            "above 0",
        ),
        (
            "recording.queue_limit",
            settings.recording.queue_limit,
            settings.recording.queue_limit > 0,
            "above 0",
        ),
        (
            "recording.client_limit",
            settings.recording.client_limit,
            settings.recording.client_limit > 0,
            "above 0",
        ),
        (
            "recording.rate_limit",
            settings.recording.rate_limit,
            0 <= settings.recording.rate_limit <= 10**9,
            "0 to 1000000000",
        ),
        (
            "recording.retention_days",
            settings.recording.retention_days,
            1 <= settings.recording.retention_days <= 36_500,
            "1 to 36500",
        ),
        (
            "recording.columns_memory_mb",
            settings.recording.columns_memory_mb,
            settings.recording.columns_memory_mb >= 32,
            "32 or more",
        ),
        (
            "pricing.default_price",
            price,
            _is_amount(price),
            "0 to 1000000 USD, at most 6 decimals",
        ),
        (
            "error_patterns.new_hours",
            settings.error_patterns.new_hours,
            1 <= settings.error_patterns.new_hours <= 8760,
            "1 to 8760",
        ),
        (
            "quality.min_labels",
            settings.quality.min_labels,
            1 <= settings.quality.min_labels <= 1_000_000,
            "1 to 1000000",
        ),
        (
            "branding.name",
            settings.branding.name,
            len(settings.branding.name) <= 60 and settings.branding.name.isprintable(),
            "at most 60 printable characters",
        ),
        (
            "branding.accent",
            settings.branding.accent,
            is_colour(settings.branding.accent),
            "a colour such as #4f46c8",
        ),
        (
            "business.value_per_fake",
            value,
            _is_amount(value),
            "0 to 1000000 USD, at most 6 decimals",
        ),
        (
            "console.seconds",
            settings.console.seconds,
            0 < settings.console.seconds <= 600,
            "above 0, at most 600 seconds",
        ),
        (
            "console.rows",
            settings.console.rows,
            1 <= settings.console.rows <= 100_000,
            "1 to 100000",
        ),
        (
            "pricing.high_confidence",
            settings.pricing.high_confidence,
            50 <= settings.pricing.high_confidence <= 100,
            "50 to 100 percent",
        ),
    ]
    alerts = settings.alerts
    web_address = "an address that begins with http:// or https://"
    public_url = settings.server.public_url
    checks.append(
        ("server.public_url", public_url, not public_url or _is_url(public_url), web_address)
    )
    if alerts.email is not None:
        port = alerts.email.smtp_port
        checks.append(("alerts.email.smtp_port", port, 1 <= port <= 65535, "1 to 65535"))
    if alerts.pagerduty is not None:
        base = alerts.pagerduty.base_url
        checks.append(("alerts.pagerduty.base_url", base, _is_url(base), web_address))
    for name, chat in (("slack", alerts.slack), ("teams", alerts.teams)):
        if chat is not None:
            # The address itself is the secret.
            is_right = _is_url(chat.webhook_url)
            checks.append((f"alerts.{name}.webhook_url", "(secret)", is_right, web_address))
    checks += [
        (f"thresholds.{name}", getattr(t, name), 0 <= getattr(t, name) < math.inf, "0 or more")
        for name in t.__struct_fields__
    ]
    return checks


class About(_Section, frozen=True):
    """What people are told of a setting. is_live: it can be changed while the server runs."""

    description: str
    unit: str | None = None
    is_live: bool = False
    is_secret: bool = False


SECTIONS = {
    "": "This service",
    "server": "Server",
    "detection": "Detection",
    "recording": "Recording",
    "pricing": "Prices",
    "business": "Business value",
    "thresholds": "Alert thresholds",
    "alerts": "Alerts",
    "error_patterns": "Error patterns",
    "quality": "Quality",
    "branding": "Branding",
    "console": "SQL console",
    "privacy": "Privacy",
}
"""Section → label, in the order in which they are shown."""

ABOUT = {
    "database_url": About("Address of another database than the file of this service.", is_secret=True),
    "redis_url": About("Reserved for running several instances.", is_secret=True),
    "log_level": About("How much the log says."),
    "server.host": About("Address to listen on."),
    "server.port": About("Port to listen on."),
    "server.public_url": About("How people reach this service, for links in messages."),
    "server.allowed_hosts": About("Host names this service is called by, besides localhost."),
    "server.trusted_proxies": About("Addresses or networks whose forwarding headers are believed."),
    "server.drain_seconds": About("How long stopping may take.", "seconds"),
    "detection.detector": About("Name of a detector, or the path of its sidecar file."),
    "detection.threads": About("Images analysed at the same time; 0: as many as there are cores.", "images"),
    "detection.shadows": About("Detectors that see the same images and only take notes."),
    "detection.max_bytes": About("Largest accepted file.", "bytes"),
    "detection.max_pixels": About("Largest accepted picture, judged before it is decoded.", "pixels"),
    "detection.min_side": About("Shortest accepted side.", "pixels"),
    "recording.synchronous": About("FULL survives a power cut, NORMAL a crash of the process only."),
    "recording.queue_limit": About("Predictions that may wait for a commit before callers hear 503.", "predictions"),
    "recording.retention_days": About("How long predictions are kept.", "days", is_live=True),
    "recording.client_limit": About("Clients with a summary of their own; the others share (other).", "clients"),
    "recording.rate_limit": About("Events one key may send; 0 sets no limit.", "events per minute"),
    "recording.indexed_tags": About("Tags by which predictions can be found."),
    "recording.columns_memory_mb": About("Memory for filtered questions.", "MB"),
    "pricing.default_price": About("Price of one billable prediction, from now on; what is recorded keeps its price.", "USD", is_live=True),
    "pricing.high_confidence": About("Fakes above this confidence count as high-confidence; a change rebuilds the summaries.", "percent"),
    "business.value_per_fake": About("Damage that one detected fake would have done.", "USD", is_live=True),
    "thresholds.cpu_usage": About("Alert above this use of the processors.", "percent", is_live=True),
    "thresholds.memory_usage": About("Alert above this use of memory.", "percent", is_live=True),
    "thresholds.error_rate": About("Alert above this share of failed predictions.", "percent", is_live=True),
    "thresholds.response_time": About("Alert above this response time.", "ms", is_live=True),
    "thresholds.accuracy_drop": About("Alert when accuracy lies this far below the model's benchmark.", "points", is_live=True),
    "alerts.email.smtp_server": About("Mail server."),
    "alerts.email.smtp_port": About("Its port."),
    "alerts.email.sender_email": About("Address that mails come from."),
    "alerts.email.sender_password": About("Password at the mail server.", is_secret=True),
    "alerts.email.recipients": About("Addresses that are mailed."),
    "alerts.email.smtp_username": About("Name at the mail server; empty: the sender's address."),
    "alerts.email.smtp_security": About("auto: TLS on port 465, else STARTTLS when the server offers it; a password is never sent without."),
    "alerts.email.smtp_ca_file": About("Certificates to trust besides those of the system, for a mail server of one's own."),
    "alerts.slack.webhook_url": About("Incoming webhook of a Slack channel.", is_secret=True),
    "alerts.teams.webhook_url": About("Webhook of a Microsoft Teams workflow.", is_secret=True),
    "alerts.pagerduty.routing_key": About("Integration key of a PagerDuty service (Events API v2).", is_secret=True),
    "alerts.pagerduty.base_url": About("Where PagerDuty takes events; https://events.eu.pagerduty.com in its European region."),
    "alerts.allow_private_webhooks": About("Whether webhooks may go to this machine and its private networks, and without https."),
    "quality.min_labels": About("An accuracy of fewer labelled predictions is not told.", "labels"),
    "error_patterns.new_hours": About("How long an error pattern counts as new after it was first seen.", "hours", is_live=True),
    "branding.name": About("Name over the dashboard; empty: the tenant's.", is_live=True),
    "branding.accent": About("Accent colour; texts in it are fitted to both themes.", is_live=True),
    "console.seconds": About("How long a query may take.", "seconds"),
    "console.rows": About("How many rows a query may give.", "rows"),
    "privacy.address": About("How the caller's address is kept."),
}  # fmt: skip
"""Every setting in words; a test compares it with the fields above."""
