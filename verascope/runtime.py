"""What is open while the server runs: one frozen value that every route gets, and the only place
that knows all rooms.

`open_runtime` opens in order, `close` closes in the reverse order. The command line opens the same
parts without a detector or a writer.
"""

import os
import secrets
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from msgspec import structs
from sqlalchemy import Connection, func, select

from verascope.alerts.desk import Desk, desk_of
from verascope.alerts.evaluate import Evaluator
from verascope.alerts.sources import sources_of
from verascope.clock import Latest, Now, now_us
from verascope.config import Alerts, Settings
from verascope.detectors.detector import Detector
from verascope.detectors.image import ImageLimits, decode
from verascope.detectors.registry import load
from verascope.errors import Busy, DetectorBroken, Invalid, StoreUnusable
from verascope.exporters.prometheus import Meters
from verascope.ingest import geo
from verascope.ingest.detection import DetectionPool
from verascope.ingest.pipeline import Clients, Rules
from verascope.ingest.senders import Senders
from verascope.ingest.shadows import Shadows
from verascope.ingest.writer import Writer
from verascope.monitor.host import LoopLag
from verascope.monitor.probes.check import Own
from verascope.monitor.probes.runner import ProbeRunner
from verascope.notifications import channels
from verascope.notifications.deliver import Deliverer
from verascope.notifications.guard import Guard
from verascope.queries.feed import Feed
from verascope.queries.run import Answers
from verascope.queries.sql import SqlConsole
from verascope.records import Verdict
from verascope.security.keys import KeyRing
from verascope.security.network import Perimeter, is_loopback_host, parse_address
from verascope.security.rate import RateLimit
from verascope.security.secrets import Vault
from verascope.security.secrets import load_key as load_notify_key
from verascope.store.columns import Columns
from verascope.store.database import Database
from verascope.store.fold import WAIT_SECONDS, Folder, Submit, Superseded
from verascope.store.tables import DEFAULT_TENANT, dimension_keys, fold_state, predictions
from verascope.store.tuning import Tuning

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Runtime:
    """Everything that is open. Its parts are safe to use from any thread unless they say otherwise.

    now: the wall clock. latest: the latest instant it can be, for judging the clocks of others.
    """

    tuning: Tuning
    database: Database
    writer: Writer
    folder: Folder
    columns: Columns
    answers: Answers
    feed: Feed
    console: SqlConsole
    detection: DetectionPool
    shadows: Shadows
    evaluator: Evaluator
    clients: Clients
    address_key: bytes
    keys: KeyRing
    perimeter: Perimeter
    meters: Meters
    loop_lag: LoopLag
    probes: ProbeRunner
    senders: Senders
    rate_limit: RateLimit
    vault: Vault
    deliverer: Deliverer
    latest: Now
    started_us: int
    now: Now

    @property
    def settings(self) -> Settings:
        """The settings in force now."""
        return self.tuning.settings

    @property
    def rules(self) -> Rules:
        """What the steps of ingest need now; what is recorded already keeps the rules of its time."""
        return Rules.of(self.settings, self.address_key, self.clients)

    @property
    def detector(self) -> Detector:
        return self.detection.detector

    def desk(self, connection: Connection, tenant_id: int) -> Desk:
        """What messages about alerts need besides them."""
        known = self.evaluator.sources.metrics
        return desk_of(connection, tenant_id, self.settings, self.vault.link_key, known)


def demo_settings(settings: Settings) -> Settings:
    """The same settings for the demonstration, whose database lies in a folder of its own, and which tells nobody."""
    home = settings.home / "demo"
    return structs.replace(settings, home=home, database_url=None, alerts=Alerts())


def marker_of_demo(demo: Settings) -> Path:
    """The file that says that the demonstration is complete, and when its traffic ends."""
    return demo.database_path.with_name("made.json")


