"""Metrics of predictions, read from rollups and columns like every other answer, many in few reads."""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, func, select

from verascope.alerts.evidence import Batched, Found, Read
from verascope.clock import US, Grain
from verascope.metrics import METRICS, Metric
from verascope.queries.counts import Wanted, value_of
from verascope.queries.run import Answers
from verascope.store.tables import rollups


class PredictionSource(Batched):
    """The dictionary's metrics, except peaks: the fullest minute of a window is a rule with a window of a minute."""

    name = "predictions"

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self.metrics: Mapping[str, Metric] = {
            name: metric for name, metric in METRICS.items() if metric.is_counted
        }

    def read(
        self, connection: Connection, tenant_id: int, reads: Collection[Read]
    ) -> Mapping[Read, Found]:
        """A range that ends before the tenant's first prediction has no value: it isn't known to be quiet."""
        first_us = _first_us(connection, tenant_id)
        known = {one: Wanted(one.metric, one.range, one.filters) for one in reads}
        wanted = {
            want for one, want in known.items() if first_us is not None and one.range.end_us > first_us
        }  # fmt: skip
        cells = self._answers.counts(tenant_id, wanted) if wanted else {}
        now_us = self._answers.now()
        found: dict[Read, Found] = {}
        for one, want in known.items():
            passed = max(0, min(one.range.end_us, now_us) - one.range.start_us) // US
            cell = cells.get(want)
            found[one] = {"": (None, 0) if cell is None else value_of(one.metric, cell, passed)}
        return found


def _first_us(connection: Connection, tenant_id: int) -> int | None:
    first = connection.execute(
        select(func.min(rollups.c.bucket)).where(
            rollups.c.tenant_id == tenant_id,
            rollups.c.grain == Grain.DAY.value,
            rollups.c.dimension == "all",
        )
    ).scalar()
    return None if first is None else int(first) * US
