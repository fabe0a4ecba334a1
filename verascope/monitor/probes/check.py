"""One check of one probe, whatever its kind. Never raises: what goes wrong is a finding."""

import logging
from dataclasses import dataclass

from verascope.clock import Now
from verascope.monitor.probes import dns, http, known_answer, tcp, tls
from verascope.monitor.probes.connect import Watch
from verascope.monitor.probes.known_answer import Detect
from verascope.monitor.probes.probe import (
    OWN,
    DnsSettings,
    Failed,
    Finding,
    HeartbeatSettings,
    HttpSettings,
    KnownAnswerSettings,
    Probe,
    Reference,
    TcpSettings,
    TlsSettings,
)
from verascope.monitor.probes.settings import host_and_port

log = logging.getLogger(__name__)

NOT_LOCAL = frozenset({403, 421})
"""What we answer ourselves, being well, when we don't listen on the loopback."""


@dataclass(frozen=True, slots=True)
class Own:
    """This service as its own probes reach it. is_local: over the loopback, where the owner is served."""

    base_url: str
    is_local: bool
    detect: Detect


def check(probe: Probe, reference: Reference | None, own: Own, now: Now, watch: Watch) -> Finding:
    """Of every kind but heartbeat, which asks nobody."""
    try:
        return _check(probe, reference, own, now, watch)
    except Failed as failed:
        return Finding(False, reason=str(failed), response_ms=failed.seen.get("response_ms"))
    except Exception as error:
        # Whatever a stranger's server makes a library raise is a failure of that target, not of us.
        log.exception("probe %s", probe.name)
        return Finding(False, reason=f"The check itself failed: {type(error).__name__}.")


def _check(probe: Probe, reference: Reference | None, own: Own, now: Now, watch: Watch) -> Finding:
    target = probe.target
    is_own = target.startswith(OWN)
    match probe.settings:
        case HttpSettings() as settings:
            url = own.base_url + target.removeprefix(OWN) if is_own else target
            also = NOT_LOCAL if is_own and not own.is_local else frozenset[int]()
            return http.check(url, settings, watch, also=also)
        case TcpSettings() as settings:
            return tcp.check(*host_and_port(target), settings, watch)
        case DnsSettings() as settings:
            return dns.check(target, settings, watch)
        case TlsSettings() as settings:
            return tls.check(*host_and_port(target, 443), settings, watch)
        case KnownAnswerSettings() as settings if is_own:
            return known_answer.check_own(own.detect, settings, reference, now())
        case KnownAnswerSettings() as settings:
            return known_answer.check(target, settings, reference, now(), watch)
        case HeartbeatSettings() | _:
            raise AssertionError(f"{probe.kind} is not asked")
