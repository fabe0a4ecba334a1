"""Numbers of probes for alert rules."""

from typing import Any

import pytest

from tests.monitor.probes.conftest import Watch, clock, watch
from tests.predictions import NOON
from verascope.clock import HOUR, MINUTE, US
from verascope.errors import Invalid
from verascope.metrics import METRICS as OF_PREDICTIONS
from verascope.monitor.maintenance import Repeat, Window
from verascope.monitor.probe_source import METRICS, ProbeSource
from verascope.monitor.probes import records
from verascope.monitor.probes.probe import Finding, Probe
from verascope.store.database import Database
from verascope.store.tables import DEFAULT_TENANT

__all__ = ["clock", "watch"]

GOOD, BAD = Finding(True, response_ms=20.0), Finding(False, reason="away")


def keep(
    database: Database, probe: Probe, finding: Finding, minutes: float, *windows: Window
) -> None:
    at_us = NOON + round(minutes * MINUTE * US)
    with database.writing() as connection:
        records.record(connection, DEFAULT_TENANT, probe, finding, windows, at_us, at_us)


def values(
    database: Database, metric: str, start: float = 0, end: float = 60, **filters: tuple[str, ...]
) -> dict[str, Any]:
    """Of a window given in minutes after noon."""
    span = NOON + round(start * MINUTE * US), NOON + round(end * MINUTE * US)
    with database.reading() as connection:
        return dict(ProbeSource().values(connection, DEFAULT_TENANT, metric, filters, *span))


def test_names_don_t_collide_with_those_of_predictions() -> None:
    assert not METRICS.keys() & OF_PREDICTIONS.keys()
    assert all(metric.name == name for name, metric in METRICS.items())


def test_availability_and_response_time_by_probe(database: Database, watch: Watch) -> None:
    a, b = watch("a"), watch("b")
    for minute in range(4):
        keep(database, a, BAD if minute == 0 else GOOD, minute)
    keep(database, b, GOOD, 1)
    assert values(database, "probe_availability") == {"a": (75.0, 4), "b": (100.0, 1)}
    assert values(database, "probe_availability", probe=("b",)) == {"b": (100.0, 1)}
    assert values(database, "probe_availability", kind=("tcp",)) == {}
    assert values(database, "probe_availability", 1, 2) == {"a": (100.0, 1), "b": (100.0, 1)}
    assert values(database, "probe_response_time") == {"a": (20.0, 3), "b": (20.0, 1)}


def test_failures_in_a_row_are_those_up_to_the_end_of_the_window(
    database: Database, watch: Watch
) -> None:
    a = watch("a")
    for minute in range(4):
        keep(database, a, BAD, minute)
    assert values(database, "probe_failures_in_a_row", end=3) == {"a": (3.0, 1)}
    assert values(database, "probe_failures_in_a_row", end=4) == {"a": (4.0, 1)}
    keep(database, a, GOOD, 4)
    assert values(database, "probe_failures_in_a_row", end=5) == {"a": (0.0, 1)}


def test_a_probe_that_is_no_longer_checked_has_no_data(database: Database, watch: Watch) -> None:
    a = watch("a")
    keep(database, a, BAD, 0)
    assert values(database, "probe_failures_in_a_row", 1, 2) == {"a": (1.0, 1)}
    assert values(database, "probe_failures_in_a_row", 10, 20) == {}


def test_a_certificate_that_is_looked_at_hourly_is_known_in_a_window_of_minutes(
    database: Database, watch: Watch
) -> None:
    one = watch("cert", "tls", "localhost:1")
    keep(database, one, Finding(True, certificate_days=12.5), 0)
    assert values(database, "certificate_days", 55, 60) == {"cert": (12.5, 1)}
    assert values(database, "certificate_days", 5 * 60, 5 * 60 + 5) == {}


def test_shift_and_lateness(database: Database, watch: Watch) -> None:
    known = watch("known", "known_answer", "own:detector")
    job = watch("job", "heartbeat", "", interval_seconds=HOUR)
    keep(database, known, Finding(False, reason="moved", shift=17.5), 58)
    keep(database, job, Finding(False, reason="late", late_seconds=90.0), 59)
    assert values(database, "known_answer_shift") == {"known": (17.5, 1)}
    assert values(database, "heartbeat_late") == {"job": (90.0, 1)}


def test_connectivity_is_of_the_probes_that_count_for_it(database: Database, watch: Watch) -> None:
    own = watch("own", settings={"connectivity": True})
    outside = watch("outside", "tcp", "localhost:1", settings={"connectivity": True})
    keep(database, watch("other"), BAD, 1)
    assert values(database, "connectivity") == {}
    for minute in range(3):
        keep(database, own, GOOD, minute)
    keep(database, outside, BAD, 1)
    assert values(database, "connectivity") == {"": (75.0, 4)}


def test_maintenance_is_no_data(database: Database, watch: Watch) -> None:
    a = watch("a")
    window = Window(
        "w", "w", frozenset(), NOON, NOON + HOUR * US, Repeat.NONE, "UTC", "", 0, "owner"
    )
    for minute in range(5):
        keep(database, a, BAD, minute, window)
    assert values(database, "probe_availability", end=5) == {}
    assert values(database, "probe_failures_in_a_row", end=5) == {"a": (0.0, 1)}


def test_paused_probes_say_nothing(database: Database, watch: Watch) -> None:
    a = watch("a", enabled=False)
    keep(database, a, BAD, 0)
    assert values(database, "probe_availability") == {}
    assert values(database, "probe_failures_in_a_row", end=1) == {}


def test_unknown_metrics_and_filters_are_refused_by_name(database: Database) -> None:
    with pytest.raises(Invalid, match="metric"):
        values(database, "probe_mood")
    with pytest.raises(Invalid, match=r"filters\.client"):
        values(database, "connectivity", client=("acme",))
