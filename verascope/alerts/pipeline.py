"""From states to messages: inhibit → silence → group → compare with what was told → outbox → record.

One `tick` is one transaction: what it decides, what it puts into the outbox and how far it has read are stored together
or not at all. All timers are instants in tables, so a restart forgets nothing and tells nothing twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection, select

from verascope import clock
from verascope.alerts import (
    arrivals,
    episode,
    grouping,
    groups,
    history,
    record,
    routing_store,
    silence,
    silences,
    wording,
)
from verascope.alerts import routing as tree
from verascope.alerts.acknowledge import follow_incidents
from verascope.alerts.desk import Desk
from verascope.alerts.episode import Episode
from verascope.alerts.history import Kind
from verascope.alerts.matcher import Key
from verascope.alerts.silence import Silence
from verascope.alerts.state import ALARMING
from verascope.alerts.telling import escalate, gather, tell
from verascope.alerts.working import Tick, group_of, past, put
from verascope.monitor import incidents
from verascope.store.tables import tenants

WHO = "Verascope"
"""Who did what nobody did by hand."""


def tenants_of(connection: Connection) -> list[int]:
    """Everybody whose alerts are told."""
    return list(connection.execute(select(tenants.c.tenant_id)).scalars())


def tick(connection: Connection, tenant_id: int, desk: Desk, now_us: int) -> int:
    """Deal with all that has happened; the number of messages put into the outbox. Call it every few seconds."""
    arrived = arrivals.transitions(connection, tenant_id)
    arrivals.note_rule_changes(connection, tenant_id)
    arrivals.note_deliveries(connection, tenant_id, now_us)
    begun, ended = [], []
    for one in arrived:
        if one.alert_id is None:
            continue
        if one.to_phase in ALARMING:
            if one.from_phase not in ALARMING:
                begun.append(one)
            # A transition inside an episode whose beginning was never seen begins it too.
            episode.begin(connection, tenant_id, one)
        else:
            ended.append(one.alert_id)
        episode.move(connection, tenant_id, one)
    if len(arrived) < arrivals.AT_ONCE:
        ended += _end_orphans(connection, tenant_id, now_us)
    follow_incidents(connection, tenant_id, desk, now_us)
    known = groups.load(connection, tenant_id)
    going_on = episode.open_ones(connection, tenant_id)
    if not (known or going_on or ended):
        return 0
    found = Tick(
        connection,
        tenant_id,
        desk,
        now_us,
        routing_store.load(connection, tenant_id),
        {one.target.key: one for one in going_on},
        routing_store.names(connection, tenant_id, enabled_only=True),
        known,
    )
    _note_beginnings(found, [(row.alert_id, row.at) for row in begun])
    _note_ends(found, ended)
    _open_incidents(found)
    muted = _mute(found)
    members = gather(found, muted)
    for key in sorted(found.groups.keys() | members.keys()):
        tell(found, key, members.get(key, []))
    escalate(found, muted, members)
    for key, stored in found.groups.items():
        if groups.is_forgettable(stored, now_us) and not members.get(key):
            groups.forget(connection, tenant_id, key)
    return found.messages


def _end_orphans(connection: Connection, tenant_id: int, now_us: int) -> list[str]:
    ended = []
    for one in episode.orphans(connection, tenant_id):
        reason = "the rule is gone or no longer watches this"
        values = {
            "phase": "ok", "since": now_us, "ended_at": now_us, "reason": reason,
            "silenced_by": None, "inhibited_by": None,
        }  # fmt: skip
        episode.set_values(connection, tenant_id, one.alert_id, values)
        _history(connection, tenant_id, one, Kind.TRANSITION, f"ended: {reason}", now_us)
        ended.append(one.alert_id)
    return ended


def _note_beginnings(found: Tick, begun: Iterable[tuple[str, int]]) -> None:
    """An alert that began and ended before this tick counts as well: that is what flapping is."""
    ids = [alert_id for alert_id, _ in begun]
    seen = {**{one.alert_id: one for one in found.open.values()}, **past(found, ids)}
    for alert_id, at_us in begun:
        if alert_id not in seen:
            continue
        target = seen[alert_id].target
        for way in tree.ways(found.routing, target):
            stored = group_of(found, tree.group_key(way, target), seen[alert_id])
            put(found, replace(stored, group=grouping.began(stored.group, target.key, at_us)))


def _note_ends(found: Tick, ended: Sequence[str]) -> None:
    for alert_id, one in past(found, ended).items():
        assert one.ended_us is not None
        key = one.target.key
        if one.incident_id is not None:
            is_new = incidents.resolve(
                found.connection, found.tenant_id, one.incident_id, WHO, one.ended_us
            )
            if is_new:
                _say(found, one, Kind.INCIDENT, "incident resolved")
        is_known = False
        for stored in list(found.groups.values()):
            if key in stored.group.told:
                is_known = True
                if key not in found.open:
                    put(
                        found,
                        replace(stored, group=grouping.ended(stored.group, key, one.ended_us)),
                    )
            if alert_id in stored.withheld:
                rest = {name: why for name, why in stored.withheld.items() if name != alert_id}
                put(found, replace(found.groups[stored.key], withheld=rest))
        if one.told_us is None and not is_known:
            reason = "it was over before anybody was told"
            record.suppressed(found.connection, found.tenant_id, one, "", reason, found.now_us)


def _open_incidents(found: Tick) -> None:
    for key, one in found.open.items():
        if one.incident_id is not None or one.target.severity not in found.routing.incidents:
            continue
        metric = found.desk.metrics.get(one.target.rule, "")
        incident_id = incidents.open_incident(
            found.connection,
            found.tenant_id,
            title=one.headline,
            severity=one.target.severity.value,
            source="alert",
            alert_id=one.alert_id,
            summary=f"{wording.measured(found.desk, one)}: {one.reason}",
            who=WHO,
            at_us=one.started_us,
            about=incidents.about_metric(metric),
        )
        episode.set_values(
            found.connection, found.tenant_id, one.alert_id, {"incident_id": incident_id}
        )
        found.open[key] = replace(one, incident_id=incident_id)
        _say(found, one, Kind.INCIDENT, "incident opened", {"incident": incident_id})


def _mute(found: Tick) -> set[Key]:
    """Those of which nobody is told now; the reason is recorded when it changes."""
    in_force = silences.unexpired(found.connection, found.tenant_id, found.now_us)
    firing = [one.target for one in found.open.values()]
    muted = set()
    for key, one in found.open.items():
        source = tree.inhibiting(found.routing.inhibit, one.target, firing)
        quiet = silence.silencing(in_force, one.target, found.now_us) if source is None else None
        inhibited_by = None if source is None else found.open[source.key].headline
        silenced_by = None if quiet is None else quiet.id
        if inhibited_by or silenced_by:
            muted.add(key)
        if (inhibited_by, silenced_by) == (one.inhibited_by, one.silenced_by):
            continue
        values = {"inhibited_by": inhibited_by, "silenced_by": silenced_by}
        episode.set_values(found.connection, found.tenant_id, one.alert_id, values)
        found.open[key] = replace(one, inhibited_by=inhibited_by, silenced_by=silenced_by)
        reason = _muted_because(inhibited_by, quiet)
        if reason is not None:
            record.suppressed(found.connection, found.tenant_id, one, "", reason, found.now_us)
    return muted


def _muted_because(inhibited_by: str | None, quiet: Silence | None) -> str | None:
    if inhibited_by:
        return f"inhibited by {inhibited_by}"
    if quiet:
        until = clock.to_iso(quiet.ends_us)
        return f"silenced by {quiet.author} until {until}: {quiet.comment or 'no comment'}"
    return None


def _say(
    found: Tick, one: Episode, kind: Kind, text: str, detail: Mapping[str, str] | None = None
) -> None:
    _history(found.connection, found.tenant_id, one, kind, text, found.now_us, detail)


def _history(
    connection: Connection,
    tenant_id: int,
    one: Episode,
    kind: Kind,
    text: str,
    at_us: int,
    detail: Mapping[str, str] | None = None,
) -> None:
    history.append(
        connection,
        tenant_id,
        kind,
        f"{one.headline}: {text}",
        at_us,
        severity=one.target.severity.value,
        rule=one.target.rule,
        subject=one.target.subject,
        alert_id=one.alert_id,
        detail=detail,
    )
