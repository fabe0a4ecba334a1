"""The rules in force: the defaults, what was edited of them, and rules of one's own; each change is kept."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from sqlalchemy import Connection, delete, insert, select

from verascope.alerts import rule_json
from verascope.alerts.defaults import MACHINE, defaults, fixed_by, with_setting
from verascope.alerts.rule import Rule, Side, Threshold
from verascope.config import Settings
from verascope.errors import Invalid
from verascope.metrics import Better, Metric, Unit
from verascope.records import Severity
from verascope.store.alert_tables import alert_rules as table
from verascope.store.alert_tables import rule_changes
from verascope.store.tables import DEFAULT_TENANT

Origin = Literal["default", "user", "file"]


@dataclass(frozen=True, slots=True)
class Known:
    """A rule in force. origin: file when a file or variable fixes its limit (`fixed_by` names it).

    is_edited: a default rule that somebody changed. problem: why a stored rule can't be used.
    """

    rule: Rule
    origin: Origin
    fixed_by: str | None = None
    is_edited: bool = False
    problem: str | None = None


def rules(
    connection: Connection, tenant_id: int, settings: Settings, metrics: Mapping[str, Metric]
) -> dict[str, Known]:
    """Every rule of the tenant by name, the defaults first. Rules about the machine are the default tenant's."""
    stored = {
        row.name: row.rule
        for row in connection.execute(
            select(table.c.name, table.c.rule)
            .where(table.c.tenant_id == tenant_id)
            .order_by(table.c.name)
        )
    }
    found: dict[str, Known] = {}
    for rule in defaults(settings):
        if rule.group in MACHINE and tenant_id != DEFAULT_TENANT:
            continue
        where = fixed_by(rule.name, settings)
        origin: Origin = "default" if where is None else "file"
        text = stored.pop(rule.name, None)
        known = Known(rule, origin, where, text is not None)
        if text is not None:
            known = _read(known, text, {**metrics, rule.metric: ANY})
            known = replace(known, rule=with_setting(known.rule, settings))
        found[rule.name] = known
    for name, text in stored.items():
        found[name] = _read(Known(_unusable(name), "user"), text, metrics)
    return found


ANY = Metric("", "", Unit.PERCENT, Better.NEUTRAL, "", ("total",))
"""A default rule's own metric is accepted before anything measures it."""


def _read(known: Known, text: str, metrics: Mapping[str, Metric]) -> Known:
    """`known` with the stored rule in place of its own, or with the reason why that can't be used."""
    try:
        rule = rule_json.parse(json.loads(text), metrics)
    except (Invalid, ValueError) as error:
        return replace(known, problem=f"the stored rule can't be used: {error}")
    return replace(known, rule=rule)


def _unusable(name: str) -> Rule:
    return Rule(name, "custom", "", Severity.WARNING, Threshold(Side.ABOVE, 0), 60, name)


def put(
    connection: Connection, tenant_id: int, before: Known | None, rule: Rule, who: str, now_us: int
) -> None:
    """Store a rule, new or in place of one, and keep the change."""
    after = rule_json.to_json(rule)
    was = None if before is None else rule_json.to_json(before.rule)
    created = connection.execute(
        select(table.c.created_at).where(_is(tenant_id, rule.name))
    ).scalar()
    connection.execute(delete(table).where(_is(tenant_id, rule.name)))
    connection.execute(
        insert(table).values(
            tenant_id=tenant_id,
            name=rule.name,
            rule=json.dumps(after, ensure_ascii=False),
            created_at=now_us if created is None else created,
            updated_at=now_us,
            updated_by=who,
        )
    )
    kind = "created" if was is None else "changed"
    _keep(connection, tenant_id, rule.name, kind, was, after, who, now_us)


def forget(
    connection: Connection, tenant_id: int, before: Known, after: Rule | None, who: str, now_us: int
) -> None:
    """Delete a rule of one's own, or return a default one to what it was (`after`)."""
    connection.execute(delete(table).where(_is(tenant_id, before.rule.name)))
    kind = "deleted" if after is None else "reset"
    then = None if after is None else rule_json.to_json(after)
    was = rule_json.to_json(before.rule)
    _keep(connection, tenant_id, before.rule.name, kind, was, then, who, now_us)


def _keep(
    connection: Connection,
    tenant_id: int,
    name: str,
    kind: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    who: str,
    now_us: int,
) -> None:
    connection.execute(
        insert(rule_changes).values(
            tenant_id=tenant_id,
            rule=name,
            kind=kind,
            at=now_us,
            by=who,
            before=None if before is None else json.dumps(before, ensure_ascii=False),
            after=None if after is None else json.dumps(after, ensure_ascii=False),
            summary=_summary(kind, before, after),
        )
    )


def _summary(kind: str, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> str:
    """What changed, in one line."""
    if before is None or after is None:
        return f"rule {kind}"
    old, new = _flat(before), _flat(after)
    changed = [
        f"{name} {old.get(name)} → {new.get(name)}"
        for name in dict.fromkeys((*old, *new))
        if old.get(name) != new.get(name)
    ]
    return f"rule {kind}: {', '.join(changed) or 'nothing'}"


def _flat(rule: Mapping[str, Any]) -> dict[str, Any]:
    plain = {name: value for name, value in rule.items() if name != "condition"}
    return plain | {f"condition.{name}": value for name, value in rule["condition"].items()}


def _is(tenant_id: int, name: str) -> Any:
    return (table.c.tenant_id == tenant_id) & (table.c.name == name)
