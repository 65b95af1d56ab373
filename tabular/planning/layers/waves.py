"""The layer in front of a network that adds learned waves of numbers."""

from collections.abc import Sequence

from engine.spec import MAX_EMBEDDED, ColumnEmbeddingSpec, LayerSpec, PeriodicEmbeddingSpec
from tabular.planning.features.feature_plan import FeaturePlan
from tabular.planning.report import PlanningReport
from tabular.planning.request import PlanRequest


def wave_layer(features: Sequence[FeaturePlan]) -> tuple[PeriodicEmbeddingSpec, ...]:
    """Return the layer for the features that have waves: one layer, or none without such features.

    Preprocessing writes these features after the category numbers of embedded ones. Training rows decide how many
    inputs they make, so the columns of the layer are only the last ones possible; `place_waves` corrects them.
    """
    numbers = [feature for feature in features if feature.has_waves]
    column, columns = sum(feature.width_at_most for feature in features if feature.encoding == "embedding"), []
    for feature in numbers:
        columns.append(column)
        column += feature.inputs_at_most
    first = numbers[0] if numbers else None
    if first is None or not first.size or not first.frequencies:
        return ()
    return (PeriodicEmbeddingSpec(columns=tuple(columns), frequencies=first.frequencies, size=first.size),)


def place_waves(layers: Sequence[LayerSpec], inputs: Sequence[int]) -> tuple[LayerSpec, ...]:
    """Return the layers with the waves at the given inputs of the network."""
    embedded = [column for layer in layers[:1] if isinstance(layer, ColumnEmbeddingSpec) for column in layer.columns]
    shift = sum(column.size - 1 for column in embedded)
    return tuple(
        layer.model_copy(update={"columns": tuple(number + shift for number in inputs)})
        if isinstance(layer, PeriodicEmbeddingSpec)
        else layer
        for layer in layers
    )


def check_waves(request: PlanRequest, features: Sequence[FeaturePlan], report: PlanningReport) -> None:
    """Report waves where layers cannot use them, and features whose waves differ."""
    waves = [(index, feature) for index, feature in enumerate(features) if feature.has_waves]
    if len(waves) > MAX_EMBEDDED:
        report.reject("/features", f"{len(waves)} numbers have waves; at most {MAX_EMBEDDED} are allowed.")
    for index, feature in waves:
        pointer, first = f"/features/{index}", waves[0][1]
        if request.input_use != "any_order":
            detail = "The layers use inputs by position, so no layer can add waves. Leave `size` out."
            report.reject(f"{pointer}/size", detail)
        if request.sequence is not None:
            report.reject(f"{pointer}/size", "Windows of a time series have no waves. Leave `size` out.")
        for name in ("size", "frequencies"):
            if getattr(feature, name) != getattr(first, name):
                detail = f"{first.column!r} has {name} {getattr(first, name)}; all need the same. Use it here, too."
                report.reject(f"{pointer}/{name}", detail)
