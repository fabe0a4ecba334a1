"""The spool: files that a crash leaves whole, bounded, and taken over from processes that died."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any, Callable

import pytest
from client.tests.driven import Driven
from client.tests.receiver import Receiver, status

from verascope_client import Client, segment
from verascope_client.disk_queue import DiskQueue
from verascope_client.event import Item

FAKE: dict[str, Any] = {"prediction": "fake", "confidence": 97.5}

Connect = Callable[..., Client]
Drive = Callable[..., Driven]


def items(count: int, first: int = 0) -> list[Item]:
    return [Item(number, b'{"n": %d}' % number) for number in range(first, first + count)]


def numbers(found: list[Item]) -> list[int]:
    return [item.recorded_us for item in found]


def take_all(queue: DiskQueue) -> list[int]:
    found: list[int] = []
    while batch := queue.peek(100, 10_000):
        found += numbers(batch)
        queue.ack(len(batch))
    return found


# --- The queue on disk ---------------------------------------------------------------------------


def test_a_queue_gives_back_what_was_appended_in_order(tmp_path: Path) -> None:
    queue = DiskQueue(tmp_path / "q", 4096)
    for first in range(0, 1000, 10):
        queue.append(items(10, first))
    assert len(queue) == 1000
    assert len(list((tmp_path / "q").glob("*.seg"))) > 3
    assert take_all(queue) == list(range(1000))
    assert len(queue) == 0
    queue.close()
    assert not (tmp_path / "q").exists()


def test_a_part_of_a_batch_may_be_settled(tmp_path: Path) -> None:
    queue = DiskQueue(tmp_path / "q", 4096)
    queue.append(items(10))
    queue.peek(8, 10_000)
    queue.ack(3)
    assert numbers(queue.peek(2, 10_000)) == [3, 4]
    queue.abandon()


def test_a_queue_goes_on_where_its_cursor_stood(tmp_path: Path) -> None:
    queue = DiskQueue(tmp_path / "q", 4096)
    queue.append(items(500))
    queue.append(items(500, 500))
    for _ in range(7):
        queue.ack(len(queue.peek(100, 10_000)))
    queue.abandon()
    again = DiskQueue(tmp_path / "q", 4096)
    assert take_all(again) == list(range(700, 1000))
    again.close()


def test_without_its_cursor_a_queue_begins_at_its_oldest_file(tmp_path: Path) -> None:
    queue = DiskQueue(tmp_path / "q", 100_000)
    queue.append(items(10))
    queue.ack(len(queue.peek(5, 10_000)))
    queue.abandon()
    (tmp_path / "q" / "cursor").write_bytes(b"00000001 0000")
    again = DiskQueue(tmp_path / "q", 100_000)
    assert take_all(again) == list(range(10))
    again.close()


@pytest.mark.parametrize("part", range(20))
def test_a_torn_tail_is_noticed_and_cut(part: int, tmp_path: Path) -> None:
    queue = DiskQueue(tmp_path / "q", 100_000)
    queue.append(items(20))
    queue.abandon()
    (path,) = (tmp_path / "q").glob("*.seg")
    whole = path.read_bytes()
    cut = len(whole) * part // 20
    path.write_bytes(whole[:cut])
    size = len(segment.frame(items(1)[0]))
    found = take_all(DiskQueue(tmp_path / "q", 100_000))
    assert found == list(range(len(found)))
    assert len(found) in (cut // size, min(20, cut // size), cut // (size + 1))


def test_zeros_after_a_power_cut_are_no_events(tmp_path: Path) -> None:
    queue = DiskQueue(tmp_path / "q", 100_000)
    queue.append(items(5))
    queue.abandon()
    (path,) = (tmp_path / "q").glob("*.seg")
    path.write_bytes(path.read_bytes() + bytes(4096))
    assert take_all(DiskQueue(tmp_path / "q", 100_000)) == list(range(5))


def test_a_damaged_frame_is_skipped_and_counted(tmp_path: Path) -> None:
    queue = DiskQueue(tmp_path / "q", 100_000)
    queue.append(items(9))
    queue.abandon()
    (path,) = (tmp_path / "q").glob("*.seg")
    data = bytearray(path.read_bytes())
    data[4 * len(segment.frame(items(1)[0])) + 20] ^= 1
    path.write_bytes(data)
    again = DiskQueue(tmp_path / "q", 100_000)
    assert again.damaged == 1
    assert take_all(again) == [0, 1, 2, 3, 5, 6, 7, 8]


def test_a_write_that_fails_half_way_leaves_the_queue_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = DiskQueue(tmp_path / "q", 100_000)
    queue.append(items(5))
    real = os.pwrite

    def full(fd: int, data: Any, at: int) -> int:
        if len(data) > 30:
            return real(fd, data[:30], at)
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", full)
        with pytest.raises(OSError, match="No space"):
            queue.append(items(5, 5))
    queue.append(items(5, 100))
    assert take_all(queue) == [*range(5), *range(100, 105)]
    queue.close()


# --- A client with a spool ------------------------------------------------------------------------


def test_what_is_recorded_is_on_disk_until_the_server_has_it(
    receiver: Receiver, drive: Drive, tmp_path: Path
) -> None:
    receiver.always = status(503)
    client = drive(spool=tmp_path)
    client.record(**FAKE, client="acme")
    client.spend(5)
    (path,) = tmp_path.rglob("*.seg")
    assert b'"client":"acme"' in path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0
    receiver.always = None
    client.spend(120)
    assert len(receiver.events) == 1
    assert client.stats.pending == 0


def test_a_clean_end_leaves_nothing_behind(
    receiver: Receiver, connect: Connect, tmp_path: Path
) -> None:
    client = connect(spool=tmp_path)
    for _ in range(100):
        client.record(**FAKE)
    assert client.close(20)
    assert len(receiver.events) == 100
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("durability", ["background", "write", "fsync"])
def test_what_was_not_delivered_at_the_end_goes_with_the_next_process(
    durability: str, receiver: Receiver, connect: Connect, tmp_path: Path
) -> None:
    receiver.always = status(503)
    client = connect(spool=tmp_path, durability=durability)
    for _ in range(100):
        assert client.record(**FAKE)
    assert not client.close(0.2)
    assert client.stats().dropped == 0
    receiver.always = None
    heir = connect(spool=tmp_path)
    heir.record(**FAKE)
    while heir.stats().adopted < 100:
        heir.flush(0.1)
    assert heir.flush(20)
    assert len(receiver.events) == 101
    assert heir.stats().delivered == 101
    assert {batch.headers["verascope-sender"] for batch in receiver.batches} == {
        client.sender,
        heir.sender,
    }
    heir.close(20)
    assert list(tmp_path.iterdir()) == []


def test_two_living_processes_leave_each_others_folders_alone(
    receiver: Receiver, drive: Drive, tmp_path: Path
) -> None:
    receiver.always = status(503)
    first, second = drive(spool=tmp_path), drive(spool=tmp_path)
    for client in (first, second):
        client.record(**FAKE)
        client.spend(200)
    assert first.stats.adopted == second.stats.adopted == 0
    assert len([path for path in tmp_path.iterdir() if path.is_dir()]) == 2


def test_the_drops_of_a_process_that_died_are_reported_in_its_name(
    receiver: Receiver, drive: Drive, tmp_path: Path
) -> None:
    receiver.always = status(503)
    first = drive(spool=tmp_path)
    first.record(**FAKE)
    first.record(prediction="maybe")
    first.spend(10)
    first.pipeline.abandon()
    receiver.always = None
    second = drive(spool=tmp_path)
    second.record(**FAKE)
    second.spend(10)
    assert receiver.dropped == {first.pipeline.sender_id: 1, second.pipeline.sender_id: 0}
    assert len(receiver.events) == 2


def test_skewed_events_of_a_spool_survive_a_crash(
    receiver: Receiver, drive: Drive, tmp_path: Path
) -> None:
    receiver.refuse = lambda event: ("clock_skew", True)
    first = drive(spool=tmp_path)
    first.record(**FAKE)
    first.spend(10)
    assert list(tmp_path.rglob("later/*.seg"))
    first.pipeline.abandon()
    receiver.refuse = lambda event: None
    second = drive(time=first.time, spool=tmp_path)
    second.spend(100)
    assert len(receiver.events) == 1
    assert second.stats.pending == 0


def test_a_folder_that_can_not_be_made_means_memory_and_one_warning(
    receiver: Receiver, connect: Connect, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    client = connect(spool=tmp_path / "file" / "spool")
    for _ in range(100):
        assert client.record(**FAKE)
    assert client.flush(20)
    assert len(receiver.events) == 100
    assert [one.getMessage().split(" (")[0] for one in caplog.records] == [
        f"The spool {tmp_path / 'file' / 'spool'} can't be used"
    ]


def test_without_its_spool_a_durable_record_says_that_the_promise_is_not_kept(
    receiver: Receiver, connect: Connect, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    client = connect(spool=tmp_path / "file", durability="write")
    assert client.record(**FAKE) is False
    assert client.flush(20)
    assert len(receiver.events) == 1


def test_a_full_disk_means_memory_until_there_is_room_again(
    receiver: Receiver,
    drive: Drive,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO", "verascope_client")
    receiver.always = status(503)
    client = drive(spool=tmp_path)
    client.record(**FAKE, use_case="before")
    client.spend(5)

    def full(*_: Any) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", full)
        for _ in range(20):
            client.record(**FAKE, use_case="while")
            client.spend(5)
    client.record(**FAKE, use_case="after")
    client.spend(5)
    receiver.always = None
    client.spend(300)
    assert len(receiver.events) == 22
    assert client.stats.dropped == 0
    said = [one.getMessage().split(" ")[:2] for one in caplog.records]
    assert said.count(["The", "spool"]) == 2


def test_a_spool_that_somebody_removed_does_not_stop_the_client(
    receiver: Receiver, drive: Drive, tmp_path: Path
) -> None:
    receiver.always = status(503)
    client = drive(spool=tmp_path)
    for _ in range(10):
        client.record(**FAKE)
    client.spend(5)
    for path in tmp_path.rglob("*.seg"):
        path.unlink()
    receiver.always = None
    client.spend(120)
    client.record(**FAKE)
    client.spend(120)
    assert len(receiver.events) == 1
    assert client.stats.dropped_by == {"damaged": 10}


def test_orphans_count_towards_the_limit(receiver: Receiver, drive: Drive, tmp_path: Path) -> None:
    receiver.always = status(503)
    time = None
    for _ in range(8):
        client = drive(time=time, spool=tmp_path, spool_bytes=100_000)
        time = client.time
        for _ in range(300):
            client.record(**FAKE)
        client.spend(70)
        client.pipeline.abandon()
    assert sum(path.stat().st_size for path in tmp_path.rglob("*.seg")) <= 100_000
    receiver.always = None
    last = drive(time=time, spool=tmp_path, spool_bytes=100_000)
    last.record(**FAKE)
    last.spend(300)
    assert len(receiver.events) + sum(receiver.dropped.values()) == 8 * 300 + 1
    assert last.stats.pending == 0
    assert len([path for path in tmp_path.iterdir() if path.is_dir()]) == 1
