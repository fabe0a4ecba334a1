"""Samples of this very machine, and what a container's limits do to them."""

import asyncio
import time
from pathlib import Path

import psutil
import pytest

from verascope.monitor.container import Allowance
from verascope.monitor.host import Host, LoopLag, Sample, Service

IDLE = Service(requests=0, error_rate=None, event_loop_lag_ms=None, queue_depth=0)


def test_a_sample_knows_the_machine_it_was_taken_on(tmp_path: Path) -> None:
    database = tmp_path / "analytics.db"
    (tmp_path / "analytics.db-wal").write_bytes(b"x" * 4096)
    host = Host(tmp_path, database)
    host.sample(1, IDLE)
    (tmp_path / "something").write_bytes(b"y" * 1_000_000)
    sample = host.sample(11_000_000, Service(7, 12.5, 3.0, 4))
    host.close()
    assert sample.timestamp_us == 11_000_000
    assert sample.wal_bytes == 4096
    assert (sample.error_rate, sample.event_loop_lag_ms, sample.queue_depth) == (12.5, 3.0, 4)
    assert sample.total_requests == 7
    free = psutil.disk_usage(str(tmp_path)).free
    assert sample.disk_free_bytes == pytest.approx(free, rel=0.05)
    for share in (sample.cpu_usage, sample.memory_usage, sample.disk_usage):
        assert share is not None
        assert 0 <= share <= 100
    assert sample.process_memory_bytes is not None
    assert sample.process_memory_bytes > 10_000_000
    assert sample.process_threads is not None
    assert sample.process_threads >= 1


def test_a_first_sample_has_no_rates(tmp_path: Path) -> None:
    sample = Host(tmp_path, None).sample(1, IDLE)
    assert sample.interval_seconds == 0
    assert sample.cpu_usage is None
    assert sample.network_sent_bytes is None
    assert sample.wal_bytes is None


class Stage:
    """A container whose processor time and memory the test sets, and a clock that moves 10 s a sample."""

    def __init__(self, cpus: float, memory_limit: int) -> None:
        self.now = 0.0
        self.cpus, self.memory_limit = cpus, memory_limit
        self.cpu_seconds, self.memory_used = 0.0, 0

    def allowance(self) -> Allowance:
        return Allowance(self.cpus, self.cpu_seconds, self.memory_limit, self.memory_used)

    def sampled(self, folder: Path, cpu_seconds: float, memory_used: int) -> Sample:
        host = Host(folder, None, allowance=self.allowance, monotonic=lambda: self.now)
        host.sample(0, IDLE)
        self.now += 10
        self.cpu_seconds, self.memory_used = cpu_seconds, memory_used
        return host.sample(10_000_000, IDLE)


def test_inside_a_container_shares_are_of_what_it_may_use(tmp_path: Path) -> None:
    stage = Stage(cpus=0.5, memory_limit=200_000_000)
    sample = stage.sampled(tmp_path, cpu_seconds=4.0, memory_used=150_000_000)
    assert sample.cpu_usage == pytest.approx(80.0)
    assert sample.memory_usage == pytest.approx(75.0)


def test_a_limit_above_the_machines_memory_limits_nothing(tmp_path: Path) -> None:
    stage = Stage(cpus=0.5, memory_limit=1 << 50)
    sample = stage.sampled(tmp_path, cpu_seconds=0, memory_used=1)
    assert sample.memory_usage == pytest.approx(psutil.virtual_memory().percent, abs=10)


def test_the_longest_delay_of_an_event_loop_is_told_once() -> None:
    lag = LoopLag()

    async def work() -> None:
        watch = asyncio.create_task(lag.watch())
        await asyncio.sleep(0)
        time.sleep(lag.PAUSE_SECONDS + 0.1)  # noqa: ASYNC251  (a blocked loop is what is measured)
        await asyncio.sleep(0.01)
        watch.cancel()

    asyncio.run(work())
    longest = lag.take()
    assert longest is not None
    assert longest >= 90
    assert lag.take() is None
