"""What can be sent: layers."""

# Generated from the OpenAPI document by client/generator; do not edit.

from __future__ import annotations

from typing import Any, Literal, Required, TypedDict


class ActivationSpec(TypedDict, total=False):
    """An activation without a layer before it."""

    type: Literal["activation"]
    function: Literal[
        "linear",
        "relu",
        "leaky_relu",
        "elu",
        "selu",
        "gelu",
        "gelu_exact",
        "silu",
        "mish",
        "tanh",
        "sigmoid",
        "softplus",
    ]
    parametric: bool
    """learn a factor a for each feature: x + a (f(x) - x), initially 1"""


class AttentionSpec(TypedDict, total=False):
    """Multi-head self-attention (Vaswani et al., 2017) over the time steps of (time, features)."""

    type: Literal["attention"]
    heads: int
    """the number of features must be divisible by it"""
    causal: bool
    """restrict each time step to itself and those before it"""
    dropout: float
    """fraction of the weights set to zero while training"""


class AveragePoolSpec(TypedDict, total=False):
    """The mean of each window. Padding counts as zeros."""

    kernel: int | list[Any]
    """size, or [height, width]"""
    stride: int | list[Any] | None
    """default: the size of the kernel"""
    padding: int | list[Any]
    """zeros on all sides; at most half of the kernel"""
    type: Literal["average_pool"]


class BatchNormSpec(TypedDict, total=False):
    """Normalizes each feature or channel over the batch (Ioffe and Szegedy, 2015)."""

    type: Literal["batch_norm"]
    momentum: float
    """weight of each batch in the running statistics"""
    epsilon: float
    """added to the variance"""


class BranchSpec(TypedDict, total=False):
    """One of several stacks of layers that read the same input."""

    layers: list[
        ColumnEmbeddingSpec
        | PeriodicEmbeddingSpec
        | EmbeddingSpec
        | PositionsSpec
        | MaskSpec
        | LstmSpec
        | GruSpec
        | AttentionSpec
        | DenseSpec
        | DropoutSpec
        | ActivationSpec
        | Conv1dSpec
        | Conv2dSpec
        | ConvTranspose2dSpec
        | MaxPoolSpec
        | AveragePoolSpec
        | GlobalPoolSpec
        | BatchNormSpec
        | LayerNormSpec
        | GroupNormSpec
        | ScaleSpec
        | ReshapeSpec
        | FlattenSpec
        | SelectSpec
        | ResidualSpec
        | ParallelSpec
    ]
    """none: the branch is the input itself"""


class ColumnEmbeddingSpec(TypedDict, total=False):
    """Replaces category numbers with learned vectors. Other columns are unchanged. The service adds this layer at
    the front if features have the encoding `embedding`. It cannot be requested directly.
    """

    type: Literal["column_embedding"]
    columns: Required[list[EmbeddedColumnSpec]]


class Conv1dSpec(TypedDict, total=False):
    """Convolution over the time steps of sequences (time, features), followed by its activation."""

    channels: Required[int]
    """outputs at each position"""
    groups: int
    """each group of outputs uses one group of inputs"""
    bias: bool
    activation: Literal[
        "linear",
        "relu",
        "leaky_relu",
        "elu",
        "selu",
        "gelu",
        "gelu_exact",
        "silu",
        "mish",
        "tanh",
        "sigmoid",
        "softplus",
    ]
    initializer: Literal[
        "auto",
        "he_normal",
        "he_uniform",
        "glorot_normal",
        "glorot_uniform",
        "lecun_normal",
        "lecun_uniform",
        "orthogonal",
        "zeros",
    ]
    """of the kernels; auto: he_normal for the relu family, otherwise glorot_uniform"""
    type: Literal["conv1d"]
    kernel: int
    """time steps in a window"""
    stride: int
    padding: int | Literal["same"]
    """zeros at both ends; same: preserves the length"""


class Conv2dSpec(TypedDict, total=False):
    """Convolution of images (channels, height, width), followed by its activation."""

    channels: Required[int]
    """outputs at each position"""
    groups: int
    """each group of outputs uses one group of inputs"""
    bias: bool
    activation: Literal[
        "linear",
        "relu",
        "leaky_relu",
        "elu",
        "selu",
        "gelu",
        "gelu_exact",
        "silu",
        "mish",
        "tanh",
        "sigmoid",
        "softplus",
    ]
    initializer: Literal[
        "auto",
        "he_normal",
        "he_uniform",
        "glorot_normal",
        "glorot_uniform",
        "lecun_normal",
        "lecun_uniform",
        "orthogonal",
        "zeros",
    ]
    """of the kernels; auto: he_normal for the relu family, otherwise glorot_uniform"""
    type: Literal["conv2d"]
    kernel: int | list[Any]
    """size, or [height, width]"""
    stride: int | list[Any]
    padding: int | list[Any] | Literal["same"]
    """zeros on all sides, or [above and below, left and right]; same: preserves the size"""


