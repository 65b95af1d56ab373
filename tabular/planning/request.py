"""What a job request asks of planning, as one value."""

from dataclasses import dataclass

from engine.spec import LayerSpec, ModelSpec, TrainingSpec
from tabular.planning.initialization.sources import Initialization
from tabular.spec import FeatureSpec, Target, Task

DEFAULT_TRAINING = TrainingSpec()  # no field is set, so planning chooses every value


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRequest:
    """The requested parts of a job; None means that planning chooses.

    Fields of `training` that were not set (Pydantic's `model_fields_set`) get defaults that suit the table.
    `initialization`: the model or weights that the job starts from; None for random weights.
    """

    target: Target
    features: tuple[FeatureSpec, ...] | None = None
    task: Task | None = None
    model: ModelSpec | None = None
    training: TrainingSpec = DEFAULT_TRAINING
    sample_weight: str | None = None
    initialization: Initialization | None = None

    @property
    def targets(self) -> tuple[str, ...]:
        """The names of the columns to predict."""
        return (self.target,) if isinstance(self.target, str) else tuple(self.target)

    @property
    def layers(self) -> tuple[LayerSpec, ...]:
        """The requested hidden layers; empty if planning chooses them."""
        return () if self.model is None else tuple(self.model.layers)
