"""Single predictions: what one looks like, pages of them, and refusals."""

import dataclasses

import pytest

from tests.predictions import make
from tests.queries.house import House, at
from verascope.errors import Invalid, NotFound
from verascope.queries import activity
from verascope.queries.record import cursor, prediction_json, seq_of
from verascope.records import Outcome
from verascope.store import events


def test_a_prediction_is_shown_in_percent_milliseconds_and_exact_money(house: House) -> None:
    tenant_id = house.tenant()
    new = make(
        Outcome.FAKE,
        tenant_id=tenant_id,
        timestamp_us=at("2026-03-28T12:00:00.000001Z"),
        confidence_mpct=97_001,
        fake_probability_mpct=97_001,
        price_micros=1,
    )
    house.add(new)
    found = activity.prediction(house.database, tenant_id, new.id)
    assert found == {
        "id": new.id,
        "timestamp": "2026-03-28T12:00:00.000001Z",
        "received_at": "2026-03-28T12:00:00.000000Z",
        "client": "acme",
        "country": "DE",
        "use_case": "unspecified",
        "source": "predict",
        "prediction": "fake",
        "outcome": "fake",
        "confidence": 97.001,
        "real_probability": 2.999,
        "fake_probability": 97.001,
        "inference_time_ms": 12.345,
        "response_time_ms": 15.0,
        "model_version": "vs-test-1",
        "file_hash": "ab" * 32,
        "file_size": 1234,
        "image_format": "JPEG",
        "image_width": 640,
        "image_height": 480,
        "perceptual_hash": bytes(range(32)).hex(),
        "success": True,
        "error_message": None,
        "error_pattern": None,
        "price": "0.000001",
        "billable": True,
        "tags": {},
        "label": None,
        "labelled_at": None,
        "labelled_by": None,
        "label_reason": None,
        "user_agent": "test",
    }


def test_a_failed_prediction_has_an_outcome_and_no_verdict(house: House) -> None:
    tenant_id = house.tenant()
    new = make(Outcome.FAILED, tenant_id=tenant_id, image=None)
    house.add(new)
    found = activity.prediction(house.database, tenant_id, new.id)
    assert (found["prediction"], found["outcome"], found["success"]) == (None, "failed", False)
    assert (found["confidence"], found["file_hash"], found["price"]) == (None, None, "0.000000")


def test_a_prediction_of_another_tenant_is_not_found(house: House) -> None:
    new = make(tenant_id=house.tenant())
    house.add(new)
    with pytest.raises(NotFound):
        activity.prediction(house.database, house.tenant(), new.id)


def test_pages_follow_each_other_newest_arrival_first_while_more_arrives(house: House) -> None:
    tenant_id = house.tenant()
    made = [make(tenant_id=tenant_id) for _ in range(7)]
    house.add(*made)
    found, place = [], ""
    for _ in range(3):
        page = activity.predictions(house.database, tenant_id, [("limit", "3"), ("cursor", place)])
        found += [item["id"] for item in page["items"]]
        place = page["next_cursor"]
        house.add(make(tenant_id=tenant_id))
    assert found == [one.id for one in reversed(made)]
    assert place is None


def test_filters_are_alternatives_within_and_conditions_between(house: House) -> None:
    tenant_id = house.tenant()
    plain = make(tenant_id=tenant_id)
    house.add(
        plain,
        dataclasses.replace(make(Outcome.FAKE, tenant_id=tenant_id), country="US"),
        make(Outcome.FAILED, tenant_id=tenant_id),
    )
    params = [
        ("outcome", "real"),
        ("outcome", "fake"),
        ("country", "DE"),
        ("end", "2027-01-01T00:00:00Z"),
    ]
    page = activity.predictions(house.database, tenant_id, params)
    assert [item["id"] for item in page["items"]] == [plain.id]


def test_every_wrong_parameter_is_named(house: House) -> None:
    params = [
        ("limit", "501"), ("cursor", "!"), ("outcome", "maybe"), ("start", "today"), ("colour", "red"),
        ("end", "2026-01-01T00:00:00Z"), ("end", "2026-01-01T00:00:00Z"),
    ]  # fmt: skip
    with pytest.raises(Invalid) as caught:
        activity.predictions(house.database, 1, params)
    assert sorted(one.field for one in caught.value.fields) == [
        "colour", "cursor", "end", "limit", "outcome", "start",
    ]  # fmt: skip
    with pytest.raises(Invalid):
        activity.where_of([("outcome", "maybe")])


def test_a_cursor_is_read_back_only_as_it_was_given() -> None:
    assert seq_of(cursor(12_345)) == 12_345
    for rubbish in ("", "!", "MTI=", cursor(5) + "A", "é", cursor(2**70), "LTE", "MDE"):
        assert seq_of(rubbish) is None


def test_the_feed_and_the_list_show_the_same_object(house: House) -> None:
    tenant_id = house.tenant()
    house.add(make(tenant_id=tenant_id))
    with house.database.reading() as connection:
        (stored,) = events.after(connection, tenant_id, 0, 10)
    page = activity.predictions(house.database, tenant_id, [])
    assert page["items"] == [prediction_json(stored)]
