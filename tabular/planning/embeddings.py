"""The layer that stands in front of a model some of whose features are embedded: what it is, and when it cannot be."""

from collections.abc import Mapping, Sequence

from pydantic import ValidationError

from engine.spec import MAX_EMBEDDED, ColumnEmbeddingSpec, EmbeddedColumnSpec, LayerSpec, ModelSpec
from tabular.planning.features import FeaturePlan, Reading
from tabular.planning.findings import Findings
from tabular.planning.layers import LAYERS, walk


def in_front(layers: Sequence[LayerSpec]) -> tuple[ColumnEmbeddingSpec, ...]:
    """Return the first layer if it looks vectors up; nothing otherwise."""
    return tuple(layer for layer in layers[:1] if isinstance(layer, ColumnEmbeddingSpec))


def front(features: Sequence[FeaturePlan]) -> tuple[LayerSpec, ...]:
    """Return the layer that looks up vectors by the first numbers of a row: those of embedded features, if any."""
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
    layers: Sequence[LayerSpec], features: Sequence[FeaturePlan], reading: Reading, findings: Findings
) -> None:
    """Note layers that cannot stand behind a layer of vectors, and those that do not leave it to the features."""
    if reading == "positions":
        _check_order(features, findings)
    many = sum(feature.encoding == "embedding" for feature in features)
    if many > MAX_EMBEDDED:
        findings.refuse("/features", f"{many} features are embedded, and at most {MAX_EMBEDDED} may be.")
        return
    _check_layers(layers, findings)
    try:
        ModelSpec(layers=(*front(features), *layers))
    except ValidationError:
        detail = "The features' embedding is a layer, too, so that there may be one layer less."
        findings.refuse(LAYERS, detail)


def _check_layers(layers: Sequence[LayerSpec], findings: Findings) -> None:
    """Note layers that look up vectors without a feature that asks for it."""
    for pointer, layer in walk(layers):
        if isinstance(layer, ColumnEmbeddingSpec):
            detail = (
                "column_embedding is put in front by features that ask for it, which know their numbers. "
                'Leave it out, and name the features with "encoding": "embedding".'
            )
            findings.refuse(pointer, detail)


def _check_order(features: Sequence[FeaturePlan], findings: Findings) -> None:
    """Note embedded features behind others, for layers that read numbers by their places: vectors come first."""
    other = None
    for place, feature in enumerate(features):
        if feature.encoding != "embedding":
            other = other or feature.column
        elif other:
            detail = "The layers read inputs by their places, and vectors come first in a row: "
            findings.refuse(f"/features/{place}", f"{detail}name {feature.column!r} before {other!r}.")
