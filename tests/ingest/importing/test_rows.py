"""What a row of another system becomes: times, scales, ids, columns, and what is refused."""

from pathlib import Path
from typing import Any

import pytest

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
from tests.predictions import NOON
from verascope import clock
from verascope.errors import Invalid


def without(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}


# --- Scale ----------------------------------------------------------------------------------------


def fraction(number: int) -> dict[str, Any]:
    return said(number, confidence=0.93, real_probability=0.93, fake_probability=0.07)


def test_fractions_are_refused_until_the_scale_is_said(desk: Desk, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "x.csv", [fraction(1), fraction(2), failed(3)])
    with pytest.raises(Invalid, match=r"--scale: no probability above 1.*--scale fraction"):
        desk.move(path)
    assert desk.rows() == []
    assert counts(desk.move(path, scale="fraction")) == (3, 3, 0, 0)
    first = desk.rows()[0]
    assert (first["confidence"], first["real_probability"], first["fake_probability"]) == (
        93.0,
        93.0,
        7.0,
    )


def test_a_fraction_among_percentages_is_rejected_and_not_guessed(
    desk: Desk, tmp_path: Path
) -> None:
    rows = [
        said(1),
        without(said(2, confidence=0.86), "real_probability", "fake_probability"),
        said(3),
    ]
    path = write_jsonl(tmp_path / "x", rows)
    summary = desk.move(path)
    assert counts(summary) == (3, 2, 0, 1)
    assert "see --scale" in summary.tables["predictions"].first[0]["accepted"]
    assert counts(desk.move(path, scale="percent"))[1:] == (1, 2, 0)


def test_a_percentage_among_fractions_is_rejected(desk: Desk, tmp_path: Path) -> None:
    summary = desk.move(write_csv(tmp_path / "x.csv", [fraction(1), said(2)]), scale="fraction")
    assert counts(summary) == (2, 1, 0, 1)
    first = summary.tables["predictions"].first[0]
    assert (first["value"], first["accepted"]) == ("'86.0'", "0 to 1, as --scale fraction says")


def test_a_decimal_comma_is_refused_by_field(desk: Desk, tmp_path: Path) -> None:
    rows = [said(1), said(2, confidence="86,0", file_size="1_000")]
    summary = desk.move(write_csv(tmp_path / "x.csv", rows, delimiter=";"))
    assert counts(summary) == (2, 1, 0, 1)
    assert summary.tables["predictions"].fields == {"confidence": 1, "file_size": 1}
    assert "decimal point" in summary.tables["predictions"].first[0]["accepted"]


# --- Time -----------------------------------------------------------------------------------------


def test_naive_times_are_read_in_the_stated_zone_and_clock_changes_are_counted(
    desk: Desk, tmp_path: Path
) -> None:
    desk.now_us = NOON + 3 * clock.DAY * clock.US
    times = [
        "2026-03-28 12:00:00",
        "2025-10-26 02:30:00",
        "2026-03-29 02:30:00",
        "2026-03-28T12:00:00+05:00",
    ]
    rows = [said(number, timestamp=text) for number, text in enumerate(times)]
    summary = desk.move(write_csv(tmp_path / "x.csv", rows), time_zone="Europe/Berlin")
    assert counts(summary) == (4, 4, 0, 0)
    assert summary.tables["predictions"].adjusted == {"dst_fold": 1, "dst_gap": 1}
    assert [row["timestamp"][:16] for row in desk.rows()] == [
        "2026-03-28 11:00",
        "2025-10-26 00:30",  # the first of the two
        "2026-03-29 01:30",  # as if the clock had not been put forward
        "2026-03-28 07:00",
    ]


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "2026-03-28", "01/02/2026 10:00", "1767225600", "9999-12-31 23:59:59+00:00"],
)
def test_what_is_no_time_is_rejected(desk: Desk, tmp_path: Path, text: str) -> None:
    summary = desk.move(write_csv(tmp_path / "x.csv", [said(1, timestamp=text), said(2)]))
    assert counts(summary) == (2, 1, 0, 1)
    assert summary.tables["predictions"].fields == {"timestamp": 1}


def test_rows_before_the_horizon_are_told_with_the_setting_that_keeps_them(
    desk: Desk, tmp_path: Path
) -> None:
    rows = [
        said(1, timestamp="2024-01-20 10:00:00"),
        said(2),
        said(3, timestamp="2026-03-29 12:00:00"),
    ]
    path = write_csv(tmp_path / "x.csv", rows)
    summary = desk.move(path)
    assert counts(summary) == (3, 1, 0, 2)
    assert summary.tables["predictions"].reasons == {"too_old": 1, "clock_skew": 1}
    text = "\n".join(summary.lines(desk.retention_days, None))
    assert "older than recording.retention_days, now 400; to keep them, raise it" in text
    assert "in the future; see --timezone: 1" in text
    desk.retention_days = 2000
    assert counts(desk.move(path)) == (3, 1, 1, 1)


