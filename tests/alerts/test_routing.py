"""Matchers, routes and inhibitions, decided without a store."""

from verascope.alerts.matcher import Field, Matcher, Op, Target, all_match
from verascope.alerts.routing import FIRST, Inhibition, Match, Route, Routing, inhibiting, ways
from verascope.records import Severity

CPU = Target("cpu_usage", Severity.WARNING, "system", "")
DISK = Target("disk_full", Severity.CRITICAL, "system", "node-1")
NEWS = Target("revenue_milestone", Severity.INFO, "business", "")


def test_all_matchers_must_fit_and_none_fit_nothing() -> None:
    system = Matcher(Field.GROUP, Op.IS, "system")
    assert all_match((system, Matcher(Field.RULE, Op.CONTAINS, "DISK")), DISK)
    assert not all_match((system, Matcher(Field.RULE, Op.IS_NOT, "disk_full")), DISK)
    assert not all_match((), DISK)


def test_until_somebody_edits_it_info_is_only_recorded() -> None:
    assert [way.channels for way in ways(FIRST, NEWS)] == [()]
    assert [way.channels for way in ways(FIRST, CPU)] == [("*",)]


def test_the_first_route_that_matches_ends_the_search_unless_it_goes_on() -> None:
    routes = (
        Route(match=Match(group=("system",)), channels=("a",), goes_on=True),
        Route(match=Match(severity=(Severity.CRITICAL,)), channels=("b",)),
        Route(channels=("c",)),
    )
    found = Routing(routes=routes)
    assert [way.channels for way in ways(found, DISK)] == [("a",), ("b",)]
    assert [way.channels for way in ways(found, CPU)] == [("a",), ("c",)]


def test_an_alert_inhibits_neither_itself_nor_one_that_fits_both_sides() -> None:
    rule = Inhibition({Field.GROUP: "system"}, {Field.GROUP: "system"})
    assert inhibiting((rule,), CPU, (CPU, DISK)) is None
    one_way = Inhibition({Field.SEVERITY: "critical"}, {Field.SEVERITY: "warning"})
    assert inhibiting((one_way,), CPU, (CPU, DISK)) == DISK
    same = Inhibition({Field.SEVERITY: "critical"}, {Field.SEVERITY: "warning"}, (Field.SUBJECT,))
    assert inhibiting((same,), CPU, (CPU, DISK)) is None
