"""What a job request asks of planning, as one value."""

from dataclasses import dataclass
from typing import Literal

from engine.spec import EmbeddingSpec, FlattenSpec, LayerSpec, ModelSpec, ReshapeSpec, TrainingSpec
from tabular.planning.initialization import Initialization
from tabular.profile import Profile
from tabular.sequence import SequenceSpec
from tabular.spec import EnsembleSpec, FeatureSpec, Preset, Target, Task

DEFAULT_TRAINING = TrainingSpec()  # no field is set, so planning chooses every value

InputUse = Literal["any_order", "by_position", "whole_numbers"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRequest:
    """The requested parts of a job; None means that planning chooses.

    Fields of `training` that were not set (Pydantic's `model_fields_set`) get defaults that suit the table.
    `initialization`: the model or weights that the job starts from; None for random weights.
    `sequence`: how rows make windows of a time series; None: each row is a sample.
    `preset`: how much work the defaults may take.
    `validation_profile`: of the data set that `training.validation` names, if it names one.
    `ensemble`: None for one network; "default" if planning chooses.
    """

    target: Target
    features: tuple[FeatureSpec, ...] | None = None
    task: Task | None = None
    model: ModelSpec | None = None
    training: TrainingSpec = DEFAULT_TRAINING
    sample_weight: str | None = None
    exposure: str | None = None
    censored: str | None = None
    initialization: Initialization | None = None
    sequence: SequenceSpec | None = None
    validation_profile: Profile | None = None
    preset: Preset = "balanced"
    ensemble: EnsembleSpec | Literal["default"] | None = None

    @property
    def targets(self) -> tuple[str, ...]:
        """The names of the columns to predict."""
        return (self.target,) if isinstance(self.target, str) else tuple(self.target)

    @property
    def layers(self) -> tuple[LayerSpec, ...]:
        """The requested hidden layers; empty if planning chooses them."""
        return () if self.model is None else tuple(self.model.layers)

    @property
    def steps(self) -> int | None:
        """How many rows of a time series make a sample; None if each row is one."""
        return self.sequence.window if self.sequence else None

    @property
    def freeze_layers(self) -> int:
        """How many of the first layers stay as the base has them."""
        return self.initialization.init_from.freeze_layers if self.initialization else 0

    @property
    def input_use(self) -> InputUse:
        """How the first layer uses its inputs.

        `whole_numbers`: an embedding looks them up. `by_position`: a reshape gives each a position, so their order
        matters. `any_order`: everything else.
        """
        first = next((layer for layer in self.layers if not isinstance(layer, (ReshapeSpec, FlattenSpec))), None)
        if isinstance(first, EmbeddingSpec):
            return "whole_numbers"
        return "by_position" if self.layers and isinstance(self.layers[0], ReshapeSpec) else "any_order"
