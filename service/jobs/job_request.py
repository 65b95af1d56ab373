"""A training job as its owner requests it."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from engine.spec import ModelSpec
from engine.spec.base import at_most, validation_error
from service.fields import Metadata, Name, WholeNumber
from service.jobs.budgets import BudgetSpec
from tabular.planning.default_texts import MODEL_DEFAULT, TrainingRequest
from tabular.sequence import SequenceSpec
from tabular.spec import MAX_FEATURES, ColumnName, EnsembleSpec, FeatureSpec, InitFrom, Preset, Target, Task


class JobRequest(BaseModel):
    """A network to train. Only `dataset_id` and `target` are required; the defaults depend on the table."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: Name | None = Field(default=None, description="A name of your choice.")
    dataset_id: str = Field(description="The data set to train on.")
    target: Target = Field(description="The column to predict, or several columns.")
    preset: Preset = Field(
        default="balanced",
        description="How much work to put into what the request leaves out. `fast`: one small network. `balanced`: "
        "accurate models at a few times the cost. `best`: the most accurate models, several times the cost.",
    )
    sample_weight: ColumnName | None = Field(
        default=None,
        description="A column of numbers ≥ 0 that weights each row. It is not a feature. Rows with weight 0 are "
        "dropped. Null: all rows count the same.",
    )
    exposure: ColumnName | None = Field(
        default=None,
        description="For counts and amounts: a column of numbers > 0 that the target belongs to, such as years or "
        "visitors. The network learns the target per unit of it. It is not a feature; rows to predict may have it, and "
        "count as 1 without it. Implies the loss `poisson`.",
    )
    censored: ColumnName | None = Field(
        default=None,
        description="For times until an event: a boolean column, or one of 0 and 1, that is true where the event was "
        "not seen until that time. It is not a feature. Implies the loss `cox`.",
    )
    features: Annotated[tuple[FeatureSpec, ...], at_most(MAX_FEATURES)] | None = Field(
        default=None,
        min_length=1,
        max_length=MAX_FEATURES,
        description="The columns to learn from. Null: all columns that carry information.",
    )
    sequence: SequenceSpec | None = Field(
        default=None,
        description="Learn from windows of a time series instead of single rows: the last rows predict what follows.",
    )
    task: Task | None = Field(default=None, description="Null: derived from the target column.")
    model: ModelSpec | None = Field(default=None, description=f"The hidden layers. Default: {MODEL_DEFAULT}.")
    training: TrainingRequest = Field(default_factory=TrainingRequest, description="How to train.")
    ensemble: EnsembleSpec | None = Field(
        default=None,
        description="Train several networks and average their answers. Null: one network. Default: the ensemble "
        "of the model in `init_from`; without `init_from`, the preset decides.",
    )
    init_from: InitFrom | None = Field(default=None, description="Fine-tune a trained model or uploaded weights.")
    budget: BudgetSpec | None = Field(
        default=None, description="What the job may use at most. It stops with its best model before that."
    )
    priority: WholeNumber = Field(default=5, ge=0, le=9, description="Jobs with a higher priority start first.")
    metadata: Metadata = Field(default_factory=dict)

    @property
    def validation_dataset_id(self) -> str | None:
        """The data set whose rows evaluate the network, if the request names one."""
        return self.training.validation.dataset_id

    @model_validator(mode="after")
    def _evaluates_other_rows(self) -> Self:
        """Reject an evaluation on the rows that the network is trained on."""
        if self.validation_dataset_id == self.dataset_id:
            detail = (
                "This is the data set that the job trains on. Name one with other rows, or remove `dataset_id` here to "
                "hold out a part of the rows."
            )
            raise validation_error(self, {("training", "validation", "dataset_id"): detail})
        return self
