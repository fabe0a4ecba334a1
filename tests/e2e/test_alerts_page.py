"""Alerts in a browser: what fires, who is told, and everything that is set for it, against a real server."""

import base64
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.conftest import REAL, Server
from tests.e2e.conftest import Open
from tests.e2e.steps import (
    HOSTILE,
    card,
    no_serious_finding,
    saved,
    send,
    wait_for_live,
    wait_for_numbers,
)

TABS = ("active", "history", "rules", "silences", "channels", "routing")
# A rule is evaluated every few seconds, and the page asks as often.
SOON = 40_000
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


def ask(server: Server, method: str, path: str, body: Any = None) -> Any:
    with server.client() as client:
        answer = client.request(method, f"/api/v1{path}", json=body)
    assert answer.status_code < 300, answer.text
    return answer.json() if answer.content else None


def failing_rule(server: Server, **changes: Any) -> None:
    """A rule that fires at the first failed prediction."""
    rule = {
        "name": "any_failure",
        "title": HOSTILE,
        "group": "custom",
        "metric": "failed_predictions",
        "filters": {},
        "severity": "critical",
        "condition": {"kind": "threshold", "side": "above", "limit": 0, "recovery": None},
        "window_seconds": 3600,
        "for_seconds": 0,
        "recover_seconds": 0,
        "min_samples": 0,
        "no_data": "keep",
        "enabled": True,
    }
    ask(server, "POST", "/alerts/rules", rule | changes)


def fire(server: Server) -> None:
    failing_rule(server)
    server.predict(b"not an image")


def open_tab(page: Page, server: Server, tab: str, more: str = "") -> None:
    page.goto(f"{server.url}/dashboard/alerts?tab={tab}{more}")
    wait_for_live(page)


def ours(page: Page) -> Locator:
    """The row of `failing_rule`. The machine that runs the tests may break a default rule besides."""
    return page.locator("main tr[data-alert]").filter(has_text=HOSTILE)


@pytest.mark.parametrize("severity", ["info", "critical"])
def test_the_overview_names_an_open_alert_and_leads_to_it(  # type: ignore[no-untyped-def]
    start, open_page: Open, severity: str
) -> None:
    server = start()
    failing_rule(server, severity=severity)
    server.predict(b"not an image")
    page = open_page(f"{server.url}/dashboard")
    alerts = card(page, "Alerts")
    expect(alerts).to_contain_text(f"{severity} {HOSTILE}", timeout=SOON)
    # What only informs is not drawn as a warning.
    expect(alerts).to_have_attribute("data-tone", severity)
    alerts.get_by_role("link", name="Alerts").click()
    expect(ours(page)).to_contain_text("Firing")


def test_an_alert_appears_by_itself_and_is_acknowledged_and_silenced_in_its_row(  # type: ignore[no-untyped-def]
    start, open_page: Open
) -> None:
    server = start()
    page = open_page(f"{server.url}/dashboard/alerts")
    wait_for_live(page)
    wait_for_numbers(page)
    expect(ours(page)).to_have_count(0)
    fire(server)
    row = ours(page)
    expect(row).to_contain_text("Firing", timeout=SOON)
    expect(row).to_contain_text("Critical")
    assert page.locator("img[src=x]").count() == 0

    row.get_by_role("button", name=re.compile("^Acknowledge")).click()
    page.get_by_label("Note (may stay empty)").fill(f"Mine. {HOSTILE}")
    page.get_by_role("dialog").get_by_role("button", name="Acknowledge", exact=True).click()
    expect(row).to_contain_text("Acknowledged by", timeout=SOON)
    expect(row).to_contain_text("Mine.")
    row.get_by_role("button", name=re.compile("^Silence")).click()
    page.get_by_label("Why").fill("Being repaired")
    page.get_by_role("dialog").get_by_role("button", name="Silence", exact=True).click()
    expect(row).to_contain_text("Silenced", timeout=SOON)
    [silence] = ask(server, "GET", "/alerts/silences")["items"]
    assert [(one["field"], one["value"]) for one in silence["matchers"]] == [
        ("rule", "any_failure")
    ]
    assert silence["comment"] == "Being repaired"

    row.get_by_role("button").first.click()
    drawer = page.get_by_role("dialog", name="Alert", exact=True)
    timeline = drawer.get_by_role("list", name="What happened")
    expect(timeline).to_contain_text("Mine.")
    expect(page).to_have_url(re.compile("id="))
    page.reload()
    expect(timeline).to_contain_text("Mine.")
    expect(drawer.get_by_role("link", name="Open the incident")).to_be_visible()
    drawer.get_by_role("link", name="Open the incident").click()
    expect(page.get_by_role("dialog", name="Incident", exact=True)).to_contain_text(HOSTILE)
    assert page.locator("img[src=x]").count() == 0


