"""Rows of `system_metrics`, `performance_benchmarks` and `alerts` of the brief's shape."""

import math

from sqlalchemy import Float, Table, Text

from verascope import clock
from verascope.errors import FieldError, shown
from verascope.ingest.event import Context
from verascope.ingest.importing import identity, moment
from verascope.ingest.importing.header import REQUIRED, Header
from verascope.ingest.importing.options import Options
from verascope.ingest.importing.reading import Refused, number_in
from verascope.ingest.importing.row import Row
from verascope.store.imports import MOVED

TEXT_LIMIT = 2_000
AHEAD_US = 5 * clock.MINUTE * clock.US
_INT64 = 2**63
_YES, _NO = ("1", "true", "1.0"), ("0", "false", "0.0", "")


class HistoryReading:
    """Reads the rows of one table, in order, into values for `store.imports.put`."""

    def __init__(self, header: Header, options: Options) -> None:
        self._header = header
        self._options = options
        self._table: Table = MOVED[header.table]
        self._required = REQUIRED.get(header.table, ("timestamp",))
        self._repetitions = identity.Repetitions()

    def read(self, row: Row, context: Context) -> tuple[dict[str, object] | Refused, list[str]]:
        """The values with their `import_key`, or why there are none; and what was adjusted."""
        raw = self._raw(row)
        given = raw.get("id")
        named = None if given is None else str(given)
        values: dict[str, object] = {}
        errors: list[FieldError] = []
        notes: list[str] = []
        for name, value in raw.items():
            if name == "id":
                continue
            found = self._value(name, value, notes)
            if isinstance(found, FieldError):
                errors.append(found)
            else:
                values[name] = found
        errors += [
            FieldError(name, "missing", "a value")
            for name in self._required
            if raw.get(name) is None
        ]
        if errors:
            return Refused("invalid", tuple(errors), named), []
        at = values["timestamp"]
        assert isinstance(at, int)
        if at < context.oldest_us:
            oldest = clock.to_iso(context.oldest_us)
            wrong = FieldError("timestamp", shown(raw["timestamp"]), f"{oldest} or later")
            return Refused("too_old", (wrong,), named), []
        if at > context.now_us + AHEAD_US:
            latest = f"at most 5 minutes ahead of {clock.to_iso(context.now_us)}"
            wrong = FieldError("timestamp", shown(raw["timestamp"]), latest)
            return Refused("clock_skew", (wrong,), named), []
        values["import_key"] = self._key(raw)
        return values, notes

    def skip(self, row: Row) -> None:
        """Pass over a row that was stored before, as far as later ones depend on it."""
        raw = self._raw(row)
        if raw.get("id") is None:
            self._key(raw)

    def _raw(self, row: Row) -> dict[str, object]:
        fields = self._header.fields
        return {
            fields[name]: value
            for name, value in row.values.items()
            if name in fields and value is not None and value != ""
        }

    def _key(self, raw: dict[str, object]) -> str:
        at = moment.read("timestamp", raw.get("timestamp"), self._options.time_zone)
        wall_us = 0 if isinstance(at, FieldError) else at.wall_us
        parts: list[object] = [self._options.source, self._header.table, raw.get("id"), wall_us]
        if raw.get("id") is None:
            parts += sorted((name, str(value)) for name, value in raw.items())
            parts.append(self._repetitions.before(parts))
        return identity.uuid_of(wall_us, parts)

    def _value(self, name: str, value: object, notes: list[str]) -> object:
        """The value as it is stored, or what is wrong with it."""
        if name in ("timestamp", "resolved_at"):
            at = moment.read(name, value, self._options.time_zone)
            if isinstance(at, FieldError):
                return at
            if at.note is not None:
                notes.append(at.note)
            return at.utc_us
        if name == "resolved":
            text = str(value).strip().lower()
            if text not in (*_YES, *_NO):
                return FieldError(name, shown(value), "0 or 1")
            return int(text in _YES)
        kind = self._table.c[name].type
        if isinstance(kind, Text):
            return _text(name, value)
        return _number(name, value, is_whole=not isinstance(kind, Float))


def _text(name: str, value: object) -> object:
    text = value.strip() if isinstance(value, str) else str(value)
    try:
        text.encode()
    except UnicodeEncodeError:
        return FieldError(name, shown(value), "text in UTF-8")
    if "\0" in text or len(text) > TEXT_LIMIT:
        return FieldError(name, shown(value), f"at most {TEXT_LIMIT} characters without NUL")
    return text.lower() if name == "severity" else text


def _number(name: str, value: object, *, is_whole: bool) -> object:
    number = number_in(value) if isinstance(value, str) else value
    if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
        return FieldError(name, shown(value), "a number with a decimal point, such as 97.3")
    if is_whole and number != int(number):
        return FieldError(name, shown(value), "a whole number")
    if abs(number) >= _INT64:
        return FieldError(name, shown(value), "a number below 2^63")
    return int(number) if is_whole else float(number)
