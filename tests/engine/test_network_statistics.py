"""Running statistics are part of the weights of a network."""

import numpy as np

from engine.network import Network
from engine.spec import (
    ActivationSpec,
    BatchNormSpec,
    Conv2dSpec,
    LayerSpec,
    ReshapeSpec,
    ResidualSpec,
)
from engine.streams import stream


def test_running_statistics_are_part_of_the_state() -> None:
    layers: list[LayerSpec] = [
        ReshapeSpec(shape=(1, 4, 4)),
        Conv2dSpec(channels=2, activation="linear", bias=False),
        BatchNormSpec(),
        ResidualSpec(layers=(ActivationSpec(), Conv2dSpec(channels=2, padding="same"))),
    ]
    network = Network(layers, inputs=16, outputs=2, loss="softmax_cross_entropy", precision="float32")
    network.initialize(stream(0, "init"))
    network.allocate(8, training=True)
    x = np.random.default_rng(0).standard_normal((8, 16)).astype(np.float32)
    network.forward(x, stream(0, "dropout"))
    state = network.torch_state()
    assert list(state) == [
        "1.weight", "2.weight", "2.bias", "3.body.1.weight", "3.body.1.bias", "5.weight", "5.bias",
        "2.running_mean", "2.running_var",
    ]  # fmt: skip
    twin = Network(layers, inputs=16, outputs=2, loss="softmax_cross_entropy", precision="float32")
    twin.load_torch_state({**state, "2.num_batches_tracked": np.array(1)})
    np.testing.assert_array_equal(twin.predict(x), network.predict(x))
    assert network.torch_code().endswith(
        "torch.nn.Sequential(torch.nn.Unflatten(1, (1, 4, 4)), torch.nn.Conv2d(1, 2, (3, 3), stride=(1, 1), "
        "padding=(0, 0), groups=1, bias=False), torch.nn.BatchNorm2d(2, eps=1e-05, momentum=0.1), "
        "Residual(torch.nn.Sequential(torch.nn.ReLU(), torch.nn.Conv2d(2, 2, (3, 3), stride=(1, 1), padding=(1, 1), "
        "groups=1, bias=True), torch.nn.ReLU()), torch.nn.Sequential()), torch.nn.Flatten(), torch.nn.Linear(8, 2))"
    )
    assert network.torch_code().startswith("class Residual(torch.nn.Module):")
