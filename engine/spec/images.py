"""Specs of the layers for images and for neighbourhoods in time: convolution, pooling, normalization."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from engine.spec.base import MAX_WIDTH, TINY, Spec
from engine.spec.dense import ActivationName, InitializerName

MAX_KERNEL = 64  # numbers along one axis
Size = Annotated[int, Field(ge=1, le=MAX_KERNEL)]
Zeros = Annotated[int, Field(ge=0, lt=MAX_KERNEL)]
SizePair = Annotated[tuple[Size, Size], Field(strict=False)]
ZerosPair = Annotated[tuple[Zeros, Zeros], Field(strict=False)]


class ConvolutionSpec(Spec):
    """What convolutions of images and sequences share."""

    channels: int = Field(ge=1, le=MAX_WIDTH, description="outputs at each position")
    groups: int = Field(default=1, ge=1, le=MAX_WIDTH, description="each group of inputs feeds its group of outputs")
    bias: bool = True
    activation: ActivationName = "relu"
    initializer: InitializerName = Field(
        default="auto", description="of the kernels; auto: he_normal for the relu family, else glorot_uniform"
    )

    @model_validator(mode="after")
    def _groups_divide(self) -> Self:
        if self.channels % self.groups:
            raise ValueError("groups must divide channels")
        return self


class Conv1dSpec(ConvolutionSpec):
    """Convolution over the moments of sequences (time, features), followed by its activation."""

    type: Literal["conv1d"] = "conv1d"
    kernel: Size = Field(default=3, description="moments seen at a time")
    stride: Size = 1
    padding: Zeros | Literal["same"] = Field(default=0, description="zeros before and after; same: keeps the length")

    @model_validator(mode="after")
    def _same_is_possible(self) -> Self:
        _check_same(self.padding, (self.kernel,), (self.stride,))
        return self


class Conv2dSpec(ConvolutionSpec):
    """Convolution of images (channels, height, width), followed by its activation."""

    type: Literal["conv2d"] = "conv2d"
    kernel: Size | SizePair = Field(default=3, description="size, or [height, width]")
    stride: Size | SizePair = 1
    padding: Zeros | ZerosPair | Literal["same"] = Field(
        default=0, description="zeros on all sides, or [above and below, left and right]; same: keeps the size"
    )

    @model_validator(mode="after")
    def _same_is_possible(self) -> Self:
        _check_same(self.padding, _sizes(self.kernel), _sizes(self.stride))
        return self


class PoolSpec(Spec):
    """What windows of pooling share. On sequences they slide over time, and one number each is enough."""

    kernel: Size | SizePair = Field(default=2, description="size, or [height, width]")
    stride: Size | SizePair | None = Field(default=None, description="none: the kernel's size")
    padding: Zeros | ZerosPair = Field(default=0, description="on all sides; at most half of the kernel")

    @model_validator(mode="after")
    def _every_window_sees_something(self) -> Self:
        sides = zip(_pair(self.kernel), _pair(self.padding), strict=True)
        if any(2 * zeros > size for size, zeros in sides):
            raise ValueError("padding must not exceed half of the kernel on the same side")
        return self


class MaxPoolSpec(PoolSpec):
    """The largest number of each window."""

    type: Literal["max_pool"] = "max_pool"


class AveragePoolSpec(PoolSpec):
    """The mean of each window; padding counts as zeros."""

    type: Literal["average_pool"] = "average_pool"


class GlobalPoolSpec(Spec):
    """One number per channel of an image, or per feature of a sequence."""

    type: Literal["global_pool"] = "global_pool"
    function: Literal["average", "max"] = "average"


class BatchNormSpec(Spec):
    """Normalizes each feature or channel over the batch (Ioffe and Szegedy, 2015)."""

    type: Literal["batch_norm"] = "batch_norm"
    momentum: float = Field(default=0.1, gt=0, le=1, description="weight of a new batch in the running statistics")
    epsilon: float = Field(default=1e-5, ge=TINY, le=1, description="added to the variance")


class LayerNormSpec(Spec):
    """Normalizes the features of each row, or of each moment of a sequence (Ba, Kiros and Hinton, 2016)."""

    type: Literal["layer_norm"] = "layer_norm"
    epsilon: float = Field(default=1e-5, ge=TINY, le=1, description="added to the variance")


def _sizes(value: int | tuple[int, int]) -> tuple[int, ...]:
    return (value,) if isinstance(value, int) else value


def _pair(value: int | tuple[int, int]) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else value


def _check_same(padding: object, kernel: tuple[int, ...], stride: tuple[int, ...]) -> None:
    if padding == "same" and not (all(size % 2 for size in kernel) and all(step == 1 for step in stride)):
        raise ValueError("padding same needs odd kernels and a stride of 1")
