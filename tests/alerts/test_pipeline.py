"""From a state to the outbox, on a real database with a clock of the test's own."""

import pytest
import sqlalchemy as sa

from tests.alerts.house import START, TENANT, House, rule_of
from verascope.alerts import acknowledge, episode, history, silences
from verascope.alerts.history import Wanted
from verascope.alerts.matcher import Field, Matcher, Op
from verascope.alerts.routing import Default, Inhibition, Match, Route, Step
from verascope.clock import HOUR, MINUTE, US
from verascope.errors import Forbidden, Invalid
from verascope.monitor import incidents
from verascope.notifications.message import decode
from verascope.records import Severity
from verascope.store.database import Database
from verascope.store.incident_tables import incidents as incident_table
from verascope.store.notification_tables import deliveries
from verascope.store.pipeline_tables import APPEND_ONLY

ERRORS = rule_of("errors")
LATENCY = rule_of("latency", Severity.WARNING, "performance")
INFO = rule_of("milestone", Severity.INFO, "business")


@pytest.fixture
def house(database: Database) -> House:
    built = House(database)
    built.channel("email")
    return built


def test_an_alert_is_told_after_the_wait_of_its_group_and_its_end_when_it_stays_away(
    house: House,
) -> None:
    house.evaluate(ERRORS, 9)
    assert house.tick() == 0
    assert house.run(25) == 0
    assert house.run(5) == 1
    house.evaluate(ERRORS, 1)
    house.run(295)
    assert house.sent() == [("email", "trigger", "errors")]
    house.run(10)
    assert house.sent()[1:] == [("email", "resolve", "errors")]
    house.run(HOUR, step=60)
    assert len(house.sent()) == 2


def test_what_is_not_over_is_told_again_after_four_hours(house: House) -> None:
    house.evaluate(ERRORS, 9)
    house.tick()
    house.run(30)
    house.run(4 * HOUR - 5, step=295)
    assert len(house.sent()) == 1
    house.run(300)
    assert [title for _, _, title in house.sent()] == ["errors", "Still: errors"]
    assert any("repeat not due until" in text for text in house.reasons())


def test_alerts_of_one_group_come_in_one_message(house: House) -> None:
    house.routing(default=Default(group_by=(Field.GROUP,)))
    house.evaluate(ERRORS, 9)
    house.tick()
    house.run(15)
    house.evaluate(rule_of("memory"), 7)
    house.run(20)
    assert house.sent() == [("email", "trigger", "2 alerts")]
    house.evaluate(rule_of("disk"), 8)
    assert house.run(285) == 0, "news of a group wait for its interval"
    assert house.run(15) == 1


def test_five_hundred_crossings_are_at_most_three_messages(house: House) -> None:
    for crossing in range(500):
        house.evaluate(ERRORS, 9 if crossing % 2 == 0 else 1)
        house.tick()
        house.wait(15)
    house.evaluate(ERRORS, 1)
    for _ in range(20):
        house.run(120, step=60)
        house.evaluate(ERRORS, 1)
    moments = [moment for _, moment, _ in house.sent()]
    assert 2 <= len(moments) <= 3
    assert moments[0] == "trigger"
    assert moments[-1] == "resolve"


@pytest.mark.parametrize("half_minutes", [2, 5, 9])
def test_slow_crossings_are_few_messages_too(house: House, half_minutes: int) -> None:
    for crossing in range(24):
        house.evaluate(ERRORS, 9 if crossing % 2 == 0 else 1)
        house.run(half_minutes * 30, step=30)
    house.evaluate(ERRORS, 1)
    for _ in range(20):
        house.run(120, step=60)
        house.evaluate(ERRORS, 1)
    assert len(house.sent()) <= 3


