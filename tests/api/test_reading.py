"""What can be read back: the brief's endpoints, questions, single predictions, metrics, health."""

import csv
import io
import re
from collections.abc import Callable, Iterator
from decimal import Decimal

import httpx
import pytest

from tests.conftest import FAKE, REAL, UNCERTAIN, Server, picture
from verascope.api.analytics import Analytics
from verascope.api.health import Health, Info
from verascope.api.predictions import PredictionPage, PredictionRecord
from verascope.api.query import Answer, AnswerBatch, Dictionary

SENT = [FAKE, FAKE, FAKE, REAL, REAL, UNCERTAIN]


@pytest.fixture(scope="module")
def known(
    tmp_path_factory: pytest.TempPathFactory, environ: Callable[..., dict[str, str]]
) -> Iterator[Server]:
    """A server that holds six verdicts of two clients and two failures, and nothing else."""
    from tests.conftest import free_port

    home = tmp_path_factory.mktemp("known")
    running = Server(home, environ(home, port=free_port())).wait_until_ready()
    for seed, shade in enumerate(SENT):
        client = "acme" if seed % 2 else "=globex"
        assert (
            running.predict(picture(shade, seed=seed), data={"client": client}).status_code == 200
        )
    for _ in range(2):
        assert running.predict(b"no image").status_code == 415
    yield running
    assert running.stop() == 0, running.errors


def refused(response: httpx.Response, field: str, *, accepted: str = "") -> None:
    assert response.status_code == 422, response.text
    errors = {error["field"]: error for error in response.json()["errors"]}
    assert field in errors
    assert accepted in errors[field]["accepted"]


def test_analytics_holds_everything_acknowledged_before(known: Server) -> None:
    body = known.get("/analytics").json()
    Analytics.model_validate(body)
    summary = body["summary"]
    assert summary["total_predictions"] == summary["all_time_predictions"] == 8
    counts = [summary[f"{name}_predictions"] for name in ("fake", "real", "uncertain", "failed")]
    assert counts == [3, 2, 1, 2]
    assert (summary["error_count"], summary["success_rate"], summary["revenue"]) == (
        2,
        75.0,
        "0.300000",
    )
    assert body["error_patterns"] == [
        {"error": "The file is not an image in a supported format.", "count": 2}
    ]
    assert len(body["daily_breakdown"]) == 7
    dates = [day["date"] for day in body["daily_breakdown"]]
    assert dates == sorted(dates, reverse=True)
    assert sum(day["total"] for day in body["daily_breakdown"]) == 8
    assert body["system_info"]["model_loaded"] is True


def test_export_is_the_analytics_as_a_file(known: Server) -> None:
    exported = known.get("/export/analytics", params={"days": 7})
    assert exported.headers["content-disposition"] == 'attachment; filename="analytics-7d.json"'
    assert (
        exported.json()["summary"] == known.get("/analytics", params={"days": 7}).json()["summary"]
    )


def test_csv_begins_with_the_columns_spreadsheets_know(known: Server) -> None:
    response = known.get("/export/analytics", params={"days": 30, "format": "csv"})
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.text.startswith("Date,Total,Real,Fake,Avg_Confidence,Success_Rate")
    rows = list(csv.DictReader(io.StringIO(response.text)))
    assert len(rows) == 30
    assert sum(int(row["Total"]) for row in rows) == 8
    assert sum(Decimal(row["Revenue_USD"]) for row in rows) == Decimal("0.30")


@pytest.mark.parametrize("path", ["/analytics", "/export/analytics"])
@pytest.mark.parametrize("days", ["0", "401", "-1", "7.0", "seven", "", "1e2", "٣", "9" * 5000])
def test_days_out_of_range_are_refused_with_what_is_accepted(
    known: Server, path: str, days: str
) -> None:
    refused(known.get(path, params={"days": days}), "days", accepted="a whole number from 1 to 400")


def test_unknown_format_is_refused_with_what_is_accepted(known: Server) -> None:
    response = known.get("/export/analytics", params={"format": "xml"})
    refused(response, "format", accepted="'json' or 'csv'")


def test_question_in_url_and_body_get_the_same_answer(known: Server) -> None:
    in_url = known.get(
        "/api/v1/query?metrics=total_predictions,revenue&dimensions=client&days=2&interval=day"
    ).json()
    question = {
        "metrics": ["total_predictions", "revenue"],
        "dimensions": ["client"],
        "range": {"days": 2},
        "interval": "day",
    }
    with known.client() as client:
        in_body = client.post("/api/v1/query", json=question).json()
        batch = client.post("/api/v1/query/batch", json={"queries": {"one": question}}).json()
    Answer.model_validate(in_url)
    AnswerBatch.model_validate(batch)
    assert in_url == in_body == batch["results"]["one"]
    assert in_url["totals"] == {"total_predictions": 8, "revenue": "0.300000"}


def test_filtered_question_reads_the_same_rows(known: Server) -> None:
    answer = known.get(
        "/api/v1/query?metrics=total_predictions,fake_predictions&client=acme&outcome=fake&hours=2"
    ).json()
    assert answer["totals"] == {"total_predictions": 1, "fake_predictions": 1}