class ConvTranspose2dSpec(TypedDict, total=False):
    """Transposed convolution of images, followed by its activation: makes images larger, as decoders do. The height
    becomes (height - 1) * stride - 2 * padding + kernel, the width accordingly.
    """

    type: Literal["conv_transpose2d"]
    channels: Required[int]
    """outputs at each position"""
    kernel: int | list[Any]
    """size, or [height, width]"""
    stride: int | list[Any]
    """how many times larger the image becomes"""
    padding: int | list[Any]
    """lines cut off on all sides, fewer than the kernel has"""
    bias: bool
    activation: Literal[
        "linear",
        "relu",
        "leaky_relu",
        "elu",
        "selu",
        "gelu",
        "gelu_exact",
        "silu",
        "mish",
        "tanh",
        "sigmoid",
        "softplus",
    ]
    initializer: Literal[
        "auto",
        "he_normal",
        "he_uniform",
        "glorot_normal",
        "glorot_uniform",
        "lecun_normal",
        "lecun_uniform",
        "orthogonal",
        "zeros",
    ]
    """of the kernels; auto: he_normal for the relu family, otherwise glorot_uniform"""


class DenseSpec(TypedDict, total=False):
    """A fully connected layer over the last axis, followed by its activation."""

    type: Literal["dense"]
    units: Required[int]
    """outputs of the layer"""
    activation: Literal[
        "linear",
        "relu",
        "leaky_relu",
        "elu",
        "selu",
        "gelu",
        "gelu_exact",
        "silu",
        "mish",
        "tanh",
        "sigmoid",
        "softplus",
    ]
    initializer: Literal[
        "auto",
        "he_normal",
        "he_uniform",
        "glorot_normal",
        "glorot_uniform",
        "lecun_normal",
        "lecun_uniform",
        "orthogonal",
        "zeros",
    ]
    """of the weights; auto: lecun_normal for selu, he_normal for the relu family, otherwise glorot_uniform"""
    bias_initializer: Literal["zeros", "normal"]
    """of the biases; normal: standard normal values, which spread the bends of the units"""


class DropoutSpec(TypedDict, total=False):
    """Sets a random fraction of its inputs to zero while training, and scales up the rest."""

    type: Literal["dropout"]
    rate: Required[float]
    """fraction of inputs set to zero"""


class EmbeddedColumnSpec(TypedDict, total=False):
    """A column of a flat row with whole numbers from 0 to `categories` - 1, replaced by vectors of length `size`."""

    column: Required[int]
    """index of the column in the row, from 0"""
    categories: Required[int]
    """number of vectors to learn"""
    size: Required[int]
    """length of the vectors"""


class EmbeddingSpec(TypedDict, total=False):
    """A learned vector for each of `vocabulary` whole numbers: rows (columns,) become (columns, units)."""

    type: Literal["embedding"]
    vocabulary: Required[int]
    """inputs are whole numbers from 0 to vocabulary - 1; others count as the nearest of these"""
    units: Required[int]
    """length of the vectors"""
    padding: int | None
    """the number that fills up short sequences at their end. Its vector is not trained and starts as 0; recurrent
    layers, attention and global pooling that follow ignore these time steps
    """


class FlattenSpec(TypedDict, total=False):
    """The same numbers as one flat row."""

    type: Literal["flatten"]


class GlobalPoolSpec(TypedDict, total=False):
    """One number per channel of an image, or per feature of a sequence."""

    type: Literal["global_pool"]
    function: Literal["average", "max"]


class GroupNormSpec(TypedDict, total=False):
    """Normalizes groups of channels or features within each row (Wu and He, 2018). Works with any batch size."""

    type: Literal["group_norm"]
    groups: int
    """the number of channels must be divisible by it"""
    epsilon: float
    """added to the variance"""


class GruSpec(TypedDict, total=False):
    """Gated recurrent unit (Cho et al., 2014): similar to an LSTM, with three quarters of its weights."""

    units: Required[int]
    """size of the state"""
    output: Literal["last", "sequence"]
    """last: the state after the last time step; sequence: after each one, (time, units)"""
    direction: Literal["forward", "backward", "bidirectional"]
    """bidirectional concatenates the states of both directions: 2 * units"""
    type: Literal["gru"]


class LayerNormSpec(TypedDict, total=False):
    """Normalizes the features of each row or time step (Ba, Kiros and Hinton, 2016)."""

    type: Literal["layer_norm"]
    epsilon: float
    """added to the variance"""


