"""What is watched from the first start: our own two doors, and whether this machine resolves names.

Nothing of it leaves the machine: the addresses are our own, and `localhost` is answered by the machine's own
resolver. Whoever wants to watch the outside adds a probe for it.
"""

from verascope.monitor.probes.probe import (
    DnsSettings,
    HttpSettings,
    JsonCondition,
    Kind,
    Origin,
    Probe,
    Settings,
)
from verascope.monitor.probes.settings import FAIL_AFTER, OK_AFTER

INTERVAL_SECONDS = 60
TIMEOUT_SECONDS = 5.0


def default_probes(now_us: int) -> tuple[Probe, ...]:
    """As they are on a fresh installation."""
    is_not_unwell = JsonCondition("/status", "not_equals", "unhealthy")
    return (
        _probe(
            "own-health", Kind.HTTP, "own:/health",
            HttpSettings(connectivity=True, json=[is_not_unwell]), now_us,
        ),
        _probe(
            "own-dashboard", Kind.HTTP, "own:/dashboard",
            HttpSettings(connectivity=True, contains="</html>"), now_us,
        ),
        _probe(
            "own-dns", Kind.DNS, "localhost", DnsSettings(connectivity=True), now_us,
        ),
    )  # fmt: skip


def _probe(name: str, kind: Kind, target: str, settings: Settings, now_us: int) -> Probe:
    return Probe(
        name=name,
        kind=kind,
        target=target,
        settings=settings,
        interval_seconds=INTERVAL_SECONDS,
        timeout_seconds=TIMEOUT_SECONDS,
        fail_after=FAIL_AFTER,
        ok_after=OK_AFTER,
        enabled=True,
        origin=Origin.DEFAULT,
        created_us=now_us,
        updated_us=now_us,
    )
