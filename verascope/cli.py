"""The command `verascope`. Exit codes: 0 done, 1 failed (one line on stderr says why), 2 wrong use.

Parts that take long to load are imported by the command that needs them.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from verascope import __version__, clock
from verascope.config import Settings, load
from verascope.errors import VerascopeError


def main(args: Sequence[str] | None = None) -> None:
    """Run the command and exit."""
    try:
        commands(args, prog_name="verascope", standalone_mode=False)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except click.ClickException as wrong:
        wrong.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(1)
    except BrokenPipeError:
        # The reader of a pipe (`| head`) has enough; Python must not complain while it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except VerascopeError as error:
        click.echo(f"verascope: {error.detail}", err=True)
        sys.exit(1)
    sys.exit(0)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(version)s")
def commands() -> None:
    """Analytics, monitoring and business intelligence for deepfake-detection services."""


@commands.command()
@click.option("--host", help="Address to listen on (default 127.0.0.1).")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on (default 8001).")
def serve(host: str | None, port: int | None) -> None:
    """Start the server and its dashboard."""
    from verascope import server

    sys.exit(server.serve(load(_with(os.environ, VERASCOPE_HOST=host, VERASCOPE_PORT=port))))


@commands.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on (default 8001).")
@click.option("--only-prepare", is_flag=True, hidden=True)
def demo(port: int | None, only_prepare: bool) -> None:
    """Show the dashboard with ninety days of made-up traffic, in a database of its own."""
    from verascope import demo as demonstration
    from verascope import server

    if only_prepare:
        # The server's own child (`api.demonstration`), which must not slow the server down.
        os.nice(10)
        demonstration.prepare(load(), clock.now_us(), lambda done: click.echo(f"{done:.4f}"))
        return
    settings = load(_with(os.environ, VERASCOPE_PORT=port))
    click.echo("Making up ninety days of traffic; your own database is not touched.")
    sys.exit(server.serve(demonstration.prepare(settings, clock.now_us())))


@commands.group()
def key() -> None:
    """API keys: they let others send images from anywhere."""


@key.command("create")
@click.option("--client", required=True, help="The customer whose predictions the key counts for.")
@click.option(
    "--names-clients",
    is_flag=True,
    help="Let its holder send predictions of other clients too; NAME counts when none is named.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def key_create(client: str, names_clients: bool, as_json: bool) -> None:
    """Make a key and print it, this once."""
    from verascope.ingest.pipeline import name_of
    from verascope.security import keys

    settings = load()
    name = name_of("client", client)
    if name is None:
        raise click.UsageError("--client must not be empty.")
    with _database(settings) as database:
        secret = keys.create(database, name, clock.now_us(), names_clients=names_clients)
    if as_json:
        click.echo(json.dumps({"client": name, "key": secret}))
        return
    click.echo(secret)
    click.echo(
        f"\nThis is the only time the key of {name} is shown; only its hash is stored. Use it so:\n"
        f"  curl -H 'Authorization: Bearer {secret}' -F file=@photo.jpg "
        f"http://{settings.server.host}:{settings.server.port}/predict",
        err=True,
    )


@key.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def key_list(as_json: bool) -> None:
    """Show all keys, without their secrets."""
    from verascope.security import keys

    with _database(load()) as database:
        found = keys.listed(database)
    rows = [
        {
            "prefix": one.prefix,
            "client": one.client,
            "names_clients": one.names_clients,
            "created_at": clock.to_iso(one.created_us),
            "revoked_at": clock.iso_or_none(one.revoked_us),
        }
        for one in found
    ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
    elif not rows:
        click.echo("There are no keys; `verascope key create --client NAME` makes one.")
    else:
        _table(rows)


@key.command("revoke")
@click.argument("prefix")
def key_revoke(prefix: str) -> None:
    """Revoke the key that starts with PREFIX; a running server refuses it within a second."""
    from verascope.security import keys

    with _database(load()) as database:
        revoked = keys.revoke(database, prefix, clock.now_us())
    click.echo(f"Revoked {revoked.prefix}… of {revoked.client}.")


_PATHS = click.Path(path_type=Path)


@commands.command()
@click.argument("paths", nargs=-1, required=True, type=_PATHS)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def predict(paths: tuple[Path, ...], as_json: bool) -> None:
    """Analyse image files, and all in folders, here, without a server; nothing is recorded."""
    from verascope.ingest.files import find, look_at
    from verascope.runtime import image_limits, load_detector

    settings = load()
    limits = image_limits(settings)
    detector = load_detector(settings)
    found = find(paths)
    rows: list[dict[str, Any]] = []
    with _progress(len(found.files), "Analysing") as advance:
        for looked in look_at(found.files, detector, limits, _threads(settings, detector)):
            row = _predicted(looked)
            if as_json:
                click.echo(json.dumps(row, ensure_ascii=False))
            rows.append(row)
            advance()
    if not as_json and rows:
        _table(rows)
    if found.skipped:
        click.echo(f"{found.skipped} files in the folders are no images by their names.", err=True)
    if not rows:
        click.echo("verascope: there is no image in these folders.", err=True)
        sys.exit(1)
    if any("error" in row for row in rows):
        sys.exit(1)


def _predicted(looked: Any) -> dict[str, Any]:
    """One line of `verascope predict`."""
    row: dict[str, Any] = {"file": str(looked.path), "prediction": None, "confidence": None}
    seen = looked.observation
    if seen is None or seen.verdict is None:
        row["error"] = looked.error
        return row
    row["prediction"] = seen.verdict.outcome.value
    row["confidence"] = seen.verdict.confidence_mpct / 1000
    row["fake_probability"] = seen.verdict.fake_probability_mpct / 1000
    row["inference_time_ms"] = seen.inference_us / 1000
    row["model_version"] = seen.verdict.model_version
    return row


@commands.command()
@click.argument(
    "folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False, exists=True)
)
@click.option("--detector", help="Name or sidecar of another detector than the configured one.")
@click.option(
    "--manifest",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="CSV with path (relative to DIR), label and source, instead of real/ and fake/.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def benchmark(folder: Path, detector: str | None, manifest: Path | None, as_json: bool) -> None:
    """Measure a detector on the labelled images in DIR and record the figures."""
    from verascope.quality import benchmark as bench
    from verascope.quality import benchmarks, dataset
    from verascope.runtime import image_limits, load_detector
    from verascope.store import benchmarks as store
    from verascope.store.tables import DEFAULT_TENANT

    settings = load(_with(os.environ, VERASCOPE_DETECTION_DETECTOR=detector))
    limits = image_limits(settings)
    pictures = (
        dataset.of_folder(folder) if manifest is None else dataset.of_manifest(manifest, folder)
    )
    model = load_detector(settings)
    # Opened before the work: an unusable database must not cost an hour of measuring.
    with _database(settings) as database:
        with _progress(len(pictures.examples), "Measuring") as advance:
            threads = _threads(settings, model)
            found = bench.run(pictures, model, limits, threads, clock.now_us(), advance)
        with database.writing() as connection:
            benchmark_id = store.insert(connection, DEFAULT_TENANT, found)
    row = benchmarks.benchmark_json(benchmark_id, found)
    if as_json:
        click.echo(json.dumps(row, ensure_ascii=False))
        return
    for line in benchmarks.report(found):
        click.echo(line)
    _table(found.detail["sources"] if found.detail else [])
    for failure in found.detail["failures"] if found.detail else []:
        click.echo(f"no verdict: {failure['file']}: {failure['error']}", err=True)


@contextmanager
def _progress(length: int, label: str) -> Iterator[Callable[[], object]]:
    """A progress bar on a terminal, else nothing; gives what is called after each step."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    with click.progressbar(length=length, label=label, file=sys.stderr) as bar:
        yield lambda: bar.update(1)