def test_a_silence_keeps_quiet_until_it_ends_and_says_so(house: House) -> None:
    with house.database.writing() as connection:
        ends_us = house.now_us + 10 * MINUTE * US
        silences.create(
            connection, TENANT, (Matcher(Field.RULE, Op.IS, "errors"),), house.now_us, ends_us,
            "moving house", "owner", house.now_us,
        )  # fmt: skip
    house.evaluate(ERRORS, 9)
    house.tick()
    house.run(595, step=35)
    assert house.sent() == []
    assert [
        text for text in house.reasons() if "silenced by owner" in text and "moving house" in text
    ]
    house.run(60)
    assert house.sent() == [("email", "trigger", "errors")]


def test_an_ended_silence_no_longer_holds_and_stays_in_the_history(house: House) -> None:
    with house.database.writing() as connection:
        silence = silences.create(
            connection, TENANT, (Matcher(Field.SEVERITY, Op.IS, "critical"),), house.now_us,
            house.now_us + HOUR * US, "", "owner", house.now_us,
        )  # fmt: skip
    house.evaluate(ERRORS, 9)
    house.tick()
    house.run(60)
    with house.database.writing() as connection:
        silences.end(connection, TENANT, silence.id, "owner", house.now_us)
    house.run(60)
    assert len(house.sent()) == 1
    with house.database.reading() as connection:
        kept = history.listed(connection, TENANT, Wanted(q="silence of"), 10)
    assert ["ended" in one.text for one in kept] == [True, False]


def test_an_inhibited_alert_is_not_told_while_its_cause_fires(house: House) -> None:
    cause = Inhibition({Field.RULE: "connection"}, {Field.SEVERITY: "warning"})
    house.at_once(inhibit=(cause,))
    house.evaluate(rule_of("connection"), 9)
    house.evaluate(LATENCY, 9)
    house.tick()
    house.run(60)
    assert [title for _, _, title in house.sent()] == ["connection"]
    assert house.reasons("latency") == ["inhibited by connection"]
    house.evaluate(rule_of("connection"), 1)
    house.run(30)
    assert "latency" in [title for _, _, title in house.sent()]


def test_info_is_recorded_and_told_to_nobody(house: House) -> None:
    house.evaluate(INFO, 9)
    house.tick()
    house.run(120)
    assert house.sent() == []
    assert "no channel: route 1 names none, so it is only recorded" in house.reasons()


def test_without_a_channel_the_reason_is_kept_and_the_first_channel_hears_of_it(
    database: Database,
) -> None:
    house = House(database)
    house.evaluate(ERRORS, 9)
    house.tick()
    house.run(120)
    assert house.reasons().count("no channel: none is set up") == 1
    house.channel("slack")
    house.run(10)
    assert house.sent() == [("slack", "trigger", "errors")]


def test_what_is_over_before_anybody_was_told_is_not_told(house: House) -> None:
    house.evaluate(ERRORS, 9)
    house.tick()
    house.run(10)
    house.evaluate(ERRORS, 1)
    house.run(HOUR, step=60)
    assert house.sent() == []
    assert house.reasons()[-1] == "it was over before anybody was told"


def test_routes_choose_channels_and_the_first_match_ends_the_search(house: House) -> None:
    house.channel("pager")
    house.channel("chat")
    house.at_once(
        routes=(
            Route(match=Match(severity=(Severity.CRITICAL,)), channels=("pager",), goes_on=True),
            Route(match=Match(group=("system",)), channels=("chat",)),
            Route(match=Match(), channels=("email",)),
        )
    )
    house.evaluate(ERRORS, 9)
    house.evaluate(LATENCY, 9)
    house.run(10)
    house.run(40)
    told = {(channel, title) for channel, _, title in house.sent()}
    assert told == {("pager", "errors"), ("chat", "errors"), ("email", "latency")}


def test_a_route_may_not_name_a_channel_that_does_not_exist(house: House) -> None:
    with pytest.raises(Invalid) as caught:
        house.routing(routes=(Route(channels=("pager",)),), escalation=(Step(60, ("phone",)),))
    assert [one.field for one in caught.value.fields] == [
        "routes.0.channels",
        "escalation.0.channels",
    ]


