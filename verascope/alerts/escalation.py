"""Who is told too when nobody acknowledges. Pure."""

from collections.abc import Collection, Sequence

from verascope.alerts.routing import Step
from verascope.clock import US
from verascope.records import Severity


def due(
    steps: Sequence[Step],
    severity: Severity,
    told_us: int,
    done: Collection[int],
    now_us: int,
    *,
    is_acknowledged: bool,
) -> list[Step]:
    """The steps to take now, soonest first. told_us: when people were first told, or should have been.
    done: `after_seconds` of the steps that were taken.
    """
    if is_acknowledged:
        return []
    wanted = [
        step
        for step in steps
        if (not step.severity or severity in step.severity)
        and step.after_seconds not in done
        and now_us - told_us >= step.after_seconds * US
    ]
    return sorted(wanted, key=lambda step: step.after_seconds)
