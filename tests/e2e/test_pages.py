"""Each page: its data appears, moves live, survives a reload, and says so when the server is away."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.conftest import FAKE, REAL, picture
from tests.e2e.conftest import Open
from tests.e2e.steps import HOSTILE, card, held, kpi, saved, send, wait_for_live, wait_for_numbers


@pytest.mark.parametrize(
    ("path", "name"), [("/usage", "Predictions"), ("/performance", "Inference time p95")]
)
def test_a_page_of_numbers_moves_live_and_says_when_it_is_stale(  # type: ignore[no-untyped-def]
    start, open_page: Open, path: str, name: str
) -> None:
    server = start()
    send(server, REAL, client="acme")
    page = open_page(f"{server.url}/dashboard{path}?range=24h&client=acme")
    wait_for_live(page)
    shown = card(page, name)
    expect(shown).to_contain_text("in the last 24 hours")
    tables = page.get_by_role("main")
    expect(tables).to_contain_text("acme" if path == "/usage" else "n = 1")
    send(server, FAKE, FAKE, client="acme")
    expect(shown).to_contain_text("3" if path == "/usage" else "n = 3")
    assert server.stop() == 0
    expect(page.locator("header button[data-phase=stale]")).to_contain_text("stale since")
    expect(shown).to_contain_text("3")
    again = start(server.home, port=server.port)
    send(again, REAL, client="acme")
    wait_for_live(page)
    expect(shown).to_contain_text("4" if path == "/usage" else "n = 4")
    page.reload()
    expect(shown).to_contain_text("4" if path == "/usage" else "n = 4")


def test_pages_of_an_empty_installation_are_sentences_not_grids(start, open_page: Open) -> None:  # type: ignore[no-untyped-def]
    server = start()
    page = open_page(f"{server.url}/dashboard/usage")
    expect(card(page, "Clients")).to_contain_text("None in the last 7 days.")
    page.goto(f"{server.url}/dashboard/performance")
    expect(card(page, "Latency")).to_contain_text("Nothing succeeded in the last 7 days")
    assert page.locator("main canvas").count() == 0


def test_clients_are_sorted_by_a_click_and_the_address_keeps_it(start, open_page: Open) -> None:  # type: ignore[no-untyped-def]
    server = start()
    send(server, REAL, REAL, client="acme")
    send(server, FAKE, client="zeta")
    page = open_page(f"{server.url}/dashboard/usage")
    rows = card(page, "Clients").locator("tbody tr")
    expect(rows.first).to_contain_text("acme")
    card(page, "Clients").get_by_role("button", name="Fake share").click()
    expect(page).to_have_url(re.compile("sort=-fake_share"))
    expect(rows.first).to_contain_text("zeta")
    page.reload()
    expect(rows.first).to_contain_text("zeta")


def test_a_wrong_verdict_is_labelled_and_everybody_sees_it(start, open_page: Open) -> None:  # type: ignore[no-untyped-def]
    server = start()
    send(server, FAKE, client="acme")
    newest = server.get("/api/v1/predictions").json()["items"][0]["id"]
    address = f"{server.url}/dashboard/predictions?id={newest}"
    page, other = open_page(address), open_page(address)
    wait_for_live(other)
    drawer = page.get_by_role("dialog")
    drawer.get_by_label("How it is known").fill("The photographer showed the negative.")
    drawer.get_by_role("button", name="This verdict was wrong").click()
    expect(drawer).to_contain_text("Labelled real: the verdict was wrong.")
    expect(other.get_by_role("dialog")).to_contain_text("Labelled real")
    stored = server.get(f"/api/v1/predictions/{newest}").json()
    assert (stored["label"], stored["label_reason"]) == (
        "real",
        "The photographer showed the negative.",
    )
    drawer.get_by_role("button", name="Withdraw the label").click()
    expect(drawer.get_by_role("button", name="This verdict was wrong")).to_be_visible()
    assert server.get(f"/api/v1/predictions/{newest}").json()["label"] is None


def test_chosen_columns_are_in_the_address(start, open_page: Open) -> None:  # type: ignore[no-untyped-def]
    server = start()
    send(server, REAL)
    page = open_page(f"{server.url}/dashboard/predictions")
    page.get_by_role("button", name="Columns").click()
    page.get_by_label("Format").check()
    page.get_by_label("Country").uncheck()
    page.reload()
    heads = page.locator("main thead")
    expect(heads).to_contain_text("Format")
    expect(heads).not_to_contain_text("Country")
    expect(page.locator("tr[data-prediction]").first).to_contain_text("PNG")


def test_the_console_runs_the_gallery_and_ones_own_query(start, open_page: Open) -> None:  # type: ignore[no-untyped-def]
    server = start()
    send(server, REAL, FAKE, client="=1+1")
    page = open_page(f"{server.url}/dashboard/explore")
    page.get_by_role("button", name=re.compile("^Daily revenue")).click()
    expect(card(page, "Result")).to_contain_text("1 row in")
    editor = page.get_by_role("textbox", name="SQL")
    editor.click()
    page.keyboard.press("Control+a")
    page.keyboard.type("SELECT client, :n AS n FROM predictions WHERE client <> :other")
    page.get_by_label("n", exact=True).fill("7")
    page.get_by_label("other").fill("nobody")
    page.keyboard.press("Enter")
    expect(card(page, "Result")).to_contain_text("2 rows")
    expect(card(page, "Result").get_by_role("row").nth(1)).to_contain_text("=1+1")
    text = saved(page, card(page, "Result").get_by_role("button", name="Download as CSV")).decode()
    assert "'=1+1,7" in text
    expect(page).to_have_url(re.compile("sql=SELECT.*param=n%3D7"))
    page.reload()
    expect(card(page, "Result")).to_contain_text("2 rows")


def test_the_console_names_a_mistake_and_refuses_to_write(start, open_page: Open) -> None:  # type: ignore[no-untyped-def]
    server = start()
    send(server, REAL)
    page = open_page(f"{server.url}/dashboard/explore?sql=SELECT%20*%20FORM%20predictions")
    expect(page.get_by_role("alert")).to_contain_text("syntax error")
    page.goto(f"{server.url}/dashboard/explore?sql=DELETE%20FROM%20predictions")
    expect(page.get_by_role("alert")).to_be_visible()
    assert server.count() == 1


def test_a_long_query_is_cancelled(start, open_page: Open) -> None:  # type: ignore[no-untyped-def]
    server = start()
    endless = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    )
    page = open_page(
        f"{server.url}/dashboard/explore?sql={endless.replace(' ', '%20').replace('+', '%2B')}"
    )
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Cancelled.")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Top error patterns")).click()
    expect(card(page, "Result")).to_contain_text("found no rows")


@pytest.mark.parametrize(
    ("path", "name"), [("/usage", "Peak load"), ("/performance", "Inference time p95")]
)
def test_a_page_keeps_its_words_until_the_numbers_of_another_range_are_there(  # type: ignore[no-untyped-def]
    start, open_page: Open, path: str, name: str
) -> None:
    server = start()
    send(server, REAL)
    page = open_page(f"{server.url}/dashboard{path}")
    assert "in the last 7 days" in kpi(page, name)
    with held(page, "**/api/v1/query/batch"):
        page.get_by_text("30 d", exact=True).click()
        expect(card(page, name)).to_have_attribute("aria-busy", "true")
        expect(card(page, name)).to_contain_text("in the last 7 days")
    expect(card(page, name)).to_contain_text("in the last 30 days")
    wait_for_numbers(page)


def test_a_price_is_changed_and_what_the_environment_says_is_fixed(start, open_page: Open) -> None:  # type: ignore[no-untyped-def]
    server = start()
    page = open_page(f"{server.url}/dashboard/settings")
    page.get_by_role("button", name="Change pricing.default_price").click()
    field = page.get_by_role("textbox", name="pricing.default_price")
    field.fill("a lot")
    page.get_by_role("button", name="Store").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(field).to_have_value("a lot")
    field.fill("0.08")
    page.get_by_role("button", name="Store").click()
    price = page.get_by_role("listitem").filter(has_text="pricing.default_price")
    expect(price).to_contain_text("0.08")
    expect(price).to_contain_text("set here")
    page.reload()
    expect(price).to_contain_text("0.08")
    send(server, REAL)
    assert server.get("/api/v1/predictions").json()["items"][0]["price"].startswith("0.08")
    port = page.get_by_role("listitem").filter(has_text="server.port")
    expect(port).to_contain_text("VERASCOPE_")
    assert port.get_by_role("button").count() == 0


def test_settings_are_found_by_their_words_and_the_address_keeps_them(
    start, open_page: Open
) -> None:  # type: ignore[no-untyped-def]
    server = start()
    page = open_page(f"{server.url}/dashboard/settings")
    rows = page.get_by_role("main").get_by_role("listitem")
    field = page.get_by_role("searchbox", name="Search settings")
    field.fill("price default")
    expect(rows.filter(has_text="server.port")).to_have_count(0)
    expect(rows.filter(has_text="pricing.default_price")).to_be_visible()
    expect(page).to_have_url(re.compile(r"q=price"))
    page.reload()
    expect(field).to_have_value("price default")
    expect(rows.filter(has_text="server.port")).to_have_count(0)
    field.fill(HOSTILE)
    expect(page.get_by_text("No setting has all of these words")).to_be_visible()
    field.fill("")
    page.get_by_role("navigation", name="Sections").get_by_role("link", name="Server").click()
    expect(rows.filter(has_text="server.port")).to_be_in_viewport()


def test_the_first_minute_offers_three_ways(start, open_page: Open) -> None:  # type: ignore[no-untyped-def]
    server = start()
    page = open_page(f"{server.url}/dashboard")
    for title in (
        "Drop an image",
        "Send a prediction of your own detector",
        "Import an old database",
    ):
        expect(page.get_by_role("heading", name=title)).to_be_visible()
    page.get_by_role("button", name="Python").click()
    expect(page.get_by_text("urllib.request.urlopen")).to_be_visible()
    expect(page.get_by_text("verascope import FILE")).to_be_visible()
    wait_for_live(page)
    send(server, REAL)
    expect(page.get_by_role("heading", name="Drop an image")).to_have_count(0)
    assert "1 in the last" in kpi(page, "Total predictions")


def test_an_analysed_image_is_explained_where_the_detector_can(  # type: ignore[no-untyped-def]
    start, open_page: Open, tmp_path: Path
) -> None:
    server = start()
    photo = tmp_path / "photo.png"
    photo.write_bytes(picture(FAKE))
    page = open_page(f"{server.url}/dashboard/analyse")
    page.locator("input[type=file]").set_input_files(photo)
    expect(page.get_by_role("main")).to_contain_text("Fake")
    expect(page.locator("figure canvas")).to_be_visible()
    page.get_by_role("button", name="Hide the map").click()
    expect(page.locator("figure canvas")).to_be_hidden()
    assert server.count() == 1


def test_the_demo_opens_in_one_click_and_is_left_in_one(start, open_page: Open) -> None:  # type: ignore[no-untyped-def]
    server = start()
    page = open_page(f"{server.url}/dashboard")
    page.get_by_role("button", name="Look at a demo").click()
    # Ninety days of traffic are made up meanwhile.
    expect(page).to_have_url(re.compile("/demo/dashboard"), timeout=120_000)
    for path in ("", "/usage", "/performance", "/predictions", "/explore"):
        page.goto(f"{server.url}/demo/dashboard{path}")
        wait_for_live(page)
        expect(page.get_by_role("banner").get_by_text("DEMO", exact=True)).to_be_visible()
        wait_for_numbers(page)
    expect(page.get_by_role("link", name="Usage")).to_have_attribute(
        "href", re.compile("^/demo/dashboard/usage")
    )
    page.get_by_role("link", name="Leave the demo").click()
    expect(page).to_have_url(f"{server.url}/dashboard")
    expect(page.get_by_role("heading", name="Drop an image")).to_be_visible()
    assert server.count() == 0
