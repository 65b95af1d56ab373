"""Whether the hidden layers accept the inputs, and which of them have parameters; found without building arrays."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

from engine.layers.layer_id import ShapeError
from engine.memory import DryArena
from engine.network import Network
from engine.spec import LayerSpec, LossName, LossSpec, ReshapeSpec
from engine.spec.shaping import REST
from tabular.planning.layers.inputs import Inputs, Shape
from tabular.planning.layers.pointers import LAYERS
from tabular.planning.report import PlanningReport
from tabular.planning.targets.losses import LossPlan

MAX_NAMED = 5  # columns in one sentence


@dataclass(frozen=True, kw_only=True)  # without slots, so that the network is kept
class HiddenLayers:
    """The requested or default layers, behind an embedding layer if there is one, and what they get as inputs."""

    layers: tuple[LayerSpec, ...]
    inputs: Inputs

    @cached_property
    def network(self) -> Network:
        """The network with one output, without memory; its shapes are real.

        Raises:
            ShapeError: a layer does not accept what the layers before it make.
        """
        return _build(self.layers, self.input_shape)

    @cached_property
    def input_shape(self) -> Shape:
        """The shape in which the layers read the inputs: as time steps, if they do not accept them flat."""
        flat, *others = self.inputs.shapes
        return next((shape for shape in (flat, *others) if not _error(self.layers, shape)), flat)

    @property
    def added_layers(self) -> tuple[LayerSpec, ...]:
        """The layer in front of the others that makes time steps of the flat inputs, if they need it."""
        steps = self.input_shape[:-1]
        return (ReshapeSpec(shape=(*steps, REST)),) if steps else ()

    @property
    def output_shape(self) -> Shape:
        """What the last hidden layer makes of one row."""
        shapes = [layer.output_shape for layer in self.network.layers if layer.id.spec_index is not None]
        return tuple(shapes[-1]) if shapes else self.input_shape

    @property
    def learners(self) -> frozenset[int]:
        """The indices of layers that have parameters."""
        each = ((layer.id.spec_index, layer.parameter_shapes()) for layer in self.network.layers)
        return frozenset(index for index, parameters in each if parameters and index is not None)

    @property
    def flat_outputs(self) -> frozenset[int]:
        """The indices of layers that make one number per feature, not sequences or images."""
        each = ((layer.id.spec_index, layer.output_shape) for layer in self.network.layers)
        return frozenset(index for index, shape in each if len(shape) == 1 and index is not None)

    def in_inference_mode(self, frozen: Collection[int]) -> frozenset[int]:
        """Return the layers that stay in inference mode: frozen ones, and all before the first that learns."""
        learners = self.learners
        first = min(learners - set(frozen), default=len(self.layers)) if frozen else 0
        return learners & set(frozen) | frozenset(range(first))


def check_shapes(hidden: HiddenLayers, report: PlanningReport) -> Shape | None:
    """Return what the last hidden layer makes of a row; None after reporting which layer does not accept its input."""
    try:
        shape = hidden.output_shape
    except ValueError as error:
        _report_shape(error, hidden.inputs, report)
        return None
    inputs = hidden.inputs
    fewer = HiddenLayers(layers=hidden.layers, inputs=inputs.fewer)
    if inputs.reason and fewer.inputs.most > 0 and (error_with_fewer := _error(fewer.layers, fewer.input_shape)):
        detail = f"{_layer_name(error_with_fewer)} needs an exact number of inputs. {_explain(inputs)}"
        report.reject(_pointer(error_with_fewer), detail)
    return shape


def check_outputs(hidden: HiddenLayers, loss: LossPlan, report: PlanningReport) -> None:
    """Report what else the engine rejects about the whole network."""
    try:
        _build(hidden.layers, hidden.input_shape, loss.outputs, loss.loss)
    except ValueError as error:
        _report_shape(error, hidden.inputs, report)


def _build(
    layers: tuple[LayerSpec, ...],
    inputs: Shape,
    outputs: int | tuple[int, int] = 1,
    loss: LossName | LossSpec = "softmax_cross_entropy",
) -> Network:
    return Network(layers, inputs=inputs, outputs=outputs, loss=loss, precision="float32", arena=DryArena())


def _error(layers: tuple[LayerSpec, ...], inputs: Shape) -> ValueError | None:
    try:
        _build(layers, inputs)
    except ValueError as error:
        return error
    return None


def _report_shape(error: ValueError, inputs: Inputs, report: PlanningReport) -> None:
    problem = error.problem if isinstance(error, ShapeError) else str(error)
    detail = f"{_layer_name(error)}: {problem}."
    if _pointer(error) == f"{LAYERS}/0":
        detail = f"{detail} {_explain(inputs)}{_list_skipped(report)}"
    report.reject(_pointer(error), detail)


def _explain(inputs: Inputs) -> str:
    fix = " Use features that are numbers without missing values." if inputs.reason else ""
    return inputs.describe() + fix


def _list_skipped(report: PlanningReport) -> str:
    skipped = [warning.column for warning in report.warnings if warning.code == "column_skipped"]
    if not skipped:
        return ""
    more = " …" if len(skipped) > MAX_NAMED else ""
    return (
        f" Columns not used: {', '.join(map(repr, skipped[:MAX_NAMED]))}{more}. To use them, list them in `features`."
    )


def _layer_name(error: ValueError) -> str:
    if isinstance(error, ShapeError) and error.layer_id.spec_index is not None:
        return error.layer_id.type
    return "The output layer"


def _pointer(error: ValueError) -> str:
    return f"/model{error.pointer}" if isinstance(error, ShapeError) else LAYERS