def _threads(settings: Settings, detector: Any) -> int:
    return settings.detection.threads or detector.describe().concurrency or os.cpu_count() or 1


@commands.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option(
    "--format",
    "format_",
    type=click.Choice(["csv", "jsonl", "parquet", "sqlite"]),
    help="What FILE is; its content says so without this.",
)
@click.option(
    "--timezone", default="UTC", show_default=True, help="Zone of times without an offset."
)
@click.option(
    "--scale",
    type=click.Choice(["percent", "fraction"]),
    help="What probabilities count in (default percent).",
)
@click.option("--client", help="The client of rows that name none.")
@click.option("--use-case", help="The use case of rows that name none.")
@click.option("--model-version", help="The model version of rows that name none.")
@click.option(
    "--map", "mapping", multiple=True, metavar="OURS=THEIRS", help="FILE's name for a column."
)
@click.option("--tags", metavar="COLUMNS", help="Columns, with commas, to keep as tags.")
@click.option("--ignore-unknown", is_flag=True, help="Leave out columns that are not ours.")
@click.option("--encoding", help="Encoding of a text file (default UTF-8).")
@click.option(
    "--source", default="", metavar="NAME", help="Keeps apart systems whose rows count alike."
)
@click.option(
    "--errors",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write every rejected row there.",
)
@click.option("--dry-run", is_flag=True, help="Check everything and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def import_(
    file: Path,
    errors: Path | None,
    *,
    dry_run: bool,
    as_json: bool,
    timezone: str,
    **options: Any,
) -> None:
    """Move predictions from another system: CSV, JSON lines, Parquet, or a SQLite database.

    Runs beside the server or without it, goes on where it was stopped, and stores every row once. Exit code 0:
    every row is stored; 1: some were rejected, or it stopped.
    """
    from verascope.errors import Invalid
    from verascope.ingest.importing.options import parse
    from verascope.ingest.importing.progress import Progress
    from verascope.ingest.importing.run import GO_ON, Importer
    from verascope.runtime import fold_unless_served, open_import
    from verascope.store.tables import DEFAULT_TENANT

    settings = load()
    days = settings.recording.retention_days
    progress = Progress()
    try:
        read_as = parse(time_zone=timezone, **options)
        with open_import(settings, dry_run=dry_run) as (database, rules):
            importer = Importer(
                database,
                DEFAULT_TENANT,
                rules,
                days,
                clock.now_us,
                indexed_tags=settings.recording.indexed_tags,
                dry_run=dry_run,
                errors=errors,
                progress=progress,
            )
            summary = importer.run(file, read_as)
            if database is not None and not dry_run:
                progress.say("Bringing the summaries up to date.")
                fold_unless_served(database, settings)
                progress.end()
    except Invalid as wrong:
        raise click.UsageError("\n".join(str(field) for field in wrong.fields)) from None
    except KeyboardInterrupt:
        click.echo("verascope: stopped." if dry_run else f"verascope: stopped. {GO_ON}", err=True)
        sys.exit(1)
    if as_json:
        click.echo(summary.json())
    else:
        click.echo("\n".join(summary.lines(days, errors)))
    if not summary.is_complete:
        sys.exit(1)


