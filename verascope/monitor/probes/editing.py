"""Changing what is watched, inside the caller's transaction; and how all of it stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection

from verascope.clock import DAY, US
from verascope.monitor import windows
from verascope.monitor.maintenance import Window
from verascope.monitor.probes import history, records
from verascope.monitor.probes.history import Totals
from verascope.monitor.probes.probe import Origin, Probe
from verascope.monitor.probes.records import Watched
from verascope.monitor.probes.settings import read

Status = Literal["up", "down", "unknown", "maintenance", "paused"]


@dataclass(frozen=True, slots=True)
class Standing:
    """A probe, its last 24 hours (None when it was not checked), and whether it is in maintenance now."""

    watched: Watched
    day: Totals | None
    in_maintenance: bool

    @property
    def status(self) -> Status:
        """In one word: a pause and maintenance say more than what was found last."""
        if not self.watched.probe.enabled:
            return "paused"
        return "maintenance" if self.in_maintenance else self.watched.state.phase.value


def standings(
    connection: Connection, tenant_id: int, now_us: int, name: str | None = None
) -> list[Standing]:
    """Of all probes, or of one. Raises NotFound when there is none of that name."""
    if name is None:
        known = records.listed(connection, tenant_id)
    else:
        known = [records.get(connection, tenant_id, name)]
    days = history.totals(connection, tenant_id, now_us - DAY * US, now_us + 1, name)
    planned = windows.listed(connection, tenant_id)
    return [
        Standing(
            one,
            days.get(one.probe.name),
            any(window.covers(one.probe.name, now_us) for window in planned),
        )
        for one in known
    ]


def change(
    connection: Connection,
    tenant_id: int,
    name: str,
    body: Mapping[str, Any],
    now_us: int,
    own_port: int,
) -> None:
    """What `body` leaves out stays. Raises NotFound, and Invalid as `settings.read` does."""
    before = records.get(connection, tenant_id, name).probe
    probe = read(written(before) | dict(body), now_us, before, own_port)
    records.replace(connection, tenant_id, before, probe)


def drop(connection: Connection, tenant_id: int, name: str, now_us: int) -> None:
    """A default probe is only paused: it would come back at the next start. Raises NotFound."""
    before = records.get(connection, tenant_id, name).probe
    if before.origin is Origin.DEFAULT:
        paused = read(written(before) | {"enabled": False}, now_us, before)
        records.replace(connection, tenant_id, before, paused)
    else:
        records.remove(connection, tenant_id, name)


def plan(
    connection: Connection, tenant_id: int, body: Mapping[str, Any], by: str, now_us: int
) -> Window:
    """A new maintenance window. Raises Invalid as `windows.read` does, Conflict when there are too many."""
    known = {one.probe.name for one in records.listed(connection, tenant_id)}
    window = windows.read(body, known, by, now_us)
    windows.add(connection, tenant_id, window)
    return window


def written(probe: Probe) -> dict[str, Any]:
    """What can be set, as it is."""
    return {
        "name": probe.name,
        "kind": probe.kind.value,
        "target": probe.target,
        "settings": msgspec.to_builtins(probe.settings),
        "interval_seconds": probe.interval_seconds,
        "timeout_seconds": probe.timeout_seconds,
        "fail_after": probe.fail_after,
        "ok_after": probe.ok_after,
        "enabled": probe.enabled,
    }
