"""Incidents in a browser: opened by hand, worked on, resolved and opened again, and the address that shows it."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.conftest import Server
from tests.e2e.conftest import Open
from tests.e2e.steps import HOSTILE, card, no_serious_finding, wait_for_live


def open_incident(server: Server, **incident: str) -> str:
    with server.client() as client:
        answer = client.post("/api/v1/incidents", json=incident)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def rows(page: Page) -> Locator:
    return page.locator("main tr[data-incident]")


def test_an_incident_is_opened_by_hand_worked_on_and_resolved(start, open_page: Open) -> None:  # type: ignore[no-untyped-def]
    server = start()
    page = open_page(f"{server.url}/dashboard/incidents")
    expect(page.get_by_role("main")).to_contain_text("No incident is open.")
    expect(card(page, "How long it took")).to_contain_text("None yet.")
    wait_for_live(page)
    page.keyboard.press("n")
    form = page.get_by_role("dialog")
    form.get_by_role("button", name="Open it").click()
    expect(form).to_contain_text("Give it a title.")
    form.get_by_label("Title").fill("Uploads hang")
    form.get_by_label("Severity").select_option("critical")
    form.get_by_label("Summary").fill("Since the deploy, about one in ten.")
    form.get_by_role("button", name="Open it").click()

    drawer = page.get_by_role("dialog", name="Incident", exact=True)
    expect(drawer).to_contain_text("#1 Uploads hang")
    expect(page).to_have_url(re.compile("id=[0-9a-f-]{36}"))
    drawer.get_by_role("button", name="Acknowledge").click()
    expect(drawer.get_by_role("button", name="Acknowledge")).to_have_count(0)
    drawer.get_by_label("Assignee").fill("night shift")
    drawer.get_by_role("button", name="Assign").click()
    drawer.get_by_label("Note").fill("The proxy closes early.")
    drawer.get_by_role("button", name="Add").click()
    drawer.get_by_label("Severity").select_option("warning")
    timeline = drawer.get_by_role("list", name="What happened")
    for words in ("Opened", "Acknowledged", "night shift", "The proxy closes early.", "Severity"):
        expect(timeline).to_contain_text(words)
    page.reload()
    expect(timeline).to_contain_text("The proxy closes early.")

    drawer.get_by_role("button", name="Resolve").click()
    expect(drawer.get_by_role("button", name="Re-open")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("main")).to_contain_text("No incident is open.")
    page.get_by_role("button", name="Resolved", exact=True).click()
    expect(rows(page)).to_contain_text("night shift")
    expect(card(page, "How long it took")).to_contain_text("Warning")
    rows(page).get_by_role("button", name="#1 Uploads hang").click()
    drawer.get_by_role("button", name="Re-open").click()
    expect(drawer).to_contain_text("Open")
    stored = server.get("/api/v1/incidents?state=open").json()["items"]
    assert [(one["title"], one["state"], one["severity"]) for one in stored] == [
        ("Uploads hang", "open", "warning")
    ]


def test_incidents_move_by_themselves_and_the_arrows_walk_through_them(  # type: ignore[no-untyped-def]
    start, open_page: Open
) -> None:
    server = start()
    page = open_page(f"{server.url}/dashboard/incidents")
    wait_for_live(page)
    for title in ("first", HOSTILE):
        open_incident(server, title=title, severity="info", summary=HOSTILE)
    expect(rows(page)).to_have_count(2)
    expect(page.get_by_role("main").get_by_text(HOSTILE).first).to_be_visible()
    rows(page).first.get_by_role("button").first.click()
    drawer = page.get_by_role("dialog", name="Incident", exact=True)
    expect(drawer).to_contain_text(f"#2 {HOSTILE}")
    page.keyboard.press("ArrowDown")
    expect(drawer).to_contain_text("#1 first")
    assert page.locator("img[src=x]").count() == 0
    assert server.stop() == 0
    expect(page.get_by_role("main")).to_contain_text("could not be renewed", timeout=30_000)
    expect(rows(page)).to_have_count(2)
    start(server.home, port=server.port)
    expect(page.get_by_role("main")).not_to_contain_text("could not be renewed", timeout=30_000)


def test_incidents_are_usable_on_a_phone_and_by_everybody(start, open_page: Open) -> None:  # type: ignore[no-untyped-def]
    server = start()
    opened = open_incident(server, title="x" * 90, severity="critical", summary="")
    page = open_page(f"{server.url}/dashboard/incidents", width=360, scheme="dark")
    expect(rows(page)).to_have_count(1)
    no_serious_finding(page)
    page.goto(f"{server.url}/dashboard/incidents?id={opened}")
    expect(page.get_by_role("list", name="What happened")).to_contain_text("Opened")
    no_serious_finding(page)
