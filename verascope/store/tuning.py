"""Settings that are changed while the server runs: default < stored < file < environment."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Connection, select

from verascope import config
from verascope.config import ABOUT, Settings
from verascope.errors import Fixed, NotFound, VerascopeError, shown
from verascope.store.database import Database
from verascope.store.tables import settings as table


@dataclass(frozen=True, slots=True)
class Stored:
    """A value that was set here, by whom and when."""

    value: object
    updated_us: int
    updated_by: str


class Tuning:
    """The settings in force. Reading is free of locks and safe from any thread.

    `store` and `forget` are jobs for the writer; `reload` makes what they wrote count.
    """

    def __init__(self, database: Database, settings: Settings, tenant_id: int) -> None:
        self._database = database
        self._started = settings
        self._tenant_id = tenant_id
        self._lock = threading.Lock()
        self.settings = settings
        self.stored: dict[str, Stored] = {}
        self.reload()

    def reload(self) -> None:
        """Read what is stored and apply it where neither the file nor the environment says otherwise."""
        with self._lock:
            with self._database.reading() as connection:
                rows = connection.execute(
                    select(table).where(table.c.tenant_id == self._tenant_id).order_by(table.c.name)
                ).all()
            settings = self._started
            stored = {}
            for row in rows:
                if not is_live(row.name) or row.name in self._started.origins:
                    continue
                value = json.loads(row.value)
                try:
                    settings = config.changed(settings, row.name, value)
                except VerascopeError:
                    # Stored under other limits, by another version: the default is the safe answer.
                    continue
                stored[row.name] = Stored(value, row.updated_at, row.updated_by)
            self.settings, self.stored = settings, stored

    def store(
        self, name: str, value: object, updated_by: str, now_us: int
    ) -> Callable[[Connection], None]:
        """The write of one value. Raises NotFound, Fixed, and Invalid for a value outside its limits."""
        self._check(name)
        settled = config.value_of(config.changed(self._started, name, value), name)
        text = json.dumps(str(settled) if isinstance(settled, Decimal) else settled)

        def job(connection: Connection) -> None:
            self._forget(connection, name)
            connection.execute(
                table.insert().values(
                    tenant_id=self._tenant_id, name=name, value=text, updated_at=now_us, updated_by=updated_by
                )
            )  # fmt: skip

        return job

    def forget(self, name: str) -> Callable[[Connection], None]:
        """The write that returns a setting to its default. Raises NotFound and Fixed."""
        self._check(name)
        return lambda connection: self._forget(connection, name)

    def _forget(self, connection: Connection, name: str) -> None:
        connection.execute(
            table.delete().where(table.c.tenant_id == self._tenant_id, table.c.name == name)
        )

    def _check(self, name: str) -> None:
        if name not in ABOUT:
            raise NotFound(f"There is no setting {shown(name)}.")
        obstacle = why_not(self._started, name)
        if obstacle is not None:
            raise Fixed(obstacle)


def is_live(name: str) -> bool:
    """Whether a setting can be changed while the server runs."""
    return name in ABOUT and ABOUT[name].is_live


def why_not(settings: Settings, name: str) -> str | None:
    """Why a setting can't be changed here, in one sentence; None when it can."""
    if not is_live(name):
        return f"{name} takes effect when the server starts; set it in config/monitoring.json or as {config.variable(name)}."
    origin = settings.origins.get(name)
    if origin is None:
        return None
    if origin.source == "file":
        return (
            f"{name} is set in {origin.where}, which wins over what is set here; change it there."
        )
    return f"{name} is set by the environment variable {origin.where}, which wins over what is set here."