# --- Identity -------------------------------------------------------------------------------------


def test_equal_rows_with_other_ids_or_none_are_separate_predictions(
    desk: Desk, tmp_path: Path
) -> None:
    twin = without(said(1), "id")
    path = write_jsonl(tmp_path / "x", [said(1), said(1, id=2), twin, twin, said(1, id=3)])
    assert counts(desk.move(path)) == (5, 5, 0, 0)
    assert len({row["id"] for row in desk.rows()}) == 5
    assert counts(desk.move(path)) == (5, 0, 5, 0)


def test_a_longer_copy_of_the_same_database_adds_only_what_is_new(
    desk: Desk, tmp_path: Path
) -> None:
    write_sqlite(tmp_path / "old.db", {"predictions": [said(1), failed(2)]})
    assert counts(desk.move(tmp_path / "old.db")) == (2, 2, 0, 0)
    (tmp_path / "old.db").rename(tmp_path / "copy.db")
    write_sqlite(tmp_path / "copy.db", {"predictions": [said(3)]})
    assert counts(desk.move(tmp_path / "copy.db")) == (3, 1, 2, 0)


def test_a_longer_copy_of_rows_without_ids_adds_only_what_is_new(
    desk: Desk, tmp_path: Path
) -> None:
    rows = [without(said(number), "id") for number in (1, 1, 2)]
    assert counts(desk.move(write_csv(tmp_path / "x", rows)))[1] == 3
    more = [*rows, without(said(1), "id"), without(said(3), "id")]
    assert counts(desk.move(write_csv(tmp_path / "x", more))) == (5, 2, 3, 0)


def test_two_systems_that_count_alike_are_kept_apart_by_a_name(desk: Desk, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "x", [said(1), said(2)])
    assert counts(desk.move(path, source="north")) == (2, 2, 0, 0)
    assert counts(desk.move(path, source="south")) == (2, 2, 0, 0)
    assert counts(desk.move(path, source="north")) == (2, 0, 2, 0)


def test_importing_with_another_zone_or_client_is_a_conflict_and_never_counts_twice(
    desk: Desk, tmp_path: Path
) -> None:
    path = write_csv(tmp_path / "x", [said(1), said(2)])
    desk.move(path)
    for options in ({"time_zone": "Europe/Berlin"}, {"client": "acme"}):
        summary = desk.move(path, **options)
        assert counts(summary) == (2, 0, 0, 2)
        assert summary.tables["predictions"].reasons == {"conflict": 2}
    assert len(desk.rows()) == 2


def test_ids_sort_by_time_and_text_ids_stay(desk: Desk, tmp_path: Path) -> None:
    own = "0198C0DE-0000-7000-8000-00000000abcd"
    rows = [said(3), said(2), said(1), said(4, id=own), said(5, id="order-17")]
    desk.move(write_jsonl(tmp_path / "x", rows))
    made = [row["id"] for row in desk.rows()][:3]
    assert made == sorted(made, reverse=True)
    assert all(one[14] == "8" for one in made)
    assert [row["id"] for row in desk.rows()][3:] == [own.lower(), "order-17"]


# --- Columns --------------------------------------------------------------------------------------


def test_unknown_columns_are_refused_by_name_with_every_way_out(desk: Desk, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "x", [{**said(1), "Score": 7, "camera": "front"}])
    with pytest.raises(Invalid) as told:
        desk.move(path)
    assert [one.field for one in told.value.fields] == ["predictions.Score", "predictions.camera"]
    assert "--ignore-unknown" in str(told.value)
    assert desk.rows() == []
    assert counts(desk.move(path, tags="camera, Score"))[1] == 1
    assert desk.rows()[0]["tags"] == '{"camera":"front","score":"7"}'
    assert (
        counts(
            desk.move(write_csv(tmp_path / "y", [{**said(2), "Score": 7}]), ignore_unknown=True)
        )[1]
        == 1
    )


def test_unknown_keys_of_json_lines_are_refused_by_name_too(desk: Desk, tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "x", [said(1), {**said(2), "camera": "front"}])
    with pytest.raises(Invalid, match=r"predictions\.camera: unknown column"):
        desk.move(path)
    late = [*(said(number) for number in range(1001)), {**said(2000), "camera": "front"}]
    summary = desk.move(write_jsonl(tmp_path / "y", late))
    assert counts(summary) == (1002, 1001, 0, 1)


