"""Channels as they are kept: by people through the API, or by the settings file and the environment, which win at every
start.

Settings that anybody may see are stored as JSON; each secret is sealed by itself, or a reference to where it is kept.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, insert, select, update

from verascope.config import Settings
from verascope.errors import FieldError, Fixed, Invalid, NotFound
from verascope.notifications import outbox
from verascope.notifications.channel import Blame, Channel, Kind, Trouble
from verascope.notifications.guard import Guard
from verascope.notifications.kinds import KINDS, complete, kind_named
from verascope.notifications.outbox import Delivery
from verascope.security.secrets import SETTING, SecretMissing, Vault
from verascope.store.notification_tables import channels as table

CONFIGURED = ("email", "slack", "teams", "pagerduty")
"""Kinds that the settings can set up, each as the channel of its own name."""
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
RESERVED = frozenset({"kinds"})


@dataclass(frozen=True, slots=True)
class Stored:
    """One channel. secrets: name → as stored, see `security.secrets`. fixed_by: the file or variables that set it up.

    failures: attempts in a row that met an outage; until paused_until_us it is left alone.
    """

    tenant_id: int
    name: str
    kind: str
    settings: Mapping[str, Any]
    secrets: Mapping[str, str]
    fallback: str | None
    enabled: bool
    disabled_reason: str | None
    fixed_by: str | None
    failures: int
    paused_until_us: int | None

    def place(self, field: str) -> str:
        """What a secret of this channel is sealed for."""
        return f"{self.tenant_id}/{self.name}/{field}"


@dataclass(frozen=True, slots=True)
class View:
    """A channel as people see it: with the last that was sent through it."""

    stored: Stored
    last: Delivery | None


def viewed(connection: Connection, stored: Stored) -> View:
    last = outbox.listed(connection, stored.tenant_id, 1, channel=stored.name)
    return View(stored, last[0] if last else None)


def listed(connection: Connection, tenant_id: int) -> list[Stored]:
    """All of a tenant, by name."""
    rows = connection.execute(
        select(table).where(table.c.tenant_id == tenant_id).order_by(table.c.name)
    )
    return [_of_row(row) for row in rows]


def broken(connection: Connection) -> list[str]:
    """A sentence for each channel that an error switched off."""
    rows = connection.execute(
        select(table.c.name, table.c.disabled_reason)
        .where(table.c.enabled == 0, table.c.disabled_reason.is_not(None))
        .order_by(table.c.tenant_id, table.c.name)
    )
    return [f"The channel {row.name} is off: {row.disabled_reason}" for row in rows]


def find(connection: Connection, tenant_id: int, name: str) -> Stored | None:
    row = connection.execute(select(table).where(*_is(tenant_id, name))).first()
    return None if row is None else _of_row(row)


def get(connection: Connection, tenant_id: int, name: str) -> Stored:
    """Raises NotFound."""
    found = find(connection, tenant_id, name)
    if found is None:
        raise NotFound(f"There is no channel called {name[:80]!r}.")
    return found


def opened(stored: Stored, vault: Vault, guard: Guard) -> Channel:
    """The channel, ready to send. Raises Trouble when its settings or secrets are not usable."""
    kind = KINDS.get(stored.kind)
    if kind is None:
        raise Trouble(Blame.BROKEN, f"This version knows no channels of kind {stored.kind!r}.")
    try:
        secrets = {
            name: vault.reveal(text, stored.place(name)) for name, text in stored.secrets.items()
        }
        return kind.make(complete(kind, {**stored.settings, **secrets}), guard)
    except SecretMissing as missing:
        raise Trouble(Blame.BROKEN, missing.detail) from None
    except Invalid as invalid:
        raise Trouble(Blame.BROKEN, f"Its settings are not usable: {invalid.detail}") from None


def create(
    connection: Connection,
    vault: Vault,
    tenant_id: int,
    name: str,
    kind_name: object,
    given: Mapping[str, Any],
    fallback: str | None,
    enabled: bool,
    who: str,
    now_us: int,
) -> Stored:
    """Raises Invalid with every field that is wrong; also when the name is taken."""
    kind = kind_named(kind_name)
    if NAME.fullmatch(name) is None or name in RESERVED:
        raise Invalid.of(
            "name", name, "1 to 63 of a-z, 0-9, - and _, beginning with a letter or digit"
        )
    if find(connection, tenant_id, name) is not None:
        raise Invalid.of("name", name, "a name that no channel has yet")
    new = Stored(tenant_id, name, kind.name, {}, {}, fallback, enabled, None, None, 0, None)
    settings, secrets = _kept(kind, vault, new, given)
    _check_fallback(connection, tenant_id, name, fallback)
    connection.execute(
        insert(table).values(
            tenant_id=tenant_id,
            name=name,
            kind=kind.name,
            settings=json.dumps(settings),
            secrets=json.dumps(secrets),
            fallback=fallback,
            enabled=int(enabled),
            updated_at=now_us,
            updated_by=who,
        )
    )
    return get(connection, tenant_id, name)


def change(
    connection: Connection,
    vault: Vault,
    tenant_id: int,
    name: str,
    given: Mapping[str, Any] | None,
    fallback: str | None,
    enabled: bool,
    who: str,
    now_us: int,
) -> Stored:
    """Replace a channel's settings (None keeps them), its fallback and whether it is on. Secrets that `given` doesn't
    name stay. Switching it on forgets why it was off.

    Raises NotFound, Invalid, and Fixed for settings that the file or a variable set.
    """
    old = get(connection, tenant_id, name)
    values: dict[str, Any] = {}
    if given is not None:
        if old.fixed_by is not None:
            raise Fixed(
                f"The channel {name} is set up by {old.fixed_by}; change its settings there."
            )
        settings, secrets = _kept(kind_named(old.kind), vault, old, given)
        values = {"settings": json.dumps(settings), "secrets": json.dumps(secrets)}
    _check_fallback(connection, tenant_id, name, fallback)
    is_kept_off = not enabled and not old.enabled
    connection.execute(
        update(table)
        .where(*_is(tenant_id, name))
        .values(
            **values,
            fallback=fallback,
            enabled=int(enabled),
            disabled_reason=old.disabled_reason if is_kept_off else None,
            failures=0,
            paused_until=None,
            updated_at=now_us,
            updated_by=who,
        )
    )
    return get(connection, tenant_id, name)


def enable(connection: Connection, tenant_id: int, name: str) -> Stored:
    """Switch it on and forget what was wrong. Raises NotFound."""
    get(connection, tenant_id, name)
    connection.execute(
        update(table)
        .where(*_is(tenant_id, name))
        .values(enabled=1, disabled_reason=None, failures=0, paused_until=None)
    )
    return get(connection, tenant_id, name)


def remove(connection: Connection, tenant_id: int, name: str) -> None:
    """Raises NotFound, Fixed when the settings set it up, Invalid while it is another's fallback."""
    old = get(connection, tenant_id, name)
    if old.fixed_by is not None:
        raise Fixed(f"The channel {name} is set up by {old.fixed_by}; remove it there.")
    users = [one.name for one in listed(connection, tenant_id) if one.fallback == name]
    if users:
        raise Invalid.of("name", name, f"a channel that is not the fallback of {', '.join(users)}")
    connection.execute(delete(table).where(*_is(tenant_id, name)))


