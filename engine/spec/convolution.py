"""Specs of the layers with sliding windows, on images and sequences: convolution, pooling."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from engine.spec.base import MAX_WIDTH, Spec
from engine.spec.dense import ActivationName, InitializerName

MAX_KERNEL = 64  # along one axis
Size = Annotated[int, Field(ge=1, le=MAX_KERNEL)]
Zeros = Annotated[int, Field(ge=0, lt=MAX_KERNEL)]
SizePair = Annotated[tuple[Size, Size], Field(strict=False)]
ZerosPair = Annotated[tuple[Zeros, Zeros], Field(strict=False)]


class ConvolutionSpec(Spec):
    """Fields that convolutions of images and sequences share."""

    channels: int = Field(ge=1, le=MAX_WIDTH, description="outputs at each position")
    groups: int = Field(default=1, ge=1, le=MAX_WIDTH, description="each group of outputs uses one group of inputs")
    bias: bool = True
    activation: ActivationName = "relu"
    initializer: InitializerName = Field(
        default="auto",
        description="of the kernels; auto: he_normal for the relu family, otherwise glorot_uniform",
    )

    @model_validator(mode="after")
    def _check_groups(self) -> Self:
        if self.channels % self.groups:
            raise ValueError("channels must be divisible by groups")
        return self


class Conv1dSpec(ConvolutionSpec):
    """Convolution over the time steps of sequences (time, features), followed by its activation."""

    type: Literal["conv1d"] = "conv1d"
    kernel: Size = Field(default=3, description="time steps in a window")
    stride: Size = 1
    padding: Zeros | Literal["same"] = Field(default=0, description="zeros at both ends; same: preserves the length")

    @model_validator(mode="after")
    def _check_padding(self) -> Self:
        _check_same(self.padding, (self.kernel,), (self.stride,))
        return self


class Conv2dSpec(ConvolutionSpec):
    """Convolution of images (channels, height, width), followed by its activation."""

    type: Literal["conv2d"] = "conv2d"
    kernel: Size | SizePair = Field(default=3, description="size, or [height, width]")
    stride: Size | SizePair = 1
    padding: Zeros | ZerosPair | Literal["same"] = Field(
        default=0, description="zeros on all sides, or [above and below, left and right]; same: preserves the size"
    )

    @model_validator(mode="after")
    def _check_padding(self) -> Self:
        _check_same(self.padding, _sizes(self.kernel), _sizes(self.stride))
        return self


class ConvTranspose2dSpec(Spec):
    """Transposed convolution of images, followed by its activation: makes images larger, as decoders do.

    The height becomes (height - 1) * stride - 2 * padding + kernel, the width accordingly.
    """

    type: Literal["conv_transpose2d"] = "conv_transpose2d"
    channels: int = Field(ge=1, le=MAX_WIDTH, description="outputs at each position")
    kernel: Size | SizePair = Field(default=2, description="size, or [height, width]")
    stride: Size | SizePair = Field(default=2, description="how many times larger the image becomes")
    padding: Zeros | ZerosPair = Field(default=0, description="lines cut off on all sides, fewer than the kernel has")
    bias: bool = True
    activation: ActivationName = "relu"
    initializer: InitializerName = Field(
        default="auto",
        description="of the kernels; auto: he_normal for the relu family, otherwise glorot_uniform",
    )

    @model_validator(mode="after")
    def _check_transposed_padding(self) -> Self:
        sides = zip(_pair(self.kernel), _pair(self.padding), strict=True)
        if any(zeros >= size for size, zeros in sides):
            raise ValueError("padding must be less than the kernel along the same axis")
        return self


class PoolSpec(Spec):
    """Fields that pooling layers share. On sequences, windows slide over time, and sizes are single numbers."""

    kernel: Size | SizePair = Field(default=2, description="size, or [height, width]")
    stride: Size | SizePair | None = Field(default=None, description="default: the size of the kernel")
    padding: Zeros | ZerosPair = Field(default=0, description="zeros on all sides; at most half of the kernel")

    @model_validator(mode="after")
    def _check_pool_padding(self) -> Self:
        sides = zip(_pair(self.kernel), _pair(self.padding), strict=True)
        if any(2 * zeros > size for size, zeros in sides):
            raise ValueError("padding must not exceed half of the kernel along the same axis")
        return self


class MaxPoolSpec(PoolSpec):
    """The maximum of each window."""

    type: Literal["max_pool"] = "max_pool"


class AveragePoolSpec(PoolSpec):
    """The mean of each window. Padding counts as zeros."""

    type: Literal["average_pool"] = "average_pool"


class GlobalPoolSpec(Spec):
    """One number per channel of an image, or per feature of a sequence."""

    type: Literal["global_pool"] = "global_pool"
    function: Literal["average", "max"] = "average"


def _sizes(value: int | tuple[int, int]) -> tuple[int, ...]:
    return (value,) if isinstance(value, int) else value


def _pair(value: int | tuple[int, int]) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else value


def _check_same(padding: object, kernel: tuple[int, ...], stride: tuple[int, ...]) -> None:
    if padding == "same" and not (all(size % 2 for size in kernel) and all(step == 1 for step in stride)):
        raise ValueError('padding "same" requires odd kernels and a stride of 1')
