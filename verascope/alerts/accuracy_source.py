"""How far measured accuracy lies below the benchmark of the same model version."""

from collections.abc import Mapping

from sqlalchemy import Connection, case, func, select

from verascope.alerts.evidence import Found
from verascope.metrics import Better, Metric, Unit
from verascope.store.tables import performance_benchmarks as benchmarks
from verascope.store.tables import predictions as table


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
        rows = connection.execute(
            select(
                table.c.model_version,
                func.count(),
                func.sum(case((table.c.label == table.c.prediction, 1), else_=0)),
            )
            .where(
                table.c.tenant_id == tenant_id,
                table.c.timestamp >= start_us,
                table.c.timestamp < end_us,
                table.c.label.is_not(None),
                table.c.prediction.in_(("real", "fake")),
                table.c.model_version.is_not(None),
            )
            .group_by(table.c.model_version)
        ).all()
        references = _references(connection, tenant_id) if rows else {}
        return {
            version: (references[version] - 100 * int(right) / n, n)
            for version, n, right in rows
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
