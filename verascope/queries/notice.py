"""What the reader of an answer should know about it, beside its numbers."""

from sqlalchemy import Connection

from verascope.ingest.pipeline import OTHER
from verascope.queries.query import Query
from verascope.store import dictionary


def notices(connection: Connection, tenant_id: int, query: Query) -> list[dict[str, str]]:
    """[{field, message}] for filters that can't find all they name: clients counted together as `(other)`."""
    asked = query.filters.get("client", ())
    if not asked or OTHER in asked:
        return []
    known = dictionary.codes(connection, tenant_id, "client", (*asked, OTHER))
    if OTHER not in known:
        return []
    return [
        {
            "field": "filters.client",
            "message": (
                f"{name!r} has no summary of its own. Clients past recording.client_limit are counted together as "
                f"{OTHER}, so its predictions, if there are any, are missing here; the list of predictions "
                "and SQL find them by name."
            ),
        }
        for name in asked
        if name not in known
    ]
