"""Where webhooks may go, and how long and how much a receiver may answer."""

import socket
import ssl
import time
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path

import pytest

from tests.notifications.certificates import certificate
from tests.notifications.receiver import Receiver, receiver
from verascope.notifications.guard import (
    ANSWER_BYTES,
    Answer,
    Guard,
    NotAllowed,
    Unreachable,
    objection,
)

FORBIDDEN = [
    "127.0.0.1",
    "127.8.9.10",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:a9fe:a9fe",
    "64:ff9b::a00:1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "2001:0:4136:e378:8000:63bf:f5ff:fffe",
    "fe80::1",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
]


@pytest.mark.parametrize("text", FORBIDDEN)
def test_an_address_that_only_we_can_reach_is_refused(text: str) -> None:
    assert objection(ip_address(text), allow_private=False) is not None


@pytest.mark.parametrize(
    "text", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34", "64:ff9b::5db8:d822"]
)
def test_a_public_address_is_accepted(text: str) -> None:
    assert objection(ip_address(text), allow_private=False) is None


@pytest.mark.parametrize(
    "text",
    [
        "169.254.169.254",
        "fd00:ec2::254",
        "100.100.100.200",
        "168.63.129.16",
        "::ffff:169.254.169.254",
        "fe80::1",
        "0.0.0.0",
    ],
)
def test_metadata_is_refused_even_where_private_networks_are_allowed(text: str) -> None:
    assert objection(ip_address(text), allow_private=True) is not None


@pytest.mark.parametrize("text", ["127.0.0.1", "10.0.0.1", "::1", "fc00::1"])
def test_private_networks_can_be_allowed(text: str) -> None:
    assert objection(ip_address(text), allow_private=True) is None


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://localhost/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://169.254.169.254/latest/meta-data/",
        "http://93.184.216.34/",
        "https://user@93.184.216.34/",
        "ftp://93.184.216.34/",
        "file:///etc/passwd",
        "https:///path",
        "https://host:99999/",
        "gopher://127.0.0.1:25/",
        "nothing",
        "",
    ],
)
def test_such_a_url_is_never_asked(url: str) -> None:
    with pytest.raises(NotAllowed):
        Guard().post(url, b"{}", {})


def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    guard = Guard(resolve=lambda host, port: ["93.184.216.34", "10.0.0.1"])
    with pytest.raises(NotAllowed, match="not on the public internet"):
        guard.post("https://mixed.example/", b"{}", {})


def test_a_name_that_does_not_exist_is_an_outage() -> None:
    def resolve(host: str, port: int) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    with pytest.raises(Unreachable, match=r"nowhere\.example can't be resolved"):
        Guard(resolve=resolve).post("https://nowhere.example/", b"{}", {})


def test_a_name_is_resolved_once_and_asked_where_it_was_judged() -> None:
    """The second answer of a name server that changes its mind is never used."""
    answers = [["127.0.0.1"], ["10.255.255.1"]]
    with receiver(lambda handler: handler.respond(200, b"yes")) as (port, asked):
        guard = Guard(allow_private=True, resolve=lambda host, port: answers.pop(0))
        answer = guard.post(f"http://rebinding.example:{port}/hook?a=1", b"{}", {"X-A": "b"})
    assert answer == Answer(200, "yes", 0)
    assert answers == [["10.255.255.1"]]
    ((path, headers, body),) = asked
    assert (path, headers["Host"], headers["X-A"], body) == (
        "/hook?a=1",
        f"rebinding.example:{port}",
        "b",
        b"{}",
    )


def test_a_redirect_is_told_and_not_followed() -> None:
    with receiver(lambda handler: handler.respond(302, b"", Location="http://127.0.0.1:1/")) as (
        port,
        asked,
    ):
        answer = Guard(allow_private=True).post(f"http://127.0.0.1:{port}/", b"{}", {})
    assert answer.status == 302
    assert len(asked) == 1


def test_a_long_answer_is_cut() -> None:
    with receiver(lambda handler: handler.respond(200, b"x" * 1_000_000)) as (port, _):
        answer = Guard(allow_private=True).post(f"http://127.0.0.1:{port}/", b"{}", {})
    assert len(answer.text) == ANSWER_BYTES


def test_retry_after_is_read() -> None:
    with receiver(
        lambda handler: handler.respond(429, b"slow\x00 down", **{"Retry-After": "30"})
    ) as (port, _):
        answer = Guard(allow_private=True).post(f"http://127.0.0.1:{port}/", b"{}", {})
    assert answer == Answer(429, "slow  down", 30)


def test_a_receiver_that_drips_is_cut_off() -> None:
    def drip(handler: Receiver) -> None:
        handler.send_response(200)
        handler.end_headers()
        for _ in range(200):
            handler.wfile.write(b".")
            time.sleep(0.05)

    with receiver(drip) as (port, _):
        guard = Guard(allow_private=True, total_seconds=0.4)
        # Whether the cut ends the answer or breaks it, nothing is waited for longer.
        with suppress(Unreachable):
            assert len(guard.post(f"http://127.0.0.1:{port}/", b"{}", {}).text) < 200


def test_nobody_there_is_an_outage() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(Unreachable, match="can't be reached"):
            Guard(allow_private=True).post(
                f"http://127.0.0.1:{unused.getsockname()[1]}/", b"{}", {}
            )


def test_certificates_are_checked_against_the_name(tmp_path: Path) -> None:
    certificate(tmp_path, "hooks.example")
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    trust = ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))
    to_loopback = lambda host, port: ["127.0.0.1"]  # noqa: E731
    with receiver(lambda handler: handler.respond(200, b"yes"), server_side) as (port, asked):
        known = Guard(allow_private=True, resolve=to_loopback, trust=trust)
        assert known.post(f"https://hooks.example:{port}/", b"{}", {}).status == 200
        for guard, host in (
            (known, "other.example"),
            (Guard(allow_private=True, resolve=to_loopback), "hooks.example"),
        ):
            with pytest.raises(Unreachable, match="certificate"):
                guard.post(f"https://{host}:{port}/", b"{}", {})
    assert len(asked) == 1
