"""An existing detection endpoint becomes a monitored one; its answers stay as they were."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any, Callable
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from verascope_client import Exchange, VerascopeMiddleware, VerascopeWSGI, monitor
from verascope_client.answer import Reading, Unreadable
from verascope_client.testing import MemoryClient


@pytest.fixture
def client() -> MemoryClient:
    return MemoryClient()


# --- Reading answers -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"prediction": "fake", "confidence": 0.9}, ("fake", 90.0)),
        ({"verdict": "Real", "score": 1}, ("real", 100.0)),
        ({"label": "AUTHENTIC", "probability": 0.25}, ("real", 25.0)),
        ({"is_fake": True, "confidence": 0.5}, ("fake", 50.0)),
        ({"is_deepfake": False, "confidence": 0.5}, ("real", 50.0)),
        ({"result": "inconclusive", "confidence": 0.5}, ("uncertain", 50.0)),
    ],
)
def test_common_names_are_understood(answer: Any, expected: tuple[str, float]) -> None:
    found = Reading("fraction").read(answer)
    assert (found["prediction"], found["confidence"]) == expected


def test_the_scale_is_declared_and_never_guessed() -> None:
    assert Reading("percent").read({"label": "fake", "score": 0.9})["confidence"] == 0.9
    assert Reading("fraction").read({"label": "fake", "score": 0.9})["confidence"] == 90
    with pytest.raises(Unreadable, match="confidence is 97, but scale='fraction' means 0 to 1"):
        Reading("fraction").read({"label": "fake", "score": 97})
    with pytest.raises(ValueError, match=r"scale: must be 'fraction' .* it is not guessed"):
        Reading(None)


def test_a_declared_mapping_reaches_into_the_answer() -> None:
    reading = Reading(
        "fraction",
        fields={"prediction": "result.class", "fake_probability": "result.p"},
        verdicts={1: "fake", "ok": "real"},
    )
    assert reading.read({"result": {"class": 1, "p": 0.75}}) == {
        "prediction": "fake",
        "fake_probability": 75.0,
    }
    assert reading.read({"result": {"class": "OK", "p": 0}})["prediction"] == "real"


def test_wrong_mappings_are_refused_at_once() -> None:
    with pytest.raises(ValueError, match=r"scale: .*fields: confidense.*verdicts: perhaps"):
        Reading("per cent", {"confidense": "x"}, {"x": "perhaps"})


@pytest.mark.parametrize("answer", [None, [], "fake", {}, {"prediction": "cat"}, {"score": 0.4}])
def test_an_answer_without_a_verdict_is_unreadable(answer: object) -> None:
    with pytest.raises(Unreadable):
        Reading("percent").read(answer)


# --- FastAPI and Starlette ------------------------------------------------------------------------


def ask(app: Any, path: str = "/detect", method: str = "POST", **options: Any) -> Any:
    from starlette.testclient import TestClient

    return TestClient(app, raise_server_exceptions=False).request(method, path, **options)


def api(client: MemoryClient, **options: Any) -> Any:
    from fastapi import FastAPI, HTTPException
    from fastapi.responses import StreamingResponse

    app = FastAPI()
    app.add_middleware(
        VerascopeMiddleware,
        **{"client": client, "path": "/detect*", "scale": "fraction", **options},
    )

    @app.post("/detect")
    def detect(what: str = "fake") -> dict[str, Any]:
        if what == "raise":
            raise RuntimeError("CUDA out of memory")
        if what == "busy":
            raise HTTPException(503, "no worker is free")
        if what == "bad":
            raise HTTPException(400, "this is no image")
        if what == "odd":
            return {"cats": 3}
        if what == "long":
            return {"prediction": "fake", "confidence": 0.9, "map": "x" * 100_000}
        return {"prediction": what, "confidence": 0.875, "model_version": "7"}

    @app.post("/detect/stream")
    def stream() -> StreamingResponse:
        def parts() -> Iterator[bytes]:
            yield b'{"prediction": "real", '
            yield b'"confidence": 0.5}'

        return StreamingResponse(parts(), media_type="application/json")

    @app.get("/health")
    def health() -> dict[str, str]:
        return {"prediction": "fake"}

    return app


def test_an_endpoint_of_fastapi_is_recorded(client: MemoryClient) -> None:
    answer = ask(api(client))
    assert answer.json() == {"prediction": "fake", "confidence": 0.875, "model_version": "7"}
    (event,) = client.assert_recorded(1, prediction="fake", confidence=87.5, model_version="7")
    assert event["response_time_ms"] > 0


def test_a_streamed_answer_is_recorded_when_it_is_out(client: MemoryClient) -> None:
    assert ask(api(client), "/detect/stream").json() == {"prediction": "real", "confidence": 0.5}
    client.assert_recorded(1, prediction="real", confidence=50)


def test_other_paths_and_methods_are_none_of_its_business(client: MemoryClient) -> None:
    assert ask(api(client), "/health", "GET").status_code == 200
    assert ask(api(client), "/detect", "GET").status_code == 405
    client.assert_nothing_recorded()


def test_an_exception_is_a_failed_prediction_and_goes_on(client: MemoryClient) -> None:
    assert ask(api(client), params={"what": "raise"}).status_code == 500
    client.assert_recorded(1, success=False, error_message="RuntimeError: CUDA out of memory")


def test_a_status_from_500_on_is_a_failed_prediction(client: MemoryClient) -> None:
    assert ask(api(client), params={"what": "busy"}).json() == {"detail": "no worker is free"}
    client.assert_recorded(1, success=False, error_message="no worker is free")


def test_a_refused_image_counts_only_if_the_host_says_so(client: MemoryClient) -> None:
    assert ask(api(client), params={"what": "bad"}).status_code == 400
    client.assert_nothing_recorded()
    ask(api(client, refusals=True), params={"what": "bad"})
    client.assert_recorded(1, success=False, error_message="this is no image")


def test_an_answer_that_can_not_be_read_is_counted_and_harmless(client: MemoryClient) -> None:
    assert ask(api(client), params={"what": "odd"}).json() == {"cats": 3}
    assert len(ask(api(client), params={"what": "long"}).json()["map"]) == 100_000
    assert client.events == []
    assert client.dropped[0].startswith("it has no verdict; looked for prediction, verdict")
    assert client.stats().dropped_by == {"answer": 2}


def test_extract_reads_anything_else(client: MemoryClient) -> None:
    def extract(exchange: Exchange) -> Any:
        assert exchange.status == 200
        return [{"prediction": "real", "confidence": 60 + n} for n in range(3)]

    ask(api(client, extract=extract, scale=None))
    client.assert_recorded(3, prediction="real")


def test_errors_in_extract_and_context_never_reach_the_host(client: MemoryClient) -> None:
    def wrong(*_: Any) -> Any:
        raise KeyError("oops")

    assert ask(api(client, extract=wrong)).status_code == 200
    assert ask(api(client, context=wrong)).status_code == 200
    assert client.stats().dropped_by == {"answer": 1}
    assert len(client.events) == 1


def test_context_adds_what_only_the_request_knows(client: MemoryClient) -> None:
    def context(scope: Any) -> dict[str, str]:
        return {"client": dict(scope["headers"])[b"x-customer"].decode()}

    ask(api(client, context=context), headers={"X-Customer": "acme"})
    client.assert_recorded(1, client="acme")


def test_a_compressed_answer_is_read_and_stays_compressed(client: MemoryClient) -> None:
    from starlette.middleware.gzip import GZipMiddleware

    inner = GZipMiddleware(api(MemoryClient()), minimum_size=1)
    app = VerascopeMiddleware(inner, client=client, path="/detect", scale="fraction")
    answer = ask(app, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    client.assert_recorded(1, prediction="fake")


def test_nothing_but_http_is_touched(client: MemoryClient) -> None:
    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["type"])

    middleware = VerascopeMiddleware(app, client=client, path="/x", scale="percent")
    asyncio.run(middleware({"type": "lifespan"}, None, None))  # type: ignore[arg-type]
    assert seen == ["lifespan"]


def test_an_application_that_never_answers_is_a_failed_prediction(client: MemoryClient) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        pass

    middleware = VerascopeMiddleware(app, client=client, path="/x", scale="percent")
    scope = {"type": "http", "method": "POST", "path": "/x"}
    asyncio.run(middleware(scope, None, None))  # type: ignore[arg-type]
    client.assert_recorded(1, success=False, error_message="no answer")


def test_without_a_scale_the_middleware_is_refused(client: MemoryClient) -> None:
    with pytest.raises(ValueError, match="scale"):
        VerascopeMiddleware(None, client=client, path="/x")  # type: ignore[arg-type]


# --- WSGI, as Flask is ----------------------------------------------------------------------------


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def serve() -> Iterator[Callable[[Any], str]]:
    """Serves a WSGI application with the standard library's server; its address."""
    running = []

    def begin(app: Any) -> str:
        server = make_server("127.0.0.1", 0, app, handler_class=Quiet)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        running.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield begin
    for server in running:
        server.shutdown()
        server.server_close()


