"""Which layers fit which training settings."""

from collections.abc import Collection

from engine.spec import BatchNormSpec, DropoutSpec, LayerSpec, TrainingSpec
from tabular.planning.layers.pointers import LAYERS, walk_layer
from tabular.planning.layers.shapes import HiddenLayers
from tabular.planning.report import PlanningReport


def check_frozen(hidden: HiddenLayers, training: TrainingSpec, report: PlanningReport) -> None:
    """Report layers that cannot be frozen."""
    learners, layers = hidden.learners, hidden.layers
    for place, index in enumerate(training.frozen):
        if index >= len(layers):
            detail = f"There is no layer {index}: the model has {len(layers)} layers, numbered from 0."
            report.reject(f"/training/frozen/{place}", f"{detail} The output layer is not one of them.")
        elif index not in learners:
            detail = f"Layer {index} ({layers[index].type}) has no parameters to freeze."
            report.reject(f"/training/frozen/{place}", detail)


def check_factors(hidden: HiddenLayers, training: TrainingSpec, report: PlanningReport) -> None:
    """Report factors of learning rates and penalties for layers that do not exist."""
    for field in ("learning_rate_factors", "regularization"):
        factors = getattr(training, field)
        if factors and len(factors.layers) > len(hidden.layers):
            detail = f"There are {len(factors.layers)} factors, but the model has {len(hidden.layers)} layers."
            report.reject(f"/training/{field}/layers", f"{detail} Use `output` for the output layer.")


def check_layers(
    hidden: HiddenLayers, training: TrainingSpec, rows: int, frozen: Collection[int], report: PlanningReport
) -> None:
    """Report layers that disturb the training or learn nothing in it, unless they stay in inference mode.

    `rows`: the number of training rows. `frozen`: layers whose parameters stay unchanged.
    """
    inactive, flat = hidden.in_inference_mode(frozen), hidden.flat_outputs
    for index, outer in enumerate(hidden.layers):
        if index in inactive:
            continue
        for pointer, layer in walk_layer(outer, f"{LAYERS}/{index}"):
            if training.optimizer.type == "lbfgs":
                _check_line_search(pointer, layer, report)
            if training.processes is not None:
                _check_shards(pointer, layer, report)
            if index in flat and min(training.batch_size, rows) == 1:
                _check_single_row(pointer, layer, report)


def _check_line_search(pointer: str, layer: LayerSpec, report: PlanningReport) -> None:
    """Report layers that change the gradient between evaluations, which a line search compares."""
    if isinstance(layer, (DropoutSpec, BatchNormSpec)):
        detail = f"`lbfgs` cannot be combined with `{layer.type}`. Remove the layer or use `adam`."
        report.reject(pointer, detail)


def _check_shards(pointer: str, layer: LayerSpec, report: PlanningReport) -> None:
    """Report layers that need a whole batch."""
    if isinstance(layer, BatchNormSpec):
        detail = "`batch_norm` needs whole batches, which `processes` divides. Use `layer_norm` or remove `processes`."
        report.reject(pointer, detail)


def _check_single_row(pointer: str, layer: LayerSpec, report: PlanningReport) -> None:
    if isinstance(layer, BatchNormSpec):
        detail = (
            f"batch_norm ({pointer}) divides by the standard deviation of a batch, which is 0 for one row. "
            "Use a batch size of at least 2, or layer_norm."
        )
        report.reject("/training/batch_size", detail)
