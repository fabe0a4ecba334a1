"""One pass over the facts that puts them together in several ways: SQL's grouping sets, and who gets which row.

Reading and filtering the facts costs more than adding them up, so what is asked of the same facts is asked at once.
"""

from collections.abc import Sequence
from typing import Any

import duckdb

from verascope.store.rollups import Histogram
from verascope.store.slices import NO_BIN, OUTCOMES

SUMS = {
    "total": "count(*)",
    "billable": "count(*) FILTER (billable)",
    "high_confidence_fakes": "count(*) FILTER (high)",
    "confidence_mpct": "sum(confidence)",
    "confidence_n": "count(confidence)",
    "inference_us": "sum(inference_us)",
    "inference_n": "count(inference_us)",
    "response_us": "sum(response_us)",
    "response_n": "count(response_us)",
    "revenue_micros": "sum(price_micros)",
    "bytes": "sum(bytes)",
}
"""Counters and what they sum up; the others count the facts of each outcome."""

Codes = tuple[Any, ...]
"""The values of a group's columns, in their order."""


class GroupingSets:
    """A question about the facts that meet `condition`, which is SQL, as are the columns to group by.

    Outcomes are counted by grouping by outcome first: about half the work of a counter for each.
    """

    def __init__(self, condition: str, parts: Sequence[str]) -> None:
        self._condition = condition
        self._parts = tuple(parts)
        self._has_outcomes = any(name not in SUMS for name in parts)
        self._summed = [name for name in dict.fromkeys(("total", *parts)) if name in SUMS]
        self._places: dict[str, int] = {}
        self._sets: dict[frozenset[int], bool] = {}
        self._rows: dict[int, list[Codes]] = {}

    def add_sums(self, columns: Sequence[str]) -> None:
        """Ask for the counters of each group."""
        self._sets[self._set_of(columns)] = self._has_outcomes

    def add_bins(self, columns: Sequence[str]) -> None:
        """Ask for the histogram of the inference time of each group."""
        self._sets[self._set_of([*columns, "inference_bin"])] = False

    def _set_of(self, columns: Sequence[str]) -> frozenset[int]:
        return frozenset(self._places.setdefault(sql, len(self._places)) for sql in columns)

    def run(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Ask for everything that was added."""
        names = [f"g{place}" for place in range(len(self._places))]
        columns = [f"{sql} AS {name}" for sql, name in zip(self._places, names, strict=True)]
        sets = [
            ", ".join([names[place] for place in sorted(chosen)] + ["outcome"] * is_split)
            for chosen, is_split in self._sets.items()
        ]
        groups = [f"grouping({', '.join(names)})" if names else "0", *names]
        sums = [f"coalesce({SUMS[name]}, 0)::BIGINT" for name in self._summed]
        statement = (
            f"FROM (SELECT {', '.join([*columns, '*'])} FROM facts WHERE {self._condition}) "
            f"GROUP BY GROUPING SETS ({', '.join(f'({one})' for one in sets)})"
        )
        if self._has_outcomes:
            inner = [*groups, "outcome", *sums]
            named = ", ".join(f"{sql} AS c{place}" for place, sql in enumerate(inner))
            first = len(groups) + 1
            sums = [f"sum(c{place})::BIGINT" for place in range(first, len(inner))]
            sums += [
                f"coalesce(sum(c{first}) FILTER (c{first - 1} = {code:d}), 0)::BIGINT"
                for code in range(len(OUTCOMES))
            ]
            groups = [f"c{place}" for place in range(len(groups))]
            statement = f"FROM (SELECT {named} {statement}) GROUP BY {', '.join(groups)}"
        selected = ", ".join([*groups, *sums])
        for row in cursor.execute(f"SELECT {selected} {statement}").fetchall():
            self._rows.setdefault(row[0], []).append(row)

    def sums(self, columns: Sequence[str]) -> dict[Codes, dict[str, int]]:
        """{group: counters}; groups without a fact are absent."""
        places = [self._places[sql] + 1 for sql in columns]
        summed = [*self._summed, *OUTCOMES]
        first = len(self._places) + 1
        wanted = [(name, first + summed.index(name)) for name in self._parts]
        return {
            tuple(row[place] for place in places): {name: row[place] for name, place in wanted}
            for row in self._of(columns)
        }

    def bins(self, columns: Sequence[str]) -> dict[Codes, Histogram]:
        """{group: {bin: count}}; groups that have no measurement are absent."""
        places = [self._places[sql] + 1 for sql in columns]
        at, n = self._places["inference_bin"] + 1, len(self._places) + 1
        found: dict[Codes, Histogram] = {}
        for row in self._of([*columns, "inference_bin"]):
            if row[at] != NO_BIN:
                found.setdefault(tuple(row[place] for place in places), {})[row[at]] = row[n]
        return found

    def _of(self, columns: Sequence[str]) -> list[Codes]:
        """The rows of one set: the bits of `grouping` say what it is not grouped by, the last place first."""
        last = len(self._places) - 1
        chosen = self._set_of(columns)
        mask = sum(1 << (last - place) for place in self._places.values() if place not in chosen)
        return self._rows.get(mask, [])
