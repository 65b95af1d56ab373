"""The layer that stands in front of a model some of whose features are embedded: what it is, and when it cannot be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from engine.spec import MAX_EMBEDDED, ColumnEmbeddingSpec, EmbeddedColumnSpec, LayerSpec, ModelSpec
from tabular.planning.features import FeaturePlan, Reading
from tabular.planning.layers import LAYERS, walk
from tabular.planning.report import PlanningReport


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkLayers:
    """The hidden layers of a network: the embedding layer if features are embedded, then the requested layers.

    Requests number their layers from 0 without the embedding layer; the network numbers it, too. Only this class
    converts between the two.
    """

    embedding: tuple[ColumnEmbeddingSpec, ...]  # one layer or none
    requested: tuple[LayerSpec, ...]

    @classmethod
    def of(cls, layers: Sequence[LayerSpec]) -> "NetworkLayers":
        """Divide all layers of a network."""
        embedding = tuple(layer for layer in layers[:1] if isinstance(layer, ColumnEmbeddingSpec))
        return cls(embedding=embedding, requested=tuple(layers[len(embedding) :]))

    @property
    def all(self) -> tuple[LayerSpec, ...]:
        """All layers in order."""
        return (*self.embedding, *self.requested)

    def index(self, requested: int) -> int:
        """Return the network's index of a requested layer."""
        return len(self.embedding) + requested

    def requested_count(self, count: int) -> int:
        """Return how many of the network's first `count` layers were requested."""
        return max(count - len(self.embedding), 0)

    def first(self, requested: int) -> range:
        """Return the network's layers up to the last of the first `requested` layers; none for 0."""
        return range(self.index(requested)) if requested else range(0)


def embedding_layer(features: Sequence[FeaturePlan]) -> tuple[ColumnEmbeddingSpec, ...]:
    """Return the layer that looks up the embeddings of embedded features, if there are any: one layer or none."""
    embedded = [(feature.vectors, feature.size) for feature in features if feature.encoding == "embedding"]
    columns = tuple(
        EmbeddedColumnSpec(column=place, categories=vectors, size=size)
        for place, (vectors, size) in enumerate(embedded)
        if vectors and size
    )
    return (ColumnEmbeddingSpec(columns=columns),) if columns else ()


def with_vectors(features: Sequence[FeaturePlan], learned: Mapping[str, int]) -> tuple[FeaturePlan, ...]:
    """Return the features with as many vectors as a model to go on from has `learned`, by column."""
    return tuple(
        feature.model_copy(update={"vectors": learned.get(feature.column, feature.vectors)})
        if feature.encoding == "embedding"
        else feature
        for feature in features
    )


def check_front(
    layers: Sequence[LayerSpec], features: Sequence[FeaturePlan], reading: Reading, report: PlanningReport
) -> None:
    """Note layers that cannot stand behind a layer of vectors, and those that do not leave it to the features."""
    if reading == "positions":
        _check_order(features, report)
    many = sum(feature.encoding == "embedding" for feature in features)
    if many > MAX_EMBEDDED:
        report.reject("/features", f"{many} features are embedded, and at most {MAX_EMBEDDED} may be.")
        return
    _check_layers(layers, report)
    try:
        ModelSpec(layers=(*embedding_layer(features), *layers))
    except ValidationError:
        detail = "The features' embedding is a layer, too, so that there may be one layer less."
        report.reject(LAYERS, detail)


def _check_layers(layers: Sequence[LayerSpec], report: PlanningReport) -> None:
    """Note layers that look up vectors without a feature that asks for it."""
    for pointer, layer in walk(layers):
        if isinstance(layer, ColumnEmbeddingSpec):
            detail = (
                "column_embedding is put in front by features that ask for it, which know their numbers. "
                'Leave it out, and name the features with "encoding": "embedding".'
            )
            report.reject(pointer, detail)


def _check_order(features: Sequence[FeaturePlan], report: PlanningReport) -> None:
    """Note embedded features behind others, for layers that read numbers by their places: vectors come first."""
    other = None
    for place, feature in enumerate(features):
        if feature.encoding != "embedding":
            other = other or feature.column
        elif other:
            detail = "The layers read inputs by their places, and vectors come first in a row: "
            report.reject(f"/features/{place}", f"{detail}name {feature.column!r} before {other!r}.")
