"""What a request takes from its base model before planning: the features, and the layers if it names none."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from engine.errors import PointedProblem
from engine.spec import ModelSpec
from tabular.errors import InvalidPlan
from tabular.planning.initialization import ModelDescription
from tabular.planning.layers.column_embedding import NetworkLayers
from tabular.planning.request import PlanRequest
from tabular.spec import BagSpec, EnsembleSpec, FeatureSpec, FoldsEnsembleSpec, SeedsEnsembleSpec


def with_base_defaults(request: PlanRequest) -> PlanRequest:
    """Return the request with the base model's features, and with its layers if the request has none.

    Raises:
        InvalidPlan: the request has other features than the base model, or encodes them differently.
    """
    if request.initialization is None or not isinstance(request.initialization.source, ModelDescription):
        return request
    model = request.initialization.source
    _check_sequence(request, model)
    _check_features(request, model)
    layers = request.model or ModelSpec(layers=NetworkLayers.of(model.layers).requested)
    base = replace(request, features=model.features, model=layers, sequence=model.sequence)
    return replace(base, ensemble=_ensemble(base, model)) if request.ensemble == "default" else base


def _ensemble(request: PlanRequest, model: ModelDescription) -> EnsembleSpec | None:
    """Return the ensemble that a base model is, so that each network can start from its counterpart.

    Its networks share their training rows (`seeds`) if the request says which rows evaluate them.
    """
    validation = request.training.validation
    if model.ensemble is None or validation.folds is not None:
        return None
    kind, networks = model.ensemble
    held_out = "fraction" in validation.model_fields_set and validation.fraction > 0
    if held_out or validation.dataset_id or validation.by == "time" or request.sequence:
        kind = "seeds"
    blend = tuple(
        BagSpec(features=bag.features, model=ModelSpec(layers=NetworkLayers.of(bag.layers).requested))
        for bag in model.further_bags
    )
    if kind == "folds":
        return FoldsEnsembleSpec(type="folds", folds=networks, blend=blend)
    return SeedsEnsembleSpec(type="seeds", networks=networks, blend=blend)


def _check_sequence(request: PlanRequest, model: ModelDescription) -> None:
    if request.sequence is None or request.sequence == model.sequence:
        return
    used = model.sequence.model_dump(exclude_none=True) if model.sequence else None
    detail = f"The base model learned from windows with {used}." if used else "The base model learned from single rows."
    problem = PointedProblem(pointer="/sequence", detail=f"{detail} Leave `sequence` out to do the same.")
    raise InvalidPlan([problem])


def _check_features(request: PlanRequest, model: ModelDescription) -> None:
    names = [feature.column for feature in model.features]
    if request.features is not None and [feature.column for feature in request.features] != names:
        detail = (
            f"The base model was trained on these features, in this order: {', '.join(map(repr, names))}. "
            "Use the same features or leave `features` out."
        )
        raise InvalidPlan([PointedProblem(pointer="/features", detail=detail)])
    if problems := list(_different_encodings(request.features or (), model.features)):
        raise InvalidPlan(problems)


def _different_encodings(requested: Sequence[FeatureSpec], learned: Sequence[FeatureSpec]) -> Iterator[PointedProblem]:
    for index, (feature, base) in enumerate(zip(requested, learned, strict=False)):
        for field in ("encoding", "size", "frequencies", "bins", "cycles", "period", "missing_indicator", "order"):
            wanted, known = getattr(feature, field), getattr(base, field)
            if wanted is not None and wanted != known:
                detail = f"The base model uses {field} {known!r} for {feature.column!r}, not {wanted!r}. Leave it out."
                yield PointedProblem(pointer=f"/features/{index}/{field}", detail=detail)
