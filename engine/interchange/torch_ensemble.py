"""PyTorch code for several networks whose answers are averaged."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.network import Network

TORCH = """class Bag(torch.nn.Module):
    def __init__(self, networks):
        super().__init__()
        self.networks = torch.nn.ModuleList(networks)

    def forward(self, x):
        return sum(self.answer(network(x)) for network in self.networks) / len(self.networks)

    def answer(self, z):
        return {activation}


class Ensemble(torch.nn.Module):
    def __init__(self, bags, weights):
        super().__init__()
        self.bags = torch.nn.ModuleList(bags)
        self.weights = weights

    def forward(self, *inputs):
        return sum(weight * bag(x) for weight, bag, x in zip(self.weights, self.bags, inputs))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TorchBag:
    """Equal networks, of which `network` is one, and the weight of their answers."""

    network: Network
    networks: int
    weight: float


def ensemble_code(bags: Sequence[TorchBag]) -> str:
    """Return PyTorch code that makes a module of all networks. It needs `import torch`.

    Classes are defined first; the last line is an expression. The module has one argument for each bag: the inputs of
    its networks, (rows, inputs). It returns the weighted mean of their answers, probabilities or values. Its parameters
    are named "bags.0.networks.0.0.weight", and so on.
    """
    definitions = {name: source for bag in bags for name, source in bag.network.sequential.torch_definitions().items()}
    classes = TORCH.format(activation=bags[0].network.loss.torch_activation("z"))
    parts = [f"Bag([{bag.network.sequential.torch_code()} for _ in range({bag.networks})])" for bag in bags]
    weights = [bag.weight for bag in bags]
    return "\n\n".join([*definitions.values(), classes, f"Ensemble([{', '.join(parts)}], {weights})"])
