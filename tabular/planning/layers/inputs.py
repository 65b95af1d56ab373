"""How many numbers the features of a row make for the requested layers."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from tabular.planning.features.feature_plan import FeaturePlan
from tabular.profile import Profile

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """The most numbers that the features can make. `reason`: why it may be fewer; None if the number is exact.

    Embeddings are already looked up: an embedded feature makes as many numbers as the size of its embedding.
    `steps`: how many rows of a time series make a sample, each the same number of inputs; None: a row is a sample.
    """

    most: int
    reason: str | None
    steps: int | None = None

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """The shapes in which layers can read the inputs: flat, or as the time steps of a sequence."""
        return ((self.most,),) if self.steps is None else ((self.most,), (self.steps, self.most // self.steps))

    @property
    def fewer(self) -> "Inputs":
        """The inputs if the features made one number less of each row."""
        return replace(self, most=self.most - (self.steps or 1))

    def describe(self) -> str:
        """Return a sentence that says how many inputs there are and why it may be fewer."""
        if self.reason:
            return f"The features make at most {self.most} inputs. It may be fewer because {self.reason}."
        return f"The features make {self.most} {'input' if self.most == 1 else 'inputs'}."


def count_inputs(features: Iterable[FeaturePlan], profile: Profile, steps: int | None = None) -> Inputs:
    """Return how many inputs the features make; the number is exact for numbers without missing values.

    `steps`: how many rows of a time series make a sample.
    """
    most, reason = 0, None
    for feature in features:
        most += feature.width_at_most
        column = profile.column(feature.column)
        if _depends_on_rows(feature):
            reason = (
                reason or f"the number of {feature.encoding} inputs of {feature.column!r} depends on the training rows"
            )
        elif feature.missing_indicator is None and feature.encoding != "embedding" and column and column.missing:
            reason = reason or f"{feature.column!r} has missing values, which may get an input of their own"
    return Inputs(most=most * (steps or 1), reason=reason, steps=steps)


def _depends_on_rows(feature: FeaturePlan) -> bool:
    """Whether the training rows decide how many inputs a feature makes."""
    if feature.encoding in {"datetime", "cyclic"}:
        return feature.type == "datetime" and feature.cycles is None
    return feature.encoding in {"one_hot", "numeric_embedding"}
