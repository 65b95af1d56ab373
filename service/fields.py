"""Field types that several requests share."""

from typing import Annotated

from pydantic import Field, StringConstraints

Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
Metadata = Annotated[
    dict[
        Annotated[str, StringConstraints(min_length=1, max_length=64)],
        Annotated[str, StringConstraints(max_length=512)],
    ],
    Field(
        max_length=16,
        description="Up to 16 strings of your own, returned unchanged.",
        examples=[{"team": "risk"}],
    ),
]
