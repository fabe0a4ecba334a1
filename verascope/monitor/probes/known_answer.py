"""A detector that must answer the same image as it did before.

The first answer becomes the reference, unless one is stated. A verdict that is another, or a score further
away than the tolerance, is a failure: the model, its thresholds or what stands before it have changed.
"""

import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import msgspec

from verascope.errors import ImageRefused, VerascopeError, shown
from verascope.monitor.probes.connect import Watch
from verascope.monitor.probes.http import expects, is_missing, pointed
from verascope.monitor.probes.known_image import known_image
from verascope.monitor.probes.probe import (
    Failed,
    Finding,
    KnownAnswerSettings,
    Reference,
)
from verascope.monitor.probes.web import request, with_secrets
from verascope.records import FULL_MPCT, Verdict

Detect = Callable[[bytes], Verdict]
"""Our own detector on the bytes of a file, without recording anything. Raises VerascopeError."""


def check(
    url: str,
    settings: KnownAnswerSettings,
    reference: Reference | None,
    now_us: int,
    watch: Watch,
) -> Finding:
    """Of a detector that is asked over HTTP. Raises Failed when there is no answer to judge."""
    body, content_type = _form(settings)
    headers = with_secrets(settings.headers) | {"Content-Type": content_type}
    answer = request(
        "POST", url, headers, body, watch,
        max_bytes=settings.max_bytes, verify=settings.verify, ca_file=settings.ca_file,
    )  # fmt: skip
    if not expects(["200-299"], answer.status):
        raise Failed(
            f"The detector answers with status {answer.status}.", response_ms=answer.response_ms
        )
    verdict, score = read(answer.body, settings)
    given = Reference(verdict, score, None, now_us)
    return compare(given, settings, reference, answer.response_ms, answer.certificate_days)


def check_own(
    detect: Detect, settings: KnownAnswerSettings, reference: Reference | None, now_us: int
) -> Finding:
    """Of the detector in this process. Another version of it has another reference."""
    started = time.perf_counter()
    try:
        verdict = detect(known_image())
    except (VerascopeError, ImageRefused) as error:
        raise Failed(f"The detector gives no verdict: {error.detail}") from None
    spent_ms = (time.perf_counter() - started) * 1000
    score = verdict.fake_probability_mpct * 100 / FULL_MPCT
    given = Reference(str(verdict.outcome), score, verdict.model_version, now_us)
    if reference is not None and reference.version != given.version:
        reference = None
    return compare(given, settings, reference, spent_ms, None)


def read(body: bytes, settings: KnownAnswerSettings) -> tuple[str | None, float | None]:
    """Verdict and score in percent as the answer says them. Raises Failed."""
    try:
        answer = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Failed("The detector's answer is not JSON.") from None
    verdict = score = None
    if settings.verdict_path is not None:
        verdict = _at(answer, settings.verdict_path)
        if not isinstance(verdict, str):
            raise Failed(f"{settings.verdict_path} is {shown(verdict)}, not a verdict.")
    if settings.score_path is not None:
        found = _at(answer, settings.score_path)
        if isinstance(found, bool) or not isinstance(found, int | float):
            raise Failed(f"{settings.score_path} is {shown(found)}, not a number.")
        score = float(found) * (100 if settings.score_scale == "probability" else 1)
    return verdict, score


def compare(
    given: Reference,
    settings: KnownAnswerSettings,
    reference: Reference | None,
    response_ms: float,
    certificate_days: float | None,
) -> Finding:
    """What moved between the reference and the answer that was given."""
    known = reference or given
    verdict = settings.expect_verdict if settings.expect_verdict is not None else known.verdict
    score = settings.expect_score if settings.expect_score is not None else known.score
    shift = None if score is None or given.score is None else abs(given.score - score)
    reasons = []
    if verdict is not None and given.verdict is not None and given.verdict != verdict:
        reasons.append(f"The verdict is {shown(given.verdict)}; it was {shown(verdict)}.")
    if shift is not None and shift > settings.tolerance:
        reasons.append(
            f"The score is {given.score:.1f} %, {shift:.1f} points from {score:.1f} %; "
            f"{settings.tolerance:g} are tolerated."
        )
    if settings.max_response_ms is not None and response_ms > settings.max_response_ms:
        reasons.append(
            f"The answer took {response_ms:.0f} ms; at most {settings.max_response_ms:g} ms are accepted."
        )
    return Finding(
        ok=not reasons,
        reason=" ".join(reasons) or None,
        response_ms=response_ms,
        certificate_days=certificate_days,
        shift=shift,
        reference=given if reference is None else None,
        detail={
            "verdict": given.verdict,
            "score": given.score,
            "expected_verdict": verdict,
            "expected_score": score,
            "version": given.version,
        },
    )


def _at(answer: Any, path: str) -> Any:
    found = pointed(answer, path)
    if is_missing(found):
        raise Failed(f"The answer has no {path}.")
    return found


def _form(settings: KnownAnswerSettings) -> tuple[bytes, str]:
    """multipart/form-data (RFC 7578) with the image and the other fields."""
    boundary = uuid4().hex
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in settings.fields.items()
    ]
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="{settings.field}"; '
        'filename="known.png"\r\nContent-Type: image/png\r\n\r\n'
    )
    parts += [head.encode(), known_image(), f"\r\n--{boundary}--\r\n".encode()]
    return b"".join(parts), f"multipart/form-data; boundary={boundary}"
