"""What one tick of the pipeline works with."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from verascope.alerts import episode, groups
from verascope.alerts.desk import Desk
from verascope.alerts.episode import Episode
from verascope.alerts.groups import StoredGroup
from verascope.alerts.matcher import Key
from verascope.alerts.routing import Routing
from verascope.records import Severity


@dataclass(slots=True)
class Tick:
    """What one tick works with. open: what goes on, by (rule, subject). enabled: the
    channels that are. groups: as stored, replaced where something of them changes. messages: put into the outbox."""

    connection: Connection
    tenant_id: int
    desk: Desk
    now_us: int
    routing: Routing
    open: dict[Key, Episode]
    enabled: list[str]
    groups: dict[str, StoredGroup]
    messages: int = 0


def past(found: Tick, ids: Sequence[str]) -> dict[str, Episode]:
    """Episodes by id, whether over or not."""
    return episode.of_ids(found.connection, found.tenant_id, list(ids))


def group_of(found: Tick, key: str, first: Episode | None) -> StoredGroup:
    """The stored group, else a new one that is named after `first`."""
    stored = found.groups.get(key)
    if stored is not None:
        return stored
    severity = first.target.severity if first else Severity.INFO
    return groups.fresh(key, severity, first.headline if first else key)


def put(found: Tick, stored: StoredGroup) -> None:
    """Store the group if something of it has changed."""
    if found.groups.get(stored.key) != stored:
        found.groups[stored.key] = stored
        groups.save(found.connection, found.tenant_id, stored, found.now_us)
