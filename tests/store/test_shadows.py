"""Notes of shadows, on both databases; and the schema before them, with rows in it."""

import pytest

from tests.predictions import NOON, make
from tests.store.folding import insert
from verascope.clock import Range
from verascope.records import Outcome, Verdict
from verascope.store import shadows
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
