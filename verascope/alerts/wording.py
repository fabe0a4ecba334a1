"""What people read when an alert is told."""

from collections.abc import Sequence
from urllib.parse import urlencode

from verascope import clock
from verascope.alerts.desk import Desk
from verascope.alerts.episode import Episode
from verascope.alerts.grouping import Action
from verascope.clock import DAY, US
from verascope.notifications.message import Fact, Link, Message, Moment
from verascope.records import Severity
from verascope.security import links

LINK_DAYS = 7
ACKNOWLEDGE = "acknowledge"
"""The purpose of the links by which alerts are acknowledged."""

MOST_FACTS = 20
"""Alerts of one message that are told one by one."""

_RANK = {Severity.CRITICAL: 0, Severity.WARNING: 1, Severity.INFO: 2}


def gravest(severities: Sequence[Severity]) -> Severity:
    return min(severities, key=_RANK.__getitem__)


def message_of(
    desk: Desk,
    tenant_id: int,
    action: Action,
    firing: Sequence[Episode],
    over: Sequence[Episode],
    severity: Severity,
    dedup_key: str,
    message_key: str,
    now_us: int,
) -> Message:
    """One message about a group: what fires now, and what was told and is over."""
    is_resolved = action is Action.RESOLVE
    shown = over if is_resolved else firing
    title = _title(shown) if shown else "An alert is over"
    if action is Action.REPEAT:
        title = f"Still: {title}"
    parts = [_sentence(desk, one) for one in shown[:1]] if len(shown) == 1 else []
    if len(shown) > 1:
        parts.append(f"{len(shown)} alerts {'are over' if is_resolved else 'are firing'}.")
    if over and not is_resolved:
        parts.append(f"Over: {', '.join(one.headline for one in over)}.")
    facts = _facts(desk, shown[0]) if len(shown) == 1 else _each(desk, shown)
    return Message(
        moment=Moment.RESOLVE if is_resolved else Moment.TRIGGER,
        severity=severity,
        title=title,
        summary=" ".join(parts),
        facts=facts,
        links=_links(desk, tenant_id, shown, message_key, now_us, is_resolved=is_resolved),
        dedup_key=dedup_key,
        occurred_us=now_us,
        tenant=desk.tenant,
    )


def escalated(
    desk: Desk, tenant_id: int, episode: Episode, dedup_key: str, message_key: str, now_us: int
) -> Message:
    """What those are told who are asked because nobody else has answered."""
    minutes = (now_us - (episode.told_us or episode.started_us)) // (60 * US)
    return Message(
        moment=Moment.TRIGGER,
        severity=episode.target.severity,
        title=f"Not acknowledged: {episode.headline}",
        summary=f"Nobody has acknowledged this alert for {minutes} min. {_sentence(desk, episode)}",
        facts=_facts(desk, episode),
        links=_links(desk, tenant_id, [episode], message_key, now_us, is_resolved=False),
        dedup_key=dedup_key,
        occurred_us=now_us,
        tenant=desk.tenant,
    )


def acknowledged(
    desk: Desk, episode: Episode, who: str, note: str | None, dedup_key: str, now_us: int
) -> Message:
    return Message(
        moment=Moment.ACKNOWLEDGE,
        severity=episode.target.severity,
        title=episode.headline,
        summary=f"Acknowledged by {who}" + (f": {note}" if note else "."),
        facts=_facts(desk, episode),
        links=(_dashboard(desk, [episode]),),
        dedup_key=dedup_key,
        occurred_us=now_us,
        tenant=desk.tenant,
    )


def measured(desk: Desk, episode: Episode) -> str:
    """The value beside its limit, both with the unit."""
    value = quantity(episode.value, desk.units.get(episode.target.rule))
    if episode.limit is None:
        return value
    return f"{value} (limit {quantity(episode.limit, desk.units.get(episode.target.rule))})"


def quantity(value: float | None, unit: str | None) -> str:
    """A number with its unit; money before its number, percent right after."""
    if value is None:
        return "unknown"
    number = f"{value:,.2f}".rstrip("0").rstrip(".") if abs(value) < 1e15 else f"{value:g}"
    match unit:
        case None | "" | "count":
            return number
        case "percent":
            return f"{number} %"
        case _:
            return f"{number} {unit.replace('_', ' ')}"


def _title(shown: Sequence[Episode]) -> str:
    if len(shown) == 1:
        return shown[0].headline
    titles = {one.title for one in shown}
    return f"{titles.pop()} ({len(shown)} alerts)" if len(titles) == 1 else f"{len(shown)} alerts"


def _sentence(desk: Desk, episode: Episode) -> str:
    since = clock.to_iso(episode.started_us)
    if episode.ended_us is not None:
        lasted = (episode.ended_us - episode.started_us) // (60 * US)
        return f"{episode.headline} is over after {lasted} min (since {since})."
    return f"{measured(desk, episode)} since {since}: {episode.reason}."


def _facts(desk: Desk, episode: Episode) -> tuple[Fact, ...]:
    unit = desk.units.get(episode.target.rule)
    target = episode.target
    found = [
        Fact("Value", quantity(episode.value, unit)),
        Fact("Limit", quantity(episode.limit, unit)),
        Fact("Since", clock.to_iso(episode.started_us)),
    ]
    if episode.ended_us is not None:
        found.append(Fact("Until", clock.to_iso(episode.ended_us)))
    found += [Fact("Reason", episode.reason), Fact("Severity", target.severity.value)]
    if target.subject:
        found.append(Fact("About", target.subject))
    found.append(Fact("Rule", target.rule))
    return tuple(found)


def _each(desk: Desk, shown: Sequence[Episode]) -> tuple[Fact, ...]:
    found = [
        Fact(
            one.headline,
            f"{measured(desk, one)} since {clock.to_iso(one.started_us)}: {one.reason}",
        )
        for one in shown[:MOST_FACTS]
    ]
    if len(shown) > MOST_FACTS:
        found.append(Fact("More", f"{len(shown) - MOST_FACTS} others"))
    return tuple(found)


def _links(
    desk: Desk,
    tenant_id: int,
    shown: Sequence[Episode],
    message_key: str,
    now_us: int,
    *,
    is_resolved: bool,
) -> tuple[Link, ...]:
    dashboard = _dashboard(desk, shown)
    if is_resolved:
        return (dashboard,)
    expires_us = now_us + LINK_DAYS * DAY * US
    token = links.sign(desk.key, ACKNOWLEDGE, f"{tenant_id}/{message_key}", expires_us)
    silence = urlencode({"silence": shown[0].target.rule})
    return (
        dashboard,
        Link("Acknowledge", f"{desk.public_url}/api/v1/acknowledge/{token}"),
        Link("Silence", f"{desk.public_url}/dashboard/alerts?{silence}"),
    )


def _dashboard(desk: Desk, shown: Sequence[Episode]) -> Link:
    chosen = f"?{urlencode({'alert': shown[0].alert_id})}" if len(shown) == 1 else ""
    return Link("Dashboard", f"{desk.public_url}/dashboard/alerts{chosen}")
