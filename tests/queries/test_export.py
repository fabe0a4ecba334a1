"""`/analytics` and the CSV: the brief's shapes, the same numbers as every other surface."""

import csv

from tests.predictions import make
from tests.queries.house import House, at
from verascope.queries import export
from verascope.records import Outcome


def filled(house: House) -> int:
    tenant_id = house.tenant("Europe/Berlin")
    house.now_us = at("2026-03-29T12:00:00Z")
    days = ["2026-03-27T23:30:00Z", "2026-03-28T22:30:00Z", "2026-03-28T23:30:00Z"]
    for number, text in enumerate(days):
        for outcome in list(Outcome)[: number + 2]:
            house.add(make(outcome, tenant_id=tenant_id, timestamp_us=at(text)))
    house.add(make(Outcome.FAILED, tenant_id=tenant_id, timestamp_us=at("2025-01-01T00:00:00Z")))
    return tenant_id


def test_analytics_has_the_shape_and_reconciles(house: House) -> None:
    tenant_id = filled(house)
    body = export.analytics(house.answers, tenant_id, 3, {"version": "1"})
    assert body["summary"] == {
        "total_predictions": 9,
        "real_predictions": 3,
        "fake_predictions": 3,
        "uncertain_predictions": 2,
        "failed_predictions": 1,
        "avg_confidence": 87.3,
        "avg_inference_time": 12.345,
        "error_count": 1,
        "success_rate": 800 / 9,
        "revenue": "0.400000",
        "all_time_predictions": 10,
    }
    days = body["daily_breakdown"]
    assert [day["date"] for day in days] == ["2026-03-29", "2026-03-28", "2026-03-27"]
    assert [day["total"] for day in days] == [4, 5, 0]
    assert days[2]["avg_confidence"] is None
    assert body["error_patterns"] == [{"error": "The image is truncated.", "count": 1}]
    assert body["system_info"] == {"version": "1"}
    assert body["range"]["time_zone"] == "Europe/Berlin"
    assert body["generated_at"] == "2026-03-29T12:00:00.000000Z"


def test_the_csv_has_one_line_a_day_newest_first(house: House) -> None:
    tenant_id = filled(house)
    lines = list(csv.reader(export.csv_rows(house.answers, tenant_id, 3)))
    assert ",".join(lines[0]) == (
        "Date,Total,Real,Fake,Avg_Confidence,Success_Rate,Uncertain,Failed,Avg_Inference_Time_Ms,Revenue_USD"
    )
    assert lines[1] == [
        "2026-03-29", "4", "1", "1", "87.3000", "75.0000", "1", "1", "12.3450", "0.150000",
    ]  # fmt: skip
    assert lines[3] == ["2026-03-27", "0", "0", "0", "", "", "0", "0", "", "0.000000"]
    assert len(lines) == 4


def test_csv_and_analytics_show_the_same_days(house: House) -> None:
    tenant_id = filled(house)
    days = export.analytics(house.answers, tenant_id, 400, {})["daily_breakdown"]
    lines = list(csv.DictReader(export.csv_rows(house.answers, tenant_id, 400)))
    assert [(line["Date"], int(line["Total"]), int(line["Failed"])) for line in lines] == [
        (day["date"], day["total"], day["failed_count"]) for day in days
    ]


def test_a_cell_never_becomes_a_formula() -> None:
    for text in ("=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"):
        assert export.neutral(text) == "'" + text
    assert export.neutral("2026-03-29") == "2026-03-29"
