"""A demonstration: ninety days of made-up but lifelike traffic in a database of its own.

Weekday and hour rhythm, twenty clients, forty countries, three model versions of which the second is a
regression, two incidents and a fraud wave, and labels for some of it. The same seed and day give the same traffic.
"""

import dataclasses
import hashlib
import json
import math
import random
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

from verascope import rules
from verascope.clock import DAY, HOUR, MINUTE, US
from verascope.config import Settings
from verascope.detectors.image import CORRUPT, EMPTY, TOO_MANY_BYTES, UNSUPPORTED
from verascope.errors import DETECTOR_FAILED
from verascope.records import (
    FULL_MPCT,
    ImageFacts,
    Label,
    LabelOrigin,
    Outcome,
    Prediction,
    Source,
)
from verascope.runtime import at_once
from verascope.runtime import demo_settings as settings_of
from verascope.runtime import marker_of_demo as marker_of
from verascope.store import events, labels
from verascope.store.columns import Columns
from verascope.store.database import Database
from verascope.store.fold import Folder
from verascope.store.tables import DEFAULT_TENANT, tenants

NAME = "DEMO"
LABELLER = "demo"
DAYS = 90
PER_DAY = 1_100
SEED = 7
GROUP = 2_000

CLIENTS = (
    "Northbank", "Lumen Media", "Halden Insurance", "Pagefold", "Kestrel KYC", "Orbit Social", "Civic Press",
    "Mintgate", "Tessera ID", "Bluefin Pay", "Harbor Dating", "Signal Desk", "Opal Exchange", "Fernway",
    "Quarry News", "Atlas Rentals", "Cobalt Telecom", "Juniper Health", "Ridgeline", "Sable Auctions",
)  # fmt: skip
COUNTRIES = (  # noqa: SIM905 - forty strings in quotes read worse
    "US DE GB FR IN BR ES IT NL PL SE CA AU JP KR SG MX AR ZA NG KE EG TR AE SA ID PH VN TH MY PT IE CH AT BE DK NO "
    "FI CZ unknown"
).split()
USE_CASES = (
    "social media verification",
    "identity check",
    "claims review",
    "newsroom",
    "unspecified",
)
FAILURES = (CORRUPT, UNSUPPORTED, TOO_MANY_BYTES, EMPTY)
OUTAGE = DETECTOR_FAILED


@dataclass(frozen=True, slots=True)
class Phase:
    """How a model version behaves from a day on. sharpness: below 1 its scores crowd in the middle."""

    version: str
    from_day: int
    median_ms: float
    sharpness: float


PHASES = (
    Phase("demo-1.0", 0, 41.0, 1.0),
    Phase("demo-1.1", 38, 74.0, 0.55),  # the regression: slower and less sure
    Phase("demo-1.2", 52, 29.0, 1.15),
)
INCIDENTS = ((23, 14, 55), (67, 16, 45))
"""(day, hour, minutes) in which most requests fail."""
WAVE_DAYS = range(74, 78)
WAVE_CLIENT, WAVE_COUNTRY = "Bluefin Pay", "VN"


LABELLED = 0.02
"""Share of verdicts that a random slice labels."""
COMPLAINTS = 0.02
"""Share of the other wrong verdicts that somebody complains about."""
FOLDED = 0.85
"""How far the work is when only the summaries are missing."""


def prepare(
    settings: Settings, now_us: int, tell: Callable[[float], None] = lambda _: None
) -> Settings:
    """Fill a fresh demo database beside the real one; gives the settings that open it.

    Only the folder `demo` of the home is touched. tell: hears how far it is, 0 to 1. Raises StoreUnusable when
    the folder can't be written or another server has it open.
    """
    demo = settings_of(settings)
    if demo.database_path.exists():
        _claim(demo)
    shutil.rmtree(demo.database_path.parent, ignore_errors=True)
    database = Database.open(demo)
    chance = random.Random(SEED + 1)
    begin_us = now_us - DAYS * DAY * US
    try:
        with database.writing() as connection:
            connection.execute(tenants.update().values(name=NAME))
        for group in batched(traffic(now_us), GROUP):
            with database.writing() as connection:
                events.insert(connection, group)
                for prediction_id, label in _labels(group, chance, now_us):
                    labels.add(connection, DEFAULT_TENANT, prediction_id, label)
            passed = (group[-1].timestamp_us - begin_us) / (now_us - begin_us)
            tell(FOLDED * min(1.0, max(0.0, passed)))
        _fold(database, demo)
    finally:
        database.close()
    marker_of(demo).write_text(json.dumps({"end_us": now_us}))
    tell(1.0)
    return demo


def _claim(demo: Settings) -> None:
    """Raises StoreUnusable when a server has the demo database open: it must not be deleted under it."""
    database = Database.open(demo)
    try:
        database.claim()
    finally:
        database.close()


def _fold(database: Database, demo: Settings) -> None:
    columns = Columns(demo.columns_path, demo.recording.columns_memory_mb)
    try:
        cut_mpct = round(demo.pricing.high_confidence * 1000)
        Folder(database, columns, at_once(database), cut_mpct).fold_all()
    finally:
        columns.close()