def test_the_list_says_when_it_is_stale_and_recovers(start, open_page: Open) -> None:  # type: ignore[no-untyped-def]
    server = start()
    fire(server)
    page = open_page(f"{server.url}/dashboard/alerts")
    expect(ours(page)).to_contain_text("Firing", timeout=SOON)
    assert server.stop() == 0
    expect(page.get_by_role("main")).to_contain_text("could not be renewed", timeout=SOON)
    expect(ours(page)).to_contain_text("Firing")
    start(server.home, port=server.port)
    expect(page.get_by_role("main")).not_to_contain_text("could not be renewed", timeout=SOON)


def test_the_history_is_searched_and_taken_along(start, open_page: Open) -> None:  # type: ignore[no-untyped-def]
    server = start()
    fire(server)
    page = open_page(f"{server.url}/dashboard/alerts?tab=history")
    rows = page.get_by_role("region", name="History").locator("tbody tr")
    page.goto(f"{server.url}/dashboard/alerts")
    expect(ours(page)).to_contain_text("Firing", timeout=SOON)
    open_tab(page, server, "history")
    expect(rows.filter(has_text="any_failure").first).to_be_visible(timeout=SOON)
    page.get_by_label("What happened").select_option("transition")
    expect(page).to_have_url(re.compile("kind=transition"))
    page.get_by_label("Search the history").fill("any_failure")
    expect(page).to_have_url(re.compile("q=any_failure"))
    expect(rows.first).to_contain_text("State")
    page.reload()
    expect(rows.first).to_contain_text("State")
    expect(page.get_by_label("Search the history")).to_have_value("any_failure")
    lines = saved(page, page.get_by_role("link", name="NDJSON")).decode().splitlines()
    assert lines
    assert {json.loads(line)["kind"] for line in lines} == {"transition"}
    assert "any_failure" in saved(page, page.get_by_role("link", name="CSV")).decode()
    page.get_by_label("Search the history").fill("no such thing")
    expect(page.get_by_role("region", name="History")).to_contain_text("fits this search")