def test_escalation_goes_on_until_somebody_acknowledges(house: House) -> None:
    for name in ("chief", "director"):
        house.channel(name)
    steps = (Step(600, ("chief",)), Step(1200, ("director",)))
    house.routing(default=Default(channels=("email",), group_wait_seconds=0), escalation=steps)
    house.evaluate(ERRORS, 9)
    house.tick()
    house.run(595, step=35)
    assert [channel for channel, _, _ in house.sent()] == ["email"]
    house.run(10)
    assert house.sent()[1:] == [("chief", "trigger", "Not acknowledged: errors")]
    acknowledged(house)
    house.run(HOUR, step=60)
    told = [channel for channel, _, _ in house.sent()]
    assert "director" not in told
    assert house.sent()[2:] == [
        ("email", "acknowledge", "errors"),
        ("chief", "acknowledge", "errors"),
    ]
    house.evaluate(ERRORS, 1)
    house.run(HOUR, step=60)
    ends = {channel for channel, moment, _ in house.sent() if moment == "resolve"}
    assert ends == {"email", "chief"}, "who was asked hears of the end as well"


def acknowledged(house: House, note: str | None = None) -> None:
    with house.database.writing() as connection:
        acknowledge.acknowledge(
            connection, TENANT, house.desk, house.alert(), "owner", note, "api", house.now_us
        )


def test_an_acknowledged_alert_is_not_repeated(house: House) -> None:
    house.evaluate(ERRORS, 9)
    house.tick()
    house.run(60)
    acknowledged(house, "looking")
    acknowledged(house, "again")
    before = len(house.sent())
    house.run(9 * HOUR, step=60)
    assert len(house.sent()) == before
    assert "acknowledged" in house.reasons()
    with house.database.reading() as connection:
        (found,) = episode.open_ones(connection, TENANT)
    assert found.acknowledged is not None
    assert found.acknowledged.note == "looking"


def test_a_critical_alert_opens_an_incident_once_and_its_end_resolves_it(house: House) -> None:
    house.evaluate(ERRORS, 9)
    house.evaluate(LATENCY, 9)
    house.tick()
    house.run(30)
    with house.database.reading() as connection:
        rows = connection.execute(sa.select(incident_table)).all()
    assert [(row.title, row.state) for row in rows] == [("errors", "open")]
    house.evaluate(ERRORS, 1)
    house.tick()
    with house.database.reading() as connection:
        (state,) = connection.execute(sa.select(incident_table.c.state)).scalars()
    assert state == "resolved"


def test_acknowledging_the_incident_acknowledges_the_alert_and_the_other_way_round(
    house: House,
) -> None:
    house.evaluate(ERRORS, 9)
    house.evaluate(rule_of("disk"), 9)
    house.tick()
    with house.database.writing() as connection:
        by_alert = incidents.for_alert(connection, TENANT, house.alert())
        other = incidents.for_alert(connection, TENANT, house.alert("disk"))
        assert by_alert is not None
        assert other is not None
        incidents.acknowledge(connection, TENANT, by_alert, "ana", house.now_us)
    house.tick()
    with house.database.writing() as connection:
        acknowledge.acknowledge(
            connection, TENANT, house.desk, house.alert("disk"), "owner", None, "api", house.now_us
        )
    with house.database.reading() as connection:
        who = {one.target.rule: one.acknowledged for one in episode.open_ones(connection, TENANT)}
        states = connection.execute(sa.select(incident_table.c.state)).scalars().all()
    assert who["errors"] is not None
    assert who["errors"].who == "ana"
    assert states == ["acknowledged", "acknowledged"]


