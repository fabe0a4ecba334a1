"""The dashboard as people use it."""

import re
from pathlib import Path

from playwright.sync_api import expect

from tests.conftest import FAKE, REAL, UNCERTAIN, picture
from tests.e2e.conftest import Open
from tests.e2e.steps import HOSTILE, card, feed, held, kpi, send, wait_for_live, wait_for_numbers


def test_an_empty_installation_explains_the_first_step(start, open_page: Open) -> None:  # type: ignore[no-untyped-def]
    server = start()
    page = open_page(f"{server.url}/")
    expect(page).to_have_title("Enterprise Analytics Dashboard")
    expect(page).to_have_url(f"{server.url}/dashboard")
    assert re.search(r"\b0\b", kpi(page, "Total predictions"))
    expect(page.get_by_text("curl").first).to_be_visible()
    # A rate of nothing is unknown, never 0 % or 100 %.
    assert "%" not in kpi(page, "Success rate")


def test_the_four_numbers_of_the_brief_are_those_of_the_api(start, open_page: Open) -> None:  # type: ignore[no-untyped-def]
    server = start()
    send(server, REAL, REAL, FAKE, UNCERTAIN)
    assert server.predict(b"not an image").status_code == 415
    page = open_page(f"{server.url}/dashboard")
    summary = server.get("/analytics", params={"days": 7}).json()["summary"]
    expect(page.get_by_role("region", name="Total predictions", exact=True)).to_contain_text("5")
    assert "of all time" in kpi(page, "Total predictions")
    assert "80" in kpi(page, "Success rate")
    assert summary["success_rate"] == 80
    assert f"{summary['avg_inference_time']:.1f}"[:1] in kpi(page, "Average inference time")
    assert "1" in kpi(page, "Error count")
    assert "last 7 days" in kpi(page, "Error count")
    patterns = page.get_by_role("region", name="Error patterns", exact=True)
    expect(patterns).to_contain_text("The file is not an image in a supported format.")
    distribution = page.get_by_role("region", name="Prediction distribution")
    for outcome, share in (("Real", "40"), ("Fake", "20"), ("Uncertain", "20"), ("Failed", "20")):
        expect(distribution.get_by_role("row", name=re.compile(outcome))).to_contain_text(share)


def test_accuracy_is_shown_with_its_interval_once_there_are_labels(start, open_page: Open) -> None:  # type: ignore[no-untyped-def]
    server = start(quality_min_labels=2)
    ids = [server.predict(picture(one)).json()["id"] for one in (REAL, REAL, FAKE)]
    page = open_page(f"{server.url}/dashboard")
    trends = page.get_by_role("region", name="Performance trends")
    trends.get_by_label("Which trend").select_option("accuracy")
    expect(trends).to_contain_text("carries a label, so nobody knows how often the model was right")
    for prediction_id, label in zip(ids, ("real", "fake", "fake"), strict=True):
        with server.client() as client:
            given = client.post(f"/api/v1/predictions/{prediction_id}/label", json={"label": label})
        assert given.status_code == 200
        if prediction_id == ids[0]:
            page.reload()
            expect(trends).to_contain_text("Not enough labels: 1 prediction")
    page.reload()
    expect(page).to_have_url(re.compile("trend=accuracy"))
    expect(trends).to_contain_text("n = 3")
    expect(trends).to_contain_text(re.compile(r"66\.7\s%"))
    expect(trends.locator("canvas")).to_be_visible()
    trends.get_by_role("button", name="Show as table").click()
    trends.get_by_role("button", name="95 % from").hover()
    expect(page.get_by_role("tooltip")).to_contain_text("Wilson's score interval")
    expect(page.get_by_role("tooltip")).to_contain_text("labelled predictions")


def test_a_prediction_arrives_without_a_reload(start, open_page: Open) -> None:  # type: ignore[no-untyped-def]
    server = start()
    send(server, REAL)
    page = open_page(f"{server.url}/dashboard")
    wait_for_live(page)
    expect(feed(page)).to_have_count(1)
    send(server, FAKE, client="Northbank")
    expect(feed(page)).to_have_count(2)
    expect(feed(page).first).to_contain_text("Northbank")
    expect(feed(page).first).to_contain_text("Fake")
    expect(page.get_by_role("region", name="Total predictions", exact=True)).to_contain_text(
        "2 in the last"
    )


def test_a_newcomer_drops_a_photo_and_sees_it_arrive(
    start, open_page: Open, tmp_path: Path
) -> None:  # type: ignore[no-untyped-def]
    server = start()
    page = open_page(f"{server.url}/dashboard")
    wait_for_live(page)
    photo = tmp_path / "photo.png"
    photo.write_bytes(picture(FAKE))
    box = page.get_by_role("region", name="Analyse an image")
    box.locator("input[type=file]").set_input_files(photo)
    expect(box).to_contain_text("photo.png")
    expect(box).to_contain_text("Fake")
    expect(feed(page)).to_have_count(1)
    expect(feed(page).first).to_contain_text("Fake")
    rubbish = tmp_path / "rubbish.jpg"
    rubbish.write_bytes(b"not an image")
    box.locator("input[type=file]").set_input_files(rubbish)
    expect(box).to_contain_text("JPEG, PNG, GIF, BMP, WebP, AVIF, HEIC and TIFF are accepted")
    expect(feed(page).first).to_contain_text("Failed")
    assert server.count() == 2


