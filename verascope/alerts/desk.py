"""What messages and lists need besides the alerts themselves."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from verascope.alerts import rule_store
from verascope.config import Settings
from verascope.metrics import Metric
from verascope.store.tables import tenants


@dataclass(frozen=True, slots=True)
class Desk:
    """public_url: base of links, without a slash at its end. key: signs them. tenant: as people know it.
    units, metrics: rule → its metric and the unit of that, as far as known.
    """

    public_url: str
    key: bytes
    tenant: str
    units: Mapping[str, str]
    metrics: Mapping[str, str]


def desk_of(
    connection: Connection,
    tenant_id: int,
    settings: Settings,
    key: bytes,
    known: Mapping[str, Metric],
) -> Desk:
    """known: every metric that a rule may watch, by name."""
    name = connection.execute(
        select(tenants.c.name).where(tenants.c.tenant_id == tenant_id)
    ).scalar()
    rules = rule_store.rules(connection, tenant_id, settings, known)
    metrics = {name: one.rule.metric for name, one in rules.items()}
    units = {name: known[metric].unit.value for name, metric in metrics.items() if metric in known}
    return Desk(settings.public_url, key, name or str(tenant_id), units, metrics)
