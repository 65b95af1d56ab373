"""Field types that several requests share."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, Strict, StringConstraints

MAX_METADATA = 16  # keys
MAX_METADATA_KEY = 64  # characters
MAX_METADATA_VALUE = 512  # characters


def _without_fraction(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


WholeNumber = Annotated[int, Strict(), BeforeValidator(_without_fraction)]  # 2.0 is an integer in JSON Schema, "2" not
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
Metadata = Annotated[
    dict[
        Annotated[str, StringConstraints(min_length=1, max_length=MAX_METADATA_KEY)],
        Annotated[str, StringConstraints(max_length=MAX_METADATA_VALUE)],
    ],
    Field(
        max_length=MAX_METADATA,
        description="Up to 16 strings of your own, returned unchanged.",
        examples=[{"team": "risk"}],
    ),
]
