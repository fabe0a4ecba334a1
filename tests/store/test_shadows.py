"""Notes of shadows, on both databases; and the schema before them, with rows in it."""

import pytest
from alembic import command
from alembic.config import Config

from tests.predictions import NOON, make
from tests.store.folding import insert
from verascope import config
from verascope.clock import Range
from verascope.records import Outcome, Verdict
from verascope.store import migrate, shadows
from verascope.store.database import Database
from verascope.store.shadows import Pairing, ShadowVerdict


def note(
    prediction_id: str, outcome: Outcome | None, mpct: int = 0, **more: object
) -> ShadowVerdict:
    verdict = None if outcome is None else Verdict(outcome, max(mpct, 100_000 - mpct), mpct, "2")
    fields = {
        "tenant_id": 1,
        "prediction_id": prediction_id,
        "timestamp_us": NOON,
        "detector": "other",
        "model_version": "2",
        "verdict": verdict,
        "inference_us": 5,
        "error_message": None if verdict else "The detector failed on this image.",
    }
    return ShadowVerdict(**{**fields, **more})  # type: ignore[arg-type]


def test_pairs_of_answers_are_counted_for_one_tenant_and_range(database: Database) -> None:
    fakes = [
        make(Outcome.FAKE, confidence_mpct=97_000, fake_probability_mpct=97_000) for _ in range(4)
    ]
    failed = make(Outcome.FAILED)
    insert(database, *fakes, failed)
    with database.writing() as connection:
        shadows.insert(
            connection,
            [
                note(fakes[0].id, Outcome.REAL, 10_000),
                note(fakes[1].id, Outcome.REAL, 20_000),
                note(fakes[2].id, None),
                note(fakes[3].id, Outcome.FAKE, 90_000, timestamp_us=NOON - 1),
                note(fakes[0].id, Outcome.FAKE, 90_000, tenant_id=2),
                note(failed.id, Outcome.FAKE, 90_000),
                note("no such prediction", Outcome.FAKE, 90_000),
            ],
        )
    with database.reading() as connection:
        found = shadows.pairings(connection, 1, Range(NOON, NOON + 1))
    by_outcome = {one.shadow_outcome: one for one in found}
    assert by_outcome.keys() == {"real", None}
    assert by_outcome["real"] == Pairing(
        "other", "2", "vs-test-1", "fake", "real", 2, pytest.approx(30.0 - 2 * 97.0)
    )
    assert (by_outcome[None].n, by_outcome[None].difference) == (1, None)


def test_migration_0002_keeps_the_rows_of_0001(settings: config.Settings) -> None:
    database = Database.open(settings)
    insert(database, make())
    with database.writing() as connection:
        script = Config()
        folder = migrate.Path(migrate.__file__).parent / "migrations"
        script.set_main_option("script_location", str(folder))
        script.attributes["connection"] = connection
        connection.exec_driver_sql("DROP TABLE shadow_verdicts")
        for name in MEASURED:
            connection.exec_driver_sql(f"ALTER TABLE performance_benchmarks DROP COLUMN {name}")
        command.stamp(script, "0001", purge=True)
        connection.exec_driver_sql(
            "INSERT INTO performance_benchmarks (timestamp, model_version, accuracy_rate) "
            "VALUES ('2026-01-01 00:00:00.000000', 'old', 75.5)"
        )
    database.close()
    again = Database.open(settings)
    with again.reading() as connection:
        row = connection.exec_driver_sql("SELECT * FROM performance_benchmarks").mappings().one()
        assert (row["model_version"], row["accuracy_rate"], row["detector"]) == ("old", 75.5, None)
        assert connection.exec_driver_sql("SELECT count(*) FROM predictions").scalar() == 1
        assert connection.exec_driver_sql("SELECT count(*) FROM shadow_verdicts").scalar() == 0
    again.close()


MEASURED = [
    "detector",
    "dataset",
    "dataset_hash",
    "real_count",
    "fake_count",
    "failed_count",
    "auc",
    "false_positive_rate",
    "false_negative_rate",
    "calibration_error",
    "uncertain_share",
    "latency_p50",
    "latency_p95",
    "latency_p99",
    "detail",
]
