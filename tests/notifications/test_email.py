"""Mails over a real SMTP server: secured, logged in, readable, threaded, and what its refusals mean."""

import socket
from dataclasses import replace
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest

from tests.notifications.mailbox import PASSWORD, USER, Mailbox, mailbox
from tests.notifications.test_outbox import MESSAGE
from verascope import clock
from verascope.notifications.channel import Blame, Sent, Trouble
from verascope.notifications.guard import Guard
from verascope.notifications.kinds import KINDS, complete
from verascope.notifications.message import Fact, Message, Moment

ID = "01988f2e-0000-7000-8000-000000000001"
ADMIN, DEVOPS = "admin@yourcompany.com", "devops@yourcompany.com"


def send(
    box: Mailbox,
    message: Message = MESSAGE,
    delivery_id: str = ID,
    remaining: tuple[str, ...] = (),
    **changes: Any,
) -> Sent:
    given = {
        "smtp_server": "127.0.0.1",
        "smtp_port": box.port,
        "sender_email": USER,
        "sender_password": PASSWORD if box.ca_file else "",
        "recipients": [ADMIN, DEVOPS],
        "smtp_ca_file": box.ca_file,
        **changes,
    }
    kind = KINDS["email"]
    return kind.make(complete(kind, given), Guard()).send(message, delivery_id, remaining)


def blame(box: Mailbox, **changes: Any) -> tuple[Blame, str]:
    with pytest.raises(Trouble) as caught:
        send(box, **changes)
    return caught.value.blame, caught.value.detail


def test_a_mail_is_sent_secured_and_logged_in_as_text_and_html(tmp_path: Path) -> None:
    message = replace(
        MESSAGE,
        title="Fehlerrate über 5 % <b>",
        facts=(Fact("Client", "<script>alert(1)</script>"),),
    )
    with mailbox(tmp_path) as box:
        sent = send(box, message)
        assert sent == Sent("250 OK queued as 1")
        assert box.envelopes == [(USER, [ADMIN, DEVOPS], True)]
        (mail,) = box.mails
    assert mail["Subject"] == "[Critical] Fehlerrate über 5 % <b>"
    assert (mail["From"], mail["To"]) == (f"Verascope <{USER}>", f"{ADMIN}, {DEVOPS}")
    assert parsedate_to_datetime(mail["Date"]) == clock.to_datetime(message.occurred_us).replace(
        microsecond=0
    )
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    assert "Client: <script>alert(1)</script>" in text.get_content()
    assert "&lt;script&gt;" in html.get_content()
    assert "<script>" not in html.get_content()
    assert 'href="http://localhost:8001/dashboard"' in html.get_content()


def test_the_mails_of_one_alert_are_one_thread_and_one_sent_again_is_the_same(
    tmp_path: Path,
) -> None:
    with mailbox(tmp_path) as box:
        for message, name in (
            (MESSAGE, ID),
            (MESSAGE, ID),
            (replace(MESSAGE, moment=Moment.RESOLVE), ID[:-1] + "2"),
            (replace(MESSAGE, dedup_key="other"), ID[:-1] + "3"),
        ):
            send(box, message, name)
    first, again, resolved, other = box.mails
    assert first.as_bytes() == again.as_bytes()
    assert first["Message-ID"] == f"<{ID}@example.com>"
    assert len({first["Message-ID"], resolved["Message-ID"], other["Message-ID"]}) == 3
    assert (
        first["References"] == first["In-Reply-To"] == resolved["References"] != other["References"]
    )
    assert resolved["Subject"].startswith("[Resolved]")


def test_a_line_break_in_a_title_begins_no_header(tmp_path: Path) -> None:
    with mailbox(tmp_path) as box:
        send(box, replace(MESSAGE, title="a\r\nBcc: everybody@example.com"))
    assert box.mails[0]["Bcc"] is None
    assert box.envelopes[0][1] == [ADMIN, DEVOPS]


def test_a_wrong_password_breaks_the_channel(tmp_path: Path) -> None:
    with mailbox(tmp_path) as box:
        found, told = blame(box, sender_password="wrong")
    assert found is Blame.BROKEN
    assert "535" in told
    assert "wrong" not in told


def test_an_unknown_certificate_is_not_accepted(tmp_path: Path) -> None:
    with mailbox(tmp_path) as box:
        found, told = blame(box, smtp_ca_file="")
    assert found is Blame.OUTAGE
    assert "certificate" in told
    assert box.mails == []


def test_a_password_is_never_sent_without_tls(tmp_path: Path) -> None:
    with mailbox(tmp_path, tls=False) as box:
        found, told = blame(box, sender_password=PASSWORD)
        assert found is Blame.BROKEN
        assert "never sent without" in told
        assert blame(box, smtp_security="starttls")[0] is Blame.BROKEN
        assert send(box).answer == "250 OK queued as 1"


def test_recipients_that_may_work_later_remain_and_others_have_it(tmp_path: Path) -> None:
    with mailbox(tmp_path) as box:
        box.recipients = {DEVOPS: "450 mailbox busy"}
        sent = send(box)
        assert sent.remaining == (DEVOPS,)
        assert f"{DEVOPS}: 450 mailbox busy" in sent.answer
        box.recipients = {}
        assert send(box, remaining=sent.remaining).remaining == ()
    assert [to for _, to, _ in box.envelopes] == [[ADMIN], [DEVOPS]]


def test_refusals_say_who_is_to_blame(tmp_path: Path) -> None:
    with mailbox(tmp_path) as box:
        box.recipients = {ADMIN: "550 no such user", DEVOPS: "550 no such user"}
        assert blame(box)[0] is Blame.BROKEN
        box.recipients = {ADMIN: "550 no such user", DEVOPS: "450 mailbox busy"}
        assert blame(box)[0] is Blame.LATER
        box.recipients = {}
        box.data = "554 looks like spam"
        assert blame(box) == (Blame.REFUSED, "The message is not accepted: 554 looks like spam")
        box.data = "451 try again"
        assert blame(box)[0] is Blame.LATER


def test_no_server_there_is_an_outage(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        box = Mailbox()
        box.port = unused.getsockname()[1]
        assert blame(box)[0] is Blame.OUTAGE
