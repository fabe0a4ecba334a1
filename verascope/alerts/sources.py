"""Every source of numbers in one place, and which metric each answers for."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import Connection

from verascope.alerts.accuracy_source import AccuracySource
from verascope.alerts.evidence import Batched, Found, Read, Source
from verascope.alerts.fraud_source import FraudSource
from verascope.alerts.milestone_source import MilestoneSource
from verascope.alerts.prediction_source import PredictionSource
from verascope.alerts.system_source import SystemSource
from verascope.metrics import Metric
from verascope.monitor.pattern_source import PatternSource
from verascope.monitor.probe_source import ProbeSource
from verascope.queries.run import Answers


class Sources:
    """Metrics by name; the first source that knows one answers for it."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self.all: Sequence[Source] = tuple(sources)
        self._by_metric: dict[str, Source] = {}
        self.metrics: dict[str, Metric] = {}
        for source in self.all:
            for name, metric in source.metrics.items():
                if name not in self._by_metric:
                    self._by_metric[name] = source
                    self.metrics[name] = metric

    def of(self, metric: str) -> Source | None:
        return self._by_metric.get(metric)

    def name_of(self, metric: str) -> str:
        """What the dictionary calls the source of a metric."""
        return str(getattr(self._by_metric.get(metric), "name", "other"))

    def why_nothing(self, metric: str) -> str:
        """Why a metric may have no value at all, in words."""
        source = self.of(metric)
        if source is None:
            return f"nothing measures {metric} here"
        reasons: Mapping[str, str] = getattr(source, "absent", {})
        return reasons.get(metric, "nothing was measured in the window")

    def read(
        self, connection: Connection, tenant_id: int, reads: Collection[Read]
    ) -> dict[Read, Found]:
        """Every read that a source answers for, each asked once."""
        by_source: dict[int, tuple[Source, list[Read]]] = {}
        for one in dict.fromkeys(reads):
            source = self.of(one.metric)
            if source is not None:
                by_source.setdefault(id(source), (source, []))[1].append(one)
        found: dict[Read, Found] = {}
        for source, members in by_source.values():
            if isinstance(source, Batched):
                found.update(source.read(connection, tenant_id, members))
            else:
                for one in members:
                    found[one] = source.values(
                        connection, tenant_id, one.metric, dict(one.filters),
                        one.range.start_us, one.range.end_us,
                    )  # fmt: skip
        return found


def sources_of(answers: Answers) -> Sources:
    """All sources there are. A new one is one more line here."""
    return Sources(
        (
            PredictionSource(answers),
            SystemSource(),
            FraudSource(),
            MilestoneSource(answers),
            AccuracySource(),
            ProbeSource(),
            PatternSource(),
        )
    )
