"""How much one caller may send: a bucket of tokens for each, refilled evenly over a minute.

The headers say it as draft-ietf-httpapi-ratelimit-headers does, with the policy name `events`.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from verascope.errors import RateLimited

WINDOW_SECONDS = 60
MOST_CALLERS = 10_000


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class RateLimit:
    """`limit` events a minute for every caller; 0 sets none. Thread-safe, in memory."""

    def __init__(self, limit: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.limit = limit
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._buckets: dict[tuple[int, str], _Bucket] = {}

    def take(self, caller: tuple[int, str], n: int) -> None:
        """Spend `n` tokens of the caller. Raises RateLimited when it hasn't got them, and takes none.

        More than the whole limit at once is let through by a full bucket: it could never come otherwise.
        """
        if not self.limit:
            return
        with self._lock:
            bucket = self._refilled(caller)
            if bucket.tokens < min(n, self.limit):
                missing = min(n, self.limit) - bucket.tokens
                wait = max(1, round(missing * WINDOW_SECONDS / self.limit + 0.5))
                raise RateLimited(
                    f"{self.limit} events a minute are accepted from one caller; nothing was recorded.",
                    wait,
                )
            bucket.tokens = max(0.0, bucket.tokens - n)

    def give_back(self, caller: tuple[int, str], n: int) -> None:
        """What was taken for events that were then not recorded, so that trying again is not dearer."""
        if not self.limit:
            return
        with self._lock:
            bucket = self._refilled(caller)
            bucket.tokens = min(float(self.limit), bucket.tokens + n)

    def headers(self, caller: tuple[int, str]) -> dict[str, str]:
        """`RateLimit-Policy` and `RateLimit` for an answer to this caller; none without a limit."""
        if not self.limit:
            return {}
        with self._lock:
            left = int(self._refilled(caller).tokens)
        full_in = round((self.limit - left) * WINDOW_SECONDS / self.limit)
        return {
            "RateLimit-Policy": f'"events";q={self.limit};w={WINDOW_SECONDS}',
            "RateLimit": f'"events";r={left};t={full_in}',
        }

    def _refilled(self, caller: tuple[int, str]) -> _Bucket:
        now = self._monotonic()
        bucket = self._buckets.get(caller)
        if bucket is None:
            if len(self._buckets) >= MOST_CALLERS:
                # Whoever was away for a window has a full bucket anyway.
                self._buckets = {
                    one: kept
                    for one, kept in self._buckets.items()
                    if now - kept.at < WINDOW_SECONDS
                }
            bucket = self._buckets[caller] = _Bucket(self.limit, now)
        gained = (now - bucket.at) * self.limit / WINDOW_SECONDS
        bucket.tokens, bucket.at = min(float(self.limit), bucket.tokens + gained), now
        return bucket
