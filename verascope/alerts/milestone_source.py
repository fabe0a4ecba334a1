"""Revenue milestones: each step of 1, 2, 5, 10, … is crossed once, and is seen while its crossing lies in the window."""

from collections.abc import Mapping

from sqlalchemy import Connection

from verascope.alerts.evidence import Found
from verascope.clock import Range
from verascope.metrics import Better, Metric, Unit
from verascope.queries.counts import Wanted, value_of
from verascope.queries.query import FIRST_YEAR_US
from verascope.queries.run import Answers

FIRST_STEP = 100
"""US dollars."""


class MilestoneSource:
    """Subjects are the steps, such as `1000 USD`; the value is the revenue since the first prediction."""

    name = "business"
    metrics: Mapping[str, Metric] = {
        "revenue_milestones": Metric(
            "revenue_milestones", "Revenue milestones", Unit.USD, Better.HIGHER,
            "Revenue since the first prediction, for each step of 100, 200, 500, 1000, 2000, 5000 US dollars and so "
            "on that it crossed in the window.",
        )
    }  # fmt: skip
    absent: Mapping[str, str] = {"revenue_milestones": "no step was crossed in the window"}

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    def values(
        self,
        connection: Connection,
        tenant_id: int,
        metric: str,
        filters: Mapping[str, tuple[str, ...]],
        start_us: int,
        end_us: int,
    ) -> Found:
        before = Wanted("revenue", Range(FIRST_YEAR_US, start_us))
        after = Wanted("revenue", Range(FIRST_YEAR_US, end_us))
        cells = self._answers.counts(tenant_id, (before, after))
        first, _ = value_of("revenue", cells[before], 0)
        last, samples = value_of("revenue", cells[after], 0)
        assert first is not None
        assert last is not None
        return {f"{step} USD": (last, samples) for step in steps(first, last)}


def steps(before: float, after: float) -> list[int]:
    """The steps with before < step <= after."""
    found = []
    scale = FIRST_STEP
    while scale <= after:
        found += [scale * one for one in (1, 2, 5) if before < scale * one <= after]
        scale *= 10
    return found
