"""Predictions for tests: `make` gives a plain one, `sequences` any mixture of them."""

import dataclasses
from datetime import datetime
from typing import Any

import uuid_utils
from hypothesis import strategies as st

from verascope import clock
from verascope.records import ImageFacts, Outcome, Prediction, Source

NOON = clock.from_datetime(datetime.fromisoformat("2026-03-28T12:00:00+00:00"))
"""The day before clocks change in Europe."""

PRICE_MICROS = 50_000


def make(outcome: Outcome = Outcome.REAL, **changes: Any) -> Prediction:
    """A prediction at NOON; a failed one has neither verdict nor price."""
    succeeded = outcome is not Outcome.FAILED
    plain = Prediction(
        tenant_id=1,
        id=str(uuid_utils.uuid7()),
        timestamp_us=NOON,
        received_us=NOON,
        client="acme",
        client_key="acme",
        use_case="unspecified",
        country="DE",
        source=Source.PREDICT,
        outcome=outcome,
        confidence_mpct=87_300 if succeeded else None,
        fake_probability_mpct=12_700 if succeeded else None,
        inference_us=12_345 if succeeded else None,
        response_us=15_000,
        model_version="vs-test-1",
        image=ImageFacts("ab" * 32, 1234, "JPEG", 640, 480, bytes(range(32)), 77),
        user_ip=None,
        user_agent="test",
        error_message=None if succeeded else "The image is truncated.",
        error_pattern=None if succeeded else "The image is truncated.",
        billable=succeeded,
        price_micros=PRICE_MICROS if succeeded else 0,
    )
    return dataclasses.replace(plain, **changes)


@st.composite
def events(draw: st.DrawFn, around: int = NOON, days: int = 3) -> Prediction:
    """Any prediction within `days` of `around`: every outcome, awkward keys, extreme durations."""
    outcome = draw(st.sampled_from(Outcome))
    span = days * clock.DAY * clock.US
    at = around + draw(st.integers(-span, span))
    client = draw(st.sampled_from(["acme", "Müller & Söhne", "a'; DROP TABLE x", "=1+1"]))
    changes: dict[str, Any] = {
        "timestamp_us": at,
        "client": client,
        "client_key": client,
        "country": draw(st.sampled_from(["DE", "US", "unknown"])),
        "use_case": draw(st.sampled_from(["kyc", "unspecified"])),
        "model_version": draw(st.sampled_from(["v1", "v2", None])),
    }
    if outcome is Outcome.FAILED:
        changes["error_message"] = changes["error_pattern"] = draw(
            st.sampled_from(["truncated", "empty"])
        )
    else:
        fake = draw(st.integers(0, 100_000))
        changes["fake_probability_mpct"] = fake
        changes["confidence_mpct"] = max(fake, 100_000 - fake)
        changes["inference_us"] = draw(st.none() | st.integers(0, 10**10))
        changes["price_micros"] = draw(st.sampled_from([50_000, 1, 0, 123_457]))
    return make(outcome, **changes)


def sequences(max_size: int = 40) -> st.SearchStrategy[list[Prediction]]:
    """Events in any order, some of them delivered twice."""

    def with_repetitions(pair: tuple[list[Prediction], list[int]]) -> list[Prediction]:
        found, again = pair
        return found + [found[index % len(found)] for index in again if found]

    return st.tuples(
        st.lists(events(), max_size=max_size), st.lists(st.integers(0, 1000), max_size=5)
    ).map(with_repetitions)
