"""One house for all tests of this folder: each watches a tenant of its own. The pipeline's have databases of both kinds."""

from collections.abc import Iterator

import pytest

from tests.alerts.watch import Watch
from tests.queries.house import House
from tests.store.conftest import database, postgres_url, settings  # noqa: F401
from verascope.store.tables import DEFAULT_TENANT


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    built = House(tmp_path_factory.mktemp("watched"))
    # The default tenant is evaluated too; nobody looks at it here.
    Watch(built, DEFAULT_TENANT).rules()
    yield built
    built.close()


@pytest.fixture
def watch(house: House) -> Watch:
    return Watch(house, house.tenant())