def post(url: str) -> tuple[int, bytes]:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(urllib.request.Request(url, b"image"), timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def detect(environ: Any, start_response: Any) -> Any:
    what = environ["QUERY_STRING"]
    if what == "raise":
        raise RuntimeError("no GPU")
    if what == "late":
        start_response("200 OK", [("Content-Type", "application/json")])
        return late()
    status = "503 Busy" if what == "busy" else "200 OK"
    body = {"error": "busy"} if what == "busy" else {"is_fake": True, "score": 97.5}
    start_response(status, [("Content-Type", "application/json")])
    text = json.dumps(body).encode()
    return [text[:5], text[5:]]


def late() -> Iterator[bytes]:
    yield b"{"
    raise RuntimeError("half way")


def test_an_application_of_wsgi_is_recorded(
    client: MemoryClient, serve: Callable[[Any], str]
) -> None:
    url = serve(VerascopeWSGI(detect, client=client, path="/detect", scale="percent"))
    assert post(f"{url}/detect") == (200, b'{"is_fake": true, "score": 97.5}')
    assert post(f"{url}/other")[0] == 200
    client.assert_recorded(
        1, prediction="fake", confidence=97.5, response_time_ms=lambda ms: ms > 0
    )


@pytest.mark.parametrize(
    ("what", "status", "message"),
    [
        ("busy", 503, "busy"),
        ("raise", 500, "RuntimeError: no GPU"),
        ("late", 200, "RuntimeError: half way"),
    ],
)
def test_a_failure_in_wsgi_is_a_failed_prediction(
    what: str,
    status: int,
    message: str,
    client: MemoryClient,
    serve: Callable[[Any], str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    url = serve(VerascopeWSGI(detect, client=client, path="/detect", scale="percent"))
    assert post(f"{url}/detect?{what}")[0] == status
    client.assert_recorded(1, success=False, error_message=message)


# --- The decorator ---------------------------------------------------------------------------------


@dataclasses.dataclass
class Found:
    prediction: str
    confidence: float


class Response:
    """As Flask's looks to the decorator."""

    status_code = 500

    def get_json(self, silent: bool = False) -> Any:
        return {"error": "no model"}


def test_a_function_is_recorded_and_returns_what_it_did(client: MemoryClient) -> None:
    @monitor(client, scale="fraction", more={"use_case": "kyc"})
    def detect(image: bytes, *, quick: bool = False) -> Any:
        """Says what it is."""
        return {"prediction": "fake", "confidence": 0.75}

    assert detect(b"x", quick=True) == {"prediction": "fake", "confidence": 0.75}
    assert detect.__doc__ == "Says what it is."
    client.assert_recorded(1, prediction="fake", confidence=75, use_case="kyc")


@pytest.mark.parametrize(
    "result", [Found("real", 60), ({"prediction": "real", "confidence": 60}, 200, {"X": "y"})]
)
def test_objects_and_flasks_tuples_are_understood(result: Any, client: MemoryClient) -> None:
    assert monitor(client, scale="percent")(lambda: result)() is result
    client.assert_recorded(1, prediction="real", confidence=60)


@pytest.mark.parametrize("result", [({"error": "no model"}, 500), Response()])
def test_an_answer_from_500_on_is_a_failed_prediction(result: Any, client: MemoryClient) -> None:
    monitor(client, scale="percent")(lambda: result)()
    client.assert_recorded(1, success=False, error_message="no model")


def test_an_async_function_stays_one(client: MemoryClient) -> None:
    @monitor(client, scale="percent")
    async def detect() -> Any:
        await asyncio.sleep(0)
        return {"prediction": "fake", "confidence": 75}

    assert asyncio.iscoroutinefunction(detect)
    assert asyncio.run(detect())["prediction"] == "fake"
    client.assert_recorded(1, prediction="fake")


def test_an_exception_is_recorded_and_raised(client: MemoryClient) -> None:
    @monitor(client, scale="percent")
    def detect() -> None:
        raise RuntimeError("no GPU")

    with pytest.raises(RuntimeError, match="no GPU"):
        detect()
    client.assert_recorded(1, success=False, error_message="RuntimeError: no GPU")


def test_what_can_not_be_read_is_counted_and_returned(client: MemoryClient) -> None:
    assert monitor(client, scale="percent")(lambda: 42)() == 42
    assert monitor(client, extract=lambda result: 1 / 0)(lambda: 42)() == 42  # type: ignore[arg-type,return-value]
    assert client.stats().dropped_by == {"answer": 2}


def test_fastapi_sees_through_the_decorator(client: MemoryClient) -> None:
    from fastapi import FastAPI

    app = FastAPI()

    @app.post("/detect")
    @monitor(client, scale="fraction")
    async def detect(threshold: float = 0.5) -> dict[str, Any]:
        return {"prediction": "fake", "confidence": threshold}

    assert ask(app, params={"threshold": 0.25}).json() == {"prediction": "fake", "confidence": 0.25}
    client.assert_recorded(1, confidence=25)


# --- The double -------------------------------------------------------------------------------------


def test_the_double_says_what_would_be_dropped(client: MemoryClient) -> None:
    client.record(prediction="fake", confidence=1000)
    with pytest.raises(AssertionError, match=r"dropped: .*confidence: must be 0 to 100"):
        client.assert_recorded()
    client.clear()
    client.assert_nothing_recorded()
    with pytest.raises(AssertionError, match="expected at least 1"):
        client.assert_recorded()
    with client:
        assert client.record(prediction="real", confidence=80, client="acme")
    assert not client.record(prediction="real", confidence=80)


def test_the_double_has_the_clients_interface() -> None:
    from verascope_client import Client

    public = {name for name in dir(Client) if not name.startswith("_")} - {"sender"}
    assert public <= set(dir(MemoryClient))
