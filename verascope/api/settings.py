"""`/api/v1/settings`: what is configured, where it came from, and changing what may change while running."""

import types
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from anyio.to_thread import run_sync
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from verascope import clock, config
from verascope.api.answer import answer_json
from verascope.api.deps import JsonObject, Owner, RuntimeDep
from verascope.api.errors import documented
from verascope.config import ABOUT, SECTIONS, Settings
from verascope.errors import FieldError, Invalid, shown
from verascope.runtime import Runtime
from verascope.store.tuning import is_live, why_not

router = APIRouter(prefix="/api/v1/settings", tags=["Settings"])

Source = Literal["default", "stored", "file", "environment"]
Kind = Literal["integer", "number", "money", "text", "choice", "list"]


class Setting(BaseModel):
    """One setting. A secret is only said to be "set" or "not set"."""

    model_config = ConfigDict(strict=True, extra="forbid")

    name: str
    description: str
    type: Kind
    unit: str | None
    value: Any
    default: Any
    source: Source
    where: str | None = Field(description="The file, relative to the home, or the variable.")
    is_fixed: bool = Field(description="A file or a variable sets it.")
    is_editable: bool = Field(description="It may be changed here now.")
    why_not: str | None = Field(description="Why not, in one sentence.")
    accepted: str | None
    choices: list[str] | None
    is_secret: bool
    updated_at: str | None
    updated_by: str | None


class SettingsSection(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    name: str
    label: str
    settings: list[Setting]


class SettingsPage(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    sections: list[SettingsSection]


class NewValue(BaseModel):
    """Money as text, so that it stays exact."""

    model_config = ConfigDict(extra="forbid")

    value: str | int | float


DOCUMENTED: tuple[type[BaseModel], ...] = (NewValue,)


@router.get(
    "",
    summary="What is configured, and where it came from",
    response_model=SettingsPage,
    responses=documented(401, 403, 421),
)
async def settings(runtime: RuntimeDep, principal: Owner) -> Response:
    """Default < stored < file < environment; the last one wins."""
    sections: dict[str, list[dict[str, Any]]] = {name: [] for name in SECTIONS}
    for name in ABOUT:
        sections[name.partition(".")[0] if "." in name else ""].append(_setting(runtime, name))
    return answer_json(
        {
            "sections": [
                {"name": name or "service", "label": SECTIONS[name], "settings": found}
                for name, found in sections.items()
            ]
        }
    )


@router.put(
    "/{name}",
    summary="Change a setting",
    response_model=Setting,
    responses=documented(400, 401, 403, 404, 409, 413, 415, 421, 422, 503),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/NewValue"}}},
        }
    },
)
async def put(runtime: RuntimeDep, principal: Owner, name: str, body: JsonObject) -> Response:
    """In force at once for what comes; what is recorded stays as it is."""
    problems = [FieldError(key, shown(body[key]), "only value") for key in body if key != "value"]
    if "value" not in body:
        problems.append(FieldError("value", "nothing", "this field is required"))
    if problems:
        raise Invalid(*problems)
    job = runtime.tuning.store(name, body["value"], principal.name, runtime.now())
    await runtime.writer.run(job)
    await run_sync(runtime.tuning.reload)
    return answer_json(_setting(runtime, name))


@router.delete(
    "/{name}",
    summary="Return a setting to its default",
    response_model=Setting,
    responses=documented(401, 403, 404, 409, 421, 503),
)
async def delete(runtime: RuntimeDep, principal: Owner, name: str) -> Response:
    await runtime.writer.run(runtime.tuning.forget(name))
    await run_sync(runtime.tuning.reload)
    return answer_json(_setting(runtime, name))


def _setting(runtime: Runtime, name: str) -> dict[str, Any]:
    in_force, about = runtime.settings, ABOUT[name]
    origin, stored = in_force.origins.get(name), runtime.tuning.stored.get(name)
    source: Source = "default"
    if origin is not None:
        source = origin.source
    elif stored is not None:
        source = "stored"
    kind, choices = _kind(name)
    obstacle = why_not(in_force, name)
    return {
        "name": name,
        "description": about.description,
        "type": kind,
        "unit": about.unit,
        "value": _shown(config.value_of(in_force, name), about.is_secret),
        "default": _shown(config.value_of(Settings(), name), about.is_secret),
        "source": source,
        "where": origin and origin.where,
        "is_fixed": origin is not None,
        "is_editable": is_live(name) and obstacle is None,
        "why_not": obstacle,
        "accepted": config.accepted(name),
        "choices": choices,
        "is_secret": about.is_secret,
        "updated_at": None if stored is None else clock.to_iso(stored.updated_us),
        "updated_by": stored and stored.updated_by,
    }


def _shown(value: Any, is_secret: bool) -> Any:
    if is_secret:
        return "set" if value else "not set"
    return str(value) if isinstance(value, Decimal | Path) else value


def _kind(name: str) -> tuple[Kind, list[str] | None]:
    declared = config.kind_of(name)
    if get_origin(declared) is Literal:
        return "choice", list(get_args(declared))
    options = get_args(declared) if isinstance(declared, types.UnionType) else (declared,)
    if get_origin(declared) is list:
        return "list", None
    kinds: dict[Any, Kind] = {int: "integer", float: "number", Decimal: "money"}
    return next((kinds[option] for option in options if option in kinds), "text"), None
