"""The page Errors: failures by pattern, what is known of each, and what somebody decides."""

import re
import time

import uuid_utils
from playwright.sync_api import expect

from tests.conftest import REAL, picture
from tests.e2e.conftest import Open
from tests.e2e.steps import HOSTILE, card, no_serious_finding, saved, send, wait_for_live

NOT_AN_IMAGE = "The file is not an image in a supported format."


def test_failures_are_listed_by_pattern_and_move_live(start, open_page: Open) -> None:  # type: ignore[no-untyped-def]
    server = start()
    send(server, REAL, client="acme")
    page = open_page(f"{server.url}/dashboard/errors")
    wait_for_live(page)
    patterns = card(page, "Patterns")
    expect(patterns).to_contain_text("No failure is open")
    server.predict(b"not an image", data={"client": "acme"})
    row = patterns.get_by_role("row", name=re.compile("not an image"))
    expect(row).to_contain_text("acme")
    expect(row.get_by_role("cell").nth(1)).to_have_text("1")
    server.predict(b"not an image", data={"client": HOSTILE})
    server.predict(picture(width=8, height=8))
    expect(row.get_by_role("cell").nth(1)).to_have_text("2")
    expect(page.get_by_role("main")).to_contain_text("3 failed predictions")
    text = saved(page, patterns.get_by_role("button", name="Download as CSV")).decode()
    assert text.splitlines()[1].startswith(f"{NOT_AN_IMAGE},")
    page.reload()
    expect(row.get_by_role("cell").nth(1)).to_have_text("2")
    no_serious_finding(page)
    assert server.stop() == 0
    expect(page.locator("header button[data-phase=stale]")).to_contain_text("stale since")
    expect(row).to_contain_text("66.7")
    start(server.home, port=server.port)
    wait_for_live(page)


def test_a_pattern_is_resolved_comes_back_and_is_ignored(start, open_page: Open) -> None:  # type: ignore[no-untyped-def]
    server = start()
    server.predict(b"not an image", data={"client": HOSTILE})
    page = open_page(f"{server.url}/dashboard")
    card(page, "Error patterns").get_by_role("link", name=NOT_AN_IMAGE).click()
    expect(page).to_have_url(re.compile("/errors.*id="))
    drawer = page.get_by_role("dialog")
    expect(drawer).to_contain_text(HOSTILE)
    assert page.locator("img[src=x]").count() == 0
    drawer.get_by_label("Assigned to").fill("Image team")
    drawer.get_by_role("button", name="Assign").click()
    expect(drawer.get_by_role("listitem").filter(has_text="Image team")).to_be_visible()
    drawer.get_by_role("button", name="Resolve").click()
    expect(drawer).to_contain_text("Resolved")
    expect(card(page, "Patterns")).to_contain_text("No failure is open")
    server.predict(b"not an image either")
    # What came back is noticed within seconds, and shown by the next look at it.
    expect(drawer).to_contain_text("Came back", timeout=60_000)
    drawer.get_by_role("button", name="Ignore for").click()
    expect(drawer).to_contain_text("Ignored")
    stored = server.get("/api/v1/error-patterns", params={"state": "ignored"}).json()["items"]
    assert [(one["pattern"], one["assignee"]) for one in stored] == [(NOT_AN_IMAGE, "Image team")]
    drawer.get_by_role("button", name="Reopen").click()
    expect(drawer.get_by_role("button", name="Resolve")).to_be_visible()
    no_serious_finding(page)
    drawer.get_by_role("link", name="All of them in the list").click()
    expect(page).to_have_url(re.compile("/predictions.*error_pattern="))
    expect(page.locator("tr[data-prediction]")).to_have_count(2)


def test_up_and_down_walk_through_patterns_and_a_past_range_has_an_end(
    start,  # type: ignore[no-untyped-def]
    open_page: Open,
) -> None:
    server = start()
    day = 86_400
    now = time.time()
    moments = [(now, "The disk is full.", 2), (now - 3 * day, "The detector is out of reach.", 1)]
    with server.client() as client:
        events = [
            {
                "id": str(uuid_utils.uuid7()),
                "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at)),
                "client": "acme",
                "error_message": message,
            }
            for at, message, n in moments
            for _ in range(n)
        ]
        assert client.post("/api/v1/predictions", json=events).json()["stored"] == 3
    page = open_page(f"{server.url}/dashboard/errors")
    patterns = card(page, "Patterns")
    head = patterns.get_by_role("columnheader", name="Failures").get_by_role("button")
    head.focus()
    told = page.get_by_role("tooltip")
    for words in ("Predictions that got no verdict", "a count", "Range", "grouped by fingerprint"):
        expect(told).to_contain_text(words)
    patterns.get_by_role("button", name="The disk is full.").click()
    drawer = page.get_by_role("dialog")
    expect(drawer).to_contain_text("The disk is full.")
    page.keyboard.press("ArrowDown")
    expect(drawer).to_contain_text("The detector is out of reach.")
    # The button goes with the pattern before; the drawer still hears the next key.
    drawer.get_by_role("button", name="Resolve").focus()
    page.keyboard.press("ArrowUp")
    expect(drawer).to_contain_text("The disk is full.")
    page.keyboard.press("ArrowDown")
    expect(drawer).to_contain_text("The detector is out of reach.")
    # Arrows in a field of the drawer are the field's own.
    drawer.get_by_label("How long to ignore it").press("ArrowUp")
    expect(drawer).to_contain_text("The detector is out of reach.")
    page.keyboard.press("Escape")
    expect(drawer).to_have_count(0)
    edges = [time.strftime("%Y-%m-%dT%H:%MZ", time.gmtime(now - n * day)) for n in (4, 2)]
    page.goto(f"{server.url}/dashboard/errors?range={'..'.join(edges)}&state=all")
    expect(patterns.get_by_role("button", name="The detector is out of reach.")).to_be_visible()
    expect(patterns).not_to_contain_text("The disk is full.")
    expect(page.get_by_role("main")).to_contain_text("1 failed prediction,")