def test_the_link_of_a_message_leads_to_its_alerts_and_nowhere_when_it_was_changed(
    house: House,
) -> None:
    house.evaluate(ERRORS, 9)
    house.tick()
    house.run(30)
    with house.database.reading() as connection:
        message = decode(connection.execute(sa.select(deliveries.c.message)).scalar_one())
        url = next(link.url for link in message.links if link.name == "Acknowledge")
        token = url.rpartition("/")[2]
        key = house.desk.key
        tenant_id, found = acknowledge.of_token(connection, key, token, house.now_us)
        assert (tenant_id, [one.alert_id for one in found]) == (TENANT, [house.alert()])
        with pytest.raises(Forbidden):
            acknowledge.of_token(connection, key, "x" + token, house.now_us)
        with pytest.raises(Forbidden, match="expired"):
            acknowledge.of_token(connection, key, token, house.now_us + 8 * 86_400 * US)
    assert {link.name for link in message.links} == {"Dashboard", "Acknowledge", "Silence"}
    assert {"Value", "Limit", "Since", "Reason"} <= {fact.name for fact in message.facts}


def test_an_alert_that_came_back_in_silence_is_acknowledged_by_the_message_people_have(
    house: House,
) -> None:
    house.at_once()
    house.evaluate(ERRORS, 9)
    house.tick()
    first = house.alert()
    with house.database.reading() as connection:
        message = decode(connection.execute(sa.select(deliveries.c.message)).scalar_one())
    token = next(one.url for one in message.links if one.name == "Acknowledge").rpartition("/")[2]
    house.evaluate(ERRORS, 1)
    house.run(20)
    house.evaluate(ERRORS, 9)
    house.run(20)
    assert house.alert() != first
    assert len(house.sent()) == 1
    with house.database.reading() as connection:
        _, found = acknowledge.of_token(connection, house.desk.key, token, house.now_us)
    assert house.alert() in {one.alert_id for one in found if one.ended_us is None}
    acknowledged(house)
    assert [moment for _, moment, _ in house.sent()] == ["trigger", "acknowledge"]


def test_an_alert_whose_rule_is_gone_ends_and_its_end_is_told(house: House) -> None:
    house.evaluate(ERRORS, 9)
    house.tick()
    house.run(30)
    with house.database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM alert_states")
    house.run(400, step=20)
    assert [moment for _, moment, _ in house.sent()] == ["trigger", "resolve"]


def test_what_is_on_record_cannot_be_changed(house: House) -> None:
    house.evaluate(ERRORS, 9)
    house.tick()
    house.run(30)
    acknowledged(house)
    for table in APPEND_ONLY:
        for statement in (table.delete(), table.update().values(tenant_id=2)):
            with (
                pytest.raises(sa.exc.DBAPIError, match="only added to"),
                house.database.writing() as connection,
            ):
                connection.execute(statement)


def test_a_tick_that_fails_leaves_nothing_behind_and_the_next_one_does_it_all(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.at_once()
    house.evaluate(ERRORS, 9)
    with monkeypatch.context() as patched:
        patched.setattr("verascope.alerts.record.sent", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            house.tick()
    assert house.sent() == []
    assert house.tick() == 1
    assert house.tick() == 0


def test_a_restart_in_any_state_forgets_nothing_and_sends_nothing_twice(
    house: House,
) -> None:
    """Every tick on new objects, over all of an alert's life."""
    story = [(0, 9.0), (30, 9.0), (90, 9.0), (400, 1.0), (420, 9.0), (1200, 1.0), (4000, 1.0)]
    for at, value in story:
        while (house.now_us - START) // US < at:
            house = reborn(house)
            house.run(10)
        house.evaluate(ERRORS, value)
        house = reborn(house)
        house.tick()
    house.run(600, step=60)
    moments = [moment for _, moment, _ in house.sent()]
    assert moments == ["trigger", "resolve"]
    with house.database.reading() as connection:
        keys = connection.execute(sa.select(deliveries.c.key)).scalars().all()
    assert len(set(keys)) == len(keys)


def START_OF(house: House) -> int:
    from tests.alerts.house import START

    return START


def reborn(house: House) -> House:
    """New objects on the same database, as after a restart."""
    fresh = House(house.database)
    fresh.now_us = house.now_us
    return fresh
