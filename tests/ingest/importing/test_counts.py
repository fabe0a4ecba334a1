"""Counts reconcile, runs go on where they stopped, and nothing is stored twice."""

import json
import sqlite3
import tempfile
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from tests.ingest.importing.moving import (
    Desk,
    at,
    counts,
    failed,
    said,
    write_csv,
    write_jsonl,
    write_sqlite,
)
from verascope import config
from verascope.errors import Conflict, Invalid, StoreUnusable
from verascope.ingest.importing import run
from verascope.ingest.importing.options import parse
from verascope.store import imports, tables

LARGE = [said(number) for number in range(1, 5_001)]

odd = st.sampled_from(
    [
        "",
        "x",
        "-1",
        "1e999",
        "0",
        "50",
        "100.0005",
        "97,3",
        "\x00",
        "\ud800",
        "💥",
        "2026-03-27 10:00:00",
        "true",
    ]
)


@st.composite
def rows(draw: st.DrawFn) -> dict[str, Any]:
    """Mostly good rows, often repeated, some of them wrong in any field."""
    number = draw(st.integers(1, 6))
    row = draw(st.sampled_from([said, failed]))(number)
    for name in draw(st.sets(st.sampled_from(sorted(row)), max_size=2)):
        row[name] = draw(odd | st.just(None))
    return row


@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    found=st.lists(rows(), min_size=1, max_size=30),
    kind=st.sampled_from(["csv", "jsonl"]),
    batch=st.integers(1, 7),
)
def test_read_is_stored_plus_duplicate_plus_rejected_whatever_the_file_holds(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    found: list[dict[str, Any]],
    kind: str,
    batch: int,
) -> None:
    monkeypatch.setattr(run, "BATCH_ROWS", batch)
    folder = Path(tempfile.mkdtemp(dir=tmp_path))
    desk = Desk(config.load({"VERASCOPE_HOME": str(folder)}))
    if kind == "csv":
        found = [
            {
                name: str(value).replace("\ud800", "?").replace("\0", "?")
                for name, value in row.items()
                if value is not None
            }
            for row in found
        ]
        path = write_csv(folder / "x", found)
    else:
        path = write_jsonl(folder / "x", found)
    foreseen = desk.move(path, dry_run=True, scale="percent")
    assert desk.rows() == []
    first = desk.move(path, scale="percent", errors=folder / "errors")
    read, stored, duplicate, rejected = counts(first)
    assert read == len(found)
    assert counts(foreseen) == (read, stored, duplicate, rejected)
    assert len(desk.rows()) == stored
    listed = [json.loads(line) for line in (folder / "errors").read_text().splitlines()]
    assert len({line["index"] for line in listed}) == rejected
    again = desk.move(path, scale="percent")
    assert counts(again) == (read, 0, stored + duplicate, rejected)
    assert len(desk.rows()) == stored
    desk.database.close()


class Stop(Exception):
    """The process ends here."""


def stop_after(monkeypatch: pytest.MonkeyPatch, batches: int) -> None:
    """From the next import on, the commit after so many batches does not happen any more."""
    numbers = count()
    real = imports.advance

    def advance(*args: Any, **options: Any) -> None:
        if next(numbers) == batches:
            raise Stop
        real(*args, **options)

    monkeypatch.setattr(imports, "advance", advance)


