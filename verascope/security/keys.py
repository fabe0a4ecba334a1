"""API keys: made once, shown once, kept as a hash, recognised on every request.

A key is `vs_` and 40 URL-safe characters: 240 random bits, so a plain SHA-256 protects it (there is
nothing to guess, hence no slow password hash). Keys made or revoked by another process count within
`REFRESH_SECONDS`.
"""

import hashlib
import secrets
import threading
import time
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from verascope.errors import Invalid, NotFound
from verascope.store.database import Database
from verascope.store.tables import DEFAULT_TENANT, api_keys

MARK = "vs_"
KEY_LENGTH = len(MARK) + 40
PREFIX_LENGTH = len(MARK) + 7
REFRESH_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it may be shown: without its secret. revoked_us is None while it is valid.

    names_clients: whether its holder may send events of other clients than `client`.
    """

    tenant_id: int
    client: str
    prefix: str
    created_us: int
    revoked_us: int | None = None
    names_clients: bool = False


def create(
    database: Database,
    client: str,
    now_us: int,
    tenant_id: int = DEFAULT_TENANT,
    *,
    names_clients: bool = False,
) -> str:
    """A new key for `client` (a name that `ingest.pipeline.name_of` accepts), given once and never
    again.
    """
    secret = MARK + secrets.token_urlsafe(30)
    with database.writing() as connection:
        connection.execute(
            api_keys.insert().values(
                tenant_id=tenant_id,
                client=client,
                prefix=secret[:PREFIX_LENGTH],
                key_hash=_hash(secret),
                names_clients=int(names_clients),
                created_at=now_us,
            )
        )
    return secret


def listed(database: Database, tenant_id: int = DEFAULT_TENANT) -> list[ApiKey]:
    """Every key of the tenant, revoked ones too, oldest first."""
    with database.reading() as connection:
        rows = connection.execute(
            select(api_keys).where(api_keys.c.tenant_id == tenant_id).order_by(api_keys.c.id)
        )
        return [
            ApiKey(
                row.tenant_id,
                row.client,
                row.prefix,
                row.created_at,
                row.revoked_at,
                bool(row.names_clients),
            )
            for row in rows
        ]


def revoke(database: Database, prefix: str, now_us: int, tenant_id: int = DEFAULT_TENANT) -> ApiKey:
    """Revoke the one valid key whose shown prefix starts with `prefix`; what was revoked.

    Raises NotFound when no valid key starts so, Invalid when several do.
    """
    fitting = [
        key
        for key in listed(database, tenant_id)
        if key.revoked_us is None and prefix and key.prefix.startswith(prefix[:PREFIX_LENGTH])
    ]
    if not fitting:
        raise NotFound(f"No valid key starts with {prefix!r}; `verascope key list` shows them.")
    if len(fitting) > 1:
        names = ", ".join(key.prefix for key in fitting)
        raise Invalid.of("prefix", prefix, f"more of the key, to tell {names} apart")
    with database.writing() as connection:
        changed = connection.execute(
            api_keys.update()
            .where(
                api_keys.c.tenant_id == tenant_id,
                api_keys.c.prefix == fitting[0].prefix,
                api_keys.c.revoked_at.is_(None),
            )
            .values(revoked_at=now_us)
        )
    if not changed.rowcount:
        raise NotFound(f"The key {fitting[0].prefix}… was revoked by somebody else just now.")
    return fitting[0]


class KeyRing:
    """The valid keys in memory. `verify` blocks for a read at most every `REFRESH_SECONDS`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._valid: dict[str, ApiKey] = {}
        self._version: tuple[object, ...] = ()
        self._read_at = -REFRESH_SECONDS

    def verify(self, secret: str) -> ApiKey | None:
        """The key that `secret` is, None when it is unknown or revoked."""
        if len(secret) != KEY_LENGTH or not secret.startswith(MARK):
            return None
        if self.is_stale:
            self._refresh()
        return self._valid.get(_hash(secret))

    @property
    def is_stale(self) -> bool:
        """Whether the next `verify` reads the database."""
        return time.monotonic() - self._read_at >= REFRESH_SECONDS

    def __len__(self) -> int:
        """How many keys are valid now."""
        self._refresh()
        return len(self._valid)

    def _refresh(self) -> None:
        with self._lock:
            started = time.monotonic()
            with self._database.reading() as connection:
                version = _version(connection)
                if version != self._version:
                    self._valid = _valid(connection)
                    self._version = version
            self._read_at = started


def _version(connection: Connection) -> tuple[object, ...]:
    """Changes whenever a key is made or revoked; keys are never deleted."""
    row = connection.execute(
        select(func.max(api_keys.c.id), func.count(api_keys.c.revoked_at))
    ).one()
    return tuple(row)


def _valid(connection: Connection) -> dict[str, ApiKey]:
    rows = connection.execute(select(api_keys).where(api_keys.c.revoked_at.is_(None)))
    return {
        row.key_hash: ApiKey(
            row.tenant_id,
            row.client,
            row.prefix,
            row.created_at,
            names_clients=bool(row.names_clients),
        )
        for row in rows
    }


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
