"""What alert rules see of error patterns and incidents."""

import pytest

from tests.monitor.test_error_patterns import DAY, HOUR, do, failed, follow, happened
from tests.monitor.test_incidents import opened
from tests.predictions import NOON
from verascope.errors import Invalid
from verascope.metrics import ELSEWHERE, INCIDENT_METRICS, METRICS
from verascope.monitor import error_patterns, incidents
from verascope.monitor.pattern_source import PatternSource
from verascope.store.database import Database

SOURCE = PatternSource()
SECOND = 1_000_000


def seen(
    database: Database, metric: str, start_us: int, end_us: int, tenant_id: int = 1
) -> tuple[float | None, int]:
    with database.reading() as connection:
        found = SOURCE.values(connection, tenant_id, metric, {}, start_us, end_us)
    assert list(found) == [""]
    return found[""]


def test_a_pattern_is_new_in_the_window_of_its_first_failure(database: Database) -> None:
    happened(database, failed(), failed("The file is empty.", NOON - DAY), failed(at_us=NOON + 5))
    assert seen(database, "new_error_patterns", NOON, NOON + HOUR) == (1, 1)
    assert seen(database, "new_error_patterns", NOON - DAY, NOON) == (1, 1)
    assert seen(database, "new_error_patterns", NOON + 1, NOON + HOUR) == (0, 1)
    assert seen(database, "new_error_patterns", NOON - DAY, NOON + HOUR, 2) == (0, 1)


def test_a_regression_is_seen_in_the_window_in_which_it_happened(database: Database) -> None:
    happened(database, failed())
    do(database, error_patterns.resolve, at_us=NOON + HOUR)
    happened(database, failed(at_us=NOON + 2 * HOUR))
    follow(database)
    assert seen(database, "regressed_error_patterns", NOON + HOUR, NOON + 3 * HOUR) == (1, 1)
    assert seen(database, "regressed_error_patterns", NOON + 3 * HOUR, NOON + 4 * HOUR) == (0, 1)


def test_ignored_patterns_are_neither_new_nor_regressed(database: Database) -> None:
    happened(database, failed())
    do(database, error_patterns.resolve, at_us=NOON + HOUR)
    do(database, error_patterns.ignore, NOON + DAY, at_us=NOON + HOUR)
    happened(database, failed(at_us=NOON + 2 * HOUR))
    follow(database)
    for metric in ("new_error_patterns", "regressed_error_patterns"):
        assert seen(database, metric, NOON, NOON + 3 * HOUR) == (0, 1)
        assert seen(database, metric, NOON, NOON + 2 * DAY) == (1, 1)


def test_open_incidents_are_counted_as_they_stood_at_the_end_of_the_window(
    database: Database,
) -> None:
    with database.writing() as connection:
        one = opened(connection, at_us=NOON)
        opened(connection, at_us=NOON + 10 * SECOND)
        incidents.acknowledge(connection, 1, one, "ann", NOON + 20 * SECOND)
        incidents.resolve(connection, 1, one, "ann", NOON + 30 * SECOND)
        incidents.reopen(connection, 1, one, "ann", NOON + 40 * SECOND)
        incidents.resolve(connection, 1, one, "ann", NOON + 50 * SECOND)
    stood = [
        seen(database, "open_incidents", NOON - HOUR, NOON + s * SECOND)[0]
        for s in (0, 5, 15, 25, 35, 45, 55)
    ]
    assert stood == [0, 1, 2, 2, 1, 2, 1]


def test_mean_times_have_as_many_samples_as_incidents_were_measured(database: Database) -> None:
    with database.writing() as connection:
        for seconds in (10, 30):
            one = opened(connection, at_us=NOON)
            incidents.acknowledge(connection, 1, one, "ann", NOON + seconds * SECOND)
        incidents.resolve(connection, 1, one, "ann", NOON + 90 * SECOND)
        opened(connection, at_us=NOON)
    assert seen(database, "time_to_acknowledge", NOON, NOON + 1) == (20.0, 2)
    assert seen(database, "time_to_resolve", NOON, NOON + 1) == (90.0, 1)
    assert seen(database, "time_to_resolve", NOON + 1, NOON + HOUR) == (None, 0)


def test_filters_and_unknown_metrics_are_refused(database: Database) -> None:
    with database.reading() as connection:
        with pytest.raises(Invalid, match="no filters"):
            SOURCE.values(connection, 1, "open_incidents", {"client": ("acme",)}, 0, 1)
        with pytest.raises(Invalid, match="time_to_acknowledge"):
            SOURCE.values(connection, 1, "error_rate", {}, 0, 1)


def test_every_metric_of_the_source_is_told_somewhere_and_is_no_metric_of_predictions() -> None:
    assert INCIDENT_METRICS.keys() == ELSEWHERE.keys()
    assert not INCIDENT_METRICS.keys() & METRICS.keys()
