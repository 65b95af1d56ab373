"""The names of tensors of a model with several networks: "bags.0.networks.2.4.weight" is "4.weight" of one of them."""

import re

from engine.interchange.tensors import Tensors

PREFIX = re.compile(r"bags\.\d+\.networks\.\d+\.")


def prefix_of(bag: int, network: int) -> str:
    """Return what the names of a network's tensors begin with."""
    return f"bags.{bag}.networks.{network}."


def by_network(tensors: Tensors) -> dict[str, Tensors]:
    """Return the tensors of each network under its prefix; under "" if the names have none."""
    found: dict[str, Tensors] = {}
    for name, values in tensors.items():
        prefix = match[0] if (match := PREFIX.match(name)) else ""
        found.setdefault(prefix, {})[name.removeprefix(prefix)] = values
    return found
