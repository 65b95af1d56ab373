"""Spec of learning rates that differ between the parts of a network."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from engine.spec.base import MAX_LAYERS, Spec, at_most

MAX_RATE_FACTOR = 1_000

RateFactor = Annotated[float, Field(gt=0, le=MAX_RATE_FACTOR)]


class LearningRateFactorsSpec(Spec):
    """Learning rates of the parts of a network, relative to the optimizer's rate.

    The factors of a parameter's kind and of its layer are multiplied. Weight decay is multiplied by them, too.
    """

    weights: RateFactor = Field(default=1.0, description="for the weights of dense, convolution and similar layers")
    biases: RateFactor = Field(default=1.0, description="for biases")
    gains: RateFactor = Field(default=1.0, description="for the factors of scale and normalization layers")
    embeddings: RateFactor = Field(
        default=1.0,
        description="for the vectors of embeddings and learned positions, and for the frequencies of waves",
    )
    by_fan_in: bool = Field(
        default=False,
        description="divide the rate of weights by the square root of the number of inputs that each unit adds up",
    )
    layers: Annotated[tuple[RateFactor, ...], Field(strict=False, max_length=MAX_LAYERS), at_most(MAX_LAYERS)] = Field(
        default=(), description="for each layer of `model`, from the first; 1 for layers that are not listed"
    )
    output: RateFactor = Field(default=1.0, description="for the output layer")

    @property
    def largest(self) -> float:
        """An upper limit of the factor of any parameter."""
        kinds = max(self.weights, self.biases, self.gains, self.embeddings)
        return kinds * max(self.output, *self.layers, 1.0)
