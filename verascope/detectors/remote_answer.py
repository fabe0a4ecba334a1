"""From the JSON of a remote detector to a verdict, as its sidecar maps it. Pure.

Whatever doesn't fit raises `Garbled` with the field of the sidecar that found it; nothing is guessed.
"""

import math
from typing import Any

import msgspec

from verascope.detectors.detector import Decision
from verascope.detectors.remote_sidecar import ResponseSpec, ScaleSpec
from verascope.errors import shown
from verascope.records import FULL_MPCT, Outcome, Verdict

MAX_VERSION = 120


class Garbled(Exception):
    """An answer that is not what the sidecar promised. field: of the sidecar. wanted: what fits."""

    def __init__(self, field: str, found: str, wanted: str) -> None:
        super().__init__(f"{field}: {found}; {wanted} is accepted")
        self.field = field
        self.wanted = wanted


def read(body: bytes, spec: ResponseSpec, decision: Decision, version: str) -> Verdict:
    """The verdict in an answer. version: stored unless the answer names one. Raises Garbled."""
    try:
        answer: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Garbled("response", shown(body[:40]), "JSON") from None
    outcome = None if spec.label is None else _outcome(answer, spec)
    fake = _fake_probability(answer, spec, outcome)
    named = _version(answer, spec) or version
    if outcome is None:
        return decision.verdict(fake, named)
    mpct = round(fake * FULL_MPCT)
    # The label was chosen by the remote's own thresholds: confidence is that of the chosen class.
    match outcome:
        case Outcome.FAKE:
            confidence = mpct
        case Outcome.REAL:
            confidence = FULL_MPCT - mpct
        case _:
            confidence = max(mpct, FULL_MPCT - mpct)
    return Verdict(outcome, confidence, mpct, named)


def pointed(answer: Any, pointer: str, field: str) -> Any:
    """What a JSON pointer (RFC 6901) points at. Raises Garbled when there is nothing."""
    found = answer
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(found, dict) and name in found:
            found = found[name]
        elif (
            isinstance(found, list) and name.isascii() and name.isdigit() and str(int(name)) == name
        ):
            if int(name) >= len(found):
                raise Garbled(field, f"nothing at {pointer!r}", "a value there")
            found = found[int(name)]
        else:
            raise Garbled(field, f"nothing at {pointer!r}", "a value there")
    return found


def _outcome(answer: Any, spec: ResponseSpec) -> Outcome:
    assert spec.label is not None
    value = pointed(answer, spec.label, "response.label")
    word = str(value).casefold().strip() if isinstance(value, str | bool | int) else None
    for name, words in spec.labels.items():
        if word in {one.casefold().strip() for one in words}:
            return Outcome(name)
    known = ", ".join(word for words in spec.labels.values() for word in words)
    raise Garbled("response.label", shown(value), f"one of {known}")


def _fake_probability(answer: Any, spec: ResponseSpec, outcome: Outcome | None) -> float:
    if spec.score is None:
        assert outcome is not None
        return spec.label_probabilities[outcome.value]  # type: ignore[index]
    value = pointed(answer, spec.score, "response.score")
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise Garbled("response.score", shown(value), "a number")
    share = _share(float(value), spec.scale)
    match spec.score_of, outcome:
        case "real", _:
            return 1 - share
        case "label", Outcome.REAL:
            return 1 - share
        case "label", Outcome.UNCERTAIN:
            return 0.5  # the remote says how sure it is that it is not sure
        case _:
            return share


def _share(value: float, scale: ScaleSpec) -> float:
    """The score as 0–1. Raises Garbled when it lies outside of its scale."""
    if scale.kind == "logit":
        return 0.5 * (1.0 + math.tanh(0.5 * value))
    ends = {"probability": (0.0, 1.0), "percent": (0.0, 100.0)}
    low, high = ends.get(scale.kind) or (scale.min or 0.0, scale.max or 0.0)
    if not low <= value <= high:
        raise Garbled("response.score", f"{value:g}", f"{low:g} to {high:g} ({scale.kind})")
    return (value - low) / (high - low)


def _version(answer: Any, spec: ResponseSpec) -> str | None:
    if spec.version is None:
        return None
    value = pointed(answer, spec.version, "response.version")
    text = str(value) if isinstance(value, str | int | float) and value is not True else ""
    if not 1 <= len(text) <= MAX_VERSION or not text.isprintable():
        raise Garbled("response.version", shown(value), f"1 to {MAX_VERSION} printable characters")
    return text
