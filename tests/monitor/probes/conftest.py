"""A clock and probes for tests of what is kept."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.predictions import NOON
from verascope.monitor.probes import records
from verascope.monitor.probes.probe import Probe
from verascope.monitor.probes.settings import read
from verascope.store.database import Database
from verascope.store.tables import DEFAULT_TENANT


class Clock:
    def __init__(self) -> None:
        self.at_us = NOON

    def __call__(self) -> int:
        return self.at_us

    def pass_seconds(self, seconds: float) -> None:
        self.at_us += round(seconds * 1_000_000)


@pytest.fixture
def clock() -> Clock:
    return Clock()


Watch = Callable[..., Probe]


@pytest.fixture
def watch(database: Database, clock: Clock) -> Watch:
    """Stores a probe, by default an HTTP one."""

    def add(
        name: str = "p", kind: str = "http", target: str = "http://127.0.0.1:1/", **body: Any
    ) -> Probe:
        probe = read({"name": name, "kind": kind, "target": target, **body}, clock())
        with database.writing() as connection:
            records.add(connection, DEFAULT_TENANT, probe, clock())
        return probe

    return add
