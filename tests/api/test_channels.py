"""Channels and deliveries over the API of a real server: secrets go in and never out, tests are sent, settings win."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import Server, free_port
from tests.notifications.mailbox import PASSWORD, USER, Mailbox, mailbox
from tests.notifications.receiver import receiver

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
API = "/api/v1/channels"


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailbox]:
    with mailbox(tmp_path_factory.mktemp("mail")) as found:
        yield found


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory, environ: Callable[..., dict[str, str]], box: Mailbox
) -> Iterator[Server]:
    """With the brief's mail settings, and webhooks to this machine allowed."""
    home = tmp_path_factory.mktemp("home")
    settings = {
        "alerts_allow_private_webhooks": "true",
        "alerts_email_smtp_server": "127.0.0.1",
        "alerts_email_smtp_port": box.port,
        "alerts_email_sender_email": USER,
        "alerts_email_sender_password": PASSWORD,
        "alerts_email_recipients": "admin@yourcompany.com, devops@yourcompany.com",
        "alerts_email_smtp_ca_file": box.ca_file,
        "public_url": "https://verascope.example/",
    }
    running = Server(home, {**environ(home, port=free_port(), **settings), "HOOK_SECRET": SECRET})
    yield running.wait_until_ready()
    assert running.stop() == 0, running.errors


@pytest.fixture
def client(service: Server) -> Iterator[httpx.Client]:
    with service.client() as found:
        yield found
        for one in found.get(API).json()["items"]:
            if one["fixed_by"] is None:
                found.put(f"{API}/{one['name']}", json={"fallback": None})
        for one in found.get(API).json()["items"]:
            if one["fixed_by"] is None:
                assert found.delete(f"{API}/{one['name']}").status_code == 204


def add(client: httpx.Client, name: str = "hook", **changes: Any) -> httpx.Response:
    given = {
        "name": name,
        "kind": "webhook",
        "settings": {"url": "https://hooks.example/1", "secret": SECRET},
    }
    return client.post(API, json={**given, **changes})