def test_range_and_filters_survive_a_reload_through_the_address(start, open_page: Open) -> None:  # type: ignore[no-untyped-def]
    server = start()
    send(server, REAL, REAL, client="acme")
    send(server, FAKE, client="other")
    page = open_page(f"{server.url}/dashboard?range=30d&client=acme")
    expect(page.get_by_role("region", name="Total predictions", exact=True)).to_contain_text(
        "2 in the last 30 days"
    )
    page.reload()
    expect(page.get_by_role("region", name="Total predictions", exact=True)).to_contain_text(
        "2 in the last 30 days"
    )
    expect(feed(page)).to_have_count(2)
    page.get_by_role("button", name=re.compile("Remove.*acme|acme.*remove", re.I)).first.click()
    expect(page).not_to_have_url(re.compile("acme"))
    expect(feed(page)).to_have_count(3)


def test_the_words_of_a_page_change_together_with_its_numbers(start, open_page: Open) -> None:  # type: ignore[no-untyped-def]
    server = start()
    send(server, REAL, REAL)
    page = open_page(f"{server.url}/dashboard")
    wait_for_live(page)
    assert "in the last 7 days" in kpi(page, "Success rate")
    rate = card(page, "Success rate")
    with held(page, "**/api/v1/query/batch"):
        page.get_by_text("30 d", exact=True).click()
        expect(rate).to_have_attribute("aria-busy", "true")
        expect(rate).to_contain_text("in the last 7 days")
        expect(card(page, "Top clients").locator("[aria-busy]")).to_be_visible()
        # What comes by itself belongs to no range.
        expect(feed(page)).to_have_count(2)
        expect(card(page, "Live activity").locator("[aria-busy]")).to_have_count(0)
    expect(rate).to_contain_text("in the last 30 days")
    wait_for_numbers(page)


def test_a_stopped_server_is_said_and_its_return_noticed(start, open_page: Open) -> None:  # type: ignore[no-untyped-def]
    server = start()
    send(server, REAL)
    page = open_page(f"{server.url}/dashboard")
    wait_for_live(page)
    assert server.stop() == 0
    expect(page.locator("header button[data-phase=stale]")).to_contain_text("stale since")
    expect(page.get_by_role("region", name="Total predictions", exact=True)).to_contain_text("1")
    again = start(server.home, port=server.port)
    send(again, FAKE)
    wait_for_live(page)
    expect(feed(page)).to_have_count(2)
    expect(page.get_by_role("region", name="Total predictions", exact=True)).to_contain_text(
        "2 in the last"
    )


def test_the_list_pages_and_a_row_opens_by_keyboard(start, open_page: Open) -> None:  # type: ignore[no-untyped-def]
    server = start()
    send(server, *[REAL] * 3, client="acme")
    page = open_page(f"{server.url}/dashboard/predictions")
    rows = page.locator("tr[data-prediction]")
    expect(rows).to_have_count(3)
    newest = server.get("/api/v1/predictions").json()["items"][0]
    rows.first.get_by_role("button").first.focus()
    page.keyboard.press("Enter")
    drawer = page.get_by_role("dialog")
    expect(drawer).to_contain_text(newest["file_hash"][:6])
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    page.get_by_role("button", name="Inference", exact=True).focus()
    expect(page.get_by_role("tooltip")).to_contain_text("decoding the image and the model")
    expect(page.get_by_role("tooltip")).to_contain_text("milliseconds")


def test_a_long_list_comes_page_by_page_and_says_where_it_ends(start, open_page: Open) -> None:  # type: ignore[no-untyped-def]
    server = start()
    with server.client() as client:
        events = [{"prediction": "real", "confidence": 80.0, "client": "acme"}] * 60
        answer = client.post("/api/v1/predictions", json=events)
    assert answer.status_code == 200, answer.text
    page = open_page(f"{server.url}/dashboard/predictions")
    rows = page.locator("tr[data-prediction]")
    expect(rows).to_have_count(50)
    page.get_by_role("button", name="Load more (50 shown)").click()
    expect(rows).to_have_count(60)
    expect(page.get_by_role("main")).to_contain_text("All 60 are shown.")


def test_hostile_names_are_shown_as_text(start, open_page: Open) -> None:  # type: ignore[no-untyped-def]
    server = start()
    send(server, REAL, client=HOSTILE, use_case="=HYPERLINK(1)")
    page = open_page(f"{server.url}/dashboard")
    expect(feed(page).first).to_contain_text(HOSTILE)
    assert page.locator("img[src=x]").count() == 0
    page.goto(f"{server.url}/dashboard/predictions")
    expect(page.locator("tr[data-prediction]").first).to_contain_text(HOSTILE)
    assert page.locator("img[src=x]").count() == 0
