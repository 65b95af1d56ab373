"""Properties of every layer type: exact resuming, exact cost, constant memory, derivatives."""

import tracemalloc
from collections.abc import Iterator, Sequence
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.batches import Rows
from engine.layers.build import MAKERS, hidden_layers
from engine.layers.layer_id import ShapeError
from engine.measured_step.step import measure_step
from engine.memory import Shape
from engine.spec import (
    ActivationName,
    ActivationSpec,
    AttentionSpec,
    AveragePoolSpec,
    AveragingSpec,
    BatchNormSpec,
    BranchSpec,
    ColumnEmbeddingSpec,
    Conv1dSpec,
    Conv2dSpec,
    ConvTranspose2dSpec,
    DenseSpec,
    DropoutSpec,
    EmbeddedColumnSpec,
    EmbeddingSpec,
    FlattenSpec,
    GlobalPoolSpec,
    GroupNormSpec,
    GruSpec,
    LayerNormSpec,
    LayerSpec,
    LstmSpec,
    MaskSpec,
    MaxPoolSpec,
    ParallelSpec,
    PeriodicEmbeddingSpec,
    PositionsSpec,
    ReshapeSpec,
    ResidualSpec,
    ScaleSpec,
    SelectSpec,
    Spec,
    inner_layers,
)
from engine.training import checkpoint
from engine.training.loop import train
from engine.training.state import Member, initialize_training
from tests.support.costs import cost_of
from tests.support.layer_harness import LayerHarness, assert_exact, derivatives
from tests.support.training_runs import best, classifier, spec

