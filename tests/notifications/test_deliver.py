"""The outbox on its way: outages, order, permanent errors, fallbacks, interruptions; the clock is moved by the tests."""

import random
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from tests.notifications.test_outbox import MESSAGE, NOW, with_channel
from verascope.clock import US
from verascope.notifications import channels, claims, outbox, outcome
from verascope.notifications.channel import Blame, Sent, Trouble
from verascope.notifications.channels import Stored
from verascope.notifications.deliver import Deliverer
from verascope.notifications.message import Message, Moment
from verascope.notifications.outbox import Delivery, State
from verascope.runtime import at_once
from verascope.store.database import Database
from verascope.store.notification_tables import channels as channel_table
from verascope.store.notification_tables import deliveries

MINUTE = 60 * US
HOUR = 60 * MINUTE


class House:
    """A deliverer over a real database. `arrived`: (channel, delivery, message) in order; `say` may raise Trouble."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.now_us = NOW
        self.arrived: list[tuple[str, str, Message]] = []
        self.attempts: list[int] = []
        self.say: dict[str, Callable[[Message], Sent]] = {}
        chance = random.Random(7).random
        self.deliverer = Deliverer(
            database, at_once(database), self._opened, lambda: self.now_us, chance
        )

    def _opened(self, stored: Stored) -> "Line":
        return Line(self, stored.name)

    def put(
        self, channel: str, key: str, dedup_key: str = "a", moment: Moment = Moment.TRIGGER
    ) -> str:
        message = replace(MESSAGE, title=key, dedup_key=dedup_key, moment=moment)
        with self.database.writing() as connection:
            return outbox.enqueue(connection, 1, channel, message, key, self.now_us)

    def run(self, minutes: float = 0, step_seconds: int = 2) -> None:
        """Let the periodic job run for a while."""
        end_us = self.now_us + round(minutes * MINUTE)
        while True:
            self.deliverer.run_due(self.now_us)
            if self.now_us >= end_us:
                return
            self.now_us = min(end_us, self.now_us + step_seconds * US)

    def titles(self, channel: str) -> list[str]:
        return [message.title for name, _, message in self.arrived if name == channel]

    def delivery(self, delivery_id: str) -> Delivery:
        with self.database.reading() as connection:
            found = outbox.get(connection, 1, delivery_id)
        assert found is not None
        return found

    def channel(self, name: str) -> Stored:
        with self.database.reading() as connection:
            return channels.get(connection, 1, name)

    def fall_back(self, name: str, fallback: str) -> None:
        with self.database.writing() as connection:
            connection.execute(
                update(channel_table).where(channel_table.c.name == name).values(fallback=fallback)
            )


class Line:
    def __init__(self, house: House, name: str) -> None:
        self.house = house
        self.name = name

    def send(self, message: Message, delivery_id: str, remaining: tuple[str, ...]) -> Sent:
        self.house.attempts.append(self.house.now_us)
        sent = self.house.say.get(self.name, lambda _: Sent("ok"))(message)
        self.house.arrived.append((self.name, delivery_id, message))
        return sent


def failing(
    blame: Blame, detail: str = "down", wait_seconds: float = 0
) -> Callable[[Message], Sent]:
    def say(_: Message) -> Sent:
        raise Trouble(blame, detail, wait_seconds)

    return say


@pytest.fixture
def house(database: Database) -> House:
    with_channel(database, "mail", "chat")
    return House(database)


def test_what_is_due_is_sent_and_the_answer_kept(house: House) -> None:
    found = house.put("mail", "one")
    house.run()
    delivery = house.delivery(found)
    assert (delivery.state, delivery.attempts, delivery.answer, delivery.error) == (
        State.DELIVERED,
        1,
        "ok",
        None,
    )
    assert delivery.delivered_us == NOW
    assert delivery.next_attempt_us is None
    house.run(5)
    assert house.titles("mail") == ["one"]


def test_after_six_hours_without_a_mail_server_all_arrive_in_order_and_none_is_lost(
    house: House,
) -> None:
    house.say["mail"] = failing(Blame.OUTAGE, "connection refused")
    wanted = []
    for minute in range(0, 360, 10):
        wanted.append(f"{minute:03}")
        house.put("mail", wanted[-1], dedup_key=f"alert {minute % 7}")
        house.run(10, step_seconds=120)
    assert house.titles("mail") == []
    during_outage = len(house.attempts)
    assert during_outage < 6 * 60, "the server that is down is left alone"
    del house.say["mail"]
    house.run(11, step_seconds=10)
    assert house.titles("mail") == wanted
    with house.database.reading() as connection:
        assert {one.state for one in outbox.listed(connection, 1, 100)} == {State.DELIVERED}
    assert house.channel("mail").failures == 0


def test_attempts_come_less_and_less_often_for_a_day_and_then_end(house: House) -> None:
    house.say["mail"] = failing(Blame.LATER, "500")
    found = house.put("mail", "one")
    house.run(26 * 60, step_seconds=240)
    delivery = house.delivery(found)
    assert (delivery.state, delivery.error) == (State.GIVEN_UP, "500")
    gaps = [
        after - before for before, after in zip(house.attempts, house.attempts[1:], strict=False)
    ]
    assert max(gaps) <= HOUR + 4 * MINUTE
    assert gaps[-1] > 5 * gaps[0]
    assert house.attempts[-1] - NOW >= 24 * HOUR


def test_an_outage_of_more_than_a_day_gives_up_on_what_waited_for_a_day_and_keeps_the_rest(
    house: House,
) -> None:
    house.say["mail"] = failing(Blame.OUTAGE)
    old = [house.put("mail", f"old {n}", dedup_key=str(n)) for n in range(3)]
    house.run(20 * 60, step_seconds=600)
    young = house.put("mail", "young")
    house.run(5 * 60, step_seconds=300)
    del house.say["mail"]
    house.run(15, step_seconds=60)
    assert [house.delivery(one).state for one in old] == [State.GIVEN_UP] * 3
    assert house.delivery(young).state is State.DELIVERED


def test_the_receiver_decides_how_long_it_is_left_alone(house: House) -> None:
    house.say["mail"] = failing(Blame.OUTAGE, "429", wait_seconds=1_000)
    house.put("mail", "one")
    house.run(20, step_seconds=10)
    assert len(house.attempts) == 2
    assert house.attempts[1] - house.attempts[0] >= 1_000 * US


def test_one_alert_keeps_its_order_while_others_pass(house: House) -> None:
    def say(message: Message) -> Sent:
        if message.title == "a trigger" and house.now_us < NOW + 10 * MINUTE:
            raise Trouble(Blame.LATER, "500")
        return Sent("ok")

    house.say["mail"] = say
    house.put("mail", "a trigger", "a")
    house.put("mail", "b trigger", "b")
    house.put("mail", "a resolve", "a", Moment.RESOLVE)
    house.put("chat", "a resolve", "a", Moment.RESOLVE)
    house.run(30, step_seconds=10)
    assert house.titles("mail") == ["b trigger", "a trigger", "a resolve"]
    assert house.titles("chat") == ["a resolve"]


def test_an_outage_of_one_channel_holds_no_other_up(house: House) -> None:
    house.say["mail"] = failing(Blame.OUTAGE)
    house.put("mail", "one")
    house.put("chat", "two")
    house.run()
    assert house.titles("chat") == ["two"]


def test_a_receiver_that_hangs_holds_nobody_else_up_and_is_not_asked_twice(house: House) -> None:
    is_hanging, may_go = threading.Event(), threading.Event()

    def hang(_: Message) -> Sent:
        is_hanging.set()
        assert may_go.wait(60)
        return Sent("at last")

    house.say["mail"] = hang
    slow = house.put("mail", "slow")
    (thread,) = house.deliverer.start_due(house.now_us)
    assert is_hanging.wait(60)
    quick = house.put("chat", "quick")
    threads = house.deliverer.start_due(house.now_us)
    next(one for one in threads if one is not thread).join()
    assert house.delivery(quick).state is State.DELIVERED
    assert house.delivery(slow).state is State.SENDING
    may_go.set()
    thread.join()
    assert house.delivery(slow).answer == "at last"
    assert house.titles("mail") == ["slow"]


def test_a_permanent_error_switches_the_channel_off_and_its_fallback_gets_everything(
    house: House,
) -> None:
    house.fall_back("mail", "chat")
    house.say["mail"] = failing(Blame.BROKEN, "535 wrong password")
    first, second = house.put("mail", "one"), house.put("mail", "two")
    house.run(0.1)
    stored = house.channel("mail")
    assert (stored.enabled, stored.disabled_reason) == (False, "535 wrong password")
    assert house.titles("chat") == ["one", "two"]
    assert len(house.attempts) == 3, "a channel that is off is not tried again"
    assert [house.delivery(one).state for one in (first, second)] == [State.FAILED] * 2
    told = [message.facts[-1].value for _, _, message in house.arrived]
    assert all("mail" in text and "535 wrong password" in text for text in told)
    with house.database.reading() as connection:
        assert [one.fallback_of for one in outbox.listed(connection, 1, 2)] == [second, first]


def test_without_a_fallback_it_waits_until_the_channel_is_mended(house: House) -> None:
    house.say["mail"] = failing(Blame.BROKEN)
    found = house.put("mail", "one")
    house.run(60, step_seconds=60)
    assert house.delivery(found).state is State.WAITING
    del house.say["mail"]
    with house.database.writing() as connection:
        channels.enable(connection, 1, "mail")
    house.run()
    assert house.titles("mail") == ["one"]


def test_what_waits_for_a_channel_that_stays_off_is_given_up_after_a_day(house: House) -> None:
    house.say["mail"] = failing(Blame.BROKEN)
    found = house.put("mail", "one")
    house.run(24 * 60 + 10, step_seconds=1800)
    assert house.delivery(found).state is State.GIVEN_UP
    assert len(house.attempts) == 1


def test_a_message_that_is_refused_goes_to_the_fallback_and_the_channel_stays_on(
    house: House,
) -> None:
    house.fall_back("mail", "chat")
    house.say["mail"] = failing(Blame.REFUSED, "400 too long")
    found = house.put("mail", "one")
    house.run(0.1)
    assert house.channel("mail").enabled
    assert house.delivery(found).state is State.FAILED
    assert house.titles("chat") == ["one"]


def test_a_fallback_that_is_off_too_passes_on_to_its_own(house: House) -> None:
    with_channel(house.database, "pager")
    house.fall_back("mail", "chat")
    house.fall_back("chat", "pager")
    for name in ("mail", "chat"):
        house.say[name] = failing(Blame.BROKEN)
    house.put("chat", "first")
    house.run(0.1)
    house.put("mail", "second")
    house.run(0.1)
    assert house.titles("pager") == ["first", "second"]


def test_recipients_that_remain_are_tried_again_alone(house: House) -> None:
    seen: list[tuple[str, ...]] = []

    class Partly:
        def send(self, message: Message, delivery_id: str, remaining: tuple[str, ...]) -> Sent:
            seen.append(remaining)
            return Sent("250", () if remaining else ("b@example.com",))

    house.deliverer = Deliverer(
        house.database, at_once(house.database), lambda _: Partly(), lambda: house.now_us
    )
    found = house.put("mail", "one")
    house.run(2)
    assert seen == [(), ("b@example.com",)]
    assert house.delivery(found).state is State.DELIVERED


def test_a_channel_that_was_removed_fails_what_waited_for_it(house: House) -> None:
    found = house.put("mail", "one")
    with house.database.writing() as connection:
        channels.remove(connection, 1, "mail")
    house.run()
    delivery = house.delivery(found)
    assert (delivery.state, delivery.error) == (State.FAILED, "The channel mail was removed.")


def test_what_was_claimed_and_never_recorded_is_sent_again_under_the_same_id(house: House) -> None:
    found = house.put("mail", "one")
    with house.database.writing() as connection:
        claim = claims.claim_next(connection, 1, "mail", house.now_us)
    assert claim is not None
    house.run(5, step_seconds=60)
    assert house.arrived == [], "it may still be on its way"
    house.deliverer.recover(is_alone=False)
    house.run()
    assert house.arrived == []
    house.deliverer.recover(is_alone=True)
    house.run()
    assert [name for _, name, _ in house.arrived] == [found]
    with house.database.writing() as connection:
        outcome.record_trouble(
            connection, claim, Trouble(Blame.LATER, "late"), house.now_us, random.random
        )
    assert house.delivery(found).state is State.DELIVERED, (
        "a claim that was given up records nothing"
    )


def test_an_unexpected_error_is_tried_again_and_says_where_to_look(house: House) -> None:
    def say(_: Message) -> Sent:
        raise ZeroDivisionError

    house.say["mail"] = say
    found = house.put("mail", "one")
    house.run()
    delivery = house.delivery(found)
    assert delivery.state is State.WAITING
    assert "ZeroDivisionError" in (delivery.error or "")


def test_a_test_is_tried_once_and_changes_nothing(house: House) -> None:
    house.fall_back("mail", "chat")
    house.say["mail"] = failing(Blame.BROKEN, "535")
    found = house.put("mail", "test", moment=Moment.TEST)
    delivery = house.deliverer.send(1, found)
    assert delivery is not None
    assert (delivery.state, delivery.error) == (State.FAILED, "535")
    assert house.channel("mail").enabled
    house.run(60, step_seconds=60)
    assert house.arrived == []


def test_another_tenants_channel_of_the_same_name_is_another(house: House) -> None:
    with house.database.writing() as connection:
        found = outbox.enqueue(connection, 2, "mail", MESSAGE, "one", NOW)
        row = connection.execute(
            select(deliveries.c.state).where(deliveries.c.id == found)
        ).scalar()
    assert row == State.FAILED
