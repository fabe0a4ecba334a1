"""The one writer: acknowledged means committed, whatever goes wrong beside it."""

import asyncio
import dataclasses
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from tests.predictions import make
from verascope import config
from verascope.errors import Busy, Conflict, Invalid
from verascope.ingest import writer as writing
from verascope.ingest.writer import Writer
from verascope.records import Source
from verascope.store import events
from verascope.store.database import Database
from verascope.store.events import IdempotencyKey, Insertion

pytestmark = pytest.mark.anyio


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database.open(config.load({"VERASCOPE_HOME": str(tmp_path)}))
    yield opened
    opened.close()


@pytest.fixture
def writer(database: Database) -> Iterator[Writer]:
    started = Writer(database, queue_limit=100)
    started.start()
    yield started
    started.stop(10)


def count(database: Database) -> int:
    with database.reading() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM predictions").scalar_one())


def key(name: str, request: str = "r") -> IdempotencyKey:
    return IdempotencyKey(1, name, request)


async def test_many_at_once_share_commits(writer: Writer, database: Database) -> None:
    answers = await asyncio.gather(*(writer.record(make()) for _ in range(90)))
    assert set(answers) == {Insertion.STORED}
    assert count(database) == 90
    assert writer.commits < 90
    assert writer.depth == 0


async def test_an_answer_comes_after_the_commit(writer: Writer, tmp_path: Path) -> None:
    await writer.record(make())
    with sqlite3.connect(tmp_path / "analytics" / "analytics.db") as another_process:
        assert another_process.execute("SELECT count(*) FROM predictions").fetchone() == (1,)


async def test_a_full_queue_refuses_and_predict_has_its_share(database: Database) -> None:
    idle = Writer(database, queue_limit=10)  # not started: nothing leaves the queue
    batch = dataclasses.replace(make(), source=Source.INGEST)
    waiting = [asyncio.ensure_future(idle.record(batch)) for _ in range(9)]
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        await idle.record(batch)
    waiting.append(asyncio.ensure_future(idle.record(make())))
    await asyncio.sleep(0)
    with pytest.raises(Busy, match="10 predictions wait"):
        await idle.record(make())
    for task in waiting:
        task.cancel()


async def test_one_poisoned_prediction_fails_alone(writer: Writer, database: Database) -> None:
    answers = await asyncio.gather(
        *(writer.record(make()) for _ in range(5)),
        writer.record(make(price_micros=2**70)),
        *(writer.record(make()) for _ in range(5)),
        return_exceptions=True,
    )
    assert [type(answer) for answer in answers].count(Invalid) == 1
    assert answers.count(Insertion.STORED) == count(database) == 10


async def test_a_repeated_id_is_a_duplicate_or_a_conflict(writer: Writer) -> None:
    prediction = make()
    assert await writer.record(prediction) is Insertion.STORED
    assert await writer.record(prediction) is Insertion.DUPLICATE
    with pytest.raises(Conflict, match=prediction.id):
        await writer.record(dataclasses.replace(prediction, client="else"))


async def test_a_key_is_bound_to_one_prediction_even_inside_a_group(
    writer: Writer, database: Database
) -> None:
    answers = await asyncio.gather(
        *(writer.record(make(), key("k")) for _ in range(5)), return_exceptions=True
    )
    assert answers.count(Insertion.STORED) == count(database) == 1
    assert sum(isinstance(answer, Conflict) for answer in answers) == 4
    with database.reading() as connection:
        bound = events.remembered(connection, key("k"))
        assert bound is not None
        assert events.get(connection, 1, bound[0]) is not None


async def test_a_caller_that_goes_away_does_not_take_its_prediction_along(
    writer: Writer, database: Database
) -> None:
    task = asyncio.ensure_future(writer.record(make()))
    await asyncio.sleep(0)
    task.cancel()
    await writer.record(make())
    assert count(database) == 2


async def test_a_locked_store_is_said_and_mends_itself(
    writer: Writer, tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.writing() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 100")
    holder = sqlite3.connect(tmp_path / "analytics" / "analytics.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(Busy, match="database is locked"):
        await writer.record(make())
    assert writer.problem is not None
    holder.execute("ROLLBACK")
    holder.close()
    async with asyncio.timeout(10):
        while writer.problem is not None:  # noqa: ASYNC110 - the writer's thread has no event for it
            await asyncio.sleep(0.1)
    assert await writer.record(make()) is Insertion.STORED
    assert count(database) == 1


async def test_stopping_commits_what_was_accepted_and_refuses_what_is_new(
    database: Database,
) -> None:
    writer = Writer(database, queue_limit=1000)
    writer.start()
    tasks = [asyncio.ensure_future(writer.record(make())) for _ in range(200)]
    await asyncio.sleep(0)
    assert await asyncio.to_thread(writer.stop, 10)
    assert await asyncio.gather(*tasks) == [Insertion.STORED] * 200
    with pytest.raises(Busy, match="stopping"):
        await writer.record(make())
    assert count(database) == 200


async def test_a_job_that_fails_changes_nothing_and_harms_no_one(
    writer: Writer, database: Database
) -> None:
    def broken(connection: Connection) -> None:
        connection.exec_driver_sql("DELETE FROM predictions")
        raise ValueError("half way")

    await writer.record(make())
    with pytest.raises(ValueError, match="half way"):
        await writer.run(broken)
    assert count(database) == 1
    assert await writer.record(make()) is Insertion.STORED


async def test_listeners_hear_of_each_commit_with_its_last_seq(writer: Writer) -> None:
    heard: list[int] = []
    writer.on_commit.append(heard.append)
    await writer.record(make())
    await writer.record(make())
    assert heard == [1, 2]


async def test_only_what_is_committed_and_new_is_handed_to_the_fold(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, again = make(), make()
    await writer.record(first)
    with monkeypatch.context() as patched:

        def broken(*_: object) -> None:
            raise RuntimeError

        patched.setattr(writing, "_parts", broken)
        with pytest.raises(Busy):
            await writer.record(again)
    await writer.record_all([first, again])
    handed = writer.committed.take(0, writer.last_seq, 99)
    assert [commit.rows for commit in handed] == [1, 1]
    assert handed[-1].upto == writer.last_seq


async def test_a_crowd_is_gathered_and_a_single_caller_never_waits(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(writing.time, "sleep", waits.append)
    for _ in range(3):
        await writer.record(make())
    assert waits == []
    gate = threading.Event()
    held = writer.submit(lambda _: gate.wait(30))
    crowd = [asyncio.create_task(writer.record(make())) for _ in range(writing.CROWD)]
    await asyncio.sleep(0)
    gate.set()
    await asyncio.gather(*crowd)
    assert held.result()
    await writer.record(make())
    assert waits == [writing.GATHER_SECONDS]
    await writer.record(make())
    assert len(waits) == 1
