"""Findings as rows, on SQLite and PostgreSQL: counted by minute, put together with age, read back."""

import pytest

from tests.monitor.probes.conftest import Clock, Watch
from tests.predictions import NOON
from verascope.clock import DAY, HOUR, MINUTE, US
from verascope.errors import Conflict, NotFound
from verascope.monitor.maintenance import Repeat, Window
from verascope.monitor.probes import history, records
from verascope.monitor.probes.probe import Finding, Probe, Reference
from verascope.monitor.probes.records import Watched
from verascope.monitor.probes.settings import read
from verascope.monitor.probes.state import Phase
from verascope.store.database import Database
from verascope.store.tables import DEFAULT_TENANT

GOOD, BAD = Finding(True, response_ms=20.0), Finding(False, reason="It is away.", response_ms=None)


def keep(database: Database, probe: Probe, finding: Finding, at_us: int, *windows: Window) -> None:
    with database.writing() as connection:
        records.record(connection, DEFAULT_TENANT, probe, finding, windows, at_us, at_us + 60 * US)


def totals(
    database: Database, seconds: int = 30 * DAY, end_us: int = NOON + DAY * US
) -> history.Totals:
    with database.reading() as connection:
        return history.totals(connection, DEFAULT_TENANT, end_us - seconds * US, end_us)["p"]


def standing(database: Database) -> Watched:
    with database.reading() as connection:
        return records.get(connection, DEFAULT_TENANT, "p")


def all_day(start_us: int = NOON - HOUR * US, hours: int = 2) -> Window:
    end_us = start_us + hours * HOUR * US
    return Window("w", "w", frozenset(), start_us, end_us, Repeat.NONE, "UTC", "", 0, "owner")


def test_a_probe_reads_back_as_it_was_stored(database: Database, watch: Watch) -> None:
    probe = watch(
        settings={"json": [{"path": "/a", "op": "equals", "value": [1, None]}], "contains": "ü"}
    )
    found = standing(database)
    assert found.probe == probe
    assert (found.state.phase, found.last, found.reference) == (Phase.UNKNOWN, None, None)


def test_a_name_is_given_once(database: Database, watch: Watch) -> None:
    watch()
    with pytest.raises(Conflict, match="already"):
        watch()


def test_availability_is_good_minutes_of_probed_minutes(database: Database, watch: Watch) -> None:
    probe = watch()
    for seconds, finding in ((0, GOOD), (20, BAD), (40, GOOD), (60, GOOD), (130, GOOD), (600, BAD)):
        keep(database, probe, finding, NOON + seconds * US)
    found = totals(database)
    assert (found.minutes, found.good_minutes) == (4, 2)
    assert (found.checks, found.good_checks) == (6, 4)
    assert found.availability == 50
    assert found.response_ms == 20


def test_in_maintenance_nothing_counts_but_it_is_seen(database: Database, watch: Watch) -> None:
    probe = watch()
    keep(database, probe, GOOD, NOON - 2 * HOUR * US)
    for number in range(5):
        keep(database, probe, BAD, NOON + number * MINUTE * US, all_day())
    found = totals(database)
    assert (found.minutes, found.availability) == (1, 100)
    assert standing(database).state.phase is Phase.UP
    with database.reading() as connection:
        failures = history.failures(connection, DEFAULT_TENANT, "p", 0, NOON + DAY * US)
    assert [one.in_maintenance for one in failures] == [True] * 5


def test_a_minute_that_is_partly_maintenance_counts_for_the_rest(
    database: Database, watch: Watch
) -> None:
    probe = watch()
    window = all_day(NOON, 1)
    keep(database, probe, BAD, NOON + 5 * US, window)
    keep(database, probe, GOOD, NOON + 25 * US)
    keep(database, probe, BAD, NOON + 45 * US, window)
    found = totals(database)
    assert (found.minutes, found.good_minutes, found.checks) == (1, 1, 1)


def test_the_state_and_the_last_finding_are_kept(database: Database, watch: Watch) -> None:
    probe = watch(fail_after=2)
    keep(database, probe, GOOD, NOON)
    for number in (1, 2):
        keep(database, probe, BAD, NOON + number * MINUTE * US)
    found = standing(database)
    assert (found.state.phase, found.state.since_us) == (Phase.DOWN, NOON + 2 * MINUTE * US)
    assert found.last is not None
    assert (found.last.ok, found.last.reason) == (False, "It is away.")


