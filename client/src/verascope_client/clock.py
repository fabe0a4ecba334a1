"""The time of day, time that only grows, and waiting. Handed in, so that a test can own all three."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Clock:
    """The machine's own."""

    def __init__(self) -> None:
        # The function itself: every call of the host asks it.
        self.time_ns: Callable[[], int] = time.time_ns
        """Nanoseconds since 1970, UTC."""

    def monotonic(self) -> float:
        """Seconds since some moment; never set back."""
        return time.monotonic()

    def wait(self, event: threading.Event, seconds: float | None) -> None:
        """Return when the event is set or the seconds are over; None waits for the event alone."""
        event.wait(seconds)


SYSTEM = Clock()
