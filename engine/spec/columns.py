"""Spec of the layer for columns of tables: vectors in place of categories."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from engine.spec.base import MAX_EMBEDDED, MAX_VOCABULARY, MAX_WIDTH, Spec


class EmbeddedColumnSpec(Spec):
    """A column of a flat row that holds whole numbers from 0 to `categories` - 1, and becomes vectors of `size`."""

    column: int = Field(ge=0, description="its place in the row, from 0")
    categories: int = Field(ge=1, le=MAX_VOCABULARY, description="how many vectors there are to learn")
    size: int = Field(ge=1, le=MAX_WIDTH, description="length of the vectors")


class ColumnEmbeddingSpec(Spec):
    """A learned vector in place of the number of a category; other columns stay as they are.

    It stands in front of a model some of whose features have the encoding embedding, and is not asked for otherwise.
    """

    type: Literal["column_embedding"] = "column_embedding"
    columns: Annotated[tuple[EmbeddedColumnSpec, ...], Field(strict=False, min_length=1, max_length=MAX_EMBEDDED)]

    @model_validator(mode="after")
    def _is_in_order(self) -> Self:
        places = [column.column for column in self.columns]
        if sorted(set(places)) != places:
            raise ValueError(f"columns stand in rising order, each once, not as {places}")
        return self
