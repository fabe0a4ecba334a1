"""kill -9 of a process in the middle of its batches: every event that the spool acknowledged is counted exactly once."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from pathlib import Path
from typing import Callable

import pytest
from client.tests.receiver import Receiver, reset, status, store_and_cut, store_and_reset

from verascope_client import Client

pytestmark = [pytest.mark.faults, pytest.mark.slow]

PROGRAM = """
import sys, threading, time, uuid
from verascope_client import Client

url, spool, durability = sys.argv[1:]
client = Client(url, spool=spool, durability=durability, batch_events=50, batch_seconds=0.05, retry_seconds=1,
                spool_bytes=50_000_000)
lock = threading.Lock()

def work():
    while True:
        name = str(uuid.uuid4())
        kept = client.record(id=name, prediction="fake", confidence=97.5)
        if kept:
            with lock:
                sys.stdout.write(name + "\\n")
                sys.stdout.flush()
        time.sleep(0.0005)

for _ in range(3):
    threading.Thread(target=work, daemon=True).start()
time.sleep(600)
"""


def test_every_acknowledged_event_is_counted_exactly_once(
    seed: int,
    receiver: Receiver,
    script: Callable[..., subprocess.Popen[str]],
    connect: Callable[..., Client],
    tmp_path: Path,
) -> None:
    dice = random.Random(seed)
    kinds = [status(503), status(500), reset, store_and_cut, store_and_reset, None, None, None]
    acknowledged: set[str] = set()
    for _ in range(3):
        receiver.troubles.extend(
            one or (lambda handler, batch: handler.accept(batch))
            for one in dice.choices(kinds, k=8)
        )
        process = script(PROGRAM, receiver.url, tmp_path, dice.choice(["write", "write", "fsync"]))
        assert process.stdout is not None
        acknowledged.add(process.stdout.readline().strip())
        time.sleep(dice.uniform(0.05, 0.8))
        process.send_signal(signal.SIGKILL)
        assert process.stderr is not None
        # Not `communicate`: it would skip what the line above has already read ahead.
        out, err = process.stdout.read(), process.stderr.read()
        process.wait()
        # The last line may be cut in the pipe: it was not told.
        acknowledged.update(line for line in out.split("\n")[:-1] if line)
        assert "Traceback" not in err
    receiver.troubles.clear()
    heir = connect(spool=tmp_path, batch_events=500)
    heir.record(id="the-heir", prediction="real", confidence=80)
    while len([path for path in tmp_path.iterdir() if path.is_dir()]) > 1:
        heir.flush(0.2)
    assert heir.flush(60)
    assert len(acknowledged) > 20
    assert acknowledged - receiver.ids == set()
    # What arrived beyond that was recorded, too, but its call did not return.
    assert len(receiver.ids - acknowledged) <= 1 + 3 * 3
    assert heir.stats().rejected == 0


WINDOW = """
import sys, time
from pathlib import Path
from verascope_client import Client

url, spool = sys.argv[1:]
client = Client(url, spool=spool)
for number in range(1000):
    client.record(id=f"event-{number}", prediction="fake", confidence=97.5)

def on_disk():
    try:
        return b"".join(path.read_bytes() for path in Path(spool).rglob("*.seg"))
    except FileNotFoundError:  # the spool tidies up while it is looked at
        return b""

while b'"event-999"' not in on_disk():
    time.sleep(0.01)
print("written", flush=True)
time.sleep(600)
"""


def test_what_the_background_has_written_survives_a_kill(
    receiver: Receiver,
    script: Callable[..., subprocess.Popen[str]],
    connect: Callable[..., Client],
    tmp_path: Path,
) -> None:
    receiver.always = status(503)
    process = script(WINDOW, receiver.url, tmp_path)
    assert process.stdout is not None
    said = process.stdout.readline()
    process.kill()
    assert said == "written\n", process.communicate()[1]
    process.wait()
    receiver.always = None
    heir = connect(spool=tmp_path)
    heir.record(id="the-heir", prediction="real", confidence=80)
    while heir.stats().adopted < 1000:
        heir.flush(0.1)
    assert heir.flush(60)
    assert receiver.ids == {"the-heir", *(f"event-{number}" for number in range(1000))}
