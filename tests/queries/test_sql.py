"""The SQL console: what it answers, what it refuses, and that other tenants and secrets are not there."""

import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.predictions import NOON, make
from tests.queries.house import House
from tests.store import postgres
from verascope.config import Console
from verascope.errors import Busy, Invalid, NotFound, SqlFailed, SqlStopped
from verascope.queries import sql, sql_schema, sql_text
from verascope.queries.gallery import GALLERY
from verascope.queries.sql import Column, SqlConsole, Table, asked_of
from verascope.records import Outcome
from verascope.security import keys
from verascope.store.console import OPEN_TABLES, open_columns

SECRET = b"k" * 32
SLOW = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
    "postgresql": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT 1 FROM n) SELECT count(*) FROM n",
}


@pytest.fixture(scope="module")
def postgres_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    # The default base of pytest is closed to other users, and PostgreSQL does not run as root.
    with (
        tempfile.TemporaryDirectory(prefix="verascope-console-") as folder,
        postgres.running(Path(folder)) as url,
    ):
        with psycopg.connect(url.format("postgres"), autocommit=True) as connection:
            connection.execute("CREATE DATABASE console")
        house = House(tmp_path_factory.mktemp("console"), url.format("console"))
        yield house
        house.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def either(request: pytest.FixtureRequest) -> House:
    name = "house" if request.param == "sqlite" else "postgres_house"
    found: House = request.getfixturevalue(name)
    return found


def console_of(house: House, **limits: Any) -> SqlConsole:
    return SqlConsole(house.database, Console(**limits), SECRET)


def run(house: House, tenant_id: int, text: str, **parameters: Any) -> Table:
    return console_of(house).run(tenant_id, asked_of({"sql": text, "parameters": parameters}))


def fill(house: House) -> int:
    """A tenant with a real, a fake and a failed prediction; another has one as well."""
    house.add(make(tenant_id=house.tenant(), client="theirs", client_key="theirs"))
    tenant_id = house.tenant()
    house.add(
        make(tenant_id=tenant_id, timestamp_us=NOON),
        make(Outcome.FAKE, tenant_id=tenant_id, client="acme", label="real"),
        make(
            Outcome.FAILED, tenant_id=tenant_id, client="acme", error_message="broken", error_pattern="broken"
        ),
    )  # fmt: skip
    return tenant_id


def refused(house: House, tenant_id: int, text: str) -> SqlFailed:
    with pytest.raises(SqlFailed) as caught:
        run(house, tenant_id, text)
    return caught.value


@pytest.mark.parametrize("query", GALLERY, ids=[one.name for one in GALLERY])
def test_every_query_of_the_gallery_runs(either: House, query: Any) -> None:
    tenant_id = fill(either)
    parameters = {one.name: one.default for one in query.parameters}
    if "days" in parameters:
        parameters["days"] = 9_000
    if "least" in parameters:
        parameters["least"] = 1
    table = run(either, tenant_id, query.sql(either.database.kind), **parameters)
    assert table.rows
    assert sql_text.parameters(query.sql(either.database.kind)) == list(parameters)


def test_only_the_tenants_own_rows_are_there(either: House) -> None:
    tenant_id = fill(either)
    table = run(either, tenant_id, "SELECT client, COUNT(*) AS n FROM predictions GROUP BY client")
    assert table.rows == [["acme", 3]]
    assert table.columns == [Column("client", "text"), Column("n", "integer")]


