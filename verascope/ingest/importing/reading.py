"""From a row of another system to an event, and from there to a prediction: small named steps.

What our columns can't hold but the row can do without is kept elsewhere or left out, and counted as adjusted; what
would change a number is refused.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import msgspec

from verascope.errors import FieldError, Invalid, shown
from verascope.ingest import event as events
from verascope.ingest import geo
from verascope.ingest.event import Context, Rejected
from verascope.ingest.importing import identity, moment
from verascope.ingest.importing.header import Header, unknown
from verascope.ingest.importing.options import EVENT_FIELDS, PREDICTIONS, Options, Scale
from verascope.ingest.importing.row import Row
from verascope.records import Prediction

PROBABILITIES = ("confidence", "real_probability", "fake_probability")
VERDICT = ("prediction", *PROBABILITIES)
WHOLE = ("file_size", "image_width", "image_height")
NUMBERS = (*PROBABILITIES, "inference_time_ms", "response_time_ms", *WHOLE)
MESSAGE_LIMIT = 500
NO_REASON = "No reason was recorded."
HEAD_ROWS = 1_000
_ORDER = {name: position for position, name in enumerate(EVENT_FIELDS)}

_NO, _YES = frozenset({"0", "false", "0.0"}), frozenset({"1", "true", "1.0"})
_HASH = re.compile(r"[0-9A-Fa-f]{8,128}")


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that is not stored. code: `invalid`, `too_old`, `clock_skew`, `conflict` or `malformed`."""

    code: str
    errors: tuple[FieldError, ...]
    id: str | None = None


@dataclass(slots=True)
class Draft:
    """A row on its way. event: what it says in our words. errors: what is wrong with it already, by field."""

    raw: dict[str, object]
    event: dict[str, object]
    errors: dict[str, FieldError] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    wall_us: int = 0


class PredictionReading:
    """Reads the rows of one file, in order: rows without an id are told apart by how many came before."""

    def __init__(self, header: Header, options: Options) -> None:
        self._header = header
        self._options = options
        self._repetitions = identity.Repetitions()

    def read(self, row: Row, context: Context) -> tuple[Prediction | Refused, list[str]]:
        """The prediction, or why there is none; and what was adjusted."""
        if row.broken is not None:
            return Refused(row.broken.code, (row.broken.error,)), []
        draft = self._draft(row)
        for step in (_put_numbers, _put_success, _put_failure, _put_oddities):
            step(draft)
        self._put_scale(draft)
        self._put_time(draft)
        self._put_defaults(draft, row)
        self._put_id(draft)
        found = _judged(draft.event, context)
        shown_id = draft.raw.get("id")
        named = None if shown_id is None else str(shown_id)
        if isinstance(found, Rejected):
            errors = {error.field: error for error in found.errors} | draft.errors
            code = "invalid" if draft.errors else found.code.value
            return Refused(code, _in_order(errors), named), []
        if draft.errors:
            return Refused("invalid", _in_order(draft.errors), named), []
        return found, draft.notes

    def skip(self, row: Row) -> None:
        """Pass over a row that was stored before, as far as later ones depend on it."""
        if row.broken is None:
            draft = self._draft(row)
            if draft.raw.get("id") is None:
                self._put_time(draft)
                self._put_id(draft)

    def check_head(self, rows: Iterable[Row]) -> None:
        """Raises Invalid when the first rows say that the file is read in a wrong way."""
        drafts = [self._draft(row) for row in rows if row.broken is None]
        strange = {name: error for draft in drafts for name, error in draft.errors.items()}
        if strange:
            raise Invalid(*strange.values())
        if self._options.scale is not None:
            return
        given = []
        for draft in drafts:
            for step in (_put_numbers, _put_success, _put_failure):
                step(draft)
            values = _probabilities(draft)
            if values:
                given.append(max(values))
        if given and max(given) <= 1 and any(given):
            raise Invalid(
                FieldError(
                    "--scale",
                    f"no probability above 1 in the first {len(given):,} rows that have one",
                    "--scale fraction where 1 means certain, --scale percent where it means one percent",
                )
            )

    def _draft(self, row: Row) -> Draft:
        raw: dict[str, object] = {}
        errors: dict[str, FieldError] = {}
        fields, tags = self._header.fields, self._header.tags
        for name, value in row.values.items():
            ours = fields.get(name)
            if ours is not None:
                if value is not None and value != "":
                    raw[ours] = value
            elif name not in tags and not self._options.ignore_unknown:
                errors[name] = unknown(PREDICTIONS, name)
        return Draft(raw, dict(raw), errors)

    def _put_scale(self, draft: Draft) -> None:
        """Percent, whatever the file counts in."""
        values = _probabilities(draft)
        match self._options.scale:
            case Scale.PERCENT:
                return
            case None:
                if values and 0 < max(values) <= 1:
                    name = next(name for name in PROBABILITIES if name in draft.event)
                    accepted = "percent; this looks like a fraction, see --scale"
                    draft.errors[name] = FieldError(name, shown(draft.raw[name]), accepted)
            case Scale.FRACTION:
                for name in PROBABILITIES:
                    value = draft.event.get(name)
                    if isinstance(value, int | float) and not isinstance(value, bool):
                        draft.event[name] = round(value * 100, 6)
                        if not 0 <= value <= 1:
                            accepted = "0 to 1, as --scale fraction says"
                            draft.errors[name] = FieldError(name, shown(draft.raw[name]), accepted)

    def _put_time(self, draft: Draft) -> None:
        value = draft.raw.get("timestamp")
        if value is None:
            draft.errors["timestamp"] = FieldError("timestamp", "missing", moment.ACCEPTED)
            return
        found = moment.read("timestamp", value, self._options.time_zone)
        if isinstance(found, FieldError):
            draft.errors["timestamp"] = found
            draft.event["timestamp"] = str(value)
            return
        draft.wall_us = found.wall_us
        draft.event["timestamp"] = moment.iso(found.utc_us)
        if found.note is not None:
            draft.notes.append(found.note)

    def _put_defaults(self, draft: Draft, row: Row) -> None:
        options, event = self._options, draft.event
        for name, value in (
            ("client", options.client),
            ("use_case", options.use_case),
            ("model_version", options.model_version),
        ):
            if value is not None:
                event.setdefault(name, value)
        tags = {
            tag: str(row.values[name])
            for name, tag in self._header.tags.items()
            if row.values.get(name) not in (None, "")
        }
        if isinstance(event.get("tags"), str):
            event["tags"] = _object(str(event["tags"]))
        if tags and isinstance(event.get("tags", {}), dict):
            event["tags"] = {**event.get("tags", {}), **tags}  # type: ignore[dict-item]

    def _put_id(self, draft: Draft) -> None:
        """See `identity`."""
        given = draft.raw.get("id")
        number = identity.number_of(given)
        name = self._options.source
        if number is not None:
            digest = str(draft.raw.get("file_hash", "")).lower()
            parts: list[object] = [name, PREDICTIONS, number, draft.wall_us, digest]
        elif given is None:
            said = sorted(
                (key, str(value)) for key, value in draft.raw.items() if key != "timestamp"
            )
            parts = [name, PREDICTIONS, "", draft.wall_us, *said]
            parts.append(self._repetitions.before(parts))
        else:
            draft.event["id"] = str(given)
            return
        draft.event["id"] = identity.uuid_of(draft.wall_us, parts)


