"""How the rows of a table make time series, from which a network predicts what follows (`sequence`)."""

from pydantic import BaseModel, ConfigDict, Field

MAX_WINDOW = 4_096  # rows in one sample
MAX_HORIZON = 4_096  # rows between a sample and its target


class SequenceSpec(BaseModel):
    """Learn from windows of a time series: the last `window` rows predict the target `horizon` rows later."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"examples": [{"order_by": "day", "window": 28, "horizon": 7, "group_by": "store"}]},
    )

    order_by: str = Field(min_length=1, description="The column of times that orders the rows: dates or numbers.")
    window: int = Field(
        ge=1, le=MAX_WINDOW, strict=True, description="How many rows one prediction is made from: the latest ones."
    )
    horizon: int = Field(
        default=1,
        ge=1,
        le=MAX_HORIZON,
        strict=True,
        description="How many rows after the last row of the window the target is taken from; 1: from the next row.",
    )
    group_by: str | None = Field(
        default=None,
        min_length=1,
        description="The column that says which series a row belongs to, such as a store. Null: all are one series.",
    )

    @property
    def span(self) -> int:
        """How many rows of a series one sample needs, from the first of its window to that of its target."""
        return self.window + self.horizon

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that order and group the rows."""
        return (self.order_by, self.group_by) if self.group_by else (self.order_by,)
