"""Parameter types whose refusal says what is accepted, and whose documentation says the same."""

from typing import Any, TypeVar

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, BeforeValidator, ValidationError, WithJsonSchema
from pydantic_core import PydanticCustomError

Model = TypeVar("Model", bound=BaseModel)


def parsed(model: type[Model], body: dict[str, Any]) -> Model:
    """The JSON object of a request as `model`; a refusal names every wrong field."""
    try:
        return model.model_validate(body)
    except ValidationError as error:
        wrong = [{**one, "loc": ("body", *one["loc"])} for one in error.errors()]
        raise RequestValidationError(wrong) from None


def body_of(model: type[BaseModel]) -> dict[str, Any]:
    """`openapi_extra` of a route that reads `model` itself."""
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


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
