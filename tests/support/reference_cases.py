"""Networks with reference losses and gradients from PyTorch, computed by `benchmarks/vectors.py`."""

from dataclasses import dataclass
from typing import get_args

import numpy as np

from engine.memory import Array, Shape
from engine.network import Network
from engine.spec import (
    ActivationName,
    ActivationSpec,
    AdagradSpec,
    AdamSpec,
    AdamWSpec,
    AttentionSpec,
    AveragePoolSpec,
    BatchNormSpec,
    BranchSpec,
    ColumnEmbeddingSpec,
    Conv1dSpec,
    Conv2dSpec,
    ConvTranspose2dSpec,
    CoxSpec,
    DenseSpec,
    DropoutSpec,
    EmbeddedColumnSpec,
    EmbeddingSpec,
    FlattenSpec,
    GammaSpec,
    GlobalPoolSpec,
    GroupNormSpec,
    GruSpec,
    HuberSpec,
    LayerNormSpec,
    LayerSpec,
    LionSpec,
    LossSpec,
    LstmSpec,
    MaskSpec,
    MaxPoolSpec,
    MeanAbsoluteErrorSpec,
    MeanSquaredErrorSpec,
    OptimizerSpec,
    OrdinalSpec,
    ParallelSpec,
    PeriodicEmbeddingSpec,
    PoissonSpec,
    PositionsSpec,
    Precision,
    QuantileSpec,
    ReshapeSpec,
    ResidualSpec,
    RmsPropSpec,
    ScaleSpec,
    SelectSpec,
    SgdSpec,
    SigmoidCrossEntropySpec,
    SigmoidFocalSpec,
    SoftmaxCrossEntropySpec,
    SoftmaxFocalSpec,
    TweedieSpec,
)
from engine.streams import stream

ACTIVATIONS: tuple[ActivationName, ...] = get_args(ActivationName)
SOFTMAX = SoftmaxCrossEntropySpec()


