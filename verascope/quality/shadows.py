"""How shadow detectors compare with the one that answers, on the same pictures."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from verascope import clock
from verascope.clock import Range
from verascope.quality.statistics import Share
from verascope.queries import span
from verascope.queries.query import Last, Query, Unit
from verascope.records import Outcome
from verascope.store import shadows
from verascope.store.database import Database
from verascope.store.shadows import Pairing
from verascope.store.tables import tenants

VERDICTS = (Outcome.REAL, Outcome.FAKE, Outcome.UNCERTAIN)


def comparison(
    database: Database, tenant_id: int, days: int, now_us: int
) -> tuple[Range, list[dict[str, Any]]]:
    """The range, and one comparison for each pair of versions in it (`/api/v1/shadows`)."""
    with database.reading() as connection:
        zone = connection.execute(
            select(tenants.c.time_zone).where(tenants.c.tenant_id == tenant_id)
        ).scalar_one()
        asked = Query(metrics=("total_predictions",), range=Last(days, Unit.DAYS))
        found = span.resolve(asked, clock.zone(zone), now_us, None).range
        return found, compared(shadows.pairings(connection, tenant_id, found))


def compared(pairings: Iterable[Pairing]) -> list[dict[str, Any]]:
    """One for each pair of versions: agreement in percent with its interval, the outcome table,
    and by how many percentage points the shadow's fake probability lies above the answered one.
    """
    by_pair: dict[tuple[str, str, str], list[Pairing]] = defaultdict(list)
    for one in pairings:
        key = (one.detector, one.model_version, one.answered_version or "unknown")
        by_pair[key].append(one)
    return [_compared(key, found) for key, found in sorted(by_pair.items())]


def _compared(key: tuple[str, str, str], found: list[Pairing]) -> dict[str, Any]:
    detector, version, answered_version = key
    both = [one for one in found if one.shadow_outcome is not None]
    n = sum(one.n for one in both)
    agreeing = Share(sum(one.n for one in both if one.shadow_outcome == one.answered_outcome), n)
    table = {answered.value: {given.value: 0 for given in VERDICTS} for answered in VERDICTS}
    for one in both:
        assert one.shadow_outcome is not None
        table[one.answered_outcome][one.shadow_outcome] += one.n
    interval = agreeing.interval
    return {
        "detector": detector,
        "model_version": version,
        "answered_by": answered_version,
        "n": n,
        "failed": sum(one.n for one in found if one.shadow_outcome is None),
        "agreement": agreeing.percent,
        "agreement_interval": None if interval is None else [interval.low, interval.high],
        "mean_difference": sum(one.difference or 0.0 for one in both) / n if n else None,
        "outcomes": table,
    }
