"""What came of an import: for each table, read = stored + duplicate + rejected."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from verascope.ingest.importing.reading import Refused

SHOWN = 10


class TableCount(msgspec.Struct, kw_only=True):
    """What came of the rows of one table.

    rejected rows stand once in `reasons` (by code) and once in `fields` for each field that was wrong. adjusted:
    rows that were kept with something told in other words or left out, by what it was. first: the first ten
    rejections, as they stand in the errors file.
    """

    read: int = 0
    stored: int = 0
    duplicate: int = 0
    rejected: int = 0
    reasons: dict[str, int] = msgspec.field(default_factory=dict)
    fields: dict[str, int] = msgspec.field(default_factory=dict)
    adjusted: dict[str, int] = msgspec.field(default_factory=dict)
    first: list[dict[str, Any]] = msgspec.field(default_factory=list)

    def keep(self, notes: list[str], *, is_new: bool) -> None:
        """A row that is in the store, now or since before."""
        self.read += 1
        if is_new:
            self.stored += 1
        else:
            self.duplicate += 1
        for note in notes:
            self.adjusted[note] = self.adjusted.get(note, 0) + 1

    def reject(self, refused: Refused, lines: list[dict[str, Any]]) -> None:
        """A row that is not stored; lines: its entries of the errors file."""
        self.read += 1
        self.rejected += 1
        self.reasons[refused.code] = self.reasons.get(refused.code, 0) + 1
        for name in {error.field for error in refused.errors}:
            self.fields[name] = self.fields.get(name, 0) + 1
        self.first += lines[: SHOWN - len(self.first)]


class State(msgspec.Struct, kw_only=True):
    """How far an import is: each table was read up to its `read` rows. Stored as JSON."""

    tables: dict[str, TableCount] = msgspec.field(default_factory=dict)

    def copy(self) -> "State":
        return State.of(self.text())

    def text(self) -> str:
        return msgspec.json.encode(self, order="deterministic").decode()

    @classmethod
    def of(cls, text: str) -> "State":
        return msgspec.json.decode(text, type=cls)


class Summary(msgspec.Struct, kw_only=True, frozen=True):
    """The answer of an import, as `--json` prints it. resumed_after: rows that an earlier run had read."""

    file: str
    format: str
    dry_run: bool
    time_zone: str
    tables: dict[str, TableCount]
    resumed_after: int = 0
    tables_left_alone: list[str] = []

    @property
    def is_complete(self) -> bool:
        """Whether every row is in the store now."""
        return not any(count.rejected for count in self.tables.values())

    def json(self) -> str:
        return msgspec.json.encode(self).decode()

    def lines(self, retention_days: int, errors: Path | None) -> list[str]:
        """The summary for people."""
        stored = "would store" if self.dry_run else "stored"
        found = [
            f"{self.file} ({self.format}), times without an offset read as {self.time_zone}"
            + (f", going on after row {self.resumed_after:,}" if self.resumed_after else "")
        ]
        for table, count in self.tables.items():
            found.append(
                f"{table}: {count.read:,} read = {count.stored:,} {stored} + {count.duplicate:,} duplicate "
                f"+ {count.rejected:,} rejected"
            )
            found += [f"  kept, but {ADJUSTED[name]}: {n:,}" for name, n in count.adjusted.items()]
            found += [
                f"  rejected, {_reason(code, retention_days)}: {n:,}"
                for code, n in count.reasons.items()
            ]
            if count.fields:
                fields = (f"{name} {n:,}" for name, n in sorted(count.fields.items()))
                found.append(f"  wrong fields: {', '.join(fields)}")
            found += [f"  {_line(one)}" for one in count.first]
            if count.rejected > len({one["index"] for one in count.first}):
                where = f"all in {errors}" if errors else "--errors FILE writes all of them"
                found.append(f"  … {where}")
        if self.tables_left_alone:
            found.append(f"left alone: {', '.join(self.tables_left_alone)}")
        if self.dry_run:
            found.append("Nothing was written; run it without --dry-run to store these rows.")
        return found


ADJUSTED = {
    "dst_gap": "at a local time that the clocks skipped, read with the offset before the change",
    "dst_fold": "at a local time that came twice, read as the first",
    "verdict_of_failed_left_out": "without the verdict beside a failure",
    "reason_missing": "failed without a reason, which says so now",
    "reason_shortened": "with the reason cut to 500 characters",
    "file_hash_kept_as_tag": "with a hash that is no SHA-256 as the tag file_hash",
    "user_ip_left_out": "without a user_ip that is no address",
}


def _reason(code: str, retention_days: int) -> str:
    match code:
        case "too_old":
            return (
                f"older than recording.retention_days, now {retention_days}; to keep them, raise it "
                "(VERASCOPE_RECORDING_RETENTION_DAYS) for the server too, and import again"
            )
        case "clock_skew":
            return "in the future; see --timezone"
        case "conflict":
            return "stored before with other content, which stays"
        case "malformed":
            return "no whole row"
        case _:
            return "not acceptable"


def _line(one: Mapping[str, Any]) -> str:
    place = next(f"{name} {one[name]}" for name in ("line", "rowid", "row") if name in one)
    return f"{place}: {one['field']}: {one['value']} is not accepted; {one['accepted']}"
