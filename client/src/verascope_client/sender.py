"""Sends what waits: when, how much at once, and what follows from the answer."""

from __future__ import annotations

import http.client
import random
from collections.abc import Sequence
from typing import Callable

from verascope_client.books import Books
from verascope_client.calm import Calm
from verascope_client.clock import Clock
from verascope_client.event import Item
from verascope_client.options import Options
from verascope_client.outbox import Outbox, Queue
from verascope_client.receipt import Delivered, Retry, Smaller, allowance, decide
from verascope_client.wire import Wire

FIRST_RETRY_SECONDS = 0.5
SKEW_SECONDS = 60.0
"""An event that is too far in the server's future is offered again after this."""

SKEW_GIVE_UP_US = 24 * 3600 * 1_000_000
"""After a day its time is wrong for good."""

LINES, REPORT = "application/x-ndjson", "application/json"


class Sender:
    """Does one thing at a time: `step`, called by one thread (or by a test).

    outboxes: oldest first. backlog: how many more wait that `gather` puts into them, called only when a batch is due: until
    then the host's calls find somebody waiting and need not wake anybody. unreadable: called when the files of an outbox can't be read.
    """

    def __init__(
        self,
        options: Options,
        wire: Wire,
        outboxes: Callable[[], Sequence[Outbox]],
        backlog: Callable[[], int],
        gather: Callable[[], None],
        unreadable: Callable[[Outbox, Queue, OSError], None],
        books: Books,
        calm: Calm,
        clock: Clock,
        dice: random.Random | None = None,
    ) -> None:
        self._options = options
        self._wire = wire
        self._outboxes = outboxes
        self._backlog = backlog
        self._gather = gather
        self._unreadable = unreadable
        self._books = books
        self._calm = calm
        self._clock = clock
        self._dice = dice or random.Random()
        self._limit = options.batch_events
        self._failures = 0
        self._not_before = 0.0
        self._asked_to_wait_until = 0.0
        self._waiting_since: float | None = None
        self._left: int | None = None
        self._left_until = 0.0
        self.is_idle = True
        """Nothing waits, as far as was seen: whoever adds something has to wake this one."""
        self.is_urgent = False
        """Somebody waits: batches go out without waiting until they are full."""
        self._is_hurried = False

    @property
    def is_failing(self) -> bool:
        """The last attempt did not get through."""
        return self._failures > 0

    def hurry(self) -> None:
        """The next attempt doesn't wait for its turn, unless the server asked for it."""
        self._is_hurried = True

    def step(self) -> float | None:
        """Send one batch if one is due. Seconds until there is something to do; None when nothing waits."""
        self.is_idle = True
        wait = self._step()
        self.is_idle = wait is None
        return wait

    def _step(self) -> float | None:
        now = self._clock.monotonic()
        hurried, self._is_hurried = self._is_hurried, False
        not_before = self._asked_to_wait_until if hurried else self._not_before
        if now < not_before:
            return not_before - now
        outboxes = self._outboxes()
        wait = self._linger(outboxes, now)
        if wait is None or wait <= 0:
            self._gather()
            for outbox in outboxes:
                if self._send_one(outbox, now):
                    return 0.0 if self._failures == 0 else self._until(now)
        skewed = [one.later_at - now for one in outboxes if len(one.later)]
        waits = [one for one in (wait, *skewed) if one is not None and one > 0]
        return min(waits) if waits else None

    def report(self, outbox: Outbox) -> bool:
        """Tell how many events were dropped, without any event. False when that did not get through."""
        return isinstance(self._exchange(outbox, []), Delivered)

    def _linger(self, outboxes: Sequence[Outbox], now: float) -> float | None:
        """Seconds until a batch is due; 0 for now, None for nothing to send."""
        if any(not one.is_ours and (len(one.main) or one.tally.is_owed) for one in outboxes):
            return 0.0
        waiting = self._backlog() + sum(len(one.main) for one in outboxes)
        if waiting == 0:
            self._waiting_since = None
            return None
        if self._waiting_since is None:
            self._waiting_since = now
        if self.is_urgent or waiting >= self._options.batch_events:
            return 0.0
        return max(0.0, self._waiting_since + self._options.batch_seconds - now)

    def _send_one(self, outbox: Outbox, now: float) -> bool:
        """False when this outbox has nothing to send now."""
        if len(outbox.later) and (now >= outbox.later_at or outbox.later_left > 0):
            if outbox.later_left <= 0:
                outbox.later_left = len(outbox.later)
            if self._send_from(outbox, outbox.later, outbox.later_left):
                return True
        if len(outbox.main) and self._send_from(outbox, outbox.main, self._options.batch_events):
            return True
        if not outbox.is_ours and outbox.tally.is_owed:
            self.report(outbox)
            return True
        return False

    def _send_from(self, outbox: Outbox, queue: Queue, most: int) -> bool:
        most = min(most, self._limit, self._allowed())
        waiting = len(queue)
        try:
            items = queue.peek(most, self._options.batch_bytes)
        except OSError as error:
            self._unreadable(outbox, queue, error)
            return True
        if not items:
            return False
        found = self._exchange(outbox, items)
        if isinstance(found, Smaller):
            self._shrink(queue, items, found)
        elif isinstance(found, Delivered):
            self._settle(outbox, queue, items, found)
            if len(items) >= waiting:
                # The next ones gather again; a batch that was cut short is followed at once.
                self._waiting_since = None
        return True

    def _exchange(self, outbox: Outbox, items: list[Item]) -> Delivered | Smaller | None:
        """None when it has to be tried again, which is then arranged."""
        dropped = outbox.tally.total()
        body = b"\n".join(item.line for item in items) if items else b"[]"
        kind = LINES if items else REPORT
        try:
            answer = self._wire.send(body, kind, outbox.sender, dropped)
        except (OSError, http.client.HTTPException) as error:
            self._fail(Retry("unreachable", f"can't be reached ({error!r})"))
            return None
        decision = decide(answer, len(items), self._clock.time_ns() / 1e9)
        self._heed(allowance(answer.headers.get("ratelimit")))
        if isinstance(decision, Retry):
            self._fail(decision)
            return None
        if isinstance(decision, Delivered):
            self._failures = 0
            outbox.tally.reported = max(outbox.tally.reported, dropped)
            self._calm.over("delivery", "Verascope at %s takes events again", self._wire.place)
        return decision

    def _settle(self, outbox: Outbox, queue: Queue, items: list[Item], got: Delivered) -> None:
        """Take what was answered out of the queue; what is to be sent again goes to the other one first."""
        if got.again:
            too_old = self._clock.time_ns() // 1000 - SKEW_GIVE_UP_US
            again = [items[i] for i in got.again]
            keep = [item for item in again if item.recorded_us >= too_old]
            if keep:
                if len(outbox.later) == 0:
                    outbox.later_at = self._clock.monotonic() + SKEW_SECONDS
                outbox.defer(keep)
            if len(keep) < len(again):
                self._books.drop("clock_skew", len(again) - len(keep), own=outbox.is_ours)
            self._calm.note(
                "skew",
                "Events are ahead of the clock of %s; they are kept and sent again",
                self._wire.place,
            )
        queue.ack(len(items))
        self._books.settle(got.delivered, got.duplicate, got.rejected)
        for text in set(got.refused.values()):
            self._calm.note(f"refused {text}", "Verascope refused an event for good: %s", text)
        if queue is outbox.later:
            # One round through all that wait there, then a pause.
            outbox.later_left -= len(items)
            if outbox.later_left <= 0:
                outbox.later_at = self._clock.monotonic() + SKEW_SECONDS
        self._limit = min(self._options.batch_events, self._limit * 2)

    def _shrink(self, queue: Queue, items: list[Item], smaller: Smaller) -> None:
        """One bad event must not keep the others: halve until it stands alone, then let go of it."""
        if len(items) > 1:
            self._limit = len(items) // 2
            return
        if not smaller.final:
            self._fail(Retry("answer", smaller.reason))
            return
        queue.ack(1)
        self._books.settle(0, 0, 1)
        self._calm.note(
            f"alone {smaller.reason}", "Verascope refused an event for good: it %s", smaller.reason
        )
        self._limit = min(self._options.batch_events, 2)

    def _fail(self, why: Retry) -> None:
        """Exponential backoff with full jitter; what the server asks for comes on top of it."""
        self._failures += 1
        now = self._clock.monotonic()
        ceiling = min(
            self._options.retry_seconds, FIRST_RETRY_SECONDS * 2 ** min(self._failures - 1, 30)
        )
        jitter = self._dice.uniform(0, ceiling)
        if why.wait is not None:
            # All senders were told the same; they should not come back in the same moment.
            self._asked_to_wait_until = now + why.wait
            jitter = why.wait + self._dice.uniform(0, min(ceiling, 1 + why.wait / 10))
        self._not_before = now + jitter
        self._calm.trouble(
            "delivery",
            "Verascope at %s %s; events are kept and sent later. This is said once",
            self._wire.place,
            why.reason,
        )

    def _until(self, now: float) -> float:
        return max(0.0, self._not_before - now)

    def _heed(self, told: tuple[int, float] | None) -> None:
        """What the server says is left: batches no larger than that, and none when it is nothing."""
        now = self._clock.monotonic()
        if told is None:
            self._left = None
            return
        self._left, seconds = told
        self._left_until = now + seconds
        if self._left == 0:
            self._not_before = self._left_until + self._dice.uniform(0, 1)
            self._asked_to_wait_until = self._left_until

    def _allowed(self) -> int:
        if self._left is None or self._clock.monotonic() >= self._left_until:
            return self._options.batch_events
        return max(1, self._left)
