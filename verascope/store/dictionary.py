"""The dictionary of dimension keys: each key's code in the columns, its first and last prediction."""

from collections.abc import Iterable

import numpy as np
from sqlalchemy import Connection, func, select

from verascope import clock
from verascope.store import dialect
from verascope.store.slices import Slice
from verascope.store.tables import dimension_keys as table

LOOKUP = 500


def learn(connection: Connection, part: Slice) -> None:
    """Give new keys a code and widen the seen span of known ones, in the fold's transaction."""
    is_sqlite = dialect.is_sqlite(connection)
    rows: list[dialect.Row] = []
    for dimension, keys in part.keys.items():
        known = keys.index >= 0
        first = np.full(len(keys.names), 2**62)
        last = -first
        np.minimum.at(first, keys.index[known], part.at_us[known])
        np.maximum.at(last, keys.index[known], part.at_us[known])
        spans = zip(keys.names, first.tolist(), last.tolist(), strict=True)
        rows += [
            (part.tenant_id, dimension, name, _instant(start, is_sqlite), _instant(end, is_sqlite))
            for name, start, end in spans
        ]
    least, greatest = ("MIN", "MAX") if is_sqlite else ("LEAST", "GREATEST")
    if rows:
        dialect.upsert(
            connection,
            "INSERT INTO dimension_keys (tenant_id, dimension, key, first_at, last_at)",
            "ON CONFLICT (tenant_id, dimension, key) DO UPDATE SET "
            f"first_at = {least}(dimension_keys.first_at, excluded.first_at), "
            f"last_at = {greatest}(dimension_keys.last_at, excluded.last_at)",
            sorted(rows, key=lambda row: row[:3]),
        )


def _instant(us: int, is_sqlite: bool) -> object:
    return clock.to_text(us) if is_sqlite else clock.to_datetime(us).replace(tzinfo=None)


def codes(
    connection: Connection, tenant_id: int, dimension: str, names: Iterable[str]
) -> dict[str, int]:
    """The codes of those `names` that are known."""
    wanted = list(names)
    found: dict[str, int] = {}
    for start in range(0, len(wanted), LOOKUP):
        rows = connection.execute(
            select(table.c.key, table.c.code).where(
                table.c.tenant_id == tenant_id,
                table.c.dimension == dimension,
                table.c.key.in_(wanted[start : start + LOOKUP]),
            )
        )
        found.update((row.key, row.code) for row in rows)
    return found


def count(connection: Connection, tenant_id: int, dimension: str) -> int:
    """How many keys a dimension has ever had."""
    counted = select(func.count()).where(
        table.c.tenant_id == tenant_id, table.c.dimension == dimension
    )
    return int(connection.execute(counted).scalar_one())


def names(connection: Connection, tenant_id: int, codes: Iterable[int]) -> dict[int, str]:
    """The keys behind `codes`, whatever their dimension."""
    wanted = list(codes)
    found: dict[int, str] = {}
    for start in range(0, len(wanted), LOOKUP):
        rows = connection.execute(
            select(table.c.code, table.c.key).where(
                table.c.tenant_id == tenant_id, table.c.code.in_(wanted[start : start + LOOKUP])
            )
        )
        found.update((row.code, row.key) for row in rows)
    return found
