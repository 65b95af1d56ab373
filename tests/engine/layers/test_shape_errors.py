"""Shape errors name the layer and point to it."""

import pytest

from engine.layers.layer_id import ShapeError
from engine.network import Network
from engine.spec import (
    Conv1dSpec,
    Conv2dSpec,
    DenseSpec,
    GlobalPoolSpec,
    LayerNormSpec,
    LayerSpec,
    MaxPoolSpec,
    ReshapeSpec,
    ResidualSpec,
)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([Conv2dSpec(channels=2)], r"layers\[0\] \(conv2d\): takes images"),
        ([Conv1dSpec(channels=2)], r"layers\[0\] \(conv1d\): takes sequences"),
        ([MaxPoolSpec()], "takes images or sequences"),
        ([GlobalPoolSpec()], "takes images or sequences"),
        ([ReshapeSpec(shape=(2, 2, 4))], "12 numbers"),
        ([ReshapeSpec(shape=(3, 2, 2)), Conv2dSpec(channels=2)], "a kernel of 3 does not fit on 2 numbers"),
        ([ReshapeSpec(shape=(3, 2, 2)), Conv2dSpec(channels=2, kernel=1, groups=2)], "3 channels cannot be divided"),
        ([ReshapeSpec(shape=(3, 2, 2)), DenseSpec(units=2)], "add a flatten layer before it"),
        ([ReshapeSpec(shape=(3, 2, 2)), LayerNormSpec()], "use batch_norm for images"),
        ([DenseSpec(units=1), LayerNormSpec()], "a single feature"),
        ([ResidualSpec(layers=(DenseSpec(units=5),))], r"make shape \[5\], but the input to add has shape \[12\]"),
        ([ResidualSpec(layers=(Conv2dSpec(channels=5),))], r"layers\[0\] \(residual\)\.layers\[0\] \(conv2d\)"),
    ],
)
def test_a_shape_error_names_the_layer_and_the_problem(layers: list[LayerSpec], message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        Network(layers, inputs=12, outputs=2, loss="softmax_cross_entropy", precision="float32")
