"""`/metrics`: what a Prometheus server scrapes."""

from decimal import Decimal

from anyio.to_thread import run_sync
from fastapi import APIRouter
from starlette.responses import PlainTextResponse, Response

from verascope import __version__
from verascope.api.deps import Owner, RuntimeDep
from verascope.api.errors import documented
from verascope.api.health import health_of
from verascope.exporters.prometheus import CONTENT_TYPE, State, Totals
from verascope.ingest.senders import dropped_total
from verascope.queries.query import Everything, Query
from verascope.queries.run import Answers
from verascope.records import Outcome

router = APIRouter(tags=["Service"])

_ALL_TIME = Query(
    metrics=(
        *(f"{outcome.value}_predictions" for outcome in Outcome),
        "billable_predictions",
        "revenue",
    ),
    range=Everything(),
)


@router.get(
    "/metrics",
    summary="Prometheus metrics",
    response_class=PlainTextResponse,
    responses=documented(401, 403, 421, 503),
)
async def metrics(runtime: RuntimeDep, principal: Owner) -> Response:
    """The counters of predictions and revenue are the dashboard's all-time totals."""
    health = await health_of(runtime)
    state = State(
        totals=await run_sync(all_time, runtime.answers, principal.tenant_id),
        version=__version__,
        model_version=runtime.detector.version,
        commits=runtime.writer.commits,
        queue_depth=runtime.writer.depth,
        unfolded_rows=max(0, runtime.writer.last_seq - runtime.folder.folded_seq),
        fold_lag_seconds=runtime.folder.lag_seconds,
        images_inside=runtime.detection.inside,
        listeners=runtime.feed.listeners,
        uptime_seconds=health["uptime_seconds"],
        is_degraded=health["status"] != "healthy",
        dropped_by_senders=await run_sync(dropped_total, runtime.database, principal.tenant_id),
    )
    return Response(runtime.meters.exposition(state), media_type=CONTENT_TYPE)


def all_time(answers: Answers, tenant_id: int) -> Totals:
    """The tenant's totals since its first prediction."""
    totals = answers.answer(tenant_id, _ALL_TIME)["totals"]
    return Totals(
        outcomes={outcome.value: totals[f"{outcome.value}_predictions"] for outcome in Outcome},
        billable=totals["billable_predictions"],
        revenue=Decimal(totals["revenue"]),
    )
