"""A receiver for each test, and clients that end with it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest
from client.tests.driven import Driven
from client.tests.receiver import Receiver, receiving

from verascope_client import Client

SOURCE = Path(__file__).parents[1] / "src"
ROUNDS = 5


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seed" in metafunc.fixturenames:
        # Unknown when the client's tests run without the repository's settings.
        rounds = metafunc.config.getoption("--rounds", ROUNDS)
        metafunc.parametrize("seed", range(1, rounds + 1))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture
def connect(receiver: Receiver) -> Iterator[Callable[..., Client]]:
    """Makes clients of the receiver that hurry."""
    made: list[Client] = []

    def make(url: str | None = None, **options: Any) -> Client:
        chosen = {"batch_seconds": 0.01, "timeout": 20, "retry_seconds": 1, **options}
        client = Client(url or receiver.url, **chosen)
        made.append(client)
        return client

    yield make
    receiver.release.set()
    for client in made:
        client.close(0)


@pytest.fixture
def drive(receiver: Receiver) -> Iterator[Callable[..., Driven]]:
    """Makes clients that live in a time of the test's own."""
    made: list[Driven] = []

    def make(url: str | None = None, **options: Any) -> Driven:
        driven = Driven(url or receiver.url, **options)
        made.append(driven)
        return driven

    yield make
    for driven in made:
        driven.pipeline.abandon()


Script = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def script() -> Iterator[Script]:
    """Starts a Python program with the client on its path; ends it with the test."""
    running: list[subprocess.Popen[str]] = []

    def begin(text: str, *args: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", textwrap.dedent(text), *map(str, args)],
            env={**os.environ, "PYTHONPATH": str(SOURCE), "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        running.append(process)
        return process

    yield begin
    for process in running:
        # Its children, too: one that hangs would hold the pipes open for ever.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@pytest.fixture
def finish(script: Script) -> Callable[..., str]:
    """Runs such a program to its end; what it printed. stderr is told when it failed."""

    def run(text: str, *args: object) -> str:
        process = script(text, *args)
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        return out

    return run
