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
    ("damage", "is_killed"),
    [
        (_delete, False),
        (_cut_off, False),
        (_fill_with_noise, False),
        (_damage_in_the_middle, False),
        # Only a killed server leaves a log behind.
        (_damage_the_log, True),
    ],
    ids=["deleted", "cut-off", "noise", "damaged-block", "damaged-log"],
)
def test_damaged_columns_are_rebuilt_from_the_rows(
    house: House, damage: Callable[[Path], None], is_killed: bool
) -> None:
    server = house.up()
    dice = random.Random(damage.__name__)
    send_all(server.port, [attempt(dice) for _ in range(10)])
    assert_all_agree(server)
    if is_killed:
        house.crash()
    else:
        assert server.stop() == 0, server.errors
    damage(house.columns)

    try:
        assert_all_agree(house.up())
    except BaseException:
        # One damage that is not mended must not hide what becomes of the next.
        house.crash()
        _delete(house.columns)
        raise
