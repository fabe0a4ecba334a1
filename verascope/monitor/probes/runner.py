"""Runs probes when they are due: each in a thread of its own, none twice at once, all bounded in time.

What is due, and what came of it, stands in the database, so a restart goes on where the last run ended. The
thread that looks what is due never waits for a target; slow ones delay nobody.
"""

import logging
import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from sqlalchemy import Connection, select

from verascope.clock import US, Now
from verascope.errors import Busy, Conflict, NotFound, VerascopeError
from verascope.monitor import windows
from verascope.monitor.probes import heartbeat, history, records, state
from verascope.monitor.probes.check import Own, check
from verascope.monitor.probes.connect import Watch
from verascope.monitor.probes.defaults import default_probes
from verascope.monitor.probes.probe import Finding, Kind, Probe
from verascope.monitor.probes.records import Watched
from verascope.store.database import Database
from verascope.store.fold import Submit
from verascope.store.probe_tables import probes
from verascope.store.tables import DEFAULT_TENANT

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
AT_ONCE = 32
"""Checks that may go on at the same time. Those that must wait stay due."""
SPREAD_SECONDS = 5.0
"""After a start, what is due begins within so much time, not all at once."""
STORE_SECONDS = 30.0


class ProbeRunner:
    """From `start` to `stop`. Thread-safe."""

    def __init__(
        self,
        database: Database,
        submit: Submit,
        own: Own,
        now: Now,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._database = database
        self._submit = submit
        self._own = own
        self._now = now
        self._chance = chance
        self._lock = threading.Lock()
        self._inside: dict[str, Watch] = {}
        self._not_before: dict[str, float] = {}
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None
        self.listening_since_us = now()
        self.failures = 0

    def start(self) -> None:
        """Make the default probes that are missing, and begin. Raises Busy when nothing can be written."""
        self.listening_since_us = self._now()
        self._submit(self._prepare).result(STORE_SECONDS)
        self._thread = threading.Thread(target=self._run, name="probes", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Cut off what is going on; what it would have found is not kept."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join()
        with self._lock:
            inside = list(self._inside.values())
        for watch in inside:
            watch.cut()
        deadline = time.monotonic() + 2
        while self._inside and time.monotonic() < deadline:
            time.sleep(0.01)

    @property
    def inside(self) -> frozenset[str]:
        """Names of the probes that are being checked now."""
        return frozenset(self._inside)

    def look(self) -> list[threading.Thread]:
        """Begin every check that is due and not going on; the threads that do them."""
        with self._database.reading() as connection:
            due = records.due(connection, DEFAULT_TENANT, self._now())
        begun = []
        for watched in sorted(due, key=lambda one: one.next_due_us):
            name = watched.probe.name
            if time.monotonic() < self._not_before.get(name, 0):
                continue
            watch = self._enter(watched.probe)
            if watch is not None:
                thread = threading.Thread(
                    target=self._quietly, args=(watched, watch), name=f"probe {name}", daemon=True
                )
                begun.append(thread)
                thread.start()
        return begun

    def run_now(self, name: str) -> None:
        """Check at once, outside the rhythm; returns when the finding is stored.

        Raises NotFound; Busy when it is being checked, or too many are.
        """
        with self._database.reading() as connection:
            watched = records.get(connection, DEFAULT_TENANT, name)
        watch = self._enter(watched.probe)
        if watch is None:
            raise Busy(f"The probe {name!r} is being checked, or {AT_ONCE} others are.", 2)
        self._check(watched, watch)

    def thin_out(self, retention_days: int) -> None:
        """See `history.thin_out`."""
        self._submit(
            lambda connection: history.thin_out(
                connection, DEFAULT_TENANT, self._now(), retention_days
            )
        ).result()

    def _prepare(self, connection: Connection) -> None:
        now_us = self._now()
        asked = select(probes.c.name).where(probes.c.tenant_id == DEFAULT_TENANT)
        known = {row[0] for row in connection.execute(asked)}
        for probe in default_probes(now_us):
            if probe.name not in known:
                with suppress(Conflict):
                    records.add(connection, DEFAULT_TENANT, probe, self._soon())
        for watched in records.due(connection, DEFAULT_TENANT, now_us):
            records.put_off(connection, DEFAULT_TENANT, watched.probe.name, self._soon())

    def _soon(self) -> int:
        return self._now() + round(self._chance() * SPREAD_SECONDS * US)

    def _run(self) -> None:
        while not self._ending.wait(LOOK_SECONDS):
            try:
                self.look()
            except Exception:
                self.failures += 1
                log.exception("probes can't be looked at")
                self._ending.wait(LOOK_SECONDS * 10)

    def _enter(self, probe: Probe) -> Watch | None:
        """A place for a check; None when this probe has one, or all are taken."""
        with self._lock:
            if self._ending.is_set() or probe.name in self._inside or len(self._inside) >= AT_ONCE:
                return None
            watch = self._inside[probe.name] = Watch(probe.timeout_seconds)
            return watch

    def _quietly(self, watched: Watched, watch: Watch) -> None:
        name = watched.probe.name
        try:
            self._check(watched, watch)
            self._not_before.pop(name, None)
        except VerascopeError as error:
            self._not_before[name] = time.monotonic() + watched.probe.interval_seconds
            log.warning("probe %s: its finding is not kept: %s", name, error.detail)
        except Exception:
            self.failures += 1
            # It stays due in the database; it must not be tried again at once.
            self._not_before[name] = time.monotonic() + watched.probe.interval_seconds
            log.exception("probe %s: its finding is not kept", name)

    def _check(self, watched: Watched, watch: Watch) -> None:
        probe = watched.probe
        try:
            finding = None
            if probe.kind is not Kind.HEARTBEAT:
                with watch:
                    finding = check(probe, watched.reference, self._own, self._now, watch)
            if self._ending.is_set():
                return
            self._submit(lambda connection: self._keep(connection, watched, finding)).result(
                STORE_SECONDS
            )
        finally:
            with self._lock:
                self._inside.pop(probe.name, None)

    def _keep(self, connection: Connection, watched: Watched, finding: Finding | None) -> None:
        probe, now_us = watched.probe, self._now()
        seconds = probe.interval_seconds
        if probe.kind is Kind.HEARTBEAT:
            # Judged here: a beat that came in the meantime must not be overlooked.
            seconds = heartbeat.CHECK_SECONDS
            finding = self._silence(connection, probe, now_us)
        # A check out of turn has a due time that is still to come.
        last_due_us = min(watched.next_due_us, now_us)
        due_us = state.next_due(last_due_us, now_us, seconds * US, self._chance())
        if finding is None:
            records.put_off(connection, DEFAULT_TENANT, probe.name, due_us)
            return
        known = windows.listed(connection, DEFAULT_TENANT)
        before = watched.state.phase
        after = records.record(connection, DEFAULT_TENANT, probe, finding, known, now_us, due_us)
        if after is not None and after.phase is not before:
            log.info(
                "probe %s: %s, was %s: %s", probe.name, after.phase, before, finding.reason or "ok"
            )

    def _silence(self, connection: Connection, probe: Probe, now_us: int) -> Finding | None:
        try:
            last_beat_us = records.get(connection, DEFAULT_TENANT, probe.name).last_beat_us
        except NotFound:
            return None
        # An edited one has a new interval to keep, from then on.
        since_us = max(self.listening_since_us, probe.updated_us)
        return heartbeat.judge(probe, last_beat_us, since_us, now_us)
