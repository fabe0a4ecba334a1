"""What a file is, and what is told when it can't be read."""

import gzip
import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from tests.ingest.importing.moving import (
    Desk,
    counts,
    failed,
    said,
    write_csv,
    write_jsonl,
    write_sqlite,
)
from verascope.errors import Invalid, SourceUnreadable

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

ROWS = [said(1), said(2), failed(3)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_csv_is_read_with_any_of_the_three_delimiters(
    desk: Desk, tmp_path: Path, delimiter: str, encoding: str
) -> None:
    path = write_csv(tmp_path / "export.txt", ROWS, delimiter, encoding)
    summary = desk.move(path)
    assert (summary.format, counts(summary)) == ("csv", (3, 3, 0, 0))


def test_every_format_gives_the_same_rows_under_the_same_ids(desk: Desk, tmp_path: Path) -> None:
    write_sqlite(tmp_path / "old", {"predictions": ROWS})
    write_csv(tmp_path / "a", ROWS)
    write_jsonl(tmp_path / "b", ROWS)
    (tmp_path / "c").write_bytes(gzip.compress((tmp_path / "b").read_bytes()))
    (tmp_path / "d").write_bytes(zstd.compress((tmp_path / "b").read_bytes()))
    with duckdb.connect() as other:
        other.execute(
            f"COPY (SELECT * FROM read_json('{tmp_path}/b', format='newline_delimited')) TO '{tmp_path}/e' (FORMAT parquet)"
        )
    formats = []
    for number, name in enumerate(["old", "a", "b", "c", "d", "e"]):
        summary = desk.move(tmp_path / name)
        formats.append(summary.format)
        assert counts(summary) == ((3, 3, 0, 0) if number == 0 else (3, 0, 3, 0)), name
    assert formats == ["sqlite", "csv", "jsonl", "jsonl", "jsonl", "parquet"]
    real, fake, broken = desk.rows()
    assert (real["prediction"], real["confidence"], real["file_size"]) == ("real", 93.0, 1001)
    assert (fake["success"], fake["source"], fake["client"]) == (1, "import", "anonymous")
    assert (broken["success"], broken["prediction"], broken["confidence"]) == (0, None, None)
    assert broken["error_message"] == "bad file 17"


def test_quoted_line_breaks_are_read_and_lines_are_counted_as_an_editor_does(
    desk: Desk, tmp_path: Path
) -> None:
    rows = [failed(1, error_message='two\nlines, "quoted"'), said(2, confidence="much"), said(3)]
    summary = desk.move(write_csv(tmp_path / "x.csv", rows))
    assert counts(summary) == (3, 2, 0, 1)
    (line,) = summary.tables["predictions"].first
    assert (line["index"], line["line"], line["field"]) == (1, 4, "confidence")
    assert desk.rows()[0]["error_message"] == 'two lines, "quoted"'


def test_a_wrong_encoding_names_the_byte_before_anything_is_stored(
    desk: Desk, tmp_path: Path
) -> None:
    rows = [said(number) for number in range(20_000)]
    path = write_csv(
        tmp_path / "x.csv", [*rows, failed(20_001, error_message="größer")], encoding="cp1252"
    )
    offset = path.read_bytes().index("ö".encode("cp1252"))
    with pytest.raises(Invalid, match=rf"byte 0xf6 at offset {offset}.*--encoding"):
        desk.move(path)
    assert desk.rows() == []
    assert counts(desk.move(path, encoding="cp1252"))[1] == 20_001
    assert desk.rows()[-1]["error_message"] == "größer"


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("x.csv", b"", "is empty"),
        ("x.jsonl", b"  \n", "is empty"),
        ("x.xlsx", b"PK\x03\x04rest", "save the sheet as CSV"),
        ("x.json", b' [{"id": 1}]', "JSON array"),
        ("x.bin", b"\x00\x01\x02\x03", "no text, no SQLite database and no Parquet"),
        ("x.parquet", b"PAR1 and then nothing of the kind", "not a Parquet file"),
        ("x.db", b"SQLite format 3\0 and then nothing", "damaged or not a SQLite database"),
        ("x.jsonl.gz", gzip.compress(b'{"id": 1}\n' * 5000)[:-20], "torn"),
        ("x.csv", b'timestamp,prediction\n"2026', "a quote may be missing"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_in_one_sentence(
    desk: Desk, tmp_path: Path, name: str, content: bytes, told: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(SourceUnreadable, match=told):
        desk.move(path)
    assert desk.rows() == []


def test_a_file_without_a_known_column_is_refused(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("1;2;3\n4;5;6\n")
    with pytest.raises(Invalid, match="a first line that names columns"):
        desk.move(path)


def test_json_lines_that_are_no_object_are_rejected_alone(desk: Desk, tmp_path: Path) -> None:
    lines = [json.dumps(said(1)), "", "[1]", "{broken", json.dumps(said(2))]
    path = tmp_path / "x.jsonl"
    path.write_text("\n".join(lines))
    summary = desk.move(path)
    assert counts(summary) == (4, 2, 0, 2)
    assert summary.tables["predictions"].reasons == {"malformed": 2}
    assert [one["line"] for one in summary.tables["predictions"].first] == [3, 4]


def test_a_csv_row_with_too_few_cells_is_rejected_alone(desk: Desk, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "x.csv", [said(1), said(2)])
    path.write_text(path.read_text().replace("\n", "\n1,2\n", 1))
    summary = desk.move(path)
    assert counts(summary) == (3, 2, 0, 1)
    assert "2 cells" in summary.lines(400, None)[-1]


def test_a_database_of_ours_is_refused(desk: Desk) -> None:
    assert desk.database.path is not None
    with pytest.raises(SourceUnreadable, match="needs no import"):
        desk.move(desk.database.path)


def test_a_database_without_our_tables_names_those_it_has(desk: Desk, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "x.db")) as other:
        other.execute("CREATE TABLE invoices (id)")
    with pytest.raises(SourceUnreadable, match="it has invoices"):
        desk.move(tmp_path / "x.db")


def test_zoned_and_local_times_of_parquet_are_told_apart(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "odd [name]*.parquet"
    with duckdb.connect() as other:
        for column, zoned in (
            ("a", "TIMESTAMPTZ '2026-03-01 10:00:00+02'"),
            ("b", "TIMESTAMP '2026-03-01 10:00:00'"),
        ):
            other.execute(
                f"COPY (SELECT {zoned} AS timestamp, 'real' AS prediction, 93.0::DECIMAL(5,2) AS confidence, "
                f"uuid() AS id) TO '{tmp_path}/{column}' (FORMAT parquet)"
            )
    for name in ("a", "b"):
        (tmp_path / name).rename(path)
        assert counts(desk.move(path, time_zone="Europe/Berlin")) == (1, 1, 0, 0)
    assert [row["timestamp"] for row in desk.rows()] == [
        "2026-03-01 08:00:00.000000",
        "2026-03-01 09:00:00.000000",
    ]
