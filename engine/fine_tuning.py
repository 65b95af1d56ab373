"""Start from a network that has learned already: take some of its layers, draw the others anew."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from engine import streams
from engine.memory import Array
from engine.network import Network, StateMismatch, misfit


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """Names of parameters and statistics: those taken over, and those drawn anew."""

    taken: tuple[str, ...]
    drawn: tuple[str, ...]


def start_from(
    network: Network,
    state: Mapping[str, Array],
    *,
    seed: int,
    layers: Collection[int] | None = None,
    head: bool = False,
) -> Transfer:
    """Initialise a network, then give some of its layers the values of another one's.

    `state` is what `torch_state` of a network whose layers begin alike returns, or the arrays of a file with PyTorch's
    names; what it has beyond the layers wanted is ignored. `layers` counts layers of the spec from 0; None means all
    of them. The output layer is taken, too, with `head`. What is drawn comes from the seed's "init" stream.

    Raises:
        StateMismatch: wanted arrays are missing or do not fit; lists every problem, changes nothing.
    """
    wanted = [name for name in network.parameters.values if _is_wanted(network, name, layers, head=head)]
    problems = [f"{name} is missing" for name in wanted if name not in state]
    for name in wanted:
        problems += misfit(name, state[name], network.parameters.values[name]) if name in state else []
    if problems:
        raise StateMismatch(sorted(problems))
    network.initialize(streams.stream(seed, "init"))
    for name in wanted:
        network.parameters.values[name][...] = state[name]
    drawn = tuple(name for name in network.parameters.values if name not in wanted)
    return Transfer(taken=tuple(wanted), drawn=drawn)


def _is_wanted(network: Network, name: str, layers: Collection[int] | None, *, head: bool) -> bool:
    label = network.layers[int(name.partition(".")[0])].label
    if not label.startswith("layers["):
        return head
    return layers is None or label.startswith(tuple(f"layers[{index}] " for index in layers))
