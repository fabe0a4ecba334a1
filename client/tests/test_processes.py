"""Forks, workers and the end of the interpreter, in programs of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

import pytest
from client.tests.receiver import Receiver, hang, status

pytestmark = pytest.mark.slow

Finish = Callable[..., str]


def names(receiver: Receiver) -> list[str]:
    return sorted(event["use_case"] for event in receiver.events.values())


def test_the_interpreters_end_sends_what_waits(receiver: Receiver, finish: Finish) -> None:
    finish(
        """
        import sys
        from verascope_client import Client
        client = Client(sys.argv[1], batch_seconds=3600)
        for number in range(700):
            client.record(prediction="fake", confidence=90, use_case=str(number))
        """,
        receiver.url,
    )
    assert len(receiver.events) == 700


def test_the_end_waits_no_longer_than_it_may(receiver: Receiver, finish: Finish) -> None:
    receiver.always = hang
    said = finish(
        """
        import logging, sys
        from verascope_client import Client
        logging.basicConfig(stream=sys.stdout, format="%(message)s")
        client = Client(sys.argv[1], exit_seconds=0.3, timeout=300)
        client.record(prediction="fake", confidence=90)
        """,
        receiver.url,
    )
    assert "1 events were not delivered before the end and are lost" in said


def test_the_end_writes_the_spool_although_the_server_hangs(
    receiver: Receiver, finish: Finish, tmp_path: Path
) -> None:
    receiver.always = hang
    finish(
        """
        import sys
        from verascope_client import Client
        client = Client(sys.argv[1], spool=sys.argv[2], exit_seconds=0.3, timeout=300, spool_seconds=60)
        for number in range(100):
            client.record(prediction="fake", confidence=90, use_case=f"number-{number}")
        """,
        receiver.url,
        tmp_path,
    )
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*.seg"))
    assert written.count(b'"use_case":"number-') == 100


FORK = """
import os, sys
from verascope_client import Client
options = {"spool": sys.argv[2]} if len(sys.argv) > 2 else {}
client = Client(sys.argv[1], batch_seconds=3600, **options)
client.record(prediction="fake", confidence=90, use_case="parent before")
sender = client.sender
child = os.fork()
if child == 0:
    assert client.sender != sender
    assert client.stats().recorded == 0
    client.record(prediction="fake", confidence=90, use_case="child")
    os._exit(0 if client.flush(30) else 1)
assert os.waitpid(child, 0)[1] == 0
assert client.sender == sender
client.record(prediction="fake", confidence=90, use_case="parent after")
assert client.flush(30)
assert client.stats().recorded == 2
"""


@pytest.mark.parametrize("with_spool", [False, True])
def test_a_forked_child_sends_its_own_and_nothing_of_its_parents(
    with_spool: bool, receiver: Receiver, finish: Finish, tmp_path: Path
) -> None:
    finish(FORK, receiver.url, *([tmp_path] if with_spool else []))
    assert names(receiver) == ["child", "parent after", "parent before"]
    assert receiver.duplicates == 0
    assert len({batch.headers["verascope-sender"] for batch in receiver.batches}) == 2


def test_a_fork_while_other_threads_record_does_not_stop_the_child(
    receiver: Receiver, finish: Finish, tmp_path: Path
) -> None:
    finish(
        """
        import os, sys, threading
        from verascope_client import Client
        client = Client(sys.argv[1], spool=sys.argv[2], durability="write", max_events=100)
        stop = threading.Event()
        def work():
            while not stop.is_set():
                client.record(prediction="fake", confidence=90, use_case="parent")
        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        for number in range(10):
            child = os.fork()
            if child == 0:
                ok = client.record(prediction="fake", confidence=90, use_case=f"child {number}")
                os._exit(0 if ok and client.flush(30) else 1)
            assert os.waitpid(child, 0)[1] == 0
        stop.set()
        for thread in threads:
            thread.join()
        client.close(60)
        """,
        receiver.url,
        tmp_path,
    )
    assert [name for name in names(receiver) if name != "parent"] == [
        f"child {number}" for number in range(10)
    ]


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_workers_of_multiprocessing_send_at_their_end(
    method: str, receiver: Receiver, tmp_path: Path, finish: Finish
) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        """
import multiprocessing, sys
from verascope_client import Client

client = Client(sys.argv[1], batch_seconds=3600)

def work(number):
    client.record(prediction="fake", confidence=90, use_case=f"worker {number}")

if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[2])
    workers = [context.Process(target=work, args=(number,)) for number in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
"""
    )
    finish(
        "import runpy, sys; program = sys.argv.pop(1); sys.argv[0] = program;"
        " runpy.run_path(program, run_name='__main__')",
        program,
        receiver.url,
        method,
    )
    assert names(receiver) == ["worker 0", "worker 1", "worker 2"]


def test_several_workers_share_one_spool_folder(
    receiver: Receiver, script: Callable[..., object], finish: Finish, tmp_path: Path
) -> None:
    receiver.always = status(503)
    program = """
        import sys
        from verascope_client import Client
        client = Client(sys.argv[1], spool=sys.argv[2], exit_seconds=0)
        for number in range(200):
            client.record(prediction="fake", confidence=90, use_case=f"{sys.argv[3]}-{number}")
    """
    for worker in range(4):
        finish(program, receiver.url, tmp_path, worker)
    receiver.always = None
    finish(
        """
        import sys
        from verascope_client import Client
        client = Client(sys.argv[1], spool=sys.argv[2])
        client.record(prediction="fake", confidence=90, use_case="last")
        while client.stats().adopted < 800:
            client.flush(0.1)
        assert client.flush(30)
        """,
        receiver.url,
        tmp_path,
    )
    assert len(receiver.events) == 801
    assert receiver.duplicates == 0
    assert list(tmp_path.iterdir()) == []