def _judged(event: Mapping[str, object], context: Context) -> Prediction | Rejected:
    """The quick way for the many events whose types are right; what fails is looked at field by field."""
    try:
        return events.accept_typed(msgspec.convert(event, events.Event), context)
    except (msgspec.ValidationError, OverflowError):
        return events.accept(event, context)


def _in_order(errors: Mapping[str, FieldError]) -> tuple[FieldError, ...]:
    """As the fields stand in the documents; what is no field of ours last."""
    return tuple(sorted(errors.values(), key=lambda error: _ORDER.get(error.field, len(_ORDER))))


def _probabilities(draft: Draft) -> list[float]:
    values = [draft.event.get(name) for name in PROBABILITIES]
    return [
        value for value in values if isinstance(value, int | float) and not isinstance(value, bool)
    ]


def _put_numbers(draft: Draft) -> None:
    for name in NUMBERS:
        value = draft.event.get(name)
        if isinstance(value, str):
            number = number_in(value)
            if number is None:
                accepted = "a number with a decimal point, such as 97.3"
                draft.errors[name] = FieldError(name, shown(value), accepted)
                continue
            draft.event[name] = value = number
        if name in WHOLE and isinstance(value, float) and value.is_integer():
            draft.event[name] = int(value)


def number_in(text: str) -> int | float | None:
    """The number a text holds; not `1_000`, not `0,97`, not digits of other scripts. NaN and Infinity are numbers here."""
    text = text.strip()
    if not text.isascii() or "_" in text:
        return None
    try:
        return int(text) if text.isdigit() else float(text)
    except ValueError:
        return None


def _put_success(draft: Draft) -> None:
    event = draft.event
    if isinstance(event.get("prediction"), str):
        event["prediction"] = str(event["prediction"]).strip().lower()
    if isinstance(event.get("label"), str):
        event["label"] = str(event["label"]).strip().lower()
    success = str(event.get("success", "")).strip().lower()
    if success in _NO:
        event["success"] = False
    elif success in _YES:
        event["success"] = True


def _put_failure(draft: Draft) -> None:
    """A failed prediction has a reason and no verdict, whatever was written beside it."""
    event = draft.event
    is_failed = event.get("success") is False or (
        "success" not in event and "error_message" in event
    )
    if not is_failed:
        return
    left_out = [event.pop(name) for name in VERDICT if name in event]
    for name in VERDICT:
        draft.errors.pop(name, None)
    if left_out:
        draft.notes.append("verdict_of_failed_left_out")
    message = event.get("error_message")
    if message is None:
        event["error_message"] = NO_REASON
        draft.notes.append("reason_missing")
    elif isinstance(message, str) and len(message) > MESSAGE_LIMIT:
        event["error_message"] = message[:MESSAGE_LIMIT]
        draft.notes.append("reason_shortened")


def _put_oddities(draft: Draft) -> None:
    """Hashes of another kind become a tag, what is no address is left out."""
    event = draft.event
    digest = event.get("file_hash")
    if isinstance(digest, str) and len(digest) != 64 and _HASH.fullmatch(digest):
        del event["file_hash"]
        tags = event.get("tags") or {}
        if isinstance(tags, str):
            tags = _object(tags)
        if isinstance(tags, Mapping):
            event["tags"] = {**tags, "file_hash": digest.lower()}
        draft.notes.append("file_hash_kept_as_tag")
    address = event.get("user_ip")
    if address is not None and not (isinstance(address, str) and geo.is_address(address)):
        del event["user_ip"]
        draft.notes.append("user_ip_left_out")


def _object(text: str) -> object:
    """The JSON a text holds, or the text itself, which is refused later."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def renamed(refused: Refused, header: Header) -> Refused:
    """With the file's own names for what is wrong, where they differ from ours."""
    errors = []
    for error in refused.errors:
        theirs = header.column(error.field)
        accepted = error.accepted if theirs is None else f"{error.accepted} (column {theirs})"
        errors.append(replace(error, accepted=accepted))
    return replace(refused, errors=tuple(errors))
