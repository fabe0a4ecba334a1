"""`/api/v1/query`: any question about the numbers, as a value. `/api/v1/metrics`: what can be
asked.
"""

from typing import Any, Literal

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from verascope import clock
from verascope.alerts.sources import Sources
from verascope.api.answer import answer_json
from verascope.api.deps import JsonObject, Owner, RuntimeDep
from verascope.api.errors import documented
from verascope.api.params import body_of
from verascope.errors import FieldError, Invalid, shown
from verascope.metrics import DIMENSIONS, MEASURES, METRICS, VALUES
from verascope.queries import query as question

router = APIRouter(prefix="/api/v1", tags=["Questions"])

MAX_BATCH = 20

_EXAMPLE: dict[str, Any] = {
    "metrics": ["total_predictions", "success_rate"],
    "dimensions": ["client"],
    "filters": {"country": ["DE", "FR"]},
    "range": {"days": 30},
    "interval": None,
    "compare": "previous",
    "order_by": "-total_predictions",
    "limit": 10,
}


class Question(BaseModel):
    """What is asked. The server names every wrong field, with what it accepts."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": _EXAMPLE})

    metrics: list[str] = Field(description="Names from /api/v1/metrics.")
    dimensions: list[str] = Field([], max_length=question.MAX_DIMENSIONS)
    filters: dict[str, list[str]] = Field({}, description="Dimension → accepted values.")
    range: dict[str, Any] | None = Field(
        None, description="One of days, hours, minutes, start with end (ISO 8601), or all."
    )
    interval: Literal["minute", "hour", "day", "auto"] | None = None
    compare: Literal["previous", "weekdays"] | None = None
    histograms: list[Literal["inference_time", "response_time", "confidence"]] = []
    order_by: str | None = Field(
        None, description="A metric or dimension; `-` in front: descending."
    )
    limit: int = Field(question.DEFAULT_LIMIT, ge=1, le=question.MAX_LIMIT)


class AnswerRange(BaseModel):
    """Half open. unfinished: its end lies in the future."""

    model_config = ConfigDict(strict=True, extra="allow")

    start: str
    end: str
    time_zone: str
    unfinished: bool


class Bin(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    start: float = Field(alias="from")
    end: float = Field(alias="to")
    n: int


class AnswerHistogram(BaseModel):
    """Of the whole range when `group` is empty. Bins ascend without gaps; [] when nothing was measured."""

    model_config = ConfigDict(strict=True, extra="forbid")

    measure: Literal["inference_time", "response_time", "confidence"]
    unit: Literal["ms", "percent"]
    group: dict[str, str] = Field(examples=[{"model": "demo-1.1"}])
    n: int
    bins: list[Bin]


class Notice(BaseModel):
    """What the reader should know about an answer."""

    model_config = ConfigDict(strict=True, extra="forbid")

    field: str = Field(examples=["filters.client"])
    message: str


class Comparison(BaseModel):
    """The same groups in the range before."""

    model_config = ConfigDict(strict=True, extra="forbid")

    range: AnswerRange
    totals: dict[str, Any]
    rows: list[dict[str, Any]]
    groups: list[dict[str, Any]] | None
    other: dict[str, Any] | None
    histograms: list[AnswerHistogram]


class Answer(BaseModel):
    """The answer. Rows and `other` (what the limit left out) add up to the totals."""

    model_config = ConfigDict(strict=True, extra="forbid")

    range: AnswerRange
    interval: Literal["minute", "hour", "day"] | None
    source: str = Field(description="Where it was read: rollups, columns or rows.")
    totals: dict[str, Any] = Field(examples=[{"total_predictions": 12}])
    rows: list[dict[str, Any]]
    other: dict[str, Any] | None
    groups: list[dict[str, Any]] | None = Field(
        description="One row a group over the whole range, when `rows` are cut by an interval."
    )
    histograms: list[AnswerHistogram]
    notices: list[Notice]
    compare: Comparison | None


class Questions(BaseModel):
    queries: dict[str, Question] = Field(
        description=f"At most {MAX_BATCH}, by names of your choice."
    )


class AnswerBatch(BaseModel):
    """All answers belong to the same moment."""

    model_config = ConfigDict(strict=True, extra="forbid")

    results: dict[str, Answer]
    generated_at: str


class TenantInfo(BaseModel):
    """Whose numbers these are. time_zone: what days and hours are cut in."""

    model_config = ConfigDict(strict=True, extra="forbid")

    name: str
    time_zone: str


class MetricInfo(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    name: str
    label: str
    unit: Literal[
        "count", "percent", "ms", "USD", "per_hour", "per_minute", "points", "bytes", "seconds", "days",
    ]  # fmt: skip
    definition: str
    higher_is: Literal["better", "worse", "neutral"]
    source: str = Field(
        description="Questions can ask those of `predictions`; alert rules can watch all but peaks."
    )
    filters: list[str] = Field(
        description="What it can be filtered by: dimensions, or `probe` and `kind` for metrics of probes."
    )


class DimensionInfo(BaseModel):
    """values: all there are, in their order; null when the set is open."""

    model_config = ConfigDict(strict=True, extra="forbid")

    name: str
    label: str
    values: list[str] | None


class MeasureInfo(BaseModel):
    """What a histogram can be asked of."""

    model_config = ConfigDict(strict=True, extra="forbid")

    name: str
    label: str
    unit: Literal["ms", "percent"]


class Dictionary(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    tenant: TenantInfo
    metrics: list[MetricInfo]
    dimensions: list[DimensionInfo]
    histograms: list[MeasureInfo]


_PROBLEMS = documented(400, 401, 403, 413, 415, 421, 422, 503)


DOCUMENTED: tuple[type[BaseModel], ...] = (Question, Questions)
"""Bodies are read as plain objects, so that `queries.query` names their problems; these models
describe them.
"""


def _source(metric: str, sources: Sources) -> str:
    return "predictions" if metric in METRICS else sources.name_of(metric)


@router.get(
    "/metrics",
    summary="The dictionary of numbers",
    response_model=Dictionary,
    responses=documented(401, 403, 421),
)
async def metrics(principal: Owner, runtime: RuntimeDep) -> Response:
    """Every metric with its unit and definition; dashboard, exports and API all use these."""
    sources = runtime.evaluator.sources
    return answer_json(
        {
            "tenant": await run_sync(runtime.answers.tenant, principal.tenant_id),
            "metrics": [
                {
                    "name": metric.name,
                    "label": metric.label,
                    "unit": metric.unit.value,
                    "definition": metric.definition,
                    "higher_is": metric.higher_is.value,
                    "source": _source(metric.name, sources),
                    "filters": metric.filters,
                }
                for metric in {**METRICS, **sources.metrics}.values()
            ],
            "dimensions": [
                {"name": name, "label": label, "values": VALUES.get(name)}
                for name, label in DIMENSIONS.items()
            ],
            "histograms": [
                {"name": measure.name, "label": measure.label, "unit": measure.unit.value}
                for measure in MEASURES.values()
            ],
        }
    )


@router.get(
    "/query",
    summary="Ask one question in a URL",
    response_model=Answer,
    responses=_PROBLEMS,
    openapi_extra={
        "parameters": [
            {"name": name, "in": "query", "required": name == "metrics", "schema": {"type": "string"}}
            for name in (
                "metrics", "dimensions", "days", "hours", "minutes", "start", "end", "all", "interval",
                "compare", "order_by", "limit", "histograms", *DIMENSIONS,
            )
        ]
    },
)  # fmt: skip
async def query_in_url(request: Request, runtime: RuntimeDep, principal: Owner) -> Response:
    """`?metrics=a,b&dimensions=client&days=30&interval=day&client=acme`; a filter may be repeated."""
    asked = question.from_params(request.query_params.multi_items())
    return answer_json(await run_sync(runtime.answers.answer, principal.tenant_id, asked))


@router.post(
    "/query",
    summary="Ask one question",
    response_model=Answer,
    responses=_PROBLEMS,
    openapi_extra=body_of(Question),
)
async def query(runtime: RuntimeDep, principal: Owner, body: JsonObject) -> Response:
    """Unfiltered questions are read from summaries, filtered ones from columns; `source` says
    which.
    """
    asked = question.parse(body)
    return answer_json(await run_sync(runtime.answers.answer, principal.tenant_id, asked))


@router.post(
    "/query/batch",
    summary="Ask up to 20 questions about the same moment",
    response_model=AnswerBatch,
    responses=_PROBLEMS,
    openapi_extra=body_of(Questions),
)
async def query_batch(runtime: RuntimeDep, principal: Owner, body: JsonObject) -> Response:
    """One request for a page: the answers never disagree with each other."""
    asked = _batch(body)
    results = await run_sync(runtime.answers.answer_all, principal.tenant_id, asked)
    return answer_json({"results": results, "generated_at": clock.to_iso(runtime.now())})


def _batch(body: dict[str, Any]) -> dict[str, question.Query]:
    """The questions by name. Raises Invalid with the problems of all of them."""
    named = body.get("queries")
    if not isinstance(named, dict) or not 1 <= len(named) <= MAX_BATCH:
        raise Invalid.of("queries", named, f"an object of 1 to {MAX_BATCH} questions by name")
    asked = {}
    problems = [
        FieldError(name, shown(body[name]), "only queries") for name in body if name != "queries"
    ]
    for name, mapping in named.items():
        if not isinstance(mapping, dict):
            problems.append(FieldError(f"queries.{name}", shown(mapping), "an object"))
            continue
        try:
            asked[name] = question.parse(mapping)
        except Invalid as invalid:
            problems += [
                FieldError(f"queries.{name}.{one.field}", one.value, one.accepted)
                for one in invalid.fields
            ]
    if problems:
        raise Invalid(*problems)
    return asked
