"""The README says what the code does."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

from verascope_client import Client
from verascope_client.answer import NAMES, VERDICTS
from verascope_client.event import Fields

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")


def rows(heading: str) -> list[list[str]]:
    section = README.split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines[2:]]


def test_every_option_stands_there_with_its_default() -> None:
    parameters = list(inspect.signature(Client).parameters.values())
    expected = {
        f"`{one.name}`": "required"
        if one.default is inspect.Parameter.empty
        else f"`{one.default!r}`"
        for one in parameters
    }
    expected["`clock`"] = "the machine's"
    assert {name: default for name, default, _ in rows("Options")} == expected


def test_every_field_stands_there() -> None:
    section = README.split("## What `record` takes\n")[1].split("\n## ")[0]
    assert [name for name in Fields.__annotations__ if f"`{name}`" not in section] == []


def test_the_names_that_are_understood_stand_there() -> None:
    section = README.split("## A service that exists already\n")[1].split("\n## ")[0]
    words = {name for names in NAMES.values() for name in names}
    assert [word for word in words if f"`{word}`" not in section] == []
    assert [word for word in VERDICTS if word not in section] == []


def test_the_examples_are_python() -> None:
    examples = re.findall(r"^```python\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
    assert len(examples) == 5
    for example in examples:
        compile(example, "README.md", "exec")
