"""SIGTERM under load: what was accepted is answered and on record, then the process ends with 0."""

import random
import time

import pytest

from tests.faults.books import (
    assert_all_agree,
    assert_kept,
    assert_refused_left_nothing,
    assert_served,
)
from tests.faults.house import House
from tests.faults.load import Load

pytestmark = pytest.mark.faults


def test_sigterm_under_load_answers_and_records_everything_accepted(house: House) -> None:
    for seed in (1, 2):
        server = house.up()
        with Load(server.port, seed) as load:
            time.sleep(random.Random(seed).uniform(0.3, 1.2))
            assert server.stop() == 0, server.errors
        assert any(one.ids for one in load.attempts)
        house.attempts += load.attempts
        assert_refused_left_nothing(server, load.attempts)
    server = house.up()
    assert_kept(server, house.attempts)
    assert_served(server, load.attempts)
    assert_all_agree(server)
