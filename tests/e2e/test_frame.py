"""What stands around every page: range, comparison, filters, search, and charts that can be taken along."""

import re

from playwright.sync_api import expect

from tests.conftest import FAKE, REAL
from tests.e2e.conftest import Open
from tests.e2e.steps import (
    FORMULA,
    card,
    kpi,
    no_serious_finding,
    saved,
    search_of,
    send,
    wait_for_live,
)


def test_the_palette_filters_by_a_client_with_the_keyboard_alone(start, open_page: Open) -> None:  # type: ignore[no-untyped-def]
    server = start()
    send(server, REAL, REAL, client="acme")
    send(server, FAKE, client="Northbank")
    page = open_page(f"{server.url}/dashboard")
    wait_for_live(page)
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name="Go to, filter, or do")
    expect(field).to_be_focused()
    page.keyboard.type("northb")
    expect(page.get_by_role("option", name=re.compile("Northbank"))).to_be_visible()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("client=Northbank"))
    assert "1 in the last 7 days" in kpi(page, "Total predictions")
    page.keyboard.press("Control+k")
    expect(field).to_be_focused()
    page.keyboard.type("usage")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/usage.*client=Northbank"))


def test_the_filter_menu_offers_the_values_there_are_with_counts(start, open_page: Open) -> None:  # type: ignore[no-untyped-def]
    server = start()
    send(server, REAL, REAL, client="acme")
    send(server, FAKE, client="other")
    page = open_page(f"{server.url}/dashboard")
    wait_for_live(page)
    page.keyboard.press("f")
    page.get_by_role("option", name="Client").click()
    expect(page.get_by_role("listbox").get_by_role("option").first).to_contain_text("acme2")
    page.get_by_role("option", name=re.compile("other")).click()
    expect(page).to_have_url(re.compile("client=other"))
    page.reload()
    expect(page.get_by_role("list", name="Filters")).to_contain_text("other")


def test_a_range_of_ones_own_is_in_the_address_and_survives(start, open_page: Open) -> None:  # type: ignore[no-untyped-def]
    server = start()
    send(server, REAL)
    page = open_page(f"{server.url}/dashboard")
    wait_for_live(page)
    page.keyboard.press("r")
    page.get_by_label("From", exact=True).fill("2026-01-10T00:00")
    page.get_by_label("To", exact=True).fill("2026-01-05T00:00")
    page.get_by_role("button", name="Show this range").click()
    expect(page.get_by_role("alert")).to_contain_text("later than the start")
    page.get_by_label("To", exact=True).fill("2026-01-12T00:00")
    page.get_by_role("button", name="Show this range").click()
    expect(page).to_have_url(re.compile("range=2026-01-10T00"))
    page.reload()
    expect(page.get_by_role("banner").get_by_text("10 Jan to 11 Jan", exact=True)).to_be_visible()
    expect(page.get_by_text("No predictions from 10 Jan to 11 Jan").first).to_be_visible()


def test_dragging_over_a_chart_zooms_and_a_double_click_goes_back(start, open_page: Open) -> None:  # type: ignore[no-untyped-def]
    server = start()
    send(server, REAL, REAL)
    page = open_page(f"{server.url}/dashboard?range=30d")
    wait_for_live(page)
    chart = card(page, "Daily activity").locator("canvas")
    expect(chart).to_be_visible()
    box = chart.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    # Up to the last bar, which is today's and the only one there is.
    page.mouse.move(box["x"] + box["width"] * 0.6, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.97, middle, steps=5)
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"range=\d{4}-\d\d-\d\dT.*\.\."))
    zoomed = card(page, "Daily activity").locator("canvas")
    expect(zoomed).to_be_visible()
    zoomed.dblclick(position={"x": box["width"] / 2, "y": box["height"] / 2})
    expect(page).to_have_url(re.compile("range=30d"))


def test_the_comparison_is_chosen_and_kept(start, open_page: Open) -> None:  # type: ignore[no-untyped-def]
    server = start()
    send(server, REAL, FAKE)
    page = open_page(f"{server.url}/dashboard")
    wait_for_live(page)
    assert "no comparison" in kpi(page, "Success rate")
    page.keyboard.press("c")
    page.get_by_role("button", name="Nothing", exact=True).click()
    expect(page).to_have_url(re.compile("compare=none"))
    expect(card(page, "Success rate")).not_to_contain_text("no comparison")
    page.keyboard.press("c")
    page.get_by_role("button", name=re.compile("same weekdays")).click()
    expect(page).to_have_url(re.compile("compare=weekdays"))
    page.reload()
    expect(page.get_by_role("button", name="vs same weekdays")).to_be_visible()


def test_every_chart_is_a_picture_a_table_and_a_file(start, open_page: Open) -> None:  # type: ignore[no-untyped-def]
    server = start()
    send(server, REAL, FAKE, client=FORMULA, use_case=FORMULA)
    for path, names in (
        ("", ("Hourly activity", "Prediction distribution", "Performance trends", "Countries")),
        ("/usage", ("Load", "Hours of the week", "Use cases", "File formats", "File sizes")),
        ("/performance", ("Latency", "How long inference took", "How sure the model was")),
    ):
        page = open_page(f"{server.url}/dashboard{path}?range=24h")
        wait_for_live(page)
        for name in names:
            chart = card(page, name)
            expect(chart.locator("canvas, svg[role]").first).to_be_visible()
            picture = saved(page, chart.get_by_role("button", name="Download as PNG"))
            assert picture.startswith(b"\x89PNG"), name
            text = saved(page, chart.get_by_role("button", name="Download as CSV")).decode()
            assert "\r\n" in text, name
            assert not re.search(r'(^|[,\n])"?=', text), text
            chart.get_by_role("button", name="Show as table").click()
            expect(chart.get_by_role("table").first).to_be_visible()


def test_a_shared_link_shows_the_same_view(start, open_page: Open) -> None:  # type: ignore[no-untyped-def]
    server = start()
    send(server, REAL, REAL, client="acme")
    send(server, FAKE, client="other")
    page = open_page(f"{server.url}/dashboard/usage?range=30d&client=acme&compare=none&sort=client")
    wait_for_live(page)
    expect(card(page, "Predictions")).to_contain_text("1 client")
    shown = kpi(page, "Predictions")
    assert search_of(page) == "?range=30d&compare=none&client=acme&sort=client"
    other = open_page(page.url)
    wait_for_live(other)
    expect(card(other, "Predictions")).to_contain_text("1 client")
    assert kpi(other, "Predictions") == shown


def test_the_accent_is_the_tenants_and_stays_readable(start, open_page: Open) -> None:  # type: ignore[no-untyped-def]
    server = start()
    send(server, REAL)
    with server.client() as client:
        answer = client.put("/api/v1/settings/branding.accent", json={"value": "#ffd400"})
    assert answer.status_code == 200, answer.text
    wanted = server.get("/api/v1/branding").json()
    for scheme in ("light", "dark"):
        page = open_page(f"{server.url}/dashboard", scheme=scheme)
        wait_for_live(page)
        page.wait_for_function(
            "wanted => getComputedStyle(document.documentElement)"
            ".getPropertyValue('--vs-accent').trim() === wanted",
            arg=wanted[f"accent_on_{scheme}"],
        )
        no_serious_finding(page)
