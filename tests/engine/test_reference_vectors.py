"""Losses, gradients and trained weights equal PyTorch's, for every layer, loss and optimizer."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from engine.batches import Rows
from engine.memory import Array
from engine.spec import Precision, TrainingSpec
from engine.spec.layers import LayerSpec
from engine.spec.losses import SingleLossSpec
from engine.spec.optimizers import OptimizerSpec
from engine.training.loop import train
from engine.training.state import initialize_training
from tests.support.reference_cases import CASES, OPTIMIZERS, RUN, RUN_BATCH, STEPS, Case

FOLDER = Path(__file__).parent / "vectors"
LAYERS, RUNS = (dict(np.load(FOLDER / f"{name}.npz")) for name in ("layers", "optimizers"))
NOT_IN_PYTORCH_ALIKE = {"lbfgs"}  # PyTorch has another line search
TOLERANCE = {"float32": 1e-5, "float64": 2e-7}  # the reference values are stored in float32


def relative_difference(ours: Array, theirs: Array) -> float:
    """Return the norm of the difference, relative to the norm."""
    return float(np.linalg.norm(ours - theirs) / np.linalg.norm(theirs))


def flat(arrays: dict[str, Array]) -> Array:
    return np.concatenate([array.ravel() for array in arrays.values()])


def backpropagated(case: Case, precision: Precision) -> tuple[float, dict[str, Array], dict[str, Array]]:
    """Return loss, gradients, and statistics after the batch."""
    network = case.network(precision)
    network.allocate(case.rows, training=True)
    x, y = case.batch()
    targets = network.loss.as_targets(y, network.dtype)
    sample_weights = np.full(case.rows, 1 / case.rows, network.dtype)
    loss = network.backpropagate(x.astype(network.dtype), targets, sample_weights, np.random.default_rng(0))
    gradients = network.parameters.views(network.parameters.gradients)
    statistics = {name: network.parameters.values[name] for name in network.sequential.statistic_shapes()}
    return loss, gradients, statistics


@pytest.mark.parametrize("precision", TOLERANCE)
@pytest.mark.parametrize("name", CASES)
def test_losses_and_gradients_equal_those_of_pytorch(name: str, precision: Precision) -> None:
    loss, gradients, statistics = backpropagated(CASES[name], precision)
    wanted = {key.removeprefix(f"{name}: "): array for key, array in LAYERS.items() if key.startswith(f"{name}: ")}
    assert set(wanted) == {
        "loss",
        *(f"gradient {key}" for key in gradients),
        *(f"statistic {key}" for key in statistics),
    }
    assert loss == pytest.approx(float(wanted["loss"]), rel=TOLERANCE[precision])
    whole = np.sqrt(sum(np.square(wanted[f"gradient {key}"]).sum() for key in gradients))
    for key, gradient in gradients.items():
        theirs = wanted[f"gradient {key}"]
        assert np.linalg.norm(gradient - theirs) <= TOLERANCE[precision] * max(np.linalg.norm(theirs), 0.01 * whole)
    for key, statistic in statistics.items():
        assert relative_difference(statistic, wanted[f"statistic {key}"]) <= TOLERANCE[precision]


@pytest.mark.parametrize("precision", TOLERANCE)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_hundred_optimizer_steps_equal_those_of_pytorch(name: str, precision: Precision) -> None:
    network = RUN.network(precision)
    before = network.torch_state()
    settings = TrainingSpec(
        optimizer=OPTIMIZERS[name], epochs=STEPS * RUN_BATCH // RUN.rows, batch_size=RUN_BATCH, shuffle=False
    )
    rows = Rows(*RUN.batch())
    list(train(network, initialize_training(network, settings, rows), settings, rows))
    ours, theirs = flat(network.torch_state()), flat({key: RUNS[f"{name}: {key}"] for key in before})
    assert relative_difference(ours, theirs) <= {"float32": 1e-4, "float64": 1e-6}[precision]
    assert relative_difference(ours, flat(before)) > 0.02


def types_in(union: object) -> set[str]:
    """Return the types in a union of specs."""
    union_type = union.__args__[0]  # type: ignore[attr-defined]
    return {spec.model_fields["type"].default for spec in union_type.__args__}


def used(layers: Sequence[LayerSpec]) -> set[str]:
    return {layer.type for layer in layers}.union(*(used(inside(layer)) for layer in layers))


def inside(layer: LayerSpec) -> Sequence[LayerSpec]:
    if layer.type == "residual":
        return (*layer.layers, *layer.projection)
    return [each for branch in layer.branches for each in branch.layers] if layer.type == "parallel" else ()


def test_every_layer_loss_and_optimizer_has_a_reference() -> None:
    assert set.union(*(used(case.layers) for case in CASES.values())) == types_in(LayerSpec)
    assert {case.loss.type for case in CASES.values()} == types_in(SingleLossSpec)
    assert {spec.type for spec in OPTIMIZERS.values()} == types_in(OptimizerSpec) - NOT_IN_PYTORCH_ALIKE
