"""What would one more layer cost? Estimates of jobs that differ from a planned one in a single decision."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from engine.spec import MAX_BATCH, MAX_EPOCHS, MAX_WIDTH, DenseSpec, LayerSpec
from service.errors import JobTooLarge
from service.jobs.estimates import estimate_needs
from service.limits import ServiceLimits
from store.jobs import durations
from store.jobs.durations import CompletedRun
from tabular.planning.plan import Plan
from tabular.planning.serialization import from_spec

Change = Literal[
    "one_more_layer",
    "one_layer_less",
    "twice_the_width",
    "half_the_width",
    "twice_the_batch",
    "half_the_batch",
    "twice_the_epochs",
    "half_the_epochs",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbor:
    """A change of a job, and the estimate of the changed one."""

    change: Change
    estimate: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Return the change beside the fields of the estimate."""
        return {"change": self.change, **self.estimate}


def neighbors_of(limits: ServiceLimits, spec: dict[str, Any], runs: Sequence[CompletedRun]) -> list[Neighbor]:
    """Return the neighbors of a resolved spec. Changes that are not possible or not allowed are left out.

    Layers are those of the first network. A changed width is that of all its dense layers.
    """
    found = list[Neighbor]()
    for change, plan in _changes(from_spec(spec)):
        try:
            needs = estimate_needs(limits, plan)
        except (JobTooLarge, ValueError):
            continue  # other layers need the shape as it is, or the job would be too large
        duration = durations.estimate_duration(runs, needs["flops"])
        found.append(Neighbor(change=change, estimate={**needs, "seconds": asdict(duration) if duration else None}))
    return found


def _changes(plan: Plan) -> Iterator[tuple[Change, Plan]]:
    dense = [place for place, layer in enumerate(plan.layers) if isinstance(layer, DenseSpec)]
    if dense:
        last = dense[-1]
        yield "one_more_layer", _with_layers(plan, [*plan.layers[: last + 1], *plan.layers[last:]])
    if len(dense) > 1:
        yield "one_layer_less", _with_layers(plan, [*plan.layers[: dense[-1]], *plan.layers[dense[-1] + 1 :]])
    if dense:
        yield "twice_the_width", _with_layers(plan, [_widened(layer, 2) for layer in plan.layers])
        yield "half_the_width", _with_layers(plan, [_widened(layer, 1 / 2) for layer in plan.layers])
    yield from _training_changes(plan)


def _training_changes(plan: Plan) -> Iterator[tuple[Change, Plan]]:
    batch, epochs = plan.training.batch_size, plan.training.epochs
    if batch < plan.training_rows:
        yield "twice_the_batch", _with_training(plan, batch_size=min(2 * batch, plan.training_rows, MAX_BATCH))
    if batch > 1:
        yield "half_the_batch", _with_training(plan, batch_size=batch // 2)
    if 2 * epochs <= MAX_EPOCHS:
        yield "twice_the_epochs", _with_training(plan, epochs=2 * epochs)
    if epochs > 1:
        yield "half_the_epochs", _with_training(plan, epochs=epochs // 2)


def _widened(layer: LayerSpec, factor: float) -> LayerSpec:
    if not isinstance(layer, DenseSpec):
        return layer
    return layer.model_copy(update={"units": min(max(int(layer.units * factor), 1), MAX_WIDTH)})


def _with_layers(plan: Plan, layers: Sequence[LayerSpec]) -> Plan:
    return plan.model_copy(update={"layers": tuple(layers)})


def _with_training(plan: Plan, **changes: int) -> Plan:
    return plan.model_copy(update={"training": plan.training.model_copy(update=changes)})
