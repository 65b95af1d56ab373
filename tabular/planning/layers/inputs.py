"""How many numbers the features of a row make for the requested layers."""

from collections.abc import Iterable
from dataclasses import dataclass

from tabular.planning.features.feature_plan import FeaturePlan
from tabular.profile import Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """The most numbers that the features can make. `reason`: why it may be fewer; None if the number is exact.

    Embeddings are already looked up: an embedded feature makes as many numbers as the size of its embedding.
    """

    most: int
    reason: str | None

    def describe(self) -> str:
        """Return a sentence that says how many inputs there are and why it may be fewer."""
        if self.reason:
            return f"The features make at most {self.most} inputs. It may be fewer because {self.reason}."
        return f"The features make {self.most} {'input' if self.most == 1 else 'inputs'}."


def count_inputs(features: Iterable[FeaturePlan], profile: Profile) -> Inputs:
    """Return how many inputs the features make; the number is exact for numbers without missing values."""
    most, reason = 0, None
    for feature in features:
        most += feature.width_at_most
        column = profile.column(feature.column)
        if feature.encoding in {"one_hot", "datetime"}:
            reason = (
                reason or f"the number of {feature.encoding} inputs of {feature.column!r} depends on the training rows"
            )
        elif feature.missing_indicator is None and feature.encoding != "embedding" and column and column.missing:
            reason = reason or f"{feature.column!r} has missing values, which may get an input of their own"
    return Inputs(most=most, reason=reason)
