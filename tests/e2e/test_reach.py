"""Everybody can use every page: accessibility, small screens, hostile strings, an unmoving layout."""

import re
import sqlite3

import pytest
from playwright.sync_api import expect

from tests.conftest import FAKE, REAL, UNCERTAIN, Server, picture
from tests.e2e.conftest import Open
from tests.e2e.steps import (
    FORMULA,
    HOSTILE,
    feed,
    no_serious_finding,
    send,
    wait_for_live,
    wait_for_numbers,
)

PAGES = (
    "",
    "/usage",
    "/performance",
    "/predictions",
    "/alerts",
    "/incidents",
    "/system",
    "/errors",
    "/analyse",
    "/explore",
    "/settings",
)


@pytest.mark.parametrize(
    ("width", "scheme"), [(1440, "light"), (1440, "dark"), (390, "dark"), (360, "light")]
)
def test_no_page_has_a_serious_accessibility_finding(
    server: Server, open_page: Open, width: int, scheme: str
) -> None:
    send(server, REAL, FAKE, UNCERTAIN, client="acme")
    server.predict(b"not an image")
    page = open_page(f"{server.url}/dashboard", width=width, scheme=scheme)
    for path in PAGES:
        page.goto(f"{server.url}/dashboard{path}")
        wait_for_live(page)
        wait_for_numbers(page)
        no_serious_finding(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_tenants_accent_reaches_everything_and_can_be_read(  # type: ignore[no-untyped-def]
    start, open_page: Open, scheme: str
) -> None:
    server = start(branding_accent="#ffff00")
    send(server, REAL, FAKE, client="acme")
    page = open_page(f"{server.url}/dashboard/usage", scheme=scheme)
    wait_for_live(page)
    fitted = server.get("/api/v1/branding").json()[f"accent_on_{scheme}"]
    root = page.locator("html")
    expect(root).to_have_css("--vs-accent", fitted)
    wait_for_numbers(page)
    cell = page.locator("rect[data-step='5']").first
    red, green, blue = re.findall(r"\d+", cell.evaluate("cell => getComputedStyle(cell).fill"))
    assert red == green
    assert int(blue) < int(red)
    expect(root).to_have_css("--mantine-primary-color-filled", fitted)
    for path in ("/usage", "/predictions", "/alerts?tab=rules&edit=%2B", "/settings"):
        page.goto(f"{server.url}/dashboard{path}")
        wait_for_live(page)
        wait_for_numbers(page)
        no_serious_finding(page)


def test_hostile_strings_are_text_on_every_page(start, open_page: Open) -> None:  # type: ignore[no-untyped-def]
    server = start()
    send(server, REAL, FAKE, client=HOSTILE, use_case=FORMULA)
    for image in (picture(), b"not an image"):
        server.predict(image, data={"client": HOSTILE}, headers={"User-Agent": HOSTILE})
    assert server.stop() == 0
    with sqlite3.connect(server.home / "analytics/analytics.db") as database:
        database.execute("UPDATE tenants SET name = ?", (HOSTILE,))
    server = start(server.home, port=server.port)
    page = open_page(f"{server.url}/dashboard")
    for path in PAGES:
        page.goto(f"{server.url}/dashboard{path}")
        wait_for_live(page)
        wait_for_numbers(page)
        expect(page.get_by_role("banner").get_by_text(HOSTILE)).to_be_visible()
        if path in ("", "/usage", "/predictions", "/errors"):
            expect(page.locator("main").get_by_text(HOSTILE).first).to_be_visible()
        assert page.locator("img[src=x]").count() == 0
    page.goto(f"{server.url}/dashboard/predictions?columns=agent")
    expect(page.get_by_role("cell", name=HOSTILE).first).to_be_visible()
    newest = server.get("/api/v1/predictions").json()["items"][0]["id"]
    page.goto(f"{server.url}/dashboard/predictions?id={newest}")
    expect(page.get_by_role("dialog").get_by_text(HOSTILE).first).to_be_visible()
    assert page.locator("img[src=x]").count() == 0
    page.goto(f"{server.url}/dashboard?client=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E")
    expect(page.get_by_role("list", name="Filters")).to_contain_text("<img src=x")
    assert page.locator("img[src=x]").count() == 0


def test_a_printed_page_has_its_content_and_none_of_the_frame(start, open_page: Open) -> None:  # type: ignore[no-untyped-def]
    server = start()
    send(server, REAL, FAKE, client="acme")
    page = open_page(f"{server.url}/dashboard/usage", scheme="dark")
    wait_for_live(page)
    wait_for_numbers(page)
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation", name="Pages")).to_be_hidden()
    expect(page.locator("header button[data-phase]")).to_be_hidden()
    expect(page.get_by_role("button", name="Download as CSV").first).to_be_hidden()
    expect(page.get_by_role("region", name="Clients", exact=True)).to_contain_text("acme")
    # The range is chosen in the frame, which is not printed: paper says it itself.
    expect(page.get_by_text("Last 7 days", exact=False).last).to_be_visible()
    assert page.pdf().startswith(b"%PDF")


def test_an_arrival_moves_nothing_but_itself(start, open_page: Open) -> None:  # type: ignore[no-untyped-def]
    server = start()
    send(server, *[REAL] * 3, client="acme")
    page = open_page(f"{server.url}/dashboard")
    wait_for_live(page)
    expect(feed(page)).to_have_count(3)
    expect(page.locator("main canvas").first).to_be_visible()
    page.evaluate(
        """() => {
          window.shifts = 0;
          new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) window.shifts += entry.value;
          }).observe({ type: "layout-shift", buffered: false });
        }"""
    )
    for n in range(8):
        send(server, (REAL, FAKE)[n % 2], client="acme")
    expect(feed(page)).to_have_count(11)
    assert page.evaluate("window.shifts") < 0.05
