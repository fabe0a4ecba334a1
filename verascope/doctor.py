"""`verascope doctor`: is everything in order? Each check is one finding; one that fails does not
stop the rest.
"""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, and_, case, func, select

from verascope import clock, config
from verascope.config import Settings
from verascope.detectors.image import ImageLimits
from verascope.errors import VerascopeError
from verascope.runtime import image_limits, load_detector, load_shadows
from verascope.store.database import Database
from verascope.store.rollups import CONFIDENCE, HISTOGRAM_DIMENSIONS, INFERENCE
from verascope.store.tables import fold_state, predictions, rollup_histograms, rollups

LEAST_FREE_BYTES = 500_000_000

_GRAINS = ("minute", "hour", "day")
HISTOGRAM_GRAINS = ("hour", "day")
_SUMS = {
    "total": func.count(),
    **{
        outcome: func.count(case((predictions.c.prediction == outcome, 1)))
        for outcome in ("real", "fake", "uncertain")
    },
    "failed": func.count(case((predictions.c.success == 0, 1))),
    "billable": func.coalesce(func.sum(predictions.c.billable), 0),
    "revenue_micros": func.coalesce(func.sum(predictions.c.price_micros), 0),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found, in a sentence."""

    check: str
    is_good: bool
    detail: str


def examine(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Every check in order; without usable settings there is only one."""
    try:
        settings = config.load(environ)
        image_limits(settings)
    except VerascopeError as error:
        yield Finding("settings", False, error.detail)
        return
    yield Finding("settings", True, f"home {settings.home}")
    yield _disk(settings)
    yield _detector(settings)
    try:
        database = Database.open(settings)
    except VerascopeError as error:
        yield Finding("database", False, error.detail)
        return
    try:
        yield _database(database)
        yield _summaries(database)
    finally:
        database.close()


def _disk(settings: Settings) -> Finding:
    try:
        settings.database_path.parent.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(settings.database_path.parent).free
    except OSError as error:
        return Finding("disk", False, f"{settings.home} can't be used: {error.strerror}.")
    return Finding("disk", free >= LEAST_FREE_BYTES, f"{free / 1e9:.1f} GB free")


def _detector(settings: Settings) -> Finding:
    try:
        detector = load_detector(settings)
        shadows = load_shadows(settings, detector)
    except VerascopeError as error:
        return Finding("detector", False, error.detail)
    limits: ImageLimits = image_limits(settings)
    detail = f"{detector.name} {detector.version}, images up to {limits.max_bytes:,} bytes"
    for shadow in shadows:
        detail += f"; shadow {shadow.name} {shadow.version}"
        shadow.close()
    detector.close()
    return Finding("detector", True, detail)


def _database(database: Database) -> Finding:
    trouble = database.check()
    if trouble:
        return Finding("database", False, "; ".join(trouble))
    with database.reading() as connection:
        rows = connection.execute(select(func.count()).select_from(predictions)).scalar_one()
    return Finding("database", True, f"{database.url} is sound, {rows:,} predictions")


def _summaries(database: Database) -> Finding:
    """Whether the rollups of each tenant equal its folded rows, at every grain."""
    with database.reading() as connection:
        states = connection.execute(select(fold_state.c.tenant_id, fold_state.c.folded_seq)).all()
        wrong = [
            difference
            for tenant_id, folded_seq in states
            for difference in (
                *_differences(connection, tenant_id, folded_seq),
                *_lost_measurements(connection, tenant_id),
            )
        ]
    if wrong:
        return Finding("summaries", False, "; ".join(wrong))
    return Finding("summaries", True, "they equal the rows")


def _differences(connection: Connection, tenant_id: int, folded_seq: int) -> Iterator[str]:
    rows = connection.execute(
        select(*_SUMS.values()).where(
            predictions.c.tenant_id == tenant_id, predictions.c.seq <= folded_seq
        )
    ).one()
    expected = dict(zip(_SUMS, map(int, rows), strict=True))
    for grain in _GRAINS:
        sums = [func.coalesce(func.sum(rollups.c[name]), 0) for name in _SUMS]
        found = connection.execute(
            select(*sums).where(
                rollups.c.tenant_id == tenant_id,
                rollups.c.grain == grain,
                rollups.c.dimension == "all",
            )
        ).one()
        for name, value in zip(_SUMS, map(int, found), strict=True):
            if value != expected[name]:
                yield (
                    f"tenant {tenant_id}, {grain}: {name} is {value}, the rows say {expected[name]}"
                )


def _lost_measurements(connection: Connection, tenant_id: int) -> Iterator[str]:
    """Buckets whose histogram does not hold as many measurements as its counters say."""
    bins, counts = rollup_histograms, rollups
    of_bucket = ("tenant_id", "grain", "dimension", "bucket", "key")
    for measure, counter in (
        (INFERENCE, counts.c.inference_n),
        (CONFIDENCE, counts.c.confidence_n),
    ):
        held = (
            select(*(bins.c[name] for name in of_bucket), func.sum(bins.c.n).label("n"))
            .where(bins.c.tenant_id == tenant_id, bins.c.measure == measure)
            .group_by(*(bins.c[name] for name in of_bucket))
            .subquery()
        )
        is_same = and_(*(held.c[name] == counts.c[name] for name in of_bucket))
        wrong = connection.execute(
            select(func.count(), func.min(counts.c.bucket))
            .select_from(counts.outerjoin(held, is_same))
            .where(
                counts.c.tenant_id == tenant_id,
                counts.c.grain.in_(HISTOGRAM_GRAINS),
                counts.c.dimension.in_(HISTOGRAM_DIMENSIONS),
                func.coalesce(held.c.n, 0) != counter,
            )
        ).one()
        if wrong[0]:
            first = clock.to_iso(wrong[1] * clock.US)
            buckets = "bucket" if wrong[0] == 1 else "buckets"
            yield (
                f"tenant {tenant_id}: the {measure} histogram of {wrong[0]} {buckets}, the first of {first}, "
                "does not hold as many measurements as were counted"
            )
