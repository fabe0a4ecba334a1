"""The answer to one analysed image, as the routes that analyse images give it."""

import hashlib
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from verascope import clock
from verascope.api.errors import problem_body
from verascope.api.submission import Submitted
from verascope.detectors.detector import Explanation
from verascope.errors import Invalid
from verascope.security.principal import Principal

MAX_KEY = 200
MAX_FILENAME = 255
RETRY_DETECTOR_SECONDS = 5


class CoveredArea(BaseModel):
    """The part of the upright image that the grid covers, as fractions of its width and height."""

    model_config = ConfigDict(strict=True, extra="forbid")

    left: float
    top: float
    width: float
    height: float


class ExplanationMap(BaseModel):
    """Where in the image the verdict comes from."""

    model_config = ConfigDict(strict=True, extra="forbid")

    method: Literal["occlusion"]
    columns: int
    rows: int
    unit: Literal["percentage points of fake probability"]
    values: list[list[float]] = Field(
        description="`values[row][column]`: how much the fake probability falls when that cell is covered. Above 0 "
        "the cell speaks for fake, below for real."
    )
    area: CoveredArea


class Verdict(BaseModel):
    """What the detector says about one image. Percentages run from 0 to 100."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        protected_namespaces=(),
        json_schema_extra={
            "example": {
                "id": "01a2052d-9407-77bf-bd7f-c44ddf784c2a",
                "prediction": "fake",
                "confidence": 97.312,
                "real_probability": 2.688,
                "fake_probability": 97.312,
                "inference_time_ms": 21.4,
                "response_time_ms": 24.9,
                "filename": "portrait.jpg",
                "model_version": "0.1.0",
                "client": "acme",
                "use_case": "kyc",
                "country": "DE",
                "timestamp": "2026-01-31T09:00:00.123456Z",
                "file_hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                "file_size": 48213,
                "image_format": "JPEG",
                "image_width": 640,
                "image_height": 480,
            }
        },
    )

    id: str = Field(description="`GET /api/v1/predictions/{id}` finds it again.")
    prediction: Literal["real", "fake", "uncertain"]
    confidence: float = Field(description="Of the likelier class, in percent.")
    real_probability: float
    fake_probability: float
    inference_time_ms: float | None = Field(description="Decode and model.")
    response_time_ms: float | None = Field(description="From arrival to the hand-over to storage.")
    filename: str | None
    model_version: str | None
    client: str
    use_case: str
    country: str = Field(description="Of the address's allocation; `unknown` for private ones.")
    timestamp: str
    file_hash: str | None = Field(description="SHA-256 in hex.")
    file_size: int | None
    image_format: str | None
    image_width: int | None
    image_height: int | None
    explanation: ExplanationMap | None = Field(
        None,
        description="Only with `explain=1`; absent when the answer is a replay (the map is not stored) or the map could "
        "not be made.",
    )


def verdict_json(submitted: Submitted, filename: str | None) -> dict[str, object]:
    """The fields of `Verdict`, in its order."""
    p = submitted.prediction
    confidence, fake = p.confidence_mpct, p.fake_probability_mpct
    assert confidence is not None
    assert fake is not None
    image = p.image
    return {
        "id": p.id,
        "prediction": p.outcome.value,
        "confidence": confidence / 1000,
        "real_probability": (100_000 - fake) / 1000,
        "fake_probability": fake / 1000,
        "inference_time_ms": None if p.inference_us is None else p.inference_us / 1000,
        "response_time_ms": None if p.response_us is None else p.response_us / 1000,
        "filename": filename,
        "model_version": p.model_version,
        "client": p.client,
        "use_case": p.use_case,
        "country": p.country,
        "timestamp": clock.to_iso(p.timestamp_us),
        "file_hash": image and image.file_hash,
        "file_size": image and image.file_size,
        "image_format": image and image.image_format,
        "image_width": image and image.width,
        "image_height": image and image.height,
    }


def explanation_json(explanation: Explanation) -> dict[str, object]:
    """The fields of `ExplanationMap`."""
    area = explanation.area
    return {
        "method": explanation.method,
        "columns": len(explanation.values[0]),
        "rows": len(explanation.values),
        "unit": "percentage points of fake probability",
        "values": explanation.values,
        "area": {
            "left": area.left,
            "top": area.top,
            "width": area.width,
            "height": area.height,
        },
    }


def refusal_json(submitted: Submitted) -> dict[str, object]:
    """The problem of an image that is on record as a failed prediction."""
    p = submitted.prediction
    kind = "detector-failed" if submitted.status >= 500 else "image-refused"
    title = p.error_message or "The image was refused."
    return problem_body(submitted.status, kind, title, submitted.detail, prediction_id=p.id)


def refusal_headers(submitted: Submitted) -> dict[str, str]:
    return {"Retry-After": str(RETRY_DETECTOR_SECONDS)} if submitted.status == 503 else {}


def shown_name(filename: str | None) -> str | None:
    """A file's name as it is given back: at most `MAX_FILENAME` characters."""
    return filename and filename[:MAX_FILENAME]


def scoped(key: str, principal: Principal, part: str = "") -> str:
    """An Idempotency-Key as it is stored: hashed together with the caller it belongs to, and the
    part of the request. Raises Invalid.
    """
    if not key or len(key) > MAX_KEY or not (key.isascii() and key.isprintable()):
        raise Invalid.of("Idempotency-Key", key, f"1 to {MAX_KEY} printable ASCII characters")
    scope = f"{principal.name}\0{key}" + (f"\0{part}" if part else "")
    return hashlib.sha256(scope.encode()).hexdigest()
