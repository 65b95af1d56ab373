"""Spec of the layer that embeds categorical columns of tables."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from engine.spec.base import MAX_EMBEDDED, MAX_VOCABULARY, MAX_WIDTH, Spec, at_most


class EmbeddedColumnSpec(Spec):
    """A column of a flat row with whole numbers from 0 to `categories` - 1, replaced by vectors of length `size`."""

    column: int = Field(ge=0, description="index of the column in the row, from 0")
    categories: int = Field(ge=1, le=MAX_VOCABULARY, description="number of vectors to learn")
    size: int = Field(ge=1, le=MAX_WIDTH, description="length of the vectors")


class ColumnEmbeddingSpec(Spec):
    """Replaces category numbers with learned vectors. Other columns are unchanged.

    The service adds this layer at the front if features have the encoding `embedding`. It cannot be requested directly.
    """

    type: Literal["column_embedding"] = "column_embedding"
    columns: Annotated[
        tuple[EmbeddedColumnSpec, ...],
        Field(strict=False, min_length=1, max_length=MAX_EMBEDDED),
        at_most(MAX_EMBEDDED),
    ]

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        indices = [column.column for column in self.columns]
        if sorted(set(indices)) != indices:
            raise ValueError(f"columns must be in ascending order without duplicates, not {indices}")
        return self