class LstmSpec(TypedDict, total=False):
    """Long short-term memory (Hochreiter and Schmidhuber, 1997, with forget gates)."""

    units: Required[int]
    """size of the state"""
    output: Literal["last", "sequence"]
    """last: the state after the last time step; sequence: after each one, (time, units)"""
    direction: Literal["forward", "backward", "bidirectional"]
    """bidirectional concatenates the states of both directions: 2 * units"""
    type: Literal["lstm"]


class MaskSpec(TypedDict, total=False):
    """Marks time steps of (time, features) at the end of a sequence as padding. Recurrent layers, attention and
    global pooling that follow ignore them. For whole numbers, `embedding` has the field `padding`.
    """

    type: Literal["mask"]
    value: float
    """time steps whose features all have this value are padding"""


class MaxPoolSpec(TypedDict, total=False):
    """The maximum of each window."""

    kernel: int | list[Any]
    """size, or [height, width]"""
    stride: int | list[Any] | None
    """default: the size of the kernel"""
    padding: int | list[Any]
    """zeros on all sides; at most half of the kernel"""
    type: Literal["max_pool"]


class ParallelSpec(TypedDict, total=False):
    """Branches that read the same input, and whose outputs are joined: several inputs, or several views of one."""

    type: Literal["parallel"]
    branches: Required[list[BranchSpec]]
    join: Literal["concatenate", "add"]
    """put features or channels side by side, or add outputs of equal shape"""


class PeriodicEmbeddingSpec(TypedDict, total=False):
    """Adds learned waves of some columns of a flat row to the row: `size` sums of cosines for each column. The
    service adds this layer at the front if features have the encoding `numeric_embedding` with a `size`. It cannot
    be requested directly.
    """

    type: Literal["periodic_embedding"]
    columns: Required[list[int]]
    """indices of the columns in the row, from 0, in ascending order"""
    frequencies: Required[int]
    """number of cosines for each column"""
    size: Required[int]
    """number of sums of them for each column"""


class PositionsSpec(TypedDict, total=False):
    """Adds a vector to each time step of (time, features) that encodes its position."""

    type: Literal["positions"]
    kind: Literal["sinusoidal", "learned"]
    """sines and cosines of decreasing frequency, without parameters; or learned vectors"""


class ReshapeSpec(TypedDict, total=False):
    """The same numbers in another shape, such as (channels, height, width) or (time, features). One side may be -1:
    it takes the numbers that the other sides leave.
    """

    type: Literal["reshape"]
    shape: Required[list[int]]


class ResidualSpec(TypedDict, total=False):
    """A block of layers whose input is added to its output (He et al., 2016)."""

    type: Literal["residual"]
    layers: Required[
        list[
            ColumnEmbeddingSpec
            | PeriodicEmbeddingSpec
            | EmbeddingSpec
            | PositionsSpec
            | MaskSpec
            | LstmSpec
            | GruSpec
            | AttentionSpec
            | DenseSpec
            | DropoutSpec
            | ActivationSpec
            | Conv1dSpec
            | Conv2dSpec
            | ConvTranspose2dSpec
            | MaxPoolSpec
            | AveragePoolSpec
            | GlobalPoolSpec
            | BatchNormSpec
            | LayerNormSpec
            | GroupNormSpec
            | ScaleSpec
            | ReshapeSpec
            | FlattenSpec
            | SelectSpec
            | ResidualSpec
            | ParallelSpec
        ]
    ]
    projection: list[
        ColumnEmbeddingSpec
        | PeriodicEmbeddingSpec
        | EmbeddingSpec
        | PositionsSpec
        | MaskSpec
        | LstmSpec
        | GruSpec
        | AttentionSpec
        | DenseSpec
        | DropoutSpec
        | ActivationSpec
        | Conv1dSpec
        | Conv2dSpec
        | ConvTranspose2dSpec
        | MaxPoolSpec
        | AveragePoolSpec
        | GlobalPoolSpec
        | BatchNormSpec
        | LayerNormSpec
        | GroupNormSpec
        | ScaleSpec
        | ReshapeSpec
        | FlattenSpec
        | SelectSpec
        | ResidualSpec
        | ParallelSpec
    ]
    """layers applied to the input before it is added; default: none"""
    recompute: bool
    """store the input of the block only, and compute the rest again in the backward pass: the same numbers, in less
    memory, for one more forward pass. Blocks that are equal share memory
    """


class ScaleSpec(TypedDict, total=False):
    """Multiplies each feature by a learned factor, initially 1."""

    type: Literal["scale"]


class SelectSpec(TypedDict, total=False):
    """Some neighboring features of each row or time step, such as those of one of several inputs in a branch."""

    type: Literal["select"]
    start: int
    """the first feature, counted from 0"""
    stop: Required[int]
    """the feature after the last one"""
