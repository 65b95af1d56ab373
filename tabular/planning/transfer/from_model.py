"""Which layers a job reuses from a trained model: the first ones that are equal."""

from collections.abc import Sequence

from engine.errors import PointedProblem
from engine.spec import LayerSpec, loss_spec
from tabular.errors import InvalidPlan
from tabular.planning.initialization import ModelDescription, PlannedInitialization
from tabular.planning.layers.column_embedding import NetworkLayers
from tabular.planning.plan import Plan
from tabular.spec import InitFrom


def transfer_from_model(init_from: InitFrom, model: ModelDescription, plan: Plan) -> PlannedInitialization:
    """Return how many of the model's first layers are reused, and whether its output layer is.

    Raises:
        InvalidPlan: no layer can be reused, or fewer than are to be frozen.
    """
    equal = _equal_first_layers(plan.layers, model.layers)
    problems = []
    if model.layers and not equal:
        detail = "The first layer differs from the base model's. Leave `model` out to use the base model's layers."
        problems.append(PointedProblem(pointer="/model/layers", detail=detail))
    requested = NetworkLayers.of(plan.layers).requested_count(equal)
    if init_from.freeze_layers > requested:
        detail = (
            f"Only {requested} layers are reused from the base model; "
            f"{init_from.freeze_layers} cannot be frozen. Lower `freeze_layers`."
        )
        problems.append(PointedProblem(pointer="/init_from/freeze_layers", detail=detail))
    if problems:
        raise InvalidPlan(problems)
    all_layers = equal == len(model.layers) == len(plan.layers)
    head = all_layers and _same_outputs(model, plan) and not init_from.new_head
    return PlannedInitialization.of(init_from, layers=equal, head=head)


def _same_outputs(model: ModelDescription, plan: Plan) -> bool:
    """Tell whether the outputs mean the same: the same task, loss and classes."""
    return model.task == plan.task and model.loss == loss_spec(plan.loss) and model.classes == plan.classes


def _equal_first_layers(layers: Sequence[LayerSpec], others: Sequence[LayerSpec]) -> int:
    count = 0
    for layer, other in zip(layers, others, strict=False):
        if layer != other:
            break
        count += 1
    return count
