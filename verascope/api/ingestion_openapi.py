"""How the OpenAPI page describes `POST /api/v1/predictions`, a plain route that the framework doesn't look into."""

from typing import Any

import msgspec

from verascope.api.errors import documented
from verascope.api.ingestion import MAX_SENDER, Receipt, WrongEvent
from verascope.ingest.batch import MAX_BYTES, MAX_EVENTS
from verascope.ingest.event import ACCEPTED, Event

PATH = "/api/v1/predictions"
DOCUMENTED = (WrongEvent, Receipt)

EXAMPLE = {
    "id": "0199f3a2-7c1e-7d40-9a1b-2f3c4d5e6f70",
    "timestamp": "2026-11-20T09:00:00.123Z",
    "client": "acme",
    "use_case": "kyc",
    "model_version": "2026.11",
    "prediction": "fake",
    "confidence": 97.3,
    "fake_probability": 97.3,
    "inference_time_ms": 21.4,
    "country": "DE",
    "tags": {"batch": "7"},
}
FAILED_EXAMPLE = {
    "id": "0199f3a2-7c1f-7f20-8c3d-4e5f60718293",
    "timestamp": "2026-11-20T09:00:01Z",
    "client": "acme",
    "success": False,
    "error_message": "The image is truncated.",
}


def operation() -> dict[str, Any]:
    """The OpenAPI description of the batch route, which the framework doesn't see."""
    json_body = {
        "schema": {
            "oneOf": [
                {"$ref": "#/components/schemas/Event"},
                {
                    "type": "array",
                    "maxItems": MAX_EVENTS,
                    "items": {"$ref": "#/components/schemas/Event"},
                },
            ]
        },
        "examples": {
            "one": {"summary": "One event", "value": EXAMPLE},
            "several": {"summary": "An array", "value": [EXAMPLE, FAILED_EXAMPLE]},
        },
    }
    lines = "\n".join(msgspec.json.encode(one).decode() for one in (EXAMPLE, FAILED_EXAMPLE))
    line_body = {
        "schema": {"type": "string", "description": "One event a line."},
        "examples": {"lines": {"summary": "NDJSON", "value": lines}},
    }
    mixed = {
        "received": 3,
        "stored": 1,
        "duplicate": 1,
        "rejected": 1,
        "errors": [
            {
                "index": 2,
                "id": None,
                "code": "invalid",
                "retryable": False,
                "field": "confidence",
                "value": "120",
                "accepted": ACCEPTED["confidence"],
            }
        ],
    }  # fmt: skip
    headers = {
        "RateLimit-Policy": {"schema": {"type": "string"}, "example": '"events";q=6000000;w=60'},
        "RateLimit": {"schema": {"type": "string"}, "example": '"events";r=5999900;t=1'},
    }
    parameters = (
        ("Content-Encoding", "identity, gzip or zstd."),
        (
            "Verascope-Sender",
            f"Names the sending process; 1 to {MAX_SENDER} printable ASCII characters.",
        ),
        ("Verascope-Dropped", "How many events this sender has dropped since it began."),
    )
    return {
        "tags": ["Ingestion"],
        "summary": "Send predictions that were made elsewhere",
        "description": (
            f"One object, an array, or NDJSON; at most {MAX_EVENTS} events and {MAX_BYTES} bytes, unpacked. Each event is "
            "judged on its own: bad ones come back in `errors`, good ones are stored. The answer comes after the commit. "
            "An `id` is stored once for each tenant, so a batch may be sent again until it is answered."
        ),
        "operationId": "post_predictions",
        "parameters": [
            {"name": name, "in": "header", "description": text, "schema": {"type": "string"}}
            for name, text in parameters
        ],
        "requestBody": {
            "required": True,
            "content": {"application/json": json_body, "application/x-ndjson": line_body},
        },
        "responses": {
            "200": {
                "description": "The receipt, also when events were rejected.",
                "headers": headers,
                "content": {
                    "application/json": {
                        "schema": {"$ref": "#/components/schemas/Receipt"},
                        "examples": {
                            "mixed": {"value": mixed},
                            "all stored": {
                                "value": {"received": 2, "stored": 2, "duplicate": 0, "rejected": 0, "errors": []}
                            },
                        },
                    }
                },
            },
            **{
                str(status): {"description": found["description"]}
                for status, found in documented(400, 401, 403, 408, 413, 415, 421, 422, 429, 503).items()
            },
        },
    }  # fmt: skip


def event_schema() -> dict[str, Any]:
    """An event as JSON Schema, with what is accepted in words."""
    _, components = msgspec.json.schema_components(
        [Event], ref_template="#/components/schemas/{name}"
    )
    schema: dict[str, Any] = components["Event"]
    for name, one in schema["properties"].items():
        one["description"] = ACCEPTED[name]
    return schema
