"""Silences as they are kept. None is ever deleted: ending one early is a fact like its making."""

from typing import Any

import msgspec
import uuid_utils
from sqlalchemy import Connection, Row, select

from verascope import clock
from verascope.alerts import history
from verascope.alerts.history import Kind
from verascope.alerts.matcher import Matcher
from verascope.alerts.silence import Silence
from verascope.errors import NotFound, shown
from verascope.store.pipeline_tables import silences as table

_MATCHERS = msgspec.json.Decoder(tuple[Matcher, ...])


def create(
    connection: Connection,
    tenant_id: int,
    matchers: tuple[Matcher, ...],
    starts_us: int,
    ends_us: int,
    comment: str,
    author: str,
    now_us: int,
) -> Silence:
    silence = Silence(
        str(uuid_utils.uuid7()), matchers, starts_us, ends_us, comment, author, now_us
    )
    connection.execute(
        table.insert().values(
            tenant_id=tenant_id,
            id=silence.id,
            matchers=msgspec.json.encode(matchers).decode(),
            starts_at=starts_us,
            ends_at=ends_us,
            comment=comment,
            author=author,
            created_at=now_us,
        )
    )
    text = (
        f"Silence of {in_words(silence)} until {clock.to_iso(ends_us)}: {comment or 'no comment'}"
    )
    _note(connection, tenant_id, silence, text, author, now_us, "made")
    return silence


def end(connection: Connection, tenant_id: int, silence_id: str, who: str, now_us: int) -> Silence:
    """End it now; one that is over stays as it is. Raises NotFound."""
    ended = connection.execute(
        table.update()
        .where(table.c.tenant_id == tenant_id, table.c.id == silence_id, table.c.ends_at > now_us)
        .values(ends_at=now_us, ended_by=who)
    ).rowcount
    silence = get(connection, tenant_id, silence_id)
    if ended:
        text = f"Silence of {in_words(silence)} ended before its time"
        _note(connection, tenant_id, silence, text, who, now_us, "ended")
    return silence


def get(connection: Connection, tenant_id: int, silence_id: str) -> Silence:
    """Raises NotFound."""
    row = connection.execute(
        select(table).where(table.c.tenant_id == tenant_id, table.c.id == silence_id)
    ).first()
    if row is None:
        raise NotFound(f"There is no silence {shown(silence_id)}.")
    return _silence(row)


def unexpired(connection: Connection, tenant_id: int, now_us: int) -> list[Silence]:
    """Those in force and those to come."""
    rows = connection.execute(
        select(table).where(table.c.tenant_id == tenant_id, table.c.ends_at > now_us)
    )
    return [_silence(row) for row in rows]


def listed(
    connection: Connection, tenant_id: int, limit: int, before_id: str | None = None
) -> list[Silence]:
    """The newest first, expired ones too."""
    query = select(table).where(table.c.tenant_id == tenant_id)
    if before_id is not None:
        query = query.where(table.c.id < before_id)
    return [
        _silence(row) for row in connection.execute(query.order_by(table.c.id.desc()).limit(limit))
    ]


def in_words(silence: Silence) -> str:
    words = {"is": "is", "is_not": "is not", "contains": "contains"}
    return " and ".join(f"{m.field.value} {words[m.op]} {m.value!r}" for m in silence.matchers)


def _note(
    connection: Connection,
    tenant_id: int,
    silence: Silence,
    text: str,
    who: str,
    now_us: int,
    what: str,
) -> None:
    rules = {m.value for m in silence.matchers if m.field == "rule" and m.op == "is"}
    history.append(
        connection,
        tenant_id,
        Kind.SILENCED,
        text,
        now_us,
        rule=rules.pop() if len(rules) == 1 else "",
        who=who,
        detail={
            "silence": silence.id,
            "matchers": silence.matchers,
            "starts_at": clock.to_iso(silence.starts_us),
            "ends_at": clock.to_iso(silence.ends_us),
            "comment": silence.comment,
        },
        reference=f"{silence.id}:{what}",
    )


def _silence(row: Row[Any]) -> Silence:
    return Silence(
        row.id,
        _MATCHERS.decode(row.matchers),
        row.starts_at,
        row.ends_at,
        row.comment,
        row.author,
        row.created_at,
        row.ended_by,
    )
