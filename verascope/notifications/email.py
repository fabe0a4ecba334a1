"""E-mail over SMTP: TLS or STARTTLS, a login when there is a password, text and HTML.

Every mail of one alert refers to the same thread (RFC 5322, References), and one that is sent again has the Message-ID
it had, so mail programs show it once.
"""

import contextlib
import hashlib
import re
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime
from html import escape

from verascope import clock
from verascope.notifications.channel import Blame, Channel, Field, Kind, Sent, Trouble, Values
from verascope.notifications.guard import Guard
from verascope.notifications.message import Message, Moment, as_text, heading
from verascope.records import Severity

TIMEOUT_SECONDS = 15.0
TOTAL_SECONDS = 60.0
"""A server that drips its answers would pass every timeout of a single one."""
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}")
_COLOURS = {Severity.CRITICAL: "#c62828", Severity.WARNING: "#b26a00", Severity.INFO: "#1565c0"}
_RESOLVED = "#2e7d32"


class Email:
    """values: the brief's JSON, completed."""

    def __init__(self, values: Values) -> None:
        self._server: str = values["smtp_server"]
        self._port: int = values["smtp_port"]
        self._sender: str = values["sender_email"]
        self._password: str = values["sender_password"]
        self._recipients: tuple[str, ...] = tuple(values["recipients"])
        self._username: str = values["smtp_username"] or self._sender
        self._security: str = values["smtp_security"]
        self._ca_file: str = values["smtp_ca_file"]

    def send(self, message: Message, delivery_id: str, remaining: tuple[str, ...]) -> Sent:
        """Part of the recipients may be accepted; those that may work later remain."""
        mail = composed(message, delivery_id, self._sender, self._recipients)
        data = mail.as_bytes(policy=policy.SMTP)
        try:
            with self._session() as session:
                return self._submitted(session, data, remaining or self._recipients)
        except smtplib.SMTPAuthenticationError as error:
            raise _answered("The login is refused", error, Blame.BROKEN, Blame.OUTAGE) from None
        except smtplib.SMTPNotSupportedError as error:
            raise Trouble(Blame.BROKEN, f"The mail server can't do it: {error}") from None
        except smtplib.SMTPSenderRefused as error:
            raise _answered("The sender is refused", error, Blame.BROKEN, Blame.LATER) from None
        except smtplib.SMTPDataError as error:
            told = "The message is not accepted"
            raise _answered(told, error, Blame.REFUSED, Blame.LATER) from None
        except smtplib.SMTPResponseException as error:
            told = "The mail server refuses the session"
            raise _answered(told, error, Blame.BROKEN, Blame.OUTAGE) from None
        except (OSError, smtplib.SMTPException) as error:
            where = f"{self._server}:{self._port}"
            said = str(error).strip() or type(error).__name__
            raise Trouble(Blame.OUTAGE, f"The mail server {where} can't be used: {said}") from None

    @contextlib.contextmanager
    def _session(self) -> Iterator[smtplib.SMTP]:
        """A greeted, secured and logged-in session, ended whatever happens."""
        is_implicit = self._security == "tls" or (self._security == "auto" and self._port == 465)
        host, port, name = self._server, self._port, socket.gethostname() or "localhost"
        session: smtplib.SMTP
        if is_implicit:
            trust = self._trust()
            session = smtplib.SMTP_SSL(host, port, name, timeout=TIMEOUT_SECONDS, context=trust)
        else:
            session = smtplib.SMTP(host, port, name, timeout=TIMEOUT_SECONDS)
        watch = threading.Timer(TOTAL_SECONDS, _cut_off, args=(session,))
        watch.daemon = True
        watch.start()
        try:
            session.ehlo_or_helo_if_needed()
            is_secure = is_implicit or self._starts_tls(session)
            if self._password:
                if not is_secure:
                    raise Trouble(
                        Blame.BROKEN,
                        "The mail server offers no TLS, and a password is never sent without; set "
                        "smtp_security, or leave the password away.",
                    )
                session.login(self._username, self._password)
            yield session
        finally:
            watch.cancel()
            with contextlib.suppress(OSError, smtplib.SMTPException):
                session.quit()
            session.close()

    def _starts_tls(self, session: smtplib.SMTP) -> bool:
        if self._security == "none":
            return False
        if self._security == "auto" and not session.has_extn("starttls"):
            return False
        session.starttls(context=self._trust())
        session.ehlo()
        return True

    def _trust(self) -> ssl.SSLContext:
        trust = ssl.create_default_context()
        if self._ca_file:
            trust.load_verify_locations(self._ca_file)
        return trust

    def _submitted(self, session: smtplib.SMTP, data: bytes, recipients: tuple[str, ...]) -> Sent:
        code, said = session.mail(self._sender)
        if code != 250:
            raise smtplib.SMTPSenderRefused(code, said, self._sender)
        accepted: list[str] = []
        later: list[str] = []
        refusals: list[str] = []
        for recipient in recipients:
            code, said = session.rcpt(recipient)
            if code in (250, 251):
                accepted.append(recipient)
                continue
            refusals.append(f"{recipient}: {code} {_readable(said)}")
            if 400 <= code < 500:
                later.append(recipient)
        told = "; ".join(refusals)
        if not accepted:
            blame = Blame.LATER if later else Blame.BROKEN
            raise Trouble(blame, f"No recipient is accepted: {told}")
        code, said = session.data(data)
        if code != 250:
            blame = Blame.LATER if 400 <= code < 500 else Blame.REFUSED
            raise Trouble(blame, f"The message is not accepted: {code} {_readable(said)}")
        answer = f"{code} {_readable(said)}"
        return Sent(f"{answer}; not accepted: {told}" if told else answer, tuple(later))


