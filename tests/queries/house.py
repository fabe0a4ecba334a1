"""A real store with everything around it: database, columns, fold, answers, and a clock the test owns."""

from collections.abc import Iterable
from itertools import count
from pathlib import Path

from tests.store.folding import CUT, submit_to
from verascope import clock
from verascope.config import Quality, Recording, Settings
from verascope.queries.query import parse
from verascope.queries.result import Result
from verascope.queries.run import Answers
from verascope.records import Prediction
from verascope.store import events
from verascope.store.columns import Columns
from verascope.store.database import Database
from verascope.store.fold import Folder
from verascope.store.tables import tenants

FIRST_TENANT = 100
MIN_LABELS = 2
"""Fewer than an installation asks for, so that a few predictions will do."""


def at(text: str) -> int:
    """Microseconds of an ISO text with an offset."""
    return clock.from_iso("at", text)


class House:
    """`tenant` makes a new tenant and leaves the one before behind, so that each test starts from nothing."""

    def __init__(self, home: Path, database_url: str | None = None) -> None:
        self.now_us = at("2026-03-29T12:00:00Z")
        self.settings = Settings(
            home=home,
            database_url=database_url,
            recording=Recording(synchronous="NORMAL"),
            quality=Quality(min_labels=MIN_LABELS),
        )
        self.database = Database.open(self.settings)
        self.settings.columns_path.parent.mkdir(exist_ok=True)
        self.columns = Columns(self.settings.columns_path, 96)
        self.folder = Folder(self.database, self.columns, submit_to(self.database), CUT)
        self.answers = Answers(
            self.database, self.folder, self.columns, self.settings, lambda: self.now_us
        )
        self._tenants = count(FIRST_TENANT)

    def tenant(self, time_zone: str = "UTC") -> int:
        tenant_id = next(self._tenants)
        with self.database.writing() as connection:
            # The fold visits every tenant, so those left behind would slow down all tests after theirs.
            connection.execute(tenants.delete().where(tenants.c.tenant_id >= FIRST_TENANT))
            connection.execute(
                tenants.insert().values(
                    tenant_id=tenant_id, name=f"t{tenant_id}", time_zone=time_zone, created_at=0
                )
            )
        self.folder.fold_all()
        return tenant_id

    def add(self, *new: Prediction) -> None:
        self.add_all(new)

    def add_all(self, new: Iterable[Prediction]) -> None:
        with self.database.writing() as connection:
            events.insert(connection, list(new))
        self.folder.fold_all()

    def ask(self, tenant_id: int, **question: object) -> Result:
        return self.answers.answer(tenant_id, parse(question))

    def close(self) -> None:
        self.columns.close()
        self.database.close()
