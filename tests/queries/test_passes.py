"""What is asked of the same facts is read in one pass, and is what a pass for each would give."""

import dataclasses
import random
from itertools import product

import pytest

from tests.predictions import make
from tests.queries.house import House, at
from verascope.clock import HOUR, US, Grain, Range, zone
from verascope.queries import result
from verascope.queries.query import parse
from verascope.records import Outcome
from verascope.store.facts import Group, Grouping
from verascope.store.grouping_sets import GroupingSets
from verascope.store.tables import COUNTERS

NOON = at("2026-03-29T12:00:00Z")
SPAN = Range(at("2026-03-01T00:00:00Z"), at("2026-03-29T13:00:00Z"))
WEEK = {"days": 7}
ONE_CLIENT = {"client": ["a"]}
PAGE = {
    "range": {
        "metrics": ["total_predictions", "success_rate", "avg_inference_time", "peak_load"],
        "interval": "day",
        "compare": "previous",
    },
    "latency": {"metrics": ["inference_time_p50", "inference_time_p99"], "interval": "day"},
    "changes": {
        "metrics": ["total_predictions"],
        "dimensions": ["model"],
        "interval": "day",
        "compare": "previous",
        "limit": 2,
    },
    "errors": {"metrics": ["failed_predictions"], "dimensions": ["error_pattern"], "limit": 1},
    "countries": {
        "metrics": ["total_predictions", "fake_share"],
        "dimensions": ["country"],
        "order_by": "-fake_share",
    },
    "outcomes": {"metrics": ["total_predictions"], "dimensions": ["outcome", "country"]},
}


def fill(house: House, n: int = 400) -> int:
    house.now_us = NOON
    tenant_id = house.tenant("Europe/Berlin")
    dice = random.Random(3)
    made = []
    for _ in range(n):
        outcome = dice.choice(list(Outcome))
        one = make(
            outcome,
            tenant_id=tenant_id,
            timestamp_us=NOON - dice.randrange(20 * 24 * HOUR) * US,
            client=(client := dice.choice("ab")),
            client_key=client,
            country=dice.choice(["DE", "US", "unknown"]),
            model_version=dice.choice(["v1", "v2", "v3", None]),
            error_pattern=dice.choice(["x", "y"]) if outcome is Outcome.FAILED else None,
        )
        if one.success:
            one = dataclasses.replace(
                one,
                confidence_mpct=dice.randrange(50_000, 100_000),
                inference_us=dice.choice([None, dice.randrange(1, 10**7)]),
            )
        made.append(one)
    house.add_all(made)
    return tenant_id


def in_order(groups: list[Group]) -> list[Group]:
    return sorted(groups, key=lambda one: (one.bucket or 0, one.keys))


def test_groupings_of_one_pass_are_those_of_a_pass_each(house: House) -> None:
    tenant_id = fill(house)
    dimensions = [(), ("country",), ("error_pattern",), ("outcome",), ("model", "outcome")]
    asked = [
        Grouping(*one)
        for one in product([*dimensions, ("weekday_hour",)], [None, Grain.DAY], [False, True])
    ]
    berlin = zone("Europe/Berlin")
    for where, parts in product(
        ({}, ONE_CLIENT, {"outcome": ["failed", "fake"]}, {"client": ["nobody"]}),
        (COUNTERS, ("inference_us",), ("fake", "bytes")),
    ):
        with house.database.reading() as connection, house.columns.reading() as facts:
            known = (connection, tenant_id, SPAN, where)
            at_once = facts.read_all(*known, asked, tz=berlin, parts=parts)
            for one in asked:
                alone = facts.read_all(*known, [one], tz=berlin, parts=parts)[one]
                assert in_order(at_once[one]) == in_order(alone), (one, where)
                assert all(tuple(group.parts) == tuple(parts) for group in alone)


@pytest.mark.parametrize("filters", [ONE_CLIENT, {"country": ["DE"], "outcome": ["fake", "real"]}])
@pytest.mark.parametrize("small", [result.SMALL, 0])
def test_a_page_of_filtered_numbers_is_what_each_question_gives_alone(
    house: House, monkeypatch: pytest.MonkeyPatch, filters: dict[str, list[str]], small: int
) -> None:
    tenant_id = fill(house)
    monkeypatch.setattr(result, "SMALL", small)
    page = {
        name: parse({**question, "range": WEEK, "filters": filters})
        for name, question in PAGE.items()
    }
    together = house.answers.answer_all(tenant_id, page)
    for name, query in page.items():
        assert together[name] == house.answers.answer(tenant_id, query), name


def test_a_page_about_one_client_reads_its_range_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant_id = fill(house)
    asked: list[str] = []
    run = GroupingSets.run

    def counting(self: GroupingSets, cursor: object) -> None:
        asked.append(str(vars(self)["_condition"]))
        run(self, cursor)  # type: ignore[arg-type]

    monkeypatch.setattr(GroupingSets, "run", counting)
    names = ("latency", "errors", "countries")
    page = {name: parse({**PAGE[name], "range": WEEK, "filters": ONE_CLIENT}) for name in names}
    page["changes"] = parse(
        {**PAGE["changes"], "compare": None, "range": WEEK, "filters": ONE_CLIENT}
    )
    house.answers.answer_all(tenant_id, page)
    assert len(asked) == 1
