"""Whether layers can take what the features make of a row: shapes, how many inputs, and which numbers."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from engine.layers.layer_id import ShapeError
from engine.memory import DryArena
from engine.network import Network
from engine.spec import EmbeddingSpec, FlattenSpec, LayerSpec, LossName, LossSpec, ReshapeSpec, ResidualSpec
from tabular.planning.features import FeaturePlan, Reading
from tabular.planning.losses import LossPlan
from tabular.planning.report import PlanningReport
from tabular.profile import Profile

Shape = tuple[int, ...]

LAYERS = "/model/layers"
MAX_NAMED = 5  # columns in one sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """How many numbers the features make for the layers asked for, at most; `reason`: why it may be fewer, if so.

    Vectors are looked up before: an embedded feature makes as many numbers as its vectors are long.
    """

    most: int
    reason: str | None


def reading(layers: Sequence[LayerSpec]) -> Reading:
    """Return what layers make of their inputs: values to look up, values with a place, or any values."""
    working = next((layer for layer in layers if not isinstance(layer, (ReshapeSpec, FlattenSpec))), None)
    if isinstance(working, EmbeddingSpec):
        return "whole_numbers"
    return "positions" if layers and isinstance(layers[0], ReshapeSpec) else "anything"


def inputs_of(features: Iterable[FeaturePlan], profile: Profile) -> Inputs:
    """Return how many inputs the features make, which is certain of numbers that are never missing."""
    most, reason = 0, None
    for feature in features:
        most += feature.width_at_most
        column = profile.column(feature.column)
        if feature.encoding in {"one_hot", "datetime"}:
            reason = reason or f"how many {feature.column!r} makes as {feature.encoding} depends on the training rows"
        elif feature.encoding != "embedding" and column and column.missing:
            reason = reason or f"{feature.column!r} has missing values, for which it may get an input of its own"
    return Inputs(most=most, reason=reason)


def end_of(layers: Sequence[LayerSpec], inputs: Inputs, report: PlanningReport) -> Shape | None:
    """Return the shape of what the hidden layers make of a row; None after noting which layer cannot take it."""
    try:
        network = _network(layers, inputs.most)
    except ValueError as refused:
        _refuse(refused, inputs, report)
        return None
    if inputs.reason and inputs.most > 1 and (refused_fewer := _refusal(layers, inputs.most - 1)):
        report.reject(
            _pointer(refused_fewer), f"{_kind(refused_fewer)} needs an exact number of inputs. {_why(inputs)}"
        )
    hidden = [layer.output_shape for layer in network.layers if layer.id.spec_index is not None]
    return tuple(hidden[-1]) if hidden else (inputs.most,)


def check_frozen(layers: Sequence[LayerSpec], frozen: Sequence[int], inputs: Inputs, report: PlanningReport) -> None:
    """Note layers that cannot be frozen."""
    learning = learners(layers, inputs)
    for place, index in enumerate(frozen):
        if index >= len(layers):
            detail = f"There is no layer {index}: the model has {len(layers)}, counted from 0, and its output layer."
            report.reject(f"/training/frozen/{place}", detail)
        elif index not in learning:
            detail = f"Layer {index}, {layers[index].type}, has no parameters that could be frozen."
            report.reject(f"/training/frozen/{place}", detail)


def learners(layers: Sequence[LayerSpec], inputs: Inputs) -> frozenset[int]:
    """Return which layers have parameters, counted from 0."""
    each = ((layer.id.spec_index, layer.parameter_shapes()) for layer in _network(layers, inputs.most).layers)
    return frozenset(index for index, parameters in each if parameters and index is not None)


def resting(layers: Sequence[LayerSpec], inputs: Inputs, frozen: Collection[int]) -> frozenset[int]:
    """Return which layers run as at inference all the time: the frozen ones, and all before the first that learns."""
    still = learners(layers, inputs)
    first = min(still - set(frozen), default=len(layers)) if frozen else 0
    return still & set(frozen) | frozenset(range(first))


def making_flat_rows(layers: Sequence[LayerSpec], inputs: Inputs) -> frozenset[int]:
    """Return which layers make flat rows, of one number for each feature."""
    each = ((layer.id.spec_index, layer.output_shape) for layer in _network(layers, inputs.most).layers)
    return frozenset(index for index, shape in each if len(shape) == 1 and index is not None)


def check_outputs(layers: Sequence[LayerSpec], inputs: Inputs, loss: LossPlan, report: PlanningReport) -> None:
    """Note what else the engine finds wrong with the whole network."""
    try:
        _network(layers, inputs.most, loss.outputs, loss.loss)
    except ValueError as refused:
        _refuse(refused, inputs, report)


def check_embedding(
    layers: Sequence[LayerSpec],
    features: Sequence[FeaturePlan],
    profile: Profile,
    report: PlanningReport,
    *,
    asked: bool,
) -> None:
    """Note features that an embedding at the front cannot look up. `asked`: the request names the features."""
    placed = [(pointer, layer) for pointer, layer in walk(layers) if isinstance(layer, EmbeddingSpec)]
    first = 1 if reading(layers) == "whole_numbers" else 0
    for pointer, _ in placed[first:]:
        report.reject(pointer, "An embedding looks up whole numbers, which only features are: it comes first.")
    if not first:
        return
    pointer, embedding = placed[0]
    for number, feature in enumerate(features):
        if misfit := _no_whole_numbers(feature, profile):
            at = f"/features/{number}" if asked else pointer
            report.reject(at, f"{feature.column!r} {misfit} The embedding layer looks up whole numbers from 0 up.")
    largest = max((_most(feature, profile), feature.column) for feature in features)
    if largest[0] >= embedding.vocabulary:
        detail = (
            f"{largest[1]!r} goes up to {largest[0]:g}: that takes a vocabulary of {largest[0] + 1:g} or more, not "
        )
        report.reject(f"{pointer}/vocabulary", f"{detail}{embedding.vocabulary}.")


def _no_whole_numbers(feature: FeaturePlan, profile: Profile) -> str | None:
    column = profile.column(feature.column)
    if feature.type != "number":
        return f"is a {feature.type} column."
    if feature.encoding != "none":
        return f'comes as {feature.encoding}; ask for "encoding": "none".'
    if column is None or not column.integer:
        return "holds numbers with fractions."
    if column.missing:
        return f"has no value in {column.missing:,} rows; upload it with a number that stands for that."
    if isinstance(column.min, (int, float)) and column.min < 0:
        return f"goes down to {column.min:g}."
    return None


def _most(feature: FeaturePlan, profile: Profile) -> float:
    column = profile.column(feature.column)
    return column.max if column and isinstance(column.max, (int, float)) else 0


def _network(
    layers: Sequence[LayerSpec],
    inputs: int,
    outputs: int | Shape = 1,
    loss: LossName | LossSpec = "softmax_cross_entropy",
) -> Network:
    """Return a network without memory. Its shapes are real."""
    return Network(layers, inputs=inputs, outputs=outputs, loss=loss, precision="float32", arena=DryArena())


def _refusal(layers: Sequence[LayerSpec], inputs: int) -> ValueError | None:
    try:
        _network(layers, inputs)
    except ValueError as refused:
        return refused
    return None


def _refuse(refused: ValueError, inputs: Inputs, report: PlanningReport) -> None:
    problem = refused.problem if isinstance(refused, ShapeError) else str(refused)
    detail = f"{_kind(refused)}: {problem}."
    if _pointer(refused) == f"{LAYERS}/0":
        detail = f"{detail} {_why(inputs)}"
        skipped = [warning.column for warning in report.warnings if warning.code == "column_skipped"]
        if skipped:
            more = " …" if len(skipped) > MAX_NAMED else ""
            detail += f" Not learned from: {', '.join(map(repr, skipped[:MAX_NAMED]))}{more}; name them to use them."
    report.reject(_pointer(refused), detail)


def _why(inputs: Inputs) -> str:
    if inputs.reason:
        return (
            f"The features make at most {inputs.most}, and {inputs.reason}; "
            "name features that are numbers without missing values."
        )
    return f"The features make {inputs.most} {'input' if inputs.most == 1 else 'inputs'}."


def _kind(refused: ValueError) -> str:
    if isinstance(refused, ShapeError) and refused.layer_id.spec_index is not None:
        return refused.layer_id.type
    return "The output layer"


def _pointer(refused: ValueError) -> str:
    return f"/model{refused.pointer}" if isinstance(refused, ShapeError) else LAYERS


def walk(layers: Iterable[LayerSpec], pointer: str = LAYERS) -> Iterator[tuple[str, LayerSpec]]:
    """Yield all layers, those inside of blocks too, with their pointers."""
    for place, layer in enumerate(layers):
        yield from inside(layer, f"{pointer}/{place}")


def inside(layer: LayerSpec, pointer: str) -> Iterator[tuple[str, LayerSpec]]:
    """Yield a layer and, of a block, all layers inside, with their pointers."""
    yield pointer, layer
    if isinstance(layer, ResidualSpec):
        yield from walk(layer.layers, f"{pointer}/layers")
        yield from walk(layer.projection, f"{pointer}/projection")
