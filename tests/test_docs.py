"""The documents are true: what they name exists, what they show runs, what they define is what the code says."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import msgspec
import pytest

from tests.conftest import REAL, Server, picture
from verascope import config
from verascope.metrics import DIMENSIONS, INCIDENT_METRICS, METRICS

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "client" / "README.md"])

UNITS = {
    "count": "count",
    "percent": "%",
    "ms": "ms",
    "USD": "US dollars",
    "per_hour": "per hour",
    "per_minute": "per minute",
    "seconds": "seconds",
}


def text_of(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def names(pages: list[Path]) -> list[str]:
    return [page.relative_to(ROOT).as_posix() for page in pages]


def table_rows(text: str) -> list[list[str]]:
    """The cells of every table row of a page."""
    return [
        [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in text.splitlines()
        if line.startswith("|")
    ]


# --- Definitions and settings ---------------------------------------------------------------------


def test_every_metric_is_defined_in_the_words_of_the_code() -> None:
    expected = [
        [f"`{metric.name}`", metric.label, UNITS[metric.unit], metric.definition]
        for metric in METRICS.values()
    ]
    section = text_of("docs/definitions.md").split("## Metrics")[1].split("\n## ")[0]
    assert table_rows(section)[2:] == expected


def test_numbers_of_incidents_are_defined_in_the_words_of_the_code() -> None:
    expected = [
        [f"`{metric.name}`", metric.label, UNITS[metric.unit], metric.definition]
        for metric in INCIDENT_METRICS.values()
    ]
    page = text_of("docs/definitions.md")
    section = page.split("## Numbers of incidents and error patterns")[1].split("\n## ")[0]
    assert table_rows(section)[2:] == expected


def test_every_dimension_is_explained_under_its_label() -> None:
    section = text_of("docs/definitions.md").split("## Dimensions")[1].split("\n## ")[0]
    rows = dict(table_rows(section)[2:])
    assert list(rows) == [f"`{name}`" for name in DIMENSIONS]
    for name, label in DIMENSIONS.items():
        assert rows[f"`{name}`"].startswith(label)


def settings_leaves(
    struct: type[msgspec.Struct], prefix: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], object]]:
    """(path, default) of every setting; NODEFAULT where it is required."""
    for field in msgspec.structs.fields(struct):
        path = (*prefix, field.name)
        if path in (("home",), ("origins",)):
            continue
        inner = config._struct(field.type)
        if inner is not None:
            yield from settings_leaves(inner, path)
        else:
            default = field.default
            if default is msgspec.NODEFAULT and field.default_factory is not msgspec.NODEFAULT:
                default = field.default_factory()
            yield path, default


def shown(default: object) -> str:
    if default is msgspec.NODEFAULT:
        return "required"
    if default is None:
        return "–"
    if default in ("", []):
        return "empty"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    number = default if not isinstance(default, float) else f"{default:g}"
    return f"`{number}`"


def test_every_setting_is_documented_with_its_variable_and_its_default() -> None:
    aliases = {full: short for short, full in config._ENV_ALIASES.items()}
    expected = {}
    for path, default in settings_leaves(config.Settings):
        variable = config.PREFIX + "_".join(path).upper()
        expected[f"`{'.'.join(path)}`"] = (f"`{aliases.get(variable, variable)}`", shown(default))
    section = text_of("docs/operations.md").split("## Settings")[1].split("\n## ")[0]
    documented = {row[0]: (row[1], row[2]) for row in table_rows(section)[2:]}
    assert documented == expected


def test_the_example_of_the_settings_file_is_valid(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    shutil.copy(
        ROOT / "config" / "monitoring.example.json", tmp_path / "config" / "monitoring.json"
    )
    settings = config.load({"VERASCOPE_HOME": str(tmp_path)})
    assert settings.alerts.email is not None


def test_every_command_is_documented(run) -> None:  # type: ignore[no-untyped-def]
    listed = re.findall(r"^  (\w+) ", run("--help").stdout.split("Commands:")[1], re.MULTILINE)
    page = text_of("docs/operations.md")
    assert listed
    assert [name for name in listed if f"`verascope {name}" not in page] == []


def test_every_make_target_that_a_page_names_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.MULTILINE))
    for page in PAGES:
        named = re.findall(r"(?:`|^)make ([a-z]+)", page.read_text("utf-8"), re.MULTILINE)
        assert set(named) <= targets, page


def test_every_room_stands_on_the_architecture_page() -> None:
    page = text_of("docs/architecture.md")
    rooms = {
        path.stem
        for path in (ROOT / "verascope").iterdir()
        if (path.suffix == ".py" or (path / "__init__.py").is_file())
        and not path.name.startswith("__")
    }
    assert {room for room in rooms if f"`{room}`" not in page} == set()


# --- Links and words ------------------------------------------------------------------------------


@pytest.mark.parametrize("page", names(PAGES))
def test_every_relative_link_leads_somewhere(page: str) -> None:
    path = ROOT / page
    missing = []
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text("utf-8")):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = unquote(target).partition("#")
        found = (path.parent / file).resolve() if file else path
        if not found.exists() or (anchor and anchor not in anchors(found)):
            missing.append(target)
    assert missing == []


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as code hosts make them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {
        re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings
    }


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text("utf-8")
    pages = sorted(path.name for path in folder.glob("[0-9]*.md"))
    assert pages
    assert [name for name in pages if f"]({name})" not in index] == []
    for name in pages:
        text = (folder / name).read_text("utf-8")
        headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
        assert headings == ["Context", "Decision", "Consequences", "Alternatives"], name


FORBIDDEN = {
    "a folder of one machine": r"(?<![\w/.])/(?:work|root|home|Users|tmp)/\w+",
    "a package registry's host": r"pypi\.org|files\.pythonhosted|registry\.npmjs|registry\.yarnpkg",
    "an unfinished place": r"\b(?:TO" + "DO|FIX" + "ME|X" + "XX|TBD)\\b",
    "an exclamation mark in prose": r"[a-z]!(?:\s|$)",
}


@pytest.mark.parametrize("page", names(PAGES))
@pytest.mark.parametrize("kind", FORBIDDEN)
def test_no_page_has(page: str, kind: str) -> None:
    prose = re.sub(r"```.*?```", "", text_of(page), flags=re.DOTALL)
    assert re.findall(FORBIDDEN[kind], prose) == []


# --- Examples run ---------------------------------------------------------------------------------


def examples(page: str) -> list[str]:
    return re.findall(r"^```bash\n(.*?)^```", text_of(page), re.DOTALL | re.MULTILINE)


API_EXAMPLES = examples("docs/api.md")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a picture, and settings that make curl fail where the server refuses."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "photo.jpg").write_bytes(picture(REAL, image_format="JPEG"))
    (folder / ".curlrc").write_text(
        "silent\nshow-error\nfail-with-body\nmax-time = 30\nnoproxy = *\n"
    )
    return folder


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl; `make test` installs it")
@pytest.mark.parametrize(
    "example", API_EXAMPLES, ids=[text.split("\n")[0][:60] for text in API_EXAMPLES]
)
def test_api_example_runs(example: str, server: Server, desk: Path) -> None:
    script = example.replace("http://localhost:8001", server.url)
    assert server.url in script
    done = subprocess.run(
        ["bash", "-euc", script],
        cwd=desk,
        env={**os.environ, "CURL_HOME": str(desk), "HOME": str(desk)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout or ">" in example


def test_the_sample_answer_has_fields_that_exist(server: Server) -> None:
    sample = json.loads(re.findall(r"```json\n(.*?)```", text_of("docs/api.md"), re.DOTALL)[0])
    answer = server.predict(picture(REAL, seed=4711)).json()
    assert sample.keys() - {"…"} <= answer.keys()


def test_the_sample_problem_is_what_the_server_says(server: Server) -> None:
    errors = text_of("docs/api.md").partition("## Errors")[2]
    sample = json.loads(re.findall(r"```json\n(.*?)```", errors, re.DOTALL)[0])
    assert server.get("/analytics?days=1000").json() == sample


def test_every_path_of_the_api_is_documented(server: Server) -> None:
    page = text_of("docs/api.md")
    paths = server.get("/openapi.json").json()["paths"]
    assert [path for path in paths if path not in page] == []


def test_the_readmes_query_runs_on_the_database(server: Server) -> None:
    assert server.predict(picture(REAL, seed=4712)).status_code == 200
    (query,) = re.findall(r"```sql\n(.*?)```", text_of("README.md"), re.DOTALL)
    assert server.rows(query)


@pytest.mark.slow
def test_the_backup_of_the_operations_page_is_a_whole_database(server: Server, run) -> None:  # type: ignore[no-untyped-def]
    (command,) = [text for text in examples("docs/operations.md") if "VACUUM" in text]
    python = ROOT / ".venv" / "bin" / "python"
    script = command.replace(".venv/bin/python", str(python if python.exists() else "python3"))
    backup = server.home / "backup.db"
    backup.unlink(missing_ok=True)
    subprocess.run(["bash", "-euc", script], cwd=server.home, check=True)
    (server.home / "restored" / "analytics").mkdir(parents=True)
    shutil.move(backup, server.home / "restored" / "analytics" / "analytics.db")
    found = run("doctor", "--json", home=server.home / "restored")
    checks = {one["check"]: one for one in json.loads(found.stdout)}
    assert checks["database"]["ok"]
    assert checks["summaries"]["ok"]
