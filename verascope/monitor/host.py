"""What this machine and this process use, as one sample every few seconds.

Rates (processor, disk, network) are taken between a sample and the one before it, so the first sample of
a process has none. Inside a container processor and memory are shares of what the container may use.
"""

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from verascope.monitor import container, gpu
from verascope.monitor.container import Allowance


@dataclass(frozen=True, slots=True)
class Sample:
    """Shares are percent, 0–100; None is unknown. Bytes and errors are those since the sample before it.

    timestamp_us: its end. interval_seconds: what it covers; longer once older samples are put together.
    cpu_usage, memory_usage: of what this machine, or container, may use. disk_*: of the file system that
    holds the data; disk_read_bytes and disk_write_bytes of all disks. total_requests: HTTP requests
    answered. error_rate: failed predictions of the last five minutes. process_cpu_usage: 100 is one core. event_loop_lag_ms:
    the longest in the interval. queue_depth: predictions waiting for their commit.
    """

    timestamp_us: int
    interval_seconds: float
    cpu_usage: float | None = None
    memory_usage: float | None = None
    disk_usage: float | None = None
    disk_free_bytes: int | None = None
    disk_read_bytes: int | None = None
    disk_write_bytes: int | None = None
    network_sent_bytes: int | None = None
    network_received_bytes: int | None = None
    network_errors: int | None = None
    active_connections: int | None = None
    total_requests: int | None = None
    error_rate: float | None = None
    process_cpu_usage: float | None = None
    process_memory_bytes: int | None = None
    process_threads: int | None = None
    event_loop_lag_ms: float | None = None
    queue_depth: int | None = None
    wal_bytes: int | None = None
    gpu_usage: float | None = None
    gpu_memory_usage: float | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """What only the running server knows, at the moment of a sample. requests: since it started."""

    requests: int
    error_rate: float | None
    event_loop_lag_ms: float | None
    queue_depth: int


class LoopLag:
    """How late an event loop comes to what is due: the longest delay since it was last asked for."""

    PAUSE_SECONDS = 0.25

    def __init__(self) -> None:
        self._longest: float | None = None

    async def watch(self) -> None:
        """Runs in the loop that is watched, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + self.PAUSE_SECONDS
            await asyncio.sleep(self.PAUSE_SECONDS)
            late_ms = max(0.0, (loop.time() - due) * 1000)
            self._longest = max(self._longest or 0.0, late_ms)

    def take(self) -> float | None:
        """Milliseconds; None when the loop didn't run since."""
        longest, self._longest = self._longest, None
        return longest


@dataclass(frozen=True, slots=True)
class _Counters:
    """Totals since the machine or the process began."""

    at: float
    busy_seconds: float
    process_seconds: float
    disk_read: int | None
    disk_written: int | None
    sent: int
    received: int
    errors: int
    requests: int


class Host:
    """Takes samples. Not safe to use from several threads at once.

    database: the file whose disk and write-ahead log are watched, None when it is on another machine.
    """

    def __init__(
        self,
        folder: Path,
        database: Path | None,
        *,
        allowance: Callable[[], Allowance] = container.allowance,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder = folder
        self._wal = None if database is None else database.with_name(database.name + "-wal")
        self._allowance = allowance
        self._monotonic = monotonic
        self._process = psutil.Process()
        self._before: _Counters | None = None
        self._gpus = gpu.Gpus.open()

    def sample(self, now_us: int, service: Service) -> Sample:
        """The sample that ends now. What the system doesn't tell is None; it never raises for that."""
        allowed = self._allowance()
        now, before = self._counters(allowed, service.requests), self._before
        self._before = now
        usage = psutil.disk_usage(str(self._folder))
        gpu_usage, gpu_memory_usage = self._gpus.usage()
        with self._process.oneshot():
            memory_bytes = self._process.memory_info().rss
            threads = self._process.num_threads()
        seconds = 0.0 if before is None else max(now.at - before.at, 1e-3)
        return Sample(
            timestamp_us=now_us,
            interval_seconds=seconds,
            cpu_usage=_cpu_usage(before, now, seconds, allowed),
            memory_usage=_memory_usage(allowed),
            disk_usage=usage.percent,
            disk_free_bytes=usage.free,
            disk_read_bytes=_since(before, now, lambda c: c.disk_read),
            disk_write_bytes=_since(before, now, lambda c: c.disk_written),
            network_sent_bytes=_since(before, now, lambda c: c.sent),
            network_received_bytes=_since(before, now, lambda c: c.received),
            network_errors=_since(before, now, lambda c: c.errors),
            active_connections=_connections(self._process),
            total_requests=_since(before, now, lambda c: c.requests),
            error_rate=service.error_rate,
            process_cpu_usage=None
            if before is None
            else 100 * (now.process_seconds - before.process_seconds) / seconds,
            process_memory_bytes=memory_bytes,
            process_threads=threads,
            event_loop_lag_ms=service.event_loop_lag_ms,
            queue_depth=service.queue_depth,
            wal_bytes=_size(self._wal),
            gpu_usage=gpu_usage,
            gpu_memory_usage=gpu_memory_usage,
        )

    def close(self) -> None:
        self._gpus.close()

    def _counters(self, allowed: Allowance, requests: int) -> _Counters:
        times = psutil.cpu_times()
        busy = sum(times) - times.idle - getattr(times, "iowait", 0.0) - _guests(times)
        own = self._process.cpu_times()
        disk = psutil.disk_io_counters()
        net = psutil.net_io_counters()
        contained = allowed.cpus is not None and allowed.cpu_seconds is not None
        return _Counters(
            at=self._monotonic(),
            busy_seconds=allowed.cpu_seconds or 0.0 if contained else busy,
            process_seconds=own.user + own.system,
            disk_read=None if disk is None else disk.read_bytes,
            disk_written=None if disk is None else disk.write_bytes,
            sent=net.bytes_sent,
            received=net.bytes_recv,
            errors=net.errin + net.errout + net.dropin + net.dropout,
            requests=requests,
        )


def _guests(times: object) -> float:
    """Linux counts a guest's time in `user` as well."""
    return float(getattr(times, "guest", 0.0)) + float(getattr(times, "guest_nice", 0.0))


def _cpu_usage(
    before: _Counters | None, now: _Counters, seconds: float, allowed: Allowance
) -> float | None:
    if before is None:
        return None
    cores = allowed.cpus if allowed.cpus and allowed.cpu_seconds is not None else _cores()
    share = 100 * (now.busy_seconds - before.busy_seconds) / (seconds * cores)
    return min(100.0, max(0.0, share))


def _cores() -> float:
    return float(psutil.cpu_count() or os.cpu_count() or 1)


def _memory_usage(allowed: Allowance) -> float | None:
    machine = psutil.virtual_memory()
    limit, used = allowed.memory_limit, allowed.memory_used
    if limit is None or used is None or limit >= machine.total:
        return float(machine.percent)
    return min(100.0, 100 * used / limit)


def _connections(process: psutil.Process) -> int | None:
    try:
        found = process.net_connections(kind="tcp")
    except (psutil.Error, OSError):
        return None
    return len([one for one in found if one.status == psutil.CONN_ESTABLISHED])


def _since(
    before: _Counters | None, now: _Counters, total: Callable[[_Counters], int | None]
) -> int | None:
    """None after a counter was reset: that interval isn't known."""
    if before is None:
        return None
    first, last = total(before), total(now)
    return None if first is None or last is None or last < first else last - first


def _size(path: Path | None) -> int | None:
    if path is None:
        return None
    try:
        return path.stat().st_size
    except OSError:
        return 0
