"""Real databases for the store's tests: each test gets a fresh SQLite file and a fresh PostgreSQL database."""

import shutil
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest

from tests.store import postgres
from verascope import config
from verascope.store.database import Database

_numbers = count()


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    # The default base of pytest is closed to other users, and PostgreSQL does not run as root.
    folder = Path(tempfile.mkdtemp(prefix="verascope-postgres-"))
    with postgres.running(folder) as url:
        yield url
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> config.Settings:
    """Settings of an empty database of each kind."""
    environ = {"VERASCOPE_HOME": str(tmp_path)}
    if request.param == "postgresql":
        url: str = request.getfixturevalue("postgres_url")
        name = f"store_{next(_numbers)}"
        with psycopg.connect(url.format("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        environ["VERASCOPE_DATABASE_URL"] = url.format(name)
    return config.load(environ)


@pytest.fixture
def database(settings: config.Settings) -> Iterator[Database]:
    opened = Database.open(settings)
    yield opened
    opened.close()