@dataclass(frozen=True, kw_only=True)
class Case:
    """A network and a batch for it."""

    layers: tuple[LayerSpec, ...]
    inputs: int = 4
    outputs: int | Shape = 3
    loss: LossSpec = SOFTMAX
    rows: int = 5
    vocabulary: int = 0  # inputs are whole numbers below it

    def network(self, precision: Precision = "float32") -> Network:
        """Return the network with random parameters, including biases, that float32 holds exactly."""
        network = Network(self.layers, inputs=self.inputs, outputs=self.outputs, loss=self.loss, precision=precision)
        if precision == "float64":
            network.parameters.vector[:] = self.network().parameters.vector
        else:
            network.initialize(stream(0, "init"))
            noise = np.random.default_rng(1)
            for value in network.parameters.views(network.parameters.learned).values():
                np.add(value, 0.3 * noise.standard_normal(value.shape), out=value, casting="same_kind")
        network.initialized, network.output_is_random = True, False
        return network

    def batch(self) -> tuple[Array, Array]:
        """Return rows and targets."""
        rng = np.random.default_rng(2)
        shape = (self.rows, self.inputs)
        x = rng.integers(0, self.vocabulary, shape) if self.vocabulary else rng.standard_normal(shape)
        return x.astype(np.float32), self._targets(rng)

    def _targets(self, rng: np.random.Generator) -> Array:  # noqa: PLR0911 - one per kind
        outputs = (self.outputs,) if isinstance(self.outputs, int) else self.outputs
        match self.loss:
            case OrdinalSpec():
                return rng.integers(0, outputs[0], self.rows)
            case CoxSpec():
                return np.column_stack([rng.integers(1, 4, self.rows), np.arange(self.rows) % 2]).astype(np.float32)
            case GammaSpec() | TweedieSpec():
                return rng.gamma(2, 2, (self.rows, *outputs)).astype(np.float32)
            case SoftmaxCrossEntropySpec() | SoftmaxFocalSpec():
                return rng.integers(0, outputs[-1], (self.rows, *outputs[:-1]))
            case SigmoidCrossEntropySpec() | SigmoidFocalSpec():
                return rng.integers(0, 2, (self.rows, *outputs)).astype(np.float32)
            case PoissonSpec():
                return rng.integers(0, 6, (self.rows, *outputs)).astype(np.float32)
            case QuantileSpec(quantiles=levels):
                return rng.standard_normal((self.rows, outputs[0] // len(levels))).astype(np.float32)
            case _:
                return rng.standard_normal((self.rows, *outputs)).astype(np.float32)


def image(*layers: LayerSpec, channels: int = 2, side: int = 6) -> Case:
    """Return a case with layers for small images."""
    shape = ReshapeSpec(shape=[channels, side, side])
    return Case(layers=(shape, *layers), inputs=channels * side * side)


def sequence(*layers: LayerSpec, time: int = 5, features: int = 4, outputs: int | Shape = 3) -> Case:
    """Return a case with layers for short sequences."""
    return Case(layers=(ReshapeSpec(shape=[time, features]), *layers), inputs=time * features, outputs=outputs)


def words(*layers: LayerSpec, outputs: int | Shape = 3) -> Case:
    """Return a case with layers for sequences of whole numbers."""
    return Case(layers=(EmbeddingSpec(vocabulary=7, units=4), *layers), inputs=6, outputs=outputs, vocabulary=7)


def padded_words(*layers: LayerSpec, outputs: int | Shape = 3) -> Case:
    """Return a case with layers for sequences of different lengths: two of three numbers are padding."""
    embedding = EmbeddingSpec(vocabulary=3, units=4, padding=0)
    return Case(layers=(embedding, *layers), inputs=6, outputs=outputs, rows=20, vocabulary=3)


def columns(*embedded: EmbeddedColumnSpec) -> Case:
    """Return a case with embedded columns and a dense layer. Some numbers are outside of the categories."""
    layers = (ColumnEmbeddingSpec(columns=embedded), DenseSpec(units=5, activation="tanh"))
    return Case(layers=layers, inputs=6, rows=9, vocabulary=7)


def loss(spec: LossSpec, outputs: int = 3) -> Case:
    """Return a case with a loss on a small network."""
    return Case(layers=(DenseSpec(units=5, activation="tanh"),), outputs=outputs, loss=spec)


NORM = BatchNormSpec()
SMOOTH = Conv2dSpec(channels=4, kernel=3, padding=1, activation="tanh")
CASES: dict[str, Case] = {  # the names are keys of the stored reference values
    **{f"dense {name}": Case(layers=(DenseSpec(units=6, activation=name),)) for name in ACTIVATIONS},
    "no hidden layers": Case(layers=()),
    "dropout of nothing": Case(layers=(DenseSpec(units=5), DropoutSpec(rate=0.0))),
    "activation by itself": Case(layers=(ActivationSpec(function="tanh"), DenseSpec(units=5))),
    "parametric activation": Case(layers=(DenseSpec(units=5), ActivationSpec(function="mish", parametric=True))),
    "dense at each moment": sequence(DenseSpec(units=5, activation="gelu"), outputs=(5, 3)),
    "batch norm of features": Case(layers=(DenseSpec(units=5, activation="linear"), NORM), rows=7),
    "batch norm of channels": image(SMOOTH, NORM, GlobalPoolSpec()),
    "scale": Case(layers=(ScaleSpec(), DenseSpec(units=5, activation="tanh"), ScaleSpec())),
    "scale at each moment": sequence(ScaleSpec(), outputs=(5, 3)),
    "layer norm": Case(layers=(DenseSpec(units=5, activation="linear"), LayerNormSpec())),
    "layer norm at each moment": sequence(LayerNormSpec(), outputs=(5, 3)),
    "group norm": Case(layers=(DenseSpec(units=6, activation="linear"), GroupNormSpec(groups=2))),
    "group norm of channels": image(SMOOTH, GroupNormSpec(groups=2), GlobalPoolSpec()),
    "group norm over time": sequence(GroupNormSpec(groups=2), outputs=(5, 3)),
    "conv1d": sequence(Conv1dSpec(channels=4, kernel=3, activation="tanh"), FlattenSpec()),
    "conv1d stride padding groups": sequence(
        Conv1dSpec(channels=4, kernel=3, stride=2, padding=1, groups=2), GlobalPoolSpec()
    ),
    "conv1d same": sequence(Conv1dSpec(channels=2, kernel=3, padding="same", bias=False)),
    "conv2d": image(Conv2dSpec(channels=3, kernel=3), GlobalPoolSpec()),
    "conv2d stride padding groups": image(
        Conv2dSpec(channels=4, kernel=(3, 2), stride=(2, 1), padding=(1, 0), groups=2, activation="silu"), FlattenSpec()
    ),
    "conv2d same without bias": image(Conv2dSpec(channels=2, kernel=5, padding="same", bias=False), GlobalPoolSpec()),
    "conv2d 1x1 strided": image(Conv2dSpec(channels=3, kernel=1, stride=2), FlattenSpec()),
    "conv2d depthwise": image(Conv2dSpec(channels=4, kernel=3, groups=2, activation="elu"), GlobalPoolSpec()),
    "transposed conv2d": image(ConvTranspose2dSpec(channels=3, activation="tanh"), GlobalPoolSpec()),
    "transposed conv2d of sides": image(
        SMOOTH,
        ConvTranspose2dSpec(channels=3, kernel=(3, 4), stride=(1, 3), padding=(1, 2), bias=False, activation="linear"),
        FlattenSpec(),
    ),
    "max pool": image(SMOOTH, MaxPoolSpec(), FlattenSpec()),
    "max pool overlapping": image(SMOOTH, MaxPoolSpec(kernel=3, stride=2, padding=1), GlobalPoolSpec()),
    "average pool": image(SMOOTH, AveragePoolSpec(kernel=3, stride=2, padding=1), FlattenSpec()),
    "max pool over time": sequence(MaxPoolSpec(), FlattenSpec()),
    "average pool over time": sequence(DenseSpec(units=4), AveragePoolSpec(kernel=2, stride=1), FlattenSpec()),
    "global max pool": image(SMOOTH, GlobalPoolSpec(function="max")),
    "global pool over time": sequence(DenseSpec(units=4), GlobalPoolSpec()),
    "residual": Case(layers=(DenseSpec(units=4), ResidualSpec(layers=(DenseSpec(units=5), DenseSpec(units=4))))),
    "residual with projection": image(
        ResidualSpec(
            layers=(
                Conv2dSpec(channels=4, kernel=3, stride=2, padding=1, activation="linear", bias=False),
                NORM,
                ActivationSpec(function="relu"),
                Conv2dSpec(channels=4, kernel=3, padding=1, activation="linear", bias=False),
                NORM,
            ),
            projection=(Conv2dSpec(channels=4, kernel=1, stride=2, activation="linear", bias=False), NORM),
        ),
        ActivationSpec(function="relu"),
        GlobalPoolSpec(),
    ),
    **{
        f"{kind.model_fields['type'].default} {output} {direction}": sequence(
            kind(units=3, output=output, direction=direction), outputs=3 if output == "last" else (5, 3)
        )
        for kind in (LstmSpec, GruSpec)
        for output in ("last", "sequence")
        for direction in ("forward", "backward", "bidirectional")
    },
    "lstm on lstm": sequence(LstmSpec(units=3, output="sequence"), LstmSpec(units=3)),
    "embedding": words(FlattenSpec()),
    "column embedding": columns(EmbeddedColumnSpec(column=0, categories=7, size=4)),
    "column embeddings among numbers": columns(
        EmbeddedColumnSpec(column=1, categories=7, size=3),
        EmbeddedColumnSpec(column=2, categories=5, size=2),
        EmbeddedColumnSpec(column=5, categories=7, size=1),
    ),
    "periodic embedding": Case(
        layers=(PeriodicEmbeddingSpec(columns=(0, 3), frequencies=5, size=2), DenseSpec(units=5, activation="tanh"))
    ),
    "periodic embedding of embeddings": Case(
        layers=(
            ColumnEmbeddingSpec(columns=(EmbeddedColumnSpec(column=0, categories=7, size=3),)),
            PeriodicEmbeddingSpec(columns=(1, 4), frequencies=3, size=4),
        ),
        vocabulary=7,
    ),
    "positions sinusoidal": words(PositionsSpec(), outputs=(6, 3)),
    "positions learned": words(PositionsSpec(kind="learned"), GruSpec(units=3)),
    "attention": sequence(AttentionSpec(heads=2), outputs=(5, 3)),
    "attention causal": sequence(AttentionSpec(heads=1, causal=True), GlobalPoolSpec()),
    "transformer": words(
        PositionsSpec(),
        ResidualSpec(layers=(LayerNormSpec(), AttentionSpec(heads=2, causal=True))),
        ResidualSpec(layers=(LayerNormSpec(), DenseSpec(units=8, activation="gelu"), DenseSpec(units=4))),
        LayerNormSpec(),
        outputs=(6, 7),
    ),
    **{
        f"padded {kind.model_fields['type'].default} {output} {direction}": padded_words(
            kind(units=3, output=output, direction=direction), outputs=3 if output == "last" else (6, 3)
        )
        for kind in (LstmSpec, GruSpec)
        for output in ("last", "sequence")
        for direction in ("forward", "backward", "bidirectional")
    },
    "padded attention": padded_words(AttentionSpec(heads=2), GlobalPoolSpec()),
    "padded maximum": padded_words(AttentionSpec(heads=2, causal=True), GlobalPoolSpec(function="max")),
    "masked time steps": sequence(ActivationSpec(), MaskSpec(), GruSpec(units=3, direction="backward"), features=1),
    "branches": Case(
        layers=(
            ParallelSpec(
                branches=[
                    BranchSpec(layers=[SelectSpec(stop=1), DenseSpec(units=5, activation="tanh")]),
                    BranchSpec(layers=[SelectSpec(start=1, stop=4), NORM, DenseSpec(units=2)]),
                    BranchSpec(),
                ]
            ),
        ),
        rows=7,
    ),
    "added branches of channels": image(
        SMOOTH, ParallelSpec(branches=[BranchSpec(layers=[SMOOTH]), BranchSpec()], join="add"), GlobalPoolSpec()
    ),
    "branches of channels": image(ParallelSpec(branches=[BranchSpec(layers=[SMOOTH]), BranchSpec()]), GlobalPoolSpec()),
    "softmax with smoothing": loss(SoftmaxCrossEntropySpec(label_smoothing=0.1), 4),
    "sigmoid": loss(SigmoidCrossEntropySpec(), 1),
    "sigmoid with weights": loss(SigmoidCrossEntropySpec(positive_weight=(1.0, 3.0, 0.5))),
    "squared error": loss(MeanSquaredErrorSpec()),
    "absolute error": loss(MeanAbsoluteErrorSpec()),
    "huber": loss(HuberSpec(delta=0.7)),
    "quantiles": loss(QuantileSpec(quantiles=(0.1, 0.5, 0.9)), 6),
    "poisson": loss(PoissonSpec()),
    "gamma": loss(GammaSpec()),
    "tweedie": loss(TweedieSpec(power=1.3)),
    "softmax focal": loss(SoftmaxFocalSpec(gamma=1.5)),
    "sigmoid focal": loss(SigmoidFocalSpec()),
    "ordinal": loss(OrdinalSpec(), 5),
    "cox": loss(CoxSpec(ties="breslow"), 1),
}

STEPS = 100
RUN = Case(layers=(DenseSpec(units=8, activation="tanh"), DenseSpec(units=5, activation="silu")), rows=40)
RUN_BATCH = 8
OPTIMIZERS: dict[str, OptimizerSpec] = {
    "sgd": SgdSpec(learning_rate=0.1),
    "momentum": SgdSpec(learning_rate=0.05, momentum=0.9),
    "nesterov": SgdSpec(learning_rate=0.05, momentum=0.9, nesterov=True),
    "rmsprop": RmsPropSpec(learning_rate=0.003),
    "rmsprop with momentum": RmsPropSpec(learning_rate=0.001, momentum=0.8, decay=0.9, epsilon=1e-4),
    "adagrad": AdagradSpec(learning_rate=0.05),
    "adam": AdamSpec(learning_rate=0.01),
    "adam with other betas": AdamSpec(learning_rate=0.01, beta1=0.7, beta2=0.95, epsilon=1e-3),
    "adamw": AdamWSpec(learning_rate=0.01, weight_decay=0.1),
    "lion": LionSpec(learning_rate=0.002, weight_decay=0.1),
}
