"""Fakes that come again: how often the same picture, or nearly the same, was sent, and by how many clients."""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, select

from verascope.alerts import near_duplicates
from verascope.alerts.evidence import Batched, Found, Read
from verascope.alerts.near_duplicates import MIN_QUALITY, Group, Sighting
from verascope.clock import Range
from verascope.metrics import Better, Metric, Unit
from verascope.store.alert_tables import alert_states
from verascope.store.events import PERCEPTUAL_HASH_VERSION
from verascope.store.tables import predictions as table

MOST = 20_000
"""The newest fakes of a window that are compared; comparing grows with the square of their number."""

COUNT = "near_duplicate_fakes"
CLIENTS = "near_duplicate_fake_clients"

_METRICS = {
    one.name: one
    for one in (
        Metric(
            COUNT, "The same fake again", Unit.COUNT, Better.LOWER,
            "Fakes of one group of the same or nearly the same picture (perceptual hashes at most 31 of 256 bits "
            "apart). One number for each group of two or more.",
        ),
        Metric(
            CLIENTS, "Clients of the same fake", Unit.COUNT, Better.LOWER,
            "Clients that sent fakes of one group of the same or nearly the same picture. One number for each "
            "group of two or more.",
        ),
    )
}  # fmt: skip


class FraudSource(Batched):
    """Subjects are groups of pictures, named by a perceptual hash of theirs."""

    name = "fraud"
    metrics: Mapping[str, Metric] = _METRICS
    absent: Mapping[str, str] = dict.fromkeys(_METRICS, "no fake came twice in the window")

    def read(
        self, connection: Connection, tenant_id: int, reads: Collection[Read]
    ) -> Mapping[Read, Found]:
        """Each range is grouped once, for both metrics."""
        known: dict[Range, list[Group]] = {}
        found: dict[Read, Found] = {}
        for one in reads:
            if one.range not in known:
                seen = sightings(connection, tenant_id, one.range)
                known[one.range] = near_duplicates.groups(seen, _names(connection, tenant_id))
            found[one] = {
                group.name: (
                    float(group.count if one.metric == COUNT else len(group.clients)),
                    group.count,
                )
                for group in known[one.range]
            }
        return found


def sightings(connection: Connection, tenant_id: int, span: Range) -> list[Sighting]:
    """The newest fakes of the range, at most MOST."""
    columns = (
        table.c.client, table.c.file_hash, table.c.perceptual_hash,
        table.c.perceptual_hash_quality, table.c.perceptual_hash_version,
    )  # fmt: skip
    rows = connection.execute(
        select(*columns)
        .where(
            table.c.tenant_id == tenant_id,
            table.c.timestamp >= span.start_us,
            table.c.timestamp < span.end_us,
            table.c.prediction == "fake",
        )
        .order_by(table.c.timestamp.desc())
        .limit(MOST)
    )
    return [
        Sighting(
            row.client,
            row.file_hash,
            bytes(row.perceptual_hash)
            if row.perceptual_hash is not None
            and len(row.perceptual_hash) == near_duplicates.BANDS
            and (row.perceptual_hash_quality or 0) >= MIN_QUALITY
            and row.perceptual_hash_version == PERCEPTUAL_HASH_VERSION
            else None,
        )
        for row in rows
    ]


def _names(connection: Connection, tenant_id: int) -> list[str]:
    """Names of groups that alerts know."""
    rows = connection.execute(
        select(alert_states.c.subject)
        .where(alert_states.c.tenant_id == tenant_id, alert_states.c.subject != "")
        .distinct()
        .order_by(alert_states.c.subject)
    )
    return [row.subject for row in rows if len(row.subject) == 2 * near_duplicates.BANDS]
