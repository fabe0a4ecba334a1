"""Rules, states and sources on PostgreSQL."""

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.alerts.watch import Watch, rule
from tests.queries.house import House
from tests.store import postgres
from verascope.alerts.rule import NoData, Side, Threshold
from verascope.clock import DAY, HOUR
from verascope.records import Outcome
from verascope.store.tables import DEFAULT_TENANT, performance_benchmarks, system_metrics

pytestmark = pytest.mark.slow


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Watch]:
    folder = Path(tempfile.mkdtemp(prefix="verascope-alerts-"))
    try:
        with postgres.running(folder) as url:
            house = House(tmp_path, url.format("postgres"))
            yield Watch(house, DEFAULT_TENANT)
            house.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_alerts_begin_and_end_on_postgresql(watch: Watch) -> None:
    watch.rules(
        rule(),
        rule("cpu", "cpu_usage", Threshold(Side.ABOVE, 80)),
        rule("fraud", "near_duplicate_fakes", Threshold(Side.ABOVE, 2), HOUR, no_data=NoData.FINE),
        rule("drop", "accuracy_drop", Threshold(Side.ABOVE, 10), DAY),
        rule("money", "revenue_milestones", Threshold(Side.ABOVE, 0), DAY, no_data=NoData.FINE),
        rule("acme", filters={"client": ("acme",), "country": ("DE",)}),
    )
    now = watch.house.now_us
    watch.insert(system_metrics, [{"timestamp": now, "cpu_usage": 95.0, "interval_seconds": 10.0}])
    watch.insert(
        performance_benchmarks,
        [{"timestamp": now, "model_version": "vs-test-1", "accuracy_rate": 99.0}],
    )
    watch.predictions(5, bad=5)
    fakes = watch.made(4, label="real", price_micros=60_000_000)
    watch.house.add_all(replace(one, outcome=Outcome.FAKE) for one in fakes)
    watch.evaluate()
    firing = {name for (name, _), phase in watch.phases().items() if phase == "firing"}
    assert firing == {"errors", "cpu", "fraud", "drop", "money", "acme"}
    for _ in range(2):
        watch.after(2 * DAY)
    assert {row.alert_type for row in watch.episodes() if row.resolved} >= {"fraud", "money"}
