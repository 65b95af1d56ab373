"""The PyTorch code of an ensemble activates outputs as the engine does, and its classes take the weights as named."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from engine.interchange.torch_ensemble import TorchBag, ensemble_code
from engine.losses.build import LOSSES
from engine.network import Network
from engine.spec import DenseSpec, MultiTargetSpec, TargetSpec, loss_spec
from tests.support.losses import ready, shape_for

Array = Any


def functions_of_torch() -> SimpleNamespace:
    """Return NumPy functions under the names that the code uses."""

    def softmax(z: Array, axis: int) -> Array:
        exponentials = np.exp(z - z.max(axis=axis, keepdims=True))
        return exponentials / exponentials.sum(axis=axis, keepdims=True)

    def pad(x: Array, widths: tuple[int, int], value: float = 0.0) -> Array:
        return np.pad(x, ((0, 0), widths), constant_values=value)

    functional = SimpleNamespace(softplus=lambda z: np.logaddexp(0, z), pad=pad)
    return SimpleNamespace(
        softmax=softmax,
        sigmoid=lambda z: 1 / (1 + np.exp(-z)),
        exp=np.exp,
        clamp=lambda z, **limits: np.minimum(z, limits["max"]),
        cat=np.concatenate,
        cumsum=np.cumsum,
        diff=lambda x, dim: np.diff(x, axis=dim),
        nn=SimpleNamespace(functional=functional),
    )


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_outputs_are_activated_as_in_the_engine(name: str) -> None:
    spec = (
        MultiTargetSpec(
            targets=(
                TargetSpec(outputs=3, loss=loss_spec("softmax_cross_entropy")),
                TargetSpec(outputs=1, loss=loss_spec("poisson")),
            )
        )
        if name == "multi_target"
        else loss_spec(name)  # type: ignore[arg-type]
    )
    shape = (1,) if name == "cox" else (4,) if name == "multi_target" else shape_for(spec, (4,))
    loss = ready(spec, shape, 6)
    z = np.random.default_rng(0).standard_normal((6, *shape)) * 3
    found = eval(loss.torch_activation("z"), {"torch": functions_of_torch(), "z": z.copy()})
    np.testing.assert_allclose(found, loss.activate(z.copy()), rtol=1e-6, atol=1e-9)


def test_an_ensemble_loads_its_weights_in_pytorch_and_gives_the_weighted_mean() -> None:
    torch = pytest.importorskip("torch")

    def network(units: int) -> Network:
        made = Network([DenseSpec(units=units)], inputs=3, outputs=2, loss="softmax_cross_entropy", precision="float32")
        made.initialize(np.random.default_rng(units))
        return made

    networks = [[network(4), network(4)], [network(7), network(7)]]
    bags = [
        TorchBag(network=each[0], networks=2, weight=weight)
        for each, weight in zip(networks, (0.75, 0.25), strict=True)
    ]
    *classes, expression = ensemble_code(bags).split("\n\n")
    names: dict[str, Any] = {"torch": torch}
    exec("\n\n".join(classes), names)
    module = eval(expression, names)
    state = {
        f"bags.{place}.networks.{number}.{name}": torch.from_numpy(values)
        for place, bag in enumerate(networks)
        for number, each in enumerate(bag)
        for name, values in each.torch_state().items()
    }
    module.load_state_dict(state)
    x = np.random.default_rng(0).standard_normal((5, 3)).astype(np.float32)
    means = [np.mean([each.predict(x) for each in bag], axis=0) for bag in networks]
    found = module(torch.from_numpy(x), torch.from_numpy(x)).detach().numpy()
    np.testing.assert_allclose(found, 0.75 * means[0] + 0.25 * means[1], atol=1e-6)
