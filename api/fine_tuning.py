"""`init_from`: what a job takes over from a model that was trained before, and whether it can."""

from typing import Any

from api.schemas.jobs import JobRequest
from engine.spec import LayerSpec, ModelSpec, loss_spec
from store import models
from store.ids import ProjectId
from store.tables import Model
from store.transaction import Tx
from tabular.plan import Plan
from tabular.problems import InvalidPlan, Pointed
from tabular.spec import FeatureSpec


def base_of(tx: Tx, project: ProjectId, body: JobRequest) -> Model | None:
    """The model to start from, if one is named."""
    return models.get(tx, project, body.init_from.model_id) if body.init_from else None


def with_defaults_of(body: JobRequest, base: Model) -> JobRequest:
    """The request, with the base model's features and layers where it names none.

    Raises:
        InvalidPlan: it names other features than the base model learned from.
    """
    learned = base.preprocessing["features"]["columns"]
    names = [column["name"] for column in learned]
    if body.features is not None and [feature.column for feature in body.features] != names:
        detail = f"The base model learned from {', '.join(map(repr, names))}, in this order: name these, or none."
        raise InvalidPlan([Pointed(pointer="/features", detail=detail)])
    asked = {"standardize", "none", "one_hot"}
    features = tuple(
        FeatureSpec(column=column["name"], encoding=column["encoding"] if column["encoding"] in asked else None)
        for column in learned
    )
    model = body.model or ModelSpec(layers=_layers_of(base))
    return body.model_copy(update={"features": features, "model": model})


def transfer(body: JobRequest, base: Model, resolved: Plan) -> dict[str, Any]:
    """What is taken over: how many of the first layers, and whether the output layer.

    Raises:
        InvalidPlan: nothing can be, or less than is to be frozen.
    """
    asked = body.init_from
    layers = _layers_of(base)
    alike = _alike(resolved.layers, layers)
    problems = []
    if layers and not alike:
        detail = "The first layer is not like the base model's; leave the layers out to take all of its own."
        problems.append(Pointed(pointer="/model/layers", detail=detail))
    frozen = asked.freeze_layers if asked else 0
    if frozen > alike:
        detail = f"Only {alike} layers are taken over from the base model, so that {frozen} cannot be frozen."
        problems.append(Pointed(pointer="/init_from/freeze_layers", detail=detail))
    if problems:
        raise InvalidPlan(problems)
    whole = alike == len(layers) == len(resolved.layers)
    return {
        "model_id": base.id,
        "freeze_layers": frozen,
        "layers": alike,
        "head": whole and _same_answer(base, resolved),
    }


def _same_answer(base: Model, resolved: Plan) -> bool:
    """Whether the output layer means the same: the same task, and for classes the same ones."""
    known = base.architecture
    classes = tuple(known["classes"] or ()) or None
    loss = loss_spec(resolved.loss).model_dump(mode="json")
    return bool(known["task"] == resolved.task and known["loss"] == loss and classes == resolved.classes)


def _layers_of(base: Model) -> tuple[LayerSpec, ...]:
    return ModelSpec.model_validate({"layers": base.architecture["layers"]}).layers


def _alike(ours: tuple[LayerSpec, ...], theirs: tuple[LayerSpec, ...]) -> int:
    """How many of the first layers are equal."""
    count = 0
    for mine, other in zip(ours, theirs, strict=False):
        if mine != other:
            break
        count += 1
    return count
