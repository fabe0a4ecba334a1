"""A request's JSON object, read with every problem noted before anything is refused."""

from collections.abc import Mapping, Sequence

from verascope import clock
from verascope.errors import FieldError, Invalid, shown

_MISSING = object()


class Body:
    """One pass over a JSON object; call `check` when all fields are read. What was wrong reads as "" or 0."""

    def __init__(self, mapping: Mapping[str, object], fields: Sequence[str]) -> None:
        self._mapping = mapping
        known = f"known fields are {', '.join(fields)}" if fields else "nothing; send {}"
        self._problems = [
            FieldError(str(name), shown(value), known)
            for name, value in mapping.items()
            if name not in fields
        ]

    def text(self, name: str, longest: int, default: str | None = None) -> str:
        """A text of 1 to `longest` characters once trimmed; with a default it may be absent or empty."""
        accepted = f"a text of {'at most' if default is not None else '1 to'} {longest} characters"
        value = self._mapping.get(name, _MISSING)
        if value is _MISSING and default is not None:
            return default
        if isinstance(value, str) and _is_plain(value):
            text = value.strip()
            if len(text) <= longest and (text or default is not None):
                return text
        self._refuse(name, value, f"{accepted} without control characters")
        return ""

    def text_or_none(self, name: str, longest: int) -> str | None:
        """The same; null is accepted, absence is not."""
        if name in self._mapping and self._mapping[name] is None:
            return None
        before = len(self._problems)
        text = self.text(name, longest)
        if len(self._problems) > before:
            wrong = self._problems[before]
            self._problems[before] = FieldError(
                wrong.field, wrong.value, f"null or {wrong.accepted}"
            )
        return text

    def choice(self, name: str, choices: Sequence[str], default: str | None = None) -> str:
        value = self._mapping.get(name, _MISSING if default is None else default)
        if isinstance(value, str) and value in choices:
            return value
        self._refuse(name, value, f"one of {', '.join(choices)}")
        return ""

    def instant_after(self, name: str, now_us: int, longest_us: int) -> int:
        """An instant later than now and at most `longest_us` away."""
        value = self._mapping.get(name, _MISSING)
        days = longest_us // clock.US // clock.DAY
        accepted = (
            f"a time in the next {days} days, ISO 8601 with an offset such as 2026-01-31T09:00:00Z"
        )
        if isinstance(value, str):
            try:
                instant = clock.from_iso(name, value)
            except Invalid:
                instant = 0
            if now_us < instant <= now_us + longest_us:
                return instant
        self._refuse(name, value, accepted)
        return 0

    def check(self) -> None:
        """Raises Invalid with every problem."""
        if self._problems:
            raise Invalid(*self._problems)

    def _refuse(self, name: str, value: object, accepted: str) -> None:
        told = "nothing" if value is _MISSING else shown(value)
        self._problems.append(FieldError(name, told, accepted))


def _is_plain(text: str) -> bool:
    return all(char.isprintable() or char in "\n\t" for char in text)
