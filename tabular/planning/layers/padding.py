"""Sequences of different lengths: what stands for the missing values of features that are time steps."""

from collections.abc import Sequence

from engine.spec import EmbeddingSpec, FlattenSpec, MaskSpec, ReshapeSpec
from tabular.planning.features.feature_plan import FeaturePlan
from tabular.planning.request import PlanRequest


def with_padding(features: Sequence[FeaturePlan], request: PlanRequest) -> tuple[FeaturePlan, ...]:
    """Let missing values become the padding that the first layers know, without an input that says they are missing.

    `none` can become any number; `standardize` only 0, which is its mean. Other encodings stay as they are.
    """
    value = _padding_value(request)
    if value is None:
        return tuple(features)
    padded = {"padding": value, "missing_indicator": False}
    fits = {"none", "standardize"} if value == 0 else {"none"}
    return tuple(
        feature.model_copy(update=padded) if feature.encoding in fits and not feature.missing_indicator else feature
        for feature in features
    )


def _padding_value(request: PlanRequest) -> float | None:
    """Return the number that means padding where the inputs arrive; None if nothing does."""
    for layer in request.layers:
        if isinstance(layer, EmbeddingSpec):
            return layer.padding
        if isinstance(layer, MaskSpec):
            return layer.value
        if not isinstance(layer, (ReshapeSpec, FlattenSpec)):
            return None
    return None
