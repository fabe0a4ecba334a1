"""`/api/v1/branding` on a real server."""

from collections.abc import Callable

from tests.conftest import Server
from verascope.api.branding import Branding
from verascope.branding import contrast

PATH = "/api/v1/branding"


def test_name_and_colour_are_set_while_the_server_runs(start: Callable[..., Server]) -> None:
    server = start()
    before = server.get(PATH).json()
    Branding.model_validate(before)
    assert (before["accent"], before["is_default"]) == ("#4f46c8", True)
    with server.client() as client:
        for name, value in (("name", "Acme"), ("accent", "#FFDD00")):
            answer = client.put(f"/api/v1/settings/branding.{name}", json={"value": value})
            assert answer.status_code == 200, answer.text
        refused = client.put("/api/v1/settings/branding.accent", json={"value": "yellow"})
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["accepted"] == "a colour such as #4f46c8"
    after = server.get(PATH).json()
    Branding.model_validate(after)
    assert (after["name"], after["accent"], after["is_default"]) == ("Acme", "#ffdd00", False)
    assert after["accent_text"] == "#000000"
    assert contrast(after["accent_on_light"], "#ffffff") >= 4.5
    assert after["accent_on_dark"] == "#ffdd00"
