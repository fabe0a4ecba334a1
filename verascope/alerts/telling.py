"""Telling about groups of alerts: what goes into the outbox, what is withheld and why, and who is asked next."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from verascope.alerts import episode, escalation, grouping, groups, record, wording
from verascope.alerts import routing as tree
from verascope.alerts.episode import Episode
from verascope.alerts.grouping import Action, Decision
from verascope.alerts.groups import StoredGroup
from verascope.alerts.matcher import Key
from verascope.alerts.routing import Way
from verascope.alerts.working import Tick, group_of, past, put
from verascope.notifications import outbox
from verascope.notifications.message import Message


def gather(found: Tick, muted: set[Key]) -> dict[str, list[tuple[Way, Episode]]]:
    """group key → the alerts that people should hear of together, with the way they go."""
    members: dict[str, list[tuple[Way, Episode]]] = {}
    for key, one in found.open.items():
        if key in muted:
            continue
        for way in tree.ways(found.routing, one.target):
            members.setdefault(tree.group_key(way, one.target), []).append((way, one))
    return members


def tell(found: Tick, key: str, members: Sequence[tuple[Way, Episode]]) -> None:
    """Decide about one group, put the message into the outbox, and record either."""
    firing = {one.target.key: one for _, one in members}
    acknowledged = {one: found.open[one].acknowledged is not None for one in firing}
    first = members[0][1] if members else None
    stored = group_of(found, key, first)
    way = members[0][0] if members else None
    timing = way.timing if way else found.routing.default
    group = grouping.gathered(stored.group, acknowledged, found.now_us)
    decision = grouping.decide(group, acknowledged, frozenset(found.open), timing, found.now_us)
    stored = replace(stored, group=group)
    channels: list[str] = []
    if decision.action is not Action.NOTHING:
        wanted = tree.reached(way.channels, found.enabled) if way else []
        is_about_ends = decision.action is Action.RESOLVE or not decision.new
        channels = list(dict.fromkeys([*wanted, *(stored.channels if is_about_ends else ())]))
        if decision.action is Action.TRIGGER and decision.over:
            channels = list(dict.fromkeys([*channels, *stored.channels]))
        if not channels and decision.action is not Action.RESOLVE:
            decision = Decision(Action.NOTHING, _nowhere(way, found.enabled))
    if decision.action is Action.NOTHING:
        put(found, _withhold(found, stored, decision, firing, acknowledged))
        return
    over = _over(found, stored, decision)
    shown = [*firing.values(), *over] or [one for one in (first,) if one]
    severity = wording.gravest(
        [one.target.severity for one in firing.values()] or [stored.severity]
    )
    message_key = stored.next_message_key
    message = wording.message_of(
        found.desk,
        found.tenant_id,
        decision.action,
        list(firing.values()),
        over,
        severity,
        stored.dedup_key,
        message_key,
        found.now_us,
    )
    reason = decision.reason
    for channel in channels:
        _send(found, channel, message, key, message_key, shown, reason)
    _count(found, firing.values())
    after = grouping.after(group, decision, acknowledged, found.now_us)
    is_over = decision.action is Action.RESOLVE
    fresh = groups.fresh(key, severity, stored.title)
    put(
        found,
        replace(
            stored,
            dedup_key=fresh.dedup_key if is_over else stored.dedup_key,
            group=after,
            severity=severity,
            title=message.title,
            ids={
                **{one: alert_id for one, alert_id in stored.ids.items() if one in after.told},
                **{one: firing[one].alert_id for one in firing},
            },
            channels=() if is_over else tuple(dict.fromkeys([*stored.channels, *channels])),
            messages=0 if is_over else stored.messages + 1,
            withheld={},
        ),
    )


def _over(found: Tick, stored: StoredGroup, decision: Decision) -> list[Episode]:
    """The alerts people knew of that are over, as they ended."""
    ids = [stored.ids[key] for key in sorted(decision.over) if key in stored.ids]
    return list(past(found, ids).values())


def _withhold(
    found: Tick,
    stored: StoredGroup,
    decision: Decision,
    firing: Mapping[Key, Episode],
    acknowledged: Mapping[Key, bool],
) -> StoredGroup:
    """Record why nobody is told, once for each alert and reason."""
    group = grouping.after(stored.group, decision, acknowledged, found.now_us)
    about = dict(firing)
    if not about and stored.group.ends:
        ids = [stored.ids[key] for key in stored.group.ends if key in stored.ids]
        about = {one.target.key: one for one in past(found, ids).values()}
    withheld = dict(stored.withheld)
    for one in about.values():
        if withheld.get(one.alert_id) != decision.reason:
            withheld[one.alert_id] = decision.reason
            record.suppressed(
                found.connection, found.tenant_id, one, stored.key, decision.reason, found.now_us
            )
    # An alert that came back before its end was told goes on in the message people have.
    back = {key: one.alert_id for key, one in firing.items() if key in group.told}
    return replace(stored, group=group, withheld=withheld, ids={**stored.ids, **back})


def _nowhere(way: Way | None, enabled: Sequence[str]) -> str:
    if way is None or not way.channels:
        return f"no channel: {way.name if way else 'its route'} names none, so it is only recorded"
    return (
        "no channel: none is set up" if not enabled else "no channel: none of the named ones exists"
    )


def escalate(
    found: Tick, muted: set[Key], members: Mapping[str, Sequence[tuple[Way, Episode]]]
) -> None:
    place_of = {one.target.key: key for key, all_of in members.items() for _, one in all_of}
    for key, one in found.open.items():
        if key in muted or key not in place_of:
            continue
        base_us = one.told_us or one.started_us
        steps = escalation.due(
            found.routing.escalation,
            one.target.severity,
            base_us,
            one.steps,
            found.now_us,
            is_acknowledged=one.acknowledged is not None,
        )
        for step in steps:
            stored = found.groups[place_of[key]]
            channels = tree.reached(step.channels, found.enabled)
            message_key = f"{stored.dedup_key}:escalation:{one.alert_id}:{step.after_seconds}"
            message = wording.escalated(
                found.desk, found.tenant_id, one, stored.dedup_key, message_key, found.now_us
            )
            reason = f"not acknowledged for {step.after_seconds} s"
            for channel in channels:
                _send(found, channel, message, stored.key, message_key, [one], reason)
            if not channels:
                reason = f"{reason}, but no channel of that step exists"
                record.suppressed(
                    found.connection, found.tenant_id, one, stored.key, reason, found.now_us
                )
            else:
                _count(found, [found.open[key]])
                put(found, _known_by(stored, one, channels, found.now_us))
            now = found.open[key]
            found.open[key] = replace(now, steps=(*now.steps, step.after_seconds))
            taken = ",".join(str(after) for after in found.open[key].steps)
            episode.set_values(
                found.connection, found.tenant_id, one.alert_id, {"steps": f"[{taken}]"}
            )


def _known_by(
    stored: StoredGroup, one: Episode, channels: Sequence[str], now_us: int
) -> StoredGroup:
    """The group once an escalation has told `channels`: they hear of the end too."""
    group, key = stored.group, one.target.key
    if key not in group.told:
        told_us = group.told_us or now_us
        group = replace(group, told=group.told | {key}, told_us=told_us, flushed_us=now_us)
    return replace(
        stored,
        group=group,
        ids={**stored.ids, key: one.alert_id},
        channels=tuple(dict.fromkeys([*stored.channels, *channels])),
    )


def _send(
    found: Tick,
    channel: str,
    message: Message,
    group_key: str,
    message_key: str,
    about: Sequence[Episode],
    reason: str,
) -> None:
    delivery_id = outbox.enqueue(
        found.connection, found.tenant_id, channel, message, message_key, found.now_us
    )
    found.messages += 1
    for one in about:
        record.sent(
            found.connection, found.tenant_id, one, group_key, message_key, channel, message,
            reason, delivery_id, found.now_us,
        )  # fmt: skip


def _count(found: Tick, told: Iterable[Episode]) -> None:
    for one in list(told):
        counted = replace(one, told_us=one.told_us or found.now_us, notified=one.notified + 1)
        found.open[one.target.key] = counted
        values = {"told_at": counted.told_us, "notified": counted.notified}
        episode.set_values(found.connection, found.tenant_id, one.alert_id, values)
