"""Every migration, from the schema before it with a row in each table."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from verascope.config import Settings
from verascope.store import migrate

FOLDER = Path(migrate.__file__).parent / "migrations"


@pytest.fixture
def engine(settings: Settings) -> Iterator[sa.Engine]:
    """Of an empty database."""
    url = sa.make_url(settings.database_url or f"sqlite:///{settings.home}/analytics.db")
    if url.get_backend_name() == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    made = sa.create_engine(url)
    yield made
    made.dispose()


def revisions() -> list[str]:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    found = [one.revision for one in ScriptDirectory.from_config(config).walk_revisions()]
    return found[::-1]


def brought_to(connection: sa.Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def filled(table: sa.Table) -> dict[str, object]:
    """A value for every column that has no default."""
    values: dict[str, object] = {}
    for column in table.columns:
        if column.server_default is not None or column.autoincrement is True:
            continue
        is_counted = column.name in ("seq", "code") or (column.name == "id" and _is_number(column))
        if is_counted and len(table.primary_key.columns) == 1:
            continue
        values[column.name] = _value(column)
    return values


def _is_number(column: sa.Column[object]) -> bool:
    return isinstance(column.type, sa.Integer)


def _value(column: sa.Column[object]) -> object:
    kind = column.type
    if isinstance(kind, sa.Integer | sa.Float | sa.Numeric):
        return 1
    if isinstance(kind, sa.LargeBinary):
        return b"x"
    if isinstance(kind, sa.DateTime):
        return sa.func.now()
    if isinstance(kind, sa.String) and kind.length == 26:
        return "2026-01-31 09:00:00.000000"
    return "x"


def rows_of(connection: sa.Connection) -> dict[str, list[dict[str, object]]]:
    metadata = sa.MetaData()
    metadata.reflect(connection)
    return {
        name: [dict(row._mapping) for row in connection.execute(sa.select(table))]
        for name, table in metadata.tables.items()
        if name != migrate.VERSION_TABLE
    }


def test_every_migration_keeps_the_rows_that_were_there(engine: sa.Engine) -> None:
    first, *later = revisions()
    with engine.begin() as connection:
        brought_to(connection, first)
    for revision in later:
        with engine.begin() as connection:
            metadata = sa.MetaData()
            metadata.reflect(connection)
            for name, table in metadata.tables.items():
                is_empty = (
                    connection.execute(sa.select(sa.func.count()).select_from(table)).scalar() == 0
                )
                if name != migrate.VERSION_TABLE and is_empty:
                    connection.execute(table.insert().values(filled(table)))
            before = rows_of(connection)
        with engine.begin() as connection:
            brought_to(connection, revision)
            after = rows_of(connection)
        for name, rows in before.items():
            kept = [{key: row[key] for key in rows[0] if key in row} for row in after[name]]
            assert kept == rows, f"{revision} changed {name}"
    assert len(before) >= 10