OTHERS = [
    "SELECT * FROM api_keys",
    "SELECT * FROM tenants",
    "SELECT * FROM idempotency_keys",
    "SELECT tenant_id FROM predictions",
    "SELECT * FROM settings",
    "SELECT COUNT(*) FROM api_keys",
    "SELECT COUNT(*) FROM API_KEYS",
    "SELECT 1 FROM api_keys",
    "SELECT COUNT(*) FROM fold_state",
]
SQLITE = [
    "SELECT * FROM main.predictions",
    "SELECT * FROM main.api_keys",
    "SELECT COUNT(*) FROM main.predictions",
    "SELECT 1 FROM main.Predictions",
    "SELECT COUNT(*) FROM sqlite_schema",
    "SELECT COUNT(*) FROM Sqlite_Temp_Schema",
    "SELECT (SELECT COUNT(*) FROM main.labels) FROM predictions",
    "SELECT 1 FROM predictions WHERE EXISTS (SELECT 1 FROM main.predictions)",
    "SELECT p.client FROM predictions AS q, main.predictions AS p",
    "WITH predictions AS (SELECT * FROM main.predictions) SELECT * FROM predictions",
    "SELECT * FROM (SELECT * FROM main.predictions) AS predictions",
    "SELECT * FROM sqlite_master",
    "SELECT * FROM sqlite_temp_master",
    "SELECT * FROM pragma_table_info('api_keys')",
    "SELECT * FROM pragma_database_list",
    "SELECT load_extension('x')",
    "SELECT zeroblob(4)",
    "SELECT randomblob(4)",
    "SELECT hex(group_concat(key_hash)) FROM api_keys",
]
POSTGRESQL = [
    "SELECT * FROM public.predictions",
    "SELECT * FROM public.api_keys",
    "SELECT set_config('role', 'verascope', true), query_to_xml('SELECT * FROM public.api_keys', true, true, '')",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT lo_from_bytea(0, 'x')",
    "SELECT rolpassword FROM pg_authid",
]
WRITES = [
    "DELETE FROM predictions",
    "PRAGMA query_only = OFF",
    "ATTACH DATABASE '/tmp/x.db' AS x",
    "CREATE TABLE x (y INTEGER)",
    "COPY predictions TO '/tmp/x'",
    "SELECT 1; DROP TABLE predictions",
    "",
    "-- nothing",
]


@pytest.mark.parametrize("text", [*OTHERS, *WRITES])
def test_what_is_not_open_is_not_there(either: House, text: str) -> None:
    tenant_id = fill(either)
    with either.database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM api_keys")
    keys.create(either.database, "secret client", NOON)
    refusal = refused(either, tenant_id, text)
    assert refusal.detail
    assert "secret client" not in refusal.detail


@pytest.mark.parametrize("text", SQLITE)
def test_sqlite_has_no_way_round(house: House, text: str) -> None:
    tenant_id = fill(house)
    refused(house, tenant_id, text)


@pytest.mark.parametrize("text", ["WITH x AS (SELECT 1) DELETE FROM predictions", "WITH x AS (SELECT 1) INSERT INTO labels SELECT 1"])  # fmt: skip
def test_a_write_behind_with_is_refused(either: House, text: str) -> None:
    tenant_id = fill(either)
    refused(either, tenant_id, text)
    assert run(either, tenant_id, "SELECT COUNT(*) FROM predictions").rows == [[3]]


@pytest.mark.slow
@pytest.mark.parametrize("text", POSTGRESQL)
def test_postgresql_has_no_way_round(postgres_house: House, text: str) -> None:
    tenant_id = fill(postgres_house)
    refused(postgres_house, tenant_id, text)


def test_parameters_are_bound_and_never_spliced_in(either: House) -> None:
    tenant_id = fill(either)
    text = "SELECT COUNT(*) FROM predictions WHERE client = :client AND ':no' <> '%' -- :never\n"
    assert run(either, tenant_id, text, client="acme").rows == [[3]]
    assert run(either, tenant_id, text, client="' OR 1=1 --").rows == [[0]]


def test_missing_unknown_and_unusable_parameters_are_all_named() -> None:
    body = {
        "sql": "SELECT :days, :client, :big",
        "parameters": {"client": [1], "extra": 1, "big": 2**70},
        "colour": 1,
    }
    with pytest.raises(Invalid) as caught:
        asked_of(body)
    assert {one.field for one in caught.value.fields} == {
        "colour", "parameters.days", "parameters.client", "parameters.extra", "parameters.big",
    }  # fmt: skip


def test_rows_past_the_limit_are_cut_and_the_answer_says_so(either: House) -> None:
    tenant_id = fill(either)
    console = console_of(either, rows=2)
    table = console.run(tenant_id, asked_of({"sql": "SELECT id FROM predictions"}))
    assert (len(table.rows), table.truncated) == (2, "rows")
    table = console.run(tenant_id, asked_of({"sql": "SELECT id FROM predictions LIMIT 2"}))
    assert (len(table.rows), table.truncated) == (2, None)


