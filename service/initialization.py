"""`init_from`: what a job takes over from a model that was trained before, or from weights, and whether it can."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from api.jobs.schemas import InitFrom, JobRequest
from engine.errors import PointedProblem
from engine.spec import LayerSpec, ModelSpec, loss_spec
from engine.training.fine_tuning import names_of
from service import weights_matching
from store.artifacts import models, uploaded_weights
from store.db.transaction import Lock, Tx
from store.ids import ProjectId
from store.tables import Model, Weights
from tabular.errors import InvalidPlan
from tabular.planning.embeddings import in_front
from tabular.planning.plan import Plan
from tabular.profile import DataWarning, Profile
from tabular.spec import Encoding, FeatureSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What a job starts from, with how it was asked for."""

    asked: InitFrom
    source: Model | Weights

    @property
    def columns(self) -> dict[str, str]:
        """As the job's row names it."""
        return {("base_weights_id" if isinstance(self.source, Weights) else "base_model_id"): self.source.id}


def base_of(tx: Tx, project: ProjectId, body: JobRequest, lock: Lock | None = None) -> Base | None:
    """What the job is to start from, if it names something; `lock` as in `weights.get`."""
    asked = body.init_from
    if asked is None:
        return None
    if asked.weights_id is not None:
        return Base(asked=asked, source=uploaded_weights.get(tx, project, asked.weights_id, lock))
    return Base(asked=asked, source=models.get(tx, project, asked.model_id or "", lock))


def with_defaults_of(body: JobRequest, base: Base | None) -> JobRequest:
    """The request, with a base model's features and layers where it names none.

    Raises:
        InvalidPlan: it names other features than the base model learned from, or other encodings.
    """
    if base is None or isinstance(base.source, Weights):
        return body
    learned = base.source.preprocessing["features"]["columns"]
    names = [column["name"] for column in learned]
    if body.features is not None and [feature.column for feature in body.features] != names:
        detail = f"The base model learned from {', '.join(map(repr, names))}, in this order: name these, or none."
        raise InvalidPlan([PointedProblem(pointer="/features", detail=detail)])
    features = tuple(map(_feature, learned))
    if problems := list(_reencoded(body.features or (), features)):
        raise InvalidPlan(problems)
    layers = _layers_of(base.source)
    model = body.model or ModelSpec(layers=layers[len(in_front(layers)) :])
    return body.model_copy(update={"features": features, "model": model})


def _reencoded(asked: Sequence[FeatureSpec], learned: Sequence[FeatureSpec]) -> Iterator[PointedProblem]:
    """What is asked to be encoded in another way than the base model learned it."""
    for place, (feature, base) in enumerate(zip(asked, learned, strict=False)):
        for field in ("encoding", "size"):
            wanted, known = getattr(feature, field), getattr(base, field)
            if wanted is not None and wanted != known:
                detail = f"The base model learned {feature.column!r} with {known!r}, not {wanted!r}: leave this out."
                yield PointedProblem(pointer=f"/features/{place}/{field}", detail=detail)


def _feature(column: dict[str, Any]) -> FeatureSpec:
    """A column of the base model's as it would be asked for."""
    encoding = column["encoding"] if column["encoding"] in get_args(Encoding) else None
    return FeatureSpec(column=column["name"], encoding=encoding, size=column.get("size"))


def vectors_of(base: Base | None) -> dict[str, int]:
    """How many vectors a base model has learned for each of its embedded columns."""
    if base is None or isinstance(base.source, Weights):
        return {}
    embedded = [column["name"] for column in base.source.preprocessing["features"]["columns"] if "size" in column]
    tables = [table for layer in in_front(_layers_of(base.source)) for table in layer.columns]
    return {name: table.categories for name, table in zip(embedded, tables, strict=True)}


def start_from(base: Base | None, resolved: Plan, profile: Profile) -> tuple[Plan, dict[str, Any] | None]:
    """The plan with its frozen layers and what there is to say; and `init_from` of the spec: what is taken over.

    Raises:
        InvalidPlan: nothing can be taken over, or less than is to be frozen.
    """
    if base is None:
        return resolved, None
    warnings: list[DataWarning] = []
    if isinstance(base.source, Weights):
        taken = weights_matching.transfer(base.asked, base.source, resolved, profile, warnings)
    else:
        taken = _transfer(base.asked, base.source, resolved)
    network = weights_matching.network_of(resolved)
    first = [index for index in _frozen(base.asked, resolved) if names_of(network, index)]
    training = resolved.training.model_copy(update={"frozen": tuple(sorted({*resolved.training.frozen, *first}))})
    return resolved.model_copy(update={"training": training, "warnings": (*resolved.warnings, *warnings)}), taken


def _frozen(asked: InitFrom, resolved: Plan) -> range:
    """The plan's layers that stay: `freeze_layers` does not count that of the vectors, which stays with the first."""
    return range(len(in_front(resolved.layers)) + asked.freeze_layers) if asked.freeze_layers else range(0)


def _transfer(asked: InitFrom, base: Model, resolved: Plan) -> dict[str, Any]:
    """How many of a model's first layers are taken over, and whether its output layer."""
    layers = _layers_of(base)
    alike = _alike(resolved.layers, layers)
    problems = []
    if layers and not alike:
        detail = "The first layer is not like the base model's; leave the layers out to take all of its own."
        problems.append(PointedProblem(pointer="/model/layers", detail=detail))
    own = alike - len(in_front(resolved.layers))
    if asked.freeze_layers > own:
        detail = (
            f"Only {own} layers are taken over from the base model, so that {asked.freeze_layers} cannot be frozen."
        )
        problems.append(PointedProblem(pointer="/init_from/freeze_layers", detail=detail))
    if problems:
        raise InvalidPlan(problems)
    whole = alike == len(layers) == len(resolved.layers)
    head = whole and _same_answer(base, resolved) and not asked.new_head
    return asked.model_dump(exclude={"weights_id"}) | {"layers": alike, "head": head}


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
