"""Start from a network that has learned already: take some of its layers, draw the others anew."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from engine import streams
from engine.layers.column_embedding import ColumnEmbedding
from engine.layers.layer_id import LayerId
from engine.memory import Array, Shape
from engine.network import Network, StateMismatch, tensor_problems

FLOATS = ("float64", "float32", "float16", "bfloat16")

Described = Mapping[str, tuple[Shape, str]]  # name -> shape and dtype of what a file holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """Names of parameters and statistics: those taken over, and those drawn anew."""

    taken: tuple[str, ...]
    drawn: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Misfit:
    """Why a layer cannot take one of its tensors from a file."""

    layer_id: LayerId
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """How far weights that were described fit a network.

    `layers` counts first layers of the spec whose parameters are all there; `learned` are those among them that have
    parameters, from 0. `head`: the output layer fits, too, and all hidden layers do. `misfits` says what keeps the
    first layer that does not fit, or the output layer, from being taken; `expected` are its names and shapes.
    """

    layers: int
    learned: tuple[int, ...]
    head: bool
    taken: tuple[str, ...]
    misfits: tuple[Misfit, ...]
    expected: dict[str, Shape]


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
        problems += tensor_problems(name, state[name], network.parameters.values[name]) if name in state else []
    if problems:
        raise StateMismatch(sorted(problems))
    network.initialize(streams.stream(seed, "init"))
    for name in wanted:
        network.parameters.values[name][...] = state[name]
    drawn = tuple(name for name in network.parameters.values if name not in wanted)
    return Transfer(taken=tuple(wanted), drawn=drawn)


def fit(network: Network, described: Described) -> Fit:
    """Find out, from names and shapes alone, what `start_from` can take for a network; it may be one without memory."""
    learned, taken = list[int](), list[str]()
    misfits, expected = list[Misfit](), dict[str, Shape]()
    for index in range(len(network.specs)):
        names = names_of(network, index)
        misfits = _misfits(network, names, described)
        if misfits:
            expected = {name: network.parameters.shapes[name] for name in names}
            break
        taken += names
        learned += [index] if names else []
    layers = len(network.specs) if not misfits else index
    names = names_of(network, None)
    misfits = misfits or _misfits(network, names, described)
    if not misfits:
        taken += names
    return Fit(
        layers=layers,
        learned=tuple(learned),
        head=not misfits,
        taken=tuple(taken),
        misfits=tuple(misfits),
        expected=expected or {name: network.parameters.shapes[name] for name in names},
    )


def fitting_inputs(network: Network, described: Described) -> int:
    """Return the number of inputs, at most the network's, with which the first layer that reads all would fit a file.

    For a network whose inputs are not known yet, but how many there are at most. The network's own number if no
    smaller one fits.
    """
    wide = [index for index in network.trainable if not isinstance(network.layers[index], ColumnEmbedding)]
    first = next(iter(wide), 0)
    for name in network.layers[first].parameter_shapes():
        shape, found = network.parameters.shapes[f"{first}.{name}"], described.get(f"{first}.{name}", ((), ""))[0]
        if len(shape) == 2 == len(found) and 0 < found[1] < shape[1]:
            return max(network.inputs - (shape[1] - found[1]), 1)
    return network.inputs


def names_of(network: Network, index: int | None) -> list[str]:
    """Return the names of the parameters and statistics of a layer of the spec, counted from 0; None: the output's."""
    return [name for name in network.parameters.shapes if _layer_id(network, name).spec_index == index]


def _misfits(network: Network, names: Collection[str], described: Described) -> list[Misfit]:
    return [misfit for name in names if (misfit := _misfit(network, name, described.get(name)))]


def _misfit(network: Network, name: str, found: tuple[Shape, str] | None) -> Misfit | None:
    wanted = list(network.parameters.shapes[name])
    layer_id = _layer_id(network, name)
    if found is None:
        return Misfit(layer_id=layer_id, detail=f"{name} is missing; {layer_id.label} takes it with shape {wanted}.")
    shape, dtype = found
    if list(shape) != wanted:
        detail = f"{name} has shape {list(shape)}, and {layer_id.label} takes {wanted}."
    elif dtype not in FLOATS:
        detail = f"{name} has dtype {dtype}, and {layer_id.label} takes floating-point numbers."
    else:
        return None
    return Misfit(layer_id=layer_id, detail=detail)


def _is_wanted(network: Network, name: str, layers: Collection[int] | None, *, head: bool) -> bool:
    index = _layer_id(network, name).spec_index
    if index is None:
        return head
    return layers is None or index in layers


def _layer_id(network: Network, name: str) -> LayerId:
    return network.layers[int(name.partition(".")[0])].id