@commands.command()
@click.option("--days", type=click.IntRange(1, 400), default=30, show_default=True)
@click.option(
    "--format", "as_", type=click.Choice(["json", "csv"]), default="json", show_default=True
)
def export(days: int, as_: str) -> None:
    """Print the analytics of the last days, as /export/analytics does."""
    from verascope.queries import export as exports
    from verascope.runtime import open_answers
    from verascope.store.tables import DEFAULT_TENANT

    with open_answers(load()) as answers:
        if as_ == "csv":
            for line in exports.csv_rows(answers, DEFAULT_TENANT, days):
                click.echo(line, nl=False)
            return
        system = {"model_loaded": False, "device": "none", "uptime": 0.0, "version": __version__}
        body = exports.analytics(answers, DEFAULT_TENANT, days, system)
        click.echo(json.dumps(body, ensure_ascii=False, indent=2))


@commands.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def doctor(as_json: bool) -> None:
    """Check settings, database, summaries, detector and disk; exit code 1 when something is wrong."""
    from verascope.doctor import examine

    findings = list(examine(os.environ))
    if as_json:
        rows = [{"check": one.check, "ok": one.is_good, "detail": one.detail} for one in findings]
        click.echo(json.dumps(rows, ensure_ascii=False))
    else:
        for one in findings:
            click.echo(f"{'ok  ' if one.is_good else 'BAD '} {one.check}: {one.detail}")
    if not all(one.is_good for one in findings):
        sys.exit(1)


def _with(environ: Mapping[str, str], **options: str | int | None) -> dict[str, str]:
    """The environment with the options that were given, which win."""
    given = {name: str(value) for name, value in options.items() if value is not None}
    return {**environ, **given}


@contextmanager
def _database(settings: Settings) -> Iterator[Any]:
    from verascope.store.database import Database

    database = Database.open(settings)
    try:
        yield database
    finally:
        database.close()


def _table(rows: Sequence[dict[str, Any]]) -> None:
    """Print rows under their keys, as wide as their contents."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    lines = [names, *([_cell(row.get(name)) for name in names] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(names))]
    for line in lines:
        padded = (text.ljust(width) for text, width in zip(line, widths, strict=True))
        click.echo("  ".join(padded).rstrip())


def _cell(value: object) -> str:
    if isinstance(value, list):
        return " – ".join(map(_cell, value))
    return "" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)
