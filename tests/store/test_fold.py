"""The fold's laws: nothing skipped, nothing twice, whatever happens between its steps."""

from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from tests.predictions import NOON, make, sequences
from tests.store.folding import CUT, fold, insert, stored_rollups, submit_to
from verascope import clock
from verascope.clock import DAY, US, Grain, Range
from verascope.records import ImageFacts, Outcome, Prediction
from verascope.store import committed as committing
from verascope.store import events, rollups, slices
from verascope.store import fold as folding
from verascope.store.columns import Columns
from verascope.store.committed import Commit, Committed
from verascope.store.database import Database
from verascope.store.tables import COUNTERS, metadata, tenants

WHOLE = (NOON // US - 30 * DAY, NOON // US + 30 * DAY)
SPAN = Range(WHOLE[0] * US, WHOLE[1] * US)
UTC = ZoneInfo("UTC")


@pytest.fixture
def columns(tmp_path: Path) -> Iterator[Columns]:
    opened = Columns(tmp_path / "columns.duckdb", 64)
    yield opened
    opened.close()


def totals(database: Database, grain: Grain = Grain.DAY, dimension: str = "all") -> dict[str, int]:
    with database.reading() as connection:
        return rollups.read(connection, 1, grain, dimension, WHOLE)[0].parts


def column_totals(database: Database, columns: Columns) -> dict[str, int]:
    with database.reading() as connection:
        return columns.read(connection, 1, SPAN, {}, tz=UTC)[0].parts


def expected(sent: list[Prediction]) -> dict[str, int]:
    """What the rows say, added up the slow way."""
    once = list({p.id: p for p in sent}.values())
    good = [p for p in once if p.success]

    def count(outcome: Outcome) -> int:
        return sum(p.outcome is outcome for p in once)

    timed = [p.inference_us for p in good if p.inference_us is not None]
    return {
        "total": len(once),
        "real": count(Outcome.REAL),
        "fake": count(Outcome.FAKE),
        "uncertain": count(Outcome.UNCERTAIN),
        "failed": count(Outcome.FAILED),
        "billable": sum(p.billable for p in once),
        "high_confidence_fakes": sum(
            p.outcome is Outcome.FAKE and (p.confidence_mpct or 0) > CUT for p in once
        ),
        "confidence_mpct": sum(p.confidence_mpct or 0 for p in good),
        "confidence_n": len(good),
        "inference_us": sum(timed),
        "inference_n": len(timed),
        "response_us": sum(p.response_us or 0 for p in good),
        "response_n": len(good),
        "revenue_micros": sum(p.price_micros for p in once if p.billable),
        "bytes": sum(p.image.file_size for p in once if p.image),
    }


def empty(database: Database) -> None:
    with database.writing() as connection:
        for table in metadata.tables.values():
            if table is not tenants:
                connection.execute(table.delete())


@pytest.mark.slow
@hypothesis_settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None
)
@given(sent=sequences(), cut_at=st.integers(0, 45))
def test_rows_rollups_and_columns_agree_for_any_sequence_of_events(
    database: Database, columns: Columns, sent: list[Prediction], cut_at: int
) -> None:
    empty(database)
    insert(database, *sent[:cut_at])
    fold(database, columns)
    insert(database, *sent[cut_at:])
    fold(database, columns)
    truth = expected(sent)
    assert (
        totals(database) == totals(database, Grain.HOUR) == totals(database, Grain.MINUTE) == truth
    )
    for dimension in ("client", "country", "model", "use_case"):
        assert totals(database, Grain.DAY, dimension) == truth
        assert totals(database, Grain.HOUR, dimension) == truth
    assert column_totals(database, columns) == truth
    assert truth["total"] == sum(truth[name] for name in ("real", "fake", "uncertain", "failed"))
    before = stored_rollups(database)
    with database.writing() as connection:
        folding.restart(connection, 1, "UTC", CUT)
    fold(database, columns)
    assert stored_rollups(database) == before
    assert column_totals(database, columns) == truth


