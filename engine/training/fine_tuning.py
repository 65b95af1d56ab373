"""Fine-tuning: start a network from the weights of a trained one. Some layers are copied, the others initialized.

Copied layers may be frozen, and then unfrozen one after another, the last one first: gradual unfreezing (Howard and
Ruder, "Universal Language Model Fine-tuning for Text Classification", 2018, section 3.3). Which layers are frozen is a
function of the epoch, so a run that resumes anywhere has the same layers frozen.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from engine import streams
from engine.layers.embedding.column_embedding import ColumnEmbedding
from engine.layers.embedding.periodic_embedding import PeriodicEmbedding
from engine.layers.layer_id import LayerId
from engine.memory import Array, Shape
from engine.network import Network, StateMismatch, tensor_problems
from engine.spec import TrainingSpec
from engine.training.state import TrainingState

FLOAT_DTYPES = ("float64", "float32", "float16", "bfloat16")

TensorDescriptions = Mapping[str, tuple[Shape, str]]  # name -> shape and dtype of the tensors in a file


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """The names of parameters and statistics that were copied, and of those that were initialized."""

    copied: tuple[str, ...]
    initialized: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """Why a layer cannot use a tensor of a file."""

    layer_id: LayerId
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsMatch:
    """How many layers of a network can take their weights from a file.

    Layers match from the first one up to the first mismatch. The output layer matches only if all hidden layers do.
    """

    layers: int  # first layers of the spec that match
    layers_with_parameters: tuple[int, ...]  # their indices, without layers that have no parameters
    output: bool  # whether the output layer matches
    tensors: tuple[str, ...]  # of the matching layers
    mismatches: tuple[Mismatch, ...]  # of the first layer, or the output layer, that does not match
    expected_shapes: dict[str, Shape]  # of that layer's tensors


def transfer_weights(
    network: Network,
    weights: Mapping[str, Array],
    *,
    seed: int,
    layers: Collection[int] | None = None,
    head: bool = False,
) -> Transfer:
    """Initialize a network, then copy the weights of some layers from another network.

    `weights` has PyTorch's names, as `torch_state` returns them or a file contains them. Additional tensors are
    ignored. `layers` are indices in the spec; None means all. With `head`, the output layer is copied too. Initial
    values come from the seed's "init" stream.

    Raises:
        StateMismatch: tensors are missing or do not fit. Lists every problem; the network does not change.
    """
    copied = [name for name in network.parameters.values if _is_selected(network, name, layers, head=head)]
    problems = [f"{name} is missing" for name in copied if name not in weights]
    for name in copied:
        problems += tensor_problems(name, weights[name], network.parameters.values[name]) if name in weights else []
    if problems:
        raise StateMismatch(sorted(problems))
    network.initialize(streams.stream(seed, "init"))
    for name in copied:
        network.parameters.values[name][...] = weights[name]
    network.output_is_random = not head
    initialized = tuple(name for name in network.parameters.values if name not in copied)
    return Transfer(copied=tuple(copied), initialized=initialized)


def match_weights(network: Network, tensors: TensorDescriptions) -> WeightsMatch:
    """Return what `transfer_weights` can copy, from names and shapes alone. The network needs no memory."""
    with_parameters, matching = list[int](), list[str]()
    mismatches, names = list[Mismatch](), list[str]()
    layers = 0
    for index in [*range(len(network.specs)), None]:  # None: the output layer
        names = tensor_names(network, index)
        mismatches = _mismatches(network, names, tensors)
        if mismatches:
            break
        matching += names
        if index is not None:
            layers += 1
            with_parameters += [index] if names else []
    return WeightsMatch(
        layers=layers,
        layers_with_parameters=tuple(with_parameters),
        output=not mismatches,
        tensors=tuple(matching),
        mismatches=tuple(mismatches),
        expected_shapes={name: network.parameters.shapes[name] for name in names},
    )


def matching_input_count(network: Network, tensors: TensorDescriptions) -> int:
    """Return the number of inputs, at most the network's, with which its first layer would match a file.

    For a network whose number of inputs is known only as an upper limit. Embeddings are ignored, because they read
    only some inputs. Returns the network's number if no smaller one matches.
    """
    readers = [
        index
        for index in network.trainable
        if not isinstance(network.layers[index], ColumnEmbedding | PeriodicEmbedding)
    ]
    first = next(iter(readers), 0)
    for name in network.layers[first].parameter_shapes():
        shape, found = network.parameters.shapes[f"{first}.{name}"], tensors.get(f"{first}.{name}", ((), ""))[0]
        if len(shape) == 2 == len(found) and 0 < found[1] < shape[1]:
            return max(network.inputs - (shape[1] - found[1]), 1)
    return network.inputs


def tensor_names(network: Network, index: int | None) -> list[str]:
    """Return the names of a layer's parameters and statistics. `index` is its index in the spec; None: the output."""
    return [name for name in network.parameters.shapes if _layer_id(network, name).spec_index == index]


def frozen_layers(spec: TrainingSpec, epoch: int) -> tuple[int, ...]:
    """Return the layers that are frozen in an epoch, counted from 0."""
    if spec.unfreeze_every is None:
        return spec.frozen
    ordered = sorted(spec.frozen)
    return tuple(ordered[: max(len(ordered) - epoch // spec.unfreeze_every, 0)])


def last_change(spec: TrainingSpec, epoch: int) -> int:
    """Return the epoch, up to this one, before which a layer was last unfrozen; 0 if none was."""
    if spec.unfreeze_every is None:
        return 0
    return min(epoch // spec.unfreeze_every, len(spec.frozen)) * spec.unfreeze_every


def unfreeze(network: Network, spec: TrainingSpec, state: TrainingState) -> bool:
    """Freeze the layers that are frozen in the current epoch; return whether they are others than before.

    When a layer is unfrozen, the optimizer starts again: its averages of gradients know nothing about the new layer.
    """
    if spec.unfreeze_every is None:
        return False
    if state.batch == 0 and state.epoch and last_change(spec, state.epoch) == state.epoch:
        for vector in state.optimizer.state.values():
            vector.fill(0)
    if not network.refreeze(frozen_layers(spec, state.epoch)):
        return False
    state.optimizer.forget_views()
    return True


def _mismatches(network: Network, names: Collection[str], tensors: TensorDescriptions) -> list[Mismatch]:
    return [mismatch for name in names if (mismatch := _mismatch(network, name, tensors.get(name)))]


def _mismatch(network: Network, name: str, found: tuple[Shape, str] | None) -> Mismatch | None:
    expected = list(network.parameters.shapes[name])
    layer_id = _layer_id(network, name)
    if found is None:
        detail = f"{name} is missing; {layer_id.label} needs it with shape {expected}."
        return Mismatch(layer_id=layer_id, detail=detail)
    shape, dtype = found
    if list(shape) != expected:
        detail = f"{name} has shape {list(shape)}; {layer_id.label} needs {expected}."
    elif dtype not in FLOAT_DTYPES:
        detail = f"{name} has dtype {dtype}; {layer_id.label} needs floating-point numbers."
    else:
        return None
    return Mismatch(layer_id=layer_id, detail=detail)


def _is_selected(network: Network, name: str, layers: Collection[int] | None, *, head: bool) -> bool:
    index = _layer_id(network, name).spec_index
    if index is None:
        return head
    return layers is None or index in layers


def _layer_id(network: Network, name: str) -> LayerId:
    return network.layers[int(name.partition(".")[0])].id
