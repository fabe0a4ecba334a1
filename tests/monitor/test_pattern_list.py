"""Lists of error patterns on a clock of the test's own: counts that add up, and which patterns are shown."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.predictions import make
from tests.queries.house import House, at
from verascope import clock
from verascope.clock import Range
from verascope.errors import NotFound
from verascope.monitor import error_patterns, pattern_list
from verascope.monitor.pattern_list import Asked, Span
from verascope.records import Outcome, Prediction

DAY = clock.DAY * clock.US
HOUR = clock.HOUR * clock.US
NOW = at("2026-03-29T12:00:00Z")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    built = House(tmp_path_factory.mktemp("house"))
    yield built
    built.close()


def failed(tenant_id: int, pattern: str, at_us: int, client: str = "acme") -> Prediction:
    return make(
        Outcome.FAILED,
        tenant_id=tenant_id,
        timestamp_us=at_us,
        received_us=at_us,
        error_message=f"{pattern} (7)",
        error_pattern=pattern,
        client=client,
        client_key=client,
    )


def page(
    house: House, tenant_id: int, state: str = "all", days: int = 7, **more: Any
) -> dict[str, Any]:
    asked = replace(Asked(state, Span(days), 50), **more)
    return pattern_list.page(house.answers, house.database, tenant_id, asked, 24)


def shown(house: House, tenant_id: int, state: str, days: int = 7) -> dict[str, int]:
    items = page(house, tenant_id, state, days)["items"]
    return {item["pattern"]: item["count"] for item in items}


def do(house: House, tenant_id: int, change: Any, *given: Any, at_us: int = NOW) -> None:
    with house.database.writing() as connection:
        change(connection, tenant_id, *given, "ann", at_us)


happenings = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c/d", "é <n>"]),
        st.integers(-9 * clock.DAY, 0),
        st.sampled_from(["acme", "bolt", "cove"]),
    ),
    max_size=25,
)


@settings(max_examples=15, deadline=None)
@given(happenings, st.sampled_from([1, 7, 8]))
def test_counts_trends_clients_and_shares_add_up(
    house: House, happened: list[tuple[str, int, str]], days: int
) -> None:
    tenant_id = house.tenant("Asia/Tokyo")
    house.now_us = NOW
    house.add(
        make(tenant_id=tenant_id, timestamp_us=NOW),
        *(failed(tenant_id, name, NOW + s * clock.US, client) for name, s, client in happened),
    )
    found = page(house, tenant_id, days=days)
    assert found["left_out"] == 0
    start = clock.from_iso("start", found["range"]["start"])
    expected: dict[str, dict[str, int]] = {}
    for name, s, client in happened:
        if NOW + s * clock.US >= start:
            clients = expected.setdefault(name, {})
            clients[client] = clients.get(client, 0) + 1
    assert found["failed"] == sum(sum(one.values()) for one in expected.values())
    assert {item["pattern"] for item in found["items"]} == expected.keys()
    for item in found["items"]:
        hit = expected[item["pattern"]]
        assert item["count"] == sum(item["trend"]) == sum(hit.values())
        assert {one["name"]: one["count"] for one in item["clients"]} == hit
        assert item["affected_clients"] == len(hit)
        assert item["share"] == 100 * item["count"] / found["failed"]
        assert len(item["trend"]) == len(found["trend_starts"])
    counts = [item["count"] for item in found["items"]]
    assert counts == sorted(counts, reverse=True)


def test_a_list_names_what_happened_in_the_range_and_what_somebody_said_something_about(
    house: House,
) -> None:
    tenant_id = house.tenant()
    house.now_us = NOW
    long_ago = NOW - 60 * DAY
    house.add(
        failed(tenant_id, "old and forgotten", long_ago),
        failed(tenant_id, "old and resolved", long_ago),
        failed(tenant_id, "old, ignored", long_ago),
        failed(tenant_id, "ongoing", long_ago),
        failed(tenant_id, "ongoing", NOW - HOUR),
        failed(tenant_id, "new", NOW - HOUR),
    )
    do(house, tenant_id, error_patterns.resolve, "old and resolved")
    do(house, tenant_id, error_patterns.ignore, "old, ignored", NOW + DAY)
    assert shown(house, tenant_id, "open") == {"new": 1, "ongoing": 1}
    assert shown(house, tenant_id, "new") == {"new": 1}
    assert shown(house, tenant_id, "ongoing") == {"ongoing": 1}
    assert shown(house, tenant_id, "resolved") == {"old and resolved": 0}
    assert shown(house, tenant_id, "ignored") == {"old, ignored": 0}
    assert len(shown(house, tenant_id, "all")) == 4
    assert shown(house, tenant_id, "ongoing", days=90)["old and forgotten"] == 1
    # The ignore has run out, and it has not happened since.
    house.now_us = NOW + 2 * DAY
    assert "old, ignored" not in shown(house, tenant_id, "all")
    house.now_us = NOW


def test_a_range_that_is_over_leaves_out_what_happened_before_and_since(house: House) -> None:
    tenant_id = house.tenant()
    house.now_us = NOW
    start, end = NOW - 3 * DAY, NOW - 2 * DAY
    moments = (start - 1, start, end - 1, end, NOW)
    house.add(*(failed(tenant_id, "p", moment) for moment in moments))
    house.add(failed(tenant_id, "since", NOW))
    past = Span(7, Range(start, end))
    found = page(house, tenant_id, span=past)
    assert [(item["pattern"], item["count"]) for item in found["items"]] == [("p", 2)]
    assert (found["failed"], found["left_out"], found["interval"]) == (2, 0, "hour")
    assert found["range"]["start"] == clock.to_iso(start)
    assert found["range"]["end"] == clock.to_iso(end)
    assert found["range"]["unfinished"] is False
    (item,) = found["items"]
    assert len(item["trend"]) == len(found["trend_starts"]) == 24
    assert (sum(item["trend"]), item["clients"]) == (2, [{"name": "acme", "count": 2}])
    one = pattern_list.one(house.answers, house.database, tenant_id, "p", past, 24)
    assert (one["count"], one["failed"]) == (2, 2)


def test_pages_follow_each_other(house: House) -> None:
    tenant_id = house.tenant()
    house.now_us = NOW
    house.add(*(failed(tenant_id, f"p{i}", NOW - j) for i in range(5) for j in range(i + 1)))
    names = []
    after = None
    while True:
        found = page(house, tenant_id, limit=2, after=after)
        names += [item["pattern"] for item in found["items"]]
        after = found["next_cursor"]
        if after is None:
            break
    assert names == ["p4", "p3", "p2", "p1", "p0"]


def test_one_pattern_names_its_newest_failures_and_its_timeline(house: House) -> None:
    tenant_id = house.tenant()
    house.now_us = NOW
    house.add(*(failed(tenant_id, "p", NOW - i * HOUR) for i in range(12)))
    do(house, tenant_id, error_patterns.assign, "p", "bob")
    found = pattern_list.one(house.answers, house.database, tenant_id, "p", Span(7), 24)
    assert (found["count"], found["message"], found["assignee"]) == (12, "p (7)", "bob")
    assert len(found["samples"]) == pattern_list.SAMPLES
    assert [entry["text"] for entry in found["timeline"]] == [
        "Happened for the first time.",
        "Assigned to bob.",
    ]
    other = house.tenant()
    with pytest.raises(NotFound):
        pattern_list.one(house.answers, house.database, other, "p", Span(7), 24)
