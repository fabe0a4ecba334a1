"""What shadow detectors said, beside what was answered."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, and_, func, select

from verascope.clock import Range
from verascope.records import FULL_MPCT, Verdict
from verascope.store.tables import predictions, shadow_verdicts


@dataclass(frozen=True, slots=True)
class ShadowVerdict:
    """What a shadow made of the picture of one prediction: a verdict, or why there is none."""

    tenant_id: int
    prediction_id: str
    timestamp_us: int
    detector: str
    model_version: str
    verdict: Verdict | None
    inference_us: int | None
    error_message: str | None


@dataclass(frozen=True, slots=True)
class Pairing:
    """Pictures on which two model versions gave the same pair of answers.

    shadow_outcome is None where the shadow failed; the difference is then None too. difference: sum
    of (shadow − answered) fake probability in percentage points.
    """

    detector: str
    model_version: str
    answered_version: str | None
    answered_outcome: str
    shadow_outcome: str | None
    n: int
    difference: float | None


def insert(connection: Connection, notes: Sequence[ShadowVerdict]) -> None:
    """Keep them, inside the caller's transaction."""
    connection.execute(shadow_verdicts.insert(), [_row(note) for note in notes])


def _row(note: ShadowVerdict) -> dict[str, object]:
    verdict = note.verdict
    assert verdict is None or 0 <= verdict.fake_probability_mpct <= FULL_MPCT
    return {
        "tenant_id": note.tenant_id,
        "prediction_id": note.prediction_id,
        "timestamp": note.timestamp_us,
        "detector": note.detector,
        "model_version": note.model_version,
        "prediction": verdict and verdict.outcome.value,
        "confidence": verdict and verdict.confidence_mpct / 1000,
        "fake_probability": verdict and verdict.fake_probability_mpct / 1000,
        "inference_time_ms": None if note.inference_us is None else note.inference_us / 1000,
        "error_message": note.error_message,
    }


def pairings(connection: Connection, tenant_id: int, span: Range) -> list[Pairing]:
    """Every pair of answers of the range, by shadow and by the version that answered."""
    shadow, answered = shadow_verdicts.c, predictions.c
    keys = (
        shadow.detector,
        shadow.model_version,
        answered.model_version.label("answered_version"),
        answered.prediction.label("answered_outcome"),
        shadow.prediction.label("shadow_outcome"),
    )
    rows = connection.execute(
        select(
            *keys,
            func.count().label("n"),
            func.sum(shadow.fake_probability - answered.fake_probability).label("difference"),
        )
        .select_from(
            shadow_verdicts.join(
                predictions,
                and_(answered.tenant_id == shadow.tenant_id, answered.id == shadow.prediction_id),
            )
        )
        .where(
            shadow.tenant_id == tenant_id,
            shadow.timestamp >= span.start_us,
            shadow.timestamp < span.end_us,
            answered.success == 1,
        )
        .group_by(*keys)
        .order_by(*keys)
    )
    return [Pairing(*row) for row in rows]
