"""The live feed: nothing left out, nothing repeated, resumable, and cheap for many listeners."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass

import pytest

from tests.predictions import make
from tests.queries.house import House
from verascope.queries import feed as feeds
from verascope.queries.feed import Feed
from verascope.queries.record import cursor
from verascope.records import Prediction
from verascope.store import events


class Announcer:
    """The writer as the feed sees it: it commits in a thread of its own and calls back from there."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.on_commit: list[Callable[[int], None]] = []

    async def commit(self, *new: Prediction) -> None:
        def write() -> None:
            with self.house.database.writing() as connection:
                events.insert(connection, list(new))
                last = events.last_seq(connection)
            for callback in self.on_commit:
                callback(last)

        await asyncio.to_thread(write)


@dataclass(frozen=True)
class Event:
    name: str
    id: str | None
    data: object

    @property
    def ids(self) -> list[str]:
        """The predictions it carries."""
        if self.name == "prediction":
            return [self.data["id"]]
        return [one["id"] for one in self.data] if self.name == "predictions" else []


def parsed(chunk: bytes) -> list[Event]:
    found = []
    for block in chunk.decode().split("\n\n")[:-1]:
        if block.startswith(":"):
            found.append(Event("ping", None, block))
            continue
        fields = dict(line.split(": ", 1) for line in block.split("\n"))
        found.append(Event(fields["event"], fields.get("id"), json.loads(fields["data"])))
    return found


async def until(stream: AsyncIterator[bytes], enough: Callable[[list[Event]], bool]) -> list[Event]:
    """Everything the stream sends up to and with the chunk that is enough."""
    found: list[Event] = []
    async with asyncio.timeout(10):
        async for chunk in stream:
            found += parsed(chunk)
            if enough(found):
                return found
    raise AssertionError(f"the stream ended after {found}")


def has(n: int) -> Callable[[list[Event]], bool]:
    return lambda found: sum(len(event.ids) for event in found) >= n


def ids(found: list[Event]) -> list[str]:
    return [one for event in found for one in event.ids]


@asynccontextmanager
async def running(house: House) -> AsyncIterator[tuple[Feed, Announcer, int]]:
    announcer = Announcer(house)
    feed = Feed(house.database, announcer, lambda: house.now_us)
    tenant_id = house.tenant()
    async with feed.running():
        yield feed, announcer, tenant_id


