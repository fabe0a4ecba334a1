"""The server process: open everything, answer, and end without losing anything that was accepted."""

import asyncio
import contextlib
import logging
import math
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from types import FrameType

import uvicorn

from verascope import log as logs
from verascope.api.app import create_app
from verascope.config import Settings
from verascope.errors import StartRefused, VerascopeError
from verascope.jobs import alerts_of, deliveries_of, jobs_of
from verascope.runtime import Runtime, open_runtime
from verascope.security.network import is_loopback_host, parse_address

log = logging.getLogger(__name__)

BACKLOG = 2048
SWITCH_SECONDS = 0.0005
"""How long a thread may hold the interpreter while another waits. With Python's 5 ms a request, which passes
through three threads, would wait several times 5 ms for the fold beside it."""
KEEP_ALIVE_SECONDS = 65


def serve(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT; the exit code. A refusal to start is one line on stderr and
    code 1.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        logs.configure(settings.logs, settings.log_level)
        with contextlib.closing(bind(settings)) as listener, open_runtime(settings) as runtime:
            check_exposure(settings, runtime)
            _listen(listener, settings)
            with contextlib.ExitStack() as running:
                for jobs in (jobs_of(runtime), alerts_of(runtime), deliveries_of(runtime)):
                    jobs.start()
                    running.callback(jobs.stop)
                runtime.probes.start()
                _answer(runtime, listener)
    except VerascopeError as error:
        sys.stderr.write(f"verascope: {error.detail}\n")
        log.info("not started: %s", error.detail)
        return 1
    return 0


def bind(settings: Settings) -> socket.socket:
    """A socket on the configured address, not yet listening. Raises StartRefused when it is taken
    or not ours.
    """
    host, port = settings.server.host, settings.server.port
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise StartRefused(f"server.host: {host!r} is no address here: {error.strerror}.") from None
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise _unusable(settings, error) from None
    return listener


def _listen(listener: socket.socket, settings: Settings) -> None:
    try:
        listener.listen(BACKLOG)
    except OSError as error:
        raise _unusable(settings, error) from None


def _unusable(settings: Settings, error: OSError) -> StartRefused:
    host, port = settings.server.host, settings.server.port
    return StartRefused(
        f"{host}:{port} can't be listened on ({error.strerror}); stop what uses it, or set VERASCOPE_PORT."
    )


def check_exposure(settings: Settings, runtime: Runtime) -> None:
    """Raises StartRefused when we would listen to the network with nobody allowed in."""
    host = settings.server.host
    if not is_loopback_host(host) and not len(runtime.keys):
        raise StartRefused(
            f"server.host {host} opens this service to the network, but no API key exists, so nobody there could "
            "use it. Make one with `verascope key create --client NAME`, or leave the host at 127.0.0.1."
        )


def address_of(settings: Settings) -> str:
    """Where people find the dashboard."""
    host = settings.server.host
    shown = "localhost" if is_loopback_host(host) or not host or _is_any(host) else host
    return f"http://{shown}:{settings.server.port}/dashboard"


def _is_any(host: str) -> bool:
    address = parse_address(host)
    return address is not None and address.is_unspecified


def _answer(runtime: Runtime, listener: socket.socket) -> None:
    settings = runtime.settings
    config = uvicorn.Config(
        create_app(runtime),
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        # Whom to believe about addresses is decided in security.network alone.
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=math.ceil(settings.server.drain_seconds),
    )
    url = address_of(settings)

    def ready() -> None:
        sys.stdout.write(f"Verascope is ready: {url}\n")
        sys.stdout.flush()
        log.info("ready at %s, model %s", url, runtime.detector.version)

    server = _Server(config, on_ready=ready, on_end=runtime.feed.end)
    server.run(sockets=[listener])
    log.info("stopped accepting; committing what was accepted")


class _Server(uvicorn.Server):
    """uvicorn, which says when it answers, ends the live feeds first and leaves the exit code to
    us.
    """

    def __init__(
        self, config: uvicorn.Config, on_ready: Callable[[], None], on_end: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._on_ready = on_ready
        self._on_end = on_end
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._loop = asyncio.get_running_loop()
        self._on_ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Unlike the original, does not raise the signal again at the end: a drained server exits
        with 0.
        """
        handled = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self.handle_exit) for number in handled}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        log.info("signal %s: finishing what was accepted", signal.Signals(sig).name)
        super().handle_exit(sig, frame)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._on_end)
