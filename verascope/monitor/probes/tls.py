"""A certificate that must be valid, and for how long it still is."""

import ssl
import time
from datetime import UTC, datetime

from cryptography import x509

from verascope.clock import DAY
from verascope.monitor.probes.connect import Watch, dial, secured, trust
from verascope.monitor.probes.probe import Failed, Finding, TlsSettings


def check(host: str, port: int, settings: TlsSettings, watch: Watch) -> Finding:
    """Judges the certificate of the server itself; of those above it only the chain is judged.

    Raises Failed when there is no certificate to judge.
    """
    name = settings.server_name or host
    started = time.perf_counter()
    trouble = None
    try:
        der = _certificate(host, port, name, trust(settings.verify, settings.ca_file), watch)
    except ssl.SSLCertVerificationError as error:
        trouble = f"The certificate is not accepted: {error.verify_message}."
        # Python tells nothing of a certificate it refused, so it is fetched again without judging it.
        der = _certificate(host, port, name, trust(False, None), watch)
    spent_ms = (time.perf_counter() - started) * 1000
    try:
        certificate = x509.load_der_x509_certificate(der)
        ends = certificate.not_valid_after_utc
        begins = certificate.not_valid_before_utc
    except ValueError as error:
        raise Failed(f"The certificate can't be read: {error}.") from None
    now = datetime.now(UTC)
    days = (ends - now).total_seconds() / DAY
    return Finding(
        ok=(reason := _objection(days, begins > now, trouble, settings.min_days)) is None,
        reason=reason,
        response_ms=spent_ms,
        certificate_days=days,
        detail={"valid_until": ends.strftime("%Y-%m-%dT%H:%M:%SZ"), "issuer": _issuer(certificate)},
    )


def _objection(days: float, is_early: bool, trouble: str | None, min_days: float) -> str | None:
    if days < 0:
        return f"The certificate expired {-days:.1f} days ago."
    if is_early:
        return "The certificate is not valid yet."
    if trouble is not None:
        return trouble
    if days < min_days:
        return f"The certificate expires in {days:.1f} days; at least {min_days:g} are wanted."
    return None


def _certificate(host: str, port: int, name: str, context: ssl.SSLContext, watch: Watch) -> bytes:
    wrapped = secured(dial(host, port, watch), context, name, watch)
    der = wrapped.getpeercert(binary_form=True)
    if der is None:
        raise Failed("The server shows no certificate.")
    return der


def _issuer(certificate: x509.Certificate) -> str:
    try:
        return certificate.issuer.rfc4514_string()[:200]
    except ValueError:
        return "unreadable"
