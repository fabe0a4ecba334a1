"""One event of somebody else's detector: what becomes of it, field by field."""

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.predictions import NOON
from verascope import clock
from verascope.clock import US
from verascope.ingest.event import ACCEPTED, Code, Context, Event, Rejected, accept
from verascope.ingest.pipeline import Clients, Rules
from verascope.records import ImageFacts, Outcome, Prediction, Source

DAY = 86_400 * US
CONTEXT = Context(
    tenant_id=1,
    source=Source.INGEST,
    received_us=NOON,
    now_us=NOON,
    oldest_us=NOON - 400 * DAY,
    key_client=None,
    may_name_clients=True,
    rules=Rules(50_000, "hashed", b"k" * 32, Clients(100)),
)
PLAIN = {
    "id": "evt-1",
    "timestamp": "2026-03-28T11:59:00Z",
    "prediction": "fake",
    "confidence": 90.5,
}


def stored(event: dict[str, Any], context: Context = CONTEXT) -> Prediction:
    found = accept(event, context)
    assert isinstance(found, Prediction), found
    return found


def refused(event: object, context: Context = CONTEXT) -> Rejected:
    found = accept(event, context)
    assert isinstance(found, Rejected), found
    return found


def wrong_fields(event: dict[str, Any], context: Context = CONTEXT) -> list[str]:
    return [one.field for one in refused(event, context).errors]


def test_a_plain_event_becomes_the_fact_it_states() -> None:
    found = stored(
        {**PLAIN, "client": "acme", "use_case": "kyc", "model_version": "m1", "country": "de"}
    )
    assert found.outcome is Outcome.FAKE
    assert (found.fake_probability_mpct, found.confidence_mpct) == (90_500, 90_500)
    assert (found.client, found.use_case, found.model_version) == ("acme", "kyc", "m1")
    assert found.country == "DE"
    assert found.timestamp_us == NOON - 60 * US
    assert found.received_us == NOON
    assert (found.source, found.billable, found.price_micros) == (Source.INGEST, True, 50_000)


def test_what_an_event_leaves_out_is_unknown() -> None:
    found = stored({"prediction": "real", "confidence": 80})
    assert (found.client, found.use_case, found.country) == ("anonymous", "unspecified", "unknown")
    assert (found.model_version, found.image, found.inference_us) == (None, None, None)
    assert found.timestamp_us == found.received_us
    assert len(found.id) == 36


def test_null_is_the_same_as_nothing() -> None:
    nothing = dict.fromkeys(ACCEPTED)
    assert stored({**nothing, **PLAIN}) == stored(PLAIN)


@pytest.mark.parametrize(
    ("given", "fake", "confidence"),
    [
        ({"prediction": "fake", "confidence": 97.3}, 97_300, 97_300),
        ({"prediction": "real", "confidence": 97.3}, 2_700, 97_300),
        ({"prediction": "real", "real_probability": 60}, 40_000, 60_000),
        ({"prediction": "fake", "fake_probability": 55.5}, 55_500, 55_500),
        (
            {"prediction": "fake", "fake_probability": 55.5, "real_probability": 44.55},
            55_500,
            55_500,
        ),
        ({"prediction": "uncertain", "confidence": 51}, None, 51_000),
        ({"prediction": "uncertain", "fake_probability": 49}, 49_000, 51_000),
        ({"prediction": "fake", "fake_probability": 70, "confidence": 66}, 70_000, 66_000),
    ],
)
def test_probabilities_are_completed_from_what_is_said(
    given: dict[str, Any], fake: int | None, confidence: int
) -> None:
    found = stored(given)
    assert (found.fake_probability_mpct, found.confidence_mpct) == (fake, confidence)


def test_probabilities_that_do_not_sum_to_100_are_rejected() -> None:
    event = {"prediction": "fake", "fake_probability": 90, "real_probability": 9.8}
    (one,) = refused(event).errors
    assert (one.field, one.accepted) == (
        "fake_probability",
        "100 ± 0.1 together with real_probability 9.8",
    )
    assert stored({**event, "real_probability": 9.9}).fake_probability_mpct == 90_000


