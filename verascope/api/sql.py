"""`/api/v1/sql`: the read-only SQL console."""

import asyncio
from contextlib import suppress
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from verascope.api.answer import answer_json
from verascope.api.deps import JsonObject, Owner, RuntimeDep
from verascope.api.errors import documented
from verascope.errors import NotFound
from verascope.queries import sql, sql_schema
from verascope.queries.gallery import GALLERY
from verascope.queries.sql import MAX_ID, Asked, SqlConsole, Table

router = APIRouter(prefix="/api/v1/sql", tags=["SQL"])

LOOK_SECONDS = 0.2
"""How often we look whether the caller is still there."""

_STRICT = ConfigDict(strict=True, extra="forbid")


class SqlQuery(BaseModel):
    """One SELECT, WITH or VALUES; `:name` in it takes its value from `parameters`."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "sql": "SELECT country, COUNT(*) FROM predictions WHERE client = :client GROUP BY 1",
                "parameters": {"client": "acme"},
            }
        },
    )

    sql: str
    parameters: dict[str, str | int | float | bool | None] = {}
    id: str | None = Field(None, max_length=MAX_ID, description="By which it can be cancelled.")


class SqlColumn(BaseModel):
    model_config = _STRICT

    name: str
    type: Literal["integer", "number", "text", "time", "boolean", "blob", "null", "mixed"]


class SqlLimits(BaseModel):
    model_config = _STRICT

    seconds: float
    rows: int


class SqlAnswer(BaseModel):
    """Integers beyond ±(2⁵³−1) come as text, bytes as hexadecimal digits."""

    model_config = _STRICT

    id: str
    columns: list[SqlColumn]
    rows: list[list[Any]]
    row_count: int
    truncated: Literal["rows", "size"] | None = Field(
        description="Which limit cut it: the number of rows, or 16 MB."
    )
    elapsed_ms: float
    limits: SqlLimits
    notes: list[str]


class SqlTableColumn(BaseModel):
    model_config = _STRICT

    name: str
    type: Literal["integer", "number", "text", "time", "blob"]
    description: str


class SqlTable(BaseModel):
    model_config = _STRICT

    name: str
    description: str
    columns: list[SqlTableColumn]


class SqlSchema(BaseModel):
    model_config = _STRICT

    database: Literal["sqlite", "postgresql"]
    limits: SqlLimits
    tables: list[SqlTable]


class SqlParameter(BaseModel):
    model_config = _STRICT

    name: str
    label: str
    type: Literal["integer", "number", "text"]
    default: str | int | float


class SqlGalleryQuery(BaseModel):
    model_config = _STRICT

    name: str
    title: str
    description: str
    sql: str
    parameters: list[SqlParameter]
    chart: Literal["bar", "line"] | None
    is_from_brief: bool


class SqlGallery(BaseModel):
    model_config = _STRICT

    queries: list[SqlGalleryQuery]


DOCUMENTED: tuple[type[BaseModel], ...] = (SqlQuery,)


@router.post(
    "",
    summary="Run one query",
    response_model=SqlAnswer,
    responses=documented(400, 401, 403, 409, 413, 415, 421, 422, 503),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/SqlQuery"}}},
        }
    },
)
async def run(
    request: Request,
    runtime: RuntimeDep,
    principal: Owner,
    body: JsonObject,
    as_: Annotated[Literal["json", "csv"], Query(alias="format")] = "json",
) -> Response:
    """Read-only, one at a time, within `limits`. It ends when the caller goes away."""
    asked = sql.asked_of(body)
    table = await _watched(request, runtime.console, principal.tenant_id, asked)
    if as_ == "csv":
        headers = {"Content-Disposition": 'attachment; filename="query.csv"'}
        if table.truncated is not None:
            headers["Verascope-Truncated"] = table.truncated
        text = await asyncio.to_thread(sql.to_csv, table)
        return Response(text, headers=headers, media_type="text/csv")
    return answer_json(
        {
            "id": asked.id,
            "columns": table.columns,
            "rows": table.rows,
            "row_count": len(table.rows),
            "truncated": table.truncated,
            "elapsed_ms": table.elapsed_ms,
            "limits": _limits(runtime.console),
            "notes": table.notes,
        }
    )


async def _watched(request: Request, console: SqlConsole, tenant_id: int, asked: Asked) -> Table:
    """The answer; a query whose caller went away is cancelled."""
    task = asyncio.create_task(asyncio.to_thread(console.run, tenant_id, asked))
    try:
        while not task.done():
            await asyncio.wait({task}, timeout=LOOK_SECONDS)
            if not task.done() and await request.is_disconnected():
                with suppress(NotFound):
                    console.cancel(tenant_id, asked.id)
    except asyncio.CancelledError:
        with suppress(NotFound):
            console.cancel(tenant_id, asked.id)
        raise
    return task.result()


@router.delete(
    "/{query_id}",
    summary="Cancel a running query",
    status_code=204,
    response_class=Response,
    responses=documented(401, 403, 404, 421),
)
async def cancel(runtime: RuntimeDep, principal: Owner, query_id: str) -> Response:
    await asyncio.to_thread(runtime.console.cancel, principal.tenant_id, query_id)
    return Response(status_code=204)


@router.get(
    "/schema",
    summary="Tables and columns that a query may read",
    response_model=SqlSchema,
    responses=documented(401, 403, 421),
)
async def schema(runtime: RuntimeDep, principal: Owner) -> Response:
    return answer_json(
        {
            "database": runtime.console.kind,
            "limits": _limits(runtime.console),
            "tables": sql_schema.tables(),
        }
    )


@router.get(
    "/gallery",
    summary="Queries to begin with",
    response_model=SqlGallery,
    responses=documented(401, 403, 421),
)
async def gallery(runtime: RuntimeDep, principal: Owner) -> Response:
    kind = runtime.console.kind
    return answer_json(
        {
            "queries": [
                {
                    "name": one.name,
                    "title": one.title,
                    "description": one.description,
                    "sql": one.sql(kind),
                    "parameters": one.parameters,
                    "chart": one.chart,
                    "is_from_brief": one.is_from_brief,
                }
                for one in GALLERY
            ]
        }
    )


def _limits(console: SqlConsole) -> dict[str, float]:
    return {"seconds": console.limits.seconds, "rows": console.limits.rows}