def synchronise(
    connection: Connection, settings: Settings, key: bytes, tenant_id: int, now_us: int
) -> None:
    """Make the channels that the settings set up, as they are set up now; the settings win over what was stored.

    Fallbacks stay, and so does being switched off, until the settings change. A channel whose settings are gone goes.
    """
    for kind_name in CONFIGURED:
        section = getattr(settings.alerts, kind_name)
        old = connection.execute(select(table).where(*_is(tenant_id, kind_name))).first()
        if section is None:
            if old is not None and old.fixed_by is not None:
                connection.execute(delete(table).where(*_is(tenant_id, kind_name)))
                forget = {"fallback": None}
                is_used = (table.c.tenant_id == tenant_id, table.c.fallback == kind_name)
                connection.execute(update(table).where(*is_used).values(forget))
            continue
        values = msgspec.to_builtins(section)
        fingerprint = hmac.new(key, json.dumps(values).encode(), hashlib.sha256).hexdigest()
        if old is not None and old.fixed_by is not None and old.fingerprint == fingerprint:
            continue
        kind = KINDS[kind_name]
        secret = [field.name for field in kind.fields if field.is_secret and values.get(field.name)]
        row = {
            "kind": kind_name,
            "settings": json.dumps(
                {field.name: values[field.name] for field in kind.fields if not field.is_secret}
            ),
            "secrets": json.dumps({name: f"{SETTING}alerts.{kind_name}.{name}" for name in secret}),
            "enabled": 1,
            "disabled_reason": None,
            "fixed_by": _fixed_by(settings, kind_name),
            "fingerprint": fingerprint,
            "failures": 0,
            "paused_until": None,
            "updated_at": now_us,
            "updated_by": "settings",
        }
        if old is None:
            connection.execute(insert(table).values(tenant_id=tenant_id, name=kind_name, **row))
        else:
            connection.execute(update(table).where(*_is(tenant_id, kind_name)).values(row))


