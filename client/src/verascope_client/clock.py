"""The time of day, time that only grows, and waiting. Handed in, so that a test can own all three."""

from __future__ import annotations

import threading
import time


class Clock:
    """The machine's own."""

    def time_ns(self) -> int:
        """Nanoseconds since 1970, UTC."""
        return time.time_ns()

    def monotonic(self) -> float:
        """Seconds since some moment; never set back."""
        return time.monotonic()

    def wait(self, event: threading.Event, seconds: float | None) -> None:
        """Return when the event is set or the seconds are over; None waits for the event alone."""
        event.wait(seconds)


SYSTEM = Clock()
