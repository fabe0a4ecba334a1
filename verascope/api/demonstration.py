"""The demonstration beside the real thing: the same interface and API under `/demo`, over a database of its own.

Nothing of it exists until somebody asks. A child process makes up the traffic; then a second runtime opens, which
shares the detector, and ends with the server or when it is put away.
"""

import asyncio
import json
import logging
import os
import shutil
import sys
from collections.abc import Callable
from contextlib import ExitStack, suppress
from enum import StrEnum
from pathlib import Path
from typing import Any

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from verascope.api.errors import answer
from verascope.clock import DAY, US
from verascope.errors import NotFound, VerascopeError
from verascope.runtime import Runtime, demo_settings, marker_of_demo, open_runtime

log = logging.getLogger(__name__)

PLACE = "/demo"
FRESH_US = DAY * US
"""Older traffic would leave "today" empty, so it is made anew."""
CODE = Path(__file__).resolve().parents[2]


class DemoState(StrEnum):
    ABSENT = "absent"
    PREPARING = "preparing"
    READY = "ready"
    FAILED = "failed"


class Demonstration:
    """One demonstration; an ASGI application as well. Belongs to the server's event loop."""

    def __init__(self, runtime: Runtime, make_app: Callable[[Runtime], Any]) -> None:
        self._runtime = runtime
        self._make_app = make_app
        self._settings = demo_settings(runtime.settings)
        self._app: ASGIApp | None = None
        self._task: asyncio.Task[None] | None = None
        self._leave = asyncio.Event()
        self.state = DemoState.ABSENT
        self.progress: float | None = None
        self.problem: str | None = None

    def told(self) -> dict[str, Any]:
        """The state as the API shows it."""
        url = f"{PLACE}/dashboard" if self.state is DemoState.READY else None
        return {
            "state": self.state.value,
            "progress": self.progress,
            "url": url,
            "problem": self.problem,
        }

    def start(self) -> None:
        """Open it, made anew when there is none of today. Does nothing while it is open or being made."""
        if self._task is None or self._task.done():
            self._leave.clear()
            self.state, self.progress, self.problem = DemoState.PREPARING, 0.0, None
            self._task = asyncio.create_task(self._live())

    async def close(self) -> None:
        """End it; what was made stays for the next time."""
        self._leave.set()
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)
        self.state, self.progress, self.problem = DemoState.ABSENT, None, None

    async def remove(self) -> None:
        """End it and delete what was made."""
        await self.close()
        folder = self._settings.database_path.parent
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._app is not None:
            await self._app(scope, receive, send)
        elif str(scope.get("path", "")).startswith(f"{PLACE}/api/"):
            missing = NotFound("The demonstration is not open; POST /api/v1/demo opens it.")
            await answer(missing)(scope, receive, send)
        else:
            await RedirectResponse("/dashboard", 307)(scope, receive, send)

    async def _live(self) -> None:
        try:
            if not await asyncio.to_thread(self._is_fresh):
                await self._make()
            if not self._leave.is_set():
                await self._serve()
        except (VerascopeError, OSError) as error:
            self.problem = error.detail if isinstance(error, VerascopeError) else str(error)
            log.warning("the demonstration can't be shown: %s", self.problem)
        except Exception:
            self.problem = "The demonstration failed; the log says why."
            log.exception("the demonstration failed")
        self.state = DemoState.FAILED if self.problem else DemoState.ABSENT
        self.progress = None

    def _is_fresh(self) -> bool:
        try:
            made = json.loads(marker_of_demo(self._settings).read_text())
            return bool(0 <= self._runtime.now() - made["end_us"] < FRESH_US)
        except (OSError, ValueError, KeyError, TypeError):
            return False

    async def _make(self) -> None:
        """Run the child to its end. Raises VerascopeError with its words when it fails."""
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "verascope", "demo", "--only-prepare",
            cwd=CODE,
            env={**os.environ, "VERASCOPE_HOME": str(self._runtime.settings.home)},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        leaving = asyncio.create_task(self._leave.wait())
        working = asyncio.create_task(self._follow(child))
        try:
            await asyncio.wait({leaving, working}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            if child.returncode is None and not working.done():
                with suppress(ProcessLookupError):
                    child.kill()
            words = await working
        if child.returncode and not self._leave.is_set():
            raise VerascopeError(words or "The demonstration's traffic could not be made up.")

    async def _follow(self, child: asyncio.subprocess.Process) -> str:
        """Note how far the child is; what it complained about, at its end."""
        assert child.stdout is not None
        assert child.stderr is not None
        complaints = asyncio.create_task(child.stderr.read())
        async for line in child.stdout:
            with suppress(ValueError):
                self.progress = float(line)
        await child.wait()
        lines = (await complaints).decode(errors="replace").strip().splitlines()
        return lines[-1].removeprefix("verascope: ") if lines else ""

    async def _serve(self) -> None:
        """Open the second runtime and its application until `_leave`."""
        with ExitStack() as stack:
            opened = open_runtime(self._settings, self._runtime.now, self._runtime.detection)
            runtime = await asyncio.to_thread(stack.enter_context, opened)
            app = self._make_app(runtime)
            self._runtime.feed.on_end.append(runtime.feed.end)
            try:
                async with app.router.lifespan_context(app):
                    self._app = app
                    self.state, self.progress = DemoState.READY, 1.0
                    await self._leave.wait()
                    self._app = None
            finally:
                self._app = None
                self._runtime.feed.on_end.remove(runtime.feed.end)
                await asyncio.to_thread(stack.close)
