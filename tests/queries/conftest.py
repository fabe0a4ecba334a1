"""One house for all tests of this folder: each takes a tenant of its own."""

from collections.abc import Iterator

import pytest

from tests.queries.house import House


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    built = House(tmp_path_factory.mktemp("house"))
    yield built
    built.close()
