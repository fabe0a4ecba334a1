"""Times as other systems write them: naive ones in a stated zone become UTC."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from verascope import clock
from verascope.errors import FieldError, shown

ACCEPTED = "a date and time such as 2026-01-31 09:00:00, with or without an offset"
GAP = "dst_gap"
FOLD = "dst_fold"
_SHORTEST = len("2026-01-31 09:00")


@dataclass(frozen=True, slots=True)
class Moment:
    """wall_us: the text read as if it were UTC, the same whatever zone it is said to be in.

    note: GAP for a local time that the clocks skipped, FOLD for one that came twice, else None.
    """

    utc_us: int
    wall_us: int
    note: str | None = None


def read(field: str, value: object, zone: ZoneInfo) -> Moment | FieldError:
    """The moment a value stands for.

    A local time that came twice is its first pass; one that was skipped is read with the offset before the
    change, as `zoneinfo` does with fold=0 (PEP 495).
    """
    if isinstance(value, datetime):
        parsed = value
    elif isinstance(value, str) and len(text := value.strip()) >= _SHORTEST:
        try:
            parsed = datetime.fromisoformat(text)
        except ValueError:
            return FieldError(field, shown(value), ACCEPTED)
    else:
        return FieldError(field, shown(value), ACCEPTED)
    try:
        if parsed.tzinfo is not None:
            instant = clock.from_datetime(parsed)
            return Moment(instant, instant)
        wall_us = clock.from_datetime(parsed.replace(tzinfo=UTC))
        if zone.key == "UTC":
            return Moment(wall_us, wall_us)
        local = parsed.replace(tzinfo=zone, fold=0)
        first, second = local.utcoffset(), local.replace(fold=1).utcoffset()
        assert first is not None
        assert second is not None
        note = None if first == second else GAP if first < second else FOLD
        return Moment(clock.from_datetime(local), wall_us, note)
    except OverflowError:
        return FieldError(field, shown(value), ACCEPTED)


def iso(utc_us: int) -> str:
    """The text an event carries."""
    return clock.to_iso(utc_us)
