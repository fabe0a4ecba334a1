"""The columns file is disposable: lost or damaged between two runs, it is built anew and answers the same."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.books import assert_all_agree
from tests.faults.house import House
from tests.faults.load import attempt, send_all

pytestmark = pytest.mark.faults


def _delete(columns: Path) -> None:
    for path in columns.parent.glob(f"{columns.name}*"):
        path.unlink()


def _cut_off(columns: Path) -> None:
    data = columns.read_bytes()
    columns.write_bytes(data[: len(data) // 2])


def _fill_with_noise(columns: Path) -> None:
    columns.write_bytes(random.Random(1).randbytes(50_000))


def _damage_in_the_middle(columns: Path) -> None:
    data = bytearray(columns.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 4096] = random.Random(2).randbytes(4096)
    columns.write_bytes(data)


def _damage_the_log(columns: Path) -> None:
    columns.with_name(f"{columns.name}.wal").write_bytes(random.Random(3).randbytes(5_000))


@pytest.mark.parametrize(
    "damage", [_delete, _cut_off, _fill_with_noise, _damage_in_the_middle, _damage_the_log]
)
@pytest.mark.parametrize("is_killed", [False, True], ids=["stopped", "killed"])
def test_damaged_columns_are_rebuilt_from_the_rows(
    house: House, damage: Callable[[Path], None], is_killed: bool
) -> None:
    dice = random.Random(f"{damage.__name__} {is_killed}")
    server = house.up()
    send_all(server.port, [attempt(dice) for _ in range(10)])
    assert_all_agree(server)
    if is_killed:
        house.crash()
    else:
        assert server.stop() == 0, server.errors
    damage(house.columns)

    assert_all_agree(house.up())
