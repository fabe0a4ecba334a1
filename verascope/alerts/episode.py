"""One alert from the moment it fires until it is over, as the pipeline and the pages see it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from verascope.alerts.matcher import Target
from verascope.alerts.state import ALARMING
from verascope.records import Severity
from verascope.store.alert_tables import alert_states
from verascope.store.pipeline_tables import acknowledgements
from verascope.store.pipeline_tables import alert_episodes as table


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    who: str
    at_us: int
    note: str | None


@dataclass(frozen=True, slots=True)
class Episode:
    """phase, since_us, value, limit and reason are those of now while it is open, else the last ones.

    told_us: when people were first told; notified: in how many messages. steps: the escalation steps that were taken.
    silenced_by: a silence's id; inhibited_by: the other alert in words.
    """

    alert_id: str
    target: Target
    title: str
    phase: str
    started_us: int
    since_us: int
    ended_us: int | None
    value: float | None
    limit: float | None
    reason: str
    told_us: int | None = None
    notified: int = 0
    steps: tuple[int, ...] = ()
    silenced_by: str | None = None
    inhibited_by: str | None = None
    incident_id: str | None = None
    acknowledged: Acknowledgement | None = None

    @property
    def headline(self) -> str:
        """The title with what it is about."""
        return f"{self.title} ({self.target.subject})" if self.target.subject else self.title


def begin(connection: Connection, tenant_id: int, arrival: Row[Any]) -> None:
    """Open an episode for a transition into an alarming phase; one that is known stays as it is."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    connection.execute(
        insert(table)
        .values(
            tenant_id=tenant_id,
            alert_id=arrival.alert_id,
            rule=arrival.rule,
            subject=arrival.subject,
            title=arrival.title or arrival.rule,
            rule_group=arrival.rule_group,
            severity=arrival.severity,
            phase=arrival.to_phase,
            started_at=arrival.at,
            since=arrival.at,
            value=arrival.value,
            limit_value=arrival.limit_value,
            reason=arrival.reason,
        )
        .on_conflict_do_nothing(index_elements=["tenant_id", "alert_id"])
    )


def move(connection: Connection, tenant_id: int, arrival: Row[Any]) -> None:
    """Follow a transition of an episode that has begun; out of the alarming phases it ends."""
    values: dict[str, Any] = {
        "phase": arrival.to_phase,
        "since": arrival.at,
        "severity": arrival.severity,
        "reason": arrival.reason,
    }
    if arrival.value is not None:
        values["value"] = arrival.value
    if arrival.limit_value is not None:
        values["limit_value"] = arrival.limit_value
    if arrival.to_phase not in ALARMING:
        values |= {"ended_at": arrival.at, "silenced_by": None, "inhibited_by": None}
    set_values(connection, tenant_id, arrival.alert_id, values)


def set_values(
    connection: Connection, tenant_id: int, alert_id: str, values: Mapping[str, Any]
) -> None:
    connection.execute(
        table.update()
        .where(table.c.tenant_id == tenant_id, table.c.alert_id == alert_id)
        .values(**values)
    )


def open_ones(connection: Connection, tenant_id: int) -> list[Episode]:
    """Everything that goes on, oldest first."""
    return _read(connection, tenant_id, [table.c.ended_at.is_(None)], newest_first=False)


def of_ids(connection: Connection, tenant_id: int, ids: Sequence[str]) -> dict[str, Episode]:
    found = _read(connection, tenant_id, [table.c.alert_id.in_(ids)]) if ids else []
    return {one.alert_id: one for one in found}


def orphans(connection: Connection, tenant_id: int) -> list[Episode]:
    """Open episodes that the evaluation no longer knows of, because their rule is gone."""
    known = select(alert_states.c.alert_id).where(
        alert_states.c.tenant_id == tenant_id, alert_states.c.alert_id.is_not(None)
    )
    return _read(
        connection, tenant_id, [table.c.ended_at.is_(None), table.c.alert_id.not_in(known)]
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which episodes. is_open: None for both. q: somewhere in title, rule, subject or reason, whatever the case."""

    is_open: bool | None = None
    severities: tuple[str, ...] = ()
    rule: str | None = None
    q: str | None = None


def listed(
    connection: Connection,
    tenant_id: int,
    wanted: Wanted,
    limit: int,
    before: tuple[int, str] | None = None,
) -> list[Episode]:
    """The newest first. before: (started_us, alert_id) of the last one that was seen."""
    conditions: list[ColumnElement[bool]] = []
    if wanted.is_open is not None:
        ended = table.c.ended_at
        conditions.append(ended.is_(None) if wanted.is_open else ended.is_not(None))
    if wanted.severities:
        conditions.append(table.c.severity.in_(wanted.severities))
    if wanted.rule:
        conditions.append(table.c.rule == wanted.rule)
    if wanted.q:
        escaped = wanted.q.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        columns = (table.c.title, table.c.rule, table.c.subject, table.c.reason)
        conditions.append(
            or_(*(func.lower(one).like(f"%{escaped}%", escape="\\") for one in columns))
        )
    if before is not None:
        started_us, alert_id = before
        conditions.append(
            or_(
                table.c.started_at < started_us,
                and_(table.c.started_at == started_us, table.c.alert_id < alert_id),
            )
        )
    return _read(connection, tenant_id, conditions, limit=limit)


def _read(
    connection: Connection,
    tenant_id: int,
    conditions: Sequence[ColumnElement[bool]],
    *,
    newest_first: bool = True,
    limit: int | None = None,
) -> list[Episode]:
    now, said = alert_states.c, acknowledgements.c
    order = (table.c.started_at, table.c.alert_id)
    query = (
        select(
            table,
            now.phase.label("phase_now"),
            now.since.label("since_now"),
            now.value.label("value_now"),
            now.limit_value.label("limit_now"),
            now.reason.label("reason_now"),
            said.who,
            said.at.label("acknowledged_at"),
            said.note,
        )
        .select_from(
            table.outerjoin(
                alert_states,
                and_(
                    now.tenant_id == table.c.tenant_id,
                    now.rule == table.c.rule,
                    now.subject == table.c.subject,
                    now.alert_id == table.c.alert_id,
                ),
            ).outerjoin(
                acknowledgements,
                and_(said.tenant_id == table.c.tenant_id, said.alert_id == table.c.alert_id),
            )
        )
        .where(table.c.tenant_id == tenant_id, *conditions)
        .order_by(*(column.desc() if newest_first else column for column in order))
    )
    return [_episode(row) for row in connection.execute(query.limit(limit))]


def _episode(row: Row[Any]) -> Episode:
    is_live = row.phase_now is not None and row.ended_at is None
    return Episode(
        row.alert_id,
        Target(row.rule, Severity(row.severity), row.rule_group, row.subject),
        row.title,
        row.phase_now if is_live else row.phase,
        row.started_at,
        row.since_now if is_live else row.since,
        row.ended_at,
        row.value_now if is_live else row.value,
        row.limit_now if is_live else row.limit_value,
        row.reason_now if is_live else row.reason,
        row.told_at,
        row.notified,
        tuple(msgspec.json.decode(row.steps, type=list[int])),
        row.silenced_by,
        row.inhibited_by,
        row.incident_id,
        None if row.who is None else Acknowledgement(row.who, row.acknowledged_at, row.note),
    )
