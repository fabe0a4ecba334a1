"""The outbox keeps each reason to send once, in the caller's transaction."""

from dataclasses import replace

import pytest
from sqlalchemy import insert

from verascope.notifications import outbox
from verascope.notifications.message import Fact, Link, Message, Moment, as_text, decode, encode
from verascope.records import Severity
from verascope.store.database import Database
from verascope.store.notification_tables import channels
from verascope.store.tables import DEFAULT_TENANT

NOW = 1_770_000_000_000_000
MESSAGE = Message(
    moment=Moment.TRIGGER,
    severity=Severity.CRITICAL,
    title="Error rate above 5 %",
    summary="7.5 % of the predictions of the last five minutes failed.",
    facts=(Fact("Value", "7.5 %"), Fact("Limit", "5 %")),
    links=(Link("Open the alert", "http://localhost:8001/dashboard"),),
    dedup_key="error_rate",
    occurred_us=NOW,
    tenant="default",
)


def with_channel(database: Database, *names: str) -> None:
    with database.writing() as connection:
        for name in names:
            connection.execute(
                insert(channels).values(
                    tenant_id=DEFAULT_TENANT,
                    name=name,
                    kind="webhook",
                    settings="{}",
                    secrets="{}",
                    updated_at=NOW,
                    updated_by="owner",
                )
            )


def test_the_same_reason_is_kept_once_for_each_channel(database: Database) -> None:
    with_channel(database, "mail", "chat")
    with database.writing() as connection:
        first = outbox.enqueue(connection, 1, "mail", MESSAGE, "group 1 at 9", NOW)
        again = outbox.enqueue(connection, 1, "mail", MESSAGE, "group 1 at 9", NOW + 5)
        chat = outbox.enqueue(connection, 1, "chat", MESSAGE, "group 1 at 9", NOW)
        later = outbox.enqueue(connection, 1, "mail", MESSAGE, "group 1 at 10", NOW)
    assert first == again
    assert len({first, chat, later}) == 3
    with database.reading() as connection:
        found = outbox.listed(connection, 1, 10)
    assert [one.id for one in found] == [later, chat, first]
    assert {one.state for one in found} == {outbox.State.WAITING}


def test_what_a_transaction_takes_back_is_never_sent(database: Database) -> None:
    with_channel(database, "mail")

    def fails() -> None:
        with database.writing() as connection:
            outbox.enqueue(connection, 1, "mail", MESSAGE, "a", NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    with database.reading() as connection:
        assert outbox.listed(connection, 1, 10) == []


def test_an_unknown_channel_gives_a_delivery_that_says_so(database: Database) -> None:
    with database.writing() as connection:
        found = outbox.enqueue(connection, 1, "nowhere", MESSAGE, "a", NOW)
    with database.reading() as connection:
        delivery = outbox.get(connection, 1, found)
        other_tenant = outbox.get(connection, 2, found)
    assert delivery is not None
    assert delivery.state is outbox.State.FAILED
    assert delivery.error == "There is no channel called 'nowhere'."
    assert other_tenant is None


def test_a_message_is_read_back_as_it_was_stored() -> None:
    assert decode(encode(MESSAGE)) == MESSAGE


def test_the_plain_text_holds_everything() -> None:
    text = as_text(replace(MESSAGE, moment=Moment.RESOLVE))
    assert text.startswith("Resolved: Error rate above 5 %\n")
    for part in ("7.5 %", "Limit: 5 %", "http://localhost:8001/dashboard", "2026-02-02T"):
        assert part in text
