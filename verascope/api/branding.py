"""`/api/v1/branding`: whose dashboard this is, and its colour, fitted so that text can be read."""

from typing import Any

from anyio.to_thread import run_sync
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from verascope import branding
from verascope.api.answer import answer_json
from verascope.api.deps import Owner, RuntimeDep
from verascope.api.errors import documented
from verascope.config import Branding as Defaults
from verascope.runtime import Runtime

router = APIRouter(prefix="/api/v1/branding", tags=["Settings"])


class Branding(BaseModel):
    """Colours are `#rrggbb`; texts reach 4.5:1 (WCAG AA) on what they are meant for."""

    model_config = ConfigDict(strict=True, extra="forbid")

    name: str = Field(description="branding.name, else the tenant's.")
    accent: str = Field(description="branding.accent as it was set.")
    accent_text: str = Field(description="Black or white, for text on the accent itself.")
    accent_on_light: str = Field(
        description="The accent as text in the light theme: darker where it has to be."
    )
    accent_on_dark: str = Field(
        description="The accent as text in the dark theme: lighter where it has to be."
    )
    soft_light: str = Field(description="A background on which accent_on_light can be read.")
    soft_dark: str = Field(description="A background on which accent_on_dark can be read.")
    is_default: bool = Field(description="The accent is the product's own; themes have theirs.")


@router.get(
    "",
    summary="Name and colours of this installation",
    response_model=Branding,
    responses=documented(401, 403, 421),
)
async def shown(runtime: RuntimeDep, principal: Owner) -> Response:
    """Change them with PUT /api/v1/settings/branding.name and /api/v1/settings/branding.accent."""
    return answer_json(await run_sync(branding_of, runtime, principal.tenant_id))


def branding_of(runtime: Runtime, tenant_id: int) -> dict[str, Any]:
    """The fields of `Branding`."""
    wanted = runtime.settings.branding
    found = branding.colours(wanted.accent)
    return {
        "name": wanted.name or runtime.answers.tenant(tenant_id)["name"],
        "accent": found.accent,
        "accent_text": found.text,
        "accent_on_light": found.on_light,
        "accent_on_dark": found.on_dark,
        "soft_light": found.soft_light,
        "soft_dark": found.soft_dark,
        "is_default": found.accent == Defaults().accent,
    }
