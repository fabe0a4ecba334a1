"""Time to acknowledge and time to resolve: from the timeline, by month and severity."""

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from tests.monitor.test_incidents import opened
from verascope import clock
from verascope.monitor import incidents, resolution
from verascope.monitor.resolution import Times, times
from verascope.store.database import Database
from verascope.store.tables import tenants

S = 1_000_000
MINUTE = 60 * S


def at(text: str) -> int:
    return clock.from_iso("at", text)


def test_times_run_from_the_opening() -> None:
    told = [("opened", 0), ("acknowledged", 90 * S), ("resolved", 600 * S)]
    assert times(told) == Times(90.0, 600.0, 600 * S)


def test_a_reopened_incident_counts_until_its_last_resolve() -> None:
    told = [("opened", 0), ("resolved", 100 * S), ("reopened", 400 * S)]
    assert times(told) == Times(None, None, None)
    told += [("acknowledged", 450 * S), ("resolved", 500 * S)]
    assert times(told) == Times(450.0, 500.0, 500 * S)


def test_only_the_first_acknowledgement_counts() -> None:
    told = [("opened", 0), ("acknowledged", S), ("resolved", 2 * S), ("reopened", 3 * S)]
    assert times([*told, ("acknowledged", 9 * S)]).acknowledge == 1.0


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["acknowledged", "resolved", "reopened", "note", "assigned"]),
            st.integers(-10 * S, 10 * S),
        )
    )
)
def test_no_time_is_negative_whatever_the_clock_did(told: list[tuple[str, int]]) -> None:
    found = times([("opened", 0), *told])
    assert found.acknowledge is None or found.acknowledge >= 0
    assert found.resolve is None or found.resolve >= 0
    states = [kind for kind, _ in told if kind in ("resolved", "reopened")]
    assert (found.resolve is not None) == (states[-1:] == ["resolved"])


def lived(
    connection: Connection,
    start: str,
    *,
    severity: str = "critical",
    about: str = "other",
    acknowledged_s: int | None = None,
    resolved_s: int | None = None,
) -> str:
    start_us = at(start)
    one = opened(connection, severity=severity, about=about, at_us=start_us)
    if acknowledged_s is not None:
        incidents.acknowledge(connection, 1, one, "ann", start_us + acknowledged_s * S)
    if resolved_s is not None:
        incidents.resolve(connection, 1, one, "ann", start_us + resolved_s * S)
    return one


def test_means_are_by_month_of_opening_and_severity(database: Database) -> None:
    with database.writing() as connection:
        lived(connection, "2026-02-27T09:00:00Z", acknowledged_s=60, resolved_s=1000)
        lived(connection, "2026-03-02T09:00:00Z", acknowledged_s=10, resolved_s=100, about="errors")
        lived(connection, "2026-03-03T09:00:00Z", acknowledged_s=30, resolved_s=500)
        lived(connection, "2026-03-04T09:00:00Z", severity="info", resolved_s=7)
        lived(connection, "2026-03-05T09:00:00Z")
    with database.reading() as connection:
        items = resolution.statistics(connection, 1, 3, at("2026-03-20T00:00:00Z"))
    assert [(one["month"], one["severity"]) for one in items[:4]] == [
        ("2026-03", "critical"),
        ("2026-03", "warning"),
        ("2026-03", "info"),
        ("2026-02", "critical"),
    ]
    assert len(items) == 9
    assert items[0] == {
        "month": "2026-03",
        "severity": "critical",
        "incidents": 3,
        "acknowledged": 2,
        "resolved": 2,
        "resolved_about_errors": 1,
        "mtta_seconds": 20.0,
        "mttr_seconds": 300.0,
        "mttr_error_seconds": 100.0,
    }
    assert items[1]["incidents"] == 0
    assert items[1]["mttr_seconds"] is None
    assert (items[2]["mtta_seconds"], items[2]["mttr_seconds"]) == (None, 7.0)
    assert (items[3]["mtta_seconds"], items[3]["mttr_error_seconds"]) == (60.0, None)


def test_a_month_begins_on_the_tenants_clock(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(
            tenants.update().where(tenants.c.tenant_id == 1).values(time_zone="Asia/Tokyo")
        )
        lived(connection, "2026-02-28T15:30:00Z")  # half past midnight in Tokyo
        lived(connection, "2026-02-28T14:30:00Z")
    with database.reading() as connection:
        items = resolution.statistics(connection, 1, 2, at("2026-03-20T00:00:00Z"))
    counts = {(one["month"], one["severity"]): one["incidents"] for one in items}
    assert counts["2026-03", "critical"] == 1
    assert counts["2026-02", "critical"] == 1


def test_a_changed_severity_moves_the_incident_in_the_statistics(database: Database) -> None:
    with database.writing() as connection:
        one = lived(connection, "2026-03-02T09:00:00Z", resolved_s=100)
        incidents.change_severity(connection, 1, one, "warning", "ann", at("2026-03-03T09:00:00Z"))
    with database.reading() as connection:
        items = resolution.statistics(connection, 1, 1, at("2026-03-20T00:00:00Z"))
    assert [one["incidents"] for one in items] == [0, 1, 0]
