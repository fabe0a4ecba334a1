"""How /health judges, on a real runtime whose parts are taken away one by one."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from verascope.api.health import Health, health_of
from verascope.config import Detection, Settings
from verascope.runtime import Runtime, open_runtime
from verascope.store.notification_tables import channels


@pytest.fixture
def runtime(tmp_path: Path, tiny_model: Path) -> Iterator[Runtime]:
    settings = Settings(home=tmp_path, detection=Detection(detector=str(tiny_model)))
    with open_runtime(settings) as opened:
        yield opened


def judge(runtime: Runtime) -> dict[str, Any]:
    found = asyncio.run(health_of(runtime))
    Health.model_validate(found)
    return found


def test_untouched_runtime_is_healthy(runtime: Runtime) -> None:
    found = judge(runtime)
    assert (found["status"], found["reasons"]) == ("healthy", [])


def test_writer_that_can_not_write_degrades(runtime: Runtime) -> None:
    runtime.writer.problem = "Predictions can't be recorded: database is locked."
    found = judge(runtime)
    assert found["status"] == "degraded"
    assert found["reasons"] == ["Predictions can't be recorded: database is locked."]


def test_dead_writer_is_unhealthy(runtime: Runtime) -> None:
    runtime.folder.stop()
    runtime.writer.stop(5)
    found = judge(runtime)
    assert found["status"] == "unhealthy"
    assert "The writer has stopped; nothing can be recorded." in found["reasons"]


def test_unreadable_database_is_unhealthy(runtime: Runtime) -> None:
    runtime.folder.stop()
    runtime.database.close()
    assert runtime.database.path is not None
    for path in runtime.database.path.parent.glob("analytics.db*"):
        path.unlink()
    found = judge(runtime)
    assert found["status"] == "unhealthy"
    assert any(reason.startswith("The database can't be read") for reason in found["reasons"])


def test_channel_that_an_error_switched_off_degrades(runtime: Runtime) -> None:
    def switch(reason: str | None) -> None:
        with runtime.database.writing() as connection:
            connection.execute(channels.update().values(enabled=0, disabled_reason=reason))

    with runtime.database.writing() as connection:
        connection.execute(
            channels.insert().values(
                name="ops",
                kind="slack",
                settings="{}",
                secrets="{}",
                updated_at=0,
                updated_by="owner",
            )
        )
    switch("404 no_service")
    found = judge(runtime)
    assert found["status"] == "degraded"
    assert found["reasons"] == ["The channel ops is off: 404 no_service"]
    switch(None)
    assert judge(runtime)["status"] == "healthy", "somebody switched it off on purpose"