def test_a_stopped_import_goes_on_with_its_counts_and_its_errors(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = {7: "a", 1_999: "b", 2_001: "c", 4_500: "d"}
    rows = [
        {**row, "confidence": wrong.get(index, row["confidence"])}
        for index, row in enumerate(LARGE)
    ]
    path, errors = write_csv(tmp_path / "x", rows), tmp_path / "errors"
    with monkeypatch.context() as patched:
        stop_after(patched, 2)
        with pytest.raises(Stop):
            desk.move(path, errors=errors)
    assert len(desk.rows()) == 4_000 - 3
    summary = desk.move(path, errors=errors)
    assert summary.resumed_after == 4_000
    assert counts(summary) == (5_000, 4_996, 0, 4)
    listed = [json.loads(line) for line in errors.read_text().splitlines()]
    assert [(one["index"], one["line"], one["value"]) for one in listed] == [
        (index, index + 2, repr(text)) for index, text in wrong.items()
    ]
    assert summary.tables["predictions"].first == listed


def test_rows_without_ids_keep_their_ids_over_a_stop(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    twins = [{name: value for name, value in said(1).items() if name != "id"}] * 4_500
    path = write_csv(tmp_path / "x", twins)
    with monkeypatch.context() as patched:
        stop_after(patched, 1)
        with pytest.raises(Stop):
            desk.move(path)
    assert counts(desk.move(path)) == (4_500, 4_500, 0, 0)
    assert counts(desk.move(path)) == (4_500, 0, 4_500, 0)


def test_all_four_tables_go_on_where_they_stopped(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    metrics = [{"timestamp": at(number), "cpu_usage": number / 100} for number in range(3_000)]
    alerts = [
        {
            "timestamp": at(),
            "alert_type": "cpu",
            "severity": "Critical",
            "message": "hot",
            "resolved": 0,
        }
    ]
    path = write_sqlite(
        tmp_path / "x", {"predictions": LARGE[:2_500], "system_metrics": metrics, "alerts": alerts}
    )
    with monkeypatch.context() as patched:
        stop_after(patched, 3)
        with pytest.raises(Stop):
            desk.move(path)
    summary = desk.move(path)
    assert summary.resumed_after == 4_500
    assert counts(summary) == (2_500, 2_500, 0, 0)
    assert counts(summary, "system_metrics") == (3_000, 3_000, 0, 0)
    assert counts(summary, "alerts") == (1, 1, 0, 0)
    again = desk.move(path)
    assert counts(again, "system_metrics") == (3_000, 0, 3_000, 0)


def test_a_full_disk_leaves_a_beginning_and_says_how_to_go_on(desk: Desk, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "x", LARGE)
    with desk.database.writing() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar() or 0
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 300}")
    with pytest.raises(StoreUnusable, match=r"disk is full.*the same command goes on"):
        desk.move(path)
    stored = len(desk.rows())
    assert 0 < stored < 5_000
    with desk.database.writing() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    summary = desk.move(path)
    assert summary.resumed_after == stored
    assert counts(summary) == (5_000, 5_000, 0, 0)


def test_a_locked_store_is_waited_for(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusals = iter([True, True])
    real = imports.begin

    def begin(*args: Any) -> None:
        if next(refusals, False):
            raise sqlite3.OperationalError("database is locked")
        real(*args)

    monkeypatch.setattr(imports, "begin", begin)
    assert counts(desk.move(write_csv(tmp_path / "x", LARGE[:5]))) == (5, 5, 0, 0)
    assert next(refusals, None) is None


def test_of_two_imports_of_one_file_the_second_steps_back(desk: Desk, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "x", LARGE)
    first = desk.importer()
    real = first._store

    def store(connection: Connection, *rest: Any) -> Any:
        connection.execute(tables.imports.update().values(state="moved by another"))
        return real(connection, *rest)

    first._store = store  # type: ignore[method-assign]
    with pytest.raises(Conflict, match="Another process imports the same file"):
        first.run(path, parse())
    assert desk.rows() == []


def test_a_dry_run_writes_nothing_and_knows_what_is_there(desk: Desk, tmp_path: Path) -> None:
    write_sqlite(
        tmp_path / "x",
        {"predictions": LARGE[:3], "system_metrics": [{"timestamp": at(), "cpu_usage": 1}]},
    )
    desk.move(tmp_path / "x")
    write_sqlite(
        tmp_path / "x",
        {
            "predictions": [said(9), said(10, confidence=101)],
            "system_metrics": [{"timestamp": at(1), "cpu_usage": 1}],
        },
    )
    before = desk.rows()
    summary = desk.move(tmp_path / "x", dry_run=True)
    assert counts(summary) == (5, 1, 3, 1)
    assert counts(summary, "system_metrics") == (2, 1, 1, 0)
    assert desk.rows() == before
    assert len(desk.rows("SELECT * FROM imports")) == 1
    assert "would store" in "\n".join(summary.lines(400, None))


def test_a_dry_run_needs_no_database(desk: Desk, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "x", [said(1), said(1), said(1, confidence=51.0), said(2)])
    importer = desk.importer(dry_run=True)
    importer._database = None
    assert counts(importer.run(path, parse())) == (4, 2, 1, 1)


def test_the_errors_file_that_cannot_be_written_is_told_first(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="--errors"):
        desk.move(write_csv(tmp_path / "x", [said(1)]), errors=tmp_path / "no" / "where")
    assert desk.rows() == []


def test_the_source_is_never_taken_for_the_errors_file(desk: Desk, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "x", [said(1)])
    before = path.read_bytes()
    with pytest.raises(Invalid, match="another file"):
        desk.move(path, errors=path)
    assert path.read_bytes() == before
