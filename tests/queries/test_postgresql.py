"""The same laws on PostgreSQL: one query text for both databases."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import given

from tests.queries import brute_force
from tests.queries.house import House
from tests.queries.test_laws import Case, ask, cases, check_side, laws
from tests.store import postgres

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def remote_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    # The default base of pytest is closed to other users, and PostgreSQL does not run as root.
    with (
        tempfile.TemporaryDirectory(prefix="verascope-queries-") as folder,
        postgres.running(Path(folder)) as url,
    ):
        with psycopg.connect(url.format("postgres"), autocommit=True) as connection:
            connection.execute("CREATE DATABASE queries")
        house = House(tmp_path_factory.mktemp("remote"), url.format("queries"))
        yield house
        house.close()


@laws
@given(case=cases())
def test_every_number_equals_a_plain_loop_over_the_rows(remote_house: House, case: Case) -> None:
    _, _, span, answer = ask(remote_house, case)
    filters = case.question["filters"]
    of = brute_force.matching(case.predictions, span.range, filters, case.zone)
    check_side(case, answer, of, span.range)
