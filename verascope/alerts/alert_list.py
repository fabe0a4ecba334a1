"""Alerts as the pages list them: what goes on, what is about to, and what is over."""

from typing import Any

from sqlalchemy import Connection, select

from verascope import clock
from verascope.alerts import episode, history
from verascope.alerts.desk import Desk
from verascope.alerts.episode import Episode, Wanted
from verascope.alerts.state import Phase
from verascope.errors import NotFound, shown
from verascope.store.alert_tables import alert_states


def page(
    connection: Connection,
    tenant_id: int,
    desk: Desk,
    wanted: Wanted,
    limit: int,
    before: tuple[int, str] | None,
) -> dict[str, Any]:
    """The items of one page, and the cursor of the next one. Pending alerts stand on the first page of open ones."""
    found = episode.listed(connection, tenant_id, wanted, limit + 1, before)
    items = [_item(one, desk) for one in found[:limit]]
    if wanted.is_open and before is None:
        items = [*_pending(connection, tenant_id, wanted, desk), *items]
    last = found[limit - 1] if len(found) > limit else None
    return {
        "items": items,
        "next_cursor": None if last is None else f"{last.started_us}.{last.alert_id}",
    }


def detail(connection: Connection, tenant_id: int, desk: Desk, alert_id: str) -> dict[str, Any]:
    """One alert with its timeline. Raises NotFound."""
    found = episode.of_ids(connection, tenant_id, [alert_id]).get(alert_id)
    if found is None:
        raise NotFound(f"There is no alert {shown(alert_id)}.")
    timeline = [
        {
            "at": clock.to_iso(one.at_us),
            "kind": one.kind.value,
            "text": one.text,
            "by": one.who,
            "detail": dict(one.detail),
        }
        for one in history.timeline(connection, tenant_id, alert_id)
    ]
    return {**_item(found, desk), "timeline": timeline}


def _item(one: Episode, desk: Desk) -> dict[str, Any]:
    target, said = one.target, one.acknowledged
    return {
        "id": one.alert_id,
        "rule": target.rule,
        "subject": target.subject,
        "title": one.title,
        "group": target.group,
        "severity": target.severity.value,
        "phase": one.phase,
        "started_at": clock.to_iso(one.started_us),
        "ended_at": clock.iso_or_none(one.ended_us),
        "since": clock.to_iso(one.since_us),
        "value": one.value,
        "limit": one.limit,
        "unit": desk.units.get(target.rule),
        "metric": desk.metrics.get(target.rule),
        "reason": one.reason,
        "acknowledged": None
        if said is None
        else {"by": said.who, "at": clock.to_iso(said.at_us), "note": said.note},
        "silenced_by": one.silenced_by,
        "inhibited_by": one.inhibited_by,
        "incident_id": one.incident_id,
        "notified": one.notified,
    }


def _pending(
    connection: Connection,
    tenant_id: int,
    wanted: Wanted,
    desk: Desk,
) -> list[dict[str, Any]]:
    rows = connection.execute(
        select(alert_states)
        .where(alert_states.c.tenant_id == tenant_id, alert_states.c.phase == Phase.PENDING.value)
        .order_by(alert_states.c.since.desc(), alert_states.c.rule, alert_states.c.subject)
    )
    found = []
    for row in rows:
        text = f"{row.title} {row.rule} {row.subject} {row.reason}".lower()
        if (
            (wanted.severities and row.severity not in wanted.severities)
            or (wanted.rule and row.rule != wanted.rule)
            or (wanted.q and wanted.q.lower() not in text)
        ):
            continue
        since = clock.to_iso(row.since)
        found.append(
            {
                "id": None, "rule": row.rule, "subject": row.subject, "title": row.title or row.rule,
                "group": row.rule_group, "severity": row.severity, "phase": row.phase,
                "started_at": since, "ended_at": None, "since": since, "value": row.value,
                "limit": row.limit_value, "unit": desk.units.get(row.rule), "metric": desk.metrics.get(row.rule), "reason": row.reason,
                "acknowledged": None, "silenced_by": None, "inhibited_by": None, "incident_id": None,
                "notified": 0,
            }
        )  # fmt: skip
    return found
