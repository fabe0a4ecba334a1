"""kill -9 at random moments: what was acknowledged is there, once, and every number agrees."""

import random
import time
from dataclasses import replace

import pytest
from sqlalchemy import select

from tests.faults.batches import BatchLoad, assert_batches_kept, send_again
from tests.faults.books import assert_all_agree, assert_kept, assert_served
from tests.faults.house import House
from tests.faults.load import CLIENTS, Load, send_all
from tests.predictions import make
from verascope import clock
from verascope.config import Settings
from verascope.store import events
from verascope.store.database import Database
from verascope.store.tables import fold_state

pytestmark = pytest.mark.faults


def test_nothing_acknowledged_is_lost_or_doubled_by_a_kill_under_load(
    house: House, seed: int
) -> None:
    dice = random.Random(seed)
    port = house.up().port
    with Load(port, seed) as load, BatchLoad(port, seed) as sent:
        time.sleep(dice.uniform(0.05, 1.5))
        house.crash()
    if dice.random() < 0.3:
        # Killed again while it starts, perhaps in the middle of catching up.
        house.begin()
        time.sleep(dice.uniform(0.3, 1.5))
        house.crash()
    house.attempts += load.attempts
    house.batches += sent.batches
    server = house.up()
    assert_kept(server, house.attempts)
    assert_batches_kept(server, house.batches)
    assert_served(server, load.attempts)
    assert_all_agree(server)

    keyed = [one for one in load.attempts if one.key is not None]
    send_all(server.port, keyed)
    send_again(server.port, sent.batches)
    assert all(one.is_acknowledged for one in sent.batches)
    assert_kept(server, house.attempts)
    assert_batches_kept(server, house.batches)
    assert_all_agree(server)


def test_a_row_committed_just_before_a_kill_is_folded_at_the_next_start(house: House) -> None:
    """The row comes from another process, so the server hears of it at its next heartbeat only."""
    for _ in range(10):
        house.up()
        database = Database.open(Settings(home=house.home))
        now_us = clock.now_us()
        new = make(client=CLIENTS[0], client_key=CLIENTS[0], use_case="kyc")
        new = replace(new, timestamp_us=now_us, received_us=now_us)
        with database.writing() as connection:
            events.insert(connection, [new])
        house.crash()
        with database.reading() as connection:
            # No row yet: the server was killed before its first heartbeat.
            folded_seq = connection.execute(select(fold_state.c.folded_seq)).scalar() or 0
            is_unfolded = folded_seq < events.last_seq(connection)
        database.close()
        assert_all_agree(house.up())
        if is_unfolded:
            return
    pytest.fail("ten times in a row the server folded before it was killed")
