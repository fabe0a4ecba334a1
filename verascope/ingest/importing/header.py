"""Which column of a file is which field of ours; what fits nowhere is refused by name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from verascope.errors import FieldError, shown
from verascope.ingest.importing.options import COLUMNS, PREDICTIONS, Options, tag_of

REQUIRED: Mapping[str, tuple[str, ...]] = {
    PREDICTIONS: ("timestamp", "prediction"),
    "alerts": ("timestamp", "alert_type", "severity", "message"),
}


@dataclass(frozen=True, slots=True)
class Header:
    """fields: the file's column → our field. tags: the file's column → the tag it becomes."""

    table: str
    fields: Mapping[str, str]
    tags: Mapping[str, str]

    def column(self, field: str) -> str | None:
        """The file's name for a field of ours, None when it is the same."""
        return next(
            (theirs for theirs, ours in self.fields.items() if ours == field != theirs), None
        )


def header_of(
    table: str, columns: Sequence[str], options: Options, *, is_fixed: bool
) -> tuple[Header, list[FieldError]]:
    """The header, and what is wrong with it.

    is_fixed: every row has these columns; else (JSON lines) they are the usual ones and each row may have others.
    Names are the same whatever their case.
    """
    problems: list[FieldError] = []
    mapped = {theirs: ours for ours, theirs in options.mapping.get(table, {}).items()}
    tags = {name: tag_of(name) for name in options.tags} if table == PREDICTIONS else {}
    if is_fixed:
        listed = f"a column of the file: {', '.join(columns)}"
        problems += [
            FieldError("--map", shown(f"{ours}={theirs}"), listed)
            for theirs, ours in mapped.items()
            if theirs not in columns
        ]
        problems += [
            FieldError("--tags", shown(name), listed) for name in tags if name not in columns
        ]
    known = {name for name in COLUMNS[table] if name not in mapped.values()}
    fields = dict(mapped)
    for name in columns:
        plain = name.strip().lower()
        if name in mapped or name in tags:
            continue
        if plain in known:
            fields[name] = plain
            known.discard(plain)
        elif is_fixed and not options.ignore_unknown:
            problems.append(unknown(table, name))
    if is_fixed:
        problems += [
            FieldError(f"{table}.{name}", "missing", _how(table, name))
            for name in REQUIRED.get(table, ("timestamp",))
            if name not in fields.values()
        ]
    return Header(table, fields, tags), problems


def unknown(table: str, name: str) -> FieldError:
    """A column that is no field of ours."""
    prefix = "" if table == PREDICTIONS else f"{table}."
    choices = f"--map {prefix}OURS={name} for the field it is, "
    if table == PREDICTIONS:
        choices += f"--tags {name} to keep it as a tag, "
    return FieldError(
        f"{table}.{name}", "unknown column", f"{choices}--ignore-unknown to leave it out"
    )


def _how(table: str, name: str) -> str:
    prefix = "" if table == PREDICTIONS else f"{table}."
    return f"a column of this name, or --map {prefix}{name}=THEIRS"
