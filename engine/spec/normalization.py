"""Specs of the layers that normalize or scale features."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from engine.spec.base import MAX_WIDTH, TINY, Spec


class BatchNormSpec(Spec):
    """Normalizes each feature or channel over the batch (Ioffe and Szegedy, 2015)."""

    type: Literal["batch_norm"] = "batch_norm"
    momentum: float = Field(default=0.1, gt=0, le=1, description="weight of each batch in the running statistics")
    epsilon: float = Field(default=1e-5, ge=TINY, le=1, description="added to the variance")


class LayerNormSpec(Spec):
    """Normalizes the features of each row or time step (Ba, Kiros and Hinton, 2016)."""

    type: Literal["layer_norm"] = "layer_norm"
    epsilon: float = Field(default=1e-5, ge=TINY, le=1, description="added to the variance")


class GroupNormSpec(Spec):
    """Normalizes groups of channels or features within each row (Wu and He, 2018). Works with any batch size."""

    type: Literal["group_norm"] = "group_norm"
    groups: int = Field(default=1, ge=1, le=MAX_WIDTH, description="the number of channels must be divisible by it")
    epsilon: float = Field(default=1e-5, ge=TINY, le=1, description="added to the variance")


class ScaleSpec(Spec):
    """Multiplies each feature by a learned factor, initially 1."""

    type: Literal["scale"] = "scale"
