"""Heartbeats: somebody else's job calls an address after each run; silence is the failure. Pure.

The address holds a token made from the key file and the probe's birth: nothing in the database gives it away,
and a probe that was deleted and made again has another one.
"""

import base64
import hashlib
import hmac

from verascope.clock import US
from verascope.monitor.probes.probe import Finding, HeartbeatSettings, Probe

PATH = "/api/v1/heartbeats/"
CHECK_SECONDS = 30
"""How often lateness is looked at."""
_MAC_BYTES = 24


def token(key: bytes, tenant_id: int, probe: Probe) -> str:
    """For the address that a job calls: URL-safe, 192 bits of it unguessable."""
    name = base64.urlsafe_b64encode(f"{tenant_id}:{probe.name}".encode()).decode().rstrip("=")
    return f"{name}.{_mac(key, tenant_id, probe)}"


def named(text: str) -> tuple[int, str] | None:
    """Tenant and probe that a token speaks of, not proven yet; None when it is none."""
    name = text.partition(".")[0]
    try:
        tenant, _, probe = (
            base64.b64decode(name + "=" * (-len(name) % 4), altchars=b"-_", validate=True)
            .decode()
            .partition(":")
        )
        return (int(tenant), probe) if tenant.isascii() and tenant.isdigit() else None
    except ValueError:
        return None


def is_of(text: str, key: bytes, tenant_id: int, probe: Probe) -> bool:
    """Whether `text` is the token of this probe."""
    return hmac.compare_digest(text.encode(), token(key, tenant_id, probe).encode())


def judge(
    probe: Probe, last_beat_us: int | None, listening_since_us: int, now_us: int
) -> Finding | None:
    """What silence says; None when nothing can be said because we haven't listened for long enough.

    Before the first beat, time runs from the making of the probe. While we were down nobody could call.
    """
    assert isinstance(probe.settings, HeartbeatSettings)
    heard_us = last_beat_us if last_beat_us is not None else probe.created_us
    allowed_us = (probe.interval_seconds + probe.settings.grace_seconds) * US
    late_us = now_us - heard_us - allowed_us
    if late_us <= 0:
        return None if last_beat_us is None else Finding(True, late_seconds=0.0)
    if now_us - listening_since_us <= allowed_us and listening_since_us > heard_us:
        return None
    silent = (now_us - heard_us) // US
    said = "The last beat came" if last_beat_us is not None else "None has come since it was set up"
    return Finding(
        False,
        reason=f"{said} {silent} seconds ago; every {probe.interval_seconds} seconds one is expected, "
        f"{probe.settings.grace_seconds} more are allowed.",
        late_seconds=late_us / US,
    )


def _mac(key: bytes, tenant_id: int, probe: Probe) -> str:
    said = f"heartbeat\0{tenant_id}\0{probe.name}\0{probe.created_us}".encode()
    found = hmac.new(key, said, hashlib.sha256).digest()[:_MAC_BYTES]
    return base64.urlsafe_b64encode(found).decode()
