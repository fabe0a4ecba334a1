"""The SQL console over HTTP."""

import threading
import time
from typing import Any

import httpx
import pytest

from tests.conftest import FAKE, Server, picture
from tests.test_brief import DAILY_REVENUE, PERFORMANCE_TRENDS, TOP_ERROR_PATTERNS
from verascope.api.sql import SqlAnswer, SqlGallery, SqlSchema

SLOW = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


def ask(server: Server, sql: str, *, as_: str = "json", **more: Any) -> httpx.Response:
    with server.client() as client:
        return client.post(f"/api/v1/sql?format={as_}", json={"sql": sql, **more})


def test_a_query_answers_with_columns_rows_and_its_limits(server: Server) -> None:
    prediction_id = server.predict(picture(FAKE, seed=71)).json()["id"]
    answer = ask(
        server,
        "SELECT id, confidence FROM predictions WHERE id = :id",
        parameters={"id": prediction_id},
    )
    assert answer.status_code == 200
    body = answer.json()
    SqlAnswer.model_validate(body)
    assert body["rows"][0][0] == prediction_id
    assert body["columns"][1] == {"name": "confidence", "type": "number"}
    assert body["limits"] == {"seconds": 10.0, "rows": 10_000}


def test_the_table_can_be_downloaded_as_csv(server: Server) -> None:
    answer = ask(server, "SELECT '=1+1' AS a, 2 AS b", as_="csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "query.csv" in answer.headers["content-disposition"]
    assert answer.text == "a,b\r\n'=1+1,2\r\n"


def test_a_refusal_has_the_databases_words_and_their_place(server: Server) -> None:
    answer = ask(server, "SELECT 1\nFORM predictions WHERE 1")
    assert answer.status_code == 422
    problem = answer.json()
    assert problem["type"] == "urn:verascope:problem:sql"
    assert "syntax error" in problem["detail"]
    assert (problem["line"], problem["column"]) == (2, 6)
    assert ask(server, "SELECT * FROM api_keys").json()["detail"] == "no such table: api_keys"
    assert ask(server, "SELECT :x").json()["errors"][0]["field"] == "parameters.x"
    assert ask(server, "", sql_text="x").status_code == 422


def test_a_running_query_is_cancelled_by_its_id(server: Server) -> None:
    answers: list[httpx.Response] = []
    thread = threading.Thread(target=lambda: answers.append(ask(server, SLOW, id="slow-1")))
    thread.start()
    with server.client() as client:
        while client.delete("/api/v1/sql/slow-1").status_code == 404 and thread.is_alive():
            time.sleep(0.02)
    thread.join()
    (answer,) = answers
    assert (answer.status_code, answer.json()["type"]) == (
        409,
        "urn:verascope:problem:sql-cancelled",
    )


def test_a_query_ends_when_its_caller_goes_away(server: Server) -> None:
    impatient = httpx.Client(base_url=server.url, timeout=0.5, trust_env=False)
    with impatient as client, pytest.raises(httpx.ReadTimeout):
        client.post("/api/v1/sql", json={"sql": SLOW, "id": "left"})
    # The next one gets its turn long before the ten seconds are over.
    for _ in range(50):
        answer = ask(server, "SELECT 1 AS one")
        if answer.status_code == 200:
            break
        assert answer.status_code == 503
        time.sleep(0.05)
    assert answer.json()["rows"] == [[1]]


def test_tables_and_gallery_are_told(server: Server) -> None:
    schema = server.get("/api/v1/sql/schema").json()
    SqlSchema.model_validate(schema)
    assert schema["tables"][0]["name"] == "predictions"
    gallery = server.get("/api/v1/sql/gallery").json()
    SqlGallery.model_validate(gallery)
    assert sum(query["is_from_brief"] for query in gallery["queries"]) == 3


def test_the_gallery_holds_the_briefs_three_queries_unchanged(server: Server) -> None:
    gallery = server.get("/api/v1/sql/gallery").json()["queries"]
    shown = [query["sql"] for query in gallery if query["is_from_brief"]]
    asked = [TOP_ERROR_PATTERNS, DAILY_REVENUE, PERFORMANCE_TRENDS]
    assert shown == [text.split("\n", 2)[2].rstrip("\n") for text in asked]