def test_a_query_past_its_time_is_stopped_with_a_clear_sentence(either: House) -> None:
    tenant_id = fill(either)
    console = console_of(either, seconds=0.3)
    with pytest.raises(SqlStopped, match=r"stopped after 0\.3 s") as caught:
        console.run(tenant_id, asked_of({"sql": SLOW[either.database.kind]}))
    assert caught.value.is_timeout
    assert console.run(tenant_id, asked_of({"sql": "SELECT 1 AS one"})).rows == [[1]]


def test_a_running_query_can_be_cancelled_and_a_second_one_has_to_wait(either: House) -> None:
    tenant_id = fill(either)
    console = console_of(either, seconds=60)
    caught: list[Exception] = []

    def slow() -> None:
        try:
            console.run(tenant_id, asked_of({"sql": SLOW[either.database.kind], "id": "slow"}))
        except SqlStopped as stopped:
            caught.append(stopped)

    thread = threading.Thread(target=slow)
    thread.start()
    while not console.is_running(tenant_id, "slow"):
        assert thread.is_alive()
    with pytest.raises(Busy):
        console.run(tenant_id, asked_of({"sql": "SELECT 1"}))
    with pytest.raises(NotFound):
        console.cancel(tenant_id + 1, "slow")
    console.cancel(tenant_id, "slow")
    thread.join(30)
    (stopped,) = caught
    assert isinstance(stopped, SqlStopped)
    assert not stopped.is_timeout
    with pytest.raises(NotFound):
        console.cancel(tenant_id, "slow")


def test_the_databases_complaint_is_shown_with_its_place(either: House) -> None:
    tenant_id = fill(either)
    text = "SELECT client,\n  colour_of\nFROM predictions WHERE client <> :client"
    with pytest.raises(SqlFailed, match="colour_of") as caught:
        run(either, tenant_id, text, client="x")
    assert caught.value.position == text.index("colour_of")
    assert (caught.value.line, caught.value.column) == (2, 3)


def test_values_that_json_would_bend_come_as_text(either: House) -> None:
    tenant_id = fill(either)
    text = (
        "SELECT 9007199254740993 AS big, 12 AS small, perceptual_hash, timestamp, NULL AS empty, "
        "0.25 AS exact FROM predictions WHERE success = 1 LIMIT 1"
    )
    table = run(either, tenant_id, text)
    big, small, blob, timestamp, nothing, exact = table.rows[0]
    assert (big, small, nothing, exact) == ("9007199254740993", 12, None, 0.25)
    assert blob == bytes(range(32)).hex()
    assert timestamp == "2026-03-28 12:00:00.000000"
    assert [column.type for column in table.columns] == [
        "integer", "integer", "blob", "time", "null", "number",
    ]  # fmt: skip
    assert "perceptual_hash" in table.notes[0]


def test_csv_disarms_formulas_and_leaves_numbers_alone() -> None:
    columns = [Column("=a", "text"), Column("b", "number")]
    rows: list[list[Any]] = [["=1+1", -1.5], ["-12", None], ["@x", True], ["+44 20", 3], ["\tx", 1]]
    lines = sql.to_csv(Table(columns, rows, None, 0.0)).splitlines()
    assert lines == ["'=a,b", "'=1+1,-1.5", "-12,", "'@x,true", "'+44 20,3", "'\tx,1"]


def test_every_open_column_is_described() -> None:
    described = {table["name"]: table["columns"] for table in sql_schema.tables()}
    for table in OPEN_TABLES:
        assert [one["name"] for one in described[table.name]] == open_columns(table)
        assert all(one["description"] for one in described[table.name])


def test_tables_with_secrets_are_not_open() -> None:
    names = {table.name for table in OPEN_TABLES}
    assert not names & {"api_keys", "idempotency_keys", "tenants", "settings", "alembic_version"}


def test_every_open_table_and_column_is_explained() -> None:
    assert all(
        column["description"] for table in sql_schema.tables() for column in table["columns"]
    )
