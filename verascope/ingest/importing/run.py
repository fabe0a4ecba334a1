"""The import itself: batches in short transactions beside a live server, resumable, idempotent, counted.

Rows, counts and position are committed together. A run that ends in any way leaves a consistent beginning of the
file; the same command goes on from there, and finds what it meets again to be there already.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from verascope import clock
from verascope.clock import Now
from verascope.errors import FieldError, Invalid, SourceUnreadable, StoreUnusable
from verascope.ingest.event import Context
from verascope.ingest.importing.header import Header, header_of
from verascope.ingest.importing.history import HistoryReading
from verascope.ingest.importing.options import PREDICTIONS, TABLES, Format, Options
from verascope.ingest.importing.progress import Progress
from verascope.ingest.importing.reading import HEAD_ROWS, PredictionReading, Refused, renamed
from verascope.ingest.importing.rejections import Rejections
from verascope.ingest.importing.row import Reader, Row
from verascope.ingest.importing.source import PLACES, format_of, open_source
from verascope.ingest.importing.summary import State, Summary, TableCount
from verascope.ingest.pipeline import Rules
from verascope.records import Prediction, Source
from verascope.store import events, imports, tags
from verascope.store.database import Database
from verascope.store.events import Insertion

BATCH_ROWS = 2_000
"""Holds the write lock for some tens of milliseconds, so that a server beside it hardly waits."""

GO_ON = "What was stored stays; the same command goes on from there."


@dataclass(frozen=True, slots=True)
class Judged:
    """A row of a batch that was read: what to store, or why not."""

    row: Row
    found: Prediction | dict[str, object] | Refused
    notes: list[str]


class Importer:
    """One import of one file. database: None in a dry run where there is no database yet."""

    def __init__(
        self,
        database: Database | None,
        tenant_id: int,
        rules: Rules,
        retention_days: int,
        now: Now,
        *,
        indexed_tags: Sequence[str] = (),
        dry_run: bool = False,
        errors: Path | None = None,
        progress: Progress | None = None,
    ) -> None:
        self._database = database
        self._tenant_id = tenant_id
        self._rules = rules
        self._retention_us = retention_days * clock.DAY * clock.US
        self._retention_days = retention_days
        self._now = now
        self._indexed_tags = frozenset(indexed_tags)
        self._dry_run = dry_run
        self._rejections = Rejections(errors)
        self._progress = progress or Progress()
        self._met: dict[str, object] = {}
        self._fingerprint = ""
        self.state = State()

    def run(self, path: Path, options: Options) -> Summary:
        """Import the file.

        Raises Invalid when an option or a column does not fit, before anything is stored; SourceUnreadable where
        the file is damaged and StoreUnusable when the store can't be written, with the beginning stored.
        """
        self._rejections.check(path)
        kind = options.format or format_of(path, options.encoding)
        reader = open_source(path, kind, options)
        try:
            headers = _headers(reader, options, kind)
            readings: dict[str, PredictionReading | HistoryReading] = {
                table: PredictionReading(header, options)
                if table == PREDICTIONS
                else HistoryReading(header, options)
                for table, header in headers.items()
            }
            self._check_head(reader, readings)
            resumed_after = self._begin(path, options, kind)
            self._rejections.open(self.state)
            try:
                for table, header in headers.items():
                    self._table(reader, readings[table], header, PLACES[kind])
            except (StoreUnusable, SourceUnreadable) as error:
                if self._dry_run:
                    raise
                said = (
                    GO_ON if isinstance(error, StoreUnusable) else "The rows before it are stored."
                )
                raise type(error)(f"{error.detail} {said}") from error
            self._finish()
        finally:
            self._progress.end()
            self._rejections.close()
            reader.close()
        return Summary(
            file=str(path),
            format=kind.value,
            dry_run=self._dry_run,
            time_zone=options.time_zone.key,
            tables={table: self.state.tables.get(table, TableCount()) for table in headers},
            resumed_after=resumed_after,
            tables_left_alone=list(reader.left_alone),
        )

    def _check_head(
        self, reader: Reader, readings: dict[str, PredictionReading | HistoryReading]
    ) -> None:
        reading = readings.get(PREDICTIONS)
        if isinstance(reading, PredictionReading):
            reading.check_head(islice(reader.rows(PREDICTIONS), HEAD_ROWS))

    def _begin(self, path: Path, options: Options, kind: Format) -> int:
        """Find out where an earlier run stopped; how many rows it had read."""
        if self._dry_run or self._database is None:
            return 0
        self._fingerprint = _fingerprint(
            path, f"{options.fingerprint()}{kind}{self._retention_days}"
        )
        with self._database.reading() as connection:
            started = imports.find(connection, self._tenant_id, self._fingerprint)
        if started is not None and not started.is_finished:
            self.state = State.of(started.state)
            return sum(count.read for count in self.state.tables.values())

        def begin(connection: Connection) -> None:
            imports.begin(
                connection,
                self._tenant_id,
                self._fingerprint,
                path.name,
                self.state.text(),
                self._now(),
            )

        imports.patiently(self._database, begin)
        return 0

    def _table(
        self,
        reader: Reader,
        reading: PredictionReading | HistoryReading,
        header: Header,
        place: str,
    ) -> None:
        table = header.table
        rows = reader.rows(table)
        before = self.state.tables.get(table, TableCount()).read
        for row in islice(rows, before):
            reading.skip(row)
        self._progress.show(table, before, reader.done)
        while batch := list(islice(rows, BATCH_ROWS)):
            now_us = self._now()
            context = Context(
                tenant_id=self._tenant_id,
                source=Source.IMPORT,
                received_us=now_us,
                now_us=now_us,
                oldest_us=now_us - self._retention_us,
                key_client=None,
                may_name_clients=True,
                rules=self._rules,
            )
            judged = []
            for row in batch:
                found, notes = reading.read(row, context)
                judged.append(
                    Judged(
                        row, renamed(found, header) if isinstance(found, Refused) else found, notes
                    )
                )
            self._keep(table, judged, place, now_us)
            self._progress.show(table, self.state.tables[table].read, reader.done)

    def _keep(self, table: str, judged: list[Judged], place: str, now_us: int) -> None:
        """Store a batch, with the state that counts it."""

        def job(connection: Connection) -> State:
            outcomes = self._store(connection, table, judged)
            after = self._counted(table, judged, outcomes, place)
            imports.advance(
                connection,
                self._tenant_id,
                self._fingerprint,
                self.state.text(),
                after.text(),
                now_us,
            )
            return after

        if self._dry_run or self._database is None:
            self.state = self._counted(table, judged, self._foresee(table, judged), place)
        else:
            self.state = imports.patiently(self._database, job)
        self._rejections.settle()

    def _store(self, connection: Connection, table: str, judged: list[Judged]) -> list[Insertion]:
        """What came of each row that is not refused, in order."""
        if table == PREDICTIONS:
            new = [one.found for one in judged if isinstance(one.found, Prediction)]
            insertions = events.insert(connection, new)
            if self._indexed_tags:
                tags.index(connection, new, insertions, self._indexed_tags)
            return insertions
        rows = [one.found for one in judged if isinstance(one.found, dict)]
        known = imports.present(
            connection, imports.MOVED[table], self._tenant_id, [str(r["import_key"]) for r in rows]
        )
        imports.put(connection, imports.MOVED[table], self._tenant_id, rows)
        return _first_of_each(rows, known)

    def _foresee(self, table: str, judged: list[Judged]) -> list[Insertion]:
        """The same without storing: what was met in this run counts as stored."""
        if table != PREDICTIONS:
            rows = [one.found for one in judged if isinstance(one.found, dict)]
            keys = [str(row["import_key"]) for row in rows]
            known = {key for key in keys if key in self._met}
            if self._database is not None:
                with self._database.reading() as connection:
                    known |= imports.present(
                        connection, imports.MOVED[table], self._tenant_id, keys
                    )
            self._met.update(dict.fromkeys(keys))
            return _first_of_each(rows, known)
        new = [one.found for one in judged if isinstance(one.found, Prediction)]
        found = [Insertion.STORED] * len(new)
        if self._database is not None:
            with self._database.reading() as connection:
                found = events.foresee(connection, new)
        for position, prediction in enumerate(new):
            if found[position] is not Insertion.STORED:
                continue
            said = hash((prediction.timestamp_us, events.observed(prediction)))
            if prediction.id in self._met:
                is_same = self._met[prediction.id] == said
                found[position] = Insertion.DUPLICATE if is_same else Insertion.CONFLICT
            else:
                self._met[prediction.id] = said
        return found

    def _counted(
        self, table: str, judged: Iterable[Judged], outcomes: list[Insertion], place: str
    ) -> State:
        """The state after a batch; its rejections are staged in the errors file."""
        after = self.state.copy()
        count = after.tables.setdefault(table, TableCount())
        staged: list[dict[str, Any]] = []
        results: Iterator[Insertion] = iter(outcomes)
        for one in judged:
            refused = one.found if isinstance(one.found, Refused) else None
            if refused is None:
                outcome = next(results)
                if outcome in (Insertion.STORED, Insertion.DUPLICATE):
                    count.keep(one.notes, is_new=outcome is Insertion.STORED)
                    continue
                refused = _unstored(one, outcome)
            lines = [
                {
                    "table": table,
                    "index": count.read,
                    place: one.row.place,
                    "id": refused.id,
                    "code": refused.code,
                    "field": error.field,
                    "value": error.value,
                    "accepted": error.accepted,
                }
                for error in refused.errors
            ]
            count.reject(refused, lines)
            staged += lines
        self._rejections.stage(staged)
        return after

    def _finish(self) -> None:
        if self._dry_run or self._database is None:
            return

        def end(connection: Connection) -> None:
            text = self.state.text()
            imports.advance(
                connection, self._tenant_id, self._fingerprint, text, text, self._now(), is_end=True
            )

        imports.patiently(self._database, end)


def _headers(reader: Reader, options: Options, kind: Format) -> dict[str, Header]:
    """The header of each of our tables in the file. Raises Invalid with everything that does not fit."""
    headers: dict[str, Header] = {}
    problems: list[FieldError] = []
    for table in TABLES:
        if table in reader.columns:
            headers[table], wrong = header_of(
                table, reader.columns[table], options, is_fixed=kind is not Format.JSONL
            )
            problems += wrong
    problems += [
        FieldError("--map", f"{table}.{name}", f"a table of the file: {', '.join(headers)}")
        for table in options.mapping.keys() - headers.keys()
        for name in options.mapping[table]
    ]
    if problems:
        raise Invalid(*problems)
    return headers


def _first_of_each(rows: list[dict[str, object]], known: set[str]) -> list[Insertion]:
    known = set(known)
    found = []
    for row in rows:
        key = str(row["import_key"])
        found.append(Insertion.DUPLICATE if key in known else Insertion.STORED)
        known.add(key)
    return found


def _unstored(one: Judged, outcome: Insertion) -> Refused:
    assert isinstance(one.found, Prediction)
    given = one.row.values.get("id", one.found.id)
    if outcome is Insertion.CONFLICT:
        error = FieldError(
            "id", repr(given), "the content that is stored under this id, or a new id"
        )
        return Refused("conflict", (error,), str(given))
    error = FieldError("(row)", repr(given), "values that the database can hold")
    return Refused("invalid", (error,), str(given))


def _fingerprint(path: Path, options: str) -> str:
    """Of the file's bytes, with the log that a running system keeps beside them, and of how they are read."""
    digest = hashlib.sha256(options.encode())
    for one in (path, path.with_name(path.name + "-wal")):
        try:
            with one.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        except FileNotFoundError:
            continue
    return digest.hexdigest()