def test_a_crash_between_commit_and_fold_loses_nothing(
    database: Database, columns: Columns
) -> None:
    insert(database, make(), make(Outcome.FAILED))
    fold(database, columns)
    insert(database, make(Outcome.FAKE))
    # The process dies here; the next one folds from the watermark.
    fold(database, columns)
    assert totals(database)["total"] == column_totals(database, columns)["total"] == 3


def test_a_crash_inside_the_fold_leaves_rollups_and_watermark_as_they_were(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert(database, make())
    fold(database)
    before = stored_rollups(database)
    insert(database, make(Outcome.FAKE))

    def killed(connection: Connection, part: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(folding.dictionary, "learn", killed)
    with pytest.raises(KeyboardInterrupt):
        fold(database)
    assert stored_rollups(database) == before
    monkeypatch.undo()
    fold(database)
    assert totals(database)["total"] == 2


def test_a_crash_between_rollups_and_columns_is_caught_up(
    database: Database, columns: Columns
) -> None:
    insert(database, make())
    fold(database, columns)
    insert(database, make(Outcome.FAKE))
    fold(database, None)
    assert column_totals(database, columns)["total"] == 1
    fold(database, columns)
    assert column_totals(database, columns) == totals(database)


def test_lost_or_damaged_columns_are_built_anew(database: Database, tmp_path: Path) -> None:
    insert(database, make(), make(Outcome.FAKE))
    path = tmp_path / "other.duckdb"
    for damage in (b"", b"not a database " * 1000):
        path.write_bytes(damage) if damage else path.unlink(missing_ok=True)
        columns = Columns(path, 64)
        fold(database, columns)
        assert column_totals(database, columns) == totals(database)
        columns.close()


def test_columns_of_another_history_are_not_mixed_in(database: Database, columns: Columns) -> None:
    insert(database, *(make() for _ in range(5)))
    fold(database, columns)
    empty(database)
    with database.writing() as connection:
        folding.restart(connection, 1, "UTC", CUT)
    insert(database, make())
    fold(database, columns)
    assert totals(database)["total"] == 1


def test_a_watermark_that_moved_meanwhile_applies_nothing(database: Database) -> None:
    insert(database, make())
    folder = folding.Folder(database, None, submit_to(database), CUT)
    stale = folder._states()[0]
    fold(database)
    before = stored_rollups(database)
    with pytest.raises(folding.Superseded):
        folder._fold_tenant(stale, 1, follow=False)
    assert stored_rollups(database) == before


def test_another_time_zone_rebuilds_the_days(database: Database, columns: Columns) -> None:
    late = clock.from_iso(
        "t", "2026-03-28T23:30:00Z"
    )  # already the 29th in Berlin, before the clocks change
    insert(database, make(timestamp_us=late))
    fold(database, columns)
    with database.writing() as connection:
        connection.execute(tenants.update().values(time_zone="Europe/Berlin"))
    insert(database, make(timestamp_us=late))
    fold(database, columns)
    berlin = clock.zone("Europe/Berlin")
    with database.reading() as connection:
        days = rollups.read(connection, 1, Grain.DAY, "all", WHOLE, by_bucket=True)
        narrow = columns.read(connection, 1, SPAN, {}, grain=Grain.DAY, tz=berlin)
    assert [(day.bucket, day.parts["total"]) for day in days] == [
        (clock.from_iso("t", "2026-03-28T23:00:00Z") // US, 2)
    ]
    assert [(group.bucket, group.parts) for group in narrow] == [
        (day.bucket, day.parts) for day in days
    ]


def test_another_cut_for_high_confidence_rebuilds_the_counts(database: Database) -> None:
    insert(database, make(Outcome.FAKE, confidence_mpct=92_000, fake_probability_mpct=92_000))
    fold(database, cut=90_000)
    assert totals(database)["high_confidence_fakes"] == 1
    fold(database, cut=95_000)
    assert totals(database)["high_confidence_fakes"] == 0


def test_exactly_at_the_cut_is_not_high_confidence(database: Database) -> None:
    insert(
        database,
        make(Outcome.FAKE, confidence_mpct=90_000, fake_probability_mpct=90_000),
        make(Outcome.FAKE, confidence_mpct=90_001, fake_probability_mpct=90_001),
    )
    fold(database)
    assert totals(database)["high_confidence_fakes"] == 1


def test_filters_and_groups_of_the_columns_match_a_scan(
    database: Database, columns: Columns
) -> None:
    insert(
        database,
        make(client_key="a", country="DE"),
        make(Outcome.FAKE, client_key="a", country="US"),
        make(Outcome.FAILED, client_key="b", country="US", error_pattern="x"),
        make(client_key="nobody's"),
    )
    fold(database, columns)
    with database.reading() as connection:
        by_country = columns.read(
            connection, 1, SPAN, {"client": ["a", "b"]}, dimensions=["country", "outcome"], tz=UTC
        )
        unknown = columns.read(connection, 1, SPAN, {"client": ["never seen"]}, tz=UTC)
        failed = columns.read(
            connection, 1, SPAN, {"outcome": ["failed"]}, dimensions=["error_pattern"], tz=UTC
        )
    assert {group.keys: group.parts["total"] for group in by_country} == {
        ("DE", "real"): 1,
        ("US", "fake"): 1,
        ("US", "failed"): 1,
    }
    assert unknown[0].parts == dict.fromkeys(COUNTERS, 0)
    assert [(group.keys, group.parts["total"]) for group in failed] == [(("x",), 1)]


def test_columns_follow_when_they_are_asked_for_and_not_at_every_heartbeat(
    database: Database, columns: Columns
) -> None:
    folder = folding.Folder(database, columns, submit_to(database), CUT)
    folder.fold_all()
    insert(database, make())
    folder.fold_all(columns=False)
    assert (totals(database)["total"], column_totals(database, columns)["total"]) == (1, 0)
    folder.fold_all(columns=True)
    assert column_totals(database, columns) == totals(database)


def test_slices_held_for_the_columns_are_joined_as_if_they_were_read_at_once(
    database: Database, columns: Columns
) -> None:
    folder = folding.Folder(database, columns, submit_to(database), CUT)
    for clients in (("a", "b"), ("b", "c"), ("d",)):
        insert(database, *(make(client=name, client_key=name) for name in clients))
        insert(database, make(Outcome.FAILED, client="b", client_key="b", error_pattern="x"))
        folder.fold_all(columns=False)
    folder.fold_all(columns=True)
    with database.reading() as connection:
        by_client = columns.read(connection, 1, SPAN, {}, dimensions=["client"], tz=UTC)
        narrow = {group.keys[0]: group.parts for group in by_client}
        wide = {
            counts.key: counts.parts
            for counts in rollups.read(connection, 1, Grain.DAY, "client", WHOLE, by_key=True)
        }
    assert narrow == wide
    assert column_totals(database, columns) == totals(database)


@given(
    instants=st.lists(
        st.integers(clock.from_text("0001-01-01 00:00:00"), 253_402_300_799_999_999), max_size=30
    )
)
def test_texts_of_many_instants_are_those_of_each(instants: list[int]) -> None:
    texts = clock.to_texts(np.array(instants, dtype=np.int64))
    assert texts == [clock.to_text(us) for us in instants]
    assert slices._at_us(tuple(texts)).tolist() == instants


def commit(database: Database, committed: Committed, *new: Prediction) -> None:
    """Insert and hand over, as the writer does."""
    with database.writing() as connection:
        before = events.last_seq(connection)
        insertions = events.insert(connection, new)
        last = events.last_seq(connection)
    pairs = zip(new, insertions, strict=True)
    stored = [one for one, insertion in pairs if insertion is events.Insertion.STORED]
    if stored:
        committed.put(Commit.of(before, last, stored))


@pytest.mark.slow
@hypothesis_settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None
)
@given(
    sent=sequences(),
    steps=st.lists(
        st.tuples(st.sampled_from(["commit", "another process", "fold"]), st.integers(1, 9)),
        max_size=12,
    ),
)
def test_what_is_handed_over_folds_as_if_it_were_read(
    database: Database,
    columns: Columns,
    sent: list[Prediction],
    steps: list[tuple[str, int]],
) -> None:
    empty(database)
    with database.writing() as connection:
        folding.restart(connection, 1, "UTC", CUT)
    committed = Committed()
    folder = folding.Folder(database, columns, submit_to(database), CUT, committed)
    left = list(sent)
    for step, n in [*steps, ("commit", len(left))]:
        part, left = (left[:n], left[n:]) if step != "fold" else ([], left)
        if step == "fold":
            folder.fold_all()
        elif step == "commit":
            commit(database, committed, *part)
        else:
            insert(database, *part)
    folder.fold_all()
    folded = stored_rollups(database)
    assert totals(database) == column_totals(database, columns) == expected(sent)
    with database.writing() as connection:
        folding.restart(connection, 1, "UTC", CUT)
    fold(database, columns)
    assert stored_rollups(database) == folded


def test_what_is_handed_over_is_not_read(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    committed = Committed()
    folder = folding.Folder(database, None, submit_to(database), CUT, committed)
    folder.fold_all()
    commit(database, committed, make(), make(Outcome.FAILED))
    commit(database, committed, make(Outcome.FAKE))
    with monkeypatch.context() as patched:
        patched.delattr(slices, "read")
        folder.fold_all()
    assert totals(database)["total"] == 3


def test_a_slice_of_predictions_is_that_of_their_rows(database: Database) -> None:
    sent = [
        make(),
        make(Outcome.FAILED),
        make(Outcome.FAKE, confidence_mpct=99_999, image=None, model_version=None),
        make(Outcome.UNCERTAIN, inference_us=0, response_us=None, billable=False),
        make(image=ImageFacts("cd" * 32, 0), timestamp_us=NOON - 1),
    ]
    insert(database, *sent)
    with database.reading() as connection:
        read = slices.read(connection, 1, 0, events.last_seq(connection), 10, CUT)
    made = slices.of(1, 0, read.upto, [slices.said(sent)], CUT)
    for name in ("at_us", "outcome", "inference_bin", "confidence_bin", "counters", "response_bin", "size_class"):  # fmt: skip
        assert getattr(made, name).tolist() == getattr(read, name).tolist(), name
    for name in slices.KEYED:
        assert made.keys[name].names == read.keys[name].names
        assert made.keys[name].index.tolist() == read.keys[name].index.tolist()
    assert made.image_format.names == read.image_format.names
    assert made.image_format.index.tolist() == read.image_format.index.tolist()


def test_other_tenants_rows_in_one_commit_are_folded_for_each(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(
            tenants.insert().values(tenant_id=2, name="other", time_zone="UTC", created_at=NOON)
        )
    committed = Committed()
    folder = folding.Folder(database, None, submit_to(database), CUT, committed)
    folder.fold_all()
    commit(database, committed, make(), make(tenant_id=2), make(tenant_id=2))
    folder.fold_all()
    with database.reading() as connection:
        sums = [
            rollups.read(connection, tenant, Grain.DAY, "all", WHOLE)[0].parts for tenant in (1, 2)
        ]
    assert [one["total"] for one in sums] == [1, 2]


def test_the_bound_of_what_is_handed_over_leaves_the_rest_to_the_table(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(committing, "LIMIT", 3)
    committed = Committed()
    folder = folding.Folder(database, None, submit_to(database), CUT, committed)
    folder.fold_all()
    for n in (2, 2, 1, 3):
        commit(database, committed, *(make() for _ in range(n)))
    assert [one.rows for one in committed.take(0, 9, 99)] == [2]
    folder.fold_all()
    assert totals(database)["total"] == 8
    assert committed.next_after(0, 99) == 99


def test_a_fold_of_an_older_state_takes_no_later_commit() -> None:
    committed = Committed()
    committed.put(Commit.of(0, 2, [make(), make()]))
    committed.put(Commit.of(2, 3, [make()]))
    committed.put(Commit.of(5, 6, [make()]))
    assert [one.upto for one in committed.take(0, 2, 99)] == [2]
    assert [one.upto for one in committed.take(0, 9, 99)] == [2, 3]
    assert committed.take(1, 9, 99) == []
    assert (committed.next_after(3, 9), committed.next_after(1, 9), committed.next_after(5, 9)) == (5, 2, 9)  # fmt: skip