INPUTS = 48
IMAGE, SEQUENCE = ReshapeSpec(shape=(3, 4, 4)), ReshapeSpec(shape=(12, 4))
NETWORKS: dict[str, list[LayerSpec]] = {
    "dense": [
        ScaleSpec(),
        DenseSpec(units=8, bias_initializer="normal"),
        DropoutSpec(rate=0.2),
        DenseSpec(units=5, activation="tanh"),
        ActivationSpec(function="silu", parametric=True),
        LayerNormSpec(),
        GroupNormSpec(),
    ],
    "time steps": [
        SEQUENCE,
        ActivationSpec(function="gelu", parametric=True),
        ScaleSpec(),
        GroupNormSpec(groups=2),
        DenseSpec(units=5),
        PositionsSpec(kind="learned"),
        GlobalPoolSpec(function="max"),
    ],
    "activations": [ActivationSpec(function=name) for name in get_args(ActivationName)],
    "images": [
        IMAGE,
        Conv2dSpec(channels=6, groups=3, padding=1),
        MaxPoolSpec(stride=1),
        GroupNormSpec(groups=3),
        BatchNormSpec(),
        DropoutSpec(rate=0.1),
        AveragePoolSpec(kernel=2, padding=1),
        ConvTranspose2dSpec(channels=2, kernel=(3, 2), stride=(2, 1), padding=(1, 0)),
        FlattenSpec(),
    ],
    "residual": [
        BatchNormSpec(),
        IMAGE,
        ResidualSpec(
            layers=(ActivationSpec(), Conv2dSpec(channels=5, padding="same", bias=False), BatchNormSpec()),
            projection=(Conv2dSpec(channels=5, kernel=1), DropoutSpec(rate=0.1)),
        ),
        GlobalPoolSpec(),
    ],
    "recomputed": [
        DenseSpec(units=12, activation="tanh"),
        *[
            ResidualSpec(
                layers=(BatchNormSpec(), DenseSpec(units=12), DropoutSpec(rate=0.3), DenseSpec(units=12)),
                recompute=True,
            )
        ]
        * 3,
        ActivationSpec(),
    ],
    "branches": [
        ParallelSpec(
            branches=[
                BranchSpec(layers=[SelectSpec(stop=20), DenseSpec(units=5), DropoutSpec(rate=0.2)]),
                BranchSpec(layers=[SelectSpec(start=20, stop=48), BatchNormSpec(), DenseSpec(units=3)]),
                BranchSpec(),
            ]
        ),
        ParallelSpec(branches=[BranchSpec(layers=[DenseSpec(units=6)])] * 2, join="add"),
        DenseSpec(units=48),
        IMAGE,
        ParallelSpec(branches=[BranchSpec(layers=[Conv2dSpec(channels=2, padding="same")]), BranchSpec()]),
    ],
    "convolution in time": [SEQUENCE, Conv1dSpec(channels=6, groups=2, padding="same"), BatchNormSpec(), MaxPoolSpec()],
    "lstm": [SEQUENCE, LstmSpec(units=4, output="sequence", direction="bidirectional"), LstmSpec(units=3)],
    "gru": [SEQUENCE, GruSpec(units=4, direction="backward")],
    "columns": [
        ColumnEmbeddingSpec(
            columns=(
                EmbeddedColumnSpec(column=0, categories=3, size=4),
                EmbeddedColumnSpec(column=1, categories=2, size=3),
                EmbeddedColumnSpec(column=47, categories=4, size=1),
            )
        ),
        PeriodicEmbeddingSpec(columns=(1, 7, 50), frequencies=5, size=2),
        DenseSpec(units=6),
    ],
    "periodic": [PeriodicEmbeddingSpec(columns=(0, 2), frequencies=4, size=3), DenseSpec(units=6)],
    "padded words": [
        EmbeddingSpec(vocabulary=3, units=4, padding=0),
        LstmSpec(units=3, output="sequence", direction="bidirectional"),
        ResidualSpec(layers=(AttentionSpec(heads=2),)),
        GruSpec(units=3, direction="backward"),
    ],
    "padded time steps": [
        SEQUENCE,
        ActivationSpec(),
        MaskSpec(),
        DenseSpec(units=5),
        AttentionSpec(causal=True, dropout=0.2),
        GruSpec(units=4, output="sequence", direction="backward"),
        GlobalPoolSpec(function="max"),
    ],
    "padded mean": [
        EmbeddingSpec(vocabulary=3, units=4, padding=2),
        LstmSpec(units=3, output="sequence"),
        GlobalPoolSpec(),
    ],
    "transformer": [
        EmbeddingSpec(vocabulary=5, units=4),
        PositionsSpec(),
        ResidualSpec(layers=(LayerNormSpec(), AttentionSpec(heads=2, causal=True), DropoutSpec(rate=0.1))),
        ResidualSpec(layers=(LayerNormSpec(), DenseSpec(units=6, activation="gelu"), DenseSpec(units=4))),
        GlobalPoolSpec(),
    ],
}


def noise(rows: int) -> Rows:
    rng = np.random.default_rng(0)
    return Rows(rng.standard_normal((rows, INPUTS)).astype(np.float32), rng.integers(0, 2, rows))


def layer_types(layers: Sequence[LayerSpec]) -> set[type[Spec]]:
    """Return all layer types, including those in blocks."""
    inside = [block for layer in layers for block in inner_layers(layer)]
    return {type(layer) for layer in layers}.union(*(layer_types(block) for block in inside))


def test_the_networks_contain_every_layer_type() -> None:
    assert set().union(*(layer_types(layers) for layers in NETWORKS.values())) == set(MAKERS)


@pytest.mark.parametrize("layers", NETWORKS.values(), ids=NETWORKS)
def test_resuming_at_any_batch_gives_the_same_bits(layers: list[LayerSpec]) -> None:
    rows, validation = noise(22), noise(7)
    training = spec(epochs=2, batch_size=8, averaging=AveragingSpec())
    network = classifier(*layers, inputs=INPUTS)
    state = initialize_training(network, training, rows)
    dumps = [(checkpoint.dump(state)) for _ in train(network, state, training, rows, validation)]
    for data in dumps:
        other = classifier(*layers, inputs=INPUTS)
        resumed = checkpoint.load(data, other, training, rows)
        list(train(other, resumed, training, rows, validation))
        np.testing.assert_array_equal(other.parameters.vector, network.parameters.vector)
        np.testing.assert_array_equal(best(resumed).parameters, best(state).parameters)


