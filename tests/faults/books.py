"""What must hold after every fault: nothing acknowledged is lost, nothing is there twice, all surfaces agree."""

from collections.abc import Iterable
from typing import Any

from tests.conftest import Server
from tests.faults.load import ANSWERED, CLIENTS, USE_CASES, Attempt

_COUNTS = {
    "total_predictions": "COUNT(*)",
    "real_predictions": "COALESCE(SUM(prediction = 'real'), 0)",
    "fake_predictions": "COALESCE(SUM(prediction = 'fake'), 0)",
    "uncertain_predictions": "COALESCE(SUM(prediction = 'uncertain'), 0)",
    "failed_predictions": "COALESCE(SUM(success = 0), 0)",
    "revenue": "printf('%.6f', COALESCE(SUM(price_micros * billable), 0) / 1e6)",
}
_SELECT = ", ".join(f"{sql} AS {name}" for name, sql in _COUNTS.items())

_SAID = (
    "prediction",
    "confidence",
    "fake_probability",
    "file_hash",
    "client",
    "use_case",
    "timestamp",
)
"""What an answer says that the record must say as well."""


def assert_kept(server: Server, attempts: Iterable[Attempt]) -> None:
    """Every acknowledged prediction is there, once, as it was answered; no other image is there twice."""
    stored: dict[str, list[str]] = {}
    for row in server.rows("SELECT id, file_hash FROM predictions"):
        stored.setdefault(row["file_hash"], []).append(row["id"])
    for one in attempts:
        unexpected = [body for status, body in one.answers if status not in (*ANSWERED, 503)]
        assert not unexpected, unexpected
        found = stored.get(one.file_hash, [])
        assert len(found) <= 1, f"recorded twice: {found}"
        assert len(one.ids) <= 1, f"acknowledged under several ids: {one.answers}"
        if one.ids:
            assert set(found) == one.ids, f"acknowledged and lost: {one.answers}, stored: {found}"


def assert_served(server: Server, attempts: Iterable[Attempt]) -> None:
    """The API finds every acknowledged prediction by its id, and says what the answer said."""
    with server.client() as client:
        for one in attempts:
            for status, body in one.answers:
                if status not in ANSWERED:
                    continue
                answer = client.get(
                    f"/api/v1/predictions/{body.get('id') or body['prediction_id']}"
                )
                assert answer.status_code == 200, (body, answer.text)
                stored = answer.json()
                if status == 200:
                    assert {name: stored[name] for name in _SAID} == {
                        name: body[name] for name in _SAID
                    }
                else:
                    assert (stored["outcome"], stored["file_hash"]) == ("failed", one.file_hash)


def assert_refused_left_nothing(server: Server, attempts: Iterable[Attempt]) -> None:
    """What was only ever answered with 503, or not at all, is not on record."""
    stored = {row["file_hash"] for row in server.rows("SELECT file_hash FROM predictions")}
    for one in attempts:
        if not one.ids:
            assert one.file_hash not in stored, f"recorded, but answered {one.answers}"


def assert_all_agree(server: Server) -> None:
    """Rows, summaries, columns and the brief's endpoint give the same counts and the same revenue."""
    (verdict,) = server.rows("PRAGMA integrity_check")
    assert verdict[0] == "ok"
    (row,) = server.rows(f"SELECT {_SELECT} FROM predictions")
    counted = dict(row)
    assert counted["total_predictions"] == sum(
        counted[name] for name in counted if name not in ("total_predictions", "revenue")
    )
    summaries = _ask(server)
    assert summaries["source"] == "rollups"
    assert summaries["totals"] == counted
    columns = _ask(server, filters={"client": list(CLIENTS), "use_case": list(USE_CASES)})
    assert columns["source"] == "columns"
    assert columns["totals"] == counted
    # Two days: the test may run across midnight.
    analytics = server.get("/analytics?days=2").json()["summary"]
    assert {name: analytics[name] for name in _COUNTS} == counted
    by_client = server.rows(f"SELECT client, {_SELECT} FROM predictions GROUP BY client")
    rows = _ask(server, dimensions=["client"])["rows"]
    assert sorted(rows, key=lambda one: one["client"]) == sorted(
        map(dict, by_client), key=lambda one: one["client"]
    )


def _ask(server: Server, **question: Any) -> dict[str, Any]:
    body = {"metrics": list(_COUNTS), "range": {"all": True}, **question}
    with server.client() as client:
        answer = client.post("/api/v1/query", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found
