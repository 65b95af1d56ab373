"""What can be asked of the engine: layers, loss, optimizer, schedule, training. The one definition."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

LossName = Literal["softmax_cross_entropy", "sigmoid_cross_entropy", "mean_squared_error"]
Precision = Literal["float32", "float64"]
ActivationName = Literal["linear", "relu", "leaky_relu", "elu", "gelu", "silu", "tanh", "sigmoid", "softplus"]
InitializerName = Literal[
    "auto", "he_normal", "he_uniform", "glorot_normal", "glorot_uniform", "lecun_normal", "lecun_uniform", "zeros"
]
MetricName = Literal["val_loss", "train_loss", "val_accuracy", "val_r2", "val_mae"]

MAX_LAYERS = 64
MAX_WIDTH = 8_192  # units
MAX_BATCH = 65_536  # rows
MAX_EPOCHS = 10_000
MAX_SEED = 2**53 - 1  # the largest whole number that every JSON reader keeps exactly
MAX_LEARNING_RATE = 1e10  # one update of any finite gradient stays finite in float32
DAY_SECONDS = 86_400

LearningRate = Annotated[float, Field(gt=0, le=MAX_LEARNING_RATE, description="step size")]
Decay = Annotated[float, Field(ge=0, lt=1)]


class Spec(BaseModel):
    """A part of a request: exact types, no unknown fields, no NaN or infinity, immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class DenseSpec(Spec):
    """A fully connected layer, followed by its activation."""

    type: Literal["dense"] = "dense"
    units: int = Field(ge=1, le=MAX_WIDTH, description="outputs of the layer")
    activation: ActivationName = "relu"
    initializer: InitializerName = Field(
        default="auto", description="of the weights; auto: he_normal for the relu family, else glorot_uniform"
    )


class DropoutSpec(Spec):
    """Sets a share of its inputs to zero while training, and scales up the rest."""

    type: Literal["dropout"] = "dropout"
    rate: float = Field(ge=0, lt=1, description="share of inputs set to zero")


LayerSpec = Annotated[DenseSpec | DropoutSpec, Field(discriminator="type")]


class ModelSpec(Spec):
    """The hidden layers, input to output; the output layer follows from the target."""

    layers: Annotated[tuple[LayerSpec, ...], Field(strict=False, max_length=MAX_LAYERS)] = ()


class SgdSpec(Spec):
    """Gradient descent, with momentum if wanted."""

    type: Literal["sgd"] = "sgd"
    learning_rate: LearningRate = 0.01
    momentum: float = Field(default=0.0, ge=0, le=0.9999)
    nesterov: bool = False


class AdamSpec(Spec):
    """Adam (Kingma and Ba, 2015)."""

    type: Literal["adam"] = "adam"
    learning_rate: LearningRate = 0.001
    beta1: Decay = 0.9
    beta2: Decay = 0.999
    epsilon: float = Field(default=1e-8, gt=0, le=1)


class AdamWSpec(Spec):
    """Adam with decoupled weight decay (Loshchilov and Hutter, 2019); biases do not decay."""

    type: Literal["adamw"] = "adamw"
    learning_rate: LearningRate = 0.001
    beta1: Decay = 0.9
    beta2: Decay = 0.999
    epsilon: float = Field(default=1e-8, gt=0, le=1)
    weight_decay: float = Field(default=0.01, ge=0)

    @model_validator(mode="after")
    def _decay_shrinks(self) -> Self:
        if self.learning_rate * self.weight_decay > 1:
            raise ValueError("learning_rate * weight_decay must not exceed 1, or decay makes weights grow")
        return self


OptimizerSpec = Annotated[SgdSpec | AdamSpec | AdamWSpec, Field(discriminator="type")]


class WarmupSpec(Spec):
    """What all schedules share: a linear rise of the learning rate at the start."""

    warmup_steps: int = Field(default=0, ge=0, description="mini-batches until the full learning rate")


class ConstantSpec(WarmupSpec):
    """The learning rate stays as it is."""

    type: Literal["constant"] = "constant"


class StepSpec(WarmupSpec):
    """The learning rate is multiplied by `factor` every so many epochs."""

    type: Literal["step"] = "step"
    every_epochs: int = Field(default=10, ge=1, le=MAX_EPOCHS)
    factor: float = Field(default=0.1, gt=0, le=1)


class ExponentialSpec(WarmupSpec):
    """The learning rate falls smoothly, by `factor` per epoch."""

    type: Literal["exponential"] = "exponential"
    factor: float = Field(default=0.95, gt=0, le=1)


class CosineSpec(WarmupSpec):
    """The learning rate falls along half a cosine to `final_factor` of itself at the last step."""

    type: Literal["cosine"] = "cosine"
    final_factor: float = Field(default=0.0, ge=0, le=1)


ScheduleSpec = Annotated[ConstantSpec | StepSpec | ExponentialSpec | CosineSpec, Field(discriminator="type")]


class ValidationSpec(Spec):
    """How many rows are held out to judge the network by."""

    fraction: float = Field(default=0.2, ge=0, le=0.9, description="share of rows; 0 trains on every row")


class EarlyStoppingSpec(Spec):
    """Stop when a metric has not improved by more than `min_delta` for `patience` epochs."""

    metric: MetricName = "val_loss"
    patience: int = Field(default=5, ge=1, le=MAX_EPOCHS)
    min_delta: float = Field(default=0.0, ge=0)


class TrainingSpec(Spec):
    """How to train: every field has a default."""

    loss: Literal["auto"] | LossName = "auto"
    epochs: int = Field(default=30, ge=0, le=MAX_EPOCHS)
    batch_size: int = Field(default=64, ge=1, le=MAX_BATCH, description="rows per step")
    shuffle: bool = True
    seed: int = Field(default=0, ge=0, le=MAX_SEED)
    precision: Precision = "float32"
    optimizer: OptimizerSpec = AdamSpec()
    schedule: ScheduleSpec = ConstantSpec()
    clip_norm: float | None = Field(default=None, gt=0, description="largest norm of the whole gradient")
    validation: ValidationSpec = ValidationSpec()
    early_stopping: EarlyStoppingSpec | None = None
    class_weight: Literal["balanced"] | None = None
    checkpoint_every_seconds: float = Field(default=10, gt=0, le=DAY_SECONDS)
    max_runtime_seconds: float = Field(default=3600, gt=0, le=DAY_SECONDS)
