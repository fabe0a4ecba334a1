"""A home whose server tells of failing images at once, prepared through the product's own store."""

from pathlib import Path
from typing import Any

from verascope import clock
from verascope.alerts import routing_store, rule_store
from verascope.alerts.routing import Default, Routing
from verascope.alerts.rule import Rule, Side, Threshold
from verascope.config import Settings
from verascope.records import Severity
from verascope.store.database import Database

RULE = Rule(
    "failing_now", "performance", "error_rate", Severity.CRITICAL, Threshold(Side.ABOVE, 5), 300,
    "Images fail", min_samples=1,
)  # fmt: skip


def prepare(home: Path, *, rule: Rule = RULE, **routing: Any) -> None:
    """A rule without a for-duration, and groups without a wait."""
    database = Database.open(Settings(home=home))
    now_us = clock.now_us()
    routing.setdefault("default", Default(group_wait_seconds=0))
    with database.writing() as connection:
        rule_store.put(connection, 1, None, rule, "owner", now_us)
        routing_store.save(connection, 1, Routing(**routing), "owner", now_us)
    database.close()


def add_rule(home: Path, rule: Rule) -> None:
    """Beside a running server, as somebody's edit would."""
    database = Database.open(Settings(home=home))
    with database.writing() as connection:
        rule_store.put(connection, 1, None, rule, "owner", clock.now_us())
    database.close()
