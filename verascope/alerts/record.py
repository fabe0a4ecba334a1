"""The notification log: what was told, and every decision not to tell with its reason."""

from sqlalchemy import Connection

from verascope.alerts import history
from verascope.alerts.episode import Episode
from verascope.alerts.history import Kind
from verascope.notifications.message import Message
from verascope.store.pipeline_tables import notification_log as table


def sent(
    connection: Connection,
    tenant_id: int,
    episode: Episode,
    group_key: str,
    message_key: str,
    channel: str,
    message: Message,
    reason: str,
    delivery_id: str,
    now_us: int,
) -> None:
    """One alert of one message through one channel."""
    connection.execute(
        table.insert().values(
            tenant_id=tenant_id,
            at=now_us,
            alert_id=episode.alert_id,
            rule=episode.target.rule,
            subject=episode.target.subject,
            group_key=group_key,
            message_key=message_key,
            channel=channel,
            moment=message.moment.value,
            decision="sent",
            reason=reason,
            delivery_id=delivery_id,
        )
    )


def suppressed(
    connection: Connection,
    tenant_id: int,
    episode: Episode,
    group_key: str,
    reason: str,
    now_us: int,
) -> None:
    """Nobody is told of this alert now."""
    target = episode.target
    connection.execute(
        table.insert().values(
            tenant_id=tenant_id,
            at=now_us,
            alert_id=episode.alert_id,
            rule=target.rule,
            subject=target.subject,
            group_key=group_key,
            decision="suppressed",
            reason=reason,
        )
    )
    history.append(
        connection,
        tenant_id,
        Kind.SUPPRESSED,
        f"{episode.headline}: not sent: {reason}",
        now_us,
        severity=target.severity.value,
        rule=target.rule,
        subject=target.subject,
        alert_id=episode.alert_id,
        detail={"group": group_key, "reason": reason},
    )
