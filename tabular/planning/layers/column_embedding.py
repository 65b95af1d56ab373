"""The embedding layer in front of a network with embedded features, and the numbering of layers behind it."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from engine.spec import (
    MAX_EMBEDDED,
    ColumnEmbeddingSpec,
    EmbeddedColumnSpec,
    LayerSpec,
    ModelSpec,
    PeriodicEmbeddingSpec,
)
from tabular.planning.features.feature_plan import FeaturePlan
from tabular.planning.layers.pointers import LAYERS, walk
from tabular.planning.layers.waves import wave_layer
from tabular.planning.report import PlanningReport
from tabular.planning.request import PlanRequest

ADDED = (ColumnEmbeddingSpec, PeriodicEmbeddingSpec)


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkLayers:
    """The hidden layers of a network: layers that planning adds, if any, then the requested layers.

    `added`: the embedding layer if features are embedded and the layer with waves of numbers, or the reshape layer that
    makes time steps of windows. Requests number their layers from 0 without the added layers; the network numbers them,
    too. Only this class converts between the two.
    """

    added: tuple[LayerSpec, ...]
    requested: tuple[LayerSpec, ...]

    @classmethod
    def of(cls, layers: Sequence[LayerSpec]) -> "NetworkLayers":
        """Divide all layers of a network. A reshape layer counts as requested, as it can be in any job."""
        added = tuple(itertools.takewhile(lambda layer: isinstance(layer, ADDED), layers))
        return cls(added=added, requested=tuple(layers[len(added) :]))

    @property
    def embedding(self) -> tuple[ColumnEmbeddingSpec, ...]:
        """The embedding layer, if there is one."""
        return tuple(layer for layer in self.added if isinstance(layer, ColumnEmbeddingSpec))

    @property
    def all(self) -> tuple[LayerSpec, ...]:
        """All layers in order."""
        return (*self.added, *self.requested)

    def index(self, requested: int) -> int:
        """Return the network's index of a requested layer."""
        return len(self.added) + requested

    def requested_count(self, count: int) -> int:
        """Return how many of the network's first `count` layers were requested."""
        return max(count - len(self.added), 0)

    def first(self, requested: int) -> range:
        """Return the network's layers up to the last of the first `requested` layers; none for 0."""
        return range(self.index(requested)) if requested else range(0)


def added_layers(features: Sequence[FeaturePlan]) -> tuple[LayerSpec, ...]:
    """Return the layers that features add in front of the requested ones."""
    return (*embedding_layer(features), *wave_layer(features))


def embedding_layer(features: Sequence[FeaturePlan]) -> tuple[ColumnEmbeddingSpec, ...]:
    """Return the layer that looks up the embeddings of embedded features: one layer, or none without such features.

    Preprocessing writes the category numbers of embedded features first, in the order of the features.
    """
    embedded = [(feature.vectors, feature.size) for feature in features if feature.encoding == "embedding"]
    columns = tuple(
        EmbeddedColumnSpec(column=index, categories=embeddings, size=size)
        for index, (embeddings, size) in enumerate(embedded)
        if embeddings and size
    )
    return (ColumnEmbeddingSpec(columns=columns),) if columns else ()


def check_embedded_features(request: PlanRequest, features: Sequence[FeaturePlan], report: PlanningReport) -> None:
    """Report layers that do not fit behind the embedding layer, and layers that duplicate it."""
    if request.input_use == "by_position":
        _check_order(features, report)
    count = sum(feature.encoding == "embedding" for feature in features)
    if count > MAX_EMBEDDED:
        report.reject("/features", f"{count} features are embedded; at most {MAX_EMBEDDED} are allowed.")
        return
    _reject_requested(request.layers, report)
    try:
        ModelSpec(layers=(*added_layers(features), *request.layers))
    except ValidationError:
        detail = "The embedding of features adds layers, which exceed the limit. Remove one of the layers."
        report.reject(LAYERS, detail)


def _reject_requested(layers: Sequence[LayerSpec], report: PlanningReport) -> None:
    for pointer, layer in walk(layers):
        if isinstance(layer, ADDED):
            encoding = '"embedding"' if isinstance(layer, ColumnEmbeddingSpec) else '"numeric_embedding" with a `size`'
            detail = (
                f"{layer.type} is added automatically for embedded features. "
                f'Remove this layer and request "encoding": {encoding} for the features.'
            )
            report.reject(pointer, detail)


def _check_order(features: Sequence[FeaturePlan], report: PlanningReport) -> None:
    """Report embedded features listed after others, because embeddings come first among the inputs."""
    other = None
    for index, feature in enumerate(features):
        if feature.encoding != "embedding":
            other = other or feature.column
        elif other:
            detail = "The layers use inputs by position, and embedded features come first. "
            report.reject(f"/features/{index}", f"{detail}List {feature.column!r} before {other!r}.")