def composed(
    message: Message, delivery_id: str, sender: str, recipients: tuple[str, ...]
) -> EmailMessage:
    """The mail, byte for byte the same whenever it is sent again."""
    mail = EmailMessage(policy=policy.SMTP)
    domain = sender.rpartition("@")[2]
    thread = f"<{hashlib.sha256(message.dedup_key.encode()).hexdigest()[:32]}.alert@{domain}>"
    subject = f"[{heading(message)}] {message.title}"
    mail["Subject"] = "".join(one if one.isprintable() else " " for one in subject)[:200]
    mail["From"] = f"Verascope <{sender}>"
    mail["To"] = ", ".join(recipients)
    mail["Date"] = format_datetime(clock.to_datetime(message.occurred_us))
    mail["Message-ID"] = f"<{delivery_id}@{domain}>"
    mail["In-Reply-To"] = thread
    mail["References"] = thread
    mail["Auto-Submitted"] = "auto-generated"
    if message.severity is Severity.CRITICAL and message.moment is Moment.TRIGGER:
        mail["Importance"] = "high"
    mail.set_content(as_text(message))
    mail.add_alternative(_html(message), subtype="html")
    # The boundary would be random; a mail that is sent again should be the same.
    mail.set_boundary(f"=_{delivery_id}")
    return mail


def _html(message: Message) -> str:
    is_over = message.moment is Moment.RESOLVE
    colour = _RESOLVED if is_over else _COLOURS[message.severity]
    cell = 'style="padding:4px 16px 4px 0;vertical-align:top'
    rows = [(fact.name, fact.value) for fact in message.facts]
    rows.append(("Time", clock.to_iso(message.occurred_us)))
    table = "".join(
        f'<tr><td {cell};color:#555">{escape(name)}</td><td {cell}">{escape(value)}</td></tr>'
        for name, value in rows
    )
    links = " &nbsp; ".join(
        f'<a href="{escape(link.url)}">{escape(link.name)}</a>' for link in message.links
    )
    summary = escape(message.summary).replace("\n", "<br>")
    return (
        '<!doctype html><html lang="en"><body style="font-family:sans-serif;color:#222">'
        f'<div style="border-left:6px solid {colour};padding:4px 0 4px 16px">'
        f'<p style="color:{colour};margin:0"><b>{escape(heading(message))}</b></p>'
        f'<h2 style="margin:4px 0">{escape(message.title)}</h2><p>{summary}</p>'
        f'<table style="border-collapse:collapse">{table}</table><p>{links}</p></div>'
        f'<p style="color:#555">Sent by Verascope for {escape(message.tenant)}.</p></body></html>\n'
    )


def _answered(
    told: str, error: smtplib.SMTPResponseException, never: Blame, later: Blame
) -> Trouble:
    blame = later if 400 <= error.smtp_code < 500 else never
    said = error.smtp_error
    text = _readable(said) if isinstance(said, bytes) else str(said)
    return Trouble(blame, f"{told}: {error.smtp_code} {text}")


def _readable(said: bytes) -> str:
    return " ".join(said.decode("utf-8", "replace").split())


def _cut_off(session: smtplib.SMTP) -> None:
    with contextlib.suppress(OSError):
        if session.sock is not None:
            session.sock.shutdown(socket.SHUT_RDWR)


def _check(values: Values) -> list[tuple[str, str]]:
    problems = []
    if _ADDRESS.fullmatch(values["sender_email"]) is None:
        problems.append(("sender_email", "one address, as name@example.com"))
    wrong = [one for one in values["recipients"] if _ADDRESS.fullmatch(one) is None]
    if wrong or not values["recipients"]:
        told = f", not {', '.join(repr(one[:60]) for one in wrong[:5])}" if wrong else ""
        problems.append(("recipients", f"at least one address, as name@example.com{told}"))
    if values["smtp_ca_file"]:
        try:
            ssl.create_default_context().load_verify_locations(values["smtp_ca_file"])
        except OSError as error:
            problems.append(("smtp_ca_file", f"a readable PEM file of certificates ({error})"))
    return problems


def _make(values: Values, guard: Guard) -> Channel:
    # The operator's own mail server may be anywhere, so the guard has no say here.
    return Email(values)


KIND = Kind(
    "email",
    "E-mail",
    "Mails through an SMTP server.",
    (
        Field("smtp_server", "Mail server", "Its name, as smtp.example.com.", required=True),
        Field("smtp_port", "Port", "587 for STARTTLS, 465 for TLS.", "number", default=587, low=1, high=65535),
        Field("sender_email", "Sender", "The address mails come from.", required=True),
        Field("sender_password", "Password", "Empty: no login.", default="", is_secret=True),
        Field("recipients", "Recipients", "Addresses that are mailed.", "list", required=True),
        Field("smtp_username", "User name", "Empty: the sender's address.", default=""),
        Field(
            "smtp_security",
            "Security",
            "auto: TLS on port 465, else STARTTLS when the server offers it. A password is never sent without.",
            default="auto",
            choices=("auto", "starttls", "tls", "none"),
        ),
        Field(
            "smtp_ca_file",
            "Certificates",
            "PEM file to trust besides the system's, for a mail server of your own.",
            default="",
        ),
    ),
    _make,
    _check,
)  # fmt: skip
