"""Layers are identified by their path in the spec."""

from engine.layers.build import build
from engine.layers.layer_id import FLATTEN, NETWORK, OUTPUT, ShapeError
from engine.spec import DenseSpec, ReshapeSpec, ResidualSpec

BLOCK = NETWORK.child("layers", 3, "residual")


def test_a_shape_error_points_to_its_layer() -> None:
    assert ShapeError(BLOCK.child("layers", 12, "conv2d"), "").pointer == "/layers/3/layers/12"
    assert ShapeError(BLOCK.child("projection", 0, "conv2d"), "").pointer == "/layers/3/projection/0"
    assert ShapeError(OUTPUT, "").pointer == "/layers"


def test_labels_name_the_path_and_the_types() -> None:
    assert BLOCK.label == "layers[3] (residual)"
    assert BLOCK.child("layers", 12, "conv2d").label == "layers[3] (residual).layers[12] (conv2d)"
    assert BLOCK.child("projection", 0, "dense").label == "layers[3] (residual).projection.layers[0] (dense)"


def test_the_spec_index_is_that_of_the_outermost_layer() -> None:
    assert BLOCK.child("projection", 0, "dense").spec_index == 3
    assert OUTPUT.spec_index is None
    assert FLATTEN.spec_index is None


def test_an_activation_has_the_id_of_its_layer() -> None:
    specs = [ReshapeSpec(shape=(2, 2)), ResidualSpec(layers=(DenseSpec(units=2, activation="tanh"),))]
    network = build(specs, (4,), (1,))
    assert [layer.id.path for layer in network.layers] == [("layers", 0), ("layers", 1), ("flatten",), ("output",)]
    (block,) = [layer for layer in network.layers if layer.id.type == "residual"]
    assert [layer.id.path for layer in block.body.layers] == [("layers", 1, "layers", 0)] * 2  # type: ignore[attr-defined]