def fields(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 422, answer.text
    return [one["field"] for one in answer.json()["errors"]]


def test_the_configured_mail_channel_exists_by_itself_and_a_test_arrives(
    client: httpx.Client, service: Server, box: Mailbox
) -> None:
    found = client.get(f"{API}/email").json()
    assert (found["kind"], found["enabled"], found["disabled_reason"]) == ("email", True, None)
    assert "VERASCOPE_ALERTS_EMAIL_SMTP_SERVER" in found["fixed_by"]
    assert found["settings"]["recipients"] == ["admin@yourcompany.com", "devops@yourcompany.com"]
    assert found["settings"]["sender_password"] == {"is_set": True, "from": "settings"}
    delivery = client.post(f"{API}/email/test").json()
    assert (delivery["state"], delivery["moment"], delivery["attempts"]) == ("delivered", "test", 1)
    assert delivery["answer"].startswith("250 OK queued as")
    assert box.mails[-1]["Subject"] == "[Test] Test of the channel email"
    text = box.mails[-1].get_body(("plain",))
    assert text is not None
    assert "https://verascope.example/dashboard" in text.get_content()
    assert client.get(f"{API}/email").json()["last_delivery"]["id"] == delivery["id"]


def test_no_secret_is_ever_answered_or_stored_in_the_open(
    client: httpx.Client, service: Server
) -> None:
    assert add(client).status_code == 201
    assert (
        add(
            client,
            "by-variable",
            settings={"url": "https://hooks.example/2", "secret": "env:HOOK_SECRET"},
        ).status_code
        == 201
    )
    answered = (
        client.get(API).text + client.get(f"{API}/hook").text + client.get("/api/v1/settings").text
    )
    assert SECRET not in answered
    assert PASSWORD not in answered
    kept = {one["name"]: one["settings"].get("secret") for one in client.get(API).json()["items"]}
    assert kept["hook"] == {"is_set": True, "from": "database"}
    assert kept["by-variable"] == {"is_set": True, "from": "environment"}
    stored = str([tuple(row) for row in service.rows("SELECT * FROM channels")])
    assert SECRET[6:] not in stored
    assert PASSWORD not in stored
    assert (service.home / "analytics" / "notify.key").stat().st_mode & 0o777 == 0o600


def test_a_change_keeps_the_secret_that_it_does_not_name(client: httpx.Client) -> None:
    with receiver(lambda one: one.respond(200, b"thanks")) as (port, asked):
        add(client)
        shown = client.get(f"{API}/hook").json()["settings"]
        changed = client.put(
            f"{API}/hook", json={"settings": {**shown, "url": f"http://127.0.0.1:{port}/"}}
        )
        assert changed.status_code == 200, changed.text
        delivery = client.post(f"{API}/hook/test").json()
    assert (delivery["state"], delivery["answer"]) == ("delivered", "200 thanks")
    ((_, headers, _),) = asked
    assert headers["webhook-id"] == delivery["id"]
    assert headers["webhook-signature"].startswith("v1,")


def test_a_test_says_what_went_wrong_and_switches_nothing_off(client: httpx.Client) -> None:
    with receiver(lambda one: one.respond(410, b"gone")) as (port, _):
        add(client, settings={"url": f"http://127.0.0.1:{port}/", "secret": SECRET})
        delivery = client.post(f"{API}/hook/test").json()
    assert delivery["state"] == "failed"
    assert delivery["error"] == "The receiver refuses this channel: 410 gone"
    assert client.get(f"{API}/hook").json()["enabled"]


def test_wrong_channels_are_refused_by_field(client: httpx.Client) -> None:
    assert fields(add(client, "Bad Name")) == ["name"]
    assert fields(add(client, "kinds")) == ["name"]
    assert fields(add(client, kind="pigeon")) == ["kind"]
    assert fields(add(client, settings={"url": "x", "secret": SECRET, "colour": "red"})) == [
        "settings.colour",
        "settings.url",
    ]
    assert fields(add(client, settings={"url": "https://a.example"})) == ["settings.secret"]
    assert fields(
        add(client, settings={"url": "https://a.example", "secret": "env:NOT_THERE"})
    ) == ["settings.secret"]
    assert fields(add(client, fallback="nowhere")) == ["fallback"]
    assert add(client).status_code == 201
    assert fields(add(client)) == ["name"]
    assert add(client, "second", fallback="hook").status_code == 201
    assert fields(client.put(f"{API}/hook", json={"fallback": "second"})) == ["fallback"]
    assert fields(client.put(f"{API}/hook", json={"fallback": "hook"})) == ["fallback"]
    assert fields(client.delete(f"{API}/hook")) == ["name"]
    assert client.get(f"{API}/nowhere").status_code == 404
    assert client.post(f"{API}/nowhere/test").status_code == 404


def test_what_the_settings_set_up_is_changed_there(client: httpx.Client) -> None:
    add(client)
    assert client.put(f"{API}/email", json={"settings": {}}).status_code == 409
    assert client.delete(f"{API}/email").status_code == 409
    changed = client.put(f"{API}/email", json={"fallback": "hook", "enabled": False}).json()
    assert (changed["fallback"], changed["enabled"]) == ("hook", False)
    assert client.put(f"{API}/email", json={"fallback": None, "enabled": False}).status_code == 200
    assert client.post(f"{API}/email/enable").json()["enabled"]


def test_every_kind_describes_a_form(client: httpx.Client) -> None:
    kinds = {one["kind"]: one for one in client.get(f"{API}/kinds").json()["kinds"]}
    assert set(kinds) == {"email", "slack", "teams", "pagerduty", "webhook", "sns"}
    secrets = {
        (kind, field["name"])
        for kind, one in kinds.items()
        for field in one["fields"]
        if field["is_secret"]
    }
    assert secrets == {
        ("email", "sender_password"),
        ("slack", "webhook_url"),
        ("teams", "webhook_url"),
        ("pagerduty", "routing_key"),
        ("webhook", "secret"),
        ("sns", "secret_access_key"),
    }


def test_deliveries_are_listed_newest_first_in_pages(client: httpx.Client) -> None:
    with receiver(lambda one: one.respond(200, b"")) as (port, _):
        add(client, "paged", settings={"url": f"http://127.0.0.1:{port}/", "secret": SECRET})
        sent = [client.post(f"{API}/paged/test").json()["id"] for _ in range(3)]
    found: list[str] = []
    cursor = ""
    while True:
        page = client.get(f"/api/v1/deliveries?channel=paged&limit=2{cursor}").json()
        found += [one["id"] for one in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert found == sent[::-1]
    assert client.get("/api/v1/deliveries?channel=paged&state=failed").json()["items"] == []
    one = client.get("/api/v1/deliveries?channel=paged").json()["items"][0]
    about = client.get("/api/v1/deliveries", params={"alert": one["dedup_key"]}).json()["items"]
    assert [found["id"] for found in about] == [one["id"]]
    assert client.get("/api/v1/deliveries?alert=unknown").json()["items"] == []
    assert client.get("/api/v1/deliveries?cursor=x").status_code == 422
    assert client.get("/api/v1/deliveries?state=lost").status_code == 422


@pytest.mark.slow
def test_the_file_wins_at_every_start_and_a_channel_goes_with_its_settings(
    start: Callable[..., Server], tmp_path: Path
) -> None:
    home = tmp_path / "home"
    (home / "config").mkdir(parents=True)
    file = home / "config" / "monitoring.json"
    file.write_text(
        '{"alerts": {"slack": {"webhook_url": "https://hooks.slack.example/services/1"}}}'
    )
    server = start(home)
    found = server.get(f"{API}/slack").json()
    assert found["fixed_by"] == "config/monitoring.json"
    assert found["settings"] == {"webhook_url": {"is_set": True, "from": "settings"}}
    with server.client() as client:
        client.put(f"{API}/slack", json={"enabled": False})
    server.stop()
    server = start(home)
    assert server.get(f"{API}/slack").json()["enabled"] is False
    server.stop()
    file.write_text(
        '{"alerts": {"slack": {"webhook_url": "https://hooks.slack.example/services/2"}}}'
    )
    server = start(home)
    assert server.get(f"{API}/slack").json()["enabled"] is True
    server.stop()
    file.write_text("{}")
    assert start(home).get(f"{API}/slack").status_code == 404
