"""Specs of the layers that embed columns of tables: categories and numbers."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from engine.spec.base import MAX_EMBEDDED, MAX_VOCABULARY, MAX_WIDTH, Spec, at_most

MAX_FREQUENCIES = 256
MAX_WAVE_SIZE = 64


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


Column = Annotated[int, Field(ge=0)]


class PeriodicEmbeddingSpec(Spec):
    """Adds learned waves of some columns of a flat row to the row: `size` sums of cosines for each column.

    The service adds this layer at the front if features have the encoding `numeric_embedding` with a `size`. It cannot
    be requested directly.
    """

    type: Literal["periodic_embedding"] = "periodic_embedding"
    columns: Annotated[
        tuple[Column, ...], Field(strict=False, min_length=1, max_length=MAX_EMBEDDED), at_most(MAX_EMBEDDED)
    ] = Field(description="indices of the columns in the row, from 0, in ascending order")
    frequencies: int = Field(ge=1, le=MAX_FREQUENCIES, description="number of cosines for each column")
    size: int = Field(ge=1, le=MAX_WAVE_SIZE, description="number of sums of them for each column")

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if sorted(set(self.columns)) != list(self.columns):
            raise ValueError(f"columns must be in ascending order without duplicates, not {list(self.columns)}")
        return self
