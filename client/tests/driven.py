"""A client without threads, in a time that the test owns: a week takes a second."""

from __future__ import annotations

import threading
from typing import Any

from verascope_client.buffer import Raw
from verascope_client.clock import Clock
from verascope_client.options import Options
from verascope_client.pipeline import Pipeline

START_NS = 1_790_000_000_000_000_000


class OwnTime(Clock):
    """Goes on only when told."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.time_ns = lambda: START_NS + int(self.seconds * 1e9)

    def monotonic(self) -> float:
        return self.seconds

    def wait(self, event: threading.Event, seconds: float | None) -> None:
        raise AssertionError("nobody waits here")


class Driven:
    """pipeline: the real one."""

    def __init__(self, url: str, time: OwnTime | None = None, **options: Any) -> None:
        self.time = time or OwnTime()
        self.options = Options(url, **options)
        self.pipeline = Pipeline(self.options, self.time, threads=False)
        self.attempts = 0

    @property
    def stats(self) -> Any:
        return self.pipeline.stats()

    def record(self, **fields: Any) -> bool:
        return self.pipeline.take(Raw(self.time.time_ns(), fields, 500))

    def spend(self, seconds: float) -> None:
        """Let the threads' work happen as it would in that time."""
        end = self.time.seconds + seconds
        while True:
            if self.options.spool is not None:
                self.pipeline.write()
            wait = self.pipeline.send()
            self.attempts += 1
            left = end - self.time.seconds
            if wait is None or wait > left:
                self.time.seconds = end
                return
            self.time.seconds += wait
            if left <= 0 and wait <= 0:
                return