def run(main: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(main())  # type: ignore[arg-type]


def test_a_stream_says_hello_and_then_sends_what_is_committed(house: House) -> None:
    async def main() -> None:
        async with (
            running(house) as (feed, announcer, tenant_id),
            aclosing(feed.subscribe(tenant_id)) as stream,
        ):
            (hello,) = parsed(await anext(stream))
            assert hello.name == "hello"
            assert hello.data == {
                "cursor": hello.id,
                "generated_at": "2026-03-29T12:00:00.000000Z",
            }
            new = make(tenant_id=tenant_id)
            await announcer.commit(new)
            (event,) = await until(stream, has(1))
            assert (event.name, event.ids) == ("prediction", [new.id])

    run(main)


def test_no_event_is_left_out_or_repeated_while_listeners_come_and_go(house: House) -> None:
    async def main() -> None:
        async with running(house) as (feed, announcer, tenant_id):
            made = [make(tenant_id=tenant_id) for _ in range(120)]

            async def follow() -> list[str]:
                """Read ten events at a time, break off, resume behind the last one seen."""
                seen: list[str] = []
                place: str | None = cursor(0) if not seen else None
                while len(seen) < len(made):
                    async with aclosing(feed.subscribe(tenant_id, place)) as stream:
                        found = await until(stream, has(min(10, len(made) - len(seen))))
                        assert not [event for event in found if event.name == "resync"]
                        seen += ids(found)
                        place = found[-1].id or place
                return seen

            followers = [asyncio.create_task(follow()) for _ in range(5)]
            for start in range(0, len(made), 4):
                await announcer.commit(*made[start : start + 4])
                await asyncio.sleep(0.01)
            for seen in await asyncio.gather(*followers):
                assert seen == [one.id for one in made]
            assert feed.listeners == 0

    run(main)


def test_a_listener_that_comes_back_gets_what_it_missed_first(house: House) -> None:
    async def main() -> None:
        async with running(house) as (feed, announcer, tenant_id):
            made = [make(tenant_id=tenant_id) for _ in range(30)]
            await announcer.commit(*made)
            with house.database.reading() as connection:
                stored = events.after(connection, tenant_id, 0, 100)
            async with aclosing(feed.subscribe(tenant_id, cursor(stored[9].seq))) as stream:
                found = await until(stream, has(20))
                assert [event.name for event in found] == ["hello"] + ["prediction"] * 20
                assert ids(found) == [one.id for one in made[10:]]
                assert found[0].id is None

    run(main)


@pytest.mark.parametrize("last_event_id", ["rubbish", cursor(2**40)])
def test_an_unknown_place_is_answered_with_resync_and_the_stream_goes_on(
    house: House, last_event_id: str
) -> None:
    async def main() -> None:
        async with (
            running(house) as (feed, announcer, tenant_id),
            aclosing(feed.subscribe(tenant_id, last_event_id)) as stream,
        ):
            found = parsed(await anext(stream))
            assert [event.name for event in found] == ["hello", "resync"]
            new = make(tenant_id=tenant_id)
            await announcer.commit(new)
            assert ids(await until(stream, has(1))) == [new.id]

    run(main)


def test_a_listener_that_missed_too_much_is_told_to_fetch_the_page(house: House) -> None:
    async def main() -> None:
        async with running(house) as (feed, announcer, tenant_id):
            with house.database.reading() as connection:
                before = events.last_seq(connection)
            await announcer.commit(
                *(make(tenant_id=tenant_id) for _ in range(feeds.REPLAY_LIMIT + 1))
            )
            async with aclosing(feed.subscribe(tenant_id, cursor(before))) as stream:
                assert [event.name for event in parsed(await anext(stream))] == ["hello", "resync"]

    run(main)


def test_a_flood_is_sent_as_one_event_with_the_newest(house: House) -> None:
    async def main() -> None:
        async with (
            running(house) as (feed, announcer, tenant_id),
            aclosing(feed.subscribe(tenant_id)) as stream,
        ):
            await anext(stream)
            made = [make(tenant_id=tenant_id) for _ in range(300)]
            await announcer.commit(*made)
            (event,) = await until(stream, has(1))
            assert event.name == "predictions"
            assert event.ids == [one.id for one in made[-feeds.LARGEST_BATCH :]]

    run(main)


def test_a_listener_that_reads_too_slowly_gets_one_resync_and_holds_up_nobody(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "QUEUE_LIMIT", 3)
    monkeypatch.setattr(feeds, "SHORTEST_PAUSE", 0.0)

    async def main() -> None:
        async with (
            running(house) as (feed, announcer, tenant_id),
            aclosing(feed.subscribe(tenant_id)) as slow,
            aclosing(feed.subscribe(tenant_id)) as quick,
        ):
            await anext(slow)
            await anext(quick)
            made = [make(tenant_id=tenant_id) for _ in range(5)]
            seen: list[str] = []
            for one in made:
                await announcer.commit(one)
                seen += ids(await until(quick, has(1)))
            assert seen == [one.id for one in made]
            names = [event.name for event in parsed(await anext(slow))]
            assert names == ["resync", "prediction"]

    run(main)


def test_a_tenant_hears_of_its_own_predictions_only(house: House) -> None:
    async def main() -> None:
        async with (
            running(house) as (feed, announcer, tenant_id),
            aclosing(feed.subscribe(tenant_id)) as stream,
        ):
            await anext(stream)
            mine = make(tenant_id=tenant_id)
            await announcer.commit(make(tenant_id=1), mine)
            assert ids(await until(stream, has(1))) == [mine.id]

    run(main)


def test_nothing_is_read_while_nobody_listens(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[int] = []
    plain = events.after

    def counted(*given: object) -> object:
        reads.append(1)
        return plain(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(events, "after", counted)

    async def main() -> None:
        async with running(house) as (_, announcer, tenant_id):
            await announcer.commit(make(tenant_id=tenant_id))
            await asyncio.sleep(0.1)

    run(main)
    assert not reads


def test_a_quiet_stream_is_pinged(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "PING_SECONDS", 0.05)

    async def main() -> None:
        async with (
            running(house) as (feed, _, tenant_id),
            aclosing(feed.subscribe(tenant_id)) as stream,
        ):
            await anext(stream)
            assert await anext(stream) == b": ping\n\n"

    run(main)


def test_rows_of_another_process_arrive_within_a_second_or_so(house: House) -> None:
    async def main() -> None:
        async with (
            running(house) as (feed, _, tenant_id),
            aclosing(feed.subscribe(tenant_id)) as stream,
        ):
            await anext(stream)
            new = make(tenant_id=tenant_id)
            await asyncio.to_thread(house.add, new)
            assert ids(await until(stream, has(1))) == [new.id]

    run(main)


def test_the_end_closes_every_stream_at_once(house: House) -> None:
    async def main() -> None:
        async with running(house) as (feed, _, tenant_id):
            streams = [feed.subscribe(tenant_id) for _ in range(3)]
            for stream in streams:
                await anext(stream)
            assert feed.listeners == 3
            waiting = [asyncio.create_task(anext(stream, None)) for stream in streams]
            await asyncio.sleep(0.01)
            feed.end()
            assert await asyncio.gather(*waiting) == [None] * 3
            assert feed.listeners == 0
            late = [parsed(chunk)[0].name async for chunk in feed.subscribe(tenant_id)]
            assert late == ["hello"]

    run(main)