def finder(settings: Settings) -> Callable[[str], str | None]:
    """What a `setting:` reference of a channel means under these settings."""
    values = {
        f"alerts.{kind}.{name}": str(value)
        for kind in CONFIGURED
        if (section := getattr(settings.alerts, kind)) is not None
        for name, value in msgspec.to_builtins(section).items()
    }
    return values.get


def _fixed_by(settings: Settings, kind: str) -> str:
    mark = f"alerts.{kind}."
    places = {one.where for name, one in settings.origins.items() if name.startswith(mark)}
    return ", ".join(sorted(places)) or "the settings"


def _kept(
    kind: Kind, vault: Vault, channel: Stored, given: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    """The settings and the secrets to store. Raises Invalid."""
    secret = {field.name for field in kind.fields if field.is_secret}
    shown = {name: value for name, value in given.items() if name not in secret}
    stored: dict[str, str] = {}
    plain: dict[str, Any] = {}
    problems: list[FieldError] = []
    for name in secret:
        value = given.get(name)
        is_unchanged = name not in given or isinstance(value, dict)
        if is_unchanged and name in channel.secrets:
            stored[name] = channel.secrets[name]
        elif isinstance(value, str) and value:
            stored[name] = _sealed(vault, f"settings.{name}", value, channel.place(name), problems)
        elif value and not isinstance(value, dict):
            plain[name] = value  # of a wrong type, which is told below
    for name, text in stored.items():
        try:
            plain[name] = vault.reveal(text, channel.place(name))
        except SecretMissing as missing:
            problems.append(FieldError(f"settings.{name}", "what is stored", missing.detail))
    if problems:
        raise Invalid(*problems)
    values = complete(kind, {**shown, **plain})
    return {name: value for name, value in values.items() if name not in secret}, stored


def _sealed(vault: Vault, field: str, text: str, place: str, problems: list[FieldError]) -> str:
    try:
        return vault.keep(field, text, place)
    except Invalid as invalid:
        problems += invalid.fields
        return vault.keep(field, "?", place)


def _check_fallback(
    connection: Connection, tenant_id: int, name: str, fallback: str | None
) -> None:
    """Raises Invalid for one that does not exist, or that leads back."""
    seen, at = [name], fallback
    while at is not None:
        if at in seen:
            raise Invalid.of("fallback", fallback, f"a channel that doesn't fall back on {name}")
        found = find(connection, tenant_id, at)
        if found is None:
            raise Invalid.of("fallback", fallback, "the name of another channel, or null")
        seen.append(at)
        at = found.fallback


def _is(tenant_id: int, name: str) -> Sequence[Any]:
    return (table.c.tenant_id == tenant_id, table.c.name == name)


def _of_row(row: Row[Any]) -> Stored:
    return Stored(
        tenant_id=row.tenant_id,
        name=row.name,
        kind=row.kind,
        settings=json.loads(row.settings),
        secrets=json.loads(row.secrets),
        fallback=row.fallback,
        enabled=bool(row.enabled),
        disabled_reason=row.disabled_reason,
        fixed_by=row.fixed_by,
        failures=row.failures,
        paused_until_us=row.paused_until,
    )
