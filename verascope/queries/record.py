"""One prediction as the API shows it, and the cursor that says where it stands in the order of arrival."""

import base64
import binascii
from typing import Any

import msgspec

from verascope import clock
from verascope.records import FULL_MPCT
from verascope.rules import usd
from verascope.store.events import StoredPrediction

LARGEST_SEQ = 2**63 - 1


def prediction_json(stored: StoredPrediction) -> dict[str, Any]:
    """The JSON of a prediction: percentages 0 to 100, milliseconds, exact price text, UTC times."""
    p = stored.prediction
    image = p.image
    fake = p.fake_probability_mpct
    perceptual_hash = image and image.perceptual_hash
    return {
        "id": p.id,
        "timestamp": clock.to_iso(p.timestamp_us),
        "received_at": clock.to_iso(p.received_us),
        "client": p.client,
        "country": p.country,
        "use_case": p.use_case,
        "source": p.source.value,
        "prediction": p.outcome.value if p.success else None,
        "outcome": p.outcome.value,
        "confidence": _of_thousandths(p.confidence_mpct),
        "real_probability": None if fake is None else _of_thousandths(FULL_MPCT - fake),
        "fake_probability": _of_thousandths(fake),
        "inference_time_ms": _of_thousandths(p.inference_us),
        "response_time_ms": _of_thousandths(p.response_us),
        "model_version": p.model_version,
        "file_hash": image and image.file_hash,
        "file_size": image and image.file_size,
        "image_format": image and image.image_format,
        "image_width": image and image.width,
        "image_height": image and image.height,
        "perceptual_hash": perceptual_hash.hex() if perceptual_hash else None,
        "success": p.success,
        "error_message": p.error_message,
        "error_pattern": p.error_pattern,
        "price": usd(p.price_micros),
        "billable": p.billable,
        "label": p.label,
        "tags": msgspec.json.decode(p.tags) if p.tags else {},
        "labelled_at": None
        if stored.labelled_at_us is None
        else clock.to_iso(stored.labelled_at_us),
        "labelled_by": stored.labelled_by,
        "label_reason": stored.label_reason,
        "user_agent": p.user_agent,
    }


def _of_thousandths(value: int | None) -> float | None:
    return None if value is None else value / 1000


def cursor(seq: int) -> str:
    """An opaque text for a place in the order of arrival; it names no prediction and opens nothing."""
    return base64.urlsafe_b64encode(str(seq).encode()).decode().rstrip("=")


def seq_of(text: str) -> int | None:
    """The place a cursor stands for, None when it is none of ours."""
    try:
        seq = int(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        return None
    return seq if 0 <= seq <= LARGEST_SEQ and cursor(seq) == text else None
