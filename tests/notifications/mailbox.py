"""A real mail server on loopback: STARTTLS with a certificate that signs itself, AUTH, and refusals on demand."""

import email
import email.policy
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword

from tests.notifications.certificates import certificate

USER, PASSWORD = "alerts@example.com", "app_password"


class Mailbox:
    """What was accepted, and how to answer. recipients: address → SMTP answer, where it is not acceptance."""

    def __init__(self) -> None:
        self.port = 0
        self.ca_file = ""
        self.mails: list[EmailMessage] = []
        self.envelopes: list[tuple[str, list[str], bool]] = []
        self.recipients: dict[str, str] = {}
        self.data = ""

    async def handle_RCPT(
        self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: Any
    ) -> str:
        if address in self.recipients:
            return self.recipients[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, session: Any, envelope: Envelope) -> str:
        if self.data:
            return self.data
        assert isinstance(envelope.content, bytes)
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.mails.append(cast(EmailMessage, mail))
        self.envelopes.append(
            (str(envelope.mail_from), list(envelope.rcpt_tos), session.ssl is not None)
        )
        return f"250 OK queued as {len(self.mails)}"


def _login(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
    is_right = isinstance(data, LoginPassword) and (data.login, data.password) == (
        USER.encode(),
        PASSWORD.encode(),
    )
    return AuthResult(success=is_right, handled=False)


@contextmanager
def mailbox(folder: Path, port: int = 0, *, tls: bool = True) -> Iterator[Mailbox]:
    """tls: whether STARTTLS is offered and a login demanded."""
    box = Mailbox()
    options: dict[str, Any] = {}
    if tls:
        certificate(folder, "localhost")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
        box.ca_file = str(folder / "cert.pem")
        options = {
            "tls_context": context,
            "require_starttls": True,
            "auth_required": True,
            "authenticator": _login,
        }
    server = Controller(box, hostname="127.0.0.1", port=port, ready_timeout=20, **options)
    if port == 0:
        from tests.conftest import free_port

        server.port = free_port()
    server.start()
    box.port = server.port
    try:
        yield box
    finally:
        server.stop()