@contextmanager
def open_runtime(
    settings: Settings, now: Now = now_us, detection: DetectionPool | None = None
) -> Iterator[Runtime]:
    """Opens all parts in order and closes them in the reverse order, committing and folding what
    was accepted. detection: one that somebody else opened and will close.

    Raises StoreUnusable, DetectorBroken, StartRefused or Invalid, each with one line for people.
    """
    with ExitStack() as parts:
        perimeter = Perimeter.of(settings.server.allowed_hosts, settings.server.trusted_proxies)
        limits = image_limits(settings)
        database = Database.open(settings)
        parts.callback(database.close)
        database.claim()
        silent: list[Detector] = []
        if detection is None:
            detection = DetectionPool(load_detector(settings), limits, settings.detection.threads)
            parts.callback(detection.close)
            detection.warm_up()
            silent = load_shadows(settings, detection.detector)
        columns = Columns(settings.columns_path, settings.recording.columns_memory_mb)
        parts.callback(columns.close)
        writer = Writer(database, settings.recording.queue_limit, settings.recording.indexed_tags)
        writer.start()
        parts.callback(writer.stop, settings.server.drain_seconds)
        # Folds are written by the writer, so the folder ends first.
        cut_mpct = round(settings.pricing.high_confidence * 1000)
        folder = Folder(database, columns, writer.submit, cut_mpct, writer.committed)
        folder.start()
        parts.callback(folder.stop)
        secret = geo.load_key(settings.key_path)
        shadows = Shadows(silent, writer.submit)
        shadows.start()
        parts.callback(shadows.stop)
        probes = ProbeRunner(database, writer.submit, own_service(settings, detection), now)
        parts.callback(probes.stop)
        notify_key = load_notify_key(settings.notify_key_path)
        vault = Vault(notify_key, channels.finder(settings), os.environ)
        with database.writing() as connection:
            channels.synchronise(connection, settings, notify_key, DEFAULT_TENANT, now())
        guard = Guard(settings.alerts.allow_private_webhooks)
        deliverer = Deliverer(
            database, writer.submit, lambda stored: channels.opened(stored, vault, guard), now
        )
        deliverer.recover(is_alone=database.path is not None)
        parts.callback(deliverer.stop)
        tuning = Tuning(database, settings, DEFAULT_TENANT)
        answers = Answers(database, folder, columns, settings, now)
        sources = sources_of(answers)
        yield Runtime(
            tuning=tuning,
            database=database,
            writer=writer,
            folder=folder,
            columns=columns,
            answers=answers,
            feed=Feed(database, writer, now),
            console=SqlConsole(database, settings.console, secret),
            detection=detection,
            shadows=shadows,
            evaluator=Evaluator(database, writer.submit, sources, lambda: tuning.settings),
            clients=known_clients(database, settings),
            address_key=secret,
            keys=KeyRing(database),
            perimeter=perimeter,
            meters=Meters(),
            loop_lag=LoopLag(),
            probes=probes,
            senders=Senders(),
            rate_limit=RateLimit(settings.recording.rate_limit),
            vault=vault,
            deliverer=deliverer,
            latest=Latest(now),
            started_us=now(),
            now=now,
        )


@contextmanager
def open_answers(settings: Settings, now: Now = now_us) -> Iterator[Answers]:
    """Answers for the command line, beside a running server or without one.

    Only one process folds: the server when it runs, else this one, at once. Raises StoreUnusable.
    """
    with ExitStack() as parts:
        database = Database.open(settings)
        parts.callback(database.close)
        cut_mpct = round(settings.pricing.high_confidence * 1000)
        try:
            database.claim()
        except StoreUnusable:
            folder: Folder = _Follower(database, None, at_once(database), cut_mpct)
        else:
            folder = Folder(database, None, at_once(database), cut_mpct)
            folder.fold_all()
        yield Answers(database, folder, None, settings, now)


@contextmanager
def open_import(settings: Settings, *, dry_run: bool) -> Iterator[tuple[Database | None, Rules]]:
    """The database an import writes to and the rules its rows go by; beside a running server or without one.

    A dry run makes no file: without a database there is None. Raises StoreUnusable or StartRefused.
    """
    is_missing = settings.database_url is None and not settings.database_path.exists()
    if dry_run and is_missing:
        clients = Clients(settings.recording.client_limit)
        yield None, Rules.of(settings, secrets.token_bytes(geo.KEY_BYTES), clients)
        return
    database = Database.open(settings)
    try:
        has_key = not dry_run or settings.key_path.exists()
        key = geo.load_key(settings.key_path) if has_key else secrets.token_bytes(geo.KEY_BYTES)
        yield database, Rules.of(settings, key, known_clients(database, settings))
    finally:
        database.close()


