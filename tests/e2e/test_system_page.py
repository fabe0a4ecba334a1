"""The page System: the machine and the server over time, what sends, and what is probed."""

import re
from urllib.parse import urlsplit

from playwright.sync_api import Request, expect

from tests.conftest import REAL
from tests.e2e.conftest import Open
from tests.e2e.steps import (
    HOSTILE,
    card,
    feed,
    no_serious_finding,
    saved,
    send,
    wait_for_live,
)


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
    row = senders.get_by_role("row").nth(1)
    # The page asks every half minute; no reload is needed.
    expect(row).to_contain_text("gate-7", timeout=70_000)
    expect(row).to_contain_text("12")
    expect(row).to_contain_text(HOSTILE)
    assert page.locator("img[src=x]").count() == 0


def test_a_probe_is_set_up_run_paused_and_deleted(start, open_page: Open) -> None:  # type: ignore[no-untyped-def]
    server = start()
    page = open_page(f"{server.url}/dashboard/system")
    wait_for_live(page)
    probes = card(page, "Probes")
    expect(probes).to_contain_text("own-health")
    probes.get_by_role("button", name="New probe").click()
    form = page.get_by_role("dialog")
    form.get_by_label("Name", exact=True).fill("gate!")
    form.get_by_label("Address").fill(f"{server.url}/info")
    form.get_by_label("Conditions on a JSON answer").fill("/device equals cpu")
    form.get_by_role("button", name="Set up the probe").click()
    expect(form.get_by_role("alert")).to_contain_text("The probe was not stored.")
    expect(form.get_by_label("Name", exact=True)).to_have_accessible_description(
        re.compile("letters, digits")
    )
    expect(form.get_by_label("Address")).to_have_value(f"{server.url}/info")
    form.get_by_label("Name", exact=True).fill("gate")
    form.get_by_role("button", name="Set up the probe").click()
    expect(form).to_have_count(0)
    probes.get_by_role("button", name="gate", exact=True).click()
    expect(page).to_have_url(re.compile("id=gate"))
    drawer = page.get_by_role("dialog", name="gate")
    drawer.get_by_role("button", name="Run now").click()
    expect(drawer).to_contain_text("good,")
    page.reload()
    drawer.get_by_role("button", name="Pause").click()
    expect(drawer).to_contain_text("Paused")
    stored = server.get("/api/v1/probes/gate").json()
    assert stored["enabled"] is False
    assert stored["settings"]["json"] == [{"path": "/device", "op": "equals", "value": "cpu"}]
    drawer.get_by_role("button", name="Change").click()
    expect(page.get_by_label("Conditions on a JSON answer")).to_have_value("/device equals cpu")
    no_serious_finding(page)
    page.get_by_role("button", name="Cancel").click()
    drawer.get_by_role("button", name="Delete").click()
    drawer.get_by_role("button", name="Delete it and its history").click()
    expect(probes.get_by_role("button", name="gate", exact=True)).to_have_count(0)
    assert server.get("/api/v1/probes/gate").status_code == 404


def test_a_heartbeat_shows_the_address_that_its_job_calls(start, open_page: Open) -> None:  # type: ignore[no-untyped-def]
    server = start()
    page = open_page(f"{server.url}/dashboard/system?edit=new")
    form = page.get_by_role("dialog")
    form.get_by_label("Kind").select_option("heartbeat")
    form.get_by_label("Name", exact=True).fill("nightly import")
    form.get_by_role("button", name="Set up the probe").click()
    card(page, "Probes").get_by_role("button", name="nightly import").click()
    drawer = page.get_by_role("dialog", name="nightly import")
    command = drawer.locator("code").inner_text()
    address = command.removeprefix("curl -X POST ")
    assert address.startswith(f"{server.url}/api/v1/heartbeats/")
    with server.client() as client:
        assert client.post(address).status_code < 300
    # Lateness is looked at every half minute.
    expect(drawer).to_contain_text("Up", timeout=60_000)


def test_maintenance_is_planned_and_removed(start, open_page: Open) -> None:  # type: ignore[no-untyped-def]
    server = start()
    page = open_page(f"{server.url}/dashboard/system")
    wait_for_live(page)
    windows = card(page, "Maintenance")
    expect(windows).to_contain_text("Nothing is planned")
    windows.get_by_role("button", name="Plan").click()
    windows.get_by_label("Name").fill("Release 2.4")
    windows.get_by_label("Probes").select_option("own-health")
    windows.get_by_role("button", name="Plan it").click()
    row = windows.get_by_role("row", name=re.compile("Release 2.4"))
    expect(row).to_contain_text("own-health")
    expect(row).to_contain_text("Maintenance")
    expect(card(page, "Probes").get_by_role("row", name=re.compile("own-health"))).to_contain_text(
        "Maintenance"
    )
    windows.get_by_role("button", name="Remove Release 2.4").click()
    expect(windows).to_contain_text("Nothing is planned")


def test_the_overview_says_alerts_and_system_in_a_line_each(start, open_page: Open) -> None:  # type: ignore[no-untyped-def]
    server = start()
    send(server, REAL)
    page = open_page(f"{server.url}/dashboard/settings")
    wait_for_live(page)
    asked: list[str] = []

    def hear(request: Request) -> None:
        if request.is_navigation_request():
            asked.clear()
        elif "/assets/" not in request.url:
            asked.append(urlsplit(request.url).path)

    page.goto("about:blank")
    page.on("request", hear)
    page.goto(f"{server.url}/dashboard")
    expect(card(page, "Alerts")).to_contain_text("none open")
    system = card(page, "System")
    expect(system).to_contain_text("server healthy")
    expect(feed(page)).to_have_count(1)
    # What is asked again later counts once.
    assert sorted(set(asked)) == [
        "/api/v1/incidents",
        "/api/v1/live",
        "/api/v1/metrics",
        "/api/v1/predictions",
        "/api/v1/query/batch",
        "/api/v1/status",
    ]
    assert asked.index("/api/v1/query/batch") < asked.index("/api/v1/status"), asked
    expect(system).to_contain_text("3 probes up", timeout=60_000)
    expect(system).to_contain_text(re.compile(r"Memory \d"), timeout=40_000)
    system.get_by_role("link", name="System").click()
    expect(page).to_have_url(re.compile("/system"))
