"""The page System: the machine and the server over time, what sends, and what is probed."""

import re

from playwright.sync_api import expect

from tests.conftest import REAL
from tests.e2e.conftest import Open
from tests.e2e.steps import HOSTILE, card, no_serious_finding, saved, send, wait_for_live


def test_the_machine_is_shown_now_and_over_the_range(start, open_page: Open) -> None:  # type: ignore[no-untyped-def]
    server = start()
    send(server, REAL)
    page = open_page(f"{server.url}/dashboard")
    wait_for_live(page)
    page.keyboard.press("g")
    page.keyboard.press("y")
    expect(page).to_have_url(re.compile("/system"))
    # The first sample is taken within ten seconds and appears by itself.
    expect(card(page, "Memory")).to_contain_text(re.compile(r"\d\s%"), timeout=40_000)
    chart = card(page, "Memory of the server")
    expect(chart.locator("canvas")).to_be_visible()
    text = saved(page, chart.get_by_role("button", name="Download as CSV")).decode()
    assert text.startswith("start,process_memory_bytes_bytes\r\n20")
    chart.get_by_role("button", name="About Memory of the server").hover()
    expect(page.get_by_role("tooltip")).to_contain_text("Resident memory (RSS)")
    expect(page.get_by_role("tooltip")).to_contain_text("samples of this machine")
    expect(card(page, "The server")).to_contain_text("Healthy")
    expect(card(page, "The server")).to_contain_text("tiny 1.0.0")
    page.get_by_role("radio", name="24 h").locator("..").click()
    expect(page).to_have_url(re.compile("range=24h"))
    page.reload()
    expect(chart).to_contain_text(re.compile("since|in the last 24 hours"))
    no_serious_finding(page)


def test_the_page_says_when_the_server_is_away_and_goes_on_by_itself(
    start, open_page: Open
) -> None:  # type: ignore[no-untyped-def]
    server = start()
    page = open_page(f"{server.url}/dashboard/system?range=24h")
    wait_for_live(page)
    expect(card(page, "The server")).to_contain_text("Healthy")
    assert server.stop() == 0
    expect(page.locator("header button[data-phase=stale]")).to_contain_text("stale since")
    expect(card(page, "The server")).to_contain_text("Healthy")
    start(server.home, port=server.port)
    wait_for_live(page)
    expect(card(page, "Event-loop lag").first).to_contain_text(
        re.compile(r"\d\sms"), timeout=40_000
    )


def test_senders_are_listed_and_what_they_say_is_text(start, open_page: Open) -> None:  # type: ignore[no-untyped-def]
    server = start()
    page = open_page(f"{server.url}/dashboard/system")
    senders = card(page, "Senders")
    expect(senders).to_contain_text("No sender has named itself")
    with server.client() as client:
        answer = client.post(
            "/api/v1/predictions",
            json={"prediction": "fake", "confidence": 97.3, "client": "acme"},
            headers={
                "Verascope-Sender": "gate-7",
                "Verascope-Dropped": "12",
                "User-Agent": HOSTILE,
            },
        )
    assert answer.status_code == 200, answer.text
    page.reload()
    row = senders.get_by_role("row").nth(1)
    expect(row).to_contain_text("gate-7")
    expect(row).to_contain_text("12")
    expect(row).to_contain_text(HOSTILE)
    assert page.locator("img[src=x]").count() == 0
