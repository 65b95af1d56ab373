"""A training job as its owner requests it."""

from pydantic import BaseModel, ConfigDict, Field

from engine.spec import ModelSpec
from service.fields import Metadata, Name
from tabular.planning.default_texts import MODEL_DEFAULT, TrainingRequest
from tabular.spec import ColumnName, FeatureSpec, InitFrom, Target, Task


class JobRequest(BaseModel):
    """A network to train. Only `dataset_id` and `target` are required; the defaults depend on the table."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: Name | None = Field(default=None, description="A name of your choice.")
    dataset_id: str = Field(description="The data set to train on.")
    target: Target = Field(description="The column to predict, or several columns.")
    sample_weight: ColumnName | None = Field(
        default=None,
        description="A column of numbers ≥ 0 that weights each row. It is not a feature. Rows with weight 0 are "
        "dropped. Null: all rows count the same.",
    )
    features: tuple[FeatureSpec, ...] | None = Field(
        default=None,
        min_length=1,
        max_length=4096,
        description="The columns to learn from. Null: all columns that carry information.",
    )
    task: Task | None = Field(default=None, description="Null: derived from the target column.")
    model: ModelSpec | None = Field(default=None, description=f"The hidden layers. Default: {MODEL_DEFAULT}.")
    training: TrainingRequest = Field(default_factory=TrainingRequest, description="How to train.")
    init_from: InitFrom | None = Field(default=None, description="Fine-tune a trained model or uploaded weights.")
    priority: int = Field(default=5, ge=0, le=9, strict=True, description="Jobs with a higher priority start first.")
    metadata: Metadata = Field(default_factory=dict)
