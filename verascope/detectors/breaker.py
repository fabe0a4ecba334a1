"""A circuit breaker (Nygard, Release It!, 2007): what failed often in a row is left alone for a
while, then asked once.
"""

import threading
import time
from collections.abc import Callable


class Breaker:
    """Closed at first; open after `failures` in a row; after `open_seconds` one caller may try.

    That one's success closes it, its failure opens it again. Thread-safe. clock: seconds that only
    grow.
    """

    def __init__(
        self,
        failures: int,
        open_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit = failures
        self._open_seconds = open_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._opened_at: float | None = None
        self._is_probing = False

    @property
    def is_open(self) -> bool:
        """Whether callers are turned away, the one that may try apart."""
        return self._opened_at is not None

    def admits(self) -> bool:
        """Whether this caller may go on. Who was admitted must tell how it went."""
        with self._lock:
            if self._opened_at is None:
                return True
            if self._is_probing or self._clock() - self._opened_at < self._open_seconds:
                return False
            self._is_probing = True
            return True

    def succeeded(self) -> None:
        with self._lock:
            self._failures = 0
            self._opened_at = None
            self._is_probing = False

    def failed(self) -> None:
        with self._lock:
            self._failures += 1
            if self._is_probing or self._failures >= self._limit:
                self._opened_at = self._clock()
                self._is_probing = False
