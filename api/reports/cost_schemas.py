"""Costs of a training as reports show them."""

from collections.abc import Sequence
from dataclasses import asdict

from pydantic import Field

from api.http.schemas import View
from service.reports.costs import TrainingCosts
from service.reports.fine_tuning import FineTuning
from store.tables import Job


class LayerCostsView(View):
    """One layer with its activation. Operations are per row."""

    label: str
    type: str
    output_shape: list[int]
    parameters: int
    flops_forward: int
    flops_backward: int


class FlopsView(View):
    """Operations of the epochs trained so far."""

    forward: float
    backward: float
    update: float


class CostsView(View):
    """What the training has computed so far: two operations per multiply-add, one per function of a number."""

    networks: int = Field(description="Networks that are trained, those of a cross-validation included.")
    layers: list[LayerCostsView] = Field(description="Of the first network.")
    trained_parameters: int = Field(description="Of the first network; frozen ones do not count.")
    rows_per_epoch: int
    epochs: int
    steps: int = Field(description="Updates of all networks.")
    flops: FlopsView
    prediction_flops: int = Field(description="To answer one row.")
    in_words: list[str]

    @classmethod
    def of(cls, costs: TrainingCosts, words: Sequence[str]) -> "CostsView":
        """Return the view of counted costs."""
        return cls(
            networks=costs.networks,
            layers=[LayerCostsView(**asdict(layer)) for layer in costs.network.layers],
            trained_parameters=costs.network.trained_parameters,
            rows_per_epoch=costs.rows_per_epoch,
            epochs=costs.epochs,
            steps=costs.steps,
            flops=FlopsView(**costs.flops),
            prediction_flops=costs.prediction_flops,
            in_words=list(words),
        )


class FineTuningOptionView(View):
    """A job that starts from learned weights. Operations are per row."""

    frozen: list[int] = Field(description="Layers that stay as they are, counted from 0.")
    epochs: int
    forward: int
    backward: int
    flops: float = Field(description="Operations of the whole job.")
    share: float = Field(description="Of the operations of this training.")
    step_seconds: float | None = Field(description="Estimated from the measured layers.")


class FineTuningView(View):
    """What fine-tuning instead would have cost, with more and more frozen layers."""

    options: list[FineTuningOptionView]
    in_words: list[str] = Field(description="The calculation, and what it assumes.")

    @classmethod
    def of(cls, options: Sequence[FineTuning], words: Sequence[str]) -> "FineTuningView":
        """Return the view of fine-tuning costs."""
        return cls(options=[FineTuningOptionView(**asdict(option)) for option in options], in_words=list(words))


class ActualView(View):
    """What the training took so far."""

    epochs: int
    seconds: float
    cpu_seconds: float

    @classmethod
    def of(cls, job: Job) -> "ActualView":
        """Return what a job has recorded."""
        return cls(epochs=job.epoch, seconds=job.ran_seconds, cpu_seconds=job.cpu_seconds)
