"""Warnings that come once.

A server that is away for a week is one line in the host's log when it goes and one when it is back.
"""

from __future__ import annotations

import logging
import threading

from verascope_client.clock import SYSTEM, Clock

logger = logging.getLogger("verascope_client")

QUIET_SECONDS = 3600
"""A trouble that comes and goes is not told again within this time."""

MOST_NOTES = 100
"""Of things told once in the life of a process; further kinds of them are not told at all."""


class Calm:
    """What has been said already. Safe to use from any thread; never called from the host's own call."""

    def __init__(self, clock: Clock = SYSTEM) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._lasting: dict[str, bool] = {}
        self._told_at: dict[str, float] = {}
        self._noted: set[str] = set()

    def trouble(self, kind: str, message: str, *args: object) -> None:
        """Something lasting began or goes on: a warning when it begins."""
        now = self._clock.monotonic()
        with self._lock:
            if kind in self._lasting:
                return
            told = self._told_at.get(kind)
            loud = told is None or now - told >= QUIET_SECONDS
            self._lasting[kind] = loud
            if loud:
                self._told_at[kind] = now
        if loud:
            logger.warning(message, *args)

    def over(self, kind: str, message: str, *args: object) -> None:
        """A trouble ended: told if its beginning was."""
        with self._lock:
            loud = self._lasting.pop(kind, False)
        if loud:
            logger.info(message, *args)

    def note(self, kind: str, message: str, *args: object) -> None:
        """A warning once in the life of the process."""
        with self._lock:
            if kind in self._noted or len(self._noted) >= MOST_NOTES:
                return
            self._noted.add(kind)
        logger.warning(message, *args)