def test_the_finding_of_a_probe_that_was_changed_meanwhile_is_dropped(
    database: Database, watch: Watch, clock: Clock
) -> None:
    probe = watch()
    clock.pass_seconds(1)
    changed = read({"target": "http://127.0.0.1:2/"}, clock(), probe)
    with database.writing() as connection:
        records.replace(connection, DEFAULT_TENANT, probe, changed)
        assert records.record(connection, DEFAULT_TENANT, probe, BAD, (), clock(), clock()) is None
    assert standing(database).last is None


def test_another_target_is_judged_anew_and_another_rhythm_is_not(
    database: Database, watch: Watch, clock: Clock
) -> None:
    probe = watch()
    reference = Reference("real", 12.5, None, NOON)
    keep(database, probe, Finding(True, reference=reference), NOON)
    rhythm = read({"target": probe.target, "interval_seconds": 30}, NOON + 1, probe)
    with database.writing() as connection:
        records.replace(connection, DEFAULT_TENANT, probe, rhythm)
    assert standing(database).reference == reference
    assert standing(database).state.phase is Phase.UP
    other = read({"target": "http://127.0.0.1:2/"}, NOON + 2, rhythm)
    with database.writing() as connection:
        records.replace(connection, DEFAULT_TENANT, rhythm, other)
    assert standing(database).reference is None
    assert standing(database).state.phase is Phase.UNKNOWN


def test_a_probe_is_deleted_with_its_history(database: Database, watch: Watch) -> None:
    probe = watch()
    keep(database, probe, BAD, NOON)
    with database.writing() as connection:
        records.remove(connection, DEFAULT_TENANT, "p")
    with database.reading() as connection:
        assert history.totals(connection, DEFAULT_TENANT, 0, NOON + DAY * US) == {}
        assert history.failures(connection, DEFAULT_TENANT, "p", 0, NOON + DAY * US) == []
    with database.writing() as connection, pytest.raises(NotFound):
        records.remove(connection, DEFAULT_TENANT, "p")


def test_one_tenant_does_not_see_the_probes_of_another(database: Database, watch: Watch) -> None:
    probe = watch()
    keep(database, probe, GOOD, NOON)
    with database.reading() as connection:
        assert records.listed(connection, 2) == []
        assert history.totals(connection, 2, 0, NOON + DAY * US) == {}


def test_points_have_a_step_for_all_time_and_say_nothing_where_nothing_was_checked(
    database: Database, watch: Watch
) -> None:
    probe = watch()
    keep(database, probe, GOOD, NOON)
    keep(database, probe, Finding(True, response_ms=40.0), NOON + 60 * US)
    keep(database, probe, BAD, NOON + 300 * US)
    with database.reading() as connection:
        points = history.points(
            connection, DEFAULT_TENANT, "p", NOON - 300 * US, NOON + 600 * US, 300
        )
    assert [(one.up, one.response_ms) for one in points] == [
        (None, None),
        (100.0, 30.0),
        (0.0, None),
    ]
    assert [one.start_us for one in points] == [NOON + n * 300 * US for n in (-1, 0, 1)]


def test_thinning_out_keeps_every_sum(database: Database, watch: Watch) -> None:
    probe = watch()
    for number in range(60):
        at_us = NOON - 70 * DAY * US + number * MINUTE * US
        keep(database, probe, BAD if number % 7 == 0 else GOOD, at_us)
        keep(database, probe, Finding(True, certificate_days=30 - number / 100), NOON - 10 * DAY * US + number * MINUTE * US)  # fmt: skip
    before = totals(database, 100 * DAY)
    with database.writing() as connection:
        assert history.thin_out(connection, DEFAULT_TENANT, NOON, 400) == 60 - 1 + 60 - 4
        assert history.thin_out(connection, DEFAULT_TENANT, NOON, 400) == 0
        newest = history.newest(connection, DEFAULT_TENANT, 0, NOON)["p"][1]
    assert totals(database, 100 * DAY) == before
    assert newest.certificate_days == pytest.approx(29.41)


def test_late_findings_are_put_together_with_what_was_already(
    database: Database, watch: Watch
) -> None:
    probe = watch()
    for number in (0, 1):
        keep(database, probe, GOOD, NOON - 10 * DAY * US + number * MINUTE * US)
        with database.writing() as connection:
            history.thin_out(connection, DEFAULT_TENANT, NOON, 400)
    assert totals(database).minutes == 2


def test_past_retention_nothing_is_left(database: Database, watch: Watch) -> None:
    probe = watch()
    keep(database, probe, BAD, NOON - 31 * DAY * US)
    keep(database, probe, BAD, NOON)
    with database.writing() as connection:
        assert history.thin_out(connection, DEFAULT_TENANT, NOON, 30) == 1
    with database.reading() as connection:
        assert len(history.failures(connection, DEFAULT_TENANT, "p", 0, NOON + 1)) == 1
