"""One evaluation: read what the rules that are due need, judge it, and move every alert in one transaction."""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from verascope import clock
from verascope.alerts import rule_store, state_store
from verascope.alerts.evidence import Found, Read, Reads, evidence_of, reads_of
from verascope.alerts.judge import Evidence, Judgement, Verdict, judge
from verascope.alerts.rule import Change, Rule, Seasonal
from verascope.alerts.rule_store import Known
from verascope.alerts.sources import Sources
from verascope.alerts.state_store import Judged, Standing
from verascope.clock import DAY, HOUR, MINUTE, US
from verascope.config import Settings
from verascope.store.database import Database
from verascope.store.tables import tenants

log = logging.getLogger(__name__)

T = TypeVar("T")

SHORT_WINDOW = 15 * MINUTE
"""A rule with a window up to this long is evaluated every time; see `period_of`."""


class Submit(Protocol):
    def __call__(self, job: Callable[[Connection], T]) -> Future[T]: ...


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What one evaluation did. failed: rules that could not be judged."""

    rules: int
    failed: int
    transitions: int


def period_of(rule: Rule) -> int:
    """Seconds between two evaluations: 0 each time, a minute for what moves by the minute, five for what
    looks back more than a day.
    """
    if rule.window_seconds > DAY:
        return 5 * MINUTE
    if rule.window_seconds > SHORT_WINDOW or isinstance(rule.condition, Change | Seasonal):
        return MINUTE
    return 0


class Evaluator:
    """Evaluates the rules of every tenant; never twice at the same time. Thread-safe."""

    def __init__(
        self,
        database: Database,
        submit: Submit,
        sources: Sources,
        settings: Callable[[], Settings],
    ) -> None:
        self._database = database
        self._submit = submit
        self._settings = settings
        self._running = threading.Lock()
        # When each rule was evaluated last, and how it read then: an edited rule is due at once.
        self._last: dict[tuple[int, str], tuple[int, Rule]] = {}
        self.sources = sources

    def run(self, now_us: int) -> Evaluated | None:
        """One evaluation of what is due; None when another one is still running."""
        if not self._running.acquire(blocking=False):
            log.warning("an evaluation of the alert rules is still running; this one is left out")
            return None
        try:
            with self._database.reading() as connection:
                rows = connection.execute(select(tenants.c.tenant_id, tenants.c.time_zone)).all()
            done = [self._tenant(row.tenant_id, clock.zone(row.time_zone), now_us) for row in rows]
            return Evaluated(
                sum(one.rules for one in done),
                sum(one.failed for one in done),
                sum(one.transitions for one in done),
            )
        finally:
            self._running.release()

    def _tenant(self, tenant_id: int, zone: ZoneInfo, now_us: int) -> Evaluated:
        with self._database.reading() as connection:
            known = rule_store.rules(connection, tenant_id, self._settings(), self.sources.metrics)
            enabled = [one for one in known.values() if one.rule.is_enabled]
            due = [one for one in enabled if self._is_due(tenant_id, one.rule, now_us)]
            standing = state_store.read(connection, tenant_id)
            wanted = {
                one.rule.name: reads_of(one.rule, now_us, zone)
                for one in due
                if one.problem is None
            }
            found = self._read(connection, tenant_id, wanted)
        subjects: dict[str, dict[str, Standing]] = {}
        for (name, subject), one_standing in standing.items():
            subjects.setdefault(name, {})[subject] = one_standing
        judged: list[Judged] = []
        for one in due:
            name = one.rule.name
            judged += self._judged(one, wanted.get(name), found, subjects.get(name, {}), now_us)
        watched = [one.rule.name for one in enabled]
        moved = self._submit(
            lambda connection: state_store.settle(connection, tenant_id, judged, watched, now_us)
        ).result()
        for one in due:
            self._last[tenant_id, one.rule.name] = (now_us, one.rule)
        failures = {one.rule.name for one in judged if one.judgement is None}
        return Evaluated(len(due), len(failures), moved)

    def _is_due(self, tenant_id: int, rule: Rule, now_us: int) -> bool:
        last = self._last.get((tenant_id, rule.name))
        if last is None or last[1] != rule or now_us < last[0]:
            return True
        return now_us - last[0] >= period_of(rule) * US

    def _read(
        self, connection: Connection, tenant_id: int, wanted: Mapping[str, Reads]
    ) -> Mapping[Read, Found | Exception]:
        """Everything in few reads; when that fails, rule by rule, so that a bad one stands alone."""
        reads = [one for rule in wanted.values() for one in rule.all()]
        try:
            return dict(self.sources.read(connection, tenant_id, reads))
        except Exception:
            log.debug("rules are read one by one", exc_info=True)
        found: dict[Read, Found | Exception] = {}
        for name, rule in wanted.items():
            try:
                found.update(self.sources.read(connection, tenant_id, list(rule.all())))
            except Exception as error:
                log.warning("rule %s can't be evaluated: %s", name, error)
                found.update(dict.fromkeys(rule.all(), error))
        return found

    def _judged(
        self,
        known: Known,
        reads: Reads | None,
        found: Mapping[Read, Found | Exception],
        subjects: Mapping[str, Standing],
        now_us: int,
    ) -> Sequence[Judged]:
        """One for each subject that the source or an open alert knows of."""
        rule = known.rule
        try:
            if reads is None:
                raise ValueError(known.problem)
            read = {}
            for one in reads.all():
                answer = found.get(one, {})
                if isinstance(answer, Exception):
                    raise answer
                read[one] = answer
            evidence = evidence_of(self.sources.metrics.get(rule.metric), reads, read)
            return self._of_subjects(rule, evidence, subjects, now_us)
        except Exception as error:
            reason = str(error) or type(error).__name__
            if not isinstance(error, ValueError):
                log.warning("rule %s can't be judged", rule.name, exc_info=True)
            return [
                Judged(rule, subject, None, reason) for subject in dict.fromkeys(["", *subjects])
            ]

    def _of_subjects(
        self,
        rule: Rule,
        evidence: Mapping[str, Evidence],
        subjects: Mapping[str, Standing],
        now_us: int,
    ) -> list[Judged]:
        judged = [Judged(rule, subject, judge(rule, one)) for subject, one in evidence.items()]
        for subject, standing in subjects.items():
            if subject and subject not in evidence:
                gone = judge(rule, Evidence(None))
                if _is_forgotten(rule, standing, now_us) or evidence:
                    gone = Judgement(Verdict.FINE, None, gone.limit, "it is not measured any more")
                judged.append(Judged(rule, subject, gone, is_known=False))
        if not evidence:
            reason = self.sources.why_nothing(rule.metric)
            judged.append(Judged(rule, "", state_store.no_data(reason)))
        elif "" not in evidence:
            bad = sum(
                one.judgement is not None and one.judgement.verdict is Verdict.BAD for one in judged
            )
            summary = Judgement(Verdict.FINE, None, None, f"{bad} of {len(evidence)} are bad")
            judged.append(Judged(rule, "", summary))
        return judged


def _is_forgotten(rule: Rule, standing: Standing, now_us: int) -> bool:
    """Whether a subject that its source doesn't know was bad so long ago that it won't come back."""
    last_bad = standing.state.last_bad_us
    return last_bad is None or now_us - last_bad > max(rule.window_seconds, HOUR) * US
