"""Labelled pictures on disk: a folder with `real/` and `fake/`, or a manifest."""

import csv
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from verascope.errors import FieldError, Invalid, shown
from verascope.ingest.files import find

LABELS = ("real", "fake")
NO_SOURCE = "(none)"
MANIFEST_FIELDS = ("path", "label", "source")
MAX_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled file. name: how it is called in the set, whatever folder that lies in."""

    path: Path
    name: str
    is_fake: bool
    source: str


@dataclass(frozen=True, slots=True)
class Dataset:
    """skipped: files in the folders that are no images by name."""

    name: str
    examples: tuple[Example, ...]
    skipped: int = 0


def of_folder(folder: Path) -> Dataset:
    """The pictures under `real/` and `fake/`; the folder below names their source. Raises Invalid."""
    missing = [label for label in LABELS if not (folder / label).is_dir()]
    if missing:
        accepted = f"a folder that holds real/ and fake/ (missing: {', '.join(missing)})"
        raise Invalid.of("DIR", str(folder), accepted)
    examples: list[Example] = []
    skipped = 0
    for label in LABELS:
        found = find([folder / label])
        skipped += found.skipped
        for path in found.files:
            below = path.relative_to(folder / label).parts
            source = below[0] if len(below) > 1 else NO_SOURCE
            name = path.relative_to(folder).as_posix()
            examples.append(Example(path, name, label == "fake", source))
    if not examples:
        raise Invalid.of("DIR", str(folder), "at least one image under real/ or fake/")
    return Dataset(folder.resolve().name, tuple(examples), skipped)


def of_manifest(manifest: Path, folder: Path) -> Dataset:
    """The files that a CSV with the columns path, label and (optional) source names, relative to
    `folder`. Raises Invalid with the wrong lines, by number.
    """
    try:
        with manifest.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            names = reader.fieldnames or []
            wanted = {"path", "label"}
            if not wanted <= set(names) or not set(names) <= set(MANIFEST_FIELDS):
                accepted = "a first line with path, label and, if you like, source"
                raise Invalid.of("manifest", ",".join(names), accepted)
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Invalid.of("manifest", str(manifest), f"a readable CSV file ({error})") from None
    problems: list[FieldError] = []
    examples: list[Example] = []
    for number, row in enumerate(rows, start=2):
        label, name = (row["label"] or "").strip().lower(), (row["path"] or "").strip()
        if label not in LABELS:
            problems.append(
                FieldError(f"line {number}, label", shown(row["label"]), "real or fake")
            )
        elif not name:
            problems.append(FieldError(f"line {number}, path", "nothing", "the path of a file"))
        else:
            source = (row.get("source") or "").strip() or NO_SOURCE
            examples.append(Example(folder / name, name, label == "fake", source))
    if problems:
        raise Invalid(*problems[:MAX_PROBLEMS])
    if not examples:
        raise Invalid.of("manifest", str(manifest), "at least one line with a file")
    return Dataset(manifest.stem, tuple(examples))


def content_hash(contents: Iterable[tuple[Example, str]]) -> str:
    """SHA-256 over label and content hash of each file that could be read, whatever their names and
    order: the same pictures with the same labels give the same hash.
    """
    lines = sorted(f"{'fake' if one.is_fake else 'real'} {digest}" for one, digest in contents)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
