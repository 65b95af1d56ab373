"""Load the description of what a job starts from (`init_from`), as planning needs it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter

from engine.spec import LayerSpec, LossSpec, ModelSpec
from store.artifacts import models, uploaded_weights
from store.db.transaction import Tx
from store.ids import ProjectId
from store.tables import Model, Weights
from tabular.planning.initialization import BaseColumn, Initialization, ModelDescription, WeightsDescription
from tabular.planning.layers.column_embedding import NetworkLayers
from tabular.preprocessing.forecast import Forecast
from tabular.spec import EnsembleType, FeatureSpec, InitFrom
from tabular.trained_model.network_names import prefix_of
from tabular.trained_model.stored import fitted_bags

_LOSS: TypeAdapter[LossSpec] = TypeAdapter(LossSpec)


def load_initialization(tx: Tx, project: ProjectId, init_from: InitFrom | None) -> Initialization | None:
    """Return the description of the named model or weights, None if nothing is named.

    Raises:
        NotFound: the project has no such model or weights.
    """
    if init_from is None:
        return None
    if init_from.weights_id is not None:
        weights = uploaded_weights.get(tx, project, init_from.weights_id)
        return Initialization(init_from=init_from, source=_describe_weights(weights))
    return Initialization(
        init_from=init_from, source=_describe_model(models.get(tx, project, init_from.model_id or ""))
    )


def lock_base(tx: Tx, project: ProjectId, init_from: InitFrom | None) -> None:
    """Let nobody delete the named model or weights before `tx` ends. Raises `NotFound` if it is deleted already."""
    if init_from is not None and init_from.weights_id is not None:
        uploaded_weights.get(tx, project, init_from.weights_id, lock="shared")
    elif init_from is not None:
        models.get(tx, project, init_from.model_id or "", lock="shared")


def base_columns(init_from: InitFrom | None) -> dict[str, Any]:
    """Return the job's database columns that reference its base."""
    if init_from is None:
        return {}
    ids = {"base_model_id": init_from.model_id, "base_weights_id": init_from.weights_id}
    return {name: value for name, value in ids.items() if value is not None}


def _describe_weights(weights: Weights) -> WeightsDescription:
    """Return the tensors of the file; of an ensemble's file those of its first network, which all others resemble."""
    tensors = {each["name"]: (tuple(each["shape"]), each["dtype"]) for each in weights.tensors}
    first = prefix_of(0, 0)
    networks = {name.removeprefix(first): found for name, found in tensors.items() if name.startswith(first)}
    return WeightsDescription(tensors=networks or tensors)


def _describe_model(model: Model) -> ModelDescription:
    """Return the features and layers of the first bag, with those of further bags."""
    bags = model.architecture.get("bags") or [{}]
    features = fitted_bags(model.preprocessing)
    first, *further = [
        _describe_bag(model, model.architecture | bag, fitted["columns"])
        for bag, fitted in zip(bags, features, strict=True)
    ]
    target = model.preprocessing["target"]
    targets = tuple(column["column"] for column in target.get("targets", [target]))
    first = replace(first, columns=_columns(features), targets=targets, exposure=target.get("exposure"))
    networks = bags[0].get("networks", 1)
    if networks == 1:
        return first
    folds = bool((model.evaluation or {}).get("validation", {}).get("out_of_fold"))
    kind: EnsembleType = "folds" if folds else "seeds"
    return replace(first, ensemble=(kind, networks), further_bags=tuple(further))


def _describe_bag(model: Model, known: dict[str, Any], columns: Sequence[dict[str, Any]]) -> ModelDescription:
    layers = ModelSpec.model_validate({"layers": known["layers"]}).layers
    return ModelDescription(
        features=tuple(map(_feature, columns)),
        embedding_rows=_embedding_rows(columns, layers),
        layers=layers,
        task=known["task"],
        classes=tuple(known["classes"] or ()) or None,
        loss=_LOSS.validate_python(known["loss"]),
        sequence=Forecast.from_json(windows).sequence if (windows := model.preprocessing.get("sequence")) else None,
    )


def _columns(features: Sequence[dict[str, Any]]) -> tuple[BaseColumn, ...]:
    """Return the columns that the bags of a model read, each once."""
    stored = {column["name"]: column for fitted in features for column in fitted["columns"]}
    return tuple(
        BaseColumn(name=name, type=column["type"], labels=tuple(column.get("categories", ())))
        for name, column in stored.items()
    )


def _feature(column: dict[str, Any]) -> FeatureSpec:
    """Return a column of the model's preprocessing as a request would name it."""
    return FeatureSpec(
        column=column["name"],
        encoding=column["encoding"],
        size=column.get("size"),
        frequencies=column.get("frequencies"),
        bins=max(len(column["edges"]) - 1, 0) if column["encoding"] == "numeric_embedding" else None,
        cycles=tuple(column.get("cycles") or ()) or None,
        period=column.get("period"),
        missing_indicator=column.get("indicator"),
        order=tuple(column["categories"]) if column["encoding"] == "ordinal" else None,
    )


def _embedding_rows(columns: Sequence[dict[str, Any]], layers: Sequence[LayerSpec]) -> dict[str, int]:
    """Return how many categories the model's embedding layer has for each embedded column."""
    embedded = [column["name"] for column in columns if column["encoding"] == "embedding"]
    tables = [table for layer in NetworkLayers.of(layers).embedding for table in layer.columns]
    return {name: table.categories for name, table in zip(embedded, tables, strict=True)}
