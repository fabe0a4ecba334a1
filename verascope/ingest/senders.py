"""Who sends events, and what they say they dropped before it reached us.

A sender counts what it drops since it began and reports that total with each batch, so a report that comes
twice counts once. Kept in memory between two `flush`es; what a crash loses, the sender's next batch says again.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace

from sqlalchemy import Connection, func, insert, select

from verascope.store.database import Database
from verascope.store.tables import senders as table

MOST = 10_000
"""Senders of one tenant that are told apart; sending processes come and go, their ids never return."""


@dataclass(frozen=True, slots=True)
class Sender:
    """One sending process. dropped: events it dropped since it began."""

    tenant_id: int
    sender: str
    client: str | None
    user_agent: str | None
    first_seen_us: int
    last_seen_us: int
    dropped: int


class Senders:
    """The senders since the start, and how to keep them. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._news: dict[tuple[int, str], Sender] = {}

    def note(self, seen: Sender) -> None:
        """One batch of a sender arrived."""
        place = (seen.tenant_id, seen.sender)
        with self._lock:
            known = self._news.get(place)
            if known is not None:
                dropped = max(known.dropped, seen.dropped)
                seen = replace(seen, first_seen_us=known.first_seen_us, dropped=dropped)
            elif len(self._news) >= MOST:
                return
            self._news[place] = seen

    def flush(self, connection: Connection) -> None:
        """Write what is new, inside the caller's transaction."""
        with self._lock:
            news, self._news = self._news, {}
        try:
            for seen in news.values():
                _store(connection, seen)
        except Exception:
            for seen in news.values():
                self.note(seen)
            raise

    @property
    def has_news(self) -> bool:
        return bool(self._news)


def listed(database: Database, tenant_id: int) -> list[Sender]:
    """Every sender of the tenant, the last seen first."""
    with database.reading() as connection:
        return list(_listed(connection, tenant_id))


def dropped_total(database: Database, tenant_id: int) -> int:
    """What all senders of the tenant ever said they dropped."""
    with database.reading() as connection:
        asked = select(func.sum(table.c.dropped)).where(table.c.tenant_id == tenant_id)
        return int(connection.execute(asked).scalar() or 0)


def _listed(connection: Connection, tenant_id: int) -> Iterator[Sender]:
    asked = select(table).where(table.c.tenant_id == tenant_id).order_by(table.c.last_seen.desc())
    for row in connection.execute(asked):
        yield Sender(
            row.tenant_id, row.sender, row.client, row.user_agent, row.first_seen, row.last_seen, row.dropped
        )  # fmt: skip


def _store(connection: Connection, seen: Sender) -> None:
    here = (table.c.tenant_id == seen.tenant_id) & (table.c.sender == seen.sender)
    kept = connection.execute(select(table.c.dropped).where(here)).scalar()
    values = {
        "client": seen.client,
        "user_agent": seen.user_agent,
        "last_seen": seen.last_seen_us,
        "dropped": max(seen.dropped, kept or 0),
    }
    if kept is None:
        new = {**values, "tenant_id": seen.tenant_id, "sender": seen.sender}
        connection.execute(insert(table).values(**new, first_seen=seen.first_seen_us))
    else:
        connection.execute(table.update().where(here).values(**values))
