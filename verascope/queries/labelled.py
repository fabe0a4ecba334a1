"""Right and judged predictions among the labelled ones, from the index that holds nothing else.

Labels come late and change, so nothing of them is summed up beforehand.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, and_, case, func, literal_column, select

from verascope.clock import Range
from verascope.queries.rows import FIELDS, Group
from verascope.store.tables import predictions as table

Judged = tuple[int, int]
"""(right verdicts, labelled predictions with the verdict real or fake)"""

NONE: Judged = (0, 0)


def read(
    connection: Connection,
    tenant_id: int,
    parts: Sequence[Range],
    filters: Mapping[str, Sequence[str]],
    dimensions: Sequence[str],
) -> dict[tuple[int, Group], Judged]:
    """{(place of the part, group): counts}. Parts share no instant and come in order; what has no label is absent."""
    if not parts:
        return {}
    time = table.c.timestamp
    branches = [
        (and_(time >= part.start_us, time < part.end_us), place) for place, part in enumerate(parts)
    ]
    place = case(*branches).label("place")
    groups = [FIELDS[name] for name in dimensions]
    rows = connection.execute(
        select(
            place,
            *groups,
            func.sum(case((table.c.label == table.c.prediction, 1), else_=0)),
            func.count(),
        )
        .where(
            table.c.tenant_id == tenant_id,
            time >= parts[0].start_us,
            time < parts[-1].end_us,
            table.c.label.is_not(None),
            table.c.prediction.in_(("real", "fake")),
            *(FIELDS[name].in_(values) for name, values in filters.items()),
        )
        # By its name: PostgreSQL can't tell that two expressions of bound values are one.
        .group_by(literal_column("place"), *groups)
    )
    return {
        (row[0], tuple(row[1:-2])): (int(row[-2]), int(row[-1]))
        for row in rows
        if row[0] is not None
    }