def test_columns_of_other_names_are_mapped(desk: Desk, tmp_path: Path) -> None:
    other = {"Zeit": at(), "Ergebnis": "FAKE", "Sicherheit": "97.5", "Prediction": "v7"}
    path = write_csv(tmp_path / "x", [other, {**other, "Sicherheit": "x"}])
    with pytest.raises(
        Invalid, match=r"predictions\.Zeit: unknown column.*predictions\.timestamp: missing"
    ):
        desk.move(path)
    mapping = [
        "timestamp=Zeit",
        "prediction=Ergebnis",
        "confidence=Sicherheit",
        "model_version=Prediction",
    ]
    summary = desk.move(path, mapping=mapping)
    assert counts(summary) == (2, 1, 0, 1)
    assert summary.tables["predictions"].first[0]["accepted"].endswith("(column Sicherheit)")
    (row,) = desk.rows()
    assert (row["prediction"], row["confidence"], row["model_version"]) == ("fake", 97.5, "v7")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"mapping": ["confidence"]}, "--map: 'confidence' is not accepted; OURS=THEIRS"),
        ({"mapping": ["weight=x"]}, "--map"),
        ({"mapping": ["alerts.weight=x"]}, r"alerts\.OURS=THEIRS"),
        ({"mapping": ["confidence=a", "confidence=b"]}, "only once"),
        ({"mapping": ["confidence=nowhere"]}, "a column of the file: id, timestamp"),
        ({"mapping": ["alerts.message=text"]}, "a table of the file: predictions"),
        ({"tags": "nowhere"}, "--tags"),
        ({"tags": "größe"}, "--tags"),
        ({"time_zone": "Mars/Olympus"}, "--timezone: 'Mars/Olympus'"),
        ({"encoding": "klingon"}, "--encoding"),
        ({"client": "(other)"}, "--client"),
        ({"model_version": ""}, "--model-version"),
    ],
)
def test_a_wrong_option_is_named_before_anything_is_stored(
    desk: Desk, tmp_path: Path, options: dict[str, Any], told: str
) -> None:
    path = write_csv(tmp_path / "x", [said(1)])
    with pytest.raises(Invalid, match=told):
        desk.move(path, **options)
    assert desk.rows() == []


def test_names_that_the_file_does_not_give_come_from_the_options(
    desk: Desk, tmp_path: Path
) -> None:
    rows = [said(1), said(2, client="own")]
    desk.move(
        write_jsonl(tmp_path / "x", rows), client="Acme", use_case="kyc", model_version="old-1"
    )
    first, second = desk.rows()
    assert (first["client"], first["use_case"], first["model_version"]) == ("Acme", "kyc", "old-1")
    assert second["client"] == "own"


# --- Oddities -------------------------------------------------------------------------------------


def test_what_our_columns_cannot_hold_is_kept_elsewhere_and_counted(
    desk: Desk, tmp_path: Path
) -> None:
    rows = [
        said(1, file_hash="D41D8CD98F00B204E9800998ECF8427E", user_ip="testclient"),
        failed(2, error_message=None),
        failed(3, error_message="x" * 900),
        said(
            4,
            prediction=" Real ",
            confidence=100.0,
            real_probability=100,
            fake_probability=0,
            success="True",
        ),
        said(5, file_size="1234.0"),
    ]
    summary = desk.move(write_csv(tmp_path / "x", rows))
    assert counts(summary) == (5, 5, 0, 0)
    assert summary.tables["predictions"].adjusted == {
        "file_hash_kept_as_tag": 1,
        "user_ip_left_out": 1,
        "verdict_of_failed_left_out": 2,
        "reason_missing": 1,
        "reason_shortened": 1,
    }
    stored = desk.rows()
    assert stored[0]["tags"] == '{"file_hash":"d41d8cd98f00b204e9800998ecf8427e"}'
    assert stored[1]["error_message"] == "No reason was recorded."
    assert len(stored[2]["error_message"]) == 500
    assert stored[3]["prediction"] == "real"
    assert stored[4]["file_size"] == 1234


def test_what_would_change_a_number_is_refused(desk: Desk, tmp_path: Path) -> None:
    rows = [
        said(1, prediction="deepfake"),
        said(2, confidence="nan"),
        said(3, fake_probability=90.0, real_probability=90.0),
        said(4, inference_time_ms=-1),
        said(5, success="perhaps"),
        said(6, error_message="but it succeeded"),
        said(7, file_hash="no hash at all"),
    ]
    summary = desk.move(write_csv(tmp_path / "x", rows))
    assert counts(summary) == (7, 0, 0, 7)
    assert summary.tables["predictions"].reasons == {"invalid": 7}
