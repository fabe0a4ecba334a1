"""Parameter types whose refusal says what is accepted, and whose documentation says the same."""

from typing import Any

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError


def whole_number(low: int, high: int) -> tuple[BeforeValidator, WithJsonSchema]:
    """Annotations for an int: plain decimal digits from `low` to `high`, nothing rounded or
    trimmed.
    """

    def check(value: Any) -> int:
        text = str(value)
        if text.isascii() and text.isdigit() and len(text) <= len(str(high)):
            number = int(text)
            if low <= number <= high:
                return number
        accepted = "a whole number from {low} to {high}"
        raise PydanticCustomError("whole_number", accepted, {"low": low, "high": high})

    schema = {"type": "integer", "minimum": low, "maximum": high}
    return BeforeValidator(check), WithJsonSchema(schema)
