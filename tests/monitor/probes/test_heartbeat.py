"""Heartbeats with a clock of their own. Pure."""

from typing import Any

from verascope.clock import HOUR, MINUTE, US
from verascope.monitor.probes.heartbeat import is_of, judge, named, token
from verascope.monitor.probes.probe import Probe
from verascope.monitor.probes.settings import read

KEY = b"k" * 32
BORN = 1_000_000 * US


def beating(name: str = "nightly", born_us: int = BORN, **body: Any) -> Probe:
    settings = {"grace_seconds": 5 * MINUTE}
    return read(
        {"name": name, "kind": "heartbeat", "interval_seconds": HOUR, "settings": settings, **body},
        born_us,
    )


def said(
    beat_seconds: float | None, now_seconds: float, listening_seconds: float = 0
) -> float | str:
    """Seconds late as judged, or "nothing"; all times since the probe was made."""
    beat_us = None if beat_seconds is None else BORN + round(beat_seconds * US)
    found = judge(
        beating(), beat_us, BORN + round(listening_seconds * US), BORN + round(now_seconds * US)
    )
    if found is None:
        return "nothing"
    assert found.ok is (found.late_seconds == 0)
    return found.late_seconds or 0.0


def test_a_beat_in_time_is_ok_until_interval_and_grace_are_over() -> None:
    assert said(0, HOUR) == 0
    assert said(0, HOUR + 5 * MINUTE) == 0
    assert said(0, HOUR + 5 * MINUTE + 1) == 1
    assert said(0, 2 * HOUR) == 55 * MINUTE


def test_before_the_first_beat_nothing_is_said_until_it_is_late() -> None:
    assert said(None, HOUR) == "nothing"
    assert said(None, HOUR + 6 * MINUTE) == MINUTE


def test_while_we_were_down_nobody_could_call() -> None:
    down_for = 10 * HOUR
    assert said(0, down_for + 60, listening_seconds=down_for) == "nothing"
    assert said(0, down_for + HOUR + 6 * MINUTE, listening_seconds=down_for) == down_for + MINUTE


def test_a_restart_does_not_hide_a_beat_that_came_after_it() -> None:
    assert said(2 * HOUR, 2 * HOUR + 60, listening_seconds=HOUR) == 0


def test_the_reason_says_since_when_and_what_was_expected() -> None:
    found = judge(beating(), BORN, BORN, BORN + 2 * HOUR * US)
    assert found is not None
    assert found.reason == (
        "The last beat came 7200 seconds ago; every 3600 seconds one is expected, 300 more are allowed."
    )


def test_a_token_opens_its_own_probe_only() -> None:
    one, other = beating(), beating("other")
    text = token(KEY, 1, one)
    assert named(text) == (1, "nightly")
    assert is_of(text, KEY, 1, one)
    assert not is_of(text, KEY, 1, other)
    assert not is_of(text, KEY, 2, one)
    assert not is_of(text, b"x" * 32, 1, one)
    assert not is_of(text[:-1] + ("A" if text[-1] != "A" else "B"), KEY, 1, one)


def test_a_probe_made_again_has_another_token() -> None:
    assert token(KEY, 1, beating()) != token(KEY, 1, beating(born_us=BORN + 1))


def test_what_is_no_token_names_nothing() -> None:
    for text in ("", ".", "x", "äöü", "a.b.c", "//.x", "MTp.", "\udcff"):
        assert named(text) is None or not is_of("x", KEY, 1, beating())
