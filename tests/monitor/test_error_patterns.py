"""The life cycle of error patterns, on a clock of the test's own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event, select

from tests.predictions import NOON, make
from tests.store.folding import fold, insert, submit_to
from verascope import clock, config
from verascope.errors import NotFound
from verascope.monitor import error_patterns
from verascope.monitor.error_patterns import Follower, Pattern, Status, status
from verascope.monitor.pattern_list import _message
from verascope.records import Outcome, Prediction
from verascope.store import events
from verascope.store.database import Database
from verascope.store.events import EventFilter
from verascope.store.incident_tables import error_pattern_events
from verascope.store.incident_tables import error_patterns as table

HOUR = clock.HOUR * clock.US
DAY = clock.DAY * clock.US


def failed(pattern: str = "The disk is full.", at_us: int = NOON, **changes: object) -> Prediction:
    return make(
        Outcome.FAILED,
        error_message=pattern,
        error_pattern=pattern,
        timestamp_us=at_us,
        received_us=max(at_us, NOON),
        **changes,
    )


def happened(database: Database, *new: Prediction) -> None:
    insert(database, *new)
    fold(database)


def follow(database: Database) -> None:
    Follower(database, submit_to(database)).run()


def row(database: Database, pattern: str = "The disk is full.") -> dict[str, object]:
    with database.reading() as connection:
        found = connection.execute(select(table).where(table.c.pattern == pattern)).one()
    return dict(found._mapping)


def told(database: Database) -> list[tuple[object, ...]]:
    with database.reading() as connection:
        rows = connection.execute(
            select(
                error_pattern_events.c.kind,
                error_pattern_events.c.actor,
                error_pattern_events.c.given,
                error_pattern_events.c.at,
            ).order_by(error_pattern_events.c.seq)
        ).all()
    return [tuple(one) for one in rows]


def known(database: Database) -> list[str]:
    with database.reading() as connection:
        return list(connection.execute(select(table.c.pattern).order_by(table.c.code)).scalars())


def do(database: Database, change: object, *given: object, at_us: int = NOON) -> bool:
    with database.writing() as connection:
        return bool(change(connection, 1, "The disk is full.", *given, "ann", at_us))  # type: ignore[operator]


PLAIN = Pattern("p", 1, first_us=NOON, last_us=NOON)


def test_a_pattern_is_new_for_the_set_hours_and_then_ongoing() -> None:
    assert status(PLAIN, NOON + 24 * HOUR - 1, 24) is Status.NEW
    assert status(PLAIN, NOON + 24 * HOUR, 24) is Status.ONGOING
    assert status(PLAIN, NOON + 24 * HOUR, 48) is Status.NEW


def test_what_people_said_comes_before_age() -> None:
    resolved = Pattern("p", 1, NOON, NOON, resolved_us=NOON)
    assert status(resolved, NOON + 1, 24) is Status.RESOLVED
    regressed = Pattern("p", 1, NOON, NOON, resolved_us=NOON, regressed_us=NOON + 5)
    assert status(regressed, NOON + 9, 24) is Status.REGRESSED
    ignored = Pattern("p", 1, NOON, NOON, None, NOON + 10, NOON, NOON + 5)
    assert status(ignored, NOON + 9, 24) is Status.IGNORED
    assert status(ignored, NOON + 10, 24) is Status.REGRESSED


def test_patterns_are_noticed_once_they_are_folded(database: Database) -> None:
    happened(database, failed(), make())
    assert known(database) == []
    follow(database)
    assert known(database) == ["The disk is full."]
    assert row(database)["version"] == 1
    happened(database, failed(), failed("The file is empty."))
    follow(database)
    assert known(database) == ["The disk is full.", "The file is empty."]
    assert told(database) == []


def test_a_failure_after_the_resolve_is_a_regression_told_once(database: Database) -> None:
    happened(database, failed())
    follow(database)
    assert do(database, error_patterns.resolve, at_us=NOON + HOUR)
    follow(database)
    assert row(database)["regressed_at"] is None
    happened(database, failed(at_us=NOON + 3 * HOUR), failed(at_us=NOON + 2 * HOUR))
    follow(database)
    follow(database)
    assert row(database)["regressed_at"] == NOON + 2 * HOUR
    assert told(database) == [
        ("resolved", "ann", None, NOON + HOUR),
        ("regressed", "Verascope", None, NOON + 2 * HOUR),
    ]


def test_a_failure_that_only_arrives_after_the_resolve_is_no_regression(
    database: Database,
) -> None:
    happened(database, failed())
    follow(database)
    do(database, error_patterns.resolve, at_us=NOON + HOUR)
    happened(database, failed(at_us=NOON - 5 * DAY), failed(at_us=NOON + HOUR))
    follow(database)
    assert row(database)["regressed_at"] is None


def test_a_failure_with_a_fast_clock_that_was_there_before_is_no_regression(
    database: Database,
) -> None:
    happened(database, failed(at_us=NOON + 2 * HOUR))
    follow(database)
    do(database, error_patterns.resolve, at_us=NOON + HOUR)
    happened(database, failed("The file is empty.", at_us=NOON + 3 * HOUR))
    follow(database)
    assert row(database)["regressed_at"] is None
    happened(database, failed(at_us=NOON + HOUR + 1))
    follow(database)
    assert row(database)["regressed_at"] == NOON + HOUR + 1


def test_a_regressed_pattern_is_resolved_again_or_reopened(database: Database) -> None:
    happened(database, failed())
    do(database, error_patterns.resolve, at_us=NOON + HOUR)
    happened(database, failed(at_us=NOON + 2 * HOUR))
    follow(database)
    assert do(database, error_patterns.resolve, at_us=NOON + 3 * HOUR)
    assert row(database)["regressed_at"] is None
    assert not do(database, error_patterns.resolve, at_us=NOON + 3 * HOUR)
    happened(database, failed(at_us=NOON + 4 * HOUR))
    follow(database)
    assert do(database, error_patterns.reopen, at_us=NOON + 5 * HOUR)
    assert not do(database, error_patterns.reopen, at_us=NOON + 5 * HOUR)
    stands = row(database)
    assert (stands["resolved_at"], stands["regressed_at"], stands["resolved_seq"]) == (None,) * 3
    assert [kind for kind, *_ in told(database)] == [
        "resolved",
        "regressed",
        "resolved",
        "regressed",
        "reopened",
    ]


def test_a_regression_found_before_somebody_resolved_anew_is_dropped(database: Database) -> None:
    happened(database, failed())
    do(database, error_patterns.resolve, at_us=NOON + HOUR)
    happened(database, failed(at_us=NOON + 2 * HOUR))
    with database.reading() as connection:
        (found,) = error_patterns.regressions(connection, 1, 10)
    do(database, error_patterns.reopen, at_us=NOON + 3 * HOUR)
    do(database, error_patterns.resolve, at_us=NOON + 3 * HOUR)
    with database.writing() as connection:
        assert not error_patterns.regress(connection, 1, found)
    assert row(database)["regressed_at"] is None


def test_ignoring_and_assigning_are_told_once_each(database: Database) -> None:
    happened(database, failed())
    until = NOON + DAY
    assert do(database, error_patterns.ignore, until)
    assert not do(database, error_patterns.ignore, until)
    assert do(database, error_patterns.assign, "bob")
    assert not do(database, error_patterns.assign, "bob")
    assert do(database, error_patterns.assign, None)
    assert do(database, error_patterns.resolve)
    assert row(database)["ignored_until"] is None
    assert [entry[:3] for entry in told(database)] == [
        ("ignored", "ann", "2026-03-29T12:00:00.000000Z"),
        ("assigned", "ann", "bob"),
        ("assigned", "ann", None),
        ("resolved", "ann", None),
    ]


def test_acting_on_a_pattern_that_was_not_noticed_yet_misses_no_other(database: Database) -> None:
    happened(database, failed("The file is empty."), failed())
    assert do(database, error_patterns.assign, "bob")
    follow(database)
    assert sorted(known(database)) == ["The disk is full.", "The file is empty."]


def test_an_unknown_pattern_and_another_tenants_are_not_found(database: Database) -> None:
    happened(database, failed())
    with database.writing() as connection:
        for tenant_id, pattern in ((1, "nothing"), (2, "The disk is full.")):
            with pytest.raises(NotFound):
                error_patterns.resolve(connection, tenant_id, pattern, "eve", NOON)


def test_a_rebuild_of_the_rollups_changes_nothing(database: Database) -> None:
    happened(database, failed())
    do(database, error_patterns.resolve, at_us=NOON + HOUR)
    fold(database, cut=95_000)
    follow(database)
    assert row(database)["regressed_at"] is None
    assert known(database) == ["The disk is full."]


def test_following_asks_nothing_more_when_nothing_was_folded(database: Database) -> None:
    happened(database, failed())
    follower = Follower(database, submit_to(database))
    follower.run()
    asked: list[str] = []

    def note(connection: Connection, cursor: object, statement: str, *more: object) -> None:
        asked.append(statement)

    event.listen(database._reader, "before_cursor_execute", note)
    follower.run()
    event.remove(database._reader, "before_cursor_execute", note)
    assert [one for one in asked if one != "BEGIN"] == [
        "SELECT fold_state.tenant_id, fold_state.folded_seq \nFROM fold_state"
    ]


def plans(database: Database, run: Callable[[], object]) -> list[str]:
    """How SQLite goes about each question that `run` asks."""
    asked: list[tuple[str, Any]] = []

    def note(
        connection: Connection, cursor: object, statement: str, parameters: Any, *more: object
    ) -> None:
        asked.append((statement, parameters))

    event.listen(database._reader, "before_cursor_execute", note)
    run()
    event.remove(database._reader, "before_cursor_execute", note)
    with database.reading() as connection:
        return [
            str(row[-1])
            for statement, parameters in asked
            if statement.startswith("SELECT")
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]


def test_no_question_reads_predictions_from_their_beginning(tmp_path: Path) -> None:
    database = Database.open(config.load({"VERASCOPE_HOME": str(tmp_path)}))
    happened(database, failed())
    do(database, error_patterns.resolve, at_us=NOON + HOUR)
    happened(database, failed(at_us=NOON + 2 * HOUR))

    def newest() -> None:
        with database.reading() as connection:
            where = EventFilter(error_pattern=("The disk is full.",))
            events.page(connection, 1, where, None, 10)
            assert _message(connection, 1, "The disk is full.") == "The disk is full."

    following = plans(database, lambda: follow(database))
    by_pattern = "SEARCH predictions USING INDEX ix_predictions_error_pattern (tenant_id=? AND error_pattern=?"
    assert [plan for plan in following if "predictions" in plan] == [
        f"{by_pattern} AND seq>? AND seq<?)"
    ]
    keys = [plan for plan in following if "dimension_keys" in plan]
    assert keys[0] == "SEARCH dimension_keys USING INTEGER PRIMARY KEY (rowid>?)"
    assert plans(database, newest) == [f"{by_pattern})"] * 2
    database.close()
