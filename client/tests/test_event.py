"""What `record` takes becomes the event that the server reads, or is said to be unfit."""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timedelta, timezone
from fractions import Fraction
from typing import Any

import pytest

from verascope_client.event import Fields, Unfit, encode, uuid7

NOW_NS = 1_790_000_000_123_456_789


def event(**fields: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(encode(NOW_NS, fields).line)
    return found


def test_a_verdict_gets_an_id_and_the_time_of_the_call() -> None:
    made = event(prediction="fake", confidence=97.5)
    assert made.pop("id").startswith("01a0")
    assert made == {
        "prediction": "fake",
        "confidence": 97.5,
        "success": True,
        "timestamp": "2026-09-21T14:13:20.123456+00:00",
    }


def test_ids_are_uuids_of_version_7_in_the_order_of_time() -> None:
    ids = [uuid7(NOW_NS + step * 1_000_000) for step in range(100)]
    assert ids == sorted(ids)
    assert len(set(ids)) == 100
    for text in ids:
        made = uuid.UUID(text)
        assert str(made) == text
        assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert uuid.UUID(ids[0]).int >> 80 == NOW_NS // 1_000_000


def test_every_field_goes_through() -> None:
    given: Fields = {
        "id": "my-own-id",
        "timestamp": datetime(2026, 9, 21, 10, 0, tzinfo=timezone(timedelta(hours=2))),
        "prediction": "real",
        "confidence": 81,
        "real_probability": 81.0,
        "fake_probability": 19.0,
        "inference_time_ms": 12.5,
        "response_time_ms": 20,
        "success": True,
        "client": "Müller & Söhne",
        "use_case": "kyc",
        "model_version": "2.1",
        "country": "DE",
        "user_ip": "203.0.113.9",
        "user_agent": "curl/8",
        "file_hash": "ab" * 32,
        "file_size": 2**40,
        "image_format": "JPEG",
        "image_width": 640,
        "image_height": 480,
        "label": "fake",
        "tags": {"team": "north", "a.b-c_1": "x"},
    }
    expected: dict[str, Any] = {**given, "timestamp": "2026-09-21T10:00:00+02:00"}
    assert {**event(**given), "error_message": None} == {**expected, "error_message": None}
    assert set(given) | {"error_message"} == set(Fields.__annotations__)


def test_none_is_the_same_as_leaving_a_field_out() -> None:
    assert "client" not in event(prediction="real", confidence=80, client=None)


def test_numbers_of_other_libraries_are_numbers() -> None:
    assert event(prediction="real", confidence=Fraction(161, 2))["confidence"] == 80.5


def test_an_error_message_makes_a_failed_prediction() -> None:
    assert event(error_message="out of memory")["success"] is False


def test_a_long_error_message_is_cut_and_not_lost() -> None:
    assert event(error_message="x" * 10_000)["error_message"] == "x" * 500


def test_an_exception_may_be_given_as_the_message() -> None:
    assert event(error_message=RuntimeError("no GPU"))["error_message"] == "no GPU"


def test_half_of_a_surrogate_pair_does_not_stop_the_event() -> None:
    assert event(prediction="real", confidence=80, client="a\ud800b")["client"] == "a?b"


GOOD = {"prediction": "fake", "confidence": 97.5}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"confidence": 120}, "confidence: must be 0 to 100 percent, not 120"),
        ({"confidence": -0.1}, "confidence: must be 0 to 100 percent"),
        ({"confidence": float("nan")}, "confidence: must be a finite number"),
        ({"confidence": float("inf")}, "confidence: must be a finite number"),
        ({"confidence": "97"}, "confidence: must be a number"),
        ({"confidence": True}, "confidence: must be a number, not True"),
        ({"confidence": [1]}, "confidence: "),
        ({"prediction": "Fake"}, "prediction: must be real, fake, uncertain, not 'Fake'"),
        ({"prediction": None}, "prediction: is required"),
        ({"confidence": None}, "confidence: a verdict needs"),
        ({"success": False}, "prediction: must be absent"),
        ({"success": False, "prediction": None}, "error_message: is required"),
        ({"success": True, "error_message": "x"}, "error_message: must be absent"),
        ({"success": "yes"}, "success: must be true or false"),
        ({"inference_time_ms": -1}, "inference_time_ms: must be 0 to 86400000 ms"),
        ({"file_size": 2**63}, "file_size: must be 0 to"),
        ({"file_size": 1.5}, "file_size: "),
        ({"image_width": True}, "image_width: must be a whole number"),
        ({"timestamp": datetime.fromisoformat("2026-01-01")}, "timestamp: needs a time zone"),
        ({"timestamp": "2026-01-01T00:00:00"}, "timestamp: must be ISO 8601 with Z or an offset"),
        ({"timestamp": 1_790_000_000}, "timestamp: must be ISO 8601"),
        ({"id": "with space"}, "id: must be 1 to 36 printable"),
        ({"client": ""}, "client: must have 1 to 120 characters"),
        ({"client": "x" * 121}, "client: must have 1 to 120 characters, not 121"),
        ({"file_hash": "xyz"}, "file_hash: must be 64 hexadecimal"),
        ({"country": "DEU"}, "country: must be two letters"),
        ({"label": "uncertain"}, "label: must be real, fake"),
        ({"tags": {"Big": "x"}}, "tags: must be keyed by"),
        ({"tags": {"a": 1}}, "tags: must be text, not int"),
        ({"tags": {str(n): "x" for n in range(17)}}, "tags: must be a mapping of at most 16"),
        ({"tags": "x"}, "tags: must be a mapping"),
        ({"confidense": 3}, "unknown: confidense is no field"),
    ],
)
def test_what_the_server_would_refuse_is_unfit(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(Unfit) as caught:
        event(**{**GOOD, **wrong})
    assert str(caught.value).startswith(said)


@pytest.mark.parametrize("name", ["user_ip", "user_agent", "client"])
def test_no_text_of_a_person_gets_into_the_sentence(name: str) -> None:
    with pytest.raises(Unfit) as caught:
        event(**{**GOOD, name: "203.0.113.9 " * 500})
    assert "203" not in str(caught.value)
