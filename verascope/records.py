"""The nouns: what is observed, as frozen values.

Exact by construction: confidence and probabilities are thousandths of a percent (`_mpct`), durations
microseconds (`_us`), money millionths of a US dollar (`_micros`), all integers. Rollups add them up in any
order and always reach the same sum; the store's human-readable columns are derived from them.
"""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What came of a prediction. total = real + fake + uncertain + failed, always."""

    REAL = "real"
    FAKE = "fake"
    UNCERTAIN = "uncertain"
    FAILED = "failed"


class Source(StrEnum):
    """How a prediction reached us."""

    PREDICT = "predict"
    INGEST = "ingest"
    IMPORT = "import"


class LabelOrigin(StrEnum):
    """Why a label exists. Chosen cases bias a measured accuracy, a random slice does not; sent: by the caller."""

    CHOSEN = "chosen"
    RANDOM = "random"
    SENT = "sent"


class Severity(StrEnum):
    """How soon somebody should look: at once, today, or only to know."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Label:
    """The truth about one prediction as somebody said it. outcome: real or fake, None withdraws the one before."""

    outcome: Outcome | None
    reason: str | None
    labelled_by: str | None
    at_us: int
    origin: LabelOrigin


FULL_MPCT = 100_000
"""100 percent, in thousandths of a percent."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A detector's answer about one image.

    confidence_mpct: of the likelier class, also when the outcome is uncertain.
    fake_probability_mpct: the real probability is the rest to 100 percent.
    """

    outcome: Outcome
    confidence_mpct: int
    fake_probability_mpct: int
    model_version: str


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What is kept of an image; the picture itself never is. What a sender didn't say is None.

    file_hash: SHA-256 in hex. perceptual_hash: 32 bytes, None when the image could not be decoded;
    its quality runs from 0 (featureless) to 100.
    """

    file_hash: str | None = None
    file_size: int | None = None
    image_format: str | None = None
    width: int | None = None
    height: int | None = None
    perceptual_hash: bytes | None = None
    perceptual_hash_quality: int | None = None


@dataclass(frozen=True, slots=True)
class Prediction:
    """One image submitted for analysis, whatever came of it: exactly one row.

    id: UUID text, unique per tenant. timestamp_us: when it happened; received_us: when it reached us.
    client_key: the client as the rollups name it, `(other)` past the tenant's cardinality limit.
    A failed prediction has an error_message and neither verdict nor price; every other has no error_message.
    """

    tenant_id: int
    id: str
    timestamp_us: int
    received_us: int
    client: str
    client_key: str
    use_case: str
    country: str
    source: Source
    outcome: Outcome
    confidence_mpct: int | None = None
    fake_probability_mpct: int | None = None
    inference_us: int | None = None
    response_us: int | None = None
    model_version: str | None = None
    image: ImageFacts | None = None
    user_ip: str | None = None
    user_agent: str | None = None
    error_message: str | None = None
    error_pattern: str | None = None
    billable: bool = False
    billing_rule: int = 1
    price_micros: int = 0
    label: str | None = None
    tags: str | None = None

    @property
    def success(self) -> bool:
        return self.outcome is not Outcome.FAILED
