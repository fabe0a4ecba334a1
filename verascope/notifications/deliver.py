"""Sending what is due: each channel by a thread of its own, so that a slow one holds nobody else up.

A delivery is claimed, sent outside any transaction, and what came of it is recorded. A process that dies in between has
perhaps sent it: the next one sends it again. At least once, then, and receivers that look at the id show it once.
"""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Protocol, TypeVar

from sqlalchemy import Connection

from verascope.clock import US, Now
from verascope.notifications import claims, outbox, outcome
from verascope.notifications.channel import Blame, Channel, Trouble
from verascope.notifications.channels import Stored
from verascope.notifications.claims import LEASE_SECONDS, Claim
from verascope.notifications.outbox import Delivery
from verascope.notifications.outcome import Chance
from verascope.store.database import Database

log = logging.getLogger(__name__)

THREADS = 8
STOP_SECONDS = 5.0
"""How long stopping waits for receivers; what they had no time to answer is sent again at the next start."""
T = TypeVar("T")


class Submit(Protocol):
    """Runs a write in a transaction of its own, as the writer does."""

    def __call__(self, job: Callable[[Connection], T], /) -> Future[T]: ...


class Deliverer:
    """Sends the outbox. `start_due` and `run_due` may be called from any thread, `stop` once."""

    def __init__(
        self,
        database: Database,
        submit: Submit,
        opened: Callable[[Stored], Channel],
        now: Now,
        chance: Chance = outcome.default_chance,
    ) -> None:
        self._database = database
        self._submit = submit
        self._opened = opened
        self._now = now
        self._chance = chance
        self._lock = threading.Lock()
        self._busy: dict[tuple[int, str], threading.Thread] = {}
        self._places = threading.BoundedSemaphore(THREADS)
        self._ending = threading.Event()

    def recover(self, *, is_alone: bool) -> None:
        """Give back what a process before us claimed and never recorded. is_alone: nobody else serves this database, so
        every claim is of the past.
        """
        before_us = self._now() + 1 if is_alone else self._now() - LEASE_SECONDS * US
        found = self._submit(lambda connection: claims.release(connection, before_us)).result()
        if found:
            log.warning("%s deliveries were interrupted; they are sent again", found)

    def run_due(self, now_us: int) -> None:
        """Send everything that is due, and wait until it is done."""
        for thread in self.start_due(now_us):
            thread.join()

    def start_due(self, now_us: int) -> list[threading.Thread]:
        """Begin to send what is due and return at once; the threads that do it. Channels that are being served go on."""
        with self._database.reading() as connection:
            found = claims.busy_channels(connection, now_us)
        with self._lock:
            self._busy = {key: one for key, one in self._busy.items() if one.is_alive()}
            for key in found:
                if key in self._busy or self._ending.is_set():
                    continue
                if not self._places.acquire(blocking=False):
                    break
                thread = threading.Thread(
                    target=self._serve, args=(*key, now_us), name=f"deliver {key[1]}", daemon=True
                )
                self._busy[key] = thread
                thread.start()
            return list(self._busy.values())

    def send(self, tenant_id: int, delivery_id: str) -> Delivery | None:
        """Send this one now, whatever the state of its channel; the delivery afterwards. For tests of a channel."""
        now_us = self._now()
        claim = self._submit(
            lambda connection: claims.claim_one(connection, tenant_id, delivery_id, now_us)
        ).result()
        if claim is not None:
            self._deliver(claim)
        with self._database.reading() as connection:
            return outbox.get(connection, tenant_id, delivery_id)

    def stop(self) -> None:
        """Begin nothing new; wait a little for what is being sent."""
        self._ending.set()
        with self._lock:
            threads = list(self._busy.values())
        for thread in threads:
            thread.join(STOP_SECONDS / max(1, len(threads)))

    def _serve(self, tenant_id: int, channel: str, now_us: int) -> None:
        try:
            while not self._ending.is_set():
                with self._database.reading() as connection:
                    if not claims.has_next(connection, tenant_id, channel, now_us):
                        return
                claim = self._submit(
                    partial(claims.claim_next, tenant_id=tenant_id, channel=channel, now_us=now_us)
                ).result()
                if claim is None:
                    return
                self._deliver(claim)
        except Exception:
            # The store can't be written, say. The claim is given back when its lease ends, the rest is tried next time.
            log.exception("deliveries through %s stopped", channel)
        finally:
            self._places.release()

    def _deliver(self, claim: Claim) -> None:
        """Send one claimed delivery and record what came of it."""
        name = claim.channel.name
        try:
            channel = self._opened(claim.channel)
            sent = channel.send(claim.message, claim.id, claim.remaining)
        except Trouble as trouble:
            level = logging.ERROR if trouble.blame is Blame.BROKEN else logging.WARNING
            log.log(level, "%s: delivery %s: %s", name, claim.id, trouble.detail)
            self._record_trouble(claim, trouble)
        except Exception as error:
            log.exception("%s: delivery %s failed unexpectedly", name, claim.id)
            told = f"Something unexpected ({type(error).__name__}); the log has more."
            self._record_trouble(claim, Trouble(Blame.LATER, told))
        else:
            log.info("%s: delivery %s: %s", name, claim.id, "partly" if sent.remaining else "sent")
            done_us = self._now()
            self._submit(
                lambda connection: outcome.record_sent(
                    connection, claim, sent, done_us, self._chance
                )
            ).result()

    def _record_trouble(self, claim: Claim, trouble: Trouble) -> None:
        now_us = self._now()
        self._submit(
            lambda connection: outcome.record_trouble(
                connection, claim, trouble, now_us, self._chance
            )
        ).result()
