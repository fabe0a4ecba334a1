"""The demonstration's traffic: lifelike, repeatable, and apart from real data."""

from collections import Counter
from pathlib import Path

import pytest

from verascope import clock, config, demo
from verascope.records import Outcome, Prediction
from verascope.store.database import Database

END = clock.from_iso("end", "2026-06-01T12:00:00Z")


@pytest.fixture(scope="module")
def traffic() -> list[Prediction]:
    return list(demo.traffic(END, per_day=250))


def test_the_same_seed_gives_the_same_traffic(traffic: list[Prediction]) -> None:
    again = demo.traffic(END, per_day=250)
    assert [next(again) for _ in range(500)] == traffic[:500]


def test_it_spans_ninety_days_up_to_now_in_order_with_ids_of_its_own(
    traffic: list[Prediction],
) -> None:
    moments = [prediction.timestamp_us for prediction in traffic]
    assert moments == sorted(moments)
    assert moments[-1] < END
    assert (END - moments[0]) // (clock.DAY * clock.US) in (89, 90)
    assert len({prediction.id for prediction in traffic}) == len(traffic)


def test_all_clients_countries_versions_and_outcomes_occur(traffic: list[Prediction]) -> None:
    assert {p.client for p in traffic} == set(demo.CLIENTS)
    assert {p.country for p in traffic} == set(demo.COUNTRIES)
    assert len(demo.CLIENTS) == 20
    assert len(demo.COUNTRIES) == 40
    assert {p.model_version for p in traffic} == {phase.version for phase in demo.PHASES}
    assert {p.outcome for p in traffic} == set(Outcome)


def test_the_regression_is_slower_and_less_sure(traffic: list[Prediction]) -> None:
    def mean(version: str, what: str) -> float:
        values = [getattr(p, what) for p in traffic if p.model_version == version and p.success]
        return sum(values) / len(values)

    first, regression, last = (phase.version for phase in demo.PHASES)
    assert (
        mean(regression, "inference_us")
        > 1.5 * mean(first, "inference_us")
        > mean(last, "inference_us")
    )
    assert mean(regression, "confidence_mpct") < mean(first, "confidence_mpct")


def test_incidents_and_the_fraud_wave_stand_out(traffic: list[Prediction]) -> None:
    outages = Counter(
        p.timestamp_us // (clock.DAY * clock.US) for p in traffic if p.error_message == demo.OUTAGE
    )
    assert len(outages) == len(demo.INCIDENTS)
    fakes = Counter(p.image.file_hash for p in traffic if p.outcome is Outcome.FAKE and p.image)
    assert fakes.most_common(1)[0][1] > 10


def test_a_failed_prediction_has_neither_verdict_nor_price(traffic: list[Prediction]) -> None:
    for prediction in traffic:
        assert prediction.success == (prediction.error_message is None)
        assert prediction.billable == (prediction.confidence_mpct is not None)
        assert prediction.price_micros == (50_000 if prediction.success else 0)


def test_it_lives_beside_the_real_database_and_replaces_only_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "PER_DAY", 20)
    monkeypatch.setattr(demo.traffic, "__defaults__", (5, 20, demo.SEED))
    settings = config.load({"VERASCOPE_HOME": str(tmp_path)})
    Database.open(settings).close()
    real = settings.database_path.read_bytes()
    for _ in range(2):
        filled = demo.prepare(settings, END)
        assert filled.database_path == tmp_path / "demo" / "analytics" / "analytics.db"
        database = Database.open(filled)
        with database.reading() as connection:
            assert connection.exec_driver_sql("SELECT name FROM tenants").scalar() == "DEMO"
            counted = connection.exec_driver_sql("SELECT count(*) FROM predictions").scalar_one()
        database.close()
        assert counted == len(list(demo.traffic(END)))
    assert settings.database_path.read_bytes() == real
