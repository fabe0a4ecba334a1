"""How a file is to be read: what the options of `verascope import` mean, checked before the file is opened."""

import codecs
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from zoneinfo import ZoneInfo

from verascope import clock
from verascope.errors import FieldError, Invalid, shown
from verascope.ingest.pipeline import name_of

PREDICTIONS = "predictions"
HISTORY: Mapping[str, tuple[str, ...]] = {
    "system_metrics": (
        "id", "timestamp", "cpu_usage", "memory_usage", "disk_usage", "disk_read_bytes", "disk_write_bytes",
        "network_sent_bytes", "network_received_bytes", "active_connections", "total_requests", "error_rate",
    ),
    "performance_benchmarks": (
        "id", "timestamp", "model_version", "avg_inference_time", "throughput_per_second", "accuracy_rate",
        "total_processed",
    ),
    "alerts": (
        "id", "timestamp", "alert_type", "severity", "message", "metric_value", "threshold_value", "resolved",
        "resolved_at",
    ),
}  # fmt: skip
EVENT_FIELDS = (
    "id", "timestamp", "prediction", "confidence", "real_probability", "fake_probability", "inference_time_ms",
    "response_time_ms", "success", "error_message", "client", "use_case", "model_version", "country", "user_ip",
    "user_agent", "file_hash", "file_size", "image_format", "image_width", "image_height", "label", "tags",
)  # fmt: skip
"""The fields of an event (see docs/api.md), which are the columns a file may have."""

COLUMNS: Mapping[str, tuple[str, ...]] = {PREDICTIONS: EVENT_FIELDS, **HISTORY}
TABLES = tuple(COLUMNS)

_TAG = re.compile(r"[a-z0-9_.-]{1,40}")


class Format(StrEnum):
    """What a file is."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"
    SQLITE = "sqlite"


class Scale(StrEnum):
    """What a probability of 1 means in the file: one percent, or certainty."""

    PERCENT = "percent"
    FRACTION = "fraction"


@dataclass(frozen=True, slots=True)
class Options:
    """How to read a file.

    scale: None means percent, with a refusal where the data look like fractions. mapping: for each table, the
    file's column for a field of ours. source: a name that keeps apart two systems whose rows are numbered alike.
    """

    time_zone: ZoneInfo
    format: Format | None = None
    scale: Scale | None = None
    client: str | None = None
    use_case: str | None = None
    model_version: str | None = None
    mapping: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    ignore_unknown: bool = False
    encoding: str = "utf-8-sig"
    source: str = ""

    def fingerprint(self) -> str:
        """Everything that changes what a row becomes."""
        mapped = sorted(
            (table, *pair) for table, pairs in self.mapping.items() for pair in pairs.items()
        )
        return repr((
            self.time_zone.key, self.format, self.scale, self.client, self.use_case, self.model_version, mapped,
            self.tags, self.ignore_unknown, self.encoding, self.source,
        ))  # fmt: skip


def parse(
    *,
    time_zone: str = "UTC",
    format_: str | None = None,
    scale: str | None = None,
    client: str | None = None,
    use_case: str | None = None,
    model_version: str | None = None,
    mapping: Iterable[str] = (),
    tags: str | None = None,
    ignore_unknown: bool = False,
    encoding: str | None = None,
    source: str = "",
) -> Options:
    """Options from their texts. Raises Invalid with every one that is wrong."""
    problems: list[FieldError] = []
    zone = clock.zone("UTC")
    try:
        zone = clock.zone(time_zone)
    except Invalid:
        accepted = "an IANA time zone such as UTC or Europe/Berlin"
        problems.append(FieldError("--timezone", shown(time_zone), accepted))
    names: dict[str, str | None] = {}
    for option, text in (("--client", client), ("--use-case", use_case)):
        try:
            names[option] = name_of(option, text)
        except Invalid as invalid:
            problems += invalid.fields
    if encoding is not None:
        try:
            codecs.lookup(encoding)
        except LookupError:
            problems.append(
                FieldError("--encoding", shown(encoding), "an encoding such as utf-8 or cp1252")
            )
    if model_version is not None and not 0 < len(model_version.strip()) <= 120:
        problems.append(FieldError("--model-version", shown(model_version), "1 to 120 characters"))
    columns = tuple(part.strip() for part in (tags or "").split(",") if part.strip())
    for column in columns:
        if not _TAG.fullmatch(tag_of(column)):
            accepted = (
                "columns whose names are letters, digits and _ . - or spaces, at most 40 long"
            )
            problems.append(FieldError("--tags", shown(column), accepted))
    mapped = _mapping(mapping, problems)
    if problems:
        raise Invalid(*problems)
    return Options(
        time_zone=zone,
        format=None if format_ is None else Format(format_),
        scale=None if scale is None else Scale(scale),
        client=names["--client"],
        use_case=names["--use-case"],
        model_version=None if model_version is None else model_version.strip(),
        mapping=mapped,
        tags=columns,
        ignore_unknown=ignore_unknown,
        encoding=encoding or "utf-8-sig",
        source=source,
    )


def tag_of(column: str) -> str:
    """The key of the tag that a column becomes."""
    return column.strip().lower().replace(" ", "_")


def _mapping(texts: Iterable[str], problems: list[FieldError]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for text in texts:
        ours, _, theirs = text.partition("=")
        table, dot, name = ours.strip().rpartition(".")
        table = table if dot else PREDICTIONS
        theirs = theirs.strip()
        if table not in COLUMNS or name not in COLUMNS[table] or not theirs:
            accepted = "OURS=THEIRS with one of our fields: " + ", ".join(EVENT_FIELDS)
            if table in HISTORY:
                accepted = f"{table}.OURS=THEIRS with one of {', '.join(HISTORY[table])}"
            problems.append(FieldError("--map", shown(text), accepted))
        elif name in found.setdefault(table, {}):
            problems.append(FieldError("--map", shown(text), f"{name} only once"))
        else:
            found[table][name] = theirs
    return found