@pytest.mark.parametrize("batch_size", [8, 300])
@pytest.mark.parametrize("layers", NETWORKS.values(), ids=NETWORKS)
def test_the_estimated_cost_is_what_training_allocates(layers: list[LayerSpec], batch_size: int) -> None:
    network, rows, training = classifier(*layers, inputs=INPUTS), noise(310), spec(epochs=1, batch_size=batch_size)
    cost = cost_of(layers, INPUTS, 2, training)
    state = initialize_training(network, training, rows)
    list(train(network, state, training, rows))
    learned = [network.sequential.parameter_shapes()[name] for name in network.sequential.parameter_shapes()]
    assert cost.parameters == sum(layer.parameters for layer in cost.layers) == sum(map(np.prod, learned))
    assert 0 < len(checkpoint.dump(state)) - cost.checkpoint_bytes < 4_096
    assert network.arena.bytes + best(state).parameters.nbytes == cost.bytes - cost.checkpoint_bytes


def test_the_estimate_for_frozen_layers_is_what_training_allocates() -> None:
    layers = [DenseSpec(units=64), DenseSpec(units=64), DenseSpec(units=8)]
    training = spec(epochs=1, batch_size=8, frozen=(0, 1))
    network, rows = classifier(*layers, inputs=INPUTS), noise(310)
    cost = cost_of(layers, INPUTS, 2, training)
    state = initialize_training(network, training, rows)
    list(train(network, state, training, rows))
    assert network.arena.bytes + best(state).parameters.nbytes == cost.bytes - cost.checkpoint_bytes
    assert [layer.flops_backward > 0 for layer in cost.layers if layer.parameters] == [False, False, True, True]


@pytest.fixture
def small_buffers() -> Iterator[None]:
    """Reduce NumPy's own buffers to 16 numbers. By default they grow with the batch, up to 8,192."""
    usual = np.setbufsize(16)
    yield
    np.setbufsize(usual)


@pytest.mark.usefixtures("small_buffers")
@pytest.mark.parametrize("layers", NETWORKS.values(), ids=NETWORKS)
def test_a_steady_step_allocates_nothing_that_grows_with_the_batch(layers: list[LayerSpec]) -> None:
    peaks = []
    for batch_size in (64, 1_024):
        network, rows = classifier(*layers, inputs=INPUTS), noise(3 * batch_size)
        training = spec(epochs=3, batch_size=batch_size)
        events = train(network, initialize_training(network, training, rows), training, rows)
        for _ in range(3 + 1 + 1):  # an epoch, its end, and the gather of the next
            next(events)
        tracemalloc.start()
        next(events)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] - peaks[0] < 1_024  # a byte per row


@pytest.mark.parametrize("layers", NETWORKS.values(), ids=NETWORKS)
def test_predictions_do_not_depend_on_training_memory_or_grouping(layers: list[LayerSpec]) -> None:
    network, rows = classifier(*layers, inputs=INPUTS), noise(40)
    list(train(network, initialize_training(network, spec(batch_size=16), rows), spec(batch_size=16), rows))
    twin = classifier(*layers, inputs=INPUTS)
    twin.load_torch_state(network.torch_state())
    expected = network.predict(rows.x)
    np.testing.assert_array_equal(twin.predict(rows.x), expected)
    np.testing.assert_allclose(
        np.concatenate([twin.predict(part) for part in np.array_split(rows.x, 7)]), expected, rtol=1e-4
    )