def test_every_wrong_field_of_a_question_is_named_at_once(known: Server) -> None:
    question = {"metrics": ["nonsense"], "range": {"days": 1000}, "interval": "week", "extra": 1}
    with known.client() as client:
        response = client.post("/api/v1/query", json=question)
        batch = client.post("/api/v1/query/batch", json={"queries": {"kpis": question}})
    for field in ("metrics", "range.days", "interval", "extra"):
        refused(response, field)
        refused(batch, f"queries.kpis.{field}")


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"", "application/json", 400),
        (b"{}", "text/plain", 415),
        (b'{"a": "' + b"x" * 1_000_001 + b'"}', "application/json", 413),
        (b"{}", "application/json", 422),
    ],
)
def test_body_that_is_no_question_is_refused(
    known: Server, body: bytes, kind: str, status: int
) -> None:
    for path in ("/api/v1/query", "/api/v1/query/batch"):
        with known.client() as client:
            response = client.post(path, content=body, headers={"content-type": kind})
        assert response.status_code == status
        assert response.headers["content-type"] == "application/problem+json"


def test_batch_of_too_many_questions_is_refused(known: Server) -> None:
    queries = {f"q{n}": {"metrics": ["revenue"]} for n in range(21)}
    with known.client() as client:
        refused(
            client.post("/api/v1/query/batch", json={"queries": queries}), "queries", accepted="20"
        )


def test_dictionary_names_every_metric_with_unit_and_definition(known: Server) -> None:
    body = known.get("/api/v1/metrics").json()
    Dictionary.model_validate(body)
    assert {"success_rate", "revenue"} <= {metric["name"] for metric in body["metrics"]}


def test_predictions_come_in_pages_newest_first(known: Server) -> None:
    seen, cursor = [], None
    for _ in range(3):
        params = {"limit": 3} if cursor is None else {"limit": 3, "cursor": cursor}
        page = known.get("/api/v1/predictions", params=params).json()
        PredictionPage.model_validate(page)
        seen += page["items"]
        cursor = page["next_cursor"]
    assert cursor is None
    assert len({item["id"] for item in seen}) == 8
    assert [item["timestamp"] for item in seen] == sorted(
        (i["timestamp"] for i in seen), reverse=True
    )


def test_predictions_are_filtered(known: Server) -> None:
    page = known.get("/api/v1/predictions", params={"client": "=globex", "outcome": "fake"}).json()
    assert [(item["client"], item["outcome"]) for item in page["items"]] == [
        ("=globex", "fake")
    ] * 2
    refused(known.get("/api/v1/predictions?limit=0"), "limit")
    refused(known.get("/api/v1/predictions?cursor=nonsense"), "cursor")
    refused(known.get("/api/v1/predictions?start=yesterday"), "start", accepted="ISO 8601")
    refused(known.get("/api/v1/predictions?outcome=maybe"), "outcome", accepted="uncertain")


def test_one_prediction_is_found_by_its_id(known: Server) -> None:
    item = known.get("/api/v1/predictions?limit=1").json()["items"][0]
    found = known.get(f"/api/v1/predictions/{item['id']}")
    PredictionRecord.model_validate(found.json())
    assert found.json() == item
    missing = known.get("/api/v1/predictions/no-such-id")
    assert missing.status_code == 404
    assert missing.headers["content-type"] == "application/problem+json"


def test_prometheus_counters_are_the_dashboards_totals(known: Server) -> None:
    response = known.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    text = response.text
    for outcome, count in (("real", 2), ("fake", 3), ("uncertain", 1), ("failed", 2)):
        assert f'verascope_predictions_total{{outcome="{outcome}"}} {count}.0' in text
    assert "verascope_billable_predictions_total 6.0" in text
    assert "verascope_revenue_usd_total 0.3\n" in text
    assert "verascope_inference_seconds_count 6.0" in text
    assert 'verascope_http_requests_total{method="POST",route="/predict",status="200"} 6.0' in text
    assert re.search(r'verascope_build_info\{model_version="1.0.0",version="[^"]+"\} 1.0', text)
    families = set(re.findall(r"^# TYPE (\S+)", text, re.M))
    assert len(families) >= 12
    assert {"process_resident_memory_bytes", "process_cpu_seconds_total"} <= families


def test_metrics_are_labelled_by_route_so_ids_do_not_multiply_them(known: Server) -> None:
    for number in range(3):
        known.get(f"/api/v1/predictions/id-{number}")
        known.get(f"/no/such/{number}")
    text = known.get("/metrics").text
    assert "id-1" not in text
    assert "/no/such" not in text
    assert 'route="/api/v1/predictions/{prediction_id}",status="404"' in text


def test_health_is_complete_and_answers_head(known: Server) -> None:
    response = known.get("/health")
    Health.model_validate(response.json())
    assert (response.status_code, response.json()["status"]) == (200, "healthy")
    with known.client() as client:
        head = client.head("/health")
    assert (head.status_code, head.content) == (200, b"")


def test_info_is_the_detectors_card(known: Server) -> None:
    body = known.get("/info").json()
    Info.model_validate(body)
    assert (body["name"], body["model_version"], body["accuracy"]) == ("tiny", "1.0.0", 91.5)
    assert body["classes"] == ["real", "fake"]
    assert body["decision"] == {"fake_at": 0.7, "real_at": 0.3}


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/nowhere", 404), ("DELETE", "/analytics", 405)]
)
def test_unknown_addresses_and_methods_are_problems_too(
    known: Server, method: str, path: str, status: int
) -> None:
    with known.client() as client:
        response = client.request(method, path)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["status"] == status
