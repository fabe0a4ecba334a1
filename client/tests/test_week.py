"""A week without a server."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

import pytest
from client.tests.driven import Driven
from client.tests.receiver import Receiver

FAKE: dict[str, Any] = {"prediction": "fake", "confidence": 97.5}
WEEK = 7 * 24 * 12
"""Of five steps each, with one prediction in each."""
QUICK: dict[str, Any] = {"batch_events": 50, "sync_seconds": 3600, "retry_seconds": 300}

pytestmark = pytest.mark.slow


def test_a_spool_survives_a_week_of_outage_and_a_crash_in_its_middle(
    receiver: Receiver,
    drive: Callable[..., Driven],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    receiver.stop()
    first = drive(spool=tmp_path, **QUICK)
    for step in range(WEEK // 2):
        first.record(**FAKE, use_case=str(step))
        first.spend(300)
    # Dead without a word: only the system closes its files.
    first.pipeline.abandon()
    second = drive(time=first.time, spool=tmp_path, **QUICK)
    for step in range(WEEK // 2, WEEK):
        second.record(**FAKE, use_case=str(step))
        second.spend(300)
    assert second.stats.pending == WEEK
    assert first.attempts + second.attempts > WEEK
    assert len([one for one in caplog.records if one.levelname == "WARNING"]) == 2
    receiver.start()
    second.spend(300)
    assert {int(event["use_case"]) for event in receiver.events.values()} == set(range(WEEK))
    assert len(receiver.events) == WEEK
    assert receiver.duplicates == 0
    assert second.stats.delivered == WEEK
    assert receiver.dropped == {first.pipeline.sender_id: 0, second.pipeline.sender_id: 0}


def test_a_spool_too_small_for_the_week_keeps_the_newest_and_says_how_many_it_dropped(
    receiver: Receiver, drive: Callable[..., Driven], tmp_path: Path
) -> None:
    receiver.stop()
    client = drive(spool=tmp_path, spool_bytes=100_000, **QUICK)
    for step in range(WEEK):
        client.record(**FAKE, use_case=str(step))
        client.spend(300)
    assert sum(path.stat().st_size for path in tmp_path.rglob("*.seg")) <= 100_000
    receiver.start()
    client.spend(300)
    kept = sorted(int(event["use_case"]) for event in receiver.events.values())
    dropped = client.stats.dropped_by["spool"]
    assert len(kept) + dropped == WEEK
    assert len(kept) > 200
    newest = [step for step in kept if step > WEEK - 200]
    assert newest == list(range(WEEK - 199, WEEK))
    assert receiver.dropped == {client.pipeline.sender_id: dropped}
