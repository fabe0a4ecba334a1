"""`--rounds N`: how often the server is killed, each time with another seed. A house survives from round to round."""

from collections.abc import Callable, Iterator

import pytest

from tests.faults.house import House


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seed" in metafunc.fixturenames:
        rounds = metafunc.config.getoption("--rounds")
        metafunc.parametrize("seed", range(1, rounds + 1))


@pytest.fixture(scope="module")
def house(
    tmp_path_factory: pytest.TempPathFactory, environ: Callable[..., dict[str, str]]
) -> Iterator[House]:
    """One for all tests of a module: a database that has been through much is the better test."""
    built = House(tmp_path_factory.mktemp("house"), environ)
    yield built
    built.crash()
