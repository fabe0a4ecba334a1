"""What routes answer that write their JSON themselves."""

from typing import Any

import msgspec
from starlette.responses import Response


def answer_json(value: Any, status: int = 200) -> Response:
    """`value` as a whole JSON answer. The response model of the route documents it and is checked by tests, not here."""
    return Response(msgspec.json.encode(value), status, media_type="application/json")
