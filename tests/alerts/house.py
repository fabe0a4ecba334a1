"""A database, a clock of its own, and an evaluation that says what a test wants, in the tables of the real one."""

import uuid
from typing import Any

import msgspec
import sqlalchemy as sa

from verascope.alerts import pipeline, routing_store
from verascope.alerts.desk import Desk
from verascope.alerts.judge import Judgement, Verdict
from verascope.alerts.routing import Default, Routing
from verascope.alerts.rule import Rule, Side, Threshold
from verascope.alerts.state import ALARMING, State, advanced
from verascope.clock import US
from verascope.records import Severity
from verascope.store.alert_tables import alert_states, alert_transitions
from verascope.store.database import Database
from verascope.store.notification_tables import channels, deliveries
from verascope.store.pipeline_tables import notification_log

START = 1_780_000_000 * US
TENANT = 1


def rule_of(
    name: str, severity: Severity = Severity.CRITICAL, group: str = "system", **more: Any
) -> Rule:
    return Rule(name, group, "error_rate", severity, Threshold(Side.ABOVE, 5), 300, name, **more)


class House:
    """Everything since the last commit is forgotten by `restart`, as it would be by a kill."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.now_us = START
        self.desk = Desk("https://watch.example", b"k" * 32, "default", {}, {})

    def channel(self, name: str, *, enabled: bool = True) -> None:
        with self.database.writing() as connection:
            connection.execute(
                channels.insert().values(
                    tenant_id=TENANT,
                    name=name,
                    kind="webhook",
                    settings="{}",
                    secrets="{}",
                    enabled=int(enabled),
                    updated_at=self.now_us,
                    updated_by="owner",
                )
            )

    def routing(self, **more: Any) -> None:
        with self.database.writing() as connection:
            routing_store.save(connection, TENANT, Routing(**more), "owner", self.now_us)

    def at_once(self, **more: Any) -> None:
        """Routing without waiting for others."""
        self.routing(default=Default(group_wait_seconds=0), **more)

    def evaluate(self, rule: Rule, value: float, subject: str = "") -> None:
        """One evaluation of one rule, with the state machine that the product uses."""
        verdict = Verdict.BAD if value > 5 else Verdict.FINE
        judgement = Judgement(verdict, value, 5.0, f"{value:g} against the limit 5")
        with self.database.writing() as connection:
            where = (
                alert_states.c.tenant_id == TENANT,
                alert_states.c.rule == rule.name,
                alert_states.c.subject == subject,
            )
            row = connection.execute(sa.select(alert_states).where(*where)).first()
            before = State() if row is None else _state(row)
            state = advanced(rule, before, judgement, self.now_us)
            alert_id = row.alert_id if row is not None else None
            if state.phase in ALARMING and alert_id is None:
                alert_id = str(uuid.uuid4())
            common = {
                "rule": rule.name,
                "subject": subject,
                "severity": rule.severity.value,
                "title": rule.title,
                "rule_group": rule.group,
                "value": value,
                "limit_value": 5.0,
                "reason": state.reason,
                "alert_id": alert_id,
            }
            if state.phase is not before.phase:
                connection.execute(
                    alert_transitions.insert().values(
                        tenant_id=TENANT,
                        at=self.now_us,
                        from_phase=before.phase.value,
                        to_phase=state.phase.value,
                        **common,
                    )
                )
            values = {
                **common,
                "alert_id": alert_id if state.phase in ALARMING else None,
                "phase": state.phase.value,
                "since": state.since_us,
                "state": _text(state),
                "evaluated_at": self.now_us,
            }
            connection.execute(alert_states.delete().where(*where))
            connection.execute(alert_states.insert().values(tenant_id=TENANT, **values))

    def tick(self) -> int:
        with self.database.writing() as connection:
            return pipeline.tick(connection, TENANT, self.desk, self.now_us)

    def wait(self, seconds: float) -> None:
        """Let time pass without anything happening."""
        self.now_us += round(seconds * US)

    def run(self, seconds: int, step: int = 5) -> int:
        """The periodic job for some time; the messages it made."""
        made = 0
        for _ in range(seconds // step):
            self.wait(step)
            made += self.tick()
        return made

    def sent(self) -> list[tuple[str, str, str]]:
        """(channel, moment, title) of everything in the outbox, oldest first."""
        d = deliveries.c
        return [
            tuple(row)
            for row in self._rows(sa.select(d.channel, d.moment, d.title).order_by(d.seq))
        ]

    def reasons(self, alert_rule: str | None = None) -> list[str]:
        """Why nothing was sent, oldest first."""
        log = notification_log.c
        query = sa.select(log.reason).where(log.decision == "suppressed").order_by(log.seq)
        return [
            row[0]
            for row in self._rows(
                query if alert_rule is None else query.where(log.rule == alert_rule)
            )
        ]

    def alert(self, rule: str = "errors") -> str:
        """The id of the open alert of a rule."""
        query = sa.select(alert_states.c.alert_id).where(alert_states.c.rule == rule)
        found: str = self._rows(query)[0][0]
        return found

    def _rows(self, query: Any) -> list[Any]:
        with self.database.reading() as connection:
            return list(connection.execute(query).all())


def _text(state: State) -> str:
    return msgspec.json.encode(state).decode()


def _state(row: Any) -> State:
    return msgspec.json.decode(row.state, type=State)
