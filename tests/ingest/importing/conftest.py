"""A fresh database for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ingest.importing.moving import Desk
from verascope import config


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = Desk(config.load({"VERASCOPE_HOME": str(tmp_path / "home")}))
    yield opened
    opened.database.close()
