"""What a training costs, layer by layer: operations are counted, seconds are measured."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from engine.measured_step.layer_passes import groups
from engine.network import Network
from engine.spec import TrainingSpec
from store.tables import Job, Model
from tabular.planning.network import build_without_memory
from tabular.planning.plan import Plan
from tabular.planning.validation.row_counts import rows_per_epoch

UPDATE_OPERATIONS = {  # per weight, as the formulas of the optimizers say; without clipping and regularization
    "sgd": 2,
    "adagrad": 7,
    "rmsprop": 9,
    "lion": 11,
    "adam": 12,
    "adamw": 14,
    "lbfgs": 80,  # two passes over ten pairs of vectors
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerCosts:
    """One layer with its activation. Operations are per row; backward is 0 where the backward pass does not run."""

    label: str
    type: str
    output_shape: tuple[int, ...]
    parameters: int
    flops_forward: int
    flops_backward: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkCosts:
    """One network: its layers, and the operations of a training step per row, and per update."""

    layers: tuple[LayerCosts, ...]
    trained_parameters: int
    update: int

    @property
    def forward(self) -> int:
        """Operations per row of the forward pass."""
        return sum(layer.flops_forward for layer in self.layers)

    @property
    def backward(self) -> int:
        """Operations per row of the backward pass."""
        return sum(layer.flops_backward for layer in self.layers)

    @property
    def parameters(self) -> int:
        """The number of parameters."""
        return sum(layer.parameters for layer in self.layers)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingCosts:
    """What a job has computed so far.

    networks: how many it trains, those of a cross-validation included. network: the one that is shown, of the first
    bag that is in the model. rows_per_epoch: of all networks of one bag. steps: updates of all networks. flops: by
    "forward", "backward" and "update". prediction_flops: to answer one row, by all networks of the model.
    """

    networks: int
    network: NetworkCosts
    batch_size: int
    rows_per_epoch: int
    epochs: int
    steps: int
    flops: Mapping[str, float]
    prediction_flops: int

    @property
    def total_flops(self) -> float:
        """All operations."""
        return sum(self.flops.values())


def training_costs(job: Job, plan: Plan, model: Model | None) -> TrainingCosts:
    """Return what the epochs that the job has trained cost; `plan` is that of its spec."""
    bags, training = shown_bags(plan, model), plan.training
    folds = 0 if plan.ensemble else training.validation.folds or 0
    each = [network_costs(bag.plan, bag.inputs) for bag in bags]
    rows, networks = rows_per_epoch(plan), plan.networks + folds
    steps = job.epoch * networks * _steps(training, rows / networks)
    return TrainingCosts(
        networks=networks * len(bags),
        network=next(costs for bag, costs in zip(bags, each, strict=True) if bag.is_used),
        batch_size=training.batch_size,
        rows_per_epoch=rows,
        epochs=job.epoch,
        steps=steps * len(bags),
        flops={
            "forward": float(job.epoch * rows * sum(costs.forward for costs in each)),
            "backward": float(job.epoch * rows * sum(costs.backward for costs in each)),
            "update": float(steps * sum(costs.update for costs in each)),
        },
        prediction_flops=plan.networks
        * sum(costs.forward for bag, costs in zip(bags, each, strict=True) if bag.is_used),
    )


def network_costs(bag: Plan, inputs: int | None, frozen: Collection[int] | None = None) -> NetworkCosts:
    """Return the costs of the network of a bag; `frozen`: layers of the spec, None for those of the plan."""
    network = build_without_memory(bag, inputs)
    network.freeze(bag.training.always_frozen if frozen is None else frozen)
    trained = sum(run.stop - run.start for run in network.parameters.runs())
    return NetworkCosts(
        layers=tuple(_layer(network, indices) for indices in groups(network)),
        trained_parameters=trained,
        update=trained * UPDATE_OPERATIONS[bag.training.optimizer.type],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownBag:
    """A bag of a plan: the number of inputs of its networks, None if it is not known, and whether the model has it."""

    plan: Plan
    inputs: int | None
    is_used: bool


def shown_bags(plan: Plan, model: Model | None) -> list[ShownBag]:
    """Return the bags of a plan; bags that do not help are left out of a model."""
    described = ((model.evaluation or {}).get("bags") if model else None) or []
    used = [bool(bag["weight"]) for bag in described] if len(described) == len(plan.bags) else [True] * len(plan.bags)
    architecture: dict[str, Any] = model.architecture if model else {}
    stored = [bag.get("inputs") for bag in architecture.get("bags") or [architecture]]
    inputs = iter(stored if len(stored) == sum(used) else [None] * sum(used))
    return [
        ShownBag(plan=bag, inputs=next(inputs) if is_used else None, is_used=is_used)
        for bag, is_used in zip(plan.bags, used, strict=True)
    ]


def _layer(network: Network, indices: tuple[int, ...]) -> LayerCosts:
    modules = [(index, network.layers[index]) for index in indices]
    flops = [(index, module.flops()) for index, module in modules]
    names = [f"{index}.{name}" for index, module in modules for name in module.parameter_shapes()]
    return LayerCosts(
        label=modules[0][1].label,
        type=modules[0][1].id.type,
        output_shape=tuple(modules[-1][1].output_shape),
        parameters=sum(network.parameters.values[name].size for name in names),
        flops_forward=sum(forward for _, (forward, _) in flops),
        flops_backward=sum(backward for index, (_, backward) in flops if index >= network.sequential.first),
    )


def _steps(training: TrainingSpec, rows: float) -> int:
    """Return the updates that one network makes in an epoch."""
    if training.optimizer.type == "lbfgs":
        return 1
    return ceil(ceil(rows / training.batch_size) / training.accumulate)