def test_a_failed_event_has_a_reason_and_no_verdict() -> None:
    found = stored({"success": False, "error_message": "no face in /tmp/a.jpg\n"})
    assert found.outcome is Outcome.FAILED
    assert found.error_message == "no face in /tmp/a.jpg"
    assert found.error_pattern == "no face in <path>"
    assert (found.billable, found.price_micros, found.confidence_mpct) == (False, 0, None)
    assert stored({"error_message": "timeout"}).outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("event", "fields"),
    [
        ({"success": False}, ["error_message"]),
        ({"success": False, "error_message": "x", "prediction": "fake"}, ["prediction"]),
        ({"success": True, "error_message": "x", "prediction": "fake", "confidence": 9}, ["error_message"]),
        ({"success": True}, ["prediction", "confidence"]),
        ({"prediction": "fake"}, ["confidence"]),
        ({**PLAIN, "prediction": "maybe"}, ["prediction"]),
        ({**PLAIN, "confidence": 101}, ["confidence"]),
        ({**PLAIN, "confidence": "90"}, ["confidence"]),
        ({**PLAIN, "confidence": True}, ["confidence"]),
        ({**PLAIN, "confidence": float("nan")}, ["confidence"]),
        ({**PLAIN, "inference_time_ms": -1}, ["inference_time_ms"]),
        ({**PLAIN, "file_size": 2**63}, ["file_size"]),
        ({**PLAIN, "file_size": 1.5}, ["file_size"]),
        ({**PLAIN, "file_hash": "abc"}, ["file_hash"]),
        ({**PLAIN, "country": "QQ"}, ["country"]),
        ({**PLAIN, "image_format": "docx"}, ["image_format"]),
        ({**PLAIN, "user_ip": "1.2.3"}, ["user_ip"]),
        ({**PLAIN, "client": "a\u202eb"}, ["client"]),
        ({**PLAIN, "client": "x" * 121}, ["client"]),
        ({**PLAIN, "id": "two words"}, ["id"]),
        ({**PLAIN, "id": 7}, ["id"]),
        ({**PLAIN, "label": "true"}, ["label"]),
        ({**PLAIN, "tags": {"Upper": "x"}}, ["tags"]),
        ({**PLAIN, "tags": {str(n): "x" for n in range(17)}}, ["tags"]),
        ({**PLAIN, "tags": {"a": "\0"}}, ["tags.a"]),
        ({**PLAIN, "timestamp": "2026-03-28T11:59:00"}, ["timestamp"]),
        ({**PLAIN, "timestamp": "yesterday"}, ["timestamp"]),
        ({**PLAIN, "prediciton": "fake"}, ["prediciton"]),
        ({**PLAIN, "prediciton": "x", "confidence": 200, "country": "QQ"}, ["prediciton", "confidence", "country"]),
    ],
)  # fmt: skip
def test_every_wrong_field_is_named(event: dict[str, Any], fields: list[str]) -> None:
    found = refused(event)
    assert sorted(one.field for one in found.errors) == sorted(fields)
    assert (found.code, found.retryable) == (Code.INVALID, False)
    assert all(one.value and one.accepted for one in found.errors)


@pytest.mark.parametrize("event", [None, 1, "x", [], [PLAIN]])
def test_what_is_no_object_is_malformed(event: object) -> None:
    assert refused(event).code is Code.MALFORMED


def test_a_clock_ahead_is_retryable_and_one_far_behind_is_too_old() -> None:
    ahead = {**PLAIN, "timestamp": clock.to_iso(NOON + 301 * US)}
    found = refused(ahead)
    assert (found.code, found.retryable, found.id) == (Code.CLOCK_SKEW, True, "evt-1")
    assert stored({**PLAIN, "timestamp": clock.to_iso(NOON + 299 * US)}).timestamp_us > NOON
    old = refused({**PLAIN, "timestamp": clock.to_iso(NOON - 401 * DAY)})
    assert (old.code, old.retryable) == (Code.TOO_OLD, False)


def test_offsets_are_understood() -> None:
    found = stored({**PLAIN, "timestamp": "2026-03-28T12:59:00+01:00"})
    assert found.timestamp_us == NOON - 60 * US


def test_a_uuid_is_one_however_it_is_spelt() -> None:
    spelt = ["0199F3A2-7C1E-7D40-9A1B-2F3C4D5E6F70", "0199f3a27c1e7d409a1b2f3c4d5e6f70"]
    ids = {stored({**PLAIN, "id": one}).id for one in spelt}
    assert ids == {"0199f3a2-7c1e-7d40-9a1b-2f3c4d5e6f70"}


def test_a_key_counts_for_its_client_and_names_others_only_when_it_may() -> None:
    own = dataclasses.replace(CONTEXT, key_client="acme", may_name_clients=False)
    assert stored(PLAIN, own).client == "acme"
    assert stored({**PLAIN, "client": "acme"}, own).client == "acme"
    assert wrong_fields({**PLAIN, "client": "globex"}, own) == ["client"]
    gateway = dataclasses.replace(own, may_name_clients=True)
    assert stored({**PLAIN, "client": "globex"}, gateway).client == "globex"
    assert stored(PLAIN, gateway).client == "acme"


def test_image_facts_need_no_hash() -> None:
    event = {**PLAIN, "file_size": 5, "image_format": "jpg", "image_width": 640}
    assert stored(event).image == ImageFacts(None, 5, "JPEG", 640, None)


def test_an_address_is_kept_as_privacy_allows_and_gives_the_country() -> None:
    found = stored({**PLAIN, "user_ip": "8.8.8.8"})
    assert found.country == "US"
    assert found.user_ip is not None
    assert "8.8.8.8" not in found.user_ip
    assert stored({**PLAIN, "user_ip": "8.8.8.8", "country": "FR"}).country == "FR"


def test_tags_have_one_form() -> None:
    found = stored({**PLAIN, "tags": {"b": "2", "a": "1"}})
    assert found.tags == '{"a":"1","b":"2"}'
    assert stored({**PLAIN, "tags": {}}).tags is None


def test_every_field_says_what_it_accepts() -> None:
    assert list(ACCEPTED) == list(Event.__struct_fields__)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(
    st.dictionaries(st.sampled_from(list(ACCEPTED)) | st.text(max_size=8), json_values, max_size=8)
)
def test_whatever_is_sent_is_either_stored_or_explained(event: dict[str, Any]) -> None:
    found = accept(event, CONTEXT)
    if isinstance(found, Rejected):
        assert found.errors
        json.dumps([dataclasses.asdict(one) for one in found.errors])
    else:
        assert found.success is (found.error_message is None)
        assert (found.confidence_mpct is None) is not found.success
