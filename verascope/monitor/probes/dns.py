"""A name that must resolve, and to what."""

import time
from ipaddress import ip_address

import dns.exception
import dns.rdatatype
import dns.resolver

from verascope.monitor.probes.connect import Watch, resolve, said
from verascope.monitor.probes.probe import DnsSettings, Failed, Finding

SYSTEM, RESOLV_CONF = "system", "resolv.conf"
DNS_PORT = 53


def check(name: str, settings: DnsSettings, watch: Watch) -> Finding:
    """Raises Failed when there is no answer."""
    started = time.perf_counter()
    answers = (
        _system(name, settings, watch)
        if settings.resolver == SYSTEM
        else _asked(name, settings, watch)
    )
    spent_ms = (time.perf_counter() - started) * 1000
    reason = objection(answers, settings)
    if (
        reason is None
        and settings.max_response_ms is not None
        and spent_ms > settings.max_response_ms
    ):
        reason = f"It took {spent_ms:.0f} ms; at most {settings.max_response_ms:g} ms are accepted."
    return Finding(
        ok=reason is None, reason=reason, response_ms=spent_ms, detail={"answers": answers[:20]}
    )


def objection(answers: list[str], settings: DnsSettings) -> str | None:
    """Why the answers are not the expected ones; None when they are."""
    given = {_plain(one) for one in answers}
    wanted = {_plain(one) for one in settings.expect}
    told = ", ".join(answers[:5]) or "nothing"
    if not given:
        return f"There is no {settings.record} record."
    if missing := sorted(wanted - given):
        return f"The answer is {told}; {', '.join(missing)} is missing."
    if settings.only_expected and (surplus := sorted(given - wanted)):
        return f"The answer is {told}; {', '.join(surplus)} is not expected."
    return None


def _system(name: str, settings: DnsSettings, watch: Watch) -> list[str]:
    wanted = 4 if settings.record == "A" else 6
    found = {str(one[4][0]).partition("%")[0] for one in resolve(name, 0, watch)}
    return sorted(one for one in found if ip_address(one).version == wanted)


def _asked(name: str, settings: DnsSettings, watch: Watch) -> list[str]:
    try:
        resolver = dns.resolver.Resolver(configure=settings.resolver == RESOLV_CONF)
    except dns.resolver.NoResolverConfiguration:
        raise Failed("/etc/resolv.conf names no name server.") from None
    if settings.resolver != RESOLV_CONF:
        address, port = name_server(settings.resolver)
        resolver.nameservers, resolver.port = [address], port
    resolver.lifetime = watch.left
    resolver.timeout = min(2.0, watch.left)
    try:
        answer = resolver.resolve(name, settings.record, search=False)
    except dns.resolver.NXDOMAIN:
        raise Failed(f"The name {name} does not exist.") from None
    except dns.resolver.NoAnswer:
        return []
    except dns.resolver.LifetimeTimeout:
        raise watch.too_slow() from None
    except dns.resolver.NoNameservers:
        raise Failed(f"No name server gives a usable answer for {name}.") from None
    except (dns.exception.DNSException, OSError, ValueError) as error:
        raise Failed(f"The name {name} can't be asked for: {said(error)}.") from None
    return sorted(one.to_text() for one in answer)


def name_server(text: str) -> tuple[str, int]:
    """Address and port of `192.0.2.1`, `192.0.2.1:5353`, `2001:db8::1` or `[2001:db8::1]:53`. Raises ValueError."""
    host, port = text, str(DNS_PORT)
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        port = rest.removeprefix(":") or port
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    number = int(port)
    if not 1 <= number <= 65_535:
        raise ValueError(port)
    return str(ip_address(host)), number


def _plain(answer: str) -> str:
    """For comparing: without case, quotes, or the dot at the end of a name."""
    return answer.strip().strip('"').rstrip(".").lower()
