"""Probes and how they stand, as rows of `probes` and `probe_states`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, and_, delete, insert, select, update

from verascope.errors import Conflict, NotFound, shown
from verascope.monitor.maintenance import Window
from verascope.monitor.probes import history
from verascope.monitor.probes.probe import (
    SETTINGS,
    Finding,
    Kind,
    Origin,
    Probe,
    Reference,
)
from verascope.monitor.probes.state import Limits, Phase, State, advance, first
from verascope.store.probe_tables import probe_failures, probe_results, probe_states, probes

MOST = 500
"""Probes of one tenant."""


@dataclass(frozen=True, slots=True)
class Last:
    """The newest check."""

    at_us: int
    ok: bool
    response_ms: float | None
    reason: str | None
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Watched:
    """A probe and how it stands. last_beat_us: of a heartbeat."""

    probe: Probe
    state: State
    next_due_us: int
    last: Last | None
    reference: Reference | None
    last_beat_us: int | None


def add(connection: Connection, tenant_id: int, probe: Probe, due_us: int) -> None:
    """Raises Conflict when there is one of that name, or too many."""
    names = connection.execute(select(probes.c.name).where(probes.c.tenant_id == tenant_id))
    known = {row[0] for row in names}
    if probe.name in known:
        raise Conflict(f"There is a probe {shown(probe.name)} already; change it with PUT.")
    if len(known) >= MOST:
        raise Conflict(f"There are {MOST} probes, which is the most; delete one first.")
    connection.execute(insert(probes).values(_row(tenant_id, probe)))
    state = first(probe.created_us)
    values = {**_state(state), "tenant_id": tenant_id, "probe": probe.name, "next_due": due_us}
    connection.execute(insert(probe_states).values(values))


def replace(connection: Connection, tenant_id: int, before: Probe, probe: Probe) -> None:
    """What it asks has changed: it is judged anew. When only the rhythm has, it goes on as it stands."""
    connection.execute(
        update(probes).where(_named(tenant_id, probe.name)).values(_row(tenant_id, probe))
    )
    is_other = (before.target, before.settings) != (probe.target, probe.settings)
    values: dict[str, Any] = {"next_due": probe.updated_us}
    if is_other:
        values |= _state(first(probe.updated_us)) | {"reference": None}
    elif probe.enabled and not before.enabled:
        values |= _state(first(probe.updated_us))
    connection.execute(update(probe_states).where(_of(tenant_id, probe.name)).values(values))


def remove(connection: Connection, tenant_id: int, name: str) -> None:
    """With its history. Raises NotFound."""
    if not connection.execute(delete(probes).where(_named(tenant_id, name))).rowcount:
        raise NotFound(f"There is no probe {shown(name)}.")
    for table in (probe_states, probe_results, probe_failures):
        here = and_(table.c.tenant_id == tenant_id, table.c.probe == name)
        connection.execute(delete(table).where(here))


def forget_reference(connection: Connection, tenant_id: int, name: str) -> None:
    """The next answer becomes the reference. Raises NotFound."""
    found = connection.execute(
        update(probe_states).where(_of(tenant_id, name)).values(reference=None)
    )
    if not found.rowcount:
        raise NotFound(f"There is no probe {shown(name)}.")


def listed(connection: Connection, tenant_id: int) -> list[Watched]:
    """All of them, by name."""
    return _read(connection, tenant_id)


def get(connection: Connection, tenant_id: int, name: str) -> Watched:
    """Raises NotFound."""
    found = _read(connection, tenant_id, probes.c.name == name)
    if not found:
        raise NotFound(f"There is no probe {shown(name)}.")
    return found[0]


def due(connection: Connection, tenant_id: int, now_us: int) -> list[Watched]:
    """Those whose next check should have begun."""
    return _read(connection, tenant_id, probes.c.enabled == 1, probe_states.c.next_due <= now_us)


def record(
    connection: Connection,
    tenant_id: int,
    probe: Probe,
    finding: Finding,
    windows: Sequence[Window],
    at_us: int,
    next_due_us: int,
) -> State | None:
    """Keep what a check of `probe` found; the state after it. None when the probe was changed or deleted meanwhile."""
    found = _read(connection, tenant_id, probes.c.name == probe.name)
    if not found or found[0].probe.updated_us != probe.updated_us:
        return None
    in_maintenance = any(window.covers(probe.name, at_us) for window in windows)
    limits = Limits(probe.fail_after, probe.ok_after)
    state = advance(found[0].state, finding.ok, limits, at_us, in_maintenance=in_maintenance)
    values = _state(state) | {
        "next_due": next_due_us,
        "last_at": at_us,
        "last_ok": int(finding.ok),
        "last_response_ms": finding.response_ms,
        "last_reason": finding.reason,
        "last_detail": msgspec.json.encode(_detail(finding)).decode(),
    }
    if finding.reference is not None:
        values["reference"] = msgspec.json.encode(finding.reference).decode()
    connection.execute(update(probe_states).where(_of(tenant_id, probe.name)).values(values))
    history.add(
        connection, tenant_id, probe.name, finding, at_us,
        failures_in_a_row=state.failures_in_a_row, in_maintenance=in_maintenance,
    )  # fmt: skip
    return state


def put_off(connection: Connection, tenant_id: int, name: str, next_due_us: int) -> None:
    """Nothing can be said yet; when to look again."""
    connection.execute(
        update(probe_states).where(_of(tenant_id, name)).values(next_due=next_due_us)
    )


def beat(connection: Connection, tenant_id: int, name: str, at_us: int) -> None:
    """Somebody called in: it is looked at anew at once."""
    values = {"last_beat_at": at_us, "next_due": at_us}
    connection.execute(update(probe_states).where(_of(tenant_id, name)).values(values))


def _detail(finding: Finding) -> dict[str, Any]:
    known = {
        "certificate_days": finding.certificate_days,
        "shift": finding.shift,
        "late_seconds": finding.late_seconds,
    }
    return {**finding.detail, **{name: value for name, value in known.items() if value is not None}}


def _named(tenant_id: int, name: str) -> Any:
    return and_(probes.c.tenant_id == tenant_id, probes.c.name == name)


def _of(tenant_id: int, name: str) -> Any:
    return and_(probe_states.c.tenant_id == tenant_id, probe_states.c.probe == name)


def _row(tenant_id: int, probe: Probe) -> dict[str, Any]:
    return {
        "tenant_id": tenant_id,
        "name": probe.name,
        "kind": probe.kind.value,
        "target": probe.target,
        "settings": msgspec.json.encode(probe.settings).decode(),
        "interval_seconds": probe.interval_seconds,
        "timeout_seconds": probe.timeout_seconds,
        "fail_after": probe.fail_after,
        "ok_after": probe.ok_after,
        "enabled": int(probe.enabled),
        "origin": probe.origin.value,
        "created_at": probe.created_us,
        "updated_at": probe.updated_us,
    }


def _state(state: State) -> dict[str, Any]:
    return {
        "phase": state.phase.value,
        "since": state.since_us,
        "failures_in_a_row": state.failures_in_a_row,
        "successes_in_a_row": state.successes_in_a_row,
    }


def _read(connection: Connection, tenant_id: int, *conditions: Any) -> list[Watched]:
    joined = probes.join(
        probe_states,
        and_(probe_states.c.tenant_id == probes.c.tenant_id, probe_states.c.probe == probes.c.name),
    )
    asked = (
        select(probes, *(c for c in probe_states.c if c.name not in ("tenant_id", "probe")))
        .select_from(joined)
        .where(probes.c.tenant_id == tenant_id, *conditions)
        .order_by(probes.c.name)
    )
    return [_watched(row._mapping) for row in connection.execute(asked)]


def _watched(row: Any) -> Watched:
    kind = Kind(row["kind"])
    probe = Probe(
        name=row["name"],
        kind=kind,
        target=row["target"],
        settings=msgspec.json.decode(row["settings"], type=SETTINGS[kind]),
        interval_seconds=row["interval_seconds"],
        timeout_seconds=row["timeout_seconds"],
        fail_after=row["fail_after"],
        ok_after=row["ok_after"],
        enabled=bool(row["enabled"]),
        origin=Origin(row["origin"]),
        created_us=row["created_at"],
        updated_us=row["updated_at"],
    )
    last = None
    if row["last_at"] is not None:
        last = Last(
            at_us=row["last_at"],
            ok=bool(row["last_ok"]),
            response_ms=row["last_response_ms"],
            reason=row["last_reason"],
            detail=msgspec.json.decode(row["last_detail"]) if row["last_detail"] else {},
        )
    reference = row["reference"]
    return Watched(
        probe=probe,
        state=State(
            Phase(row["phase"]), row["since"], row["failures_in_a_row"], row["successes_in_a_row"]
        ),
        next_due_us=row["next_due"],
        last=last,
        reference=None if reference is None else msgspec.json.decode(reference, type=Reference),
        last_beat_us=row["last_beat_at"],
    )
