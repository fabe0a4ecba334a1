"""Where alerts stand and how they got there: states, transitions, and the table `alerts` that other tools read."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import msgspec
import uuid_utils
from sqlalchemy import Connection, bindparam, delete, insert, select, update

from verascope.alerts.judge import Judgement, Verdict
from verascope.alerts.rule import Rule
from verascope.alerts.state import ALARMING, Phase, State, advanced, failed
from verascope.clock import US
from verascope.records import Severity
from verascope.store.alert_tables import alert_states as states
from verascope.store.alert_tables import alert_transitions as transitions
from verascope.store.tables import alerts

FRESH_SECONDS = 15
"""A state in which nothing happened is written again after this long, for its value and moment."""

QUIET = frozenset({Phase.OK, Phase.NO_DATA})

Key = tuple[str, str]
"""(rule, subject)"""


@dataclass(frozen=True, slots=True)
class Judged:
    """What one evaluation says of one alert. failure: why it could not be judged, instead of a judgement.

    is_known: whether its source still knows the subject; a quiet alert about nothing is forgotten.
    """

    rule: Rule
    subject: str
    judgement: Judgement | None
    failure: str = ""
    is_known: bool = True


@dataclass(frozen=True, slots=True)
class Standing:
    """One alert as it is stored. alert_id: of its open episode."""

    rule: str
    subject: str
    state: State
    alert_id: str | None
    value: float | None
    limit: float | None
    severity: Severity
    title: str
    group: str
    evaluated_us: int


def read(connection: Connection, tenant_id: int) -> dict[Key, Standing]:
    """Every stored alert of the tenant."""
    rows = connection.execute(select(states).where(states.c.tenant_id == tenant_id))
    return {
        (row.rule, row.subject): Standing(
            row.rule,
            row.subject,
            replace(msgspec.json.decode(row.state, type=State), reason=row.reason),
            row.alert_id,
            row.value,
            row.limit_value,
            Severity(row.severity),
            row.title,
            row.rule_group,
            row.evaluated_at,
        )
        for row in rows
    }


def settle(
    connection: Connection,
    tenant_id: int,
    judged: Iterable[Judged],
    rules: Iterable[str],
    now_us: int,
) -> int:
    """Move every judged alert, in the caller's transaction; how many changed their phase.

    rules: names of those that are watched; open alerts of any other end here.
    """
    before = read(connection, tenant_id)
    changes = _Changes(tenant_id, now_us)
    for one in judged:
        key = (one.rule.name, one.subject)
        changes.put(before.get(key), _moved(before.get(key), one, now_us), is_known=one.is_known)
    watched = set(rules)
    for (rule, _), standing in before.items():
        if rule not in watched:
            reason = "the rule is switched off or gone"
            over = replace(standing.state, phase=Phase.OK, since_us=now_us, reason=reason)
            changes.put(standing, replace(standing, state=over), is_known=False)
    return changes.write(connection)


def _moved(before: Standing | None, judged: Judged, now_us: int) -> Standing:
    rule, judgement = judged.rule, judged.judgement
    state = State(since_us=now_us) if before is None else before.state
    if judgement is None:
        state = failed(state, judged.failure, now_us)
        value = limit = None
    else:
        state = advanced(rule, state, judgement, now_us)
        value, limit = judgement.value, judgement.limit
    return Standing(
        rule.name, judged.subject, state, before.alert_id if before else None, value, limit,
        rule.severity, rule.title or rule.name, rule.group, now_us,
    )  # fmt: skip


class _Changes:
    """The rows of one evaluation, gathered so that each table is written once."""

    def __init__(self, tenant_id: int, now_us: int) -> None:
        self._tenant_id = tenant_id
        self._now_us = now_us
        self._new: list[dict[str, object]] = []
        self._same: list[dict[str, object]] = []
        self._gone: list[Key] = []
        self._transitions: list[dict[str, object]] = []
        self._opened: list[dict[str, object]] = []
        self._ended: list[str] = []

    def put(self, before: Standing | None, after: Standing, *, is_known: bool) -> None:
        was = Phase.OK if before is None else before.state.phase
        phase, alert_id = after.state.phase, after.alert_id
        if phase in ALARMING and alert_id is None:
            alert_id = str(uuid_utils.uuid7())
            self._open(after, alert_id)
        # How a new rule finds the world is no event, unless it is trouble.
        is_event = was is not phase and (before is not None or phase not in QUIET)
        if is_event:
            self._transitions.append(
                self._row(after, from_phase=was.value, to_phase=phase.value, at=self._now_us)
                | {"alert_id": alert_id}
            )
        if phase not in ALARMING and alert_id is not None:
            self._ended.append(alert_id)
            alert_id = None
        if phase in QUIET and not is_known:
            if before is not None:
                self._gone.append((after.rule, after.subject))
        elif before is None:
            self._new.append(self._state(replace(after, alert_id=alert_id)))
        elif is_event or self._is_news(before, after):
            self._same.append(self._state(replace(after, alert_id=alert_id)))

    def _is_news(self, before: Standing, after: Standing) -> bool:
        def kept(state: State) -> State:
            return replace(state, reason="", last_bad_us=None)

        is_old = self._now_us - before.evaluated_us >= FRESH_SECONDS * US
        is_renamed = (before.title, before.severity) != (after.title, after.severity)
        return is_old or is_renamed or kept(before.state) != kept(after.state)

    def _row(self, one: Standing, **more: object) -> dict[str, object]:
        return {
            "tenant_id": self._tenant_id,
            "rule": one.rule,
            "subject": one.subject,
            "severity": one.severity.value,
            "value": one.value,
            "limit_value": one.limit,
            "reason": one.state.reason,
            "title": one.title,
            "rule_group": one.group,
            **more,
        }

    def _state(self, one: Standing) -> dict[str, object]:
        return self._row(
            one,
            phase=one.state.phase.value,
            since=one.state.since_us,
            alert_id=one.alert_id,
            state=msgspec.json.encode(one.state).decode(),
            evaluated_at=self._now_us,
        )

    def _open(self, one: Standing, alert_id: str) -> None:
        about = f" ({one.subject})" if one.subject else ""
        self._opened.append(
            {
                "tenant_id": self._tenant_id,
                "timestamp": self._now_us,
                "alert_type": one.rule,
                "severity": one.severity.value,
                "message": f"{one.title}{about}: {one.state.reason}",
                "metric_value": one.value,
                "threshold_value": one.limit,
                "resolved": 0,
                "alert_id": alert_id,
                "subject": one.subject,
            }
        )

    def write(self, connection: Connection) -> int:
        """How many transitions there were."""
        if self._new:
            connection.execute(insert(states), self._new)
        if self._same:
            connection.execute(_UPDATE, [_keyed(row) for row in self._same])
        if self._gone:
            rows = [
                {"key_tenant": self._tenant_id, "key_rule": rule, "key_subject": subject}
                for rule, subject in self._gone
            ]
            connection.execute(_DELETE, rows)
        if self._transitions:
            connection.execute(insert(transitions), self._transitions)
        if self._opened:
            connection.execute(insert(alerts), self._opened)
        for alert_id in self._ended:
            connection.execute(
                update(alerts)
                .where(alerts.c.tenant_id == self._tenant_id, alerts.c.alert_id == alert_id)
                .values(resolved=1, resolved_at=self._now_us)
            )
        return len(self._transitions)


_KEY = (
    states.c.tenant_id == bindparam("key_tenant"),
    states.c.rule == bindparam("key_rule"),
    states.c.subject == bindparam("key_subject"),
)
_VALUES = (
    "phase", "since", "alert_id", "value", "limit_value", "reason", "severity", "title", "rule_group", "state",
    "evaluated_at",
)  # fmt: skip
_UPDATE = update(states).where(*_KEY).values({name: bindparam(f"new_{name}") for name in _VALUES})
_DELETE = delete(states).where(*_KEY)


def _keyed(row: dict[str, object]) -> dict[str, object]:
    return {
        "key_tenant": row["tenant_id"],
        "key_rule": row["rule"],
        "key_subject": row["subject"],
        **{f"new_{name}": row[name] for name in _VALUES},
    }


def no_data(reason: str, limit: float | None = None) -> Judgement:
    return Judgement(Verdict.NO_DATA, None, limit, reason)
