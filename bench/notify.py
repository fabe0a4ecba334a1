"""How long it takes from an image that fails to the mail about it."""

import http.client
import json
import tempfile
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope

from bench.report import Options, Report, median
from bench.server import Server, free_port
from verascope import clock
from verascope.alerts import routing_store, rule_store
from verascope.alerts.routing import Default, Routing
from verascope.alerts.rule import Rule, Side, Threshold
from verascope.config import Settings
from verascope.records import Severity
from verascope.store.database import Database

TITLE = "From a failure to the mail"
METHOD = (
    "A server mails to an SMTP server in the measuring process. A failed prediction is posted for a client that a rule "
    "of its own watches; the time runs from the post to the moment the SMTP server accepts the mail about it. One row is for "
    "rules without a for-duration and groups without a wait; the other for the built-in rule `error_rate` (a for-duration "
    "of 60 s, groups wait 30 s), from the post of 25 failures."
)

WAIT_SECONDS = 300
FOR_SECONDS = 60
RULE = Rule(
    "", "performance", "error_rate", Severity.CRITICAL, Threshold(Side.ABOVE, 5), 300, min_samples=1
)


class Mailbox:
    """When a mail whose text holds a word was accepted first."""

    def __init__(self) -> None:
        self.accepted: list[tuple[float, str]] = []
        self.port = free_port()
        self._server = Controller(self, hostname="127.0.0.1", port=self.port, ready_timeout=60)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        text = content.decode("utf-8", "replace") if isinstance(content, bytes) else str(content)
        self.accepted.append((time.perf_counter(), text))
        return "250 OK"

    def __enter__(self) -> "Mailbox":
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    def wait_for(self, word: str) -> float:
        """The moment of acceptance. Raises RuntimeError after `WAIT_SECONDS`."""
        deadline = time.perf_counter() + WAIT_SECONDS
        while time.perf_counter() < deadline:
            for at, text in list(self.accepted):
                if word in text:
                    return at
            time.sleep(0.01)
        raise RuntimeError(f"no mail about {word} within {WAIT_SECONDS} s")


def measure(options: Options) -> Report:
    times = options.times(10)
    report = Report(TITLE, METHOD, f"{times} failures for the first row, one for the second")
    with tempfile.TemporaryDirectory(prefix="verascope-bench-") as folder, Mailbox() as box:
        at_once = _at_once(Path(folder) / "at-once", box, times)
        report.told("without for-duration and wait, median", median(at_once), "s")
        report.at_most("without for-duration and wait, slowest", max(at_once), 15, "s")
        usual = _usual(Path(folder) / "usual", box)
        report.at_most("with the built-in rule and groups", usual, FOR_SECONDS + 60, "s")
    return report


def _at_once(home: Path, box: Mailbox, times: int) -> list[float]:
    names = [f"bench_client_{number}" for number in range(times)]
    database = Database.open(Settings(home=home))
    with database.writing() as connection:
        for name in names:
            rule = replace(RULE, name=name, title=f"Failing {name}.", filters={"client": (name,)})
            rule_store.put(connection, 1, None, rule, "bench", clock.now_us())
        routing = Routing(default=Default(group_wait_seconds=0))
        routing_store.save(connection, 1, routing, "bench", clock.now_us())
    database.close()
    found = []
    with Server(home, **_mail(box)) as server:
        for number, name in enumerate(names):
            # Anywhere between two evaluations.
            time.sleep(number * 5 / times)
            started = time.perf_counter()
            _fail(server.port, name, 1)
            found.append(box.wait_for(f"Failing {name}.") - started)
    return found


def _usual(home: Path, box: Mailbox) -> float:
    with Server(home, **_mail(box)) as server:
        started = time.perf_counter()
        _fail(server.port, "bench", 25)
        return box.wait_for("High error rate") - started


def _mail(box: Mailbox) -> dict[str, str]:
    return {
        "alerts_email_smtp_server": "127.0.0.1",
        "alerts_email_smtp_port": str(box.port),
        "alerts_email_sender_email": "alerts@example.com",
        "alerts_email_recipients": "owner@example.com",
    }


def _fail(port: int, client: str, times: int) -> None:
    """Post failed predictions. Raises RuntimeError when they are not stored."""
    events = [{"client": client, "error_message": "The image is truncated."}] * times
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        headers = {"Content-Type": "application/json"}
        connection.request("POST", "/api/v1/predictions", json.dumps(events), headers)
        receipt = json.loads(connection.getresponse().read())
    if receipt.get("stored") != times:
        raise RuntimeError(f"the failures were not stored: {receipt}")
