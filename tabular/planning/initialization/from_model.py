"""`init_from` a trained model: its features and layers become defaults, and equal first layers are taken over."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from engine.errors import PointedProblem
from engine.spec import LayerSpec, ModelSpec, loss_spec
from tabular.errors import InvalidPlan
from tabular.planning.embeddings import NetworkLayers
from tabular.planning.initialization.sources import ModelDescription, PlannedInitialization
from tabular.planning.plan import Plan
from tabular.planning.request import PlanRequest
from tabular.spec import FeatureSpec, InitFrom


def with_model_defaults(request: PlanRequest, model: ModelDescription) -> PlanRequest:
    """Return the request with the model's features, and its layers if the request has none.

    Raises:
        InvalidPlan: the request has other features than the model, or encodes them differently.
    """
    names = [feature.column for feature in model.features]
    if request.features is not None and [feature.column for feature in request.features] != names:
        detail = (
            f"The base model was trained on these features, in this order: {', '.join(map(repr, names))}. "
            "Use the same features or leave `features` out."
        )
        raise InvalidPlan([PointedProblem(pointer="/features", detail=detail)])
    if problems := list(_different_encodings(request.features or (), model.features)):
        raise InvalidPlan(problems)
    layers = request.model or ModelSpec(layers=NetworkLayers.of(model.layers).requested)
    return replace(request, features=model.features, model=layers)


def _different_encodings(requested: Sequence[FeatureSpec], learned: Sequence[FeatureSpec]) -> Iterator[PointedProblem]:
    for index, (feature, base) in enumerate(zip(requested, learned, strict=False)):
        for field in ("encoding", "size"):
            wanted, known = getattr(feature, field), getattr(base, field)
            if wanted is not None and wanted != known:
                detail = f"The base model uses {field} {known!r} for {feature.column!r}, not {wanted!r}. Leave it out."
                yield PointedProblem(pointer=f"/features/{index}/{field}", detail=detail)


def take_from_model(init_from: InitFrom, model: ModelDescription, plan: Plan) -> PlannedInitialization:
    """Return how many of the model's first layers are taken over, and whether its output layer is.

    Raises:
        InvalidPlan: no layer can be taken over, or fewer than are to be frozen.
    """
    equal = _equal_first_layers(plan.layers, model.layers)
    problems = []
    if model.layers and not equal:
        detail = "The first layer differs from the base model's. Leave `model` out to use the base model's layers."
        problems.append(PointedProblem(pointer="/model/layers", detail=detail))
    requested = NetworkLayers.of(plan.layers).requested_count(equal)
    if init_from.freeze_layers > requested:
        detail = (
            f"Only {requested} layers are taken over from the base model; "
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
