"""What the pipeline reads: transitions, rule changes and ends of deliveries, each after a cursor of its own.

A cursor moves in the transaction that deals with what it passes, so nothing is dealt with twice and nothing is lost.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Table, and_, exists, func, select

from verascope.alerts import history
from verascope.alerts.history import Kind
from verascope.notifications.outbox import State
from verascope.store.alert_tables import alert_transitions, rule_changes
from verascope.store.notification_tables import deliveries
from verascope.store.pipeline_tables import alert_history, notification_log, pipeline_cursors

AT_ONCE = 2_000
"""Rows of one tick; what is more waits for the next."""

_SETTLED = {
    State.DELIVERED: "accepted",
    State.FAILED: "refused",
    State.GIVEN_UP: "given up",
}


def transitions(connection: Connection, tenant_id: int) -> Sequence[Row[Any]]:
    """Those that came since the last call, oldest first; each is in the history afterwards."""
    rows = _after_cursor(connection, tenant_id, alert_transitions)
    for row in rows:
        about = f"{row.title or row.rule}" + (f" ({row.subject})" if row.subject else "")
        history.append(
            connection,
            tenant_id,
            Kind.TRANSITION,
            f"{about}: {row.from_phase} → {row.to_phase}: {row.reason}",
            row.at,
            severity=row.severity,
            rule=row.rule,
            subject=row.subject,
            alert_id=row.alert_id,
            detail={
                "from": row.from_phase,
                "to": row.to_phase,
                "value": row.value,
                "limit": row.limit_value,
                "reason": row.reason,
            },
            reference=str(row.seq),
        )
    return rows


def note_rule_changes(connection: Connection, tenant_id: int) -> None:
    for row in _after_cursor(connection, tenant_id, rule_changes):
        history.append(
            connection,
            tenant_id,
            Kind.RULE,
            f"Rule {row.rule}: {row.summary}",
            row.at,
            rule=row.rule,
            who=row.by,
            detail={
                "change": row.kind,
                "before": row.before and msgspec.json.decode(row.before),
                "after": row.after and msgspec.json.decode(row.after),
            },
            reference=str(row.seq),
        )


def note_deliveries(connection: Connection, tenant_id: int, now_us: int) -> None:
    """Put how deliveries ended into the history. The cursor stays before the first one that has not ended."""
    name = deliveries.name
    position = _position(connection, tenant_id, name)
    last: int | None = connection.execute(
        select(func.max(deliveries.c.seq)).where(
            deliveries.c.tenant_id + 0 == tenant_id, deliveries.c.seq > position
        )
    ).scalar()
    if last is None:
        return
    told = alert_history.c
    is_noted = exists().where(
        told.tenant_id == tenant_id,
        told.kind == Kind.DELIVERY.value,
        told.reference == deliveries.c.id,
    )
    rows = connection.execute(
        select(deliveries, notification_log.c.alert_id, notification_log.c.rule, notification_log.c.subject)
        .select_from(
            deliveries.outerjoin(
                notification_log,
                and_(
                    notification_log.c.tenant_id == tenant_id,
                    notification_log.c.delivery_id == deliveries.c.id,
                ),
            )
        )
        .where(
            deliveries.c.tenant_id + 0 == tenant_id,
            deliveries.c.seq > position,
            deliveries.c.state.in_([state.value for state in _SETTLED]),
            ~is_noted,
        )
        .order_by(deliveries.c.seq)
        .limit(AT_ONCE)
    ).all()  # fmt: skip
    for row in rows:
        said = row.answer if row.state == State.DELIVERED else row.error or row.answer
        history.append(
            connection,
            tenant_id,
            Kind.DELIVERY,
            f"{row.channel}: {_SETTLED[State(row.state)]} “{row.title}”"
            + (f": {said}" if said else ""),
            row.delivered_at or now_us,
            severity=row.severity,
            rule=row.rule or "",
            subject=row.subject or "",
            alert_id=row.alert_id,
            detail={
                "delivery": row.id,
                "channel": row.channel,
                "moment": row.moment,
                "state": row.state,
                "attempts": row.attempts,
                "answer": row.answer,
                "error": row.error,
            },
            reference=row.id,
        )
    if len(rows) == AT_ONCE:
        return
    unsettled = connection.execute(
        select(func.min(deliveries.c.seq)).where(
            deliveries.c.tenant_id + 0 == tenant_id,
            deliveries.c.seq > position,
            deliveries.c.state.not_in([state.value for state in _SETTLED]),
        )
    ).scalar()
    reached = last if unsettled is None else unsettled - 1
    _move(connection, tenant_id, name, position, reached)


def _after_cursor(connection: Connection, tenant_id: int, table: Table) -> Sequence[Row[Any]]:
    position = _position(connection, tenant_id, table.name)
    rows = connection.execute(
        select(table)
        # Without the sum SQLite would take an index of the tenant and sort; the primary key is the order.
        .where(table.c.tenant_id + 0 == tenant_id, table.c.seq > position)
        .order_by(table.c.seq)
        .limit(AT_ONCE)
    ).all()
    if rows:
        _move(connection, tenant_id, table.name, position, rows[-1].seq)
    return rows


def _position(connection: Connection, tenant_id: int, name: str) -> int:
    found: int | None = connection.execute(
        select(pipeline_cursors.c.position).where(
            pipeline_cursors.c.tenant_id == tenant_id, pipeline_cursors.c.name == name
        )
    ).scalar()
    return found or 0


def _move(connection: Connection, tenant_id: int, name: str, before: int, position: int) -> None:
    if position <= before:
        return
    where = (pipeline_cursors.c.tenant_id == tenant_id, pipeline_cursors.c.name == name)
    changed = connection.execute(
        pipeline_cursors.update().where(*where).values(position=position)
    ).rowcount
    if not changed:
        connection.execute(
            pipeline_cursors.insert().values(tenant_id=tenant_id, name=name, position=position)
        )
