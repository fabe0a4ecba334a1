"""What a browser gets: the dashboard, the API page, headers, compression, the live feed."""

import json
import re
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import FAKE, Server, picture
from verascope.api import dashboard

POLICY = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:;"


@pytest.mark.parametrize("path", ["/dashboard", "/analytics", "/nowhere", "/docs", "/health"])
def test_every_answer_carries_the_security_headers(server: Server, path: str) -> None:
    headers = server.get(path).headers
    assert headers["content-security-policy"].startswith(POLICY)
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"]
    assert "server" not in headers


def test_root_leads_to_the_dashboard(server: Server) -> None:
    response = server.get("/")
    assert (response.status_code, response.headers["location"]) == (307, "/dashboard")


@pytest.mark.parametrize("path", ["/dashboard", "/dashboard/", "/dashboard/predictions/some-id"])
def test_every_address_of_the_dashboard_is_its_page(server: Server, path: str) -> None:
    response = server.get(path)
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/html")
    assert "<title>Enterprise Analytics Dashboard</title>" in response.text


@pytest.mark.parametrize(
    "path", ["assets/missing.js", "assets/../../server.py", "assets/%2e%2e/%2e%2e/server.py"]
)
def test_nothing_but_the_interfaces_own_files_is_served(server: Server, path: str) -> None:
    response = server.get(f"/dashboard/{path}")
    assert "import" not in response.text
    assert response.status_code in (200, 404)


@pytest.mark.skipif(not dashboard.FOLDER.exists(), reason="the interface is not built")
def test_assets_are_immutable_and_compressed(server: Server) -> None:
    page = server.get("/dashboard")
    assert page.headers["cache-control"] == "no-cache"
    ahead, script = re.findall(r'<script[^>]*src="([^"]+)"', page.text)
    assert server.get(ahead).status_code == 200
    response = server.get(script)
    assert response.status_code == 200
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert response.headers["content-encoding"] == "gzip"
    assert "javascript" in response.headers["content-type"]
    again = server.get(script, headers={"If-None-Match": response.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    plain = server.get(script, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == response.content


def test_api_page_needs_nothing_from_outside(server: Server) -> None:
    page = server.get("/docs").text
    sources = re.findall(r'(?:src|href)="(/[^"]*)"', page)
    assert "http" not in page
    assert sources
    for source in sources:
        assert source.startswith("/docs/")
        found = server.get(source)
        assert found.status_code == 200
        assert not re.search(r"https?://(cdn|unpkg|fonts)", found.text[:2000])
    assert "<script>" not in page
    assert server.get("/docs/other.js").status_code == 404


def test_description_of_the_api_is_whole(server: Server) -> None:
    schema = server.get("/openapi.json").json()
    text = json.dumps(schema)
    for reference in set(re.findall(r'"#/components/schemas/(\w+)"', text)):
        assert reference in schema["components"]["schemas"], reference
    assert "/predict" in schema["paths"]
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            where = f"{method} {path}"
            assert operation.get("summary"), where
            assert "403" in operation["responses"] or path.endswith("/{token}"), where
            for status, response in operation["responses"].items():
                if int(status) >= 400 and (path, status) != ("/health", "503"):
                    assert "application/problem+json" in response["content"], (where, status)
    form = schema["paths"]["/predict"]["post"]["requestBody"]["content"]["multipart/form-data"]
    assert form["schema"]["required"] == ["file"]
    assert schema["components"]["schemas"]["Verdict"]["example"]["prediction"] == "fake"


def test_large_json_is_compressed_and_verdicts_are_not(server: Server) -> None:
    assert server.get("/api/v1/metrics").headers["content-encoding"] == "gzip"
    assert "content-encoding" not in server.predict(picture()).headers


class Listener:
    """Reads a live feed in a thread."""

    def __init__(self, server: Server, **options: Any) -> None:
        self.events: list[dict[str, str]] = []
        self.headers: dict[str, str] = {}
        self._server = server
        self._options = options
        self._stop = threading.Event()
        threading.Thread(target=self._run, daemon=True).start()
        self.wait_for("hello")

    def _run(self) -> None:
        with (
            self._server.client() as client,
            client.stream("GET", "/api/v1/live", **self._options) as stream,
        ):
            self.headers = dict(stream.headers)
            event: dict[str, str] = {}
            for line in stream.iter_lines():
                if self._stop.is_set():
                    return
                if line:
                    name, _, value = line.partition(":")
                    event[name] = value.strip()
                elif event:
                    self.events.append(event)
                    event = {}

    def wait_for(self, kind: str, number: int = 1) -> list[dict[str, str]]:
        deadline = time.monotonic() + 15
        while True:
            found = [event for event in self.events if event.get("event") == kind]
            if len(found) >= number:
                return found
            assert time.monotonic() < deadline, self.events
            time.sleep(0.01)

    def close(self) -> None:
        self._stop.set()


@pytest.fixture
def listener(server: Server) -> Iterator[Listener]:
    opened = Listener(server)
    yield opened
    opened.close()


def test_prediction_arrives_in_the_live_feed_as_it_is_stored(
    server: Server, listener: Listener
) -> None:
    sent = server.predict(picture(FAKE)).json()
    (event, *_) = listener.wait_for("prediction")
    assert json.loads(event["data"]) == server.get(f"/api/v1/predictions/{sent['id']}").json()
    assert event["id"]


def test_live_feed_is_neither_buffered_nor_compressed(listener: Listener) -> None:
    assert listener.headers["content-type"].startswith("text/event-stream")
    assert listener.headers["cache-control"] == "no-cache"
    assert listener.headers["x-accel-buffering"] == "no"
    assert "content-encoding" not in listener.headers


def test_live_feed_resumes_where_it_broke_off(server: Server, listener: Listener) -> None:
    first = server.predict(picture()).json()["id"]
    place = listener.wait_for("prediction")[0]["id"]
    missed = [server.predict(picture(seed=seed)).json()["id"] for seed in range(3)]
    for options in ({"headers": {"Last-Event-ID": place}}, {"params": {"last_event_id": place}}):
        resumed = Listener(server, **options)
        got = [json.loads(event["data"])["id"] for event in resumed.wait_for("prediction", 3)]
        assert got == missed
        assert first not in got
        resumed.close()


def test_unknown_event_id_asks_the_page_to_start_over(server: Server) -> None:
    listener = Listener(server, headers={"Last-Event-ID": "nonsense"})
    assert listener.wait_for("resync")
    listener.close()
