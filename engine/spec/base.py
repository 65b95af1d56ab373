"""What all parts of a spec share: exactness, limits, and the numbers that many of them use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

Precision = Literal["float32", "float64"]

MAX_LAYERS = 64  # side by side; residual blocks count as one
MAX_LAYERS_IN_ALL = 256  # with those inside of residual blocks
MAX_NESTING = 4  # residual blocks within one another
MAX_WIDTH = 8_192  # units, channels, features
MAX_EMBEDDED = 256  # columns with vectors: each is looked up by itself
MAX_VOCABULARY = 1_000_000  # vectors of an embedding
MAX_SIDE = 4_096  # length of one axis of an image or a sequence
MAX_BATCH = 65_536  # rows
MAX_EPOCHS = 10_000
MAX_SEED = 2**53 - 1  # the largest whole number that every JSON reader keeps exactly
MAX_LEARNING_RATE = 1e10  # one update of any finite gradient stays finite in float32
TINY = 1e-30  # smallest bound or divisor: float32 holds it, and what is divided by it
DAY_SECONDS = 86_400

LearningRate = Annotated[float, Field(gt=0, le=MAX_LEARNING_RATE, description="step size")]
Decay = Annotated[float, Field(ge=0, lt=1)]


class Spec(BaseModel):
    """A part of a request: exact types, no unknown fields, no NaN or infinity, immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


def refusal(spec: Spec, problems: Mapping[tuple[str, ...], str]) -> ValidationError:
    """Return what a validator raises to tell of several problems at once, each by the path to its field."""
    details = [
        InitErrorDetails(type=PydanticCustomError("value_error", "{detail}", {"detail": detail}), loc=place, input=spec)
        for place, detail in problems.items()
    ]
    return ValidationError.from_exception_data(type(spec).__name__, details)
