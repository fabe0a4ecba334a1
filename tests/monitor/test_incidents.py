"""Incidents: states, a timeline that only grows, one for each alert."""

import pytest
from sqlalchemy import Connection, select

from tests.predictions import NOON
from verascope.errors import Invalid, NotFound
from verascope.monitor import incidents
from verascope.monitor.incidents import About, about_metric
from verascope.store.database import Database
from verascope.store.incident_tables import incident_events
from verascope.store.incident_tables import incidents as table
from verascope.store.tables import tenants

SECOND = 1_000_000


def opened(connection: Connection, tenant_id: int = 1, **changes: object) -> str:
    values: dict[str, object] = {
        "title": "Error rate above 5 %",
        "severity": "critical",
        "source": "manual",
        "alert_id": None,
        "summary": "12 % of 400",
        "who": "owner",
        "at_us": NOON,
        **changes,
    }
    return incidents.open_incident(connection, tenant_id, **values)  # type: ignore[arg-type]


def row(connection: Connection, incident_id: str, tenant_id: int = 1) -> dict[str, object]:
    found = connection.execute(
        select(table).where(table.c.id == incident_id, table.c.tenant_id == tenant_id)
    ).one()
    return dict(found._mapping)


def told(connection: Connection, incident_id: str) -> list[tuple[object, ...]]:
    found = connection.execute(
        select(
            incident_events.c.kind,
            incident_events.c.actor,
            incident_events.c.given,
            incident_events.c.at,
        )
        .where(incident_events.c.incident_id == incident_id)
        .order_by(incident_events.c.seq)
    )
    return [tuple(one) for one in found]


def test_an_incident_goes_from_open_over_acknowledged_to_resolved_and_back(
    database: Database,
) -> None:
    with database.writing() as connection:
        one = opened(connection)
        assert row(connection, one)["state"] == "open"
        assert incidents.acknowledge(connection, 1, one, "ann", NOON + SECOND)
        assert incidents.resolve(connection, 1, one, "bob", NOON + 2 * SECOND)
        assert incidents.reopen(connection, 1, one, "cy", NOON + 3 * SECOND)
    with database.reading() as connection:
        stands = row(connection, one)
        assert (stands["state"], stands["resolved_at"]) == ("open", None)
        assert stands["acknowledged_at"] == NOON + SECOND
        assert told(connection, one) == [
            ("opened", "owner", "critical", NOON),
            ("acknowledged", "ann", None, NOON + SECOND),
            ("resolved", "bob", None, NOON + 2 * SECOND),
            ("reopened", "cy", None, NOON + 3 * SECOND),
        ]


def test_the_first_acknowledgement_counts_after_a_second_one(database: Database) -> None:
    with database.writing() as connection:
        one = opened(connection)
        incidents.acknowledge(connection, 1, one, "ann", NOON + SECOND)
        incidents.resolve(connection, 1, one, "ann", NOON + 2 * SECOND)
        incidents.reopen(connection, 1, one, "ann", NOON + 3 * SECOND)
        assert incidents.acknowledge(connection, 1, one, "bob", NOON + 4 * SECOND)
        assert row(connection, one)["acknowledged_at"] == NOON + SECOND


def test_what_is_said_twice_is_told_once(database: Database) -> None:
    with database.writing() as connection:
        one = opened(connection)
        assert incidents.acknowledge(connection, 1, one, "ann", NOON)
        assert not incidents.acknowledge(connection, 1, one, "bob", NOON)
        assert not incidents.reopen(connection, 1, one, "bob", NOON)
        assert incidents.assign(connection, 1, one, "ann", "owner", NOON)
        assert not incidents.assign(connection, 1, one, "ann", "owner", NOON)
        assert not incidents.change_severity(connection, 1, one, "critical", "owner", NOON)
        assert incidents.resolve(connection, 1, one, "ann", NOON)
        assert not incidents.resolve(connection, 1, one, "ann", NOON)
        assert not incidents.acknowledge(connection, 1, one, "ann", NOON)
        assert [kind for kind, *_ in told(connection, one)] == [
            "opened",
            "acknowledged",
            "assigned",
            "resolved",
        ]


def test_an_alert_opens_one_incident_however_often_it_is_told(database: Database) -> None:
    with database.writing() as connection:
        first = opened(connection, source="alert", alert_id="a-1")
        incidents.resolve(connection, 1, first, "alert", NOON)
    with database.writing() as connection:
        assert opened(connection, source="alert", alert_id="a-1", title="another") == first
        assert opened(connection, source="alert", alert_id="a-2") != first
        assert incidents.for_alert(connection, 1, "a-1") == first
        assert incidents.for_alert(connection, 1, "a-3") is None
        assert [kind for kind, *_ in told(connection, first)] == ["opened", "resolved"]


def test_numbers_count_up_in_each_tenant(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(
            tenants.insert().values(tenant_id=2, name="t2", time_zone="UTC", created_at=NOON)
        )
        ours = [opened(connection) for _ in range(3)]
        theirs = opened(connection, tenant_id=2)
        assert [row(connection, one)["number"] for one in ours] == [1, 2, 3]
        assert row(connection, theirs, 2)["number"] == 1


def test_notes_assignees_and_severities_are_told_in_any_state(database: Database) -> None:
    with database.writing() as connection:
        one = opened(connection)
        incidents.resolve(connection, 1, one, "ann", NOON)
        incidents.note(connection, 1, one, " disk was full\0 ", "ann", NOON)
        assert incidents.assign(connection, 1, one, "bob", "ann", NOON)
        assert incidents.assign(connection, 1, one, None, "ann", NOON)
        assert incidents.change_severity(connection, 1, one, "info", "ann", NOON)
        assert [entry[:3] for entry in told(connection, one)[2:]] == [
            ("note", "ann", "disk was full"),
            ("assigned", "ann", "bob"),
            ("assigned", "ann", None),
            ("severity", "ann", "info"),
        ]
        stands = row(connection, one)
        assert (stands["assignee"], stands["severity"], stands["state"]) == (
            None,
            "info",
            "resolved",
        )


def test_another_tenants_incident_does_not_exist(database: Database) -> None:
    with database.writing() as connection:
        one = opened(connection)
        for act in (incidents.acknowledge, incidents.resolve, incidents.reopen):
            with pytest.raises(NotFound):
                act(connection, 2, one, "eve", NOON)
        with pytest.raises(NotFound):
            incidents.note(connection, 2, one, "x", "eve", NOON)
        with pytest.raises(NotFound):
            incidents.assign(connection, 2, one, "eve", "eve", NOON)


def test_an_unknown_severity_is_refused(database: Database) -> None:
    with database.writing() as connection:
        with pytest.raises(Invalid, match="critical, warning, info"):
            opened(connection, severity="fatal")
        one = opened(connection)
        with pytest.raises(Invalid, match="critical, warning, info"):
            incidents.change_severity(connection, 1, one, "fatal", "owner", NOON)


def test_alerts_on_failures_are_about_errors() -> None:
    assert about_metric("error_rate") is About.ERRORS
    assert about_metric("cpu_usage") is About.OTHER
