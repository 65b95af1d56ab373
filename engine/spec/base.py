"""The base class of all specs, with shared limits and number types."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError, PydanticKnownError

Precision = Literal["float32", "float64"]

MAX_LAYERS = 64  # in one list; a residual block counts as one
MAX_LAYERS_IN_ALL = 256  # including those in residual blocks
MAX_BRANCHES = 16  # of one layer
MAX_NESTING = 4  # levels of residual blocks
MAX_WIDTH = 8_192  # units, channels, features
MAX_EMBEDDED = 256  # embedded columns: each is looked up separately
MAX_VOCABULARY = 1_000_000  # of an embedding
MAX_SIDE = 4_096  # of one axis of an image or a sequence
MAX_BATCH = 65_536  # rows
MAX_EPOCHS = 10_000
MAX_SEED = 2**53 - 1  # the largest integer that every JSON parser keeps exactly
MAX_LEARNING_RATE = 1e10  # an update from any finite gradient stays finite in float32
TINY = 1e-30  # smallest bound or divisor; float32 can hold it and its reciprocal
DAY_SECONDS = 86_400

LearningRate = Annotated[float, Field(gt=0, le=MAX_LEARNING_RATE, description="step size")]
Decay = Annotated[float, Field(ge=0, lt=1)]


class Spec(BaseModel):
    """Part of a request: exact types, no unknown fields, no NaN or infinity, immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


def at_most(maximum: int) -> BeforeValidator:
    """Return a validator that rejects a longer list before its items are validated.

    `max_length` counts valid items only, so a long list of invalid ones would give an error for each.
    """

    def check(value: Any) -> Any:
        if isinstance(value, list | tuple) and len(value) > maximum:
            lengths = {"field_type": "List", "max_length": maximum, "actual_length": len(value)}
            raise PydanticKnownError("too_long", lengths)
        return value

    return BeforeValidator(check)


def equals(value: object) -> Callable[[object], bool]:
    """Return a test for `exclude_if`: a field with this value is left out of stored specs, as if it were unknown."""
    return lambda given: given == value


def validation_error(spec: BaseModel, problems: Mapping[tuple[str, ...], str]) -> ValidationError:
    """Return the error for a validator that found several problems. Keys are paths to fields."""
    details = [
        InitErrorDetails(type=PydanticCustomError("value_error", "{detail}", {"detail": detail}), loc=place, input=spec)
        for place, detail in problems.items()
    ]
    return ValidationError.from_exception_data(type(spec).__name__, details)