@pytest.mark.parametrize("layers", NETWORKS.values(), ids=NETWORKS)
def test_a_step_can_be_measured_and_adds_up(layers: list[LayerSpec]) -> None:
    network, rows, training = classifier(*layers, inputs=INPUTS), noise(40), spec(batch_size=16)
    state = initialize_training(network, training, rows)
    before = network.parameters.vector.copy()
    step = measure_step(Member(network=network, training=rows, validation=None, spec=training), state)
    np.testing.assert_array_equal(network.parameters.vector, before)
    forward, backward = network.sequential.flops()
    assert sum(layer.flops_forward for layer in step.passes.layers) == forward
    assert sum(layer.flops_backward for layer in step.passes.layers) == backward
    if step.weight:
        assert np.prod([factor.value for factor in step.weight.factors]) == pytest.approx(step.weight.path, rel=1e-6)


smooth: st.SearchStrategy[ActivationName] = st.sampled_from(["linear", "tanh", "sigmoid", "silu", "mish", "gelu"])
numbers = st.sampled_from([1, 2, 4])
layer = st.one_of(
    st.builds(DenseSpec, units=numbers, activation=smooth),
    st.builds(ActivationSpec, function=smooth),
    st.builds(ReshapeSpec, shape=st.sampled_from([(16,), (4, 4), (2, 2, 4), (8, 2), (1, 4, 4)])),
    st.just(FlattenSpec()),
    st.builds(Conv1dSpec, channels=numbers, kernel=numbers, padding=st.integers(0, 2), activation=smooth),
    st.builds(Conv2dSpec, channels=numbers, kernel=st.just(3), padding=st.just("same"), activation=smooth),
    st.builds(ConvTranspose2dSpec, channels=numbers, kernel=st.sampled_from([2, 3]), activation=smooth),
    st.sampled_from([MaxPoolSpec(), AveragePoolSpec(), GlobalPoolSpec(), GlobalPoolSpec(function="max")]),
    st.sampled_from(
        [BatchNormSpec(), LayerNormSpec(), GroupNormSpec(), ScaleSpec(), PositionsSpec(), PositionsSpec(kind="learned")]
    ),
    st.builds(LstmSpec, units=numbers, output=st.sampled_from(["last", "sequence"])),
    st.builds(GruSpec, units=numbers, output=st.sampled_from(["last", "sequence"])),
    st.builds(AttentionSpec, heads=st.sampled_from([1, 2]), causal=st.booleans()),
)
block = st.builds(ResidualSpec, layers=st.lists(layer, min_size=1, max_size=3).map(tuple))


def compatible(specs: Sequence[LayerSpec], shape: Shape) -> list[LayerSpec]:
    """Return the layers that accept the output of those before."""
    fitting: list[LayerSpec] = []
    for each in specs:
        try:
            shape = hidden_layers([each], shape).output_shape
        except ShapeError:
            continue
        fitting.append(each)
    return fitting


@settings(max_examples=60, deadline=None, derandomize=True)
@given(specs=st.lists(layer | block, min_size=3, max_size=8), shape=st.sampled_from([(16,), (4, 4), (2, 2, 4)]))
def test_random_layers_agree_with_the_complex_step(specs: list[LayerSpec], shape: Shape) -> None:
    harness = LayerHarness(
        [DenseSpec(units=16, activation="tanh"), ReshapeSpec(shape=shape), *compatible(specs, shape)], (3,), complex
    )
    x, dy = harness.inputs(), harness.outputs()
    dx, gradient = harness.gradient(x, dy)
    some = harness.rng.permutation(harness.parameters.size)[:40]
    learned = harness.parameters.learned
    found = np.empty(len(some), complex)
    for position, index in enumerate(some):
        found[position] = derivatives(harness, x, dy, learned[index : index + 1])[0]
    scale = np.abs(gradient).max()
    np.testing.assert_allclose(gradient[some].real, found.real, rtol=1e-10, atol=1e-12 * scale)
    assert_exact(dx, derivatives(harness, x, dy, x))
