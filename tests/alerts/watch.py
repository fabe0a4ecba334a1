"""A real store whose clock the test moves, and the evaluation of its rules."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, insert, select

from tests.predictions import make
from tests.queries.house import House
from tests.store.folding import submit_to
from verascope.alerts import rule_store
from verascope.alerts.evaluate import Evaluated, Evaluator
from verascope.alerts.rule import Condition, Rule, Side, Threshold
from verascope.alerts.sources import Sources, sources_of
from verascope.clock import MINUTE, US
from verascope.config import Settings
from verascope.records import Outcome, Prediction, Severity
from verascope.store.alert_tables import alert_states, alert_transitions
from verascope.store.tables import alerts


def rule(
    name: str = "errors",
    metric: str = "error_rate",
    condition: Condition | None = None,
    window_seconds: int = 300,
    **more: Any,
) -> Rule:
    return Rule(
        name, "performance", metric, more.pop("severity", Severity.WARNING),
        condition or Threshold(Side.ABOVE, 5, 4), window_seconds, more.pop("title", name), **more,
    )  # fmt: skip


class Watch:
    """One tenant of a house, watched. `rules` replaces what is watched; the defaults are switched off."""

    def __init__(
        self,
        house: House,
        tenant_id: int,
        sources: Sources | None = None,
        settings: Settings | None = None,
    ) -> None:
        self.house = house
        self.tenant_id = tenant_id
        self.settings = settings or house.settings
        self.sources = sources or sources_of(house.answers)
        self.restart()

    def restart(self) -> None:
        """What a new process would know."""
        self.evaluator = Evaluator(
            self.house.database, submit_to(self.house.database), self.sources, lambda: self.settings
        )

    def rules(self, *watched: Rule) -> None:
        with self.house.database.writing() as connection:
            known = rule_store.rules(
                connection, self.tenant_id, self.settings, self.sources.metrics
            )
            for name, one in known.items():
                if one.rule.is_enabled and name not in {mine.name for mine in watched}:
                    self._put(connection, replace(one.rule, is_enabled=False))
            for one in watched:
                self._put(connection, one)

    def _put(self, connection: Connection, one: Rule) -> None:
        rule_store.put(connection, self.tenant_id, None, one, "test", self.house.now_us)

    def predictions(self, good: int, bad: int = 0, **changes: Any) -> None:
        """That many now."""
        self.house.add_all(self.made(good, bad, **changes))

    def made(self, good: int, bad: int = 0, **changes: Any) -> list[Prediction]:
        changes.setdefault("timestamp_us", self.house.now_us)
        changes.setdefault("tenant_id", self.tenant_id)
        outcomes = [Outcome.REAL] * good + [Outcome.FAILED] * bad
        return [make(outcome, **changes) for outcome in outcomes]

    def evaluate(self) -> Evaluated:
        done = self.evaluator.run(self.house.now_us)
        assert done is not None
        return done

    def after(self, seconds: int) -> Evaluated:
        """Let time pass, then evaluate."""
        self.house.now_us += seconds * US
        return self.evaluate()

    def minutes(self, n: int, good: int = 0, bad: int = 0) -> None:
        """n minutes with this traffic in each, evaluated at the end of each."""
        for _ in range(n):
            self.predictions(good, bad)
            self.after(MINUTE)

    def phases(self) -> dict[tuple[str, str], str]:
        return {(row.rule, row.subject): row.phase for row in self.rows(alert_states)}

    def phase(self, name: str = "errors", subject: str = "") -> str | None:
        return self.phases().get((name, subject))

    def reason(self, name: str = "errors") -> str:
        (row,) = [row for row in self.rows(alert_states) if (row.rule, row.subject) == (name, "")]
        return str(row.reason)

    def steps(self, name: str = "errors") -> list[tuple[str, str]]:
        """(from, to) of each transition, oldest first."""
        rows = sorted(self.rows(alert_transitions), key=lambda row: row.seq)
        return [(row.from_phase, row.to_phase) for row in rows if row.rule == name]

    def episodes(self) -> list[Any]:
        """Rows of the brief's table."""
        return sorted(self.rows(alerts), key=lambda row: row.id)

    def rows(self, table: Any) -> list[Any]:
        with self.house.database.reading() as connection:
            return list(
                connection.execute(select(table).where(table.c.tenant_id == self.tenant_id))
            )

    def insert(self, table: Any, rows: Iterable[dict[str, Any]]) -> None:
        with self.house.database.writing() as connection:
            connection.execute(
                insert(table), [{"tenant_id": self.tenant_id, **row} for row in rows]
            )
