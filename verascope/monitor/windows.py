"""Maintenance windows as rows, and as somebody writes them."""

from collections.abc import Collection, Mapping
from typing import Any

import msgspec
import uuid_utils
from sqlalchemy import Connection, delete, insert, select

from verascope import clock
from verascope.clock import DAY, US
from verascope.errors import Conflict, FieldError, Invalid, NotFound, shown
from verascope.monitor.maintenance import LONGEST, Repeat, Window
from verascope.store.probe_tables import maintenance_windows as table

FIELDS = ("name", "probes", "starts_at", "ends_at", "repeat", "time_zone", "comment")
MOST = 200
"""Windows of one tenant."""
_MOST_TEXT = {"name": 120, "comment": 1000}


def read(body: Mapping[str, Any], known: Collection[str], by: str, now_us: int) -> Window:
    """The window that `body` describes. known: names of probes. Raises Invalid with every field that is wrong."""
    wrong = [
        FieldError(key, shown(value), f"known fields are {', '.join(FIELDS)}")
        for key, value in body.items()
        if key not in FIELDS
    ]
    texts = {}
    for field, most in _MOST_TEXT.items():
        text = body.get(field, "" if field == "comment" else None)
        least = 0 if field == "comment" else 1
        if not isinstance(text, str) or not least <= len(text.strip()) <= most or "\0" in text:
            wrong.append(
                FieldError(field, shown(text), f"{least} to {most} characters, none of them NUL")
            )
        else:
            texts[field] = text.strip()
    names = body.get("probes", [])
    if not isinstance(names, list) or not all(isinstance(one, str) for one in names):
        wrong.append(FieldError("probes", shown(names), "a list of names; [] is all probes"))
        names = []
    wrong += [
        FieldError("probes", shown(one), "the name of a probe") for one in names if one not in known
    ]
    starts_us, ends_us = _instant(body, "starts_at", wrong), _instant(body, "ends_at", wrong)
    repeat = next((one for one in Repeat if one.value == body.get("repeat", "none")), None)
    if repeat is None:
        wrong.append(FieldError("repeat", shown(body.get("repeat")), f"one of {', '.join(Repeat)}"))
    zone = body.get("time_zone", "UTC")
    try:
        clock.zone(zone if isinstance(zone, str) else "")
    except Invalid as error:
        wrong.append(FieldError("time_zone", shown(zone), error.fields[0].accepted))
    if starts_us is not None and ends_us is not None and repeat is not None:
        seconds = (ends_us - starts_us) / US
        if not 0 < seconds <= LONGEST[repeat]:
            days = LONGEST[repeat] // DAY
            accepted = f"later than starts_at, by at most {days} {'day' if days == 1 else 'days'}"
            wrong.append(FieldError("ends_at", shown(body.get("ends_at")), accepted))
    if wrong or starts_us is None or ends_us is None or repeat is None:
        raise Invalid(*wrong)
    return Window(
        id=str(uuid_utils.uuid7()),
        name=texts["name"],
        probes=frozenset(names),
        starts_us=starts_us,
        ends_us=ends_us,
        repeat=repeat,
        time_zone=zone,
        comment=texts["comment"],
        created_us=now_us,
        created_by=by,
    )


def add(connection: Connection, tenant_id: int, window: Window) -> None:
    """Raises Conflict when there are too many."""
    if len(listed(connection, tenant_id)) >= MOST:
        raise Conflict(
            f"There are {MOST} maintenance windows, which is the most; delete one first."
        )
    connection.execute(
        insert(table).values(
            tenant_id=tenant_id,
            id=window.id,
            name=window.name,
            probes=msgspec.json.encode(sorted(window.probes)).decode(),
            starts_at=window.starts_us,
            ends_at=window.ends_us,
            repeat=window.repeat.value,
            time_zone=window.time_zone,
            comment=window.comment,
            created_at=window.created_us,
            created_by=window.created_by,
        )
    )


def listed(connection: Connection, tenant_id: int) -> list[Window]:
    """All of them, the newest first."""
    asked = select(table).where(table.c.tenant_id == tenant_id).order_by(table.c.id.desc())
    return [
        Window(
            id=row.id,
            name=row.name,
            probes=frozenset(msgspec.json.decode(row.probes)),
            starts_us=row.starts_at,
            ends_us=row.ends_at,
            repeat=Repeat(row.repeat),
            time_zone=row.time_zone,
            comment=row.comment,
            created_us=row.created_at,
            created_by=row.created_by,
        )
        for row in connection.execute(asked)
    ]


def remove(connection: Connection, tenant_id: int, window_id: str) -> None:
    """What was found while it lasted stays out of the figures. Raises NotFound."""
    here = (table.c.tenant_id == tenant_id, table.c.id == window_id)
    if not connection.execute(delete(table).where(*here)).rowcount:
        raise NotFound(f"There is no maintenance window {shown(window_id)}.")


def _instant(body: Mapping[str, Any], field: str, wrong: list[FieldError]) -> int | None:
    text = body.get(field)
    try:
        return clock.from_iso(field, text if isinstance(text, str) else "")
    except Invalid as error:
        wrong.append(FieldError(field, shown(text), error.fields[0].accepted))
        return None
