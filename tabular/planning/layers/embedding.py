"""Whether an `embedding` layer can look up the features: they must be whole numbers from 0 up."""

from collections.abc import Sequence

from engine.spec import EmbeddingSpec
from tabular.planning.features.feature_plan import FeaturePlan
from tabular.planning.layers.pointers import walk
from tabular.planning.report import PlanningReport
from tabular.planning.request import PlanRequest
from tabular.profile import Profile


def check_embedding(
    profile: Profile, request: PlanRequest, features: Sequence[FeaturePlan], report: PlanningReport
) -> None:
    """Report features that a first `embedding` layer cannot look up, and `embedding` layers that do not come first."""
    layers = [(pointer, layer) for pointer, layer in walk(request.layers) if isinstance(layer, EmbeddingSpec)]
    first = 1 if request.input_use == "whole_numbers" else 0
    for pointer, _ in layers[first:]:
        detail = "embedding looks up whole numbers, which only features are. Make it the first layer."
        report.reject(pointer, detail)
    if not first:
        return
    pointer, embedding = layers[0]
    for index, feature in enumerate(features):
        if problem := _why_not_whole(feature, profile):
            at = f"/features/{index}" if request.features is not None else pointer
            detail = f"{feature.column!r} {problem} The embedding layer looks up whole numbers of at least 0."
            report.reject(at, detail)
    _check_vocabulary(f"{pointer}/vocabulary", embedding.vocabulary, features, profile, report)


def _check_vocabulary(
    pointer: str, vocabulary: int, features: Sequence[FeaturePlan], profile: Profile, report: PlanningReport
) -> None:
    largest, column = max((_largest(feature, profile), feature.column) for feature in features)
    if largest >= vocabulary:
        detail = f"{column!r} has values up to {largest:g}. Set `vocabulary` to {largest + 1:g} or more."
        report.reject(pointer, detail)


def _why_not_whole(feature: FeaturePlan, profile: Profile) -> str | None:
    column = profile.column(feature.column)
    if feature.type != "number":
        return f"is a {feature.type} column."
    if feature.encoding != "none" or feature.missing_indicator:
        added = " with a missing indicator" if feature.missing_indicator else ""
        return f'is encoded as {feature.encoding}{added}; request "encoding": "none" only.'
    if column is None or not column.integer:
        return "has numbers with fractions."
    if column.missing and feature.padding is None:
        return (
            f"has no value in {column.missing:,} rows; set the `padding` of the embedding, which missing values become."
        )
    if isinstance(column.min, (int, float)) and column.min < 0:
        return f"has values down to {column.min:g}."
    return None


def _largest(feature: FeaturePlan, profile: Profile) -> float:
    column = profile.column(feature.column)
    return column.max if column and isinstance(column.max, (int, float)) else 0
