"""What is done again and again while the server runs: a table of periodic jobs, and the one thread that runs them.

A job never overlaps itself; one that fails is logged and tried again when it is next due. Jobs ask
`Runtime` for everything and write through its writer.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from verascope.alerts import pipeline
from verascope.clock import US
from verascope.errors import VerascopeError
from verascope.monitor import samples
from verascope.monitor.error_patterns import Follower
from verascope.monitor.host import Host, Service
from verascope.notifications import claims
from verascope.queries.query import Last, Query, Unit
from verascope.runtime import Runtime
from verascope.store import events
from verascope.store.tables import DEFAULT_TENANT

log = logging.getLogger(__name__)

SAMPLE_SECONDS = 10
SENDERS_SECONDS = 5
DELIVER_SECONDS = 2
ALERTS_SECONDS = 5
PATTERNS_SECONDS = 5
KEY_HOURS = 24
"""An Idempotency-Key is for retries; after a day it may be used anew."""

_ERROR_RATE = Query(metrics=("error_rate",), range=Last(5, Unit.MINUTES))


@dataclass(frozen=True, slots=True)
class Job:
    """`run` is called every `seconds`, the first time that long after the start."""

    name: str
    seconds: float
    run: Callable[[], None]


class Jobs:
    """Runs jobs one after another in a thread of its own, from `start` to `stop`."""

    def __init__(
        self, jobs: Sequence[Job], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._monotonic = monotonic
        self._due = [(monotonic() + job.seconds, job) for job in jobs]
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="jobs", daemon=True)
        self.failures: dict[str, int] = {}

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Returns when the job that is running has ended."""
        self._ending.set()
        self._thread.join()

    def run_due(self) -> float:
        """Run everything that is due; in how many seconds the next one will be."""
        for place, (due, job) in enumerate(self._due):
            if due > self._monotonic() or self._ending.is_set():
                continue
            try:
                job.run()
            except Exception:
                self.failures[job.name] = self.failures.get(job.name, 0) + 1
                log.exception("job %s failed", job.name)
            # After a long stop (a suspended laptop) it runs once, not once for every time it missed.
            now = self._monotonic()
            self._due[place] = (
                due + job.seconds if due + job.seconds > now else now + job.seconds,
                job,
            )
        nearest = min((due for due, _ in self._due), default=self._monotonic() + 3600)
        return max(0.0, nearest - self._monotonic())

    def _run(self) -> None:
        while not self._ending.wait(self.run_due()):
            pass


def jobs_of(runtime: Runtime) -> Jobs:
    """The periodic jobs of a server, not started yet."""
    host = Host(runtime.settings.home, runtime.database.path)

    def sample() -> None:
        taken = host.sample(runtime.now(), _service(runtime))
        runtime.writer.submit(lambda connection: samples.store(connection, taken)).result()

    def thin_out() -> None:
        days = runtime.settings.recording.retention_days
        runtime.writer.submit(
            lambda connection: samples.thin_out(connection, runtime.now(), days)
        ).result()

    def thin_out_probes() -> None:
        runtime.probes.thin_out(runtime.settings.recording.retention_days)

    def forget_keys() -> None:
        before_us = runtime.now() - KEY_HOURS * 3600 * US
        runtime.writer.submit(lambda connection: events.forget(connection, before_us)).result()

    def keep_senders() -> None:
        if runtime.senders.has_news:
            runtime.writer.submit(runtime.senders.flush).result()

    patterns = Follower(runtime.database, runtime.writer.submit)

    # Rates need a sample before; the very first one isn't kept.
    host.sample(runtime.now(), Service(runtime.meters.requests, None, None, 0))
    return Jobs(
        (
            Job("sample", SAMPLE_SECONDS, sample),
            Job("keep senders", SENDERS_SECONDS, keep_senders),
            Job("follow error patterns", PATTERNS_SECONDS, patterns.run),
            Job("forget idempotency keys", 3600, forget_keys),
            Job("thin out samples", 3600, thin_out),
            Job("thin out probe results", 3600, thin_out_probes),
        )
    )


def alerts_of(runtime: Runtime) -> Jobs:
    """The jobs that evaluate rules and tell of alerts, not started yet. In a thread of their own: many rules over a long
    history must not delay the samples.
    """

    def evaluate_alerts() -> None:
        runtime.evaluator.run(runtime.now())

    def tell_alerts() -> None:
        def tick(tenant_id: int, connection: Any) -> int:
            desk = runtime.desk(connection, tenant_id)
            return pipeline.tick(connection, tenant_id, desk, runtime.now())

        with runtime.database.reading() as reading:
            everybody = pipeline.tenants_of(reading)
        for tenant_id in everybody:
            runtime.writer.submit(partial(tick, tenant_id)).result()

    return Jobs(
        (
            Job("alerts", ALERTS_SECONDS, evaluate_alerts),
            # A job of its own: what is known is told even while evaluating fails.
            Job("tell alerts", ALERTS_SECONDS, tell_alerts),
        )
    )


def deliveries_of(runtime: Runtime) -> Jobs:
    """The jobs that send the outbox, not started yet. They have a thread of their own, and start threads that send, so
    that a slow mail server delays neither the samples nor other channels.
    """

    def release() -> None:
        before_us = runtime.now() - claims.LEASE_SECONDS * US
        runtime.writer.submit(lambda connection: claims.release(connection, before_us)).result()

    def deliver() -> None:
        runtime.deliverer.start_due(runtime.now())

    return Jobs((Job("deliver", DELIVER_SECONDS, deliver), Job("release deliveries", 300, release)))


def _service(runtime: Runtime) -> Service:
    try:
        rate = runtime.answers.answer(DEFAULT_TENANT, _ERROR_RATE)["totals"]["error_rate"]
    except VerascopeError as error:
        # The samples of a machine in trouble are the ones that matter.
        log.warning("the error rate is unknown: %s", error.detail)
        rate = None
    return Service(
        requests=runtime.meters.requests,
        error_rate=rate,
        event_loop_lag_ms=runtime.loop_lag.take(),
        queue_depth=runtime.writer.depth,
    )
