"""Aliases of models as requests and responses show them."""

from typing import Annotated

from fastapi import Path
from pydantic import Field

from api.http.schemas import RequestBody, View
from store.clock import rfc3339
from store.tables import Alias

AliasName = Annotated[
    str,
    Path(
        min_length=1,
        max_length=100,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
        description="The alias: letters, digits, `.`, `_` and `-`.",
        examples=["churn-production"],
    ),
]


class AliasBody(RequestBody):
    """The model that an alias is to name."""

    model_id: str = Field(min_length=1, description="A model of the project.", examples=["mdl_…"])


class AliasView(View):
    """A name for a model, which stays the same when the model behind it changes."""

    name: str = Field(examples=["churn-production"])
    model_id: str = Field(description="The model that answers.")
    previous_model_id: str | None = Field(description="The model before the last move.")
    version: int = Field(description="Counts the moves, from 1.")
    created_at: str
    updated_at: str

    @classmethod
    def of(cls, alias: Alias) -> "AliasView":
        """Return the view of an alias."""
        return cls(
            name=alias.name,
            model_id=alias.model_id,
            previous_model_id=alias.previous_model_id,
            version=alias.version,
            created_at=rfc3339(alias.created_at),
            updated_at=rfc3339(alias.updated_at),
        )


def etag_of_alias(alias: Alias) -> str:
    """Return the ETag of an alias, which changes with each move."""
    return f'"{alias.id}-{alias.version}"'
