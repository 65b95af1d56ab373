"""What a job can start from (`init_from`), described as far as planning needs it, and what it reuses."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from engine.spec import LayerSpec, LossSpec
from engine.training.fine_tuning import TensorDescriptions
from tabular.profile import ColumnType
from tabular.sequence import SequenceSpec
from tabular.spec import EnsembleType, FeatureSpec, InitFrom, Task


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseColumn:
    """A column that a trained model reads. `labels`: the values that it tells apart, if they are categories."""

    name: str
    type: ColumnType
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelDescription:
    """A trained model: the features it learned from, its layers and the meaning of its outputs.

    `embedding_rows`: for each embedded feature, how many categories its embedding has.
    `sequence`: how rows make its windows; None if each row is a sample.
    `classes`: None for numbers and for classes that are not known by name.
    `ensemble`: the type and the number of networks in a bag, if the model is an ensemble; features and layers are those
    of its first bag, and `further_bags` describes the others.
    `columns`: those that the features of all bags are made of. `targets`: the names of those that it predicts;
    `exposure`: of the column that they belong to, if the model learned them per unit of it.
    """

    features: tuple[FeatureSpec, ...]
    embedding_rows: Mapping[str, int]
    layers: tuple[LayerSpec, ...]
    task: Task | None
    classes: tuple[str, ...] | None
    loss: LossSpec
    sequence: SequenceSpec | None = None
    ensemble: tuple[EnsembleType, int] | None = None
    further_bags: tuple["ModelDescription", ...] = ()
    columns: tuple[BaseColumn, ...] = ()
    targets: tuple[str, ...] = ()
    exposure: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsDescription:
    """Uploaded weights: the name, shape and dtype of each tensor."""

    tensors: TensorDescriptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Initialization:
    """A job's `init_from`, with the description of what it names."""

    init_from: InitFrom
    source: ModelDescription | WeightsDescription

    @property
    def embedding_rows(self) -> Mapping[str, int]:
        """How many categories the base model's embeddings have, by feature."""
        return self.source.embedding_rows if isinstance(self.source, ModelDescription) else {}


class PlannedInitialization(BaseModel):
    """What a job reuses: the first `layers` layers, and the output layer if `head`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model_id: str | None = None
    weights_id: str | None = None
    freeze_layers: int
    new_head: bool
    layers: int
    head: bool

    @classmethod
    def of(cls, init_from: InitFrom, *, layers: int, head: bool) -> "PlannedInitialization":
        """Return `init_from` with what it turned out to pass on."""
        return cls(**init_from.model_dump(), layers=layers, head=head)
