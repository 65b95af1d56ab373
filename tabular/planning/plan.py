"""A planned job: every default filled in, every name checked against the table."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Discriminator

from engine.spec import (
    LayerSpec,
    LossName,
    LossSpec,
    ModelSpec,
    MultiTargetSpec,
    OptimizerSpec,
    OrdinalSpec,
    ScheduleSpec,
    SingleLossSpec,
    TrainingSpec,
    loss_spec,
)
from tabular.planning.features.feature_plan import FeaturePlan
from tabular.planning.initialization import PlannedInitialization
from tabular.profile import DataWarning
from tabular.sequence import SequenceSpec
from tabular.spec import Preset, Task


class TargetPart(BaseModel):
    """One of several columns to predict; `classes` as in the plan."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    column: str
    task: Task
    classes: tuple[str, ...] | None
    loss: SingleLossSpec


class BagPlan(BaseModel):
    """What a further bag has of its own; the fields are as in the plan. Everything else is as in the first bag."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    features: tuple[FeaturePlan, ...]
    inputs_at_most: int
    model: ModelSpec
    optimizer: OptimizerSpec
    schedule: ScheduleSpec
    frozen: tuple[int, ...] = ()
    init_from: PlannedInitialization | None = None


class FoldsEnsemblePlan(BaseModel):
    """One network per fold and bag; `training.validation` says how the folds are made."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: Literal["folds"] = "folds"
    folds: int
    blend: tuple[BagPlan, ...] = ()

    @property
    def networks(self) -> int:
        """The number of networks in a bag."""
        return self.folds


class SeedsEnsemblePlan(BaseModel):
    """Networks with seeds of their own on the same rows."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: Literal["seeds"] = "seeds"
    networks: int
    blend: tuple[BagPlan, ...] = ()


EnsemblePlan = Annotated[FoldsEnsemblePlan | SeedsEnsemblePlan, Discriminator("type")]


def order_of(loss: LossSpec) -> tuple[str, ...] | None:
    """Return the classes in the order that the loss gives them; None if it gives none."""
    return loss.order if isinstance(loss, OrdinalSpec) else None


class Plan(BaseModel):
    """What a job will do.

    `target`: one column, or several, which `targets` describes. `task`: None if some of several columns are numbers
    and others classes. `classes`: of all columns, in the order of the outputs; None for numbers and for more than 20
    classes (they are read from the rows). `outputs`: their number, or (time steps, outputs) for one answer at each
    time step of a sequence.
    `sample_weight`: the column that says how much each row counts; rows of weight 0 are left out, but `rows` counts
    them. `exposure`, `censored`: columns that belong to the target and are no features.
    `rows`: rows that have a target, of which `training_rows` are for training; at least that many if several
    targets have missing values, about that many if rows are held out by time or group. `validation_rows`: those that
    evaluate the network, some of `rows` or rows of another data set; plans of version 0.1.0 do not count them.
    `inputs_at_most`: the number of one-hot inputs depends on the training rows; the network never has more inputs.
    `layers`: the requested layers, after the embedding layer if features are embedded. Layer numbers in `training`
    count the embedding layer, too.
    `sequence`: how rows make windows, each of which is a sample; `training_rows` and `validation_rows` count samples.
    `preset`: what decided about all that the request left out; None in plans of version 0.1.0.
    `init_from`: what the job reuses from a trained model or from uploaded weights.
    `ensemble`: None for one network. The other fields describe the first bag.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    target: str | tuple[str, ...]
    targets: tuple[TargetPart, ...] = ()
    sample_weight: str | None = None
    exposure: str | None = None
    censored: str | None = None
    sequence: SequenceSpec | None = None
    task: Task | None
    classes: tuple[str, ...] | None
    loss: LossName | LossSpec
    outputs: int | tuple[int, int]
    features: tuple[FeaturePlan, ...]
    inputs_at_most: int
    rows: int
    training_rows: int
    validation_rows: int = 0
    layers: tuple[LayerSpec, ...]
    training: TrainingSpec
    init_from: PlannedInitialization | None = None
    preset: Preset | None = None
    ensemble: EnsemblePlan | None = None
    warnings: tuple[DataWarning, ...]

    @property
    def steps(self) -> int:
        """How many rows make one sample."""
        return self.sequence.window if self.sequence else 1

    @property
    def bags(self) -> "tuple[Plan, ...]":
        """The plan of one network of each bag."""
        blend = self.ensemble.blend if self.ensemble else ()
        return (self.model_copy(update={"ensemble": None}), *map(self._of_bag, blend))

    @property
    def networks(self) -> int:
        """The number of networks in a bag."""
        return self.ensemble.networks if self.ensemble else 1

    def _of_bag(self, bag: BagPlan) -> "Plan":
        own = {"optimizer": bag.optimizer, "schedule": bag.schedule, "frozen": bag.frozen}
        return self.model_copy(
            update={
                "features": bag.features,
                "inputs_at_most": bag.inputs_at_most,
                "layers": bag.model.layers,
                "training": self.training.model_copy(update=own),
                "init_from": bag.init_from,
                "ensemble": None,
            }
        )

    @property
    def parts(self) -> tuple[TargetPart, ...]:
        """The columns to predict; the classes of a single one are read from its rows."""
        if isinstance(self.target, tuple) or self.task is None:
            return self.targets
        loss = loss_spec(self.loss)
        if isinstance(loss, MultiTargetSpec):
            raise TypeError("a single target has a single loss")
        return (TargetPart(column=self.target, task=self.task, classes=order_of(loss), loss=loss),)
