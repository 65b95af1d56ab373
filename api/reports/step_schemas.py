"""One measured training step as reports show it."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Literal

from pydantic import Field

from api.http.schemas import View
from service.reports.report import Words


class ShownNetworkView(View):
    """Which network of the model was measured: the first one of the first bag."""

    bags: int = Field(description="Bags of the model; 1 if it is no ensemble.")
    networks: int = Field(description="Networks in the bag of the measured one.")


class StepSecondsView(View):
    """The measured seconds of the parts of the step."""

    forward: float
    loss: float
    backward: float
    update: float | None = Field(description="Null for `lbfgs`, which has no single step.")


class StepLayerView(View):
    """What one layer did, with its activation. Sizes are root mean squares; operations are per row."""

    label: str
    type: str
    output_shape: list[int]
    parameters: int
    frozen: bool
    activation: float | None = Field(description="Size of the outputs.")
    gradient_in: float | None = Field(description="Size of the gradient of the loss with respect to the outputs.")
    gradient_out: float | None = Field(description="Size of the gradient that the layer passes on; null if none.")
    weight: float | None
    weight_gradient: float | None
    update: float | None = Field(description="Size of the change that the optimizer makes.")
    relative_update: float | None = Field(description="`update` divided by `weight`.")
    flops_forward: int
    flops_backward: int
    forward_seconds: float
    backward_seconds: float


class FactorView(View):
    """One factor of a path, by the chain rule."""

    kind: Literal["input", "slope", "scale", "weight", "error", "later_layers"]
    value: float | None
    layer: str
    unit: int = Field(description="The unit that the factor leads to, counted from 0.")


class WeightPathView(View):
    """The gradient of one weight: the factors of its strongest path for one row, the sums over paths and rows."""

    parameter: str = Field(description="Named as in the weights file.", examples=["0.weight"])
    layer: str
    index: tuple[int, int] = Field(description="Unit and input of the weight in its layer.")
    input: int | None
    input_name: str | None = Field(description="The input of the network that the weight reads, if it reads one.")
    value: float | None
    row: int
    factors: list[FactorView]
    path: float | None = Field(description="The product of the factors.")
    row_gradient: float | None = Field(description="The sum over all paths of the row.")
    gradient: float | None = Field(description="The sum over all rows of the mini-batch.")
    update: float | None


class DrawnLayerView(View):
    """Some units of a layer, with their values and gradients for the row of the weight's path."""

    label: str
    type: str
    size: int
    units: list[int]
    values: list[float | None]
    gradients: list[float | None] | None
    weights: list[list[float | None]] | None = Field(description="From the units of the layer before.")
    weight_gradients: list[list[float | None]] | None


class StageView(View):
    """A part of the step in words."""

    key: Literal["forward", "loss", "backward", "update"]
    title: str
    sentences: list[str]


class StepView(View):
    """One training step of one network on one mini-batch, without dropout, measured after the training."""

    network: ShownNetworkView
    rows: int
    loss: float | None
    learning_rate: float | None
    gradient_norm: float | None
    seconds: StepSecondsView
    layers: list[StepLayerView]
    weight: WeightPathView | None
    answer: dict[str, Any] | None = Field(description="Outputs and truth of the row that is followed.")
    drawing: list[DrawnLayerView]
    stages: list[StageView]
    weight_in_words: list[str]

    @classmethod
    def of(cls, step: Mapping[str, Any], words: Words) -> "StepView":
        """Return the view of a stored step."""
        stages = [StageView(**{**asdict(stage), "sentences": list(stage.sentences)}) for stage in words.stages]
        return cls(**step, stages=stages, weight_in_words=list(words.weight))
