"""How far measured accuracy lies below the benchmark of the same model version."""

from collections.abc import Mapping

from sqlalchemy import Connection, select

from verascope.alerts.evidence import Found
from verascope.clock import Range
from verascope.metrics import Better, Metric, Unit
from verascope.queries import labelled
from verascope.store.tables import performance_benchmarks as benchmarks


class AccuracySource:
    """Subjects are model versions. Without labels in the window, or without a benchmark, there is no value."""

    name = "quality"
    metrics: Mapping[str, Metric] = {
        "accuracy_drop": Metric(
            "accuracy_drop", "Accuracy drop", Unit.POINTS, Better.LOWER,
            "Percentage points by which the accuracy of labelled predictions (real and fake verdicts) lies below the "
            "latest benchmark of that model version.",
        )
    }  # fmt: skip
    absent: Mapping[str, str] = {
        "accuracy_drop": "no labels in the window, or no benchmark of the model that gave the verdicts"
    }

    def values(
        self,
        connection: Connection,
        tenant_id: int,
        metric: str,
        filters: Mapping[str, tuple[str, ...]],
        start_us: int,
        end_us: int,
    ) -> Found:
        judged = labelled.read(connection, tenant_id, [Range(start_us, end_us)], {}, ("model",))
        references = _references(connection, tenant_id) if judged else {}
        return {
            version: (references[version] - 100 * right / n, n)
            for (_, (version,)), (right, n) in judged.items()
            if version in references
        }


def _references(connection: Connection, tenant_id: int) -> dict[str, float]:
    """Accuracy of the latest benchmark of each model version, percent."""
    rows = connection.execute(
        select(benchmarks.c.model_version, benchmarks.c.accuracy_rate)
        .where(
            benchmarks.c.tenant_id == tenant_id,
            benchmarks.c.model_version.is_not(None),
            benchmarks.c.accuracy_rate.is_not(None),
        )
        .order_by(benchmarks.c.timestamp, benchmarks.c.id)
    )
    return {row.model_version: row.accuracy_rate for row in rows}
