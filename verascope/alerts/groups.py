"""Groups of alerts as they are kept between two ticks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
import uuid_utils
from sqlalchemy import Connection, Row, select

from verascope.alerts.grouping import RECENT_US, Group
from verascope.alerts.matcher import Key
from verascope.records import Severity
from verascope.store.pipeline_tables import notification_groups as table

_MOMENTS = msgspec.json.Decoder(list[tuple[str, str, int]])


@dataclass(frozen=True, slots=True)
class StoredGroup:
    """ids: the alert by which people know each (rule, subject) they were told of. channels: who was told.
    messages: how many the dedup key has seen. withheld: alert id → the last recorded reason for not telling.
    """

    key: str
    dedup_key: str
    group: Group
    severity: Severity
    title: str
    ids: Mapping[Key, str] = field(default_factory=dict)
    channels: tuple[str, ...] = ()
    messages: int = 0
    withheld: Mapping[str, str] = field(default_factory=dict)

    @property
    def next_message_key(self) -> str:
        """Names the next message; the same until it is stored that it was sent."""
        return f"{self.dedup_key}:{self.messages + 1}"


def fresh(key: str, severity: Severity, title: str) -> StoredGroup:
    return StoredGroup(key, str(uuid_utils.uuid7()), Group(), severity, title)


def load(connection: Connection, tenant_id: int) -> dict[str, StoredGroup]:
    rows = connection.execute(select(table).where(table.c.tenant_id == tenant_id))
    return {row.group_key: _stored(row) for row in rows}


def save(connection: Connection, tenant_id: int, stored: StoredGroup, now_us: int) -> None:
    group = stored.group
    values = {
        "dedup_key": stored.dedup_key,
        "severity": stored.severity.value,
        "title": stored.title,
        "waiting_since": group.waiting_us,
        "flushed_at": group.flushed_us,
        "told_at": group.told_us,
        "checked_at": group.checked_us,
        "starts": _json([[*key, at_us] for key, at_us in group.starts]),
        "ends": _json([[*key, at_us] for key, at_us in sorted(group.ends.items())]),
        "told": _json([[*key, stored.ids.get(key)] for key in sorted(group.told)]),
        "channels": _json(stored.channels),
        "messages": stored.messages,
        "withheld": _json(stored.withheld),
        "updated_at": now_us,
    }
    where = (table.c.tenant_id == tenant_id, table.c.group_key == stored.key)
    if not connection.execute(table.update().where(*where).values(values)).rowcount:
        connection.execute(
            table.insert().values(tenant_id=tenant_id, group_key=stored.key, **values)
        )


def is_forgettable(stored: StoredGroup, now_us: int) -> bool:
    """Nothing of it is told or waits, and it has been calm for so long that its past doesn't matter."""
    group = stored.group
    is_restless = any(now_us - at_us < RECENT_US for _, at_us in group.starts)
    return not group.told and group.waiting_us is None and not is_restless


def forget(connection: Connection, tenant_id: int, key: str) -> None:
    connection.execute(
        table.delete().where(table.c.tenant_id == tenant_id, table.c.group_key == key)
    )


def _stored(row: Row[Any]) -> StoredGroup:
    told = msgspec.json.decode(row.told, type=list[tuple[str, str, str | None]])
    ids = {(rule, subject): alert_id for rule, subject, alert_id in told if alert_id is not None}
    group = Group(
        row.waiting_since,
        row.flushed_at,
        row.told_at,
        row.checked_at,
        frozenset((rule, subject) for rule, subject, _ in told),
        tuple(((rule, subject), at_us) for rule, subject, at_us in _MOMENTS.decode(row.starts)),
        {(rule, subject): at_us for rule, subject, at_us in _MOMENTS.decode(row.ends)},
    )
    return StoredGroup(
        row.group_key,
        row.dedup_key,
        group,
        Severity(row.severity),
        row.title,
        ids,
        tuple(msgspec.json.decode(row.channels, type=list[str])),
        row.messages,
        msgspec.json.decode(row.withheld, type=dict[str, str]),
    )


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
