"""The runner over a real store: what is due is checked, never twice at once, cut off in time, kept over a restart."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest
from sqlalchemy import Connection

from tests.monitor.probes.conftest import Clock, Watch
from tests.monitor.probes.targets import answering, hanging, serving
from tests.predictions import NOON
from verascope.clock import HOUR, MINUTE, US
from verascope.errors import Busy, NotFound
from verascope.monitor.probes import heartbeat, records
from verascope.monitor.probes.check import Own
from verascope.monitor.probes.probe import Origin
from verascope.monitor.probes.records import Watched
from verascope.monitor.probes.runner import AT_ONCE, ProbeRunner
from verascope.monitor.probes.state import Phase
from verascope.records import Verdict
from verascope.store.database import Database
from verascope.store.tables import DEFAULT_TENANT

Make = Callable[[], ProbeRunner]


def nobody(_: bytes) -> Verdict:
    raise AssertionError("nobody asked for it")


@pytest.fixture
def make(database: Database, clock: Clock) -> Make:
    """A runner that is not started; writes happen at once."""
    lock = threading.Lock()

    def submit(job: Callable[[Connection], Any]) -> Future[Any]:
        future: Future[Any] = Future()
        with lock, database.writing() as connection:
            future.set_result(job(connection))
        return future

    own = Own("http://127.0.0.1:1", True, nobody)
    return lambda: ProbeRunner(database, submit, own, clock, chance=lambda: 0.5)


def looked(runner: ProbeRunner) -> int:
    """Everything that is due has been checked; how many that were."""
    begun = runner.look()
    for thread in begun:
        thread.join(20)
    return len(begun)


def standing(database: Database, name: str = "p") -> Watched:
    with database.reading() as connection:
        return records.get(connection, DEFAULT_TENANT, name)


def test_what_is_due_is_checked_and_then_due_an_interval_later(
    database: Database, watch: Watch, make: Make, clock: Clock
) -> None:
    with serving(answering()) as port:
        watch(target=f"http://127.0.0.1:{port}/")
        runner = make()
        assert looked(runner) == 1
        found = standing(database)
        assert (found.state.phase, found.next_due_us) == (Phase.UP, NOON + 60 * US)
        assert looked(runner) == 0
        clock.pass_seconds(60)
        assert looked(runner) == 1


def test_a_pause_is_a_pause(watch: Watch, make: Make) -> None:
    watch(enabled=False)
    assert looked(make()) == 0


def test_failures_in_a_row_make_it_down_and_a_restart_does_not_forget_them(
    database: Database, watch: Watch, make: Make, clock: Clock
) -> None:
    watch(target="http://127.0.0.1:1/", fail_after=3)
    for _ in range(3):
        assert standing(database).state.phase is not Phase.DOWN
        looked(make())
        clock.pass_seconds(60)
    found = standing(database)
    assert (found.state.phase, found.state.failures_in_a_row) == (Phase.DOWN, 3)
    assert found.last is not None
    assert "can't be reached" in str(found.last.reason)


def test_a_probe_is_never_checked_twice_at_once_and_slow_ones_delay_nobody(
    database: Database, watch: Watch, make: Make
) -> None:
    with serving(hanging) as slow, serving(answering()) as quick:
        watch("slow", target=f"http://127.0.0.1:{slow}/", timeout_seconds=5)
        watch("quick", target=f"http://127.0.0.1:{quick}/")
        runner = make()
        begun = {thread.name: thread for thread in runner.look()}
        begun["probe quick"].join(20)
        assert standing(database, "quick").state.phase is Phase.UP
        assert runner.inside == {"slow"}
        assert runner.look() == []
        with pytest.raises(Busy, match="slow"):
            runner.run_now("slow")
        runner.stop()
        begun["probe slow"].join(20)
    assert runner.inside == frozenset()
    assert standing(database, "slow").last is None


def test_no_more_are_checked_at_once_than_places_and_the_rest_stays_due(
    watch: Watch, make: Make
) -> None:
    with serving(hanging) as slow:
        for number in range(AT_ONCE + 3):
            watch(f"p{number}", target=f"http://127.0.0.1:{slow}/", timeout_seconds=30)
        runner = make()
        begun = runner.look()
        assert len(begun) == AT_ONCE
        assert runner.look() == []
        runner.stop()
        for thread in begun:
            thread.join(20)


def test_run_now_keeps_the_rhythm_and_counts(
    database: Database, watch: Watch, make: Make, clock: Clock
) -> None:
    with serving(answering()) as port:
        watch(target=f"http://127.0.0.1:{port}/")
        runner = make()
        looked(runner)
        clock.pass_seconds(10)
        runner.run_now("p")
    found = standing(database)
    assert found.next_due_us == NOON + 70 * US
    assert found.state.successes_in_a_row == 2
    with pytest.raises(NotFound):
        runner.run_now("other")


def test_a_store_that_can_not_be_written_is_not_asked_again_at_once(
    database: Database, watch: Watch, clock: Clock
) -> None:
    watch(target="http://127.0.0.1:1/")

    def refuse(job: Callable[[Connection], Any]) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_exception(Busy("The disk is full."))
        return future

    runner = ProbeRunner(database, refuse, Own("", True, nobody), clock)
    assert looked(runner) == 1
    assert looked(runner) == 0
    assert runner.inside == frozenset()


def test_the_first_start_makes_the_default_probes_and_later_ones_leave_them_alone(
    database: Database, make: Make, clock: Clock
) -> None:
    runner = make()
    runner.start()
    runner.stop()
    with database.reading() as connection:
        made = [one.probe for one in records.listed(connection, DEFAULT_TENANT)]
    assert [(one.name, one.target, one.origin) for one in made] == [
        ("own-dashboard", "own:/dashboard", Origin.DEFAULT),
        ("own-dns", "localhost", Origin.DEFAULT),
        ("own-health", "own:/health", Origin.DEFAULT),
    ]
    assert all(one.settings.connectivity for one in made)
    clock.pass_seconds(1)
    runner = make()
    runner.start()
    runner.stop()
    with database.reading() as connection:
        assert [one.probe for one in records.listed(connection, DEFAULT_TENANT)] == made


def test_a_silent_job_is_down_and_its_next_beat_brings_it_up_at_once(
    database: Database, watch: Watch, make: Make, clock: Clock
) -> None:
    watch("job", "heartbeat", "", interval_seconds=HOUR)
    runner = make()

    def beat() -> None:
        with database.writing() as connection:
            records.beat(connection, DEFAULT_TENANT, "job", clock())

    beat()
    looked(runner)
    assert standing(database, "job").state.phase is Phase.UP
    for _ in range(HOUR // heartbeat.CHECK_SECONDS + 6):
        clock.pass_seconds(heartbeat.CHECK_SECONDS)
        looked(runner)
    found = standing(database, "job")
    assert found.state.phase is Phase.DOWN
    assert found.last is not None
    assert found.last.detail["late_seconds"] > 0
    beat()
    looked(runner)
    assert standing(database, "job").state.phase is Phase.UP


def test_after_a_stop_of_ours_a_job_has_its_whole_interval_to_call(
    database: Database, watch: Watch, make: Make, clock: Clock
) -> None:
    watch("job", "heartbeat", "", interval_seconds=HOUR)
    with database.writing() as connection:
        records.beat(connection, DEFAULT_TENANT, "job", clock())
    looked(make())
    clock.pass_seconds(20 * HOUR)
    restarted = make()
    looked(restarted)
    assert standing(database, "job").state.phase is Phase.UP
    clock.pass_seconds(HOUR + 2 * MINUTE)
    looked(restarted)
    assert standing(database, "job").state.phase is Phase.DOWN