def test_a_rule_is_written_tried_on_the_past_stored_and_switched_off(  # type: ignore[no-untyped-def]
    start, open_page: Open
) -> None:
    server = start()
    send(server, REAL)
    for _ in range(3):
        server.predict(b"not an image")
    page = open_page(f"{server.url}/dashboard/alerts?tab=rules")
    expect(card(page, "System")).to_contain_text("cpu_usage")
    wait_for_live(page)
    page.keyboard.press("n")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("main").get_by_role("alert")).to_contain_text("name, limit")
    page.get_by_label("Name", exact=True).fill("failures_here")
    page.get_by_label("Title").fill(HOSTILE)
    page.get_by_label("Metric").select_option("failed_predictions")
    page.get_by_label("Limit", exact=True).fill("1")
    page.get_by_label("Over", exact=True).fill("1 h")
    page.get_by_label("Fires when bad for").fill("0 s")
    page.get_by_label("At least events").fill("0")
    page.get_by_role("button", name="Try it on the past").click()
    tried = card(page, "On the past")
    expect(tried.locator("canvas")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text(re.compile("Would (not )?have fired"))
    page.get_by_role("button", name="Create").click()
    row = page.get_by_role("listitem").filter(has_text="failures_here")
    expect(row).to_contain_text("over 1 h")
    assert page.locator("img[src=x]").count() == 0
    row.get_by_role("switch").click()
    expect(row).to_contain_text("Off")
    page.reload()
    expect(row).to_contain_text("Off")
    row.get_by_role("link").first.click()
    expect(page).to_have_url(re.compile("edit=failures_here"))
    expect(page.get_by_label("Limit", exact=True)).to_have_value("1")
    page.get_by_role("button", name="Remove", exact=True).click()
    page.get_by_role("button", name="Really remove").click()
    expect(row).to_have_count(0)


def test_a_limit_that_the_environment_fixes_is_shown_as_fixed(start, open_page: Open) -> None:  # type: ignore[no-untyped-def]
    server = start(thresholds_cpu_usage=71)
    page = open_page(f"{server.url}/dashboard/alerts?tab=rules&edit=cpu_usage")
    limit = page.get_by_label("Limit, %")
    expect(limit).to_have_value("71")
    expect(limit).to_be_disabled()
    expect(page.get_by_role("main")).to_contain_text("The limit is fixed by")
    expect(page.get_by_label("Severity")).to_be_enabled()


def test_a_silence_is_written_with_a_preview_and_ended(start, open_page: Open) -> None:  # type: ignore[no-untyped-def]
    server = start()
    fire(server)
    page = open_page(f"{server.url}/dashboard/alerts")
    expect(ours(page)).to_contain_text("Firing", timeout=SOON)
    page.goto(f"{server.url}/dashboard/alerts?silence=any_failure")
    form = card(page, "New silence")
    expect(form).to_contain_text(re.compile(r"1 open alert of \d+ matches now\."))
    form.get_by_label("Line 1, value").fill("something_else")
    expect(form).to_contain_text(re.compile(r"0 open alerts of \d+ match now\."))
    form.get_by_label("Line 1, value").fill("any_failure")
    form.get_by_role("button", name="Silence").click()
    expect(form).to_contain_text("Say why.")
    form.get_by_label("Why").fill(HOSTILE)
    form.get_by_label("Lasts").fill("90 min")
    form.get_by_role("button", name="Silence").click()
    active = card(page, "Active")
    expect(active).to_contain_text("rule is any_failure")
    expect(active).to_contain_text(HOSTILE)
    page.reload()
    expect(active).to_contain_text(HOSTILE)
    active.get_by_role("button", name="End", exact=True).click()
    active.get_by_role("button", name="Really end").click()
    expect(card(page, "Expired")).to_contain_text("rule is any_failure")
    assert page.locator("img[src=x]").count() == 0


@pytest.fixture
def receiver() -> Iterator[tuple[str, list[bytes]]]:
    """Takes whatever is posted to it."""
    got: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hook", got
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_channel_is_added_tried_and_its_secret_never_comes_back(  # type: ignore[no-untyped-def]
    start, open_page: Open, receiver: tuple[str, list[bytes]]
) -> None:
    url, got = receiver
    server = start(alerts_allow_private_webhooks="true")
    page = open_page(f"{server.url}/dashboard/alerts?tab=channels")
    expect(page.get_by_role("main")).to_contain_text("No channel yet")
    page.get_by_role("button", name="Add the first channel").click()
    page.get_by_label("Kind").select_option("webhook")
    page.get_by_label("Name", exact=True).fill("our-hook")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("main").get_by_role("alert")).to_contain_text("Still needed")
    expect(page.get_by_role("main").get_by_role("alert")).to_contain_text("Signing secret")
    page.get_by_label("Address", exact=True).fill(url)
    page.get_by_label("Signing secret").fill(SECRET)
    page.get_by_role("button", name="Add", exact=True).click()
    channel = card(page, "our-hook")
    expect(channel).to_contain_text("On")
    expect(channel).to_contain_text("set, from the database")
    channel.get_by_role("button", name="Send a test").click()
    expect(channel.get_by_role("status")).to_contain_text("Delivered")
    assert len(got) == 1
    page.reload()
    expect(card(page, "Messages").locator("tbody tr")).to_contain_text("a test")
    channel.get_by_role("button", name="Change our-hook").click()
    expect(page).to_have_url(re.compile("edit=our-hook"))
    expect(page.get_by_label("Signing secret")).to_have_value("")
    page.get_by_label("If it fails").select_option("nobody else")
    page.get_by_role("button", name="Store").click()
    # The secret was left alone, so the next message is still signed.
    channel.get_by_role("button", name="Send a test").click()
    expect(channel.get_by_role("status")).to_contain_text("Delivered")
    assert len(got) == 2
    assert SECRET not in page.content()


