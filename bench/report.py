"""What a measurement hands back, printed as a table and kept in bench/README.md between its markers."""

import os
import platform
import sqlite3
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

README = Path(__file__).with_name("README.md")


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for.

    quick: small enough to see that everything works; its figures say nothing about the bars. rows: sizes of the
    databases, None for the measurement's own. keep: folder for filled databases, None for a temporary one.
    """

    quick: bool = False
    rows: tuple[int, ...] | None = None
    keep: Path | None = None

    def sizes(self, *full: int) -> tuple[int, ...]:
        """The sizes to fill, ascending."""
        if self.rows is not None:
            return tuple(sorted(self.rows))
        return (20_000, 50_000)[: len(full)] if self.quick else full

    def times(self, full: int) -> int:
        """How often to repeat what is repeated `full` times in earnest."""
        return max(2, full // 10) if self.quick else full


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number; `met` is None for a figure that has no bar."""

    what: str
    measured: str
    bar: str = ""
    met: bool | None = None

    @property
    def verdict(self) -> str:
        return "" if self.met is None else "met" if self.met else "**missed**"


@dataclass(slots=True)
class Report:
    """The outcome of one measurement. notes: sentences that a reader needs to judge the figures."""

    title: str
    method: str
    rows: str
    figures: list[Figure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def at_most(self, what: str, value: float, limit: float, unit: str) -> None:
        """Add a figure that should not be above `limit`."""
        self.figures.append(
            Figure(what, _number(value, unit), f"≤ {_number(limit, unit)}", value <= limit)
        )

    def at_least(self, what: str, value: float, limit: float, unit: str) -> None:
        """Add a figure that should not be below `limit`."""
        self.figures.append(
            Figure(what, _number(value, unit), f"≥ {_number(limit, unit)}", value >= limit)
        )

    def told(self, what: str, value: float, unit: str) -> None:
        """Add a figure that has no bar."""
        self.figures.append(Figure(what, _number(value, unit)))

    def lines(self) -> list[str]:
        """The section in Markdown, without its markers."""
        table = [("figure", "measured", "bar", "")]
        table += [(f.what, f.measured, f.bar, f.verdict) for f in self.figures]
        widths = [max(len(row[i]) for row in table) for i in range(4)]
        cells = [
            "| "
            + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            + " |"
            for row in table
        ]
        cells.insert(1, "| " + " | ".join("-" * max(width, 3) for width in widths) + " |")
        return [
            f"### {self.title}",
            "",
            self.method,
            "",
            *cells,
            "",
            *(f"- {note}" for note in self.notes),
            f"- {self.rows}; {machine()}; {datetime.now(UTC):%Y-%m-%d}.",
        ]


def _number(value: float, unit: str) -> str:
    """Three significant digits are all that such a measurement can claim."""
    text = f"{value:,.0f}" if value >= 999.5 else f"{value:.3g}"
    return f"{text} {unit}".strip()


def machine() -> str:
    """Cores, processor and versions in one phrase."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        found = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        model = found[0].partition(":")[2].strip() if found else model
    cores = len(os.sched_getaffinity(0))
    return (
        f"{cores} cores of {model}, Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}"
    )


def keep(name: str, report: Report) -> None:
    """Put the report into the README, in place of the last one of that name."""
    text = README.read_text("utf-8")
    first, last = f"<!-- {name}: measured -->", f"<!-- {name}: end -->"
    if first not in text:
        text = f"{text.rstrip()}\n\n{first}\n{last}\n"
    before, _, rest = text.partition(first)
    after = rest.partition(last)[2]
    body = "\n".join(report.lines())
    README.write_text(f"{before}{first}\n{body}\n{last}{after}", "utf-8")


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def percentile(values: Sequence[float], share: float) -> float:
    """Nearest rank; share from 0 to 1."""
    ordered = sorted(values)
    return ordered[max(0, -(-round(share * 1_000_000) * len(ordered) // 1_000_000) - 1)]


Measure = Callable[[Options], Report]
