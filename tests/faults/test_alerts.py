"""kill -9 between an alert's state and its delivery: everybody hears of it, and by its dedup key it is one alert."""

import json
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from tests.alerting import RULE, add_rule, prepare
from tests.conftest import Server
from tests.faults.house import House
from tests.notifications.receiver import receiver

pytestmark = pytest.mark.faults

WAIT_SECONDS = 120
Pager = list[tuple[str, dict[str, str], bytes]]


@pytest.fixture(scope="module")
def pager() -> Iterator[tuple[int, Pager]]:
    """A receiver of PagerDuty events that takes its time, so that some are accepted by it and by nobody recorded."""

    def accept(one: Any) -> None:
        time.sleep(0.2)
        one.respond(202, b'{"status": "success", "message": "Event processed"}')

    with receiver(accept) as (port, asked):
        yield port, asked


@pytest.fixture(scope="module")
def alarmed(
    tmp_path_factory: pytest.TempPathFactory,
    environ: Callable[..., dict[str, str]],
    pager: tuple[int, Pager],
) -> Iterator[House]:
    home = tmp_path_factory.mktemp("alarmed")
    prepare(home)
    told = partial(
        environ,
        alerts_pagerduty_routing_key="r" * 32,
        alerts_pagerduty_base_url=f"http://127.0.0.1:{pager[0]}",
        alerts_allow_private_webhooks="true",
    )
    built = House(home, told)
    yield built
    built.crash()


def until(happened: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + WAIT_SECONDS
    while not (found := happened()):
        assert time.monotonic() < deadline, what
        time.sleep(0.02)
    return found


def triggers(asked: Pager) -> list[dict[str, Any]]:
    events = [json.loads(body) for _, _, body in list(asked)]
    return [one for one in events if one["event_action"] == "trigger"]


def heard(asked: Pager, title: str) -> list[str]:
    """The dedup keys under which the pager heard of an alert."""
    return [one["dedup_key"] for one in triggers(asked) if title in json.dumps(one)]


def one_row(server: Server, sql: str, *values: object) -> Any:
    rows = server.rows(sql, *values)
    return rows[0] if rows else None


def test_an_alert_is_delivered_and_shown_once_however_the_server_dies(
    alarmed: House, pager: tuple[int, Pager], seed: int
) -> None:
    dice = random.Random(seed)
    title = f"Images fail in round {seed:04d}"
    name = f"failing_{seed:04d}"
    server = alarmed.up()
    server.predict(b"not an image")
    add_rule(alarmed.home, replace(RULE, name=name, title=title))
    at_state = "SELECT seq FROM alert_transitions WHERE rule = ? AND to_phase = 'firing'"
    at_outbox = "SELECT seq FROM notification_log WHERE rule = ? AND decision = 'sent'"
    chosen = at_state if dice.random() < 0.5 else at_outbox
    until(lambda: one_row(server, chosen, name), "the alert never fired")
    time.sleep(dice.choice((0.0, dice.uniform(0, 0.3), dice.uniform(0, 3))))
    alarmed.crash()
    if dice.random() < 0.3:
        # Killed again while it starts, perhaps between claiming and sending.
        alarmed.begin()
        time.sleep(dice.uniform(0.3, 4))
        alarmed.crash()
    server = alarmed.up()
    delivered = "SELECT state FROM deliveries WHERE moment = 'trigger' AND title = ?"
    until(
        lambda: (row := one_row(server, delivered, title)) and row["state"] == "delivered",
        "the alert was never delivered",
    )
    assert len(set(heard(pager[1], title))) == 1
    assert len(server.rows(delivered, title)) == 1
    episodes = server.rows("SELECT alert_id, notified FROM alert_episodes WHERE rule = ?", name)
    assert [row["notified"] for row in episodes] == [1]
    told = server.rows(at_outbox, name)
    assert len(told) == 1
    incidents = server.rows("SELECT 1 FROM incidents WHERE alert_id = ?", episodes[0]["alert_id"])
    assert len(incidents) == 1
