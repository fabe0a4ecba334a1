"""`/api/v1/alerts/rules`: the alert rules, changing them, and trying one on history."""

from dataclasses import replace
from typing import Any, Literal

from anyio.to_thread import run_sync
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from verascope import clock
from verascope.alerts import rule_json, rule_store, state_store
from verascope.alerts.backtest import MAX_DAYS, backtest
from verascope.alerts.defaults import SETTING_OF, defaults
from verascope.alerts.rule import Rule, Threshold
from verascope.alerts.rule_store import Known
from verascope.alerts.state import Phase
from verascope.alerts.state_store import Standing
from verascope.api.answer import answer_json
from verascope.api.deps import JsonObject, Owner, RuntimeDep
from verascope.api.errors import documented
from verascope.api.params import body_of
from verascope.errors import FieldError, Fixed, Invalid, NotFound, shown
from verascope.runtime import Runtime

router = APIRouter(prefix="/api/v1/alerts/rules", tags=["Alerts"])

PhaseName = Literal["ok", "pending", "firing", "recovering", "no-data", "error", "flapping"]
_WORST = (
    Phase.FIRING, Phase.FLAPPING, Phase.RECOVERING, Phase.ERROR, Phase.PENDING, Phase.OK, Phase.NO_DATA,
)  # fmt: skip


class Condition(BaseModel):
    """threshold: side, limit, recovery. change: side, percent, recovery_percent. seasonal: side, k, weeks.
    burn_rate: objective, factor, short_seconds, min_bad.
    """

    model_config = ConfigDict(strict=True, extra="forbid")

    kind: Literal["threshold", "change", "seasonal", "burn_rate"]
    side: Literal["above", "below"] | None = None
    limit: float | None = None
    recovery: float | None = Field(None, description="Where it is fine again; null: the limit.")
    percent: float | None = Field(None, description="Against the window before.")
    recovery_percent: float | None = None
    k: float | None = Field(None, description="Deviations from the usual of this hour of the week.")
    weeks: int | None = Field(None, description="Weeks that must be known first.")
    objective: float | None = Field(None, description="Percent of good events.")
    factor: float | None = None
    short_seconds: int | None = None
    min_bad: int | None = None


class AlertRule(BaseModel):
    """What is watched and when it is too much."""

    model_config = ConfigDict(strict=True, extra="forbid")

    name: str
    title: str = ""
    group: str = "custom"
    metric: str
    filters: dict[str, list[str]] = {}
    severity: Literal["critical", "warning", "info"]
    condition: Condition
    window_seconds: int = Field(description="A multiple of 60.")
    for_seconds: int = Field(0, description="How long it must be bad before it fires.")
    recover_seconds: int = Field(0, description="How long it must be fine before it resolves.")
    min_samples: int = 0
    no_data: Literal["keep", "fine", "bad"] = "keep"
    enabled: bool = True


class RuleState(BaseModel):
    """Of the worst subject. null where nothing is known."""

    model_config = ConfigDict(strict=True, extra="forbid")

    phase: PhaseName
    subject: str
    value: float | None
    limit: float | None
    reason: str
    since: str
    evaluated_at: str


class RuleInForce(AlertRule):
    """A rule and where it stands."""

    state: RuleState | None = Field(description="null before the first evaluation, and when off.")
    origin: Literal["default", "user", "file"]
    fixed_by: str | None = Field(description="The file or variable that fixes its limit.")
    is_edited: bool = Field(description="A default rule that was changed.")
    unit: str | None
    source: str = Field(description="Where its metric comes from: predictions, system, …")
    problem: str | None = Field(description="Why it can't be evaluated.")


