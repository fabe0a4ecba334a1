"""Protected mode over real connections: who gets in, who doesn't, and what they are told."""

import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable

import httpx
import pytest
from starlette.routing import Route

from tests.conftest import Server, free_port, picture
from verascope.api.app import ROUTERS

Run = Callable[..., subprocess.CompletedProcess[str]]

OPENED_BY_THEIR_ADDRESS = {
    ("POST", "/api/v1/heartbeats/x"),
    ("GET", "/api/v1/acknowledge/x"),
    ("POST", "/api/v1/acknowledge/x"),
}
"""Whoever knows the whole address may, with or without a key; tests of their own show what opens them."""

ROUTES = sorted(
    {
        (method, re.sub(r"\{[^}]*\}", "x", route.path))
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, Route)
        for method in route.methods or ()
    }
    - OPENED_BY_THEIR_ADDRESS
    - {("HEAD", "/api/v1/acknowledge/x")}
)


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@pytest.fixture(scope="module")
def key(server: Server, environ: Callable[..., dict[str, str]]) -> str:
    """A key of acme, made by the command line while the server runs."""
    made = subprocess.run(
        [sys.executable, "-m", "verascope", "key", "create", "--client", "acme", "--json"],
        env=environ(server.home),
        capture_output=True,
        text=True,
        check=True,
    )
    secret = json.loads(made.stdout)["key"]
    deadline = time.monotonic() + 1
    while server.predict(picture(), headers=bearer(secret)).status_code == 401:
        assert time.monotonic() < deadline, "a new key must work within a second"
    return secret


def assert_forbidden(response: httpx.Response) -> None:
    assert response.status_code == 403, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert "verascope key create" in response.json()["detail"]


def test_every_part_of_the_service_has_routes_to_try() -> None:
    assert {("POST", "/predict"), ("GET", "/analytics"), ("GET", "/api/v1/live")} <= set(ROUTES)


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_nothing_is_open_to_a_request_that_was_passed_on(
    server: Server, method: str, path: str
) -> None:
    with server.client() as client:
        response = client.request(method, path, headers={"X-Forwarded-For": "127.0.0.1"})
    if method == "HEAD":
        assert response.status_code == 403
    else:
        assert_forbidden(response)


@pytest.mark.parametrize(("method", "path"), sorted(OPENED_BY_THEIR_ADDRESS))
def test_an_address_that_is_not_whole_opens_nothing(server: Server, method: str, path: str) -> None:
    with server.client() as client:
        response = client.request(method, path, headers={"X-Forwarded-For": "203.0.113.7"})
    # A heartbeat's name is not told from none; a link that was signed by nobody is refused.
    assert response.status_code == (404 if "heartbeats" in path else 403)


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_key_opens_nothing_but_detection_and_ingestion(
    server: Server, key: str, method: str, path: str
) -> None:
    with server.client() as client:
        headers = {"X-Forwarded-For": "203.0.113.7", **bearer(key)}
        response = client.request(method, path, headers=headers)
    is_open = path in ("/predict", "/predict/batch") or (method, path) == (
        "POST",
        "/api/v1/predictions",
    )
    assert response.status_code == (415 if is_open else 403)


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_wrong_key_is_refused_even_on_this_machine(server: Server, method: str, path: str) -> None:
    with server.client() as client:
        response = client.request(method, path, headers=bearer("vs_" + "a" * 40))
    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith("Bearer")


def test_key_opens_predict_from_anywhere_as_its_client(server: Server, key: str) -> None:
    headers = {"X-Forwarded-For": "203.0.113.7", "Host": "images.example", **bearer(key)}
    response = server.predict(picture(), headers=headers, data={"client": "globex"})
    assert response.status_code == 200
    assert response.json()["client"] == "acme"


def test_client_of_the_key_wins_on_this_machine_too(server: Server, key: str) -> None:
    response = server.predict(picture(), headers=bearer(key), data={"client": "globex"})
    assert response.json()["client"] == "acme"


