"""Opening a database: what is created, and what is refused with one clear line."""

import os
import shutil
import sqlite3
import tempfile
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from tests.predictions import make
from tests.store.folding import insert
from verascope import config
from verascope.errors import StoreUnusable
from verascope.store.database import APPLICATION_ID, Database
from verascope.store.tables import metadata


def at_home(home: Path, **environ: str) -> config.Settings:
    return config.load({"VERASCOPE_HOME": str(home), **environ})


def test_migrations_give_exactly_the_declared_tables(database: Database) -> None:
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, metadata)
    assert differences == []


def test_opening_again_keeps_every_row(settings: config.Settings) -> None:
    first = Database.open(settings)
    insert(first, make())
    first.close()
    second = Database.open(settings)
    with second.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM predictions").scalar() == 1
    second.close()


def test_a_reader_sees_one_snapshot_while_others_write(database: Database) -> None:
    with database.reading() as connection:
        count = "SELECT count(*) FROM predictions"
        assert connection.exec_driver_sql(count).scalar() == 0
        insert(database, make())
        assert connection.exec_driver_sql(count).scalar() == 0
    with database.reading() as connection:
        assert connection.exec_driver_sql(count).scalar() == 1


def test_the_file_says_whose_it_is(tmp_path: Path) -> None:
    Database.open(at_home(tmp_path)).close()
    with sqlite3.connect(tmp_path / "analytics" / "analytics.db") as plain:
        assert plain.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)


def test_a_newer_schema_is_refused(settings: config.Settings) -> None:
    database = Database.open(settings)
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    with pytest.raises(StoreUnusable, match=r"schema 9999.*newer"):
        Database.open(settings)


def test_a_foreign_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "analytics" / "analytics.db"
    path.parent.mkdir()
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE predictions (id INTEGER PRIMARY KEY, timestamp TEXT)")
    before = path.read_bytes()
    with pytest.raises(StoreUnusable, match="another program"):
        Database.open(at_home(tmp_path))
    assert path.read_bytes() == before


@pytest.mark.parametrize("damage", ["rubbish", "torn page"])
def test_a_damaged_database_is_refused_and_left_alone(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "analytics" / "analytics.db"
    if damage == "rubbish":
        path.parent.mkdir()
        path.write_bytes(b"this is not a database " * 500)
    else:
        database = Database.open(at_home(tmp_path))
        insert(database, *(make() for _ in range(500)))
        database.close()
        content = bytearray(path.read_bytes())
        for start in range(8192, len(content), 8192):
            content[start : start + 2000] = b"\xff" * 2000
        path.write_bytes(content)
    before = path.read_bytes()
    with pytest.raises(StoreUnusable, match="damaged"):
        Database.open(at_home(tmp_path))
    assert path.read_bytes() == before


def test_a_locked_database_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verascope.store.database.BUSY_SECONDS", 0.2)
    Database.open(at_home(tmp_path)).close()
    holder = sqlite3.connect(tmp_path / "analytics" / "analytics.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreUnusable, match="locked by another program"):
        Database.open(at_home(tmp_path))
    holder.close()


def test_a_second_server_on_the_same_database_is_refused(tmp_path: Path) -> None:
    first, second = Database.open(at_home(tmp_path)), Database.open(at_home(tmp_path))
    first.claim()
    with pytest.raises(StoreUnusable, match="another Verascope server"):
        second.claim()
    first.close()
    second.claim()
    second.close()


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "analytics").write_text("a file where the folder should be")
    with pytest.raises(StoreUnusable, match="analytics can't be made"):
        Database.open(at_home(tmp_path))


def test_an_unwritable_folder_is_refused() -> None:
    home = Path(tempfile.mkdtemp(prefix="verascope-rights-"))
    (home / "analytics").mkdir(mode=0o555)
    home.chmod(0o755)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        # root may write anywhere, so the attempt is made as somebody else.
        said = "nothing was refused"
        try:
            if os.geteuid() == 0:
                os.setgid(65534)
                os.setuid(65534)
            Database.open(at_home(home))
        except StoreUnusable as error:
            said = error.detail
        finally:
            os.write(writing, said.encode())
            os._exit(0)
    os.waitpid(child, 0)
    said = os.read(reading, 4096).decode()
    shutil.rmtree(home)
    assert (
        said
        == f"{home}/analytics/analytics.db can't be written; check the rights of the file and its folder."
    )


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense", "not a database URL"),
        ("mysql://x/y", "sqlite and postgresql are supported"),
        ("sqlite://", "must name a file"),
        ("postgresql://nobody:hunter2@127.0.0.1:1/none", "can't be used"),
    ],
)
def test_a_wrong_url_is_refused_without_its_password(tmp_path: Path, url: str, said: str) -> None:
    with pytest.raises(StoreUnusable, match=said) as caught:
        Database.open(at_home(tmp_path, VERASCOPE_DATABASE_URL=url))
    assert "hunter2" not in caught.value.detail
