"""One planned feature: a column, its encoding, and how many inputs it makes."""

from pydantic import BaseModel, ConfigDict, Field

from tabular.encodings import Cycle, Encoding
from tabular.profile import ColumnType


class FeaturePlan(BaseModel):
    """A column that the network learns from; it makes at most `inputs_at_most` of a row's inputs.

    `size`: the numbers in one embedding, the inputs that a text is hashed into, or the sums of waves of a number, which
    has as many waves as `frequencies`. `vectors`: how many embeddings there are. `order`: the categories of an ordinal
    column; None: sorted. `bins`: at most, of a numeric embedding. `cycles`: of a time; None: those that vary.
    `period`: of a cyclic number. `padding`: the input that stands for a missing value, at the end of short sequences.
    `missing_indicator`: whether missing values have an input of their own; None: if training rows have some.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    column: str
    type: ColumnType
    encoding: Encoding
    size: int | None = None
    frequencies: int | None = Field(default=None, exclude_if=lambda value: value is None)
    vectors: int | None = None
    missing_indicator: bool | None = None
    order: tuple[str, ...] | None = None
    bins: int | None = None
    cycles: tuple[Cycle, ...] | None = None
    period: float | None = None
    padding: float | None = Field(default=None, exclude_if=lambda value: value is None)
    inputs_at_most: int

    @property
    def has_waves(self) -> bool:
        """Whether the first layer adds learned waves of its first input."""
        return self.encoding == "numeric_embedding" and self.size is not None

    @property
    def width_at_most(self) -> int:
        """How many numbers it makes for the requested layers; embeddings and waves are already there."""
        if self.has_waves:
            return self.inputs_at_most + (self.size or 0)
        return self.size or self.inputs_at_most if self.encoding == "embedding" else self.inputs_at_most