def _labels(
    group: Sequence[Prediction], chance: random.Random, now_us: int
) -> Iterator[tuple[str, Label]]:
    """What people said later about some of `group`: a random slice, and complaints about wrong verdicts.

    The truth is drawn from the score, so a version that is less sure is wrong more often.
    """
    for prediction in group:
        if prediction.fake_probability_mpct is None:
            continue
        is_fake = chance.random() < prediction.fake_probability_mpct / FULL_MPCT
        truth = Outcome.FAKE if is_fake else Outcome.REAL
        is_wrong = (
            prediction.outcome in (Outcome.REAL, Outcome.FAKE) and prediction.outcome != truth
        )
        at_us = prediction.timestamp_us + chance.randrange(HOUR * US, 2 * DAY * US)
        if at_us >= now_us:
            continue
        if chance.random() < LABELLED:
            yield prediction.id, Label(truth, None, LABELLER, at_us, LabelOrigin.RANDOM)
        elif is_wrong and chance.random() < COMPLAINTS:
            reason = "the sender proved it genuine" if truth is Outcome.REAL else "found on a list"
            yield prediction.id, Label(truth, reason, LABELLER, at_us, LabelOrigin.CHOSEN)


def traffic(
    end_us: int, days: int = DAYS, per_day: int = PER_DAY, seed: int = SEED
) -> Iterator[Prediction]:
    """Predictions of `days` days up to `end_us`, oldest first."""
    chance = random.Random(seed)
    start = end_us // US // HOUR * HOUR - days * DAY
    for hour in range(days * 24 + 1):
        at = start + hour * HOUR
        expected = per_day / 24 * _rhythm(at) * (0.7 + 0.6 * hour / (days * 24))
        arrivals = round(chance.gauss(expected, math.sqrt(expected)))
        offsets = sorted(chance.randrange(HOUR * US) for _ in range(max(0, arrivals)))
        for offset in offsets:
            moment = at * US + offset
            if moment < end_us:
                yield _prediction(
                    chance, moment, hour // 24, at // HOUR % 24, offset // (MINUTE * US)
                )


def batched(predictions: Iterable[Prediction], size: int) -> Iterator[list[Prediction]]:
    """Lists of at most `size`, in order."""
    rest = iter(predictions)
    while group := list(islice(rest, size)):
        yield group


def _rhythm(second: int) -> float:
    """Share of the mean hour: afternoons are busy, nights and weekends quiet. The mean over a week is about 1."""
    hour, weekday = second // HOUR % 24, (second // DAY + 3) % 7
    return (1 + 0.8 * math.cos((hour - 14.5) / 24 * 2 * math.pi)) * (1.18 if weekday < 5 else 0.55)


def _prediction(chance: random.Random, at_us: int, day: int, hour: int, minute: int) -> Prediction:
    phase = next(phase for phase in reversed(PHASES) if day >= phase.from_day)
    in_wave = day in WAVE_DAYS and chance.random() < 0.35
    client = WAVE_CLIENT if in_wave else _zipf(chance, CLIENTS)
    picture = f"wave {chance.randrange(6)}" if in_wave else str(chance.random())
    is_out = any(day == on and hour == at and minute < minutes for on, at, minutes in INCIDENTS)
    plain = Prediction(
        tenant_id=1,
        id=_uuid7(chance, at_us),
        timestamp_us=at_us,
        received_us=at_us,
        client=client,
        client_key=client,
        use_case=USE_CASES[CLIENTS.index(client) % len(USE_CASES)],
        country=WAVE_COUNTRY if in_wave else _zipf(chance, COUNTRIES),
        source=Source.PREDICT,
        outcome=Outcome.FAILED,
        model_version=phase.version,
        image=_image(chance, picture),
        response_us=chance.randrange(3_000, 15_000),
    )
    if is_out and chance.random() < 0.85:
        return _failed(plain, OUTAGE)
    if chance.random() < 0.015:
        return _failed(plain, _zipf(chance, FAILURES))
    return _judged(plain, chance, phase, in_wave)


def _failed(plain: Prediction, message: str) -> Prediction:
    return dataclasses.replace(
        plain, error_message=message, error_pattern=rules.error_pattern(message)
    )


def _judged(plain: Prediction, chance: random.Random, phase: Phase, in_wave: bool) -> Prediction:
    is_fake = in_wave or chance.random() < 0.31
    score = chance.gauss(2.6 if is_fake else -2.6, 1.5) * phase.sharpness
    fake = round(FULL_MPCT / (1 + math.exp(-score)))
    if 40_000 < fake < 60_000:
        outcome = Outcome.UNCERTAIN
    else:
        outcome = Outcome.FAKE if fake >= 60_000 else Outcome.REAL
    inference_us = round(phase.median_ms * 1000 * math.exp(chance.gauss(0, 0.35)))
    return dataclasses.replace(
        plain,
        outcome=outcome,
        confidence_mpct=max(fake, FULL_MPCT - fake),
        fake_probability_mpct=fake,
        inference_us=inference_us,
        response_us=inference_us + chance.randrange(1_000, 6_000),
        billable=rules.is_billable(outcome),
        price_micros=50_000,
    )


def _image(chance: random.Random, picture: str) -> ImageFacts:
    digest = hashlib.sha256(picture.encode())
    width, height = chance.choice(
        ((640, 480), (1080, 1350), (1280, 720), (1920, 1080), (3024, 4032))
    )
    kind = _zipf(chance, ("JPEG", "PNG", "WEBP", "HEIF"))
    size = round(width * height * chance.uniform(0.08, 0.6))
    return ImageFacts(digest.hexdigest(), size, kind, width, height, digest.digest(), 80)


def _zipf(chance: random.Random, names: Sequence[str]) -> str:
    """The first name is the most frequent, the n-th about n times as rare."""
    return names[min(len(names) - 1, int(len(names) ** chance.random()) - 1 + chance.randrange(2))]


def _uuid7(chance: random.Random, at_us: int) -> str:
    value = (
        (at_us // 1000) << 80
        | 7 << 76
        | chance.getrandbits(12) << 64
        | 2 << 62
        | chance.getrandbits(62)
    )
    return str(UUID(int=value))
