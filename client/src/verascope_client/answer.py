"""Reads a verdict out of the answer of an existing detection endpoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

FRACTION, PERCENT = "fraction", "percent"

NAMES: dict[str, Sequence[str]] = {
    "prediction": ("prediction", "verdict", "label", "result"),
    "is_fake": ("is_fake", "is_deepfake"),
    "confidence": ("confidence", "score", "probability"),
    "real_probability": ("real_probability", "real_prob", "prob_real"),
    "fake_probability": ("fake_probability", "fake_prob", "prob_fake"),
    "inference_time_ms": ("inference_time_ms", "inference_ms", "processing_time_ms"),
    "model_version": ("model_version",),
    "id": (),
    "client": (),
    "use_case": (),
    "file_hash": (),
    "image_format": (),
}
"""Where each of our fields is looked for unless `fields` says otherwise; the first name that is there counts.
`is_fake` is true or false and stands for a prediction.
"""

VERDICTS = {
    "real": "real",
    "authentic": "real",
    "genuine": "real",
    "fake": "fake",
    "deepfake": "fake",
    "manipulated": "fake",
    "uncertain": "uncertain",
    "unknown": "uncertain",
    "inconclusive": "uncertain",
}
"""Words for a verdict, in lower case."""

_SCALED = ("confidence", "real_probability", "fake_probability")
_ERRORS = ("error_message", "error", "detail", "message")


class Unreadable(ValueError):
    """An answer in which no verdict can be found; the text says what was looked for."""


class Reading:
    """How answers are read. scale: `fraction` when the endpoint's numbers are 0 to 1, `percent` when 0 to 100; it can't
    be guessed, because 0.9 is both. fields: ours → the endpoint's name, dotted for a nested one. verdicts: the
    endpoint's word (or number) → real, fake or uncertain. Raises ValueError that names all that is wrong.
    """

    def __init__(
        self,
        scale: str | None,
        fields: Mapping[str, str] | None = None,
        verdicts: Mapping[Any, str] | None = None,
    ) -> None:
        wrong = []
        if scale not in (FRACTION, PERCENT):
            wrong.append(
                f"scale: must be 'fraction' (0 to 1) or 'percent' (0 to 100), not {scale!r}; it is not guessed"
            )
        unknown = sorted(set(fields or {}) - set(NAMES))
        if unknown:
            wrong.append(f"fields: {', '.join(unknown)}: there are {', '.join(NAMES)}")
        strange = sorted(str(word) for word in set((verdicts or {}).values()) - set(VERDICTS))
        if strange:
            wrong.append(f"verdicts: {', '.join(strange)}: must be real, fake or uncertain")
        if wrong:
            raise ValueError("; ".join(wrong))
        self._factor = 100.0 if scale == FRACTION else 1.0
        self._paths = {ours: (path,) for ours, path in (fields or {}).items()}
        self._names = {**NAMES, **self._paths}
        self._verdicts: dict[object, str] = dict(VERDICTS.items())
        for word, verdict in (verdicts or {}).items():
            self._verdicts[_word(word)] = verdict

    def read(self, answer: object) -> dict[str, Any]:
        """The fields of one prediction. answer: a mapping, or an object with attributes. Raises Unreadable."""
        if _look(answer, "success") is False:
            return {"success": False, "error_message": message_in(answer) or "the endpoint failed"}
        found: dict[str, Any] = {}
        for ours, names in self._names.items():
            value = next(
                (v for v in (_look(answer, name) for name in names) if v is not None), None
            )
            if value is not None:
                found[ours] = value
        is_fake = found.pop("is_fake", None)
        if "prediction" in found:
            found["prediction"] = self._verdict(found["prediction"])
        elif isinstance(is_fake, bool):
            found["prediction"] = "fake" if is_fake else "real"
        else:
            names = ", ".join((*self._names["prediction"], *self._names["is_fake"]))
            raise Unreadable(f"it has no verdict; looked for {names}")
        for name in _SCALED:
            if name in found:
                found[name] = self._percent(name, found[name])
        return found

    def _verdict(self, value: object) -> str:
        verdict = self._verdicts.get(_word(value))
        if verdict is None:
            shown = (
                repr(value)[:40] if isinstance(value, (int, float, str)) else type(value).__name__
            )
            raise Unreadable(f"{shown} is no known verdict; declare it with verdicts=")
        return verdict

    def _percent(self, name: str, value: Any) -> float:
        if isinstance(value, (bool, str)):
            raise Unreadable(f"{name} is no number")
        try:
            percent = float(value) * self._factor
        except (TypeError, ValueError):
            raise Unreadable(f"{name} is no number") from None
        if self._factor != 1 and percent > 100.0000001:
            raise Unreadable(f"{name} is {float(value):g}, but scale='fraction' means 0 to 1")
        return min(percent, 100.0) if self._factor != 1 else percent


def message_in(answer: object) -> str | None:
    """What an answer says about its failure."""
    for name in _ERRORS:
        value = _look(answer, name)
        if isinstance(value, str) and value:
            return value
    return None


def _word(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


def _look(answer: object, path: str) -> Any:
    """What stands under a dotted path; None when nothing does."""
    value: Any = answer
    for name in path.split("."):
        if isinstance(value, Mapping):
            value = value.get(name)
        else:
            value = getattr(value, name, None)
            if callable(value):
                return None
        if value is None:
            return None
    return value