class RuleList(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    rules: list[RuleInForce]


class BacktestRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    rule: AlertRule
    days: int = Field(7, ge=1, le=MAX_DAYS)


class BacktestEpisode(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    subject: str
    started_at: str
    ended_at: str | None
    peak_value: float | None


class BacktestResult(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    days: int
    evaluations: int
    step_seconds: int
    episodes: list[BacktestEpisode]
    series: list[tuple[str, float | None]]
    limit: float | None
    notifications_estimate: int = Field(description="One at the start and one at the end of each.")
    note: str


DOCUMENTED: tuple[type[BaseModel], ...] = (AlertRule, BacktestRequest)


@router.get(
    "",
    summary="The alert rules and where each stands",
    response_model=RuleList,
    responses=documented(401, 403, 421),
)
async def rules(runtime: RuntimeDep, principal: Owner) -> Response:
    """Default rules first. What a settings file fixes says so in `fixed_by`."""
    found = await run_sync(_all, runtime, principal.tenant_id)
    return answer_json({"rules": found})


@router.post(
    "",
    status_code=201,
    summary="Make a rule",
    response_model=RuleInForce,
    responses=documented(400, 401, 403, 413, 415, 421, 422, 503),
    openapi_extra=body_of(AlertRule),
)
async def create(runtime: RuntimeDep, principal: Owner, body: JsonObject) -> Response:
    rule = _parsed(runtime, body)
    known = await run_sync(_known, runtime, principal.tenant_id)
    if rule.name in known:
        raise Invalid.of("name", rule.name, "a name that no rule has; PUT changes the one there is")
    await _put(runtime, principal.tenant_id, None, rule, principal.name)
    return answer_json(await run_sync(_one, runtime, principal.tenant_id, rule.name), 201)


@router.put(
    "/{name}",
    summary="Change a rule",
    response_model=RuleInForce,
    responses=documented(400, 401, 403, 404, 409, 413, 415, 421, 422, 503),
    openapi_extra=body_of(AlertRule),
)
async def change(runtime: RuntimeDep, principal: Owner, name: str, body: JsonObject) -> Response:
    """In force at the next evaluation. A limit that the settings hold is changed there too."""
    known = (await run_sync(_known, runtime, principal.tenant_id)).get(name)
    if known is None:
        raise NotFound(f"There is no rule {shown(name)}.")
    if body.get("name", name) != name:
        raise Invalid.of("name", body["name"], f"{name}: the name of a rule stays")
    rule = _parsed(runtime, {**body, "name": name}, known)
    await _put(runtime, principal.tenant_id, known, rule, principal.name)
    return answer_json(await run_sync(_one, runtime, principal.tenant_id, name))


@router.delete(
    "/{name}",
    summary="Delete a rule, or switch a default one off",
    response_model=RuleInForce | None,
    responses=documented(401, 403, 404, 421, 503),
)
async def delete(runtime: RuntimeDep, principal: Owner, name: str) -> Response:
    """A rule of one's own is gone, and its open alert ends (204). A default one is switched off (200)."""
    known = (await run_sync(_known, runtime, principal.tenant_id)).get(name)
    if known is None:
        raise NotFound(f"There is no rule {shown(name)}.")
    if known.origin != "user":
        off = replace(known.rule, is_enabled=False)
        await _put(runtime, principal.tenant_id, known, off, principal.name)
        return answer_json(await run_sync(_one, runtime, principal.tenant_id, name))

    def job(connection: Any) -> None:
        rule_store.forget(
            connection, principal.tenant_id, known, None, principal.name, runtime.now()
        )

    await runtime.writer.run(job)
    return Response(status_code=204)


@router.post(
    "/{name}/reset",
    summary="Return a default rule to what it was",
    response_model=RuleInForce,
    responses=documented(401, 403, 404, 421, 503),
)
async def reset(runtime: RuntimeDep, principal: Owner, name: str) -> Response:
    """A limit that the settings hold keeps their value."""
    known = (await run_sync(_known, runtime, principal.tenant_id)).get(name)
    plain = {one.name: one for one in defaults(runtime.settings)}
    if known is None or name not in plain:
        raise NotFound(f"There is no default rule {shown(name)}.")

    def job(connection: Any) -> None:
        rule_store.forget(
            connection, principal.tenant_id, known, plain[name], principal.name, runtime.now()
        )

    await runtime.writer.run(job)
    return answer_json(await run_sync(_one, runtime, principal.tenant_id, name))


@router.post(
    "/backtest",
    summary="When would this rule have fired?",
    response_model=BacktestResult,
    responses=documented(400, 401, 403, 413, 415, 421, 422, 503),
    openapi_extra=body_of(BacktestRequest),
)
async def try_on_history(runtime: RuntimeDep, principal: Owner, body: JsonObject) -> Response:
    """Nothing is stored and nobody is told. `days`: 1 to 90."""
    problems = [
        FieldError(name, shown(body[name]), "known fields are rule, days")
        for name in body
        if name not in ("rule", "days")
    ]
    days, given = body.get("days", 7), body.get("rule")
    if not isinstance(days, int) or isinstance(days, bool) or not 1 <= days <= MAX_DAYS:
        problems.append(FieldError("days", shown(days), f"a whole number from 1 to {MAX_DAYS}"))
    if not isinstance(given, dict):
        problems.append(FieldError("rule", shown(given), "an object: the rule"))
    else:
        try:
            rule = rule_json.parse(given, _metrics(runtime, str(given.get("name"))))
        except Invalid as invalid:
            problems += [
                FieldError(f"rule.{one.field}", one.value, one.accepted) for one in invalid.fields
            ]
    if problems:
        raise Invalid(*problems)

    def work() -> dict[str, Any]:
        with runtime.database.reading() as connection:
            done = backtest(
                connection, principal.tenant_id, rule, days, runtime.now(),
                runtime.evaluator.sources, runtime.answers,
            )  # fmt: skip
        ended = sum(one.ended_us is not None for one in done.episodes)
        return {
            "days": done.days,
            "evaluations": done.evaluations,
            "step_seconds": done.step_seconds,
            "episodes": [
                {
                    "subject": one.subject,
                    "started_at": clock.to_iso(one.started_us),
                    "ended_at": clock.iso_or_none(one.ended_us),
                    "peak_value": one.peak,
                }
                for one in done.episodes
            ],
            "series": [[clock.to_iso(at), value] for at, value in done.series],
            "limit": done.limit,
            "notifications_estimate": len(done.episodes) + ended,
            "note": done.note,
        }

    return answer_json(await run_sync(work))


def _metrics(runtime: Runtime, name: str) -> dict[str, Any]:
    """What a rule may watch; a default one also what nothing measures yet."""
    planned = {one.name: one.metric for one in defaults(runtime.settings)}
    known: dict[str, Any] = dict(runtime.evaluator.sources.metrics)
    if name in planned and planned[name] not in known:
        known[planned[name]] = rule_store.ANY
    return known


def _parsed(runtime: Runtime, body: dict[str, Any], known: Known | None = None) -> Rule:
    rule = rule_json.parse(body, _metrics(runtime, str(body.get("name"))))
    if known is not None and known.fixed_by is not None:
        before, after = known.rule.condition, rule.condition
        is_same = isinstance(after, Threshold) and isinstance(before, Threshold)
        if not is_same or (after.limit, after.side) != (before.limit, before.side):  # type: ignore[union-attr]
            raise Fixed(
                f"The limit of {known.rule.name} is set in {known.fixed_by}; change it there."
            )
    return rule


async def _put(runtime: Runtime, tenant_id: int, known: Known | None, rule: Rule, who: str) -> None:
    """Store a rule, and the setting that holds its limit, in one transaction."""
    now_us = runtime.now()
    setting = SETTING_OF.get(rule.name)
    into_settings = None
    if setting is not None and isinstance(rule.condition, Threshold) and known is not None:
        before = known.rule.condition
        if not isinstance(before, Threshold) or before.limit != rule.condition.limit:
            into_settings = runtime.tuning.store(setting, rule.condition.limit, who, now_us)

    def job(connection: Any) -> None:
        if into_settings is not None:
            into_settings(connection)
        rule_store.put(connection, tenant_id, known, rule, who, now_us)

    await runtime.writer.run(job)
    if into_settings is not None:
        await run_sync(runtime.tuning.reload)


def _known(runtime: Runtime, tenant_id: int) -> dict[str, Known]:
    with runtime.database.reading() as connection:
        return rule_store.rules(
            connection, tenant_id, runtime.settings, runtime.evaluator.sources.metrics
        )


def _all(runtime: Runtime, tenant_id: int) -> list[dict[str, Any]]:
    with runtime.database.reading() as connection:
        known = rule_store.rules(
            connection, tenant_id, runtime.settings, runtime.evaluator.sources.metrics
        )
        standing = state_store.read(connection, tenant_id)
    worst: dict[str, Standing] = {}
    for one in standing.values():
        other = worst.get(one.rule)
        if other is None or _rank(one) < _rank(other):
            worst[one.rule] = one
    return [_shown(runtime, one, worst.get(name)) for name, one in known.items()]


def _one(runtime: Runtime, tenant_id: int, name: str) -> dict[str, Any]:
    return next(one for one in _all(runtime, tenant_id) if one["name"] == name)


def _rank(one: Standing) -> tuple[int, str]:
    return (_WORST.index(one.state.phase), one.subject)


def _shown(runtime: Runtime, known: Known, standing: Standing | None) -> dict[str, Any]:
    sources = runtime.evaluator.sources
    metric = sources.metrics.get(known.rule.metric)
    state = None
    if standing is not None and known.rule.is_enabled:
        state = {
            "phase": standing.state.phase.value,
            "subject": standing.subject,
            "value": standing.value,
            "limit": standing.limit,
            "reason": standing.state.reason,
            "since": clock.to_iso(standing.state.since_us),
            "evaluated_at": clock.to_iso(standing.evaluated_us),
        }
    return {
        **rule_json.to_json(known.rule),
        "state": state,
        "origin": known.origin,
        "fixed_by": known.fixed_by,
        "is_edited": known.is_edited,
        "unit": None if metric is None else metric.unit.value,
        "source": sources.name_of(known.rule.metric),
        "problem": known.problem,
    }
