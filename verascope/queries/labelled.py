"""Right and judged predictions among the labelled ones, from the index that holds nothing else.

Labels come late and change, so nothing of them is summed up beforehand.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from sqlalchemy import Connection, TextClause, bindparam, case, func, literal_column, select, text

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
    groups = [FIELDS[name] for name in dimensions]
    rows = connection.execute(
        select(
            _place(len(parts)),
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
        .group_by(literal_column("place"), *groups),
        {
            name: edge
            for place, part in enumerate(parts)
            for name, edge in ((f"from_{place}", part.start_us), (f"until_{place}", part.end_us))
        },
    )
    return {
        (row[0], tuple(row[1:-2])): (int(row[-2]), int(row[-1]))
        for row in rows
        if row[0] is not None
    }


@lru_cache(maxsize=8)  # of ten thousand parts each takes megabytes
def _place(n: int) -> TextClause:
    """In which of `n` parts a prediction lies. As text: building it of a hundred parts takes ten times what it answers."""
    branches = (
        f"WHEN predictions.timestamp < :until_{place} "
        f"THEN CASE WHEN predictions.timestamp >= :from_{place} THEN {place} END"
        for place in range(n)
    )
    edges = (f"{edge}_{place}" for place in range(n) for edge in ("from", "until"))
    of_type = table.c.timestamp.type
    return text(f"CASE {' '.join(branches)} END AS place").bindparams(
        *(bindparam(name, type_=of_type) for name in edges)
    )
