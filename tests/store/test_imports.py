"""The rows an import moves beside the predictions, its state, and the migration that makes room for both."""

from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import select

from tests.predictions import NOON
from verascope import config
from verascope.errors import Conflict
from verascope.store import imports, migrate, tables
from verascope.store.database import Database


def alert(key: str, **changes: Any) -> dict[str, object]:
    values = {"timestamp": NOON, "alert_type": "cpu", "severity": "critical", "message": "hot"}
    return {**values, "import_key": key, **changes}


def put(database: Database, *rows: dict[str, object]) -> int:
    with database.writing() as connection:
        return imports.put(connection, tables.alerts, 1, rows)


def stored(database: Database) -> list[tuple[Any, ...]]:
    columns = tables.alerts.c
    with database.reading() as connection:
        found = connection.execute(
            select(columns.import_key, columns.resolved, columns.resolved_at).order_by(columns.id)
        )
        return [tuple(row) for row in found]


def test_a_row_is_stored_once_under_its_key(database: Database) -> None:
    assert put(database, alert("a"), alert("b"), alert("a")) == 2
    assert put(database, alert("b"), alert("c")) == 1
    assert [row[0] for row in stored(database)] == ["a", "b", "c"]
    with database.reading() as connection:
        keys = ["a", "c", "nowhere"]
        assert imports.present(connection, tables.alerts, 1, keys) == {"a", "c"}
        assert imports.present(connection, tables.alerts, 2, keys) == set()


def test_only_the_resolution_of_a_stored_alert_follows(database: Database) -> None:
    put(database, alert("a"), alert("b"))
    put(database, alert("a", resolved=1, resolved_at=NOON + 5, message="other"), alert("b"))
    assert stored(database) == [("a", 1, NOON + 5), ("b", 0, None)]
    put(database, alert("a", resolved=1, resolved_at=NOON + 9))
    assert stored(database)[0] == ("a", 1, NOON + 5)


def test_rows_without_a_key_are_never_each_others_duplicates(database: Database) -> None:
    with database.writing() as connection:
        for _ in range(2):
            connection.execute(tables.system_metrics.insert().values(timestamp=NOON))
    with database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM system_metrics").scalar() == 2


def test_the_state_moves_only_from_where_it_stood(database: Database) -> None:
    with database.writing() as connection:
        imports.begin(connection, 1, "f", "old.db", "0", NOON)
        imports.advance(connection, 1, "f", "0", "1", NOON)
    with pytest.raises(Conflict), database.writing() as connection:
        imports.advance(connection, 1, "f", "0", "2", NOON)
    with database.writing() as connection:
        assert imports.find(connection, 1, "f") == imports.Started("1", is_finished=False)
        imports.advance(connection, 1, "f", "1", "1", NOON, is_end=True)
        assert imports.find(connection, 1, "f") == imports.Started("1", is_finished=True)
        assert imports.find(connection, 2, "f") is None
        imports.begin(connection, 1, "f", "old.db", "0", NOON)
        assert imports.find(connection, 1, "f") == imports.Started("0", is_finished=False)


def test_the_schema_before_imports_gains_room_for_them_and_keeps_its_rows(
    settings: config.Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def upgrade_to_first(connection: Any) -> None:
        alembic = Config()
        alembic.set_main_option(
            "script_location", str(migrate.Path(migrate.__file__).parent / "migrations")
        )
        alembic.attributes["connection"] = connection
        command.upgrade(alembic, "0001")

    with monkeypatch.context() as patched:
        patched.setattr(migrate, "upgrade", upgrade_to_first)
        before = Database.open(settings)
        with before.writing() as connection:
            for _ in range(2):
                connection.exec_driver_sql(
                    "INSERT INTO alerts (timestamp, alert_type, severity, message) "
                    "VALUES ('2026-03-01 00:00:00', 'cpu', 'info', 'kept')"
                )
        before.close()
    after = Database.open(settings)
    assert put(after, alert("a"), alert("a")) == 1
    assert [row[0] for row in stored(after)] == [None, None, "a"]
    after.close()
