"""What the tests in a browser do over and over: send images, wait, and look."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Locator, Page, Route, expect

from tests.conftest import Server, picture
from tests.e2e.conftest import ROOT

HOSTILE = "<img src=x onerror=alert(1)>"
FORMULA = '=HYPERLINK("http://example.test","click")'


def send(server: Server, *shades: int, **form: str) -> None:
    for seed, shade in enumerate(shades):
        answer = server.predict(picture(shade, seed=seed), data=form)
        assert answer.status_code == 200, answer.text


def kpi(page: Page, name: str) -> str:
    """The text of a KPI's card, once the page has its numbers."""
    wait_for_numbers(page)
    return card(page, name).inner_text()


def wait_for_numbers(page: Page) -> None:
    # Before its heading is there, nothing on a page is busy either.
    expect(page.locator("main h1")).to_have_count(1)
    expect(page.locator("main [aria-busy=true]")).to_have_count(0)


def feed(page: Page) -> Locator:
    return page.get_by_role("list", name="Newest predictions").get_by_role("listitem")


def wait_for_live(page: Page) -> None:
    # A page that lost its server waits up to five seconds between two attempts.
    expect(page.locator("header button[data-phase=live]")).to_be_visible(timeout=20_000)


def card(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name, exact=True)


def saved(page: Page, button: Locator) -> bytes:
    """The file that a click on the button downloads."""
    with page.expect_download() as download:
        button.click()
    return download.value.path().read_bytes()


@contextmanager
def held(page: Page, path: str) -> Iterator[None]:
    """Requests to a path, at least one, wait until the block ends."""
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        waiting.append(route)

    page.route(path, hold)
    yield
    assert waiting
    # A page may have asked again; what waits goes on, and from here on nothing waits.
    page.unroute(path, hold)


def no_serious_finding(page: Page) -> None:
    """No serious or critical finding of axe, and nothing wider than the window."""
    # evaluate, not a script tag: the page's own policy stays in force.
    page.evaluate((ROOT / "web/node_modules/axe-core/axe.min.js").read_text())
    found = page.evaluate("axe.run().then(result => result.violations)")
    serious = [v for v in found if v["impact"] in ("serious", "critical")]
    assert serious == [], json.dumps(
        [(page.url, v["id"], [n["html"] for n in v["nodes"]]) for v in serious], indent=1
    )
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url


def search_of(page: Page) -> str:
    return re.sub(r"^[^?]*", "", page.url)