def fold_unless_served(database: Database, settings: Settings) -> bool:
    """Fold what an import stored; False when a server runs, which does so itself."""
    try:
        database.claim()
    except StoreUnusable:
        return False
    cut_mpct = round(settings.pricing.high_confidence * 1000)
    try:
        Folder(database, None, at_once(database), cut_mpct).fold_all()
    except Superseded:
        # On PostgreSQL a server can't be seen from here; the watermark says that one folds.
        return False
    return True


def at_once(database: Database) -> Submit:
    """Runs a write in the caller's thread, where no writer runs."""

    def submit(job: Callable[[Connection], T]) -> Future[T]:
        future: Future[T] = Future()
        with database.writing() as connection:
            future.set_result(job(connection))
        return future

    return submit


class _Follower(Folder):
    """Waits for the folds of another process."""

    def wait(self, seq: int, *, columns: bool = False) -> None:
        deadline = time.monotonic() + WAIT_SECONDS
        while self._foreign_seq() < seq:
            if time.monotonic() > deadline:
                raise Busy("The server does not bring its summaries up to date; see its log.", 5)
            time.sleep(0.05)

    def _foreign_seq(self) -> int:
        with self._database.reading() as connection:
            found = connection.execute(select(func.min(fold_state.c.folded_seq))).scalar()
        return found or 0


def own_service(settings: Settings, detection: DetectionPool) -> Own:
    """This service as its own probes reach it."""
    host = settings.server.host
    address = parse_address(host)
    if address is not None and address.is_unspecified:
        host = "::1" if address.version == 6 else "127.0.0.1"
    place = f"[{host}]" if ":" in host else host or "127.0.0.1"

    def detect(data: bytes) -> Verdict:
        return detection.detector.detect(decode(data, detection.limits))

    is_local = not host or is_loopback_host(host)
    return Own(f"http://{place}:{settings.server.port}", is_local, detect)


def load_detector(settings: Settings) -> Detector:
    """The detector that the settings name. Raises DetectorBroken when it can't be used."""
    return load(settings.detection.detector, settings.models, threads=1)


def load_shadows(settings: Settings, default: Detector) -> list[Detector]:
    """The detectors that look without answering. Raises DetectorBroken, naming the setting, when one
    can't be used, and Invalid when one is loaded already.
    """
    found: list[Detector] = []
    for name in settings.detection.shadows:
        try:
            shadow = load(name, settings.models, threads=1)
        except DetectorBroken as broken:
            raise DetectorBroken(f"detection.shadows: {broken.detail}") from None
        if any(
            (one.name, one.version) == (shadow.name, shadow.version) for one in (default, *found)
        ):
            accepted = (
                f"another detector than {shadow.name} {shadow.version}, which is loaded already"
            )
            raise Invalid.of("detection.shadows", name, accepted)
        found.append(shadow)
    return found


def image_limits(settings: Settings) -> ImageLimits:
    """Raises Invalid for limits that can't be kept."""
    wanted = settings.detection
    try:
        return ImageLimits(wanted.max_bytes, wanted.max_pixels, wanted.min_side)
    except ValueError as error:
        raise Invalid.of("detection.max_pixels", wanted.max_pixels, str(error)) from None


def known_clients(database: Database, settings: Settings) -> Clients:
    """The clients that rollups exist for, and those of rows that are not folded yet."""
    with database.reading() as connection:
        known = connection.execute(
            select(dimension_keys.c.tenant_id, dimension_keys.c.key).where(
                dimension_keys.c.dimension == "client"
            )
        ).all()
        watermarks = select(fold_state.c.folded_seq).order_by(fold_state.c.folded_seq).limit(1)
        folded = connection.execute(watermarks).scalar() or 0
        unfolded = connection.execute(
            select(predictions.c.tenant_id, predictions.c.client_key)
            .where(predictions.c.seq > folded)
            .distinct()
        ).all()
    pairs = ((row[0], row[1]) for row in (*known, *unfolded))
    return Clients(settings.recording.client_limit, pairs)
