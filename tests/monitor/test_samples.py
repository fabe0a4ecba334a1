"""Samples as rows, on SQLite and PostgreSQL: stored, put together with age, dropped past retention."""

import dataclasses

import pytest

from tests.predictions import NOON
from verascope.clock import US, Range
from verascope.monitor import samples
from verascope.monitor.host import Sample
from verascope.store.database import Database

HOUR = 3600 * US
DAY = 24 * HOUR


def at(timestamp_us: int, **values: float) -> Sample:
    plain = Sample(timestamp_us, 10.0, cpu_usage=20.0, network_sent_bytes=100, queue_depth=1)
    return dataclasses.replace(plain, **values)  # type: ignore[arg-type]


def stored(database: Database, *new: Sample) -> None:
    with database.writing() as connection:
        for sample in new:
            samples.store(connection, sample)


def everything(database: Database) -> list[Sample]:
    with database.reading() as connection:
        return samples.read(connection, Range(0, NOON + DAY))


def thinned(database: Database, now_us: int = NOON, retention_days: int = 400) -> int:
    with database.writing() as connection:
        return samples.thin_out(connection, now_us, retention_days)


def test_a_sample_reads_back_as_it_was_stored(database: Database) -> None:
    full = Sample(
        NOON, 10.0, 1.5, 2.5, 3.5, 4, 5, 6, 7, 8, 9, 10, 11, 12.5, 13.5, 14, 15, 16.5, 17, 18, 19.5, 20.5
    )  # fmt: skip
    stored(database, full, at(NOON - 10 * US))
    assert everything(database) == [at(NOON - 10 * US), full]
    with database.reading() as connection:
        assert samples.latest(connection) == full


def test_there_is_no_latest_sample_before_the_first(database: Database) -> None:
    with database.reading() as connection:
        assert samples.latest(connection) is None


def test_put_together_counts_add_up_peaks_stay_and_shares_are_means(database: Database) -> None:
    minute = NOON - 12 * HOUR
    stored(
        database,
        *(at(minute + n * 10 * US, cpu_usage=10.0 * n, queue_depth=n * 7) for n in range(6)),
    )
    assert thinned(database) == 5
    (one,) = everything(database)
    assert one.interval_seconds == 60
    assert one.cpu_usage == pytest.approx(25.0)
    assert one.network_sent_bytes == 600
    assert one.queue_depth == 35
    assert one.gpu_usage is None


def test_recent_samples_stay_as_they_are(database: Database) -> None:
    recent = [at(NOON - HOUR + n * 10 * US) for n in range(6)]
    stored(database, *recent)
    assert thinned(database) == 0
    assert everything(database) == recent


def test_thinning_out_twice_changes_nothing_more(database: Database) -> None:
    stored(database, *(at(NOON - 9 * DAY + n * 10 * US) for n in range(400)))
    thinned(database)
    once = everything(database)
    assert len(once) == 5
    assert sum(one.network_sent_bytes or 0 for one in once) == 40_000
    assert thinned(database) == 0
    assert everything(database) == once


def test_many_slices_are_put_together_like_one(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(samples, "SLICE", 7)
    stored(database, *(at(NOON - 12 * HOUR + n * 10 * US) for n in range(60)))
    thinned(database)
    assert [one.interval_seconds for one in everything(database)] == [60.0] * 10


def test_past_retention_samples_are_dropped(database: Database) -> None:
    stored(database, at(NOON - 31 * DAY), at(NOON - HOUR))
    assert thinned(database, retention_days=30) == 1
    assert everything(database) == [at(NOON - HOUR)]