def test_the_routing_is_changed_in_order_and_asked(start, open_page: Open) -> None:  # type: ignore[no-untyped-def]
    server = start()
    page = open_page(f"{server.url}/dashboard/alerts?tab=routing")
    routes = card(page, "Routes")
    # What is in force at first: info is recorded, and nobody is told.
    expect(routes.get_by_role("heading", level=3)).to_have_text(["1. severity info"])
    before = 1
    routes.get_by_role("button", name="Route", exact=True).click()
    expect(routes.get_by_role("heading", level=3)).to_have_count(before + 1)
    last = routes.get_by_role("listitem").last
    last.get_by_label("Warning").check()
    last.get_by_label("every channel that is on").check()
    page.get_by_role("button", name=f"Move route {before + 1} up").click()
    expect(routes.get_by_role("heading", level=3).first).to_contain_text("severity warning")
    page.get_by_role("button", name="Store the routing").click()
    expect(page.get_by_role("button", name="Store the routing")).to_be_disabled()
    page.reload()
    expect(routes.get_by_role("heading", level=3).first).to_contain_text("1. severity warning")
    stored = ask(server, "GET", "/alerts/routing")["routes"][0]
    assert (stored["match"]["severity"], stored["channels"]) == (["warning"], ["*"])
    ask_card = card(page, "Who would hear about it")
    ask_card.get_by_role("button", name="Ask").click()
    expect(ask_card.get_by_role("status")).to_contain_text("Nobody")


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (360, "dark")])
def test_no_tab_has_a_serious_finding(  # type: ignore[no-untyped-def]
    start, open_page: Open, width: int, scheme: str
) -> None:
    server = start()
    fire(server)
    page = open_page(f"{server.url}/dashboard/alerts", width=width, scheme=scheme)
    expect(ours(page)).to_contain_text("Firing", timeout=SOON)
    for tab in TABS:
        for more in ("", "&edit=%2B"):
            open_tab(page, server, tab, more)
            wait_for_numbers(page)
            no_serious_finding(page)
            assert page.locator("img[src=x]").count() == 0


def test_tabs_answer_to_digits_and_the_palette_knows_them(start, open_page: Open) -> None:  # type: ignore[no-untyped-def]
    server = start()
    page = open_page(f"{server.url}/dashboard")
    wait_for_live(page)
    page.keyboard.press("g")
    page.keyboard.press("l")
    expect(page.get_by_role("heading", name="Alerts", level=1)).to_be_visible()
    page.keyboard.press("6")
    expect(page).to_have_url(re.compile("tab=routing"))
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name="Go to, filter, or do")).to_be_focused()
    page.keyboard.type("new silence")
    expect(page.get_by_role("option", name=re.compile("new silence", re.I))).to_be_visible()
    page.keyboard.press("Enter")
    expect(card(page, "New silence")).to_be_visible()
