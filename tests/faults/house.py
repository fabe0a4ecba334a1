"""A server that dies and comes back in the same home, and what was ever sent to it."""

import signal
from collections.abc import Callable
from pathlib import Path

from tests.conftest import Server, free_port
from tests.faults.batches import Batch
from tests.faults.load import Attempt


class House:
    """The home of a server. attempts, batches: everything sent to any server of this home."""

    def __init__(self, home: Path, environ: Callable[..., dict[str, str]]) -> None:
        self.home = home
        self.attempts: list[Attempt] = []
        self.batches: list[Batch] = []
        self._environ = environ
        self._server: Server | None = None

    @property
    def database(self) -> Path:
        return self.home / "analytics" / "analytics.db"

    @property
    def columns(self) -> Path:
        return self.home / "analytics" / "columns.duckdb"

    def begin(self) -> Server:
        """Spawn a server without waiting for it."""
        self._server = Server(self.home, self._environ(self.home, port=free_port()))
        return self._server

    def up(self) -> Server:
        """The running server, started now if there is none."""
        if self._server is None or self._server.process.poll() is not None:
            self.begin()
        assert self._server is not None
        return self._server.wait_until_ready()

    def crash(self) -> None:
        """kill -9: nothing of the process runs any more."""
        if self._server is not None:
            self._server.stop(signal.SIGKILL)
            self._server = None