@pytest.mark.parametrize("header", ["", "Bearer", "Basic YTpi", "vs_abc", "Bearer a b"])
def test_credential_in_another_form_is_refused(server: Server, header: str) -> None:
    before = server.count()
    assert server.predict(picture(), headers={"Authorization": header}).status_code == 401
    assert server.count() == before


def test_idempotency_keys_of_two_callers_are_apart(server: Server, key: str) -> None:
    headers = {"Idempotency-Key": "shared"}
    one = server.predict(picture(seed=1), headers=headers)
    two = server.predict(picture(seed=2), headers={**headers, **bearer(key)})
    assert (one.status_code, two.status_code) == (200, 200)
    assert one.json()["id"] != two.json()["id"]


@pytest.mark.parametrize(
    "host", ["attacker.example", "192.168.1.5:8001", "localhost.attacker.example"]
)
def test_unknown_host_gets_nothing(server: Server, host: str) -> None:
    response = server.get("/analytics", headers={"Host": host})
    assert response.status_code == 421
    assert "server.allowed_hosts" in response.json()["detail"]


def test_page_of_another_site_can_neither_read_nor_post(server: Server) -> None:
    before = server.count()
    foreign = {"Origin": "http://attacker.example"}
    assert server.get("/analytics", headers=foreign).status_code == 403
    assert server.predict(picture(), headers=foreign).status_code == 403
    assert server.predict(picture(), headers={"Origin": "null"}).status_code == 403
    assert server.predict(picture(), headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert server.count() == before


def test_page_of_this_service_may_post(server: Server) -> None:
    own = {"Origin": f"http://localhost:{server.port}", "Host": f"localhost:{server.port}"}
    headers = {**own, "Sec-Fetch-Site": "same-origin"}
    assert server.predict(picture(), headers=headers).status_code == 200


def test_http_1_0_is_taken_for_a_proxy(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(b"GET /analytics HTTP/1.0\r\nHost: localhost\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 403")


def test_trusted_proxy_is_believed(start: Callable[..., Server]) -> None:
    server = start(
        server_trusted_proxies="127.0.0.1",
        server_allowed_hosts="verascope.example",
        privacy_address="full",
    )
    local = {"X-Forwarded-For": "127.0.0.1", "Host": "verascope.example"}
    assert server.get("/health", headers=local).status_code == 200
    assert_forbidden(server.get("/health", headers={**local, "X-Forwarded-For": "203.0.113.7"}))
    assert server.get("/health", headers={**local, "Host": "other.example"}).status_code == 421
    assert server.predict(picture(), headers=local).status_code == 200
    (row,) = server.rows("SELECT user_ip FROM predictions")
    assert row["user_ip"] == "127.0.0.1"


def test_open_bind_without_any_key_is_refused_with_an_explanation(
    start: Callable[..., Server],
) -> None:
    server = start(host="0.0.0.0", wait=False)
    assert server.process.wait(60) == 1
    (line,) = server.settled_errors()
    assert "no API key exists" in line
    assert "verascope key create" in line


def test_open_bind_with_a_key_serves_predict_to_the_network_and_nothing_else(
    start: Callable[..., Server], run: Run
) -> None:
    made = run("key", "create", "--client", "acme")
    secret = made.stdout.strip()
    server = start(host="0.0.0.0", port=free_port())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        own_address = probe.getsockname()[0]
    server.url = f"http://{own_address}:{server.port}"
    assert_forbidden(server.get("/health"))
    assert_forbidden(server.predict(picture()))
    assert server.predict(picture(), headers=bearer(secret)).status_code == 200
    server.url = f"http://127.0.0.1:{server.port}"
    assert server.get("/health").status_code == 200


def test_revoked_key_is_refused_within_a_second(server: Server, run: Run) -> None:
    secret = run("key", "create", "--client", "soon gone", home=server.home).stdout.strip()
    time.sleep(1)
    assert server.predict(picture(), headers=bearer(secret)).status_code == 200
    assert run("key", "revoke", secret[:10], home=server.home).returncode == 0
    time.sleep(1)
    assert server.predict(picture(), headers=bearer(secret)).status_code == 401
