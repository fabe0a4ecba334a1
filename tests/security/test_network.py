"""Protected mode as a matrix: who counts as a caller on this machine, and whom a browser may speak
for.
"""

import pytest
from starlette.datastructures import Headers

from verascope.errors import Invalid
from verascope.security.network import Origin, Perimeter, is_loopback_host, parse_address

OPEN = Perimeter.of([], [])
PROXIED = Perimeter.of(["verascope.example"], ["127.0.0.1", "10.1.0.0/16"])


def locate(
    peer: str | None, headers: dict[str, str], perimeter: Perimeter = OPEN, version: str = "1.1"
) -> Origin:
    return perimeter.locate(peer, Headers(headers), version)


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"])
def test_direct_loopback_connection_is_local(peer: str) -> None:
    assert locate(peer, {"host": "localhost:8001"}).is_local


@pytest.mark.parametrize(
    "peer", ["192.168.1.5", "203.0.113.7", "2001:db8::1", "", None, "somewhere"]
)
def test_any_other_connection_is_not_local(peer: str | None) -> None:
    assert not locate(peer, {}).is_local


@pytest.mark.parametrize(
    "header",
    [
        "forwarded",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-proto",
        "x-forwarded-anything",
        "x-real-ip",
        "via",
        "cf-connecting-ip",
        "true-client-ip",
    ],
)
@pytest.mark.parametrize("value", ["127.0.0.1", "for=127.0.0.1", "", "localhost"])
def test_forwarding_header_of_an_untrusted_proxy_never_counts_as_loopback(
    header: str, value: str
) -> None:
    assert not locate("127.0.0.1", {header: value}).is_local


def test_proxy_that_adds_no_header_gives_itself_away_by_http_1_0() -> None:
    assert not locate("127.0.0.1", {}, version="1.0").is_local


def test_trusted_proxy_is_believed_about_the_caller() -> None:
    found = locate("127.0.0.1", {"x-forwarded-for": "203.0.113.7"}, PROXIED)
    assert found == Origin("203.0.113.7", is_local=False)


def test_trusted_proxy_may_pass_on_a_caller_of_this_machine() -> None:
    assert locate("127.0.0.1", {"x-forwarded-for": "127.0.0.1"}, PROXIED).is_local


def test_what_a_stranger_writes_into_the_chain_is_not_believed() -> None:
    found = locate("127.0.0.1", {"x-forwarded-for": "127.0.0.1, 203.0.113.7"}, PROXIED)
    assert found == Origin("203.0.113.7", is_local=False)


def test_chain_of_trusted_proxies_is_walked_to_the_first_stranger() -> None:
    chain = "198.51.100.1, 203.0.113.7, 10.1.2.3"
    assert locate("127.0.0.1", {"x-forwarded-for": chain}, PROXIED).address == "203.0.113.7"


def test_forwarded_header_of_rfc_7239_is_read() -> None:
    headers = {"forwarded": 'proto=https;for="[2001:db8::17]:4711";by=10.1.0.1'}
    assert locate("10.1.0.1", headers, PROXIED).address == "2001:db8::17"


def test_rubbish_in_the_chain_is_nobody() -> None:
    found = locate("127.0.0.1", {"x-forwarded-for": "unknown"}, PROXIED)
    assert found == Origin(None, is_local=False)


def test_network_that_is_none_is_refused_by_name() -> None:
    with pytest.raises(Invalid) as caught:
        Perimeter.of([], ["10.0.0.0/8", "proxy.example"])
    assert [field.field for field in caught.value.fields] == ["server.trusted_proxies"]


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8001", "127.0.0.1:8001", "[::1]:8001", "LOCALHOST:9", "[::1]"]
)
def test_names_of_this_machine_are_known_hosts(host: str) -> None:
    assert OPEN.is_known_host(Headers({"host": host}))


@pytest.mark.parametrize(
    "host",
    ["attacker.example", "localhost.attacker.example", "127.0.0.1.nip.io", "192.168.1.5", ""],
)
def test_other_hosts_are_unknown_so_dns_rebinding_gets_nothing(host: str) -> None:
    assert not OPEN.is_known_host(Headers({"host": host}))


def test_request_with_no_host_or_two_is_unknown() -> None:
    assert not OPEN.is_known_host(Headers({}))
    twice = [(b"host", b"localhost"), (b"host", b"attacker.example")]
    assert not OPEN.is_known_host(Headers(raw=twice))


def test_allowed_host_is_known_on_any_port() -> None:
    assert PROXIED.is_known_host(Headers({"host": "verascope.example:443"}))


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://localhost:8001", "localhost:8001"),
        ("http://127.0.0.1:8001", "127.0.0.1:8001"),
        ("https://verascope.example", "127.0.0.1:8001"),
    ],
)
def test_page_of_this_service_may_ask(origin: str, host: str) -> None:
    headers = Headers({"origin": origin, "host": host, "sec-fetch-site": "same-origin"})
    assert PROXIED.objection("POST", headers) is None


@pytest.mark.parametrize(
    "origin",
    [
        "http://attacker.example",
        "http://localhost:3000",
        "null",
        "",
        "http://127.0.0.1:8002",
        "file://localhost:8001",
        "http://[bad",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_page_of_another_origin_may_not_ask(origin: str, method: str) -> None:
    headers = Headers({"origin": origin, "host": "localhost:8001"})
    assert PROXIED.objection(method, headers)


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_other_sites_may_link_but_not_post(site: str) -> None:
    headers = Headers({"host": "localhost:8001", "sec-fetch-site": site})
    assert OPEN.objection("GET", headers) is None
    assert OPEN.objection("POST", headers)


def test_program_without_a_browser_sends_neither_header_and_may_post() -> None:
    assert OPEN.objection("POST", Headers({"host": "localhost:8001"})) is None


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("203.0.113.7:443", "203.0.113.7"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ('"203.0.113.7"', "203.0.113.7"),
        (" 203.0.113.7 ", "203.0.113.7"),
        ("fe80::1%eth0", "fe80::1"),
    ],
)
def test_addresses_are_read_with_port_brackets_and_zone(text: str, address: str) -> None:
    assert str(parse_address(text)) == address


def test_only_loopback_hosts_keep_us_on_this_machine() -> None:
    assert [is_loopback_host(host) for host in ("127.0.0.1", "localhost", "::1", "127.1.2.3")] == [
        True
    ] * 4
    assert not any(
        is_loopback_host(host) for host in ("0.0.0.0", "::", "192.168.1.5", "example.org", "")
    )
